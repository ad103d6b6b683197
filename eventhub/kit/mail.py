"""Mail: rendered in one language, kept with its bytes until it is sent, and sent once.

A mail belongs to a promise. Its Message-ID and bytes are made at the first attempt and repeated byte for byte; the
bytes are sealed while they wait and wiped when the promise is kept, so that no link in them outlives its mail. When its
reader goes discreet or takes another address while it waits, it is written anew under the same Message-ID: a refusal
that we saw may have followed a delivery that we did not.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from threading import Timer
from time import monotonic, sleep
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask import current_app, g, render_template
from flask_babel import force_locale
from sqlalchemy import ForeignKey, Index, LargeBinary, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit import outbox
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import Base, db, unit_of_work
from eventhub.kit.i18n import LOCALES, direction
from eventhub.kit.mailboxes import one_mailbox
from eventhub.kit.mime import MIME
from eventhub.kit.sealed import Place, Unreadable, open_for_house, place, seal_for_house
from eventhub.kit.text import single_line

log = structlog.get_logger()
TIMEOUT = 20
PATIENCE = 50
"""Seconds for a whole conversation with a mail server, however slowly it drips: less than a lease, so that nobody else
sends the mail meanwhile."""


class Mail(Base):
    """One mail of one promise. ``discreet`` is how its bytes were written. ``bounced_at``: a mail server said later
    that it will never arrive, ``bounce`` with which status (RFC 3463).
    """

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_bounced", "bounced_at", postgresql_where="bounced_at IS NOT NULL"),)

    promise_id: Mapped[int] = mapped_column(ForeignKey("promise.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    template: Mapped[str]
    language: Mapped[str]
    discreet: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce: Mapped[str | None]


@dataclass(frozen=True)
class Letter:
    """What a mail should say. ``template`` names ``templates/mail/<template>.html`` and ``.txt``.

    With ``discreet`` the sender is neutral, and the template must be one without the event's name (SAFETY.md
    property 13). ``subject`` is called inside the letter's language. ``calendar`` is ready MIME made by
    calendars/imip_message.py: then ``compose`` makes the whole message from text and HTML.
    """

    to: str
    language: str
    subject: Callable[[], str]
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    discreet: bool = False
    compose: Callable[["Rendered"], bytes] | None = None


@dataclass(frozen=True)
class Rendered:
    """A letter in words, ready to become MIME."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    language: str


class Refused(Exception):
    """The mail server said no. ``final`` means that trying again makes no sense."""

    def __init__(self, code: int, *, final: bool) -> None:
        super().__init__(f"SMTP {code}")
        self.final = final


def post(promise_id: int, write: Callable[..., Letter | None], task: str | None = None) -> None:
    """Keep a promise that is a mail: lease it, write the mail once, send it without a transaction, keep it.

    ``write`` takes the promise's payload and returns the letter, or None when there is nothing to send any more.
    """
    with unit_of_work():
        taken = outbox.take(promise_id, task)
    if taken is None:
        return
    try:
        with unit_of_work():
            message = _written(taken, write)
            if message is None:
                outbox.keep(taken)
                return
    except Exception as error:
        log.error("mail.write_failed", promise=taken.id, task=taken.task, error=type(error).__name__)
        with unit_of_work():
            outbox.release(taken, f"could not be written: {type(error).__name__}", error)
        raise
    try:
        deliver(message)
    except Refused as refusal:
        with unit_of_work():
            outbox.park(taken, str(refusal)) if refusal.final else outbox.put_off(taken, str(refusal))
        return
    except Exception as error:
        log.error("mail.not_sent", promise=taken.id, task=taken.task, error=type(error).__name__)
        with unit_of_work():
            outbox.release(taken, f"could not be sent: {type(error).__name__}", error)
        raise
    _note_sent(taken)


def _note_sent(taken: outbox.Taken) -> None:
    """Keep the promise of a mail that is out. Patient: a database that restarts just now must not cost a repeat."""
    for pause in (0.2, 1, 2, 4, None):
        try:
            with unit_of_work():
                if outbox.keep(taken):
                    sent = db.session.get_one(Mail, taken.id)
                    sent.sealed, sent.sent_at = None, now()
        except DBAPIError:
            if pause is None:
                raise
            sleep(pause)
        else:
            return


def note_bounce(message_id: str, status: str) -> int | None:
    """A mail of ours never arrived, with this status: the number of its promise, the first time this is told of a mail
    that went out. The Message-ID is known to nobody but who has the mail.
    """
    row = db.session.scalar(select(Mail).where(Mail.message_id == message_id).with_for_update())
    if row is None or row.sent_at is None or row.bounced_at is not None:
        return None
    row.bounced_at, row.bounce = now(), status
    return row.promise_id


def forget(addresses: Collection[str]) -> int:
    """Wipe the mails to these addresses that did not go out yet, or never will; how many. For erasure: their bytes are
    sealed by the house, not by the person's key that is destroyed.
    """
    count, mailboxes = 0, {one_mailbox(one) for one in addresses}
    for row in db.session.scalars(select(Mail).where(Mail.sealed.is_not(None)).with_for_update()):
        with suppress(Unreadable):
            written = _unpack(open_for_house(_place(row.promise_id), row.sealed or b""))
            if one_mailbox(written.to) in mailboxes:
                row.sealed = None
                count += 1
    return count


def render(letter: Letter, message_id: str, date: datetime) -> Rendered:
    """A letter in its language: subject, plain text and HTML."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    sender = settings.neutral_mail_from if letter.discreet else settings.mail_from
    before = getattr(g, "lang", None)
    g.lang = letter.language
    try:
        with force_locale(LOCALES[letter.language]):
            words = dict(letter.context) | {"lang": letter.language, "direction": direction(letter.language)}
            subject = single_line(str(letter.subject())) or ""
            text = render_template(f"mail/{letter.template}.txt", subject=subject, **words)
            html = render_template(f"mail/{letter.template}.html", subject=subject, **words)
    finally:
        g.lang = before or "en"
    return Rendered(sender, letter.to, subject, text, html, message_id, date, letter.language)


def compose(mail: Rendered) -> bytes:
    """Plain MIME: text and HTML, one recipient, no image, no tracker."""
    message = EmailMessage(policy=MIME)
    name, address = parseaddr(mail.sender)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # at the end: what stands before moves into the first part
    return message.as_bytes()


@dataclass(frozen=True)
class Envelope:
    """Bytes on their way."""

    sender: str
    to: str
    body: bytes


def deliver(message: Envelope) -> None:
    """Hand one message to the mail server. Raises Refused; every wait is bounded."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    parts = urlsplit(settings.smtp_url)
    begun = monotonic()
    try:
        server = _connect(parts.scheme, parts.hostname or "127.0.0.1", parts.port)
        with _leaving(server), _watched(server, begun + PATIENCE - monotonic()):
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.sendmail(message.sender, [message.to], message.body)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise Refused(code, final=code >= 500) from None
    except smtplib.SMTPResponseException as error:
        # A refusal to log in is our mistake, not the recipient's: it may be mended, so it is tried again.
        final = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise Refused(error.smtp_code, final=final) from None
    except (OSError, smtplib.SMTPException):
        raise Refused(421, final=False) from None


def reachable(url: str) -> bool:
    """Whether a mail server answers there."""
    parts = urlsplit(url)
    try:
        with _connect(parts.scheme, parts.hostname or "127.0.0.1", parts.port) as server:
            return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


@contextmanager
def _leaving(server: smtplib.SMTP) -> Iterator[None]:
    """Say goodbye at the end. A server that answers it badly or never has taken the mail all the same."""
    try:
        yield
    finally:
        with suppress(OSError, smtplib.SMTPException):
            if server.sock:
                server.sock.settimeout(2)
                server.quit()
        server.close()


@contextmanager
def _watched(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds: a timeout alone begins anew with every byte that drips in."""

    def cut() -> None:
        with suppress(OSError):
            if server.sock:
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)

    watchdog = Timer(max(seconds, 0), cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT, local_hostname=socket.gethostname() or "localhost")
    server.ehlo_or_helo_if_needed()
    if scheme == "smtp+starttls" or server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    return server


def _written(taken: outbox.Taken, write: Callable[..., Letter | None]) -> Envelope | None:
    where = _place(taken.id)
    known = db.session.get(Mail, taken.id)
    # Asked anew before each attempt: what was true when the mail was written may be so no more, three days later.
    letter = write(**taken.payload)
    if letter is None:
        if known is not None:
            known.sealed = None
        return None
    if known is not None and known.sealed is None:  # sent, or wiped by an erasure
        return None
    if known is not None and known.sealed is not None and known.discreet == letter.discreet:
        kept = _unpack(open_for_house(where, known.sealed))
        if kept.to == letter.to:
            return kept
    message_id = known.message_id if known is not None else _message_id(taken)
    rendered = render(letter, message_id, now())
    body = (letter.compose or compose)(rendered)
    envelope = Envelope(parseaddr(rendered.sender)[1], letter.to, body)
    if known is None:
        known = Mail(promise_id=taken.id, message_id=message_id)
        db.session.add(known)
    known.template, known.language, known.discreet = letter.template, letter.language, letter.discreet
    known.sealed = seal_for_house(where, _pack(envelope))
    return envelope


def _message_id(taken: outbox.Taken) -> str:
    """Of the neutral domain for every mail: one that is written anew for a reader gone discreet keeps it, and may not
    name the house (SAFETY.md property 13).
    """
    settings: Settings = current_app.extensions["eventhub.settings"]
    domain = parseaddr(settings.neutral_mail_from)[1].rpartition("@")[2]
    return f"<{taken.lease.hex}.{taken.id}@{domain}>"


def _place(promise_id: int) -> Place:
    return place("mail", "sealed", str(promise_id))


def _pack(envelope: Envelope) -> bytes:
    return b"\0".join((envelope.sender.encode(), envelope.to.encode(), envelope.body))


def _unpack(packed: bytes) -> Envelope:
    sender, to, body = packed.split(b"\0", 2)
    return Envelope(sender.decode(), to.decode(), body)
