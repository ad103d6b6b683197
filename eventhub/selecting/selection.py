"""Who is chosen: K places first, and what is left for people who stand far enough up the list.

FUNDING.md says: "Fix the number of places K, maximise calibrated score subject to budget, balance rules,
per-organisation cap; then spend the remainder on points above the rank-3K line." That means, each step keeping what the
one before has decided:

1. Exactly K people (the most that is possible, where K is not) with the greatest sum of scores.
2. Among slates with that sum, the one that has the first of the committed lottery's order, then the second, and so on.
3. The K stay. The line is the rank score of the person at rank 3K of all who may be chosen, 0 where there are fewer
   than 3K. With the money left, people who stand strictly above the line join, so that the sum of their points above
   it is the greatest; the rules then hold for all together, shares of the larger number. Equal sums: the lottery.
   A candidate for whom the K must take a cheaper way of funding that they accepted may so join.
4. What is still left pays people what they asked for first: the sum of the places of everybody's variant in their own
   order is the least; equal sums: whoever is earlier in the lottery gets the earlier choice.

Every step is solved to a proven optimum of whole numbers, so the slate is the same on every machine as long as it is
``proven``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from eventhub.selecting import snapshot
from eventhub.selecting.engine import MARGIN, VERSION, Clock, Found, Ints, Program, Warm, best
from eventhub.selecting.model import Board, board, decide, draw, draw_variants, force, program
from eventhub.selecting.problem import BUDGET, PLACES, Problem, checked
from eventhub.selecting.relaxing import Asked, contradictions, least_easing
from eventhub.selecting.slate import Impossible, Slate, tight

SECONDS = 30.0
"""The longest search; then the best slate found so far, labelled as not proven."""
SOLVER = "highspy"
POINTS_OF_CURVE = 12
Progress = Callable[[int, int], None]
"""Told how much of how much is done."""


def quiet(_done: int, _of: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Places:
    """The answer of the first step: a program of the slates that are as good as the best, and one of them."""

    made: Program
    found: Found
    size: int


def solve(problem: Problem, seconds: float = SECONDS) -> Slate | Impossible:
    """The slate of a problem, or why there is none. Raises NotAProblem."""
    problem, clock = checked(problem), Clock.of(seconds)
    facts = contradictions(problem)
    if facts:
        return Impossible(facts)
    room, places = board(problem), problem.size()
    filled = fill(room, places, clock)
    if filled is None:
        return why_impossible(room, places, clock)
    made, found = filled.made, filled.found
    at = draw(room, made, found.at, clock) if found.proven else found.at
    return finish(room, places, filled, at, clock)


def fill(room: Board, places: int, clock: Clock) -> Places | None:
    """The greatest sum of scores of K people, or of as many as can be chosen; None where no number can be."""
    for size in (places, None):
        if size is None:
            size = _most_people(room, places, clock)
        if size is None:
            return None
        made, _ = program(room, places, size)
        found = decide(made, room.points, clock)
        if found is not None:
            return Places(made, found, size)
    return None


def _most_people(room: Board, places: int, clock: Clock) -> int | None:
    made, _ = program(room, places, None)
    every = np.ones(len(room.who), np.int64)
    made.add("", np.arange(len(room.who)), 1, most=places)
    found = best(made, every, clock)
    return None if found is None else found.value


def why_impossible(room: Board, places: int, clock: Clock) -> Impossible:
    """The smallest easing, when nothing can be chosen."""
    return Impossible(("time",), proven=False) if clock.over else least_easing(room, Asked(places, most=places), clock)


def line_of(problem: Problem, places: int) -> int:
    """The rank score at rank 3K, in thousandths; 0 where the list is shorter."""
    out = problem.pinned(must=False)
    ranked = sorted((one.rank_points for one in problem.candidates if one.id not in out), reverse=True)
    return ranked[3 * places - 1] if 0 < 3 * places <= len(ranked) else 0


def finish(
    room: Board, places: int, filled: Places, at: Ints, clock: Clock, former: frozenset[tuple[str, str]] = frozenset()
) -> Slate:
    """The steps after the K: who joins beyond them, then everybody's way of funding.

    ``former``: people and the ways of funding they were told, kept before anybody gets an earlier choice.
    """
    found, size = filled.found, filled.size
    first = frozenset(seat.candidate for seat in room.seats(at))
    line, spare, drawn = None, 0, at
    if room.problem.beyond and places and size >= places:
        line = line_of(room.problem, places)
        drawn, spare = _beyond(room, places, first, line, at, clock)
    everybody = frozenset(seat.candidate for seat in room.seats(drawn))
    drawn, last = _variants(room, places, everybody, drawn, clock, former)
    seats = room.seats(drawn, first)
    cost = sum(seat.cost for seat in seats)
    budget = room.problem.budget
    points = {one.id: one.points for one in room.problem.candidates}
    return Slate(
        seats=seats,
        places=places,
        short=max(0, places - size),
        points=sum(points[seat.candidate] for seat in seats),
        points_in_places=sum(points[one] for one in first),
        cost=cost,
        budget=budget,
        remainder=None if budget is None else budget - cost,
        line=line,
        proven=found.proven and not spare and last and not clock.over,
        gap=found.spare + spare,
        tight=tight(room.problem, seats, places),
        solver=SOLVER,
        version=VERSION,
    )


def _beyond(room: Board, places: int, first: frozenset[str], line: int, at: Ints, clock: Clock) -> tuple[Ints, int]:
    """For each number of people by itself: the rules then are whole numbers, and the search is short.

    The fractions of all numbers together say where to look first and when nothing better can come.
    """
    may = first | _above(room, line)
    objective = np.where(_inside(room, first), 0, np.maximum(0, room.rank_points - line))
    loose, _ = program(room, places, None)
    _only(room, loose, first, may)
    count = loose.add(PLACES, np.arange(len(room.who)), 1)
    warm = Warm(loose, objective)
    start = warm.solved()
    if start is None:
        return at, 0
    peak = max(len(first), int(start.at.sum()))
    top, found = Found(at, 0, 0, loose.lower, loose.upper), None
    spare = 0
    for up, numbers in ((True, range(peak + 1, len(may) + 1)), (False, range(peak, len(first), -1))):
        for size in numbers:
            warm.row(count, *((size, np.inf) if up else (-np.inf, size)))
            limit = warm.solved()
            # A number further down must be better, since of equal sums the one of more people is taken.
            if limit is None or limit.bound + MARGIN < top.value + (not up):
                break
            made, _ = program(room, places, size)
            _only(room, made, first, may)
            found = decide(made, objective, clock, beat=top.value)
            if found is not None and (found.value, int(found.at.sum())) > (top.value, int(top.at.sum())):
                top, best_made = found, made
            if clock.over:
                spare = max(0, int(start.bound + MARGIN) - top.value)
                break
    if not top.value:
        return at, spare
    return (draw(room, best_made, top.at, clock) if not spare else top.at), spare


def _above(room: Board, line: int) -> frozenset[str]:
    return frozenset(one.id for one in room.problem.candidates if one.rank_points > line)


def _variants(
    room: Board,
    places: int,
    everybody: frozenset[str],
    at: Ints,
    clock: Clock,
    former: frozenset[tuple[str, str]],
) -> tuple[Ints, bool]:
    """Whether that is proven stands beside it."""
    if not any(len(room.groups[number]) > 1 for number in np.unique(room.who[at > 0])):
        return at, True
    made, _ = program(room, places, len(everybody), ways=True)
    _only(room, made, everybody, everybody)
    told = np.array([one in former for one in room.names], dtype=np.int64)
    for objective in (told, -room.choice) if former else (-room.choice,):
        found = decide(made, objective, clock)
        if found is None:
            return at, False
        at = found.at
        if not found.proven:
            return at, False
    return draw_variants(room, made, at, clock), True


def _inside(room: Board, ids: frozenset[str]) -> Ints:
    return np.array([one in ids for one, _variant in room.names], dtype=bool)


def _only(room: Board, made: Program, must: frozenset[str], may: frozenset[str]) -> None:
    for number, columns in enumerate(room.groups):
        one = room.problem.candidates[number].id
        if one in must:
            force(room, made, number)
        elif one not in may:
            made.upper[columns] = 0


@dataclass(frozen=True)
class CurvePoint:
    """What K places would give: how many are filled, their points (thousandths) and cost; None: impossible."""

    places: int
    filled: int | None
    points: int
    cost: int
    proven: bool

    @property
    def mean(self) -> float | None:
        """The mean score of the chosen, in points."""
        return self.points / self.filled / 1000 if self.filled else None


def curve(
    problem: Problem, seconds: float = SECONDS, progress: Progress = quiet, *, least: int = 1
) -> tuple[CurvePoint, ...]:
    """The points of K from half to one and a half of the places, K itself among them; nobody beyond K.

    ``seconds`` are for each K, ``least`` is the smallest K that is asked: there may be none.
    """
    problem = checked(problem)
    around, free = problem.size(), len(problem.candidates) - len(problem.pinned(must=False))
    low, high = max(1, least, around - around // 2), min(free, around + max(around // 2, POINTS_OF_CURVE // 2))
    steps = min(POINTS_OF_CURVE - 1, high - low)
    asked = {low + (high - low) * step // steps for step in range(steps + 1)} if steps > 0 else {low}
    asked = {places for places in asked | {around} if max(1, least) <= places <= free}
    points = []
    for done, places in enumerate(sorted(asked)):
        here, clock = replace(problem, places=places), Clock.of(seconds)
        filled = None if contradictions(here) else fill(board(here), places, clock)
        if filled is None:
            points.append(CurvePoint(places, None, 0, 0, not clock.over))
        else:
            cost = int(board(here).cost @ filled.found.at)
            points.append(CurvePoint(places, filled.size, filled.found.value, cost, filled.found.proven))
        progress(done + 1, len(asked))
    return tuple(points)


@dataclass(frozen=True)
class Price:
    """What a rule, a cap, the budget or a pin costs: ``lost`` thousandths of a point of the K places.

    ``joins`` and ``leaves``: who would come and go in the whole slate without it. ``places``: so many more of the K
    could be filled. ``kind`` is ``rule``, ``cap``, ``budget`` or ``pin``; a pin bears the candidate's id.
    """

    kind: str
    id: str
    lost: int
    joins: tuple[str, ...]
    leaves: tuple[str, ...]
    places: int
    proven: bool


def without(problem: Problem) -> Iterator[tuple[str, str, Problem]]:
    """The problem without each of its rules, caps, pins and the budget in turn."""
    for rule in problem.rules:
        yield "rule", rule.id, replace(problem, rules=tuple(one for one in problem.rules if one is not rule))
    for cap in problem.caps:
        yield "cap", cap.id, replace(problem, caps=tuple(one for one in problem.caps if one is not cap))
    if problem.budget is not None:
        yield "budget", BUDGET, replace(problem, budget=None, beyond=False)
    for who in sorted({pin.candidate for pin in problem.pins}):
        yield "pin", who, replace(problem, pins=tuple(pin for pin in problem.pins if pin.candidate != who))


def prices(problem: Problem, slate: Slate, seconds: float = SECONDS, progress: Progress = quiet) -> tuple[Price, ...]:
    """The price of each rule, cap and pin and of the budget, at the slate's number of places.

    ``seconds`` are for each of them. Without the budget nobody beyond K is looked for.
    """
    problem = replace(checked(problem), places=slate.places)
    cases = list(without(problem))
    found = []
    for done, (kind, name, other) in enumerate(cases):
        answer = solve(other, seconds)
        if isinstance(answer, Slate):
            here = slate.chosen if other.beyond else slate.in_places
            joins, leaves = tuple(sorted(answer.chosen - here)), tuple(sorted(here - answer.chosen))
            lost = answer.points_in_places - slate.points_in_places
            found.append(Price(kind, name, lost, joins, leaves, slate.short - answer.short, answer.proven))
        progress(done + 1, len(cases))
    return tuple(found)


def recompute(text: str, seconds: float = SECONDS) -> Slate | Impossible:
    """The slate of a snapshot's canonical text: the same again where it was proven."""
    return solve(snapshot.restored(text), seconds)
