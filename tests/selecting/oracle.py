"""Every possible set of people, one after the other: what the solver says must be what this finds.

It follows the sentences of selection.py and resolving.py word by word and shares nothing with them but the data.
"""

from collections.abc import Collection, Iterator
from itertools import combinations

from eventhub.selecting.problem import Problem
from eventhub.selecting.slate import Seat, holds


def cheapest(problem: Problem, ids: Collection[str]) -> list[Seat]:
    """These people, each in the cheapest way that is open."""
    known = {one.id: one for one in problem.candidates}
    seats = []
    for one in sorted(ids):
        ways = problem.open_variants(known[one])
        way = min(ways, key=lambda variant: variant.cost)
        seats.append(Seat(one, way.id, way.cost))
    return seats


def possible(problem: Problem, places: int) -> Iterator[frozenset[str]]:
    """Every set of people that keeps the rules."""
    ids = [one.id for one in problem.candidates]
    for size in range(len(ids) + 1):
        for chosen in combinations(ids, size):
            seats = cheapest(problem, chosen)
            if not holds(problem, seats, places=places) and paid(problem, seats):
                yield frozenset(chosen)


def paid(problem: Problem, seats: Collection[Seat]) -> bool:
    """Whether the envelopes reach, coin by coin of 25: each coin of a person comes from one that may pay for it."""
    known = {one.id: one for one in problem.candidates}
    left = {purse.id: purse.amount // 25 for purse in problem.purses}
    given: dict[str, list[str]] = {purse.id: [] for purse in problem.purses}
    if not problem.purses:
        return True

    def take(who: str, seen: set[str]) -> bool:
        for purse in problem.purses:
            if purse.id in seen or not purse.pays(known[who]):
                continue
            seen.add(purse.id)
            if len(given[purse.id]) < left[purse.id]:
                given[purse.id].append(who)
                return True
            for turn, other in enumerate(given[purse.id]):
                if take(other, seen):
                    given[purse.id][turn] = who
                    return True
        return False

    return all(take(seat.candidate, set()) for seat in seats for _coin in range(seat.cost // 25))


def points(problem: Problem, ids: Collection[str]) -> int:
    """The sum of their scores."""
    return sum(one.points for one in problem.candidates if one.id in ids)


def drawn(problem: Problem, ids: Collection[str]) -> list[bool]:
    """What the lottery compares: whether the first in turn is in, then the second."""
    turns = problem.turns()
    return [one in ids for one in sorted(turns, key=lambda one: turns[one])]


def selected(problem: Problem, places: int) -> tuple[frozenset[str], frozenset[str]] | None:
    """The K, and all chosen; None where nothing is possible."""
    sets = list(possible(problem, places))
    small = [one for one in sets if len(one) <= places]
    if not small:
        return None
    size = max(map(len, small))
    first = max((one for one in small if len(one) == size), key=lambda one: (points(problem, one), drawn(problem, one)))
    return first, beyond(problem, places, first, sets)


def beyond(problem: Problem, places: int, first: frozenset[str], sets: Collection[frozenset[str]]) -> frozenset[str]:
    """Who is chosen when what is left is spent above the line."""
    if not problem.beyond or not places or len(first) < places:
        return first
    out = problem.pinned(must=False)
    ranked = sorted((one.rank_points for one in problem.candidates if one.id not in out), reverse=True)
    line = ranked[3 * places - 1] if len(ranked) >= 3 * places else 0
    rank = {one.id: one.rank_points for one in problem.candidates}
    wider = [one for one in sets if one >= first and all(rank[more] > line for more in one - first)]

    def worth(one: frozenset[str]) -> tuple[int, int, list[bool]]:
        return sum(rank[more] - line for more in one - first), len(one), drawn(problem, one)

    return max([*wider, first], key=worth)
