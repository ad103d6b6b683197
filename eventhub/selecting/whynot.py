"""Why somebody is not chosen: what taking this person would cost in points, who would leave, what stands against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from eventhub.selecting.engine import Clock, Program, Relaxed, Warm, best
from eventhub.selecting.model import Board, board, program
from eventhub.selecting.problem import BUDGET, Problem, checked
from eventhub.selecting.relaxing import Asked, least_easing
from eventhub.selecting.slate import Missing, Slate

SECONDS = 30.0
"""For each person; nearly all take some hundredths of one."""
LEAST = 0.5
"""Prices below half a thousandth of a point are rounding."""


@dataclass(frozen=True)
class Because:
    """How many thousandths of a point a rule, a cap or the budget puts this person behind others."""

    rule: str
    points: int


@dataclass(frozen=True)
class WhyNot:
    """The answer for one person, who is taken into the K places against all others.

    ``cost``: thousandths of a point by which the K lose (0: equals, and the lottery decided); None: impossible, then
    ``forbids`` says by how many people which rules would have to give way, or that it is the ``budget``, a ``pin``, or
    the ``places``, which others have who must be chosen.
    ``leaves`` and ``joins``: who else would leave and come. ``because``: the heaviest first, at the prices of the
    fractional optimum, so an indication and not a proof; the cost is exact where it is ``proven``.
    """

    candidate: str
    cost: int | None
    leaves: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    forbids: tuple[Missing, ...] = ()
    proven: bool = True

    @property
    def tied(self) -> bool:
        """Whether this person is as good for the slate as those who are on it."""
        return self.cost == 0


def to_be_told(problem: Problem, slate: Slate) -> tuple[str, ...]:
    """Everybody not chosen whose score is not below the lowest in the K places, the best first."""
    points, chosen = {one.id: one.points for one in problem.candidates}, slate.chosen
    lowest = min((points[one] for one in slate.in_places), default=0)
    waiting = [one for one in points if one not in chosen and points[one] >= lowest]
    return tuple(sorted(waiting, key=lambda one: (-points[one], one)))


def why_not(
    problem: Problem, slate: Slate, who: Iterable[str] | None = None, seconds: float = SECONDS
) -> Iterator[WhyNot]:
    """One answer after the other, for ``who`` or everybody ``to_be_told``. Chosen people and strangers are left out."""
    problem = replace(checked(problem), places=slate.places)
    room = board(problem)
    numbers = {one.id: number for number, one in enumerate(problem.candidates)}
    wanted = to_be_told(problem, slate) if who is None else tuple(dict.fromkeys(who))
    made, _ = program(room, slate.places, slate.places - slate.short)
    warm = Warm(made, room.points)
    out, chosen = problem.pinned(must=False), slate.chosen
    asking = _Asking(room, made, warm, _Prices(room, made, warm.solved(), slate), slate, slate.in_places)
    for one in wanted:
        if one in chosen or one not in numbers:
            continue
        if one in out:
            yield WhyNot(one, None, forbids=(Missing("pin", 1),))
            continue
        yield _forced(asking, numbers[one], Clock.of(seconds))


@dataclass(frozen=True)
class _Asking:
    """What is the same for everybody."""

    room: Board
    made: Program
    warm: Warm
    prices: "_Prices"
    slate: Slate
    in_places: frozenset[str]


def _forced(asking: _Asking, number: int, clock: Clock) -> WhyNot:
    room, made, warm, slate = asking.room, asking.made, asking.warm, asking.slate
    column, name = int(room.cheapest[number]), room.problem.candidates[number].id
    warm.column(column, 1, 1)
    relaxed = warm.solved()
    warm.column(column, 0, 1)
    lower = made.lower.copy()
    lower[column] = 1
    found = None if relaxed is None else best(replace(made, lower=lower), room.points, clock, relaxed)
    because = asking.prices.against(column)
    if found is None:
        if clock.over:
            return WhyNot(name, None, because=because, proven=False)
        size = slate.places - slate.short
        # Where places stay empty one more person may come beside the others.
        exact = None if slate.short else size
        answer = least_easing(room, Asked(slate.places, exact, size, slate.places, number), clock)
        facts = tuple(Missing(fact, 0) for fact in answer.contradictions)
        return WhyNot(name, None, because=because, forbids=facts or answer.missing, proven=answer.proven)
    then = frozenset(room.names[one][0] for one in np.flatnonzero(found.at))
    return WhyNot(
        name,
        slate.points_in_places - found.value,
        tuple(sorted(asking.in_places - then)),
        tuple(sorted(then - asking.in_places - {name})),
        because,
        proven=found.proven and slate.proven,
    )


class _Prices:
    """What each row costs per person, at the optimum in fractions."""

    def __init__(self, room: Board, made: Program, relaxed: Relaxed | None, slate: Slate) -> None:
        self.rows: list[tuple[str, float, frozenset[int]]] = []
        self.cost, self.money, self.mean, first = room.cost, 0.0, 0.0, slate.in_places
        if relaxed is None:
            return
        rules = {rule.id for rule in room.problem.rules}
        for number in np.flatnonzero(np.abs(relaxed.prices) > 0):
            name, price = made.names[number], float(relaxed.prices[number])
            if name == BUDGET:
                # The row counts in whole units of money, the greatest that divides all costs.
                columns, values = made.columns[number], made.values[number]
                self.money = price * float(values[0]) / float(room.cost[columns[0]]) if len(columns) else 0.0
                chosen = [one.cheapest for one in room.problem.candidates if one.id in first]
                self.mean = sum(chosen) / len(chosen) if chosen else 0.0
            elif name.split("\0")[0] in rules or "\0" in name:
                self.rows.append((name.split("\0")[0], price, frozenset(made.columns[number].tolist())))

    def against(self, column: int) -> tuple[Because, ...]:
        """What puts this column behind others, the heaviest first."""
        weights: dict[str, float] = {}
        for rule, price, columns in self.rows:
            # A bound from above costs whoever counts in it; one from below puts the others ahead.
            weight = price if column in columns and price > 0 else -price if column not in columns and price < 0 else 0
            weights[rule] = weights.get(rule, 0.0) + weight
        weights[BUDGET] = self.money * (float(self.cost[column]) - self.mean)
        heavy = sorted(((-weight, rule) for rule, weight in weights.items() if weight >= LEAST))
        return tuple(Because(rule, round(-weight)) for weight, rule in heavy)
