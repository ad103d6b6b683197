"""Rules that hold each by itself and not together are named, each at the one that breaks it; the guide's verdict."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.funding import guide, presets
from eventhub.funding.models import FundKind
from eventhub.funding.rule_checks import Problem, balance_findings, findings, usual_cost
from eventhub.funding.rules import Balance, Bound, Dimension, Rules, Unit, read, whole_digest

LEAST, MOST = Bound.LEAST, Bound.MOST


def rule(cell: str, bound: Bound, value: int, *, unit: Unit = Unit.PEOPLE, of: Dimension = Dimension.GENDER) -> Balance:
    return Balance(id=f"{cell}_{bound}_{value}", dimension=of, cell=cell, bound=bound, value=value, unit=unit)


def travel(**other: Any) -> Rules:
    return read(presets.preset(FundKind.TRAVEL).rules | other)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([rule("woman", LEAST, 41)], Problem.MORE_THAN_PLACES),
        ([rule("woman", LEAST, 20), rule("woman", MOST, 19)], Problem.LEAST_ABOVE_MOST),
        ([rule("woman", LEAST, 60, unit=Unit.PERCENT), rule("woman", MOST, 10)], Problem.LEAST_ABOVE_MOST),
        (
            [rule("woman", LEAST, 60, unit=Unit.PERCENT), rule("man", LEAST, 41, unit=Unit.PERCENT)],
            Problem.LEAST_TOGETHER,
        ),
        ([rule("woman", LEAST, 30), rule("man", LEAST, 11)], Problem.LEAST_TOGETHER),
        ([rule("woman", MOST, 0)], Problem.NEVER_NONE),
    ],
)
def test_a_rule_that_can_never_be_met(rules: list[Balance], problem: Problem) -> None:
    assert {one.problem for one in balance_findings(rules, 40)} == {problem}


@pytest.mark.parametrize(
    "rules",
    [
        [rule("woman", LEAST, 40)],
        [rule("woman", LEAST, 20), rule("man", LEAST, 20)],
        [rule("ethnic", LEAST, 30, of=Dimension.MINORITY), rule("religious", LEAST, 30, of=Dimension.MINORITY)],
    ],
)
def test_rules_that_can_be_met(rules: list[Balance]) -> None:
    assert balance_findings(rules, 40) == []


def test_money_that_pays_for_nobody() -> None:
    costs = presets.preset(FundKind.TRAVEL).rules["costs"]
    poor = [{"id": "main", "title": {"en": "Money"}, "amount": 100}]
    assert [one.problem for one in findings(travel(envelopes=poor), "en")] == [Problem.TOO_DEAR]
    nothing = [{"id": "main", "title": {"en": "Money"}, "amount": 0}]
    assert Problem.NO_MONEY in {one.problem for one in findings(travel(envelopes=nothing), "en")}
    assert Problem.NO_LINES in {one.problem for one in findings(travel(costs=costs | {"lines": []}), "en")}


def test_the_usual_cost_counts_only_what_is_paid() -> None:
    costs = travel().costs
    assert usual_cost(costs) == 120000 + 5 * 22000 + 15200 + 9000 + 6000
    assert usual_cost(costs.model_copy(update={"lines": ()})) == 0


def test_a_text_without_the_original_language_is_found() -> None:
    rules = presets.preset(FundKind.TRAVEL).rules
    del rules["guide"][0]["reason"]["en"]
    assert [(one.problem, one.part) for one in findings(read(rules), "en")] == [(Problem.NO_WORDS, "guide")]


@given(
    st.dictionaries(
        st.sampled_from([one["id"] for one in presets.preset(FundKind.TRAVEL).rules["guide"]]), st.text(max_size=4)
    )
)
def test_the_guide_never_lets_through_what_was_not_answered(answers: dict[str, str]) -> None:
    questions = travel().guide
    verdict = guide.judge(questions, answers)
    assert verdict.may_apply == all(
        answers.get(one.id) == (guide.NO if one.stops_on else guide.YES) for one in questions
    )
    assert {one.id for one in verdict.open}.isdisjoint({one.id for one in verdict.stopped})


def test_the_digest_says_any_change_and_no_order() -> None:
    rules = presets.preset(FundKind.TRAVEL).rules
    texts = {"title": {"en": "A", "fr": "B"}}
    turned = dict(reversed(rules.items()))
    assert whole_digest(rules, texts, "v") == whole_digest(turned, {"title": {"fr": "B", "en": "A"}}, "v")
    assert (
        len(
            {
                whole_digest(rules, texts, "v"),
                whole_digest(rules | {"places": 41}, texts, "v"),
                whole_digest(rules, texts, "w"),
            }
        )
        == 3
    )
