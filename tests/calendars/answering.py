"""Mails that answer an invite, as calendar apps write them, and an invite to answer."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from eventhub.calendars import actions, imip, replies
from eventhub.calendars.models import CalendarEntry, Invite
from eventhub.calendars.replies import Refusal
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration.models import Registration
from tests.factories.calendars import make_dialogue, make_seated
from tests.factories.people import make_person

MAIL = """\
From: {person}
To: {to}
Subject: Accepted: Meeting
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Yes, gladly.

--b
Content-Type: text/calendar; charset=utf-8{header}

{calendar}
--b--
"""


def invited(**given: object) -> tuple[Invite, Registration]:
    """Somebody with a seat at a dialogue, and the invite that is the confirmation."""
    event, _ = make_dialogue(title={"en": "Zweisprachigkeit"})
    registration = make_seated(event, make_person(**given))
    actions.on_accredited(registration)
    invite = db.session.scalars(select(Invite).where(Invite.person_id == registration.person_id)).one()
    return invite, registration


def calendar(invite: Invite, *, without: tuple[str, ...] = (), twice: tuple[str, ...] = (), **changes: str) -> str:
    """What a calendar app sends: properties of its VEVENT by name, ``method`` and ``partstat``."""
    entry = db.session.get_one(CalendarEntry, invite.entry_id)
    person = db.session.get_one(Person, invite.person_id)
    partstat, attendee = changes.pop("partstat", "ACCEPTED"), changes.pop("attendee", person.email or "")
    method = changes.pop("method", "REPLY")
    lines = {
        "UID": entry.uid,
        "DTSTAMP": stamp(now()),
        "SEQUENCE": str(entry.sequence + invite.raised),
        "DTSTART": stamp(entry.starts_at),
        "DTEND": stamp(entry.ends_at),
        "ORGANIZER": f"mailto:{address_of(invite)}",
        f'ATTENDEE;CN="<b>Somebody</b>";PARTSTAT={partstat}': f"mailto:{attendee}",
        "COMMENT": "<script>alert(1)</script>",
    } | {name.upper().replace("__", ";TZID="): value for name, value in changes.items()}
    kept = [f"{name}:{value}" for name, value in lines.items() if not name.startswith(without or ("-",))]
    kept += [line for line in kept if line.startswith(twice or ("-",))]
    return "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "PRODID:-//App//EN", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT"),
            *kept,
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )


def mail(invite: Invite, text: str | None = None, header: str = "REPLY", **changes: Any) -> bytes:
    """The whole mail."""
    person = db.session.get_one(Person, invite.person_id)
    body = calendar(invite, **changes) if text is None else text
    named = f"; method={header}" if header else ""
    filled = MAIL.format(person=person.email, to=address_of(invite), header=named, calendar=body)
    return filled.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def arrive(raw: bytes, invite: Invite | None) -> Refusal | None:
    """The mail comes to the invite's address, or to the one without a secret, and its task reads it."""
    refused = replies.take(replies.keep(invite.id if invite else None, raw).id)
    if invite:
        db.session.refresh(invite)
    return refused


def address_of(invite: Invite) -> str:
    """Where the invite comes from."""
    return imip.organizer(invite, "Meetings <x@example.org>").address


def stamp(moment: datetime, *, later: timedelta = timedelta()) -> str:
    """A time in UTC as calendars write it."""
    return f"{moment + later:%Y%m%dT%H%M%SZ}"
