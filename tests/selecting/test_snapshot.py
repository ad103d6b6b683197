"""The snapshot: one text and one digest for one set of inputs."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.selecting.problem import NotAProblem, Problem, from_data
from eventhub.selecting.snapshot import canonical, digest, restored
from tests.selecting.cases import person, problems, shuffled


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 1000))
def test_the_order_decides_nothing(problem: Problem, seed: int) -> None:
    """Shuffled, written and read: the same digest."""
    text = canonical(problem)
    assert canonical(shuffled(problem, seed)) == text
    assert canonical(restored(text)) == text
    assert digest(restored(text)) == digest(problem)


def test_what_matters_changes_the_digest() -> None:
    """A thousandth of a point, a cent, a turn of the lottery; not the way a number is written."""
    problem = Problem((person("a", 80), person("b", 70)), budget=100, lottery=("a", "b"))
    same = replace(problem, candidates=(person("a", 80.0), person("b", 70.0000001)))
    assert digest(same) == digest(problem)
    others = [
        replace(problem, candidates=(person("a", 80.001), person("b", 70))),
        replace(problem, candidates=(person("a", 80, 101), person("b", 70))),
        replace(problem, budget=101),
        replace(problem, lottery=("b", "a")),
        replace(problem, beyond=False),
    ]
    assert len({digest(one) for one in [problem, *others]}) == 1 + len(others)


@pytest.mark.parametrize("text", ["{}", '{"candidates": 5}', '{"candidates": [{"id": "a"}]}', "[]"])
def test_what_is_no_snapshot(text: str) -> None:
    """It is refused."""
    with pytest.raises(NotAProblem):
        from_data(json.loads(text))
    with pytest.raises(NotAProblem):
        restored(text)
