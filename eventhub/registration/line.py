"""The waiting list of an event: the order in which people wait, and how long places can be offered.

Whoever waits first is first: by the time the registration was sent, or by ``waits_from`` where somebody had a place and
lost it; two of one moment by their id, so that the order never changes between two looks.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, tuple_

from eventhub.kit.db import db
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Registration, State

SINCE = func.coalesce(Registration.waits_from, Registration.submitted_at)
ORDER: tuple[Any, ...] = (SINCE, Registration.id)
STEPS = (5, 10, 20, 50, 100, 200, 500, 1000)
"""Where the ranges end in which a person is told a place."""


def in_line(event_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """What makes a registration one of an event's waiting list."""
    return Registration.event_id == event_id, Registration.state == State.WAITLISTED


def somebody_waits(event_id: uuid.UUID) -> bool:
    """Whether anybody is in line."""
    return db.session.scalar(select(select(Registration.id).where(*in_line(event_id)).exists())) or False


def all_in_line(event_id: uuid.UUID) -> list[uuid.UUID]:
    """Everybody in line, the first first."""
    return list(db.session.scalars(select(Registration.id).where(*in_line(event_id)).order_by(*ORDER)))


def first_in_line(event_id: uuid.UUID, limit: int | None) -> list[Registration]:
    """The first of the line, locked. Nobody is passed over: a row that somebody works on is waited for.

    The caller holds the event's row of seats (seats.hold_seats): then nobody else changes the line's order.
    """
    rows = select(Registration).where(*in_line(event_id)).order_by(*ORDER).limit(limit).with_for_update()
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def passed_over(event_id: uuid.UUID, chosen: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Who waits ahead of the last of those chosen without being chosen: empty when it is their turn."""
    ahead: list[uuid.UUID] = []
    skipped: list[uuid.UUID] = []
    left = set(chosen)
    for one in db.session.scalars(select(Registration.id).where(*in_line(event_id)).order_by(*ORDER)):
        if one in left:
            left.discard(one)
            ahead, skipped = ahead + skipped, []
        else:
            skipped.append(one)
        if not left:
            break
    return ahead


def place_of(registration: Registration) -> int:
    """The place in line, from 1. One statement."""
    since = registration.waits_from or registration.submitted_at
    before = tuple_(SINCE, Registration.id) < tuple_(since, registration.id)
    rows = select(func.count()).where(*in_line(registration.event_id), before)
    return (db.session.scalar(rows) or 0) + 1


def place_range(place: int) -> tuple[int, int | None]:
    """The range in which a person is told a place: 7 is between 6 and 10. No end beyond the last step."""
    first = 1
    for last in STEPS:
        if place <= last:
            return first, last
        first = last + 1
    return first, None


def begins(event_id: uuid.UUID) -> datetime | None:
    """When an event begins: with its first session, else with its first day. None when it is cancelled."""
    first = select(func.min(Session.starts_at)).where(
        Session.event_id == event_id, Session.publication == Publication.PUBLISHED
    )
    columns = select(Event.publication, Event.first_day, Event.time_zone, first.scalar_subquery().label("first"))
    row = db.session.execute(columns.where(Event.id == event_id)).one()
    if row.publication is not Publication.PUBLISHED:
        return None
    instant: datetime = row.first or datetime.combine(row.first_day, time(), ZoneInfo(row.time_zone))
    return instant


def is_over(event_id: uuid.UUID, moment: datetime) -> bool:
    """Whether nobody is offered a place any more: the event has begun or is cancelled."""
    start = begins(event_id)
    return start is None or start <= moment
