"""What organisers do to series and events.

Each deed is an audit row on its event, makes public pages anew, and tells the calendars by promise.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme import copying
from eventhub.programme.deeds import assign, make_public_anew, move, tell_calendars, unchanged_since
from eventhub.programme.local_time import zone_info
from eventhub.programme.models import Event, EventKind, Mode, Publication, Room, Series, Session

LONGEST_EVENT_DAYS = 60


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


means("uq_series_slug", SlugTaken())
means("uq_event_slug", SlugTaken())
means("uq_event_code", CodeTaken())


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
    changed = assign(series, values)
    if changed:
        audit.record("programme.series_edited", series, actor=actor, scope_id=series.id, fields=changed)
        bump("programme")
    if {"title", "original_language"} & set(changed):
        # Every entry in calendars says the name of its series.
        public = select(Event.id).where(Event.series_id == series.id, Event.publication != Publication.DRAFT)
        for event_id in db.session.scalars(public.order_by(Event.id)):
            promise("programme.event_changed", event_id=event_id)
    return series


def create_event(actor: Person, series: Series, *, facts: EventFacts, title: Texts) -> Event:
    """A draft. Raises DaysWrong, UnknownZone, SlugTaken and CodeTaken (from the database)."""
    _check_days(facts)
    event = Event(id=uuid.uuid4(), series_id=series.id, title=title, **asdict(facts))
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
    unchanged_since(event, version)
    _check_days(facts)
    if event.publication is not Publication.DRAFT and (facts.code, facts.slug) != (event.code, event.slug):
        raise AddressFixed
    old_zone, days = event.time_zone, facts.first_day - event.first_day
    changed = assign(event, asdict(facts))
    if not changed:
        return event
    _event_changed(actor, event, "programme.event_edited", fields=changed)
    if {"first_day", "last_day", "time_zone"} & set(changed):
        promise("programme.days_moved", event_id=event.id)
    moved = [one for one in sessions if one.time_zone == old_zone != facts.time_zone or (move_sessions and days)]
    for session in moved:
        zone = facts.time_zone if session.time_zone == old_zone else None
        field = "time_zone" if not days else "first_day"
        copying.move(session, days=days if move_sessions else days * 0, zone=zone, field=field)
        tell_calendars(event, session)
    if moved:
        db.session.flush()
        audit.record("programme.sessions_moved", event, actor=actor, scope_id=event.id, count=len(moved))
    return event


def edit_event_texts(actor: Person, event: Event, *, texts: EventTexts, version: int) -> Event:
    """Change what an event says. Raises Stale."""
    unchanged_since(event, version)
    changed = assign(event, asdict(texts))
    if changed:
        _event_changed(actor, event, "programme.event_texts_edited", fields=changed)
    return event


def change_mode(actor: Person, event: Event, mode: Mode, *, version: int) -> Event:
    """Change how people come together, and nothing else. Raises Stale."""
    unchanged_since(event, version)
    if assign(event, {"mode": mode}):
        _event_changed(actor, event, "programme.event_edited", fields=["mode"])
    return event


def publish_event(actor: Person, event: Event, *, sessions: Sequence[Session], with_sessions: bool) -> Event:
    """Make an event public and, when asked, all its draft sessions. Raises WrongState."""
    move(event, Publication.PUBLISHED)
    drafts = [one for one in sessions if one.publication is Publication.DRAFT] if with_sessions else []
    for session in drafts:
        move(session, Publication.PUBLISHED)
    _event_changed(actor, event, "programme.event_published", sessions=len(drafts))
    for session in sessions:
        tell_calendars(event, session)
    return event


def cancel_event(actor: Person, event: Event, *, sessions: Sequence[Session], reason: Texts) -> Event:
    """Call an event off: it and its public sessions stay visible, marked, and everybody concerned is told, once: what
    the promise sets off looks at all its entries in calendars too. Raises WrongState.
    """
    move(event, Publication.CANCELLED)
    event.cancelled_reason, event.cancelled_at = reason, now()
    public = [session for session in sessions if session.publication is Publication.PUBLISHED]
    for session in public:
        move(session, Publication.CANCELLED)
        session.cancelled_at = event.cancelled_at
    _event_changed(actor, event, "programme.event_cancelled", told="programme.event_cancelled", sessions=len(public))
    return event


def _event_changed(
    actor: Person, event: Event, verb: str, *, told: str = "programme.event_changed", **detail: Any
) -> None:
    event.changed_at = now()
    audit.record(verb, event, actor=actor, scope_id=event.id, **detail)
    make_public_anew(event)
    if event.publication is not Publication.DRAFT:
        promise(told, event_id=event.id)


def _check_days(facts: EventFacts) -> None:
    zone_info(facts.time_zone)
    if not 0 <= (facts.last_day - facts.first_day).days <= LONGEST_EVENT_DAYS:
        raise DaysWrong
