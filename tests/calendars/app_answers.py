"""Calendar mails of a running house as a mail program reads them, and what its calendar app sends back by LMTP."""

import smtplib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import icalendar
import pytest

from eventhub.calendars.lint import problems
from eventhub.kit.clock import now
from eventhub.local.process import LOOPBACK, port_in_use
from tests.calendars.answering import stamp
from tests.live import House, wait_for

LATER = timedelta(seconds=2)
"""Stamps are whole seconds, and a step takes less."""


@contextmanager
def receiving(folder: Path, port: int) -> Iterator[House]:
    """A house whose receiver listens at this port."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPLIES_LISTEN", f"{LOOPBACK}:{port}")
        with House(folder) as made:
            made.start("receiver", "workers.receiver")
            wait_for(lambda: port_in_use(port), seconds=60, what="the receiver")
            yield made


def offer(port: int, address: str, raw: bytes) -> tuple[int, bytes]:
    """What the receiver says to one mail."""
    with smtplib.LMTP(LOOPBACK, port) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("amina@example.org", [f"SIZE={len(raw)}"])
        code, said = client.rcpt(address)
        return client.data(raw) if code == 250 else (code, said)


def calendar_mail(house: House, address: str, number: int) -> EmailMessage:
    """The so-many-eth calendar mail to an address, once it is there; its calendar is sound."""

    def found() -> list[EmailMessage]:
        return [one for one in house.mails_to(address) if one.get_content_type() == "multipart/mixed"]

    wait_for(lambda: len(found()) >= number, seconds=90, what=f"calendar mail {number}")
    mail = found()[number - 1]
    body, copy = calendars_in(mail)
    assert body == copy
    assert not problems(body, kind="cancel" if b"METHOD:CANCEL" in body else "request")
    return mail


def calendars_in(sent: EmailMessage) -> tuple[bytes, bytes]:
    """The calendar as alternative and as file."""
    found = [part.get_payload(decode=True) for part in sent.walk() if part.get_content_subtype() in {"calendar", "ics"}]
    assert len(found) == 2
    return bytes(found[0]), bytes(found[1])


def entry_of(sent: EmailMessage) -> Any:
    """The one VEVENT of a mail."""
    [event] = icalendar.Calendar.from_ical(calendars_in(sent)[0]).walk("VEVENT")
    return event


def method_of(sent: EmailMessage) -> str:
    """REQUEST or CANCEL."""
    return str(icalendar.Calendar.from_ical(calendars_in(sent)[0])["METHOD"])


def in_feed(house: House, secret: str) -> Any:
    """The one entry of a person's feed, as the web serves it."""
    with urllib.request.urlopen(f"{house.origin}/cal/{secret}.ics", timeout=20) as got:
        body = got.read()
    assert not problems(body, kind="feed")
    [event] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    return event


def answer(
    port: int, sent: EmailMessage, person: str, partstat: str, *, stamped: str = "", forged: bool = False
) -> None:
    """What the app of the invited person sends back; forged: to the address without the secret."""
    event = entry_of(sent)
    to = parseaddr(str(sent["From"]))[1]
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//App//EN", "METHOD:REPLY", "BEGIN:VEVENT"),
        *(f"UID:{event['UID']}", f"SEQUENCE:{event['SEQUENCE']}", f"DTSTAMP:{stamped or stamp(now(), later=LATER)}"),
        *(f"ATTENDEE;PARTSTAT={partstat}:mailto:{person}", "END:VEVENT", "END:VCALENDAR", ""),
    ]
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = person, to, "Accepted"
    reply.set_content("Sent by an app.")
    reply.add_alternative(
        "\r\n".join(lines).encode(), maintype="text", subtype="calendar", params={"method": "REPLY"}, cte="base64"
    )
    address = "rsvp@" + to.partition("@")[2] if forged else to
    assert offer(port, address, reply.as_bytes())[0] == 250
