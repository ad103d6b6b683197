"""Conditions: data that holds or not, whatever it is and whatever the answers are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.questionnaires.conditions import (
    COMPARISONS,
    PARTS,
    All,
    AnyOf,
    Compare,
    Condition,
    ConditionWrong,
    In,
    Not,
    asked,
    changed,
    holds,
    parse,
    settle,
    to_json,
)

KEYS = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.one_of(st.sampled_from(["red", "green", "2026-11-26", ""]), st.booleans(), st.integers(-3, 3))
GIVEN = st.one_of(VALUES, st.none(), st.lists(st.sampled_from(["red", "green"]), max_size=2), st.floats(-3, 3))
ANSWERS = st.dictionaries(KEYS, GIVEN)
LEAVES = st.one_of(
    st.builds(lambda key, values: {"question": key, "in": values}, KEYS, st.lists(VALUES, min_size=1, max_size=3)),
    st.builds(lambda key: {"question": key, "answered": True}, KEYS),
    st.builds(
        lambda key, how, value: {"question": key, how: value},
        KEYS,
        st.sampled_from(sorted(COMPARISONS)),
        st.one_of(st.integers(-3, 3), st.sampled_from(["2026-11-26", "2025-01-01"])),
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
).map(lambda data: data)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["question", "in", "all", "any", "not", "at_least", "answered"]), inner, max_size=3
        ),
    ),
    max_leaves=10,
)


def parsed(data: Any) -> Condition:
    try:
        return parse(data)
    except ConditionWrong:
        return In("a", ("red",))  # nested too deeply: another one


@given(CONDITIONS)
def test_what_is_written_reads_back_the_same(data: dict[str, Any]) -> None:
    condition = parsed(data)
    assert parse(to_json(condition)) == condition


@given(ANYTHING)
def test_anything_is_a_condition_or_refused(data: object) -> None:
    try:
        condition = parse(data)
    except ConditionWrong:
        return
    assert holds(condition, {}) in (True, False)


@given(CONDITIONS, ANSWERS)
def test_not_is_the_opposite(data: dict[str, Any], answers: dict[str, object]) -> None:
    condition = parsed(data)
    assert holds(Not(condition), answers) is not holds(condition, answers)


@given(CONDITIONS, CONDITIONS, ANSWERS)
def test_de_morgan(one: dict[str, Any], two: dict[str, Any], answers: dict[str, object]) -> None:
    first, second = parsed(one), parsed(two)
    assert holds(Not(All((first, second))), answers) == holds(AnyOf((Not(first), Not(second))), answers)


@given(CONDITIONS, ANSWERS, st.sets(KEYS))
def test_settling_what_is_known_changes_nothing(
    data: dict[str, Any], answers: dict[str, object], still_open: set[str]
) -> None:
    condition = parsed(data)
    rest = settle(condition, answers, still_open)
    assert (rest if isinstance(rest, bool) else holds(rest, answers)) == holds(condition, answers)
    if not isinstance(rest, bool):
        assert {part.question for part in asked(rest)} <= still_open


@given(CONDITIONS, ANSWERS)
def test_without_answers_only_negations_hold(data: dict[str, Any], answers: dict[str, object]) -> None:
    condition = parsed(data)
    if "not" not in str(data):
        assert not holds(condition, {})
        assert not holds(condition, dict.fromkeys(answers))


@given(CONDITIONS)
def test_renaming_keeps_the_shape(data: dict[str, Any]) -> None:
    condition = parsed(data)
    assert changed(condition, lambda part: part) == condition


@pytest.mark.parametrize(
    ("data", "answers", "expected"),
    [
        ({"question": "a", "in": ["red"]}, {"a": "red"}, True),
        ({"question": "a", "in": ["red"]}, {"a": ["blue", "red"]}, True),
        ({"question": "a", "in": ["red"]}, {"a": "redder"}, False),
        ({"question": "a", "in": [True]}, {"a": 1}, False),
        ({"question": "a", "in": [1]}, {"a": True}, False),
        ({"question": "a", "in": [True]}, {"a": True}, True),
        ({"question": "a", "answered": True}, {"a": False}, True),
        ({"question": "a", "answered": True}, {"a": []}, False),
        ({"question": "a", "answered": True}, {"a": ""}, False),
        ({"question": "a", "at_least": 18}, {"a": 18}, True),
        ({"question": "a", "more_than": 18}, {"a": 18}, False),
        ({"question": "a", "at_most": 18}, {"a": 18.5}, False),
        ({"question": "a", "less_than": "2026-01-01"}, {"a": "2025-12-31"}, True),
        ({"question": "a", "less_than": "2026-01-01"}, {"a": 3}, False),
        ({"question": "a", "at_least": 1}, {"a": True}, False),
        ({"question": "a", "at_least": 1}, {"a": "3"}, False),
    ],
)
def test_each_comparison(data: dict[str, Any], answers: dict[str, object], expected: bool) -> None:
    assert holds(parse(data), answers) is expected


def test_no_condition_always_holds() -> None:
    assert holds(None, {})
    assert settle(None, {}, {"a"}) is True


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "a == 1",
        {},
        {"question": "a"},
        {"question": "", "in": ["x"]},
        {"question": "a", "in": []},
        {"question": "a", "in": "red"},
        {"question": "a", "in": [None]},
        {"question": "a", "in": [float("nan")]},
        {"question": "a", "answered": False},
        {"question": "a", "at_least": True},
        {"question": "a", "__import__": "os"},
        {"question": "a", "in": ["x"], "any": []},
        {"all": []},
        {"any": [{"question": "a", "in": ["x"]}] * (PARTS + 1)},
        {"not": [{"question": "a", "in": ["x"]}]},
    ],
)
def test_hostile_conditions_are_refused(data: object) -> None:
    with pytest.raises(ConditionWrong):
        parse(data)


def test_a_tower_of_conditions_is_refused() -> None:
    data: dict[str, Any] = {"question": "a", "in": ["x"]}
    for _ in range(5000):
        data = {"not": data}
    with pytest.raises(ConditionWrong):
        parse(data)


def test_comparing_never_mixes_kinds() -> None:
    assert not holds(Compare("a", "at_least", 3), {"a": {"name": "x"}})
    assert not holds(Compare("a", "at_most", "2026-01-01"), {"a": ""})
