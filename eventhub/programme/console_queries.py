"""What organisers read: events in their scope, drafts included. What is out of scope is NotFound."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.programme import access
from eventhub.programme.models import (
    AgendaItem,
    ClockDoubt,
    Document,
    DocumentVersion,
    Event,
    EventKind,
    Panellist,
    Publication,
    Room,
    Series,
    Session,
)

PAGE = 25
SORTS = ("latest", "first", "title", "changed")
Grants = Iterable[RoleGrant]


@dataclass(frozen=True)
class Wanted:
    """What a list of events is filtered and sorted by; None is everything."""

    words: str = ""
    kind: EventKind | None = None
    publication: Publication | None = None
    series_id: uuid.UUID | None = None
    upcoming_on: date | None = None
    sort: str = "latest"


@dataclass(frozen=True)
class EventPage:
    """One page of a list: rows of (Event, number of sessions, number of drafts among them), and how many in all."""

    rows: list[Row[Event, int, int]]
    total: int
    page: int


@dataclass(frozen=True)
class Deed:
    """One line of a history: the entry, the person's public name, what was written."""

    entry: audit.AuditEntry
    who: str | None
    text: str | None


def events_page(grants: Grants, wanted: Wanted, page: int = 1) -> EventPage:
    """The events in scope that match, a page at a time; a page that does not exist is the last one. Two statements."""
    matching = _matching(grants, wanted)
    total = db.session.scalar(select(func.count()).select_from(matching.order_by(None).subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    sessions = select(func.count()).where(Session.event_id == Event.id)
    rows = (
        matching.add_columns(
            sessions.scalar_subquery(), sessions.where(Session.publication == Publication.DRAFT).scalar_subquery()
        )
        .join(Event.series)
        .options(contains_eager(Event.series))
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return EventPage(list(db.session.execute(rows)), total, page)


def series_seen(grants: Grants) -> list[Series]:
    """The series of events in scope and those that may be given new events, oldest first."""
    mine = list(grants)
    has_event = exists().where(Event.series_id == Series.id, access.visible_events(mine))
    rows = select(Series).where(or_(has_event, access.editable_series(mine))).order_by(Series.created_at, Series.slug)
    return list(db.session.scalars(rows))


def editable_series(grants: Grants) -> list[Series]:
    """The series that may be changed and given new events."""
    rows = select(Series).where(access.editable_series(grants)).order_by(Series.created_at, Series.slug)
    return list(db.session.scalars(rows))


def series_to_edit(grants: Grants, slug: str) -> Series:
    """A series in scope. Raises NotFound."""
    series = db.session.scalar(select(Series).where(Series.slug == slug, access.editable_series(grants)))
    return or_not_found(series)


def event_seen(grants: Grants, slug: str) -> Event:
    """An event with its series, whose console page exists for these roles. Raises NotFound."""
    return _event(slug, access.visible_events(grants))


def event_to_edit(grants: Grants, slug: str) -> Event:
    """An event that may be changed. Raises NotFound."""
    return _event(slug, access.visible_events(grants, *access.EDITORS))


def event_with_documents(grants: Grants, slug: str) -> Event:
    """An event whose documents may be changed. Raises NotFound."""
    return _event(slug, access.visible_events(grants, *access.DOCUMENT_KEEPERS))


def programme_of(event: Event) -> list[Session]:
    """All sessions in the order of their beginning, with rooms, agenda items and panellists. Three statements."""
    rows = (
        select(Session)
        .where(Session.event_id == event.id)
        .options(joinedload(Session.room), selectinload(Session.items), selectinload(Session.panellists))
        .order_by(Session.starts_at, Session.ends_at, Session.id)
    )
    return list(db.session.scalars(rows))


def session_of(event: Event, session_id: uuid.UUID) -> Session:
    """One session of the event, with all its parts. Raises NotFound."""
    rows = (
        select(Session)
        .where(Session.event_id == event.id, Session.id == session_id)
        .options(
            joinedload(Session.event),
            joinedload(Session.room),
            selectinload(Session.items),
            selectinload(Session.panellists),
        )
    )
    return or_not_found(db.session.scalar(rows))


def in_doubt(grants: Grants, moment: datetime) -> list[Session]:
    """Sessions to come that somebody may move and whose time the clocks there skip or repeat, with their events; the
    soonest first, 50 at most. One statement.
    """
    rows = (
        select(Session)
        .join(Session.event)
        .options(contains_eager(Session.event))
        .where(Session.clock_doubt == ClockDoubt.OPEN, Session.ends_at > moment)
        .where(Session.publication != Publication.CANCELLED, access.visible_events(grants, *access.EDITORS))
        .order_by(Session.starts_at, Session.id)
        .limit(50)
    )
    return list(db.session.scalars(rows))


def item_of(session: Session, item_id: uuid.UUID) -> AgendaItem:
    """One agenda item of the session (loaded with it). Raises NotFound."""
    return or_not_found(next((one for one in session.items if one.id == item_id), None))


def panellist_of(session: Session, panellist_id: uuid.UUID) -> Panellist:
    """One panellist of the session (loaded with it). Raises NotFound."""
    return or_not_found(next((one for one in session.panellists if one.id == panellist_id), None))


def last_end_on(event: Event, day: date) -> Session | None:
    """The session of a day that ends last on it, for the times a new one begins with."""
    rows = (
        select(Session)
        .where(Session.event_id == event.id, func.date(Session.starts_local) == day)
        .where(func.date(Session.ends_local) == day, Session.publication != Publication.CANCELLED)
        .order_by(Session.ends_local.desc())
        .limit(1)
    )
    return db.session.scalar(rows)


def rooms_of(event: Event) -> list[Room]:
    """The rooms of the event; the same order every time."""
    rows = select(Room).where(Room.event_id == event.id).order_by(Room.name["en"].astext, Room.id)
    return list(db.session.scalars(rows))


def room_of(event: Event, room_id: uuid.UUID) -> Room:
    """One room of the event. Raises NotFound."""
    return or_not_found(db.session.scalar(select(Room).where(Room.event_id == event.id, Room.id == room_id)))


def documents_of(event: Event) -> list[Document]:
    """All documents in their order, with every language version and its file. Two statements."""
    rows = (
        select(Document)
        .where(Document.event_id == event.id)
        .options(selectinload(Document.versions).joinedload(DocumentVersion.file))
        .order_by(Document.position, Document.id)
    )
    return list(db.session.scalars(rows))


def document_of(event: Event, document_id: uuid.UUID) -> Document:
    """One document of the event with its event, versions and files. Raises NotFound."""
    rows = (
        select(Document)
        .where(Document.event_id == event.id, Document.id == document_id)
        .options(joinedload(Document.event), selectinload(Document.versions).joinedload(DocumentVersion.file))
    )
    return or_not_found(db.session.scalar(rows))


def version_of(document: Document, version_id: uuid.UUID) -> DocumentVersion:
    """One file of a document (loaded with it). Raises NotFound."""
    return or_not_found(next((one for one in document.versions if one.id == version_id), None))


def deeds(event: Event, limit: int = 12) -> list[Deed]:
    """What was done to the event and its programme, newest first, and by whom. Two statements."""
    entries = audit.history("event", event.id, limit)
    actors = {entry.actor_id for entry, _ in entries if entry.actor_id}
    shown = func.coalesce(func.nullif(Person.alias, ""), Person.name).label("name")
    rows = db.session.execute(select(Person.id, shown).where(Person.id.in_(actors))) if actors else ()
    names = {row.id: row.name for row in rows}
    return [Deed(entry, names.get(entry.actor_id) if entry.actor_id else None, text) for entry, text in entries]


def scopes_to_give(grants: Grants) -> tuple[list[Series], list[Event]]:
    """The series and events over which somebody is admin, for giving roles. Two statements."""
    mine = [grant for grant in grants if grant.role is Role.ADMIN]
    series = select(Series).where(access.editable_series(mine)).order_by(Series.created_at, Series.slug)
    events = select(Event).where(access.visible_events(mine)).order_by(Event.first_day.desc(), Event.code)
    return list(db.session.scalars(series)), list(db.session.scalars(events))


def scopes_by_id(ids: Collection[uuid.UUID]) -> list[Series | Event]:
    """The series and events among what roles are for, whoever asks: a role that is offered names its scope. Two
    statements, none without ids.
    """
    if not ids:
        return []
    series, events = select(Series).where(Series.id.in_(ids)), select(Event).where(Event.id.in_(ids))
    return [*db.session.scalars(series), *db.session.scalars(events)]


def _matching(grants: Grants, wanted: Wanted) -> Select[Event]:
    rows = select(Event).where(access.visible_events(grants))
    if wanted.words:
        rows = rows.where(_has_words(wanted.words))
    for column, value in (
        (Event.kind, wanted.kind),
        (Event.publication, wanted.publication),
        (Event.series_id, wanted.series_id),
    ):
        if value is not None:
            rows = rows.where(column == value)
    if wanted.upcoming_on is not None:
        rows = rows.where(Event.last_day >= wanted.upcoming_on)
    orders: dict[str, tuple[ColumnElement[Any], ...]] = {
        "first": (Event.first_day.asc(),),
        "title": (func.lower(func.coalesce(Event.title["en"].astext, Event.title.cast(String))).asc(),),
        "changed": (Event.changed_at.desc(),),
    }
    return rows.order_by(*orders.get(wanted.sort, (Event.first_day.desc(),)), Event.id)


def _has_words(words: str) -> ColumnElement[bool]:
    """Each word stands in the code or in the title or city of one of the languages."""
    found: ColumnElement[bool] = Event.id.is_not(None)
    for word in words.split()[:8]:
        places = [Event.code.icontains(word, autoescape=True)]
        for column in (Event.title, Event.city):
            texts = func.jsonb_each_text(column).table_valued("key", "value")
            places.append(select(texts.c.key).where(texts.c.value.icontains(word, autoescape=True)).exists())
        found = found & or_(*places)
    return found


def _event(slug: str, allowed: ColumnElement[bool]) -> Event:
    rows = select(Event).where(Event.slug == slug, allowed).options(joinedload(Event.series))
    return or_not_found(db.session.scalar(rows))
