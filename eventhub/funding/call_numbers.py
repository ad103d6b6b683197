"""Numbers of a call: by state, region and first time, and week by week against the deadline."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select

from eventhub.funding.desk import Desk, at_desk
from eventhub.funding.models import Application, Call, State
from eventhub.kit.db import db
from eventhub.people.models import Person

SMALLEST = 5
"""Whoever is no officer reads no number below this one, nor one that would give it away."""
WEEKS = 26
"""So many weeks before the deadline the curve begins at the earliest."""


@dataclass(frozen=True)
class Week:
    """How many had been sent in all, so many weeks before the deadline; 0 is the week that ends with it."""

    before: int
    sent: int


@dataclass(frozen=True)
class Numbers:
    """All numbers of a call. Keys are codes; "" where nothing was said."""

    total: int
    states: dict[State, int]
    regions: dict[str, int]
    first_time: dict[str, int]
    late: int
    drafts: int
    weeks: list[Week]


def numbers(desk: Desk, moment: datetime) -> Numbers:
    """Three statements whatever the number of files: without the visitor's own, whose state a difference would tell,
    and with those that the visitor is near to where their applicants see them.
    """
    call = desk.call
    counted = (
        select(desk.state, Application.region, Application.first_time, Application.late, func.count())
        .where(*at_desk(call.id, desk.visitor))
        .group_by(*(literal_column(str(one)) for one in range(1, 5)))
    )
    cells: list[Any] = [tuple(row) for row in db.session.execute(counted)]
    said = {True: "yes", False: "no", None: ""}
    states: dict[State, int] = {}
    regions: dict[str, int] = {}
    first: dict[str, int] = {}
    for state, region, is_first, _late, number in cells:
        states[state] = states.get(state, 0) + number
        regions[region or ""] = regions.get(region or "", 0) + number
        first[said[is_first]] = first.get(said[is_first], 0) + number
    return Numbers(
        sum(cell[4] for cell in cells),
        {state: states[state] for state in State if state in states},
        dict(sorted(regions.items(), key=lambda pair: (not pair[0], pair[0]))),
        {code: first[code] for code in ("yes", "no", "") if code in first},
        sum(cell[4] for cell in cells if cell[3]),
        _drafts(call.id),
        _weeks(call, moment, desk.visitor),
    )


def _drafts(call_id: uuid.UUID) -> int:
    found = select(func.count()).select_from(Application)
    return db.session.scalar(found.where(Application.call_id == call_id, Application.state == State.DRAFT)) or 0


def _weeks(call: Call, moment: datetime, visitor: Person | None) -> list[Week]:
    """The curve from the first file to now or the deadline; without any file there is none."""
    seconds = func.extract("epoch", call.closes_at - Application.submitted_at)
    before = func.greatest(0, func.least(WEEKS, func.floor(seconds / (7 * 24 * 3600))))
    rows = select(before.label("week"), func.count()).where(*at_desk(call.id, visitor)).group_by("week")
    counted = {int(row[0]): row[1] for row in db.session.execute(rows)}
    if not counted:
        return []
    left = max(0, int((call.closes_at - moment).total_seconds() // (7 * 24 * 3600)))
    weeks, sent = [], 0
    for week in range(max(counted), min([left, *counted]) - 1, -1):
        sent += counted.get(week, 0)
        weeks.append(Week(week, sent))
    return weeks


def suppressed(cells: Mapping[str, int]) -> dict[str, int | None]:
    """The cells for whoever is no officer, with those below SMALLEST as None, and enough others that the total, which
    is known, does not give them away: two hidden cells at the least, with SMALLEST people behind them.
    """
    order = sorted(cells, key=lambda code: (cells[code], code))
    hidden = [code for code in order if 0 < cells[code] < SMALLEST]
    for code in order:
        if not hidden or (len(hidden) > 1 and sum(cells[one] for one in hidden) >= SMALLEST):
            break
        if code not in hidden and cells[code]:
            hidden.append(code)
    return {code: None if code in hidden else number for code, number in cells.items()}
