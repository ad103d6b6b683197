"""After the slate: withdrawals, cuts and rises change as little as possible; and who stands in reserve."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub.selecting.problem import Candidate, Pin, Problem, Rule, Variant, checked
from eventhub.selecting.relaxing import contradictions
from eventhub.selecting.reserves import reserves
from eventhub.selecting.resolving import Change, resolve
from eventhub.selecting.selection import solve
from eventhub.selecting.slate import Impossible, Seat, Slate, holds
from tests.selecting import oracle
from tests.selecting.cases import person, problems

OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def slate(problem: Problem) -> Slate:
    """The slate of a problem that has one."""
    answer = solve(problem)
    assert isinstance(answer, Slate), answer
    return answer


def changed(problem: Problem, former: Slate, *, accepted: tuple[str, ...] = (), gone: tuple[str, ...] = ()) -> Change:
    """The change of a slate that can be had."""
    answer = resolve(problem, former.seats, accepted=accepted, gone=gone)
    assert isinstance(answer, Change), answer
    return answer


@OFTEN
@given(problems(most=7), st.data())
def test_as_every_possible_set_says(problem: Problem, data: st.DataObject) -> None:
    """First the fewest who leave, then the places, then the points."""
    former = solve(problem)
    if isinstance(former, Impossible) or not former.seats:
        return
    ids = sorted(former.chosen)
    gone = data.draw(st.sets(st.sampled_from(ids), max_size=2))
    accepted = data.draw(st.sets(st.sampled_from(ids), max_size=3)) - gone
    budget = data.draw(st.integers(0, 30)) * 50
    answer = resolve(replace(problem, budget=budget), former.seats, accepted=accepted, gone=gone)
    told = {seat.candidate: seat.variant for seat in former.seats}
    kept_pins = tuple(pin for pin in problem.pins if not (pin.must and pin.candidate in gone))
    pins = [*kept_pins, *(Pin(one, False, "") for one in gone), *(Pin(one, True, "", told[one]) for one in accepted)]
    now = checked(replace(problem, budget=budget, pins=tuple(pins)))
    places, must = now.size(), now.pinned(must=True)
    if contradictions(replace(now, places=max(places, len(must)))):
        assert isinstance(answer, Impossible)
        assert answer.contradictions
        return
    stay = former.chosen - now.pinned(must=False)
    sets = list(oracle.possible(replace(now, beyond=True), places))
    most = max(places, len(stay), len(must))
    small = [one for one in sets if len(one) <= most]
    if not small:
        assert isinstance(answer, Impossible)
        return
    assert isinstance(answer, Change)
    kept = max(len(one & stay) for one in small)
    small = [one for one in small if len(one & stay) == kept and len(one) <= max(places, kept, len(must))]
    size = max(map(len, small))
    first = max(
        (one for one in small if len(one) == size), key=lambda one: (oracle.points(now, one), oracle.drawn(now, one))
    )
    assert answer.slate.in_places == first
    assert answer.slate.chosen == oracle.beyond(now, places, first, sets)
    assert answer.slate.proven
    assert set(answer.stays) == stay & answer.slate.chosen
    assert set(answer.leaves) == stay - answer.slate.chosen
    assert set(answer.joins) == answer.slate.chosen - former.chosen
    assert holds(replace(now, beyond=True), answer.slate.seats, places=places) == ()


def test_a_withdrawal_brings_the_next() -> None:
    """The others stay, though a better slate of other people may exist."""
    people = tuple(person(f"p{number}", 90 - number) for number in range(6))
    problem = Problem(people, budget=300, places=3, beyond=False)
    answer = changed(problem, slate(problem), accepted=("p0",), gone=("p1",))
    assert (answer.stays, answer.leaves, answer.joins) == (("p0", "p2"), (), ("p3",))


def test_a_cut_drops_as_few_as_possible() -> None:
    """One dear person leaves and not two others; who accepted is not asked to leave."""
    people = (person("dear", 95, 200), person("b", 90), person("c", 85), person("d", 80))
    problem = Problem(people, budget=500, places=4, beyond=False)
    former = slate(problem)
    assert changed(replace(problem, budget=300), former).leaves == ("dear",)
    assert changed(replace(problem, budget=300), former, accepted=("dear",)).leaves == ("c", "d")


def test_a_rise_adds_and_drops_nobody() -> None:
    """More money, the same people, and more of them."""
    people = tuple(person(f"p{number}", 90 - number) for number in range(6))
    problem = Problem(people, budget=200)
    answer = changed(replace(problem, budget=400), slate(problem))
    assert (answer.stays, answer.leaves, answer.joins) == (("p0", "p1"), (), ("p2", "p3"))


def test_a_cut_beyond_what_was_accepted() -> None:
    """The money that is promised cannot be cut: said, not solved."""
    problem = Problem((person("a", 90), person("b", 80)), budget=200, places=2)
    answer = resolve(replace(problem, budget=150), slate(problem).seats, accepted=("a", "b"))
    assert isinstance(answer, Impossible)
    assert answer.contradictions == ("pins over budget",)


def test_nobody_is_moved_to_less_without_need() -> None:
    """With the same money each keeps the way of funding that was told, though a choice before it exists."""
    two = (Variant("full", 200), Variant("partial", 100))
    people = (Candidate("a", 90, two), Candidate("b", 80, two), person("c", 70))
    problem = Problem(people, budget=300, places=2, beyond=False, lottery=("b", "a", "c"))
    former = (Seat("a", "full", 200), Seat("b", "partial", 100))
    answer = resolve(problem, former)
    assert isinstance(answer, Change)
    assert answer.other_way == ()
    less = resolve(replace(problem, budget=200), former)
    assert isinstance(less, Change)
    assert (less.leaves, less.other_way) == ((), ("a",))


def test_a_quota_that_no_reserve_can_fill() -> None:
    """The only woman withdraws: one person is missing, and no list has anybody for her."""
    people = (person("w", 90, 100, "gender:woman"), person("b", 80), person("c", 70))
    problem = Problem(people, budget=200, places=2, rules=(Rule("women", ("gender:woman",), min_count=1),))
    former = slate(problem)
    answer = resolve(problem, former.seats, gone=("w",))
    assert isinstance(answer, Impossible)
    assert [(one.rule, one.people) for one in answer.missing] == [("women", 1)]
    lists = reserves(problem, former)
    assert lists.by_cell == {"gender:woman": ()}
    assert lists.general == ("c",)


@OFTEN
@given(problems())
def test_reserves_hold(problem: Problem) -> None:
    """Everybody on a list can take somebody's place, nobody else can, and the best stands first."""
    problem = checked(problem)
    former = solve(problem)
    if isinstance(former, Impossible):
        return
    lists = reserves(problem, former)
    known, turns = {one.id: one for one in problem.candidates}, problem.turns()

    def fits(one: str, cell: str | None) -> bool:
        # The seats keep their ways of funding; pins say nothing about somebody who has left.
        free = replace(problem, pins=tuple(pin for pin in problem.pins if not pin.must), beyond=True)
        return any(
            not holds(
                free,
                [*(seat for seat in former.seats if seat != left), *oracle.cheapest(problem, [one])],
                places=former.places,
            )
            for left in former.seats
            if cell is None or cell in known[left.candidate].cells
        )

    waiting = [one for one in known if one not in former.chosen]
    waiting.sort(key=lambda one: (-known[one].points, turns[one]))
    assert lists.general == tuple(one for one in waiting if fits(one, None))
    for cell, names in lists.by_cell.items():
        assert names == tuple(one for one in waiting if fits(one, cell))
