"""Who is chosen, and whether that holds: answers of the solver, checked with exact integers and without it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from eventhub.selecting.problem import BUDGET, PLACES, Candidate, Problem


@dataclass(frozen=True)
class Seat:
    """Somebody who is chosen, how the person is funded, and whether that was beyond the K places."""

    candidate: str
    variant: str
    cost: int
    beyond: bool = False


@dataclass(frozen=True)
class Slate:
    """A selection.

    ``seats`` are in the order of the candidates' ids. ``points`` and ``points_in_places`` (of the K alone) are in
    thousandths; ``cost``, ``budget`` and ``remainder`` in minor units. ``line`` is the rank score that people beyond
    K stand above, None where nobody was looked for. ``short`` says how many of the places K nobody could fill.
    ``gap`` is the number of thousandths by which a better slate might be better; 0 where it is ``proven`` that none
    is. ``tight`` names the rules, caps and the budget that leave no room.
    """

    seats: tuple[Seat, ...]
    places: int
    short: int
    points: int
    points_in_places: int
    cost: int
    budget: int | None
    remainder: int | None
    line: int | None
    proven: bool
    gap: int
    tight: tuple[str, ...]
    solver: str
    version: str

    @property
    def chosen(self) -> frozenset[str]:
        """The ids of the chosen."""
        return frozenset(seat.candidate for seat in self.seats)

    @property
    def in_places(self) -> frozenset[str]:
        """The ids of those who have one of the K places."""
        return frozenset(seat.candidate for seat in self.seats if not seat.beyond)


@dataclass(frozen=True)
class Missing:
    """A rule or a cap (of a group) that can hold only if this many people fewer (or more) are asked for."""

    rule: str
    people: int
    group: str = ""
    too_many: bool = False


@dataclass(frozen=True)
class Impossible:
    """No slate keeps everything.

    ``contradictions`` are facts that no rule can heal: ``pinned both ways``, ``pins over budget``, ``pins over
    places``, ``two variants``, ``budget`` and ``places`` (too few also with all rules eased), ``time``
    (nothing found in the time).
    ``missing`` is the smallest easing of the rules, counted in people.
    """

    contradictions: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    proven: bool = True

    @property
    def people(self) -> int:
        """How many people are missing (or too many) over all rules."""
        return sum(one.people for one in self.missing)


@dataclass(frozen=True)
class Breach:
    """What a slate does not keep: the rule (or ``pin``, ``seat``, PLACES, BUDGET), by how many people or minor
    units, and of whom."""

    rule: str
    by: int
    group: str = ""


def group_counts(problem: Problem, chosen: Iterable[Candidate]) -> dict[str, Counter[str]]:
    """For each cap how many people each group has."""
    people = list(chosen)
    return {cap.id: Counter(group for one in people for group in cap.groups(one)) for cap in problem.caps}


def rule_counts(problem: Problem, chosen: Iterable[Candidate]) -> dict[str, int]:
    """For each rule how many people count."""
    people = [frozenset(one.cells) for one in chosen]
    return {rule.id: sum(1 for cells in people if not cells.isdisjoint(rule.cells)) for rule in problem.rules}


def holds(problem: Problem, seats: Iterable[Seat], *, places: int | None = None) -> tuple[Breach, ...]:
    """Every breach of the rules by a slate; none: it holds.

    ``places`` is K (None: the problem's own). People beyond K are allowed as the problem says; whether they stand
    above the line is a matter of the solving, not of the rules.
    """
    seats = list(seats)
    size = problem.size() if places is None else places
    known = {one.id: one for one in problem.candidates}
    breaches = _seats(problem, known, seats)
    chosen = [known[one] for one in sorted({seat.candidate for seat in seats if seat.candidate in known})]
    cost = sum(seat.cost for seat in seats)
    if problem.budget is not None and cost > problem.budget:
        breaches.append(Breach(BUDGET, cost - problem.budget))
    elif problem.budget is not None and (beyond := over_purses(problem, seats)) > 0:
        breaches.append(Breach(BUDGET, beyond))
    if len(chosen) > size and not problem.beyond:
        breaches.append(Breach(PLACES, len(chosen) - size))
    counts = rule_counts(problem, chosen)
    for rule in problem.rules:
        least, most = rule.least(max(size, len(chosen))), rule.most(len(chosen))
        if counts[rule.id] < least:
            breaches.append(Breach(rule.id, least - counts[rule.id]))
        if most is not None and counts[rule.id] > most:
            breaches.append(Breach(rule.id, counts[rule.id] - most))
    groups = group_counts(problem, chosen)
    for cap in problem.caps:
        over = [(group, many - cap.limit(group)) for group, many in sorted(groups[cap.id].items())]
        breaches.extend(Breach(cap.id, by, group) for group, by in over if by > 0)
    return tuple(breaches)


def over_purses(problem: Problem, seats: Iterable[Seat]) -> int:
    """By how many minor units the envelopes do not reach for these people; 0 where they do."""
    each = [(seat.candidate, seat.cost) for seat in seats]
    over = [sum(cost for one, cost in each if one in bound.people) - bound.amount for bound in problem.bounds()]
    return max(over, default=0)


def _seats(problem: Problem, known: Mapping[str, Candidate], seats: list[Seat]) -> list[Breach]:
    breaches = [
        Breach("seat", many - 1, who) for who, many in Counter(seat.candidate for seat in seats).items() if many > 1
    ]
    for seat in seats:
        variants = problem.open_variants(known[seat.candidate]) if seat.candidate in known else ()
        if not any(one.id == seat.variant and one.cost == seat.cost for one in variants):
            breaches.append(Breach("seat", 1, seat.candidate))
    chosen = {seat.candidate for seat in seats}
    breaches.extend(Breach("pin", 1, who) for who in sorted(problem.pinned(must=True) - chosen))
    breaches.extend(Breach("pin", 1, who) for who in sorted(problem.pinned(must=False) & chosen))
    return breaches


def tight(problem: Problem, seats: Iterable[Seat], places: int) -> tuple[str, ...]:
    """The rules and caps that stand at their bound with somebody left whom they concern, and the budget where the
    rest pays for nobody more."""
    seats = list(seats)
    ids = {seat.candidate for seat in seats}
    out = problem.pinned(must=False)
    chosen = [one for one in problem.candidates if one.id in ids]
    others = [one for one in problem.candidates if one.id not in ids and one.id not in out]
    counts, groups = rule_counts(problem, chosen), group_counts(problem, chosen)
    waiting = group_counts(problem, others)
    names = []
    for rule in problem.rules:
        least, most = rule.least(max(places, len(chosen))), rule.most(len(chosen))
        if others and (counts[rule.id] == least > 0 or counts[rule.id] == most):
            names.append(rule.id)
    for cap in problem.caps:
        if any(groups[cap.id][group] >= cap.limit(group) for group in waiting[cap.id]):
            names.append(cap.id)
    rest = None if problem.budget is None else problem.budget - sum(seat.cost for seat in seats)
    if rest is not None and others and min(one.cheapest for one in others) > rest:
        names.append(BUDGET)
    return tuple(names)


def as_data(answer: Slate | Impossible) -> dict[str, Any]:
    """An answer as plain data for JSON."""
    return asdict(answer)


def slate_from_data(data: Mapping[str, Any]) -> Slate:
    """A slate out of plain data, as it was stored. Raises KeyError or TypeError for anything else."""
    seats = tuple(Seat(**seat) for seat in data["seats"])
    return Slate(**{**data, "seats": seats, "tight": tuple(data["tight"])})


def answer_from_data(data: Mapping[str, Any]) -> Slate | Impossible:
    """What the solver answered when it was asked to solve, out of plain data. Raises KeyError or TypeError."""
    if "seats" in data:
        return slate_from_data(data)
    missing = tuple(Missing(**one) for one in data["missing"])
    return Impossible(tuple(data["contradictions"]), missing, data["proven"])
