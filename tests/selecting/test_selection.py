"""Who is chosen: against every possible set of people, and in the cases that somebody will ask about."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.selecting.problem import Candidate, Cap, NotAProblem, Pin, Problem, Rule, Variant, checked
from eventhub.selecting.relaxing import contradictions, eased
from eventhub.selecting.selection import curve, prices, recompute, solve
from eventhub.selecting.slate import Impossible, Seat, Slate, holds, slate_from_data
from eventhub.selecting.slate import as_data as slate_data
from eventhub.selecting.snapshot import canonical
from tests.selecting import oracle
from tests.selecting.cases import person, problems, shuffled

OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def slate(problem: Problem) -> Slate:
    """The slate of a problem that has one."""
    answer = solve(problem)
    assert isinstance(answer, Slate), answer
    return answer


@OFTEN
@given(problems())
def test_as_every_possible_set_says(problem: Problem) -> None:
    """The K, and who joins beyond them: exactly those, also among equals."""
    problem = checked(problem)
    places, answer = problem.size(), solve(problem)
    if contradictions(problem):
        assert answer == Impossible(contradictions(problem))
        return
    expected = oracle.selected(problem, places)
    if expected is None:
        assert isinstance(answer, Impossible)
        return
    assert isinstance(answer, Slate)
    first, everybody = expected
    assert (answer.in_places, answer.chosen) == (first, everybody)
    assert answer.proven
    assert answer.gap == 0
    assert answer.short == places - min(places, len(first))
    assert answer.points == oracle.points(problem, everybody)
    assert answer.points_in_places == oracle.points(problem, first)
    assert holds(problem, answer.seats, places=places) == ()
    assert answer.remainder is not None
    assert answer.remainder == (answer.budget or 0) - answer.cost >= 0


@OFTEN
@given(problems(), st.integers(0, 1000))
def test_the_order_of_the_data_decides_nothing(problem: Problem, seed: int) -> None:
    """Shuffled, and from the snapshot: the same slate."""
    first = solve(problem)
    assert solve(shuffled(problem, seed)) == first
    assert recompute(canonical(shuffled(problem, seed))) == first


@OFTEN
@given(problems(most=6))
def test_first_choices_with_what_is_left(problem: Problem) -> None:
    """Nobody could be given an earlier choice with the money that is left."""
    answer = solve(problem)
    if isinstance(answer, Impossible):
        return
    known = {one.id: one for one in problem.candidates}
    for seat in answer.seats:
        ways = [one.id for one in known[seat.candidate].variants]
        for way in known[seat.candidate].variants[: ways.index(seat.variant)]:
            earlier = [each for each in answer.seats if each != seat] + [Seat(seat.candidate, way.id, way.cost)]
            assert way.cost - seat.cost > (answer.remainder or 0) or not oracle.paid(problem, earlier)


def test_not_the_cheapest_people() -> None:
    """With K fixed by the median the best are taken, not many cheap ones."""
    best = [person(f"b{number}", 95, 300) for number in range(3)]
    cheap = [person(f"c{number}", 40, 100) for number in range(3)]
    answer = slate(Problem((*best, *cheap), budget=900, places=3))
    assert answer.in_places == {"b0", "b1", "b2"}
    assert answer.remainder == 0


def test_what_is_left_goes_to_people_above_the_line() -> None:
    """With one place the line is the third's score: the second joins, the third does not, though money is there."""
    people = [person("a", 90), person("b", 80), person("c", 70), person("d", 60)]
    answer = slate(Problem(tuple(people), budget=400, places=1))
    assert answer.line == 70_000
    assert [(seat.candidate, seat.beyond) for seat in answer.seats] == [("a", False), ("b", True)]
    assert slate(Problem(tuple(people), budget=400, places=1, beyond=False)).chosen == {"a"}


def test_accepted_partial_funding_lets_somebody_join() -> None:
    """Whoever accepts less is given less only where that brings somebody more."""
    people = (
        Candidate("a", 90, (Variant("full", 200), Variant("partial", 100))),
        person("b", 80, 100),
        person("c", 10, 100),
    )
    both = slate(Problem(people, budget=200, places=1))
    assert [(seat.candidate, seat.variant) for seat in both.seats] == [("a", "partial"), ("b", "full")]
    alone = slate(Problem(people[:1], budget=200, places=1))
    assert [(seat.candidate, seat.variant) for seat in alone.seats] == [("a", "full")]


def test_nobody_and_nothing() -> None:
    """No applications, no money, more places than people."""
    assert slate(Problem((), budget=1000)).seats == ()
    assert slate(Problem((person("a", 90),), budget=0)).seats == ()
    assert slate(Problem((Candidate("a", 90, (Variant("own", 0),)),), budget=0)).chosen == {"a"}
    many = slate(Problem((person("a", 90), person("b", 80)), budget=1000, places=5))
    assert (many.chosen, many.places, many.short) == ({"a", "b"}, 2, 0)
    poor = slate(Problem((person("a", 90), person("b", 80)), budget=150, places=2))
    assert (poor.chosen, poor.short) == ({"a"}, 1)
    assert slate(Problem((person("a", 90),), places=1)).remainder is None


def test_one_of_each_organisation() -> None:
    """Two of one organisation: the better comes; somebody of two organisations counts in both."""
    people = (
        person("a", 90, organisations=["x"]),
        person("b", 80, organisations=["x", "y"]),
        person("c", 70, organisations=["y"]),
    )
    assert slate(Problem(people, budget=300, places=2, caps=(Cap("org", 1),))).chosen == {"a", "c"}


def test_undisclosed_counts_in_no_quota() -> None:
    """Somebody without a cell fills no least and no most."""
    people = (person("a", 90), person("b", 80, 100, "gender:woman"), person("c", 70, 100, "gender:man"))
    most = Rule("men", ("gender:man",), max_count=0)
    least = Rule("women", ("gender:woman",), min_count=1)
    answer = slate(Problem(people, budget=300, places=2, rules=(most, least)))
    assert answer.in_places == {"a", "b"}
    assert "women" in answer.tight


def test_among_equals_the_lottery() -> None:
    """Ten equals, three places: the first three of the committed order, whatever they are called."""
    people = tuple(person(f"p{number}", 75) for number in range(10))
    order = ("p7", "p2", "p9", "p0", "p1", "p3", "p4", "p5", "p6", "p8")
    assert slate(Problem(people, budget=300, places=3, lottery=order)).chosen == {"p7", "p2", "p9"}


def test_shares_are_rounded_for_their_purpose() -> None:
    """40 % of 7 at least is 3, at most is 2."""
    rule = Rule("r", ("c",), min_share=4000, max_share=4000)
    assert (rule.least(7), rule.most(7)) == (3, 2)
    assert (rule.least(5), rule.most(5)) == (2, 2)
    assert Rule("r", ("c",)).most(5) is None


@pytest.mark.parametrize(
    ("pins", "word"),
    [
        ((Pin("a", True, "x"), Pin("a", False, "y")), "pinned both ways"),
        ((Pin("a", True, "x"), Pin("b", True, "x")), "pins over places"),
        ((Pin("rich", True, "x"),), "pins over budget"),
        ((Pin("two", True, "x", "full"), Pin("two", True, "x", "partial")), "two variants"),
    ],
)
def test_pins_that_contradict(pins: tuple[Pin, ...], word: str) -> None:
    """Each is named, and no rule is blamed."""
    two = Candidate("two", 60, (Variant("full", 100), Variant("partial", 50)))
    people = (person("a", 90), person("b", 80), person("rich", 70, 5000), two)
    answer = solve(Problem(people, budget=200, places=1, pins=pins))
    assert isinstance(answer, Impossible)
    assert word in answer.contradictions
    assert not answer.missing


@OFTEN
@given(problems(most=7))
def test_the_smallest_easing(problem: Problem) -> None:
    """Counted over every set of people: no smaller one exists, and with it there is a slate."""
    problem = checked(problem)
    answer = solve(problem)
    if not isinstance(answer, Impossible) or answer.contradictions:
        return
    places = problem.size()
    free = replace(problem, rules=(), caps=())
    fewest = min(
        sum(one.by for one in holds(problem, oracle.cheapest(problem, chosen), places=places))
        for chosen in oracle.possible(free, places)
        if len(chosen) <= places
    )
    assert answer.people == fewest > 0
    assert answer.proven
    assert isinstance(solve(replace(eased(problem, answer, places), places=places)), Slate)


def test_an_impossible_quota_in_people() -> None:
    """Three women are asked for and one applied: two are missing."""
    people = (person("a", 90, 100, "gender:woman"), person("b", 80), person("c", 70), person("d", 60))
    answer = solve(Problem(people, budget=400, places=3, rules=(Rule("women", ("gender:woman",), min_count=3),)))
    assert isinstance(answer, Impossible)
    assert [(one.rule, one.people, one.too_many) for one in answer.missing] == [("women", 2, False)]


@OFTEN
@given(problems(most=7))
def test_the_price_of_each_rule(problem: Problem) -> None:
    """What the K gain without it, and who changes."""
    answer = solve(problem)
    if isinstance(answer, Impossible):
        return
    told = {(price.kind, price.id): price for price in prices(problem, answer)}
    fixed = checked(replace(problem, places=answer.places))
    for rule in fixed.rules:
        other = replace(fixed, rules=tuple(one for one in fixed.rules if one.id != rule.id))
        expected = oracle.selected(other, answer.places)
        assert expected is not None
        price = told["rule", rule.id]
        assert price.lost == oracle.points(problem, expected[0]) - answer.points_in_places
        assert set(price.joins) == expected[1] - answer.chosen
        assert set(price.leaves) == answer.chosen - expected[1]
        # With as many people as before a rule never brings points.
        assert price.places > 0 or price.lost >= 0


def test_what_a_pin_costs() -> None:
    """Somebody with 60 points in place of 90: 30 points."""
    people = (person("a", 90), person("b", 60))
    problem = Problem(people, budget=100, places=1, pins=(Pin("b", True, "why"),))
    (budget, pin) = prices(problem, slate(problem))
    assert (pin.kind, pin.id, pin.lost, pin.joins, pin.leaves) == ("pin", "b", 30_000, ("a",), ("b",))
    assert budget.lost == 0


def test_the_curve() -> None:
    """Means fall with more places, K is among them, and the progress is told."""
    people = tuple(person(f"p{number:02}", 90 - number, 100) for number in range(40))
    told: list[tuple[int, int]] = []
    points = curve(Problem(people, budget=2000), progress=lambda done, of: told.append((done, of)))
    assert 20 in [point.places for point in points]
    assert 12 <= len(points) <= 13
    means = [point.mean or 0 for point in points]
    assert means == sorted(means, reverse=True)
    assert told[-1] == (len(points), len(points))
    # More places than the budget pays: as many as it pays.
    assert points[-1].filled == 20
    assert [point.places for point in curve(Problem(people, budget=2000), least=18)][:2] == [18, 19]
    assert curve(Problem(people, budget=2000), least=41) == ()


def test_every_breach_is_named() -> None:
    """A slate of an appeal is checked without the solver."""
    people = (
        person("a", 90, 100, "gender:man", organisations=["x"]),
        person("b", 80, 100, "gender:man", organisations=["x"]),
        person("c", 70, 100),
    )
    problem = Problem(
        people,
        budget=150,
        places=1,
        rules=(Rule("men", ("gender:man",), max_count=1), Rule("women", ("gender:woman",), min_count=1)),
        caps=(Cap("org", 1),),
        pins=(Pin("c", True, "x"), Pin("b", False, "x")),
        beyond=False,
    )
    seats = [Seat("a", "full", 100), Seat("b", "full", 90), Seat("zz", "full", 1)]
    named = {(one.rule, one.by, one.group) for one in holds(problem, seats)}
    assert named == {
        ("seat", 1, "b"),
        ("seat", 1, "zz"),
        ("pin", 1, "b"),
        ("pin", 1, "c"),
        ("budget", 41, ""),
        ("places", 1, ""),
        ("men", 1, ""),
        ("women", 1, ""),
        ("org", 1, "x"),
    }


def test_a_stored_slate_comes_back() -> None:
    """As plain data and back."""
    answer = slate(Problem((person("a", 90),), budget=100))
    assert slate_from_data(slate_data(answer)) == answer


@pytest.mark.parametrize(
    "problem",
    [
        Problem((person("a", 90), person("a", 80)), budget=1),
        Problem((person("a", 90),)),
        Problem((person("a", 90),), budget=-1),
        Problem((person("a", float("nan")),), budget=1),
        Problem((person("a", 90, -5),), budget=1),
        Problem((Candidate("a", 90, ()),), budget=1),
        Problem((person("a", 90),), budget=1, rules=(Rule("budget", ("x",)),)),
        Problem((person("a", 90),), budget=1, rules=(Rule("r", ("x",), min_share=10_001),)),
        Problem((person("a", 90),), budget=1, pins=(Pin("b", True, "x"),)),
    ],
)
def test_data_that_mean_nothing(problem: Problem) -> None:
    """They are refused before anything is solved."""
    with pytest.raises(NotAProblem):
        solve(problem)


def test_out_of_time_says_so() -> None:
    """A search without time labels what it has."""
    people = tuple(
        person(f"p{number:03}", 50 + (number * 37 % 400) / 10, 100 + number * 7 % 90) for number in range(400)
    )
    answer = solve(Problem(people, budget=9000, places=70), seconds=0)
    assert not answer.proven
    if isinstance(answer, Slate):
        assert holds(Problem(people, budget=9000, places=70), answer.seats) == ()
