"""What the public may read: series, events, sessions and documents that are not drafts.

What is a draft does not exist here, nor does what hangs on one: a session or a document is public only when its event
is, a series only when one of its events is.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload, load_only, selectinload, with_loader_criteria

from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.people.access import Scope
from eventhub.programme.models import (
    Document,
    DocumentVersion,
    Event,
    EventKind,
    Publication,
    Series,
    Session,
    SessionKind,
)

FORUMS = frozenset({EventKind.FORUM, EventKind.REGIONAL_FORUM})
DIALOGUES = frozenset(EventKind) - FORUMS

IN_LISTS = (
    Event.series_id,
    Event.slug,
    Event.code,
    Event.kind,
    Event.mode,
    Event.publication,
    Event.original_language,
    Event.title,
    Event.lead,
    Event.city,
    Event.venue,
    Event.country,
    Event.time_zone,
    Event.first_day,
    Event.last_day,
    Event.interpretation,
)
"""The columns a list needs: not the long texts."""


@dataclass(frozen=True)
class Listed:
    """Events parted by the clock: what is still to come soonest first, what is over latest first."""

    coming: list[Event]
    past: list[Event]


def public_events(kinds: Collection[EventKind] = frozenset(EventKind), *, series: Series | None = None) -> list[Event]:
    """All public events of these kinds with their series, in the order of their days. One statement."""
    rows = (
        select(Event)
        .join(Event.series)
        .options(load_only(*IN_LISTS, raiseload=True), contains_eager(Event.series))
        .where(_is_public(Event), Event.kind.in_(kinds))
        .order_by(Event.first_day, Event.code)
    )
    if series is not None:
        rows = rows.where(Event.series_id == series.id)
    return list(db.session.scalars(rows))


def listed(events: Collection[Event], moment: datetime) -> Listed:
    """The events as they stand at a moment, each judged by the clock of its own place."""
    coming = [event for event in events if ends(event) > moment]
    past = [event for event in events if ends(event) <= moment]
    return Listed(coming, past[::-1])


def ends(event: Event) -> datetime:
    """The midnight that ends an event's last day where it takes place, in UTC."""
    midnight = datetime.combine(event.last_day + timedelta(days=1), time(), ZoneInfo(event.time_zone))
    return midnight.astimezone(UTC)


def first_sessions(events: Collection[Event]) -> dict[uuid.UUID, Session]:
    """The first sitting of each event that has a public one: when to be there. One statement."""
    if not events:
        return {}
    rows = (
        select(Session)
        .ext(distinct_on(Session.event_id))
        .options(
            load_only(
                Session.event_id,
                Session.starts_local,
                Session.ends_local,
                Session.starts_at,
                Session.ends_at,
                Session.time_zone,
                raiseload=True,
            )
        )
        .where(
            Session.event_id.in_([event.id for event in events]),
            Session.publication == Publication.PUBLISHED,
            Session.kind != SessionKind.BREAK,
        )
        .order_by(Session.event_id, Session.starts_at)
    )
    return {session.event_id: session for session in db.session.scalars(rows)}


def public_series(slug: str) -> tuple[Series, list[Event]]:
    """A series and its public events. Raises NotFound, also when all its events are drafts."""
    series = db.session.scalar(select(Series).where(Series.slug == slug))
    events = public_events(series=series) if series else []
    if series is None or not events:
        raise NotFound
    return series, events


def public_event(slug: str) -> Event:
    """An event with everything its page shows: series, sessions with rooms and panellists, documents with their files.
    Four statements, whatever its size. Raises NotFound.
    """
    rows = _with_programme(select(Event).where(Event.slug == slug, _is_public(Event)))
    return or_not_found(db.session.scalar(rows))


def public_timetable(slug: str) -> Event:
    """An event with its series, and its sessions with their rooms. Two statements. Raises NotFound."""
    rows = (
        select(Event)
        .options(load_only(*IN_LISTS, raiseload=True), joinedload(Event.series))
        .options(selectinload(Event.sessions).joinedload(Session.room), _only_public(Session))
        .where(Event.slug == slug, _is_public(Event))
    )
    return or_not_found(db.session.scalar(rows))


def public_programmes() -> list[Event]:
    """All public events with sessions, rooms and documents, in the order of their days: for whoever takes it all."""
    rows = (
        select(Event)
        .where(_is_public(Event))
        .options(
            joinedload(Event.series),
            selectinload(Event.sessions).joinedload(Session.room),
            *_documents(),
            _only_public(Session),
            _only_public_documents(),
        )
        .order_by(Event.first_day, Event.code)
    )
    return list(db.session.scalars(rows))


def public_session(slug: str, session_id: uuid.UUID) -> Session:
    """A session with its event, room, items and panellists. Raises NotFound."""
    rows = (
        select(Session)
        .join(Session.event)
        .join(Event.series)
        .options(
            contains_eager(Session.event).contains_eager(Event.series),
            joinedload(Session.room),
            selectinload(Session.items),
            selectinload(Session.panellists),
        )
        .where(Session.id == session_id, Event.slug == slug, _is_public(Session), _is_public(Event))
    )
    return or_not_found(db.session.scalar(rows))


def public_sitting(slug: str, session_id: uuid.UUID) -> Session:
    """A public session with its event alone. Raises NotFound."""
    rows = (
        select(Session)
        .join(Session.event)
        .options(contains_eager(Session.event))
        .where(Session.id == session_id, Event.slug == slug, _is_public(Session), _is_public(Event))
    )
    session: Session | None = db.session.scalar(rows)
    if session is None:
        raise NotFound
    return session


def public_documents(slug: str) -> Event:
    """An event with its series and documents alone. Raises NotFound."""
    rows = (
        select(Event)
        .options(load_only(*IN_LISTS, raiseload=True), joinedload(Event.series), *_documents())
        .options(_only_public_documents())
        .where(Event.slug == slug, _is_public(Event))
    )
    return or_not_found(db.session.scalar(rows))


def public_version(version_id: uuid.UUID) -> DocumentVersion:
    """One language of a published document with its file, also when it was replaced since: what was published stays.
    Raises NotFound.
    """
    rows = (
        select(DocumentVersion)
        .join(DocumentVersion.document)
        .join(Document.event)
        .options(joinedload(DocumentVersion.file))
        .where(
            DocumentVersion.id == version_id,
            Document.publication == Publication.PUBLISHED,
            _is_public(Event),
        )
    )
    return or_not_found(db.session.scalar(rows))


def current_versions(document: Document) -> dict[str, DocumentVersion]:
    """The newest file of each language."""
    newest: dict[str, DocumentVersion] = {}
    for version in sorted(document.versions, key=lambda version: version.number):
        newest[version.language] = version
    return newest


def scopes_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Scope]:
    """Where those of the ids that are events lie, for features below that keep no more than an id."""
    rows = db.session.execute(select(Event.id, Event.series_id).where(Event.id.in_(ids)))
    return {row.id: Scope(series_id=row.series_id, event_id=row.id) for row in rows}


def local(instant: datetime, zone: str) -> datetime:
    """An instant by the clock of a zone."""
    return instant.astimezone(ZoneInfo(zone))


def _with_programme(rows: Select[Event]) -> Select[Event]:
    sessions = selectinload(Event.sessions)
    return rows.options(
        joinedload(Event.series),
        sessions.joinedload(Session.room),
        sessions.selectinload(Session.panellists),
        *_documents(),
        _only_public(Session),
        _only_public_documents(),
    )


def _documents() -> tuple[Any, ...]:
    return (selectinload(Event.documents).joinedload(Document.versions).joinedload(DocumentVersion.file),)


def _only_public(kind: type[Session]) -> Any:
    return with_loader_criteria(kind, _is_public(kind))


def _only_public_documents() -> Any:
    # A withdrawn document is not offered any more, and one without a file is nothing to read.
    return with_loader_criteria(Document, (Document.publication == Publication.PUBLISHED) & Document.versions.any())


def _is_public(kind: type[Event] | type[Session]) -> ColumnElement[bool]:
    return kind.publication != Publication.DRAFT
