"""Numbers of all that is public: by maker type, country and event; how what makers say moved; promised, due and done.

What counts are public records, each of which everybody may read, so numbers are exact. A group of fewer than five is
shown with others of its size in one row: a rate of two says nothing, and would speak of a single maker.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, DateTime, and_, cast, column, exists, func, or_, select

from eventhub.commitments import axes, queries
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import FOLLOWED, Commitment, Maker, Report, Says, State, Version
from eventhub.commitments.queries import Wanted
from eventhub.kit.db import db
from eventhub.kit.small_numbers import STEP
from eventhub.programme.models import Event, Publication

POINTS = 8
"""So many quarters a line shows."""
GONE = frozenset({State.WITHDRAWN, State.SUPERSEDED})
"""Of these nobody expects anything any more."""
QUIET = 12
"""So many silent makers are named."""
OTHERS = ""
"""The code of the row that holds groups of fewer than five."""


class By(StrEnum):
    """What rows are made of."""

    MAKER = "maker"
    COUNTRY = "country"
    EVENT = "event"


@dataclass
class Score:
    """One row. ``waits``: days from publication to the first report, of those that have one; ``groups``: of how many
    groups it is made.
    """

    code: str
    total: int = 0
    answered: int = 0
    silent: int = 0
    asked: int = 0
    """Whose makers are still asked."""
    expected: int = 0
    """Whose first report was expected by now, or came before."""
    says: dict[Says | None, int] = field(default_factory=dict)
    waits: list[int] = field(default_factory=list)
    groups: int = 1

    @property
    def first_report(self) -> int | None:
        """Median of the days to the first report; None of fewer than five."""
        return round(median(self.waits)) if len(self.waits) >= STEP else None

    @property
    def rate(self) -> int | None:
        """Whole per cent of those that could be expected to have reported and have; None of fewer than five."""
        return 100 * self.answered // self.expected if self.expected >= STEP else None


@dataclass(frozen=True)
class Point:
    """The end of a quarter. ``promised``, ``due`` and ``done`` since the beginning."""

    day: date
    says: dict[Says | None, int]
    promised: int
    due: int
    done: int


@dataclass(frozen=True)
class Fact:
    """One public commitment as far as it is counted."""

    codes: tuple[str, ...]
    said: Says | None
    followed: bool
    fresh: Freshness | None
    published: date
    first: date | None
    expected: bool


def facts(by: By, today: date, wanted: Wanted | None = None, *, also: ColumnElement[bool] | None = None) -> list[Fact]:
    """What is public, as far as it is counted; ``also``: a condition on Commitment and Event. Two statements."""
    first = select(Report.commitment_id, func.min(Report.said_at).label("at")).group_by(Report.commitment_id).subquery()
    columns = select(
        Commitment.id,
        Commitment.said,
        Commitment.state,
        Commitment.heard_on,
        Commitment.expected_on,
        _day(Commitment.published_at).label("published"),
        _day(first.c.at).label("first"),
        Commitment.countries,
        Event.slug,
    )
    rows = queries.matching(columns, wanted or Wanted(), today)
    rows = rows if also is None else rows.where(also)
    rows = rows.where(Commitment.state.not_in(GONE)).outerjoin(first, first.c.commitment_id == Commitment.id)
    kinds = _kinds() if by is By.MAKER else {}
    found = []
    for row in db.session.execute(rows):
        codes = {By.MAKER: kinds.get(row.id, ()), By.COUNTRY: tuple(row.countries), By.EVENT: (row.slug,)}[by]
        followed = row.state in FOLLOWED
        news = axes.freshness(row.heard_on, row.expected_on, today).freshness if followed else None
        waited = axes.later(row.published, axes.MONTHS[0]) + axes.TO_ANSWER <= today
        found.append(Fact(codes, row.said, followed, news, row.published, row.first, bool(row.first) or waited))
    return found


def scores(found: Sequence[Fact]) -> list[Score]:
    """A row for each code of five or more, the largest first; the last one holds the others."""
    rows: dict[str, Score] = {}
    for fact in found:
        for code in fact.codes:
            _count(rows.setdefault(code, Score(code)), fact)
    told = sorted((row for row in rows.values() if row.total >= STEP), key=lambda row: (-row.total, row.code))
    small = [row for row in rows.values() if row.total < STEP]
    if small:
        others = Score(OTHERS, groups=len(small))
        for fact in found:
            if any(rows[code].total < STEP for code in fact.codes):
                _count(others, fact)
        told.append(others)
    return told


def whole(found: Sequence[Fact]) -> Score:
    """All of them, each once."""
    row = Score("all")
    for fact in found:
        _count(row, fact)
    return row


def _count(row: Score, fact: Fact) -> None:
    row.total += 1
    row.says[fact.said] = row.says.get(fact.said, 0) + 1
    row.asked += fact.followed
    row.silent += fact.fresh is Freshness.SILENT
    row.expected += fact.expected
    if fact.first is not None:
        row.answered += 1
        row.waits.append(max(0, (fact.first - fact.published).days))


def quiet(today: date) -> list[tuple[str, int, date]]:
    """Who leads most commitments that have gone silent: name, how many, and since when nothing was heard. One
    statement.
    """
    columns: Any = select(Maker.name, func.count(), func.min(Commitment.heard_on)).join(
        Commitment, and_(Commitment.id == Maker.commitment_id, Maker.is_lead)
    )
    rows = queries.matching(columns, Wanted(freshness=Freshness.SILENT), today).group_by(Maker.name)
    rows = rows.order_by(func.count().desc(), Maker.name).limit(QUIET)
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def over_time(today: date) -> list[Point]:
    """The last quarters and today, the oldest first; nothing before the first publication. Four statements."""
    shown = and_(queries.is_public(), Commitment.state.not_in(GONE), _in_public_event())
    begun = db.session.scalar(select(func.min(Commitment.published_at)).where(shown))
    if begun is None:
        return []
    ends = [day for day in _quarters(today) if day >= begun.date()] or [today]
    moments = [datetime.combine(day, time.max, tzinfo=UTC) for day in ends]
    listed = cast(moments, ARRAY(DateTime(timezone=True)))
    table = func.unnest(listed).table_valued(column("moment", DateTime(timezone=True)), name="points").render_derived()
    points = table.c.moment
    newest = _says_then(points, shown)
    holds = and_(Version.commitment_id == Commitment.id, Version.number == Commitment.newest)
    due: dict[datetime, int] = dict(
        db.session.execute(
            select(points, func.count())
            .select_from(points.table)
            .join(Version, Version.due_on <= cast(func.timezone("UTC", points), Date))
            .join(Commitment, holds)
            .where(shown, Commitment.published_at <= points)
            .group_by(points)
        ).all()
    )
    found = []
    for day, moment in zip(ends, moments, strict=True):
        says = newest.get(moment, {})
        found.append(Point(day, says, sum(says.values()), due.get(moment, 0), says.get(Says.FULFILLED, 0)))
    return found


def _says_then(points: Any, shown: Any) -> dict[datetime, dict[Says | None, int]]:
    """What makers said by each moment: the newest report until then, None where there was none. Two statements."""
    order = Report.said_at, Report.id
    until = func.lead(Report.said_at).over(partition_by=Report.commitment_id, order_by=order).label("until")
    spans = select(Report.commitment_id, Report.says, Report.said_at, until).subquery()
    holds = and_(spans.c.said_at <= points, or_(spans.c.until.is_(None), spans.c.until > points))
    said = (
        select(points.label("moment"), spans.c.says, func.count().label("number"))
        .select_from(points.table)
        .join(spans, holds)
        .join(Commitment, and_(Commitment.id == spans.c.commitment_id, Commitment.published_at <= points))
        .where(shown)
        .group_by(points, spans.c.says)
    )
    there = (
        select(points.label("moment"), func.count().label("number"))
        .select_from(points.table)
        .join(Commitment, Commitment.published_at <= points)
        .where(shown)
        .group_by(points)
    )
    found: dict[datetime, dict[Says | None, int]] = {}
    for row in db.session.execute(there):
        found[row.moment] = {None: row.number}
    for row in db.session.execute(said):
        found[row.moment][Says(row.says)] = row.number
        found[row.moment][None] -= row.number
    return found


def _quarters(today: date) -> list[date]:
    """The last days of the quarters before today, and today."""
    year, quarter = today.year, (today.month - 1) // 3
    firsts = [date(year + (quarter - back) // 4, (quarter - back) % 4 * 3 + 1, 1) for back in range(POINTS - 1)]
    return [*(date.fromordinal(first.toordinal() - 1) for first in reversed(firsts)), today]


def _kinds() -> dict[Any, tuple[str, ...]]:
    rows = select(Maker.commitment_id, func.array_agg(Maker.kind.distinct())).group_by(Maker.commitment_id)
    return {row[0]: tuple(row[1]) for row in db.session.execute(rows)}


def _in_public_event() -> Any:
    return exists().where(Event.id == Commitment.event_id, Event.publication != Publication.DRAFT)


def _day(moment: Any) -> Any:
    return cast(func.timezone("UTC", moment), Date)
