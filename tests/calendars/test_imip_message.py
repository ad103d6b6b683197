"""The mail round an invite, as a mail reader takes it apart."""

import asyncio
import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.calendars.ics import BadAddress, clean_line
from eventhub.calendars.imip_message import imip_message
from eventhub.calendars.lint import problems
from tests.calendars.occasions import SCRIPTS, cancel, occasion, request, wall

INVITE = request(occasion(summary=SCRIPTS["ar"], description=SCRIPTS["zh"] * 4))


def message(**changes: Any) -> bytes:
    """An ordinary invite mail, with the given changes."""
    fields: dict[str, Any] = {
        "sender": "rsvp+7f3a@cal.example.org",
        "sender_name": "Forum secretariat",
        "recipient": "aicha@example.org",
        "subject": "Invitation: Opening",
        "text": "You are invited.\n",
        "html": "<p>You are invited.</p>\n",
        "calendar": INVITE,
        "method": "REQUEST",
        "message_id": "<7f3a.0@cal.example.org>",
        "date": datetime(2026, 11, 2, 8, 30, 15, tzinfo=UTC),
        "language": "en",
    }
    return imip_message(**(fields | changes))


def parsed(data: bytes) -> EmailMessage:
    """The mail as the standard library reads it, whole and without defects."""
    read = message_from_bytes(data, policy=default)
    assert isinstance(read, EmailMessage)
    assert not [defect for part in read.walk() for defect in part.defects]
    return read


def tree(part: EmailMessage) -> Any:
    """Content types, nested."""
    kind = part.get_content_type()
    return (kind, [tree(child) for child in part.iter_parts()]) if part.is_multipart() else kind


def display_name(read: bytes) -> str:
    """The sender's name by the older reader: in Python 3.11 the newer one leaves spaces between encoded words."""
    raw = message_from_bytes(read, policy=compat32)["From"]
    return str(make_header(decode_header(parseaddr(raw.replace("\r\n", ""))[0])))


def body(part: EmailMessage) -> str:
    """The text of a part."""
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_the_tree_is_the_one_that_mail_programs_understand() -> None:
    read = parsed(message())
    assert tree(read) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )
    alternative, attached = read.iter_parts()
    plain, html, calendar = alternative.iter_parts()
    assert body(plain) == "You are invited.\n"
    assert body(html) == "<p>You are invited.</p>\n"
    assert dict(calendar["Content-Type"].params) == {"charset": "UTF-8", "method": "REQUEST"}
    assert calendar["Content-Transfer-Encoding"] == attached["Content-Transfer-Encoding"] == "base64"
    assert calendar.get_content_disposition() is None
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_filename() == "invite.ics"


def test_both_copies_are_the_calendar_byte_for_byte() -> None:
    copies = [
        part.get_payload(decode=True)
        for part in parsed(message()).walk()
        if part.get_content_type() in {"text/calendar", "application/ics"}
    ]
    assert copies == [INVITE, INVITE]
    assert problems(INVITE, kind="request") == []


def test_the_headers() -> None:
    read = parsed(message(subject="Приглашение", language="ru"))
    assert {key: str(value) for key, value in read.items() if key not in {"MIME-Version", "Content-Type"}} == {
        "From": "Forum secretariat <rsvp+7f3a@cal.example.org>",
        "To": "aicha@example.org",
        "Subject": "Приглашение",
        "Date": "Mon, 02 Nov 2026 08:30:15 +0000",
        "Message-ID": "<7f3a.0@cal.example.org>",
        "Content-Language": "ru",
        "Auto-Submitted": "auto-generated",
    }
    assert "From" in parsed(message(sender_name=None))
    assert str(parsed(message(sender_name=None))["From"]) == "rsvp+7f3a@cal.example.org"


def test_every_line_ends_in_crlf_and_is_short_seven_bit_text() -> None:
    data = message(text="é" * 3000, html="x" * 3000, subject=SCRIPTS["zh"] * 3, sender_name=SCRIPTS["ar"])
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert data.isascii()


def test_the_same_invite_is_the_same_mail() -> None:
    assert message() == message()
    assert message(message_id="<other@cal.example.org>") != message()


def test_a_cancellation_carries_its_own_method() -> None:
    off = cancel(occasion(status="CANCELLED", sequence=1))
    read = parsed(message(calendar=off, method="CANCEL"))
    (calendar,) = [part for part in read.walk() if part.get_content_type() == "text/calendar"]
    assert calendar["Content-Type"].params["method"] == "CANCEL"


@pytest.mark.parametrize("method", ["CANCEL", "request", "PUBLISH", "REQUEST\r\nX: 1", ""])
def test_header_and_body_cannot_differ_in_method(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        message(method=method)


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_six_scripts_and_emoji_arrive(text: str) -> None:
    data = message(subject=text, sender_name=text, text=text, html=f"<p>{text}</p>")
    read = parsed(data)
    plain, html, _ = next(read.iter_parts()).iter_parts()
    assert str(read["Subject"]) == text
    assert display_name(data) == text
    assert (body(plain), body(html)) == (text + "\n", f"<p>{text}</p>\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "<a@b>\r\nBcc: x@example.org"},
        {"message_id": "a@b.org"},
        {"message_id": "<a b@c.org>"},
        {"language": "en\r\nBcc: x@example.org"},
        {"date": wall("2026-11-02 08:30")},
        {"sender": "a@b.org\r\nBcc: x@example.org"},
        {"recipient": "a@b.org, x@example.org"},
        {"recipient": "Undisclosed:;"},
        {"recipient": "aïcha@example.org"},
    ],
)
def test_headers_that_could_carry_more_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, BadAddress)):
        message(**changes)


HOSTILE = st.text(
    st.characters(codec=None, exclude_categories=())
    | st.sampled_from('\r\n\t :;,<>@()[]"\\=?_\x00\x85\u2028\u202e\ud800é中')
)


USUAL = parsed(message())


@settings(max_examples=250, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_adds_a_header_a_recipient_or_a_part(subject: str, name: str, text: str) -> None:
    data = message(subject=subject, sender_name=name, text=text, html=text)
    read = parsed(data)
    assert sorted(read.keys()) == sorted(USUAL.keys())
    assert tree(read) == tree(USUAL)
    assert [address.addr_spec for address in read["From"].addresses] == ["rsvp+7f3a@cal.example.org"]
    assert [address.addr_spec for address in read["To"].addresses] == ["aicha@example.org"]
    assert str(read["Subject"]) == clean_line(subject)
    assert display_name(data) == clean_line(name)


class _Sink:
    """Keeps what the server was given."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(0)
        self.received.append(bytes(envelope.content or b""))
        return "250 kept"


@pytest.fixture
def sink() -> Iterator[tuple[_Sink, int]]:
    """A real SMTP server on loopback."""
    keeper = _Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield keeper, port
    finally:
        controller.stop()


def test_the_mail_survives_a_real_smtp_server_unchanged(sink: tuple[_Sink, int]) -> None:
    keeper, port = sink
    data = message(text=".\n..leading dots\n", subject=SCRIPTS["ar"])
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("rsvp+7f3a@cal.example.org", ["aicha@example.org"], data)
    assert keeper.received == [data]
