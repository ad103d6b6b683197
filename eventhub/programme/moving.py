"""A whole event on other days: what moves with it and by how much, before it is done and when it is.

Every session keeps its time of day and moves by as many days as the event; a cancelled one too, so that the programme
stays one. Rules of gates that stand on a day follow by a trigger, in the same transaction. What was announced, such as
the end of registration, stays.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.programme import copying
from eventhub.programme.deeds import WrongState, make_public_anew, unchanged_since
from eventhub.programme.local_time import LocalTimeMissing, instant_of
from eventhub.programme.models import Event, Publication, Session


class SameDays(DomainError):
    """The event is on these days."""

    status = 422
    message = _l("The event begins on this day already. Choose another one.")
    field = "first_day"


class HasBegun(DomainError):
    """The event, or a day of its preparation, has begun."""

    status = 422
    message = _l("The event has begun, or a session has taken place: its days cannot move any more.")
    field = "first_day"


class InThePast(DomainError):
    """What would move there could never take place."""

    status = 422
    field = "first_day"

    def __init__(self, title: str | None = None) -> None:
        past = _l("This day is over, or is today. Choose a later one.")
        session = _l("The session “%(title)s” would have begun already. Choose a later day.", title=title)
        super().__init__(session if title else past)


@dataclass(frozen=True)
class Moved:
    """One session with its new times by the wall clock, and the instant at which it would begin."""

    session: Session
    starts_local: datetime
    ends_local: datetime
    starts_at: datetime


@dataclass(frozen=True)
class Plan:
    """An event on other days."""

    event: Event
    first_day: date
    last_day: date
    sessions: list[Moved]

    @property
    def days(self) -> timedelta:
        """By how much it moves, back where it is negative."""
        return self.first_day - self.event.first_day

    @property
    def begins(self) -> datetime | None:
        """When the first session that takes place would begin."""
        return min((one.starts_at for one in self.sessions if _takes_place(one.session)), default=None)


def plan(event: Event, sessions: Sequence[Session], first_day: date) -> Plan:
    """What would move where; nothing is changed.

    Raises WrongState, SameDays, HasBegun, InThePast, MovedIntoGap and EndsFirst.
    """
    moment = now()
    today, days = moment.astimezone(ZoneInfo(event.time_zone)).date(), first_day - event.first_day
    if event.publication is Publication.CANCELLED:
        raise WrongState
    if not days:
        raise SameDays
    if event.publication is Publication.PUBLISHED and (
        event.first_day <= today or any(_takes_place(one) and one.starts_at <= moment for one in sessions)
    ):
        raise HasBegun
    if first_day <= today:
        raise InThePast
    moved = [_moved(one, days) for one in sessions]
    for one in moved:
        if _takes_place(one.session) and one.starts_at <= moment:
            raise InThePast(copying.title_of(one.session))
    return Plan(event, first_day, event.last_day + days, moved)


def move_event(actor: Person, event: Event, *, sessions: Sequence[Session], first_day: date, version: int) -> Event:
    """Move an event with all its sessions; everybody concerned is told once. Raises Stale and what ``plan`` raises."""
    unchanged_since(event, version)
    found = plan(event, sessions, first_day)
    was, days = (event.first_day, event.last_day), found.days
    event.first_day, event.last_day, event.changed_at = found.first_day, found.last_day, now()
    db.session.flush()
    for session in sessions:
        copying.move(session, days=days, field="first_day")
        session.changed_at = now()
    audit.record(
        "programme.event_moved",
        event,
        actor=actor,
        scope_id=event.id,
        days=days.days,
        sessions=len(sessions),
        was=[day.isoformat() for day in was],
        now=[found.first_day.isoformat(), found.last_day.isoformat()],
    )
    make_public_anew(event)
    promise("programme.days_moved", event_id=event.id)
    if event.publication is not Publication.DRAFT:
        promise(
            "programme.event_moved",
            event_id=event.id,
            move=uuid.uuid4(),
            first_day=found.first_day.isoformat(),
            was=[day.isoformat() for day in was],
        )
    return event


def _moved(session: Session, days: timedelta) -> Moved:
    starts, ends = session.starts_local + days, session.ends_local + days
    try:
        begins = instant_of(starts, session.time_zone, session.starts_fold)
        finishes = instant_of(ends, session.time_zone, session.ends_fold)
    except LocalTimeMissing:
        raise copying.into_gap(session, "first_day") from None
    if begins >= finishes:
        raise copying.EndsFirst(field="first_day")
    return Moved(session, starts, ends, begins)


def _takes_place(session: Session) -> bool:
    return session.publication is not Publication.CANCELLED
