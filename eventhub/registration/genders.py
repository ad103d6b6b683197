"""Gender in numbers: counted from sealed answers without anybody, frozen, and hidden where it could tell of one person.

SAFETY.md properties 4 and 5. What people say of themselves is for aggregates alone, so the worker counts it, and no
page can: there is one table for each event, without a filter and without a total. A table is replaced at the earliest
after a week, and only when at least five people came, left or answered otherwise: whoever knows who was accredited
meanwhile learns from two tables nothing about one of them. Numbers are rounded down to fives, as host partners' are
(counts.py). A cell under five is hidden, and others with it, for every reader: the desk knows exactly how many take
part, and would subtract.

Not promised: keeping an answer from somebody who knows those of all others who came in the same week.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select

from eventhub.kit import audit, codes
from eventhub.kit.db import db
from eventhub.kit.small_numbers import moves, told
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires.tallies import tally
from eventhub.registration.counts import SHOWN_AFTER
from eventhub.registration.models import TAKES_PART, FrozenGender, Registration, RegistrationSetup

QUESTION = "gender"
"""The key of the question."""
SILENT = ""
"""The code of those who gave no answer."""
WEEK = timedelta(days=7)
COUNTED = "registration.gender_counted"


@dataclass(frozen=True)
class Cell:
    """An answer, and at least how many gave it; None where that is not told. An empty code is who gave none."""

    code: str
    at_least: int | None


@dataclass(frozen=True)
class Table:
    """What may be read: the day it holds for, and its cells in the order of the code list."""

    counted_on: date
    cells: tuple[Cell, ...]

    @property
    def tells_nothing(self) -> bool:
        """Whether every cell is hidden."""
        return all(cell.at_least is None for cell in self.cells)


def table(event_id: uuid.UUID) -> Table | None:
    """The table of an event, the same for every reader; None before the first one. One statement."""
    row = db.session.get(FrozenGender, event_id)
    return Table(row.counted_on, published(row.numbers)) if row else None


def published(numbers: Mapping[str, int]) -> tuple[Cell, ...]:
    """What of the true numbers may be read (kit/small_numbers.py), a cell for each code of the list."""
    known = {code: numbers.get(code, 0) for code in (*codes.codes("gender"), SILENT)}
    return tuple(Cell(code, at_least) for code, at_least in told(known).items())


def freeze(moment: datetime) -> int:
    """Count anew where a table is a week old or there is none yet, and keep what moved enough; for how many events
    sealed answers were opened. Each count is one row of the audit, and no person is named. Safe to repeat on a day.
    """
    today = moment.date()
    due = (
        select(Event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .outerjoin(FrozenGender, FrozenGender.event_id == Event.id)
        .where(
            Event.publication == Publication.PUBLISHED,
            Event.last_day >= (moment - SHOWN_AFTER).date(),
            or_(
                FrozenGender.event_id.is_(None),
                func.coalesce(FrozenGender.looked_on, FrozenGender.counted_on) <= today - WEEK,
            ),
        )
        .order_by(Event.id)
    )
    return sum(_freeze(event, today) for event in list(db.session.scalars(due)))


def _freeze(event: Event, today: date) -> bool:
    rows = select(Registration.answer_set_id).where(
        Registration.event_id == event.id, Registration.state.in_(TAKES_PART), Registration.erased_at.is_(None)
    )
    sets = list(db.session.scalars(rows))
    if not sets:
        return False
    counted, opened = tally([one for one in sets if one], QUESTION)
    if counted is None:
        return False
    audit.record(COUNTED, event, actor=None, scope_id=event.id, rows=opened, questions=[QUESTION])
    known = set(codes.codes("gender"))
    numbers = Counter({code: number for code, number in counted.items() if code in known})
    numbers[SILENT] = len(sets) - sum(numbers.values())
    row = db.session.get(FrozenGender, event.id, with_for_update=True)
    if row is None:
        db.session.add(FrozenGender(event_id=event.id, counted_on=today, looked_on=today, numbers=dict(numbers)))
    else:
        row.looked_on = today
        if moves(row.numbers, numbers):
            row.counted_on, row.numbers = today, dict(numbers)
    db.session.flush()
    return True
