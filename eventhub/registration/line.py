"""The waiting list of an event: the order in which people wait, and how long places can be offered.

Whoever waits first is first: by the time the registration was sent, or by ``waits_from`` where somebody had a place and
lost it; two of one moment by their id, so that the order never changes between two looks.
"""

import uuid
from collections.abc import Collection, Mapping, Set
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, tuple_

from eventhub.kit.db import db
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Registration, State
from eventhub.registration.seats import category_key, have_room, keys

SINCE = func.coalesce(Registration.waits_from, Registration.submitted_at)
ORDER: tuple[Any, ...] = (SINCE, Registration.id)
Kind = tuple[str | None, str | None]
"""Somebody's category and way of taking part."""
STEPS = (5, 10, 20, 50, 100, 200, 500, 1000)
"""Where the ranges end in which a person is told a place."""


def in_line(event_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """What makes a registration one of an event's waiting list."""
    return Registration.event_id == event_id, Registration.state == State.WAITLISTED


def somebody_waits(event_id: uuid.UUID) -> bool:
    """Whether anybody is in line."""
    return db.session.scalar(select(select(Registration.id).where(*in_line(event_id)).exists())) or False


def before(
    event_id: uuid.UUID, category: str | None, way: str | None, left: Mapping[str, int], *, is_limited: bool
) -> list[uuid.UUID]:
    """Who waits for a place that somebody of this category, taking part in this way, would take, the first first (see
    ``passed_over``).
    """
    return _served(event_id, left, [(category, way)], is_limited=is_limited)


def first_in_line(
    event_id: uuid.UUID, limit: int | None, left: Mapping[str, int], *, only: str | None = None
) -> list[Registration]:
    """The first of the line, locked. Nobody is passed over but those whose category or way of taking part has no room
    ``left`` (seats.left_by_count), or whose seat would not count under ``only``; a row that somebody works on is
    waited for.

    The caller holds the event's row of seats (seats.hold_seats): then nobody else changes the line's order.
    """
    rows = select(Registration).where(*in_line(event_id)).order_by(*ORDER).with_for_update()
    if not left:
        return list(db.session.scalars(rows.limit(limit).execution_options(populate_existing=True)))
    while True:
        turn = _with_room(event_id, left, only)[:limit]
        mine = rows.where(Registration.id.in_(turn)).execution_options(populate_existing=True)
        found = list(db.session.scalars(mine))
        # Somebody may have changed category or way while the row was waited for; now it stands still.
        if [one.id for one in found] == turn == _with_room(event_id, left, only)[:limit]:
            return found


def passed_over(
    event_id: uuid.UUID, chosen: Collection[uuid.UUID], left: Mapping[str, int], *, is_limited: bool
) -> list[uuid.UUID]:
    """Who waits ahead of the last of those chosen without being chosen: empty when it is their turn.

    Whose category or way has no room ``left`` is not passed over. Where the event itself has no limit (``is_limited``),
    only people of one category, or of one way with a limit, wait for the same places.
    """
    theirs = select(Registration.category, Registration.attendance_mode).where(Registration.id.in_(chosen))
    ahead: list[uuid.UUID] = []
    skipped: list[uuid.UUID] = []
    waiting = set(chosen)
    kinds = [(row.category, row.attendance_mode) for row in db.session.execute(theirs)] if left else []
    served = set(_served(event_id, left, kinds, is_limited=is_limited))
    for one in all_in_line(event_id):
        if one in waiting:
            waiting.discard(one)
            ahead, skipped = ahead + skipped, []
        elif one in served:
            skipped.append(one)
        if not waiting:
            break
    return ahead


def in_turn(
    event_id: uuid.UUID, chosen: Collection[uuid.UUID], left: Mapping[str, int], *, is_limited: bool
) -> list[uuid.UUID]:
    """Those chosen, the first first, as far as nobody is ``passed_over`` who could have had the place."""
    theirs = select(Registration.category, Registration.attendance_mode).where(Registration.id.in_(chosen))
    kinds = [(row.category, row.attendance_mode) for row in db.session.execute(theirs)] if left else []
    served = set(_served(event_id, left, kinds, is_limited=is_limited))
    found = []
    for one in all_in_line(event_id):
        if one in chosen:
            found.append(one)
        elif one in served:
            break
    return found


def all_in_line(event_id: uuid.UUID) -> list[uuid.UUID]:
    """Everybody in line, the first first."""
    return list(db.session.scalars(select(Registration.id).where(*in_line(event_id)).order_by(*ORDER)))


def _served(
    event_id: uuid.UUID, left: Mapping[str, int], kinds: Collection[Kind], *, is_limited: bool
) -> list[uuid.UUID]:
    """Those in line who could have a place: all where nothing is counted but the event's own seats. Else, without a
    limit of the event, those who wait for the same places as somebody of these ``kinds``.
    """
    if not left:
        return all_in_line(event_id)
    if is_limited:
        return _with_room(event_id, left)
    wanted = {key for kind in kinds for key in _rivals(kind, left)}
    return _with_room(event_id, left, among=wanted)


def _with_room(
    event_id: uuid.UUID, left: Mapping[str, int], only: str | None = None, *, among: Set[str] | None = None
) -> list[uuid.UUID]:
    """Those in line, the first first, for whom there is room under all that their seat counts under when each gets a
    place in turn. ``only``: nobody else is given one; ``among``: others are given one as well, and not named.
    """
    rest, found = dict(left), []
    columns = Registration.id, Registration.category, Registration.attendance_mode
    for one, category, way in db.session.execute(select(*columns).where(*in_line(event_id)).order_by(*ORDER)):
        counted = keys(category, way)
        if (only is not None and only not in counted) or not have_room(rest, *counted):
            continue
        rest |= {key: rest[key] - 1 for key in counted if key in rest}
        if among is None or not among.isdisjoint(_rivals((category, way), left)):
            found.append(one)
    return found


def _rivals(kind: Kind, left: Mapping[str, int]) -> set[str]:
    """Under what somebody waits for the same places as others: the category, and a way that is counted."""
    return {category_key(kind[0]), *(key for key in keys(*kind) if key in left)}


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
    """When an event begins: with the first session on its own days, else with its first day; a preparatory day comes
    before. None when it is cancelled.
    """
    first = select(func.min(Session.starts_at)).where(
        Session.event_id == event_id,
        Session.publication == Publication.PUBLISHED,
        func.date(Session.starts_local) >= Event.first_day,
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
