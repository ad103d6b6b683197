"""Why somebody is not chosen: what it would cost in points to take this person, who would leave, and what stands
against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from eventhub.selecting.engine import Clock, Program, Relaxed, Warm, best
from eventhub.selecting.model import Board, board, program
from eventhub.selecting.problem import BUDGET, Problem, checked
from eventhub.selecting.relaxing import least_easing
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
    ``forbids`` says by how many people which rules would have to give way, or that it is the ``budget``, or a ``pin``.
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
    points = {one.id: one.points for one in problem.candidates}
    lowest = min((points[one] for one in slate.in_places), default=0)
    waiting = [one for one in points if one not in slate.chosen and points[one] >= lowest]
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
    prices = _Prices(room, made, warm.solved(), slate)
    out = problem.pinned(must=False)
    for one in wanted:
        if one in slate.chosen or one not in numbers:
            continue
        if one in out:
            yield WhyNot(one, None, forbids=(Missing("pin", 1),))
            continue
        yield _forced(room, (made, warm, prices), slate, numbers[one], Clock.of(seconds))


def _forced(room: Board, kept: "tuple[Program, Warm, _Prices]", slate: Slate, number: int, clock: Clock) -> WhyNot:
    made, warm, prices = kept
    column, name = int(room.cheapest[number]), room.problem.candidates[number].id
    warm.column(column, 1, 1)
    relaxed = warm.solved()
    warm.column(column, 0, 1)
    lower = made.lower.copy()
    lower[column] = 1
    found = None if relaxed is None else best(replace(made, lower=lower), room.points, clock, relaxed)
    because = prices.against(column)
    if found is None:
        if clock.over:
            return WhyNot(name, None, because=because, proven=False)
        answer = least_easing(room, slate.places, slate.places - slate.short, clock, forced=number)
        facts = tuple(Missing(fact, 0) for fact in answer.contradictions)
        return WhyNot(name, None, because=because, forbids=facts or answer.missing, proven=answer.proven)
    then = frozenset(seat.candidate for seat in room.seats(found.at))
    return WhyNot(
        name,
        slate.points_in_places - found.value,
        tuple(sorted(slate.in_places - then)),
        tuple(sorted(then - slate.in_places - {name})),
        because,
        proven=found.proven and slate.proven,
    )


class _Prices:
    """What each row costs per person, at the optimum in fractions."""

    def __init__(self, room: Board, made: Program, relaxed: Relaxed | None, slate: Slate) -> None:
        self.rows: list[tuple[str, float, frozenset[int]]] = []
        self.cost, self.money, self.mean = room.cost, 0.0, 0.0
        if relaxed is None:
            return
        rules = {rule.id for rule in room.problem.rules}
        for number in np.flatnonzero(np.abs(relaxed.prices) > 0):
            name, price = made.names[number], float(relaxed.prices[number])
            if name == BUDGET:
                # The row counts in whole units of money, the greatest that divides all costs.
                columns, values = made.columns[number], made.values[number]
                self.money = price * float(values[0]) / float(room.cost[columns[0]]) if len(columns) else 0.0
                chosen = [one.cheapest for one in room.problem.candidates if one.id in slate.in_places]
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
