"""A problem of choosing as rows and columns: a column for each way of funding each person."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eventhub.selecting.engine import Clock, Found, Ints, Program, best
from eventhub.selecting.problem import BUDGET, PLACES, WHOLE, Cap, Problem, Rule
from eventhub.selecting.slate import Seat

BLOCK = 16
"""People whose turn is decided in one search; powers of two up to this stay exact."""


@dataclass(frozen=True)
class Board:
    """The columns of a problem: which belong to whom, what they cost and score; ``groups`` in the lottery's order."""

    problem: Problem
    who: Ints
    cost: Ints
    points: Ints
    rank_points: Ints
    choice: Ints
    """The place of the variant in the applicant's own order, from 0."""
    names: tuple[tuple[str, str], ...]
    groups: tuple[Ints, ...]
    """The columns of each candidate, by the candidate's number."""
    cheapest: Ints
    """For each candidate the column that costs least; the earliest choice among equals."""
    turns: tuple[int, ...]
    """The candidates' numbers in the order that decides among equals."""
    counted: Mapping[str, Ints]
    """For each rule which columns count, as 0 and 1."""
    groups_of: Mapping[str, Mapping[str, Ints]]
    """For each cap the columns of each group that is large enough to break it."""

    def seats(self, at: Ints, first: frozenset[str] | None = None) -> tuple[Seat, ...]:
        """The chosen of a solution; those outside ``first`` have come beyond the K places."""
        return tuple(
            Seat(*self.names[number], int(self.cost[number]), first is not None and self.names[number][0] not in first)
            for number in np.flatnonzero(at[: len(self.who)])
        )

    def columns(self, ids: frozenset[str]) -> Ints:
        """The columns of some people."""
        return np.flatnonzero([one in ids for one, _variant in self.names])


@dataclass(frozen=True)
class Slack:
    """A column that says how many people a rule (or a cap's group) is eased by."""

    rule: str
    group: str
    too_many: bool
    column: int


def board(problem: Problem) -> Board:
    """The columns of a checked problem."""
    ways = problem.ways()
    columns = [(number, one, variant) for number, one in enumerate(problem.candidates) for variant in ways[one.id]]
    who = np.array([number for number, _one, _variant in columns], dtype=np.int64)
    cost = np.array([variant.cost for _number, _one, variant in columns], dtype=np.int64)
    groups = tuple(np.flatnonzero(who == number) for number in range(len(problem.candidates)))
    turns = problem.turns()
    cells = [frozenset(one.cells) for one in problem.candidates]
    return Board(
        problem=problem,
        who=who,
        cost=cost,
        points=np.array([one.points for _number, one, _variant in columns], dtype=np.int64),
        rank_points=np.array([one.rank_points for _number, one, _variant in columns], dtype=np.int64),
        choice=np.array([one.variants.index(variant) for _number, one, variant in columns], dtype=np.int64),
        names=tuple((one.id, variant.id) for _number, one, variant in columns),
        groups=groups,
        cheapest=np.array([mine[np.argmin(cost[mine])] for mine in groups if len(mine)], dtype=np.int64),
        turns=tuple(sorted(range(len(problem.candidates)), key=lambda number: turns[problem.candidates[number].id])),
        counted={
            rule.id: np.array([not cells[number].isdisjoint(rule.cells) for number in who], dtype=np.int64)
            for rule in problem.rules
        },
        groups_of={
            cap.id: {
                group: np.concatenate([groups[number] for number in numbers])
                for group, numbers in sorted(_members(problem, cap).items())
            }
            for cap in problem.caps
        },
    )


def program(
    room: Board, places: int, size: int | None, *, eased: bool = False, ways: bool = False
) -> tuple[Program, tuple[Slack, ...]]:
    """The rows of a problem for K = ``places``, with exactly ``size`` people chosen, or any number of them.

    Who can be chosen at all can be chosen in the cheapest way, so that alone is open unless ``ways`` asks for all.
    With ``eased`` each rule and cap may be broken by as many people as its slack column says.
    """
    problem, width = room.problem, len(room.who)
    slacks = _slacks(problem, width, places) if eased else ()
    upper = np.concatenate((np.ones(width, np.int64), np.full(len(slacks), len(problem.candidates), np.int64)))
    made = Program(np.zeros(width + len(slacks), np.int64), upper)
    every = np.arange(width)
    if size is not None:
        made.add(PLACES, every, 1, size, size)
    if problem.budget is not None:
        unit = int(np.gcd.reduce(room.cost)) or 1 if width else 1
        made.add(BUDGET, every, room.cost // unit, most=problem.budget // unit)
        for bound in problem.bounds():
            columns = room.columns(bound.people)
            made.add("", columns, room.cost[columns] // unit, most=bound.amount // unit)
    _people(room, made, ways)
    at = {(slack.rule, slack.group, slack.too_many): slack.column for slack in slacks}
    for rule in problem.rules:
        _rule(made, rule, room.counted[rule.id], (places, size), at)
    for cap in problem.caps:
        _cap(room, made, cap, at)
    return made, slacks


def _people(room: Board, made: Program, ways: bool) -> None:
    must, out = room.problem.pinned(must=True), room.problem.pinned(must=False)
    if not ways:
        made.upper[: len(room.who)] = 0
        made.upper[room.cheapest] = 1
    for number, columns in enumerate(room.groups):
        one = room.problem.candidates[number].id
        if one in out:
            made.upper[columns] = 0
        elif one in must:
            force(room, made, number)
        elif ways and len(columns) > 1:
            made.add("", columns, 1, most=1)


def force(room: Board, made: Program, number: int) -> None:
    """Candidate ``number`` must be chosen, in one of the ways that are open."""
    columns = room.groups[number]
    still = columns[made.upper[columns] > 0]
    if len(still) == 1:
        made.lower[still] = 1
    else:
        made.add("", columns, 1, 1, 1)


def _slacks(problem: Problem, width: int, places: int) -> tuple[Slack, ...]:
    found: list[tuple[str, str, bool]] = []
    for rule in problem.rules:
        if rule.least(places) or rule.min_share:
            found.append((rule.id, "", False))
        if rule.most(places) is not None:
            found.append((rule.id, "", True))
    for cap in problem.caps:
        found.extend((cap.id, group, True) for group in sorted(_members(problem, cap)))
    return tuple(Slack(*one, width + number) for number, one in enumerate(found))


def _members(problem: Problem, cap: Cap) -> dict[str, list[int]]:
    """The candidates of each group that is large enough to break the cap."""
    members: dict[str, list[int]] = {}
    for number, one in enumerate(problem.candidates):
        for group in cap.groups(one):
            members.setdefault(group, []).append(number)
    return {group: numbers for group, numbers in members.items() if len(numbers) > cap.limit(group)}


def _rule(
    made: Program, rule: Rule, inside: Ints, sizes: tuple[int, int | None], at: dict[tuple[str, str, bool], int]
) -> None:
    places, size = sizes
    every = np.arange(len(inside))

    def row(values: Ints, slack: int | None, by: int, least: float, most: float) -> None:
        columns = every if slack is None else np.append(every, slack)
        made.add(rule.id, columns, values if slack is None else np.append(values, by), least, most)

    too_few, too_many = at.get((rule.id, "", False)), at.get((rule.id, "", True))
    least, most = rule.least(max(places, size or 0)), rule.most(places if size is None else size)
    if least:
        row(inside, too_few, 1, least, np.inf)
    if size is not None:
        if most is not None:
            row(inside, too_many, -1, -np.inf, most)
        return
    if rule.min_share:
        row(WHOLE * inside - rule.min_share, too_few, WHOLE, 0, np.inf)
    if rule.max_share is not None:
        row(WHOLE * inside - rule.max_share, too_many, -WHOLE, -np.inf, 0)
    if rule.max_count is not None:
        row(inside, too_many, -1, -np.inf, rule.max_count)


def _cap(room: Board, made: Program, cap: Cap, at: dict[tuple[str, str, bool], int]) -> None:
    for group, members in room.groups_of[cap.id].items():
        columns = members
        values = np.ones(len(columns), np.int64)
        slack = at.get((cap.id, group, True))
        if slack is not None:
            columns, values = np.append(columns, slack), np.append(values, -1)
        made.add(f"{cap.id}\0{group}", columns, values, most=cap.limit(group))


def decide(made: Program, objective: Ints, clock: Clock, beat: int | None = None) -> Found | None:
    """Optimise, and keep the program to what is as good as the best; a search that ran out of time keeps its value.

    None where there is no solution, or none that reaches ``beat``.
    """
    found = best(made, objective, clock, beat=beat)
    if found is not None:
        made.lower, made.upper = found.lower.copy(), found.upper.copy()
        made.add("", np.arange(len(objective)), objective, least=found.value)
    return found


def draw(room: Board, made: Program, at: Ints, clock: Clock) -> Ints:
    """Among all solutions of a program, the one with the first of the lottery's order, then the second, and so on.

    ``at`` is one of them. The answer is one set of people, whatever the way it was found.
    """
    return _draw(made, [room.groups[number] for number in room.turns], at, clock)


def draw_variants(room: Board, made: Program, at: Ints, clock: Clock) -> Ints:
    """Among all solutions, the one that gives their earliest choice to the first in the lottery's order."""
    single = [room.groups[number][one : one + 1] for number in room.turns for one in range(len(room.groups[number]))]
    return _draw(made, single, at, clock)


def _draw(made: Program, groups: list[Ints], at: Ints, clock: Clock) -> Ints:
    waiting = [
        columns for columns in groups if len(columns) and bool(np.any(made.lower[columns] < made.upper[columns]))
    ]
    while waiting:
        if PLACES in made.names and not any(int(at[columns].sum()) for columns in waiting):
            # All places are taken by whoever came before: the others are out.
            break
        if int(at[waiting[0]].sum()):
            # The solution at hand has the first in turn: nothing can be better for that turn.
            _take(made, waiting.pop(0))
            continue
        block, waiting = waiting[:BLOCK], waiting[BLOCK:]
        weights = np.zeros(len(made.lower), np.int64)
        for turn, columns in enumerate(block):
            weights[columns] = 1 << (len(block) - 1 - turn)
        found = best(made, weights, clock)
        if found is None or not found.proven:
            return at
        at = found.at
        for columns in block:
            if int(at[columns].sum()):
                _take(made, columns)
            else:
                made.upper[columns] = 0
    return at


def _take(made: Program, columns: Ints) -> None:
    if len(columns) == 1:
        made.lower[columns] = 1
    else:
        made.add("", columns, 1, 1, 1)
