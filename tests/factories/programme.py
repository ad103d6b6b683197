"""Series, events and sessions."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.file_types import PDF
from eventhub.kit.files import store
from eventhub.programme.models import (
    AgendaItem,
    Document,
    DocumentVersion,
    Event,
    EventKind,
    Mode,
    Panellist,
    Publication,
    Room,
    Series,
    Session,
    SessionKind,
)

NUMBERS = itertools.count(1)
SOON = timedelta(days=7)
PDF_BYTES = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def coming(month: int, day: int) -> date:
    """The next such day of the calendar, a week from now or later."""
    soon = (now() + SOON).date()
    return next(found for year in (0, 1) if (found := date(soon.year + year, month, day)) >= soon)


def clocks_change(month: int) -> date:
    """The next night in which Europe's clocks change, on the last Sunday of March (3) or October (10): see coming()."""
    soon = (now() + SOON).date()
    ends = (date(soon.year + year, month, 31) for year in (0, 1))
    return next(found for last in ends if (found := last - timedelta(days=last.isoweekday() % 7)) >= soon)


def make_series(**given: object) -> Series:
    """A series with a title in two languages."""
    number = next(NUMBERS)
    values: dict[str, object] = {
        "slug": f"series-{number}",
        "title": {"en": f"Series {number}", "ar": f"سلسلة {number}"},
    }
    series = Series(**(values | given))
    db.session.add(series)
    db.session.flush()
    return series


def make_event(series: Series | None = None, **given: object) -> Event:
    """A published forum of two days, a month from now, in Geneva."""
    number = next(NUMBERS)
    first = (now() + timedelta(days=30)).date()
    values: dict[str, object] = {
        "slug": f"event-{number}",
        "code": f"EV{number}",
        "kind": EventKind.FORUM,
        "mode": Mode.HYBRID,
        "publication": Publication.PUBLISHED,
        "title": {"en": f"Event {number}", "ar": f"فعالية {number}"},
        "city": {"en": "Geneva", "ar": "جنيف"},
        "time_zone": "Europe/Zurich",
        "first_day": first,
        "last_day": first + timedelta(days=1),
    }
    event = Event(series_id=(series or make_series()).id, **(values | given))
    db.session.add(event)
    db.session.flush()
    return event


def make_session(event: Event, *, start: time = time(10), hours: float = 1, day: int = 0, **given: object) -> Session:
    """A published session of an event, at a wall time of the event's zone."""
    local = datetime.combine(event.first_day + timedelta(days=day), start)
    end = local + timedelta(hours=hours)
    zone = ZoneInfo(event.time_zone)
    values: dict[str, object] = {
        "kind": SessionKind.PLENARY,
        "publication": Publication.PUBLISHED,
        "title": {"en": f"Session {next(NUMBERS)}"},
        "starts_local": local,
        "ends_local": end,
        "time_zone": event.time_zone,
        "starts_at": local.replace(tzinfo=zone).astimezone(UTC),
        "ends_at": end.replace(tzinfo=zone).astimezone(UTC),
    }
    session = Session(event_id=event.id, **(values | given))
    db.session.add(session)
    db.session.flush()
    return session


def make_room(event: Event, **given: object) -> Room:
    """A room with a name in two languages."""
    number = next(NUMBERS)
    values: dict[str, object] = {"name": {"en": f"Room {number}", "ar": f"القاعة {number}"}}
    room = Room(event_id=event.id, **(values | given))
    db.session.add(room)
    db.session.flush()
    return room


def add_item(session: Session, title: str = "Item", **given: object) -> AgendaItem:
    """A point of a session's agenda."""
    item = AgendaItem(session_id=session.id, **({"position": next(NUMBERS), "title": {"en": title}} | given))
    db.session.add(item)
    db.session.flush()
    return item


def add_panellist(session: Session, name: str, **given: object) -> Panellist:
    """Somebody on the panel."""
    panellist = Panellist(session_id=session.id, **({"position": next(NUMBERS), "name": name} | given))
    db.session.add(panellist)
    db.session.flush()
    return panellist


def make_document(event: Event, languages: tuple[str, ...] = ("en",), **given: object) -> Document:
    """A published concept note with a real file of one page in each language."""
    number = next(NUMBERS)
    values: dict[str, object] = {
        "kind": "concept_note",
        "title": {"en": f"Concept note {number}", "ar": f"مذكرة مفاهيمية {number}"},
        "publication": Publication.PUBLISHED,
        "position": number,
    }
    document = Document(event_id=event.id, **(values | given))
    db.session.add(document)
    db.session.flush()
    for language in languages:
        add_version(document, language)
    return document


def add_version(document: Document, language: str, number: int = 1) -> DocumentVersion:
    """One language of a document, with a file in the store."""
    name = f"note-{document.position}-{language}-{number}.pdf"
    file = store(PDF_BYTES, name=name, allowed=frozenset({PDF}), purpose="document")
    version = DocumentVersion(document_id=document.id, language=language, number=number, file_id=file.id)
    db.session.add(version)
    db.session.flush()
    return version
