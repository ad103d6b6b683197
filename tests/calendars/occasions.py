"""Sound entries and calendars that the calendar tests start from."""

from datetime import UTC, datetime
from typing import Any

from eventhub.calendars.ics import (
    Occasion,
    Party,
    calendar_bytes,
    cancel_bytes,
    event_bytes,
    request_bytes,
    zones_needed,
)

STAMP = datetime(2026, 11, 2, 8, 30, 15, tzinfo=UTC)
ORGANIZER = Party("rsvp+7f3a@cal.example.org", "Forum secretariat")
ATTENDEE = Party("aicha@example.org", "Aïcha Ben Salah")

SCRIPTS = {
    "ar": "افتتاح دورة منتدى قضايا الأقليات، القاعة العشرون",
    "zh": "少数群体问题论坛开幕会议，第二十会议室，日内瓦万国宫",
    "en": "Opening of the Forum on Minority Issues; Room XX, Palais des Nations",
    "fr": "Ouverture du Forum sur les questions relatives aux minorités, salle XX",
    "ru": "Открытие Форума по вопросам меньшинств; зал XX, Дворец Наций",
    "es": "Apertura del Foro sobre Cuestiones de las Minorías, ¿sala XX?",
    "emoji": "👩🏽‍🦽🏳️‍🌈🇨🇭 🎉",
}


def wall(text: str) -> datetime:
    """A naive wall-clock time, such as "2027-03-28 10:00"."""
    return datetime.fromisoformat(text)


def occasion(**changes: Any) -> Occasion:
    """An ordinary session in Geneva, with the given changes."""
    fields: dict[str, Any] = {
        "uid": "0b8f2c1e-5a0e-4b5e-9a52-6f1f7f3f4a10@cal.example.org",
        "sequence": 0,
        "dtstamp": STAMP,
        "created": STAMP,
        "last_modified": STAMP,
        "start_local": wall("2026-11-26 10:00"),
        "end_local": wall("2026-11-26 13:00"),
        "zone": "Europe/Zurich",
        "summary": "Opening; statements, part 1",
        "description": "First line\nSecond line",
        "location": "Room XX, Palais des Nations",
        "url": "https://events.example.org/en/sessions/12",
        "categories": ("Forum, 2026", "Plenary"),
        "related_to": ("first@cal.example.org",),
        "language": "en",
    }
    return Occasion(**(fields | changes))


def feed(*occasions: Occasion, **changes: Any) -> bytes:
    """A subscribed feed of the entries."""
    fields: dict[str, Any] = {
        "name": "My sessions",
        "zones": zones_needed(occasions),
        "refresh_minutes": 60,
        "source_url": "https://events.example.org/cal/f/1.ics",
        "colour": "steelblue",
        "language": "en",
    }
    return calendar_bytes(map(event_bytes, occasions), **(fields | changes))


def download(*occasions: Occasion) -> bytes:
    """The entries as a file."""
    return feed(*occasions, name=None)


def request(entry: Occasion, *, attendee: Party = ATTENDEE) -> bytes:
    """An invite to one person."""
    return request_bytes(entry, organizer=ORGANIZER, attendee=attendee)


def cancel(entry: Occasion, *, attendee: Party = ATTENDEE) -> bytes:
    """A cancellation to one person."""
    return cancel_bytes(entry, organizer=ORGANIZER, attendee=attendee)


def reply(entry: Occasion, answer: str = "ACCEPTED") -> bytes:
    """What an attendee's calendar sends back to an invite."""
    sent = request(entry).replace(b"METHOD:REQUEST", b"METHOD:REPLY")
    return (
        sent.replace(b"\r\n ", b"")
        .replace(b"CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;", b"")
        .replace(b"PARTSTAT=NEEDS-ACTION;RSVP=TRUE", b"PARTSTAT=" + answer.encode())
    )
