"""Which numbers of a balance table may be read, over all stages of a call and all days: pure, no database.

Those who are eligible are among those who applied, those who were selected among the eligible, and whoever was counted
once is counted ever after. So columns bound each other: applied 16 and selected 10, each with its small cells hidden
as if it stood alone, gave cells of one person back. Before a column is published it is therefore tried what all
published columns together say of each hidden number, knowing every total; until each could still be one of FREE
values, more is hidden, in an order that chance decides, and sometimes one more than needed: with the smallest first,
and never one too many, what is hidden would say how large it is. A column that differs by fewer than five people from
another is not published at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom

from eventhub.kit.small_numbers import STEP, moves, shown

FREE = 5
"""So many values must be possible for each hidden number."""
NEEDLESS = 6
"""In one table of so many some numbers are hidden without need: else hidden numbers would all be small."""
TURNS = 60
"""Bounds settle in a few turns."""

Cells = Mapping[str, int]
Told = Mapping[str, int | None]
Range = tuple[int, int]


@dataclass(frozen=True)
class Column:
    """One dimension of one stage as it was published: ``told`` are lower bounds by cell, None where hidden. ``stage``
    counts inwards (0: all who applied), ``day`` the counts: those of an inner stage on one day are among those of the
    outer stage on that day, and on each later one.
    """

    stage: int
    day: int
    total: int
    told: Told


@dataclass(frozen=True)
class Chance:
    """What nobody can foresee, and no number decides: in which order cells are hidden, from the last of ``order`` on,
    and how many are hidden without need.
    """

    order: Sequence[str]
    needless: int

    @classmethod
    def drawn(cls, cells: Iterable[str]) -> "Chance":
        """Drawn from the system's source."""
        source, order = SystemRandom(), list(cells)
        source.shuffle(order)
        return cls(order, 0 if source.randrange(NEEDLESS) else source.randint(1, len(order)))


def publish(before: Sequence[Column], stage: int, day: int, numbers: Cells, chance: Chance) -> Column | None:
    """The column of one dimension as it may be read after all that was published before; None where nothing may be."""
    total = sum(numbers.values())
    if total < STEP:
        return None
    said = {code: shown(number) for code, number in numbers.items()}
    waiting = [code for code in chance.order if said[code] is not None]
    for code in waiting[len(waiting) - min(chance.needless, len(waiting)) :]:
        said[waiting.pop(waiting.index(code))] = None
    while True:
        column = Column(stage, day, total, dict(said))
        hidden = [code for code, at_least in said.items() if at_least is None]
        if len(hidden) != 1 and leaves_room([*before, column]):
            return column
        if not waiting:
            return None
        said[waiting.pop()] = None


def apart(one: Mapping[str, Cells], other: Mapping[str, Cells]) -> bool:
    """Whether two columns, by dimension, are the same or differ by five people at the least in each dimension that
    differs: else they would tell of the few who make the difference.
    """
    return all(one[name] == other[name] or moves(other[name], one[name]) for name in one.keys() & other.keys())


def leaves_room(columns: Sequence[Column]) -> bool:
    """Whether every hidden number of every column could be one of FREE values at the least."""
    found = ranges(columns)
    return found is not None and all(
        high - low + 1 >= FREE
        for column, bounds in zip(columns, found, strict=True)
        for code, (low, high) in bounds.items()
        if column.told[code] is None
    )


def ranges(columns: Sequence[Column]) -> list[dict[str, Range]] | None:
    """Between which numbers each cell must lie, for whoever knows all columns and totals; None where they contradict
    each other, as they may once somebody was erased.
    """
    found = [{code: _alone(at_least, column.total) for code, at_least in column.told.items()} for column in columns]
    pairs = [
        (inner, outer)
        for inner, one in enumerate(columns)
        for outer, other in enumerate(columns)
        if inner != outer and one.stage >= other.stage and one.day <= other.day
    ]
    for _turn in range(TURNS):
        before = [dict(one) for one in found]
        for one, column in zip(found, columns, strict=True):
            _fit(one, column.total)
        for inner, outer in pairs:
            _nest(found[inner], found[outer])
        if any(low > high for one in found for low, high in one.values()):
            return None
        if found == before:
            break
    return found


def _alone(at_least: int | None, total: int) -> Range:
    return (0, total) if at_least is None else (at_least, min(total, at_least + STEP - 1))


def _fit(bounds: dict[str, Range], total: int) -> None:
    """The cells of a column add up to its total."""
    lows, highs = sum(low for low, _high in bounds.values()), sum(high for _low, high in bounds.values())
    for code, (low, high) in bounds.items():
        bounds[code] = (max(low, total - (highs - high)), min(high, total - (lows - low)))


def _nest(inner: dict[str, Range], outer: dict[str, Range]) -> None:
    """Each cell within holds no more people than the one around it."""
    for code in inner.keys() & outer.keys():
        (low, high), (around_low, around_high) = inner[code], outer[code]
        inner[code] = (low, min(high, around_high))
        outer[code] = (max(around_low, low), around_high)


def read(columns: Iterable[Column], totals: Sequence[int]) -> list[dict[str, int | None]]:
    """What is known by now of each cell, by stage, from the newest columns of one dimension and the totals of today:
    whoever left a stage is missing from the next, so a column stands for the next one too, less as many people as are
    missing there. Where that is more than rounding takes off anyway, the rest would be read as a number of people who
    came through, and is not told: 60 who applied and 8 who are eligible is no news of the other 52.
    """
    newest: dict[int, Told] = {}
    for column in columns:
        newest[column.stage] = column.told
    found: list[dict[str, int | None]] = []
    for stage, total in enumerate(totals):
        own = dict(newest.get(stage, {}))
        missing = totals[stage - 1] - total if stage else 0
        if stage and found[stage - 1] and missing < STEP:
            for code, around in found[stage - 1].items():
                derived = None if around is None else around - missing
                best = max((one for one in (own.get(code), derived) if one is not None), default=None)
                own[code] = best if best is not None and best >= STEP else None
        found.append(own)
    return found
