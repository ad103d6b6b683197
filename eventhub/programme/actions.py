"""What organisers do to series, events, sessions, rooms and documents.

Each deed is an audit row on its event, makes public pages anew, and tells the calendars by promise.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, Stale, means
from eventhub.kit.file_types import DOCX, ODT, PDF
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme import copying, search
from eventhub.programme.local_time import LocalTimeMissing, LocalTimeTwice, instant_of, is_repeated, zone_info
from eventhub.programme.models import (
    PUBLICATION_MOVES,
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

DOCUMENT_TYPES = frozenset({PDF, DOCX, ODT})
PREPARATION = timedelta(days=7)  # a forum may be prepared on the days before its first one
LONGEST_EVENT_DAYS = 60
Part = AgendaItem | Panellist


class SlugTaken(DomainError):
    """Another page has this address."""

    message = _l("Another page has this address already")
    field = "slug"


class CodeTaken(DomainError):
    """Another event has this code."""

    message = _l("Another event has this code already")
    field = "code"


class AddressFixed(DomainError):
    """Code and address stand in mails and references once the event is public."""

    message = _l("The code and the address cannot change once the event is public")
    field = "code"


class DaysWrong(DomainError):
    """The last day is before the first, or the event would be too long."""

    status = 422
    message = _l("The last day must be the first day or one of the 60 days after it")
    field = "last_day"


class DayFarOff(DomainError):
    """A session outside its event's days: a year typed wrong would stand on the public page."""

    status = 422
    message = _l("Choose one of the event's days, or a day of preparation in the week before")
    field = "day"


class EndsBeforeStart(DomainError):
    """A session ends when it begins, or before."""

    status = 422
    message = _l("The end must be later than the beginning")
    field = "ends"


class LinkUnsafe(DomainError):
    """Not an address people can safely open."""

    status = 422
    message = _l("Give an address that begins with https://")
    field = "join_link"


class WrongState(DomainError):
    """The thing was published, cancelled or changed in the meantime."""

    message = _l("This is not possible in its present state. Open the page again to see what changed.")


class OnlyDrafts(DomainError):
    """What was public is cancelled or withdrawn, never deleted."""

    message = _l("Only a draft can be deleted. Cancel it instead, so that people learn of it.")


class RoomInUse(DomainError):
    """Sessions take place there."""

    message = _l("Sessions take place in this room. Give them another room first.")


class NothingToRead(DomainError):
    """A document without a file."""

    message = _l("Add a file before you publish this document")


means("uq_series_slug", SlugTaken())
means("uq_event_slug", SlugTaken())
means("uq_event_code", CodeTaken())
means("uq_document_version_document_id_language_number", Stale())


@dataclass(frozen=True)
class EventFacts:
    """What an event is, when and where. Days are inclusive; ``time_zone`` is an IANA name."""

    code: str
    slug: str
    kind: EventKind
    mode: Mode
    original_language: str
    time_zone: str
    first_day: date
    last_day: date
    city: Texts
    venue: Texts
    country: str | None
    interpretation: list[str]


@dataclass(frozen=True)
class EventTexts:
    """What an event says, by language."""

    title: Texts
    lead: Texts
    description: Texts
    practical: Texts
    access_services: Texts


@dataclass(frozen=True)
class Slot:
    """When and where a session is, in wall-clock time. A fold chooses one of the two readings of a repeated hour."""

    day: date
    starts: time
    ends: time
    starts_fold: int | None
    ends_fold: int | None
    room: Room | None


@dataclass(frozen=True)
class SessionFacts:
    """What a session is."""

    kind: SessionKind
    title: Texts
    summary: Texts
    description: Texts
    join_link: str | None
    interpretation: list[str]
    access_services: list[str]
    chosen_beforehand: bool
    dial_in: str | None = None
    opens_before: int = 15


@dataclass(frozen=True)
class DocumentFacts:
    """What a document is called."""

    symbol: str | None
    kind: str
    title: Texts
    original_language: str


# --- Series and events ------------------------------------------------------------------------------------------


def create_series(actor: Person, *, slug: str, title: Texts, summary: Texts, original_language: str) -> Series:
    """A new series; it is public once one of its events is. Raises SlugTaken (from the database)."""
    series = Series(id=uuid.uuid4(), slug=slug, title=title, summary=summary, original_language=original_language)
    db.session.add(series)
    db.session.flush()
    audit.record("programme.series_created", series, actor=actor, scope_id=series.id)
    return series


def edit_series(actor: Person, series: Series, *, title: Texts, summary: Texts, original_language: str) -> Series:
    """Change the words of a series; its address stays."""
    values = {"title": title, "summary": summary, "original_language": original_language}
    changed = _assign(series, values)
    if changed:
        audit.record("programme.series_edited", series, actor=actor, scope_id=series.id, fields=changed)
        bump("programme")
    return series


def create_event(actor: Person, series: Series, *, facts: EventFacts, title: Texts) -> Event:
    """A draft. Raises DaysWrong, UnknownZone, SlugTaken and CodeTaken (from the database)."""
    _check_days(facts)
    event = Event(id=uuid.uuid4(), series_id=series.id, title=title, **_values(facts))
    db.session.add(event)
    db.session.flush()
    audit.record("programme.event_created", event, actor=actor, scope_id=event.id)
    return event


def copy_event(
    actor: Person,
    source: Event,
    *,
    sessions: Sequence[Session],
    rooms: Sequence[Room],
    code: str,
    slug: str,
    first_day: date,
    keep_weekday: bool,
) -> Event:
    """A draft with the texts, rooms, sessions and agenda items of a former event, moved to its new days.

    Raises MovedIntoGap, SlugTaken, CodeTaken.
    """
    first_day = copying.shifted_first_day(source.first_day, first_day, keep_weekday=keep_weekday)
    new = {"id": uuid.uuid4(), "code": code, "slug": slug, "first_day": first_day}
    event = copying.copied_event(source, list(sessions), list(rooms), new=new)
    audit.record("programme.event_copied", event, actor=actor, scope_id=event.id, source_id=source.id)
    return event


def edit_event(
    actor: Person, event: Event, *, facts: EventFacts, version: int, sessions: Sequence[Session], move_sessions: bool
) -> Event:
    """Change what an event is. Sessions follow into a new zone and, when asked, to new days; wall-clock times stay.

    Raises Stale, AddressFixed, DaysWrong, UnknownZone, MovedIntoGap, SlugTaken, CodeTaken.
    """
    _unchanged_since(event, version)
    _check_days(facts)
    if event.publication is not Publication.DRAFT and (facts.code, facts.slug) != (event.code, event.slug):
        raise AddressFixed
    old_zone, days = event.time_zone, facts.first_day - event.first_day
    changed = _assign(event, _values(facts))
    if not changed:
        return event
    _event_changed(actor, event, "programme.event_edited", fields=changed)
    if {"last_day", "time_zone"} & set(changed):
        promise("programme.days_moved", event_id=event.id)
    moved = [one for one in sessions if one.time_zone == old_zone != facts.time_zone or (move_sessions and days)]
    for session in moved:
        zone = facts.time_zone if session.time_zone == old_zone else None
        field = "time_zone" if not days else "first_day"
        copying.move(session, days=days if move_sessions else days * 0, zone=zone, field=field)
        _tell_calendars(event, session)
    if moved:
        db.session.flush()
        audit.record("programme.sessions_moved", event, actor=actor, scope_id=event.id, count=len(moved))
    return event


def edit_event_texts(actor: Person, event: Event, *, texts: EventTexts, version: int) -> Event:
    """Change what an event says. Raises Stale."""
    _unchanged_since(event, version)
    changed = _assign(event, _values(texts))
    if changed:
        _event_changed(actor, event, "programme.event_texts_edited", fields=changed)
    return event


def publish_event(actor: Person, event: Event, *, sessions: Sequence[Session], with_sessions: bool) -> Event:
    """Make an event public and, when asked, all its draft sessions. Raises WrongState."""
    _move(event, Publication.PUBLISHED)
    drafts = [one for one in sessions if one.publication is Publication.DRAFT] if with_sessions else []
    for session in drafts:
        _move(session, Publication.PUBLISHED)
    _event_changed(actor, event, "programme.event_published", sessions=len(drafts))
    for session in sessions:
        _tell_calendars(event, session)
    return event


def cancel_event(actor: Person, event: Event, *, sessions: Sequence[Session], reason: Texts) -> Event:
    """Call an event off: it and its public sessions stay visible, marked. Raises WrongState."""
    _move(event, Publication.CANCELLED)
    event.cancelled_reason = reason
    public = [session for session in sessions if session.publication is Publication.PUBLISHED]
    for session in public:
        _move(session, Publication.CANCELLED)
        _tell_calendars(event, session)
    _event_changed(actor, event, "programme.event_cancelled", sessions=len(public))
    return event


# --- Sessions ---------------------------------------------------------------------------------------------------


def add_session(actor: Person, event: Event, *, facts: SessionFacts, slot: Slot) -> Session:
    """A draft session. Raises DayFarOff, EndsBeforeStart, LocalTimeMissing, LocalTimeTwice, LinkUnsafe."""
    if event.publication is Publication.CANCELLED:
        raise WrongState
    _check_link(facts.join_link)
    _check_day(event, slot)
    session = Session(id=uuid.uuid4(), event_id=event.id, time_zone=event.time_zone, **_values(facts))
    _assign(session, _times(slot, event.time_zone))
    db.session.add(session)
    db.session.flush()
    _record(actor, event, "programme.session_added", session)
    return session


def edit_session(actor: Person, session: Session, *, facts: SessionFacts, slot: Slot, version: int) -> Session:
    """Change a session. Raises Stale and what ``add_session`` raises."""
    _unchanged_since(session, version)
    _check_link(facts.join_link)
    _check_day(session.event, slot, session)
    changed = _assign(session, _values(facts) | _times(slot, session.time_zone))
    if changed:
        _session_changed(actor, session, "programme.session_edited", fields=changed)
    return session


def move_session(actor: Person, session: Session, *, slot: Slot, version: int) -> Session:
    """Give a session another time or room, nothing else. Raises Stale and what ``add_session`` raises."""
    _unchanged_since(session, version)
    _check_day(session.event, slot, session)
    changed = _assign(session, _times(slot, session.time_zone))
    if changed:
        _session_changed(actor, session, "programme.session_moved", fields=changed)
    return session


def publish_session(actor: Person, session: Session) -> Session:
    """Show a session in the public programme (once its event is public). Raises WrongState."""
    if session.event.publication is Publication.CANCELLED:
        raise WrongState
    _move(session, Publication.PUBLISHED)
    _session_changed(actor, session, "programme.session_published")
    return session


def publish_all(actor: Person, event: Event, *, sessions: Sequence[Session]) -> list[Session]:
    """Show all draft sessions in the public programme; which they were."""
    drafts = [session for session in sessions if session.publication is Publication.DRAFT]
    if not drafts or event.publication is Publication.CANCELLED:
        return []
    for session in drafts:
        _move(session, Publication.PUBLISHED)
        session.changed_at = now()
        _tell_calendars(event, session)
    audit.record("programme.sessions_published", event, actor=actor, scope_id=event.id, count=len(drafts))
    _make_public_anew(event)
    return drafts


def cancel_session(actor: Person, session: Session) -> Session:
    """Call a public session off: it stays visible, marked. Raises WrongState."""
    _move(session, Publication.CANCELLED)
    _session_changed(actor, session, "programme.session_cancelled")
    return session


def delete_session(actor: Person, session: Session) -> Event:
    """Remove a session that was never public; its event. Raises OnlyDrafts."""
    event = session.event
    gone = delete(Session).where(Session.id == session.id, Session.publication == Publication.DRAFT)
    if db.session.execute(gone.returning(Session.id)).first() is None:
        raise OnlyDrafts
    _record(actor, event, "programme.session_deleted", session)
    return event


def add_item(actor: Person, session: Session, *, title: Texts) -> AgendaItem:
    """A further point of the agenda, at the end."""
    item = AgendaItem(id=uuid.uuid4(), session_id=session.id, position=_next(session.items), title=title)
    db.session.add(item)
    _session_changed(actor, session, "programme.session_edited", fields=["items"])
    return item


def add_panellist(actor: Person, session: Session, *, name: str, function: Texts) -> Panellist:
    """Somebody more on the panel, at the end; ``name`` is the one to be shown in public."""
    position = _next(session.panellists)
    panellist = Panellist(id=uuid.uuid4(), session_id=session.id, position=position, name=name, function=function)
    db.session.add(panellist)
    _session_changed(actor, session, "programme.session_edited", fields=["panellists"])
    return panellist


def edit_part(actor: Person, session: Session, part: Part, **values: Any) -> Part:
    """Change an agenda item (``title``) or a panellist (``name``, ``function``)."""
    if _assign(part, values):
        _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return part


def move_part(actor: Person, session: Session, part: Part, *, up: bool) -> Part:
    """Swap an agenda item or a panellist with the one before or after it."""
    if _swap(getattr(session, _parts(part)), part, up=up):
        _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return part


def remove_part(actor: Person, session: Session, part: Part) -> Session:
    """Take an agenda item or a panellist away."""
    db.session.execute(delete(type(part)).where(type(part).id == part.id))
    _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return session


# --- Rooms ------------------------------------------------------------------------------------------------------


def add_room(actor: Person, event: Event, *, name: Texts, capacity: int | None, step_free: bool) -> Room:
    """A room of the event, or an online one."""
    room = Room(id=uuid.uuid4(), event_id=event.id, name=name, capacity=capacity, step_free=step_free)
    db.session.add(room)
    db.session.flush()
    audit.record("programme.room_added", event, actor=actor, scope_id=event.id, room_id=room.id)
    return room


def edit_room(actor: Person, event: Event, room: Room, **values: Any) -> Room:
    """Change ``name``, ``capacity`` or ``step_free``: public sessions there have changed with it."""
    changed = _assign(room, values)
    if changed:
        audit.record("programme.room_edited", event, actor=actor, scope_id=event.id, room_id=room.id, fields=changed)
        for session in db.session.scalars(select(Session).where(Session.room_id == room.id)):
            _tell_calendars(event, session)
        _make_public_anew(event)
    return room


def delete_room(actor: Person, event: Event, room: Room) -> Event:
    """Remove a room where nothing takes place; its event. Raises RoomInUse."""
    used = select(Session.id).where(Session.room_id == room.id).limit(1)
    if db.session.scalar(used) is not None:
        raise RoomInUse
    db.session.execute(delete(Room).where(Room.id == room.id))
    audit.record("programme.room_deleted", event, actor=actor, scope_id=event.id, room_id=room.id)
    return event


# --- Documents --------------------------------------------------------------------------------------------------


def add_document(actor: Person, event: Event, *, facts: DocumentFacts) -> Document:
    """A draft without a file, at the end of the list."""
    last = db.session.scalar(select(func.max(Document.position)).where(Document.event_id == event.id)) or 0
    document = Document(id=uuid.uuid4(), event_id=event.id, position=last + 1, **_values(facts))
    db.session.add(document)
    db.session.flush()
    _document_changed(actor, event, document, "programme.document_added")
    return document


def edit_document(actor: Person, document: Document, *, facts: DocumentFacts) -> Document:
    """Change what a document is called."""
    changed = _assign(document, _values(facts))
    if changed:
        _document_changed(actor, document.event, document, "programme.document_edited", fields=changed)
    return document


def add_version(actor: Person, document: Document, *, language: str, data: bytes, name: str) -> DocumentVersion:
    """A file for one language of the document. A former file of that language stays, under its lower number.

    Raises what ``files.store`` raises, at the field ``file``.
    """
    # One at a time, so that two uploads never take the same number.
    db.session.execute(select(Document.id).where(Document.id == document.id).with_for_update())
    of_language = (DocumentVersion.document_id == document.id, DocumentVersion.language == language)
    last = db.session.scalar(select(func.max(DocumentVersion.number)).where(*of_language)) or 0
    try:
        file = files.store(data, name=name, allowed=DOCUMENT_TYPES, purpose="programme.document")
    except DomainError as error:
        error.field = "file"
        raise
    version = DocumentVersion(
        id=uuid.uuid4(), document_id=document.id, language=language, number=last + 1, file_id=file.id
    )
    db.session.add(version)
    db.session.flush()
    deed = "programme.document_version_added"
    _document_changed(actor, document.event, document, deed, language=language, number=version.number)
    return version


def publish_document(actor: Person, document: Document) -> Document:
    """Let the public read a document (once its event is public). Raises NothingToRead, WrongState."""
    if not document.versions:
        raise NothingToRead
    _move(document, Publication.PUBLISHED)
    document.published_at = now()
    _document_changed(actor, document.event, document, "programme.document_published")
    return document


def withdraw_document(actor: Person, document: Document) -> Document:
    """Offer a public document no longer; its files are kept. Raises WrongState."""
    _move(document, Publication.CANCELLED)
    _document_changed(actor, document.event, document, "programme.document_withdrawn")
    return document


def move_document(actor: Person, document: Document, *, among: Iterable[Document], up: bool) -> Document:
    """Swap a document with the one before or after it."""
    if _swap(list(among), document, up=up):
        _document_changed(actor, document.event, document, "programme.document_moved")
    return document


def delete_document(actor: Person, document: Document) -> Event:
    """Remove a document that was never public, with its files; its event. Raises OnlyDrafts."""
    event = document.event
    kept = [version.file for version in document.versions]
    gone = delete(Document).where(Document.id == document.id, Document.publication == Publication.DRAFT)
    if db.session.execute(gone.returning(Document.id)).first() is None:
        raise OnlyDrafts
    for file in kept:
        files.remove(file)
    audit.record("programme.document_deleted", event, actor=actor, scope_id=event.id, document_id=document.id)
    return event


# --- What every deed does ---------------------------------------------------------------------------------------


def _move(thing: Event | Session | Document, to: Publication) -> None:
    """Move through the table, also when another request does so at the same moment."""
    kind = type(thing)
    allowed = [state for state, moves in PUBLICATION_MOVES.items() if to in moves]
    if thing.publication not in allowed:
        raise WrongState
    if kind is Document:  # no version number guards it
        claim = update(Document).where(Document.id == thing.id, Document.publication.in_(allowed))
        moved = db.session.execute(claim.values(publication=to).returning(Document.id))
        if moved.first() is None:
            raise WrongState
    thing.publication = to


def _unchanged_since(thing: Event | Session, version: int) -> None:
    if thing.version != version:
        raise Stale


def _event_changed(actor: Person, event: Event, verb: str, **detail: Any) -> None:
    event.changed_at = now()
    audit.record(verb, event, actor=actor, scope_id=event.id, **detail)
    _make_public_anew(event)
    if event.publication is not Publication.DRAFT:
        promise("programme.event_changed", event_id=event.id)


def _session_changed(actor: Person, session: Session, verb: str, **detail: Any) -> None:
    session.changed_at = now()
    _record(actor, session.event, verb, session, **detail)
    _tell_calendars(session.event, session)
    if session.publication is not Publication.DRAFT:
        _make_public_anew(session.event)


def _document_changed(actor: Person, event: Event, document: Document, verb: str, **detail: Any) -> None:
    audit.record(verb, event, actor=actor, scope_id=event.id, document_id=document.id, **detail)
    db.session.flush()
    search.index_document(document)
    if document.publication is not Publication.DRAFT and event.publication is not Publication.DRAFT:
        bump("programme")


def _record(actor: Person, event: Event, verb: str, session: Session, **detail: Any) -> None:
    audit.record(verb, event, actor=actor, scope_id=event.id, session_id=session.id, **detail)


def _tell_calendars(event: Event, session: Session) -> None:
    if Publication.DRAFT not in (event.publication, session.publication):
        promise("programme.session_changed", session_id=session.id)


def _make_public_anew(event: Event) -> None:
    db.session.flush()
    search.index_event(event)
    if event.publication is not Publication.DRAFT:
        bump("programme")


def _check_days(facts: EventFacts) -> None:
    zone_info(facts.time_zone)
    if not 0 <= (facts.last_day - facts.first_day).days <= LONGEST_EVENT_DAYS:
        raise DaysWrong


def _check_day(event: Event, slot: Slot, session: Session | None = None) -> None:
    moved = session is None or slot.day != session.starts_local.date()
    if moved and not event.first_day - PREPARATION <= slot.day <= event.last_day:
        raise DayFarOff


def _check_link(link: str | None) -> None:
    """An https address with a host and without a name and password, which could pass for another host."""
    if link is None:
        return
    try:
        parts = urlsplit(link)
        good = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good or "\\" in link or any(sign.isspace() for sign in link):
        raise LinkUnsafe


def _times(slot: Slot, zone: str) -> dict[str, Any]:
    """The columns that say when and where. Raises EndsBeforeStart, LocalTimeMissing and LocalTimeTwice at a field."""
    local = {"starts": datetime.combine(slot.day, slot.starts), "ends": datetime.combine(slot.day, slot.ends)}
    folds = {"starts": slot.starts_fold, "ends": slot.ends_fold}
    values: dict[str, Any] = {"room_id": slot.room.id if slot.room else None}
    for name, wall in local.items():
        try:
            values[f"{name}_at"] = instant_of(wall, zone, folds[name])
        except (LocalTimeMissing, LocalTimeTwice) as error:
            error.field = name if isinstance(error, LocalTimeMissing) else f"{name}_fold"
            raise
        values[f"{name}_local"] = wall
        values[f"{name}_fold"] = (folds[name] or 0) if is_repeated(wall, zone) else 0
    if values["ends_at"] <= values["starts_at"]:
        raise EndsBeforeStart
    return values


def _assign(thing: Any, values: dict[str, Any]) -> list[str]:
    """Set what differs; the names of it."""
    changed = [name for name, value in values.items() if getattr(thing, name) != value]
    for name in changed:
        setattr(thing, name, values[name])
    return changed


def _values(facts: EventFacts | EventTexts | SessionFacts | DocumentFacts) -> dict[str, Any]:
    return asdict(facts)


def _parts(part: Part) -> str:
    return "items" if isinstance(part, AgendaItem) else "panellists"


def _next(parts: Sequence[Part]) -> int:
    return max((part.position for part in parts), default=0) + 1


def _swap(row: Sequence[Any], thing: Any, *, up: bool) -> bool:
    """Put a thing one place up or down; whether anything moved. Positions are numbered anew from 1."""
    order = [one.id for one in sorted(row, key=lambda one: (one.position, str(one.id)))]
    here = order.index(thing.id)
    there = here + (-1 if up else 1)
    if not 0 <= there < len(order):
        return False
    order[here], order[there] = order[there], order[here]
    for one in row:
        one.position = order.index(one.id) + 1
    return True
