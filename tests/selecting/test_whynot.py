"""Why not: against every possible set of people that has this person among the K."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from eventhub.selecting.problem import Candidate, Cap, Pin, Problem, Rule, Variant, checked
from eventhub.selecting.selection import solve
from eventhub.selecting.slate import Impossible, Slate, holds
from eventhub.selecting.whynot import WhyNot, to_be_told, why_not
from tests.selecting import oracle
from tests.selecting.cases import person, problems

OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(problem: Problem, *who: str) -> tuple[Slate, dict[str, WhyNot]]:
    """The slate, and the answers by person."""
    slate = solve(problem)
    assert isinstance(slate, Slate)
    return slate, {one.candidate: one for one in why_not(problem, slate, who or None)}


@OFTEN
@given(problems())
def test_as_every_possible_set_says(problem: Problem) -> None:
    """The cost is exact, and the set that is told has it."""
    problem = checked(problem)
    slate = solve(problem)
    if isinstance(slate, Impossible):
        return
    size = slate.places - slate.short
    sets = [one for one in oracle.possible(problem, slate.places) if len(one) == size]
    everybody = [one.id for one in problem.candidates]
    answers = {one.candidate: one for one in why_not(problem, slate, everybody)}
    assert answers.keys() == set(everybody) - slate.chosen
    for name, answer in answers.items():
        costs = [slate.points_in_places - oracle.points(problem, one) for one in sets if name in one]
        assert answer.cost == min(costs, default=None)
        assert answer.proven
        if answer.cost is None:
            assert answer.forbids
            _check_forbids(problem, slate, answer)
        else:
            then = slate.in_places - set(answer.leaves) | set(answer.joins) | {name}
            assert then in sets
            assert slate.points_in_places - oracle.points(problem, then) == answer.cost
            assert answer.tied is (answer.cost == 0)


def _check_forbids(problem: Problem, slate: Slate, answer: WhyNot) -> None:
    if answer.forbids[0].rule == "pin":
        assert answer.candidate in problem.pinned(must=False)
        return
    free = replace(problem, rules=(), caps=())
    size = slate.places - slate.short
    sums = [
        sum(one.by for one in holds(problem, oracle.cheapest(problem, chosen), places=slate.places))
        for chosen in oracle.possible(free, slate.places)
        if size <= len(chosen) <= slate.places and answer.candidate in chosen
    ]
    if answer.forbids[0].rule in {"budget", "places"}:
        assert not sums
    else:
        assert sum(one.people for one in answer.forbids) == min(sums) > 0


def test_the_words_of_an_answer() -> None:
    """Ten points behind, one leaves, and the rule that puts the others ahead."""
    people = (
        person("w", 60, 100, "gender:woman"),
        person("a", 90, 100),
        person("b", 80, 100),
        person("c", 70, 100),
    )
    rule = Rule("women", ("gender:woman",), min_count=1)
    slate, answers = told(Problem(people, budget=300, places=3, rules=(rule,), beyond=False))
    assert slate.chosen == {"a", "b", "w"}
    assert answers.keys() == {"c"}
    assert (answers["c"].cost, answers["c"].leaves, answers["c"].joins) == (10_000, ("b",), ())
    assert [one.rule for one in answers["c"].because] == ["women"]


def test_what_forbids_somebody() -> None:
    """A pin, a colleague who must be chosen, a fare above everything."""
    people = (
        person("a", 90, organisations=["x"]),
        person("b", 80, organisations=["x"]),
        person("c", 70, 10_000),
        person("d", 60),
    )
    pins = (Pin("a", True, "board"), Pin("d", False, "board"))
    problem = Problem(people, budget=300, places=1, caps=(Cap("org", 1),), pins=pins, beyond=False)
    _slate, answers = told(problem, "b", "c", "d", "a", "stranger")
    assert answers.keys() == {"b", "c", "d"}
    assert [one.rule for one in answers["d"].forbids] == ["pin"]
    assert [one.rule for one in answers["c"].forbids] == ["budget", "places"]
    # With one place and the other pinned no rule can give way either.
    assert [one.rule for one in answers["b"].forbids] == ["places"]
    _slate, answers = told(replace(problem, places=2), "b")
    assert [(one.rule, one.people, one.group) for one in answers["b"].forbids] == [("org", 1, "x")]


def test_equals_are_told_that_the_lottery_decided() -> None:
    """A cost of nothing."""
    people = tuple(person(name, 75) for name in "abc")
    _slate, answers = told(Problem(people, budget=100, places=1, lottery=("b", "c", "a"), beyond=False))
    assert {name: (one.tied, one.leaves) for name, one in answers.items()} == {"a": (True, ("b",)), "c": (True, ("b",))}


def test_a_dear_fare_is_named() -> None:
    """The budget stands against whoever costs more than the chosen do."""
    people = (*(person(f"p{number}", 80 - number, 100) for number in range(6)), person("far", 79.5, 250))
    _slate, answers = told(Problem(people, budget=300, places=3, beyond=False), "far")
    assert answers["far"].cost is not None or answers["far"].forbids[0].rule == "budget"


def test_who_is_told_first() -> None:
    """Everybody at or above the lowest of the K who is not chosen, the best first."""
    ways = (Variant("full", 100),)
    people = tuple(
        Candidate(name, score, ways, None, ("x",) if name in "ab" else ())
        for name, score in (("a", 90), ("b", 85), ("c", 80), ("d", 70))
    )
    problem = Problem(people, budget=200, places=2, caps=(Cap("org", 1),), beyond=False)
    slate = solve(problem)
    assert isinstance(slate, Slate)
    assert slate.chosen == {"a", "c"}
    assert to_be_told(problem, slate) == ("b",)
