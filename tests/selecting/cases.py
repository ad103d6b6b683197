"""Small problems, made by hypothesis and by hand."""

import random
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from eventhub.selecting.problem import Candidate, Cap, Pin, Problem, Purse, Rule, Variant

One = TypeVar("One")
CELLS = ("gender:woman", "gender:man", "region:africa", "region:asia", "first:yes")


def person(
    name: str, score: float, cost: int = 100, *cells: str, organisations: Sequence[str] = (), **more: float
) -> Candidate:
    """One candidate with one way of funding."""
    return Candidate(name, score, (Variant("full", cost),), more.get("rank"), tuple(organisations), tuple(cells))


def shuffled(problem: Problem, seed: int) -> Problem:
    """The same in another order; the lottery's order is an input and stays."""
    chance = random.Random(seed)

    def mixed(values: Sequence[One]) -> tuple[One, ...]:
        return tuple(chance.sample(list(values), len(values)))

    return Problem(
        mixed(problem.candidates),
        problem.budget,
        problem.places,
        mixed(problem.rules),
        mixed(problem.caps),
        mixed(problem.pins),
        problem.lottery,
        problem.beyond,
        mixed(problem.purses),
    )


@st.composite
def candidates(draw: st.DrawFn, name: str) -> Candidate:
    """Somebody with a score from a coarse grid, so that there are equals."""
    full = draw(st.integers(1, 12)) * 50
    ways = [Variant("full", full)]
    if draw(st.booleans()):
        ways.append(Variant("partial", full // 2))
    if draw(st.integers(0, 5)) == 0:
        ways.append(Variant("own", 0))
    cells = draw(st.sets(st.sampled_from(CELLS), max_size=3))
    organisations = draw(st.sets(st.sampled_from(["a", "b", "c"]), max_size=2))
    score = draw(st.integers(8, 20)) * 5 - draw(st.sampled_from([0, 0, 0, 0.007, 2.5]))
    rank = draw(st.none() | st.integers(0, 100))
    return Candidate(name, score, tuple(ways), rank, tuple(sorted(organisations)), tuple(sorted(cells)))


@st.composite
def rules(draw: st.DrawFn, name: str) -> Rule:
    """A rule with one or two bounds."""
    cells = tuple(sorted(draw(st.sets(st.sampled_from(CELLS), min_size=1, max_size=2))))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return Rule(name, cells, min_count=draw(st.integers(0, 3)))
    if kind == 1:
        return Rule(name, cells, min_share=draw(st.sampled_from([1000, 2500, 3333, 5000])))
    if kind == 2:
        return Rule(name, cells, max_share=draw(st.sampled_from([2500, 3333, 5000, 7500])))
    return Rule(name, cells, max_count=draw(st.integers(0, 4)), min_share=draw(st.sampled_from([None, 2000])))


@st.composite
def problems(draw: st.DrawFn, most: int = 8, pins: bool = True) -> Problem:
    """A problem that a brute force can answer."""
    size = draw(st.integers(1, most))
    people = tuple(draw(candidates(f"p{number}")) for number in range(size))
    names = [one.id for one in people]
    pinned: tuple[Pin, ...] = ()
    if pins and draw(st.integers(0, 2)) == 0:
        chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
        pinned = tuple(Pin(one, draw(st.booleans()), "why") for one in chosen)
    return Problem(
        people,
        budget=draw(st.integers(0, 30)) * 50,
        places=draw(st.none() | st.integers(0, size)),
        rules=tuple(draw(rules(f"r{number}")) for number in range(draw(st.integers(0, 3)))),
        caps=draw(st.sampled_from([(), (Cap("org", 1),), (Cap("org", 2), Cap("region", 2, "region"))])),
        pins=pinned,
        lottery=tuple(draw(st.permutations(names))),
        beyond=draw(st.booleans()),
        purses=draw(purses()),
    )


@st.composite
def purses(draw: st.DrawFn) -> tuple[Purse, ...]:
    """No envelopes mostly, else two or three of which some are only for people of a cell."""
    if draw(st.integers(0, 2)):
        return ()
    cells = draw(st.lists(st.sampled_from([(), *((cell,) for cell in CELLS)]), min_size=2, max_size=3))
    return tuple(Purse(f"e{number}", draw(st.integers(0, 20)) * 50, own) for number, own in enumerate(cells))
