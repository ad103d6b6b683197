"""An event's registrations in numbers, for its desk, beside the former event of its series.

By category, way of taking part, region and first time, and week by week. The numbers are exact and of the moment: two
looks with one decision between them tell whom it was about. So whoever reads a number works at the desk of every event
that stands behind it, and sees the people themselves (SAFETY.md property 4).
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import aliased

from eventhub.kit import codes
from eventhub.kit.db import db
from eventhub.programme.models import Event, Publication
from eventhub.registration.models import TAKES_PART, Registration, RegistrationSetup, State

WEEKS = 12
"""How far back the curve goes."""
NOT_SENT = frozenset({State.DRAFT, State.EXPIRED})
ENDED = frozenset({State.WITHDRAWN, State.DECLINED, State.REVOKED})


class One(NamedTuple):
    """What is counted of one registration."""

    event_id: uuid.UUID
    state: State
    category: str | None
    mode: str | None
    country: str | None
    submitted_at: datetime
    came_before: bool


@dataclass(frozen=True)
class Line:
    """One value of a breakdown: how many registered, how many of those take part, and how many did at the former
    event, None without one. An empty ``code`` is who did not say.
    """

    code: str
    registered: int
    taking_part: int
    former: int | None


@dataclass(frozen=True)
class Point:
    """How many had registered in all by the end of a week."""

    weeks_before: int
    registered: int


@dataclass(frozen=True)
class Numbers:
    """All of it. ``first_time`` is None where the earlier events are not for the reader; ``former_then``: how many had
    registered for the former event as long before it began.
    """

    registered: int
    taking_part: int
    ended: int
    first_time: int | None
    by: dict[str, list[Line]]
    points: list[Point]
    former_total: int | None
    former_then: int | None


def former_event(event: Event) -> Event | None:
    """The newest event of the series that is over and was before this one, and took registrations."""
    rows = (
        select(Event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .where(
            Event.series_id == event.series_id,
            Event.kind == event.kind,
            Event.publication == Publication.PUBLISHED,
            Event.last_day < event.first_day,
        )
        .order_by(Event.first_day.desc(), Event.id)
        .limit(1)
    )
    return db.session.scalar(rows)


def earlier_events(event: Event) -> list[Event]:
    """The events of the series that began before this one and took registrations: in these somebody may have taken part
    before.
    """
    rows = (
        select(Event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .where(Event.series_id == event.series_id, Event.first_day < event.first_day)
    )
    return list(db.session.scalars(rows))


def numbers(event: Event, former: Event | None, *, today: date, first_timers: bool) -> Numbers:
    """Count an event, beside a former one whose desk is the reader's too. ``first_timers``: whether the desks of all
    ``earlier_events`` are. One statement.
    """
    found = _counted([event.id] if former is None else [event.id, former.id])
    mine = [one for one in found if one.event_id == event.id]
    theirs = [one for one in found if one.event_id != event.id]
    taking_part = [one for one in mine if one.state in TAKES_PART]
    left = (event.first_day - today).days
    return Numbers(
        registered=len(mine),
        taking_part=len(taking_part),
        ended=sum(one.state in ENDED for one in mine),
        first_time=sum(not one.came_before for one in taking_part) if first_timers else None,
        by={name: _lines(mine, theirs if former else None, code_of) for name, code_of in BREAKDOWNS.items()},
        points=_points(mine, event, today),
        former_total=len(theirs) if former else None,
        former_then=_until(theirs, former, left) if former and left > 0 else None,
    )


def _counted(event_ids: Sequence[uuid.UUID]) -> list[One]:
    other, earlier, this = aliased(Registration), aliased(Event), aliased(Event)
    came_before = (
        select(other.id)
        .join(earlier, earlier.id == other.event_id)
        .join(this, this.id == Registration.event_id)
        .where(
            other.person_id == Registration.person_id,
            other.state.in_(TAKES_PART),
            earlier.series_id == this.series_id,
            earlier.first_day < this.first_day,
        )
        .exists()
    )
    rows = select(
        Registration.event_id,
        Registration.state,
        Registration.category,
        Registration.attendance_mode,
        Registration.country,
        Registration.submitted_at,
        came_before,
    ).where(
        Registration.event_id.in_(event_ids),
        Registration.state.not_in(NOT_SENT),
        Registration.submitted_at.is_not(None),
    )
    return [One._make(row) for row in db.session.execute(rows)]


def _region(one: One) -> str:
    try:
        return codes.country(one.country).regional_group or "" if one.country else ""
    except KeyError:
        return ""


BREAKDOWNS: dict[str, Callable[[One], str]] = {
    "participant_category": lambda one: one.category or "",
    "attendance_mode": lambda one: one.mode or "",
    "regional_group": _region,
}
"""By which code list, and where somebody stands in it."""


def _lines(mine: Sequence[One], theirs: Sequence[One] | None, code_of: Callable[[One], str]) -> list[Line]:
    registered = Counter(map(code_of, mine))
    taking_part = Counter(code_of(one) for one in mine if one.state in TAKES_PART)
    former = Counter(code_of(one) for one in theirs or () if one.state in TAKES_PART)
    known = sorted(registered.keys() | former.keys(), key=lambda code: (code == "", -registered[code], code))
    return [Line(code, registered[code], taking_part[code], None if theirs is None else former[code]) for code in known]


def _points(mine: Sequence[One], event: Event, today: date) -> list[Point]:
    """Week by week until today or the first day; the first point is that of the week in which the first one came."""
    if not mine:
        return []
    zone = ZoneInfo(event.time_zone)
    days = sorted(one.submitted_at.astimezone(zone).date() for one in mine)
    last = max(0, _weeks(event.first_day - min(today, event.first_day)))
    first = min(WEEKS, max(last + 1, _weeks(event.first_day - days[0])))
    ends = {weeks: event.first_day - timedelta(weeks=weeks) for weeks in range(first, last, -1)}
    return [*(Point(weeks, sum(day <= end for day in days)) for weeks, end in ends.items()), Point(last, len(days))]


def _weeks(distance: timedelta) -> int:
    return ceil(distance.days / 7)


def _until(theirs: Sequence[One], former: Event, days_left: int) -> int:
    zone, day = ZoneInfo(former.time_zone), former.first_day - timedelta(days=days_left)
    return sum(one.submitted_at.astimezone(zone).date() <= day for one in theirs)
