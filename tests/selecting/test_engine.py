"""The engine's short way and the long way give the same: settling most columns by their reduced cost is a proof."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.selecting import engine
from eventhub.selecting.engine import Clock, Ints, Program, Warm, best
from eventhub.selecting.problem import Problem, checked
from eventhub.selecting.relaxing import contradictions
from eventhub.selecting.selection import solve
from eventhub.selecting.slate import Slate
from tests.selecting import oracle
from tests.selecting.cases import problems


@contextmanager
def cores_from(first: int, small: int) -> Iterator[None]:
    """Programs above ``small`` columns begin with a core of ``first``."""
    with patch.object(engine, "FIRST_CORE", first), patch.object(engine, "SMALL", small):
        yield


def made(seed: int, size: int = 160) -> tuple[Program, Ints]:
    """A knapsack with a number of places, quotas and many equal scores."""
    chance = np.random.default_rng(seed)
    program = Program(np.zeros(size, np.int64), np.ones(size, np.int64))
    every = np.arange(size)
    program.add("places", every, 1, 20, 20)
    program.add("budget", every, chance.integers(50, 400, size), most=20 * 150)
    for quota in range(4):
        members = np.flatnonzero(chance.random(size) < 0.25)
        program.add(f"quota {quota}", members, 1, 6 if quota % 2 else 0, 20 if quota % 2 else 4)
    return program, chance.integers(40, 100, size) * 500


@pytest.mark.parametrize("seed", range(12))
def test_the_core_is_enough(seed: int) -> None:
    """The same optimum as a search through everything, and the same best among the equals."""
    program, points = made(seed)
    with cores_from(60, 10_000):
        whole = best(program, points, Clock.of(60))
    with cores_from(5, 0):
        short = best(program, points, Clock.of(60))
    assert whole is not None
    assert short is not None
    assert short.proven
    assert short.value == whole.value
    assert int((short.lower < short.upper).sum()) < len(points)
    # The narrowed bounds leave every optimum: another wish among them finds the same in both.
    wish = np.random.default_rng(seed + 1000).integers(0, 50, len(points))
    narrow, wide = program.copy(), program.copy()
    narrow.lower, narrow.upper = short.lower.copy(), short.upper.copy()
    values = []
    for one in (narrow, wide):
        one.add("", np.arange(len(points)), points, least=whole.value)
        with cores_from(60, 10_000):
            found = best(one, wish, Clock.of(60))
        assert found is not None
        values.append(found.value)
    assert values[0] == values[1]


def test_nothing_that_can_be_reached() -> None:
    """None, where rows exclude each other and where a value is out of reach."""
    program, points = made(1)
    with cores_from(5, 0):
        assert best(program, points, Clock.of(60), beat=10**9) is None
        program.add("", np.arange(len(points)), 1, most=3)
        assert best(program, points, Clock.of(60)) is None


def test_prices_of_rows() -> None:
    """One more unit of what is scarce is worth its price; nothing is owed for what is plenty."""
    program = Program(np.zeros(3, np.int64), np.ones(3, np.int64))
    program.add("scarce", [0, 1, 2], 1, most=1)
    program.add("plenty", [0, 1, 2], 1, most=9)
    relaxed = Warm(program, np.array([30, 20, 10])).solved()
    assert relaxed is not None
    assert relaxed.bound == pytest.approx(30)
    assert 20 <= relaxed.prices[0] <= 30
    assert relaxed.prices[1] == 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(1, 4))
def test_slates_with_a_core_of_few(problem: Problem, first: int) -> None:
    """Small problems, solved as if they were large, against every possible set of people."""
    problem = checked(problem)
    with cores_from(first, 0):
        answer = solve(problem)
    expected = None if contradictions(problem) else oracle.selected(problem, problem.size())
    assert isinstance(answer, Slate) is (expected is not None)
    if isinstance(answer, Slate):
        assert (answer.in_places, answer.chosen) == expected
        assert answer.proven
