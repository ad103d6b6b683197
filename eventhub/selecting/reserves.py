"""Who would step in when somebody leaves: lists to look at, without the solver.

The lists hold for the first who leaves. When somebody does leave, resolving.py says who comes, with everything that has
changed by then.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventhub.selecting.problem import Candidate, Problem, checked
from eventhub.selecting.slate import Seat, Slate, group_counts, rule_counts

LONGEST = 20
"""So many reserves stand on a list."""


@dataclass(frozen=True)
class Reserves:
    """Ids in the order in which they would be asked: the best score first, among equals the lottery.

    ``general``: whoever can take the place of somebody on the slate, whoever that is. ``by_cell``: for each cell of
    the rules that has somebody on the slate, whoever can take the place of one of these. Where the rules leave nobody
    for a cell its list is empty.
    """

    general: tuple[str, ...]
    by_cell: Mapping[str, tuple[str, ...]]


def reserves(problem: Problem, slate: Slate, longest: int = LONGEST) -> Reserves:
    """The reserves of a slate. Raises NotAProblem."""
    problem = checked(problem)
    known, turns = {one.id: one for one in problem.candidates}, problem.turns()
    out = problem.pinned(must=False)
    waiting = [one for one in problem.candidates if one.id not in slate.chosen and one.id not in out]
    waiting.sort(key=lambda one: (-one.points, turns[one.id]))
    exchange = _Exchange(problem, slate)
    leavers = sorted(slate.seats, key=lambda seat: (-seat.cost, seat.candidate))
    general = _first(waiting, leavers, exchange, longest)
    by_cell = {}
    for cell in sorted({cell for rule in problem.rules for cell in rule.cells}):
        members = [seat for seat in leavers if cell in known[seat.candidate].cells]
        if members:
            by_cell[cell] = _first(waiting, members, exchange, longest)
    return Reserves(general, by_cell)


def _first(waiting: Iterable[Candidate], leavers: list[Seat], exchange: "_Exchange", longest: int) -> tuple[str, ...]:
    found: list[str] = []
    for one in waiting:
        if len(found) == longest:
            break
        if any(exchange.holds(seat, one) for seat in leavers):
            found.append(one.id)
    return tuple(found)


class _Exchange:
    """Whether a slate still holds when one person comes for another."""

    def __init__(self, problem: Problem, slate: Slate) -> None:
        self.problem, self.known = problem, {one.id: one for one in problem.candidates}
        self.rest = slate.remainder
        costs = {seat.candidate: seat.cost for seat in slate.seats}
        bounds = problem.bounds() if problem.budget is not None else ()
        self.purses = [(one.people, one.amount - sum(costs.get(each, 0) for each in one.people)) for one in bounds]
        chosen = [self.known[one] for one in sorted(slate.chosen)]
        self.counts, self.groups = rule_counts(problem, chosen), group_counts(problem, chosen)
        self.bounds = [
            (rule, rule.least(max(slate.places, len(chosen))), rule.most(len(chosen))) for rule in problem.rules
        ]

    def holds(self, leaver: Seat, comer: Candidate) -> bool:
        """Whether ``comer`` can take this seat in the cheapest way."""
        if self.rest is not None and comer.cheapest > self.rest + leaver.cost:
            return False
        for people, rest in self.purses:
            back = leaver.cost if leaver.candidate in people else 0
            if comer.id in people and comer.cheapest > rest + back:
                return False
        left = self.known[leaver.candidate]
        for rule, least, most in self.bounds:
            now = self.counts[rule.id] - _counts(left, rule.cells) + _counts(comer, rule.cells)
            if now < least or (most is not None and now > most):
                return False
        return all(self._within(cap_id, left, comer) for cap_id in self.groups)

    def _within(self, cap_id: str, left: Candidate, comer: Candidate) -> bool:
        cap = next(one for one in self.problem.caps if one.id == cap_id)
        going: Counter[str] = Counter(cap.groups(left))
        groups = self.groups[cap_id]
        return all(groups[group] - going[group] + 1 <= cap.limit(group) for group in cap.groups(comer))


def _counts(one: Candidate, cells: Iterable[str]) -> int:
    return int(not set(one.cells).isdisjoint(cells))
