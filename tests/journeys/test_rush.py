"""The opening rush: 200 people at once for 50 places, over HTTP against four server processes, twenty times."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.crowd import Member, Timed, all_at_once, gather
from tests.factories.registration import make_dialogue
from tests.live import House

pytestmark = [pytest.mark.lane, pytest.mark.alone]
PEOPLE, PLACES, ROUNDS = 200, 50, 20
PATIENCE = 20
"""Seconds. Far more than anybody should wait; a machine that tests other things beside may be slow."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Four server processes."""
    with House(tmp_path_factory.mktemp("rush")) as house:
        house.web(workers=4)
        yield house


@pytest.fixture(scope="module")
def people(house: House) -> Iterator[list[Member]]:
    """Two hundred, signed in."""
    members = gather(house, PEOPLE)
    yield members
    for member in members:
        member.browser.close()


def open_event(house: House, *, waiting_list: bool) -> str:
    """A dialogue with fifty places; its slug."""
    with house.work():
        return str(make_dialogue(capacity=PLACES, waiting_list=waiting_list).slug)


def rush(slug: str, people: list[Member]) -> list[Timed]:
    """Everybody sends the form."""
    return all_at_once(
        people, lambda member: member.send(f"/en/events/{slug}/register/p1", q_display_name=f"Someone {member.email}")
    )


def standing(house: House, slug: str) -> dict[tuple[str, bool], int]:
    """How many registrations of an event are in which state, with or without a seat."""
    rows = house.query(
        "SELECT r.state, r.has_seat, count(*) FROM registration r JOIN event e ON e.id = r.event_id "
        "WHERE e.slug = %s GROUP BY 1, 2",
        slug,
    )
    return {(str(state), bool(seat)): int(str(number)) for state, seat, number in rows}


def seats_taken(house: House, slug: str) -> int:
    """What the event's row says."""
    found = house.query(
        "SELECT seats_taken FROM registration_setup s JOIN event e ON e.id = s.event_id WHERE e.slug = %s", slug
    )
    return int(str(found[0][0]))


def test_fifty_places_for_two_hundred_people(house: House, people: list[Member], record_property: object) -> None:
    mails = "SELECT count(*) FROM promise WHERE task = 'registration.accredited'"
    before = int(str(house.query(mails)[0][0]))
    slowest = 0.0
    for number in range(ROUNDS):
        has_list = number % 2 == 0
        slug = open_event(house, waiting_list=has_list)
        answers = rush(slug, people)
        slowest = max(slowest, *(answer.seconds for answer in answers))
        statuses = Counter(answer.answer.status if answer.answer else 0 for answer in answers)
        if has_list:
            assert statuses == {303: PEOPLE}, f"round {number}"
            assert standing(house, slug) == {("accredited", True): PLACES, ("waitlisted", False): PEOPLE - PLACES}
        else:
            assert statuses == {303: PLACES, 422: PEOPLE - PLACES}, f"round {number}"
            assert standing(house, slug) == {("accredited", True): PLACES}
            refused = [answer.answer for answer in answers if answer.answer and answer.answer.status == 422]
            assert all("The last place was taken" in answer.body for answer in refused)
            assert all("Someone crowd-" in answer.body for answer in refused), "what they wrote is not lost"
        assert seats_taken(house, slug) == PLACES
    assert slowest < PATIENCE
    print(f"\n{ROUNDS} rounds of {PEOPLE} people: the slowest answer took {slowest:.2f} s")  # noqa: T201
    assert house.query(mails) == [(before + PLACES * ROUNDS,)]


def test_everybody_presses_twice(house: House, people: list[Member]) -> None:
    """Impatient people send the same form again: one registration each, and the same answer."""
    slug = open_event(house, waiting_list=True)
    half = people[:80]
    forms = {member.email: member.fields() | {"q_display_name": "Someone"} for member in half}
    path = f"/en/events/{slug}/register/p1"
    first = all_at_once(half, lambda member: member.browser.post(path, forms[member.email]))
    again = all_at_once(half, lambda member: member.browser.post(path, forms[member.email]))
    for answers in (first, again):
        told = {(answer.answer.status, answer.answer.location) if answer.answer else None for answer in answers}
        assert told == {(303, f"/en/events/{slug}/register/done")}
    assert standing(house, slug) == {("accredited", True): PLACES, ("waitlisted", False): 80 - PLACES}


def test_without_the_guard_it_oversells(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The control: had the rush not seen this, it would show nothing."""
    with House(tmp_path_factory.mktemp("control")) as house:
        house.change("ALTER TABLE registration_setup DROP CONSTRAINT ck_registration_setup_seats_within_capacity")
        house.web(workers=4, app="tests.journeys.unguarded:app")
        members = gather(house, PEOPLE)
        slug = open_event(house, waiting_list=True)
        rush(slug, members)
        for member in members:
            member.browser.close()
        assert standing(house, slug)[("accredited", True)] > PLACES
