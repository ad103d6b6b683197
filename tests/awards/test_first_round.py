"""Whoever waits while others were told reads so, and reads the same whatever is staged."""

import pytest
from flask.testing import FlaskClient

from eventhub.awards.release_queries import left_open
from eventhub.funding.models import Application, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration.reference import new_reference
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import make_staged, release
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")
SAID = "First decisions of this call were sent on"


def waiting(scene_call_id: object, number: int, state: State, seen: State | None = None) -> tuple[Application, Person]:
    person = make_person()
    row = Application(
        call_id=scene_call_id,
        person_id=person.id,
        state=state,
        number=number,
        reference=new_reference("W"),
        outcome_seen=seen,
        submitted_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return row, person


def words(client: FlaskClient, one: Application, person: Person) -> tuple[str, str]:
    sign_in(client, person)
    return text_of(client.get(f"/en/me/applications/{one.reference}")), text_of(client.get("/en/me"))


def test_whoever_is_left_out_of_a_release_is_told_so_on_every_page(client: FlaskClient) -> None:
    scene = make_staged(4, 1)
    eligible, person = waiting(scene.call.id, 901, State.ELIGIBLE)
    assert all(SAID not in page for page in words(client, eligible, person))
    release(scene)
    for page in words(client, eligible, person):
        assert SAID in page
        assert "Yours was not among them" in page
        assert "It is read next" not in page


def test_it_tells_nothing_of_what_is_staged_since(client: FlaskClient) -> None:
    scene = make_staged(4, 1)
    release(scene)
    open_one = waiting(scene.call.id, 902, State.UNDER_REVIEW)
    staged = [
        waiting(scene.call.id, 903 + number, state, State.UNDER_REVIEW)
        for number, state in enumerate((State.APPROVED, State.NOT_RECOMMENDED))
    ]
    pages = []
    for row, person in (open_one, *staged):
        pages.append(words(client, row, person)[0].replace(str(row.reference), "").replace(str(row.number), ""))
    assert SAID in pages[0]
    assert pages[0] == pages[1] == pages[2]


def test_whoever_was_told_or_is_in_reserve_reads_nothing_of_it(client: FlaskClient) -> None:
    scene = make_staged(4, 1)
    release(scene)
    for number, state in enumerate((State.RESERVE, State.NOT_RECOMMENDED, State.WITHDRAWN)):
        one = waiting(scene.call.id, 920 + number, state)
        assert all(SAID not in page for page in words(client, *one))


def test_what_a_release_left_open_is_a_task_of_the_desk(client: FlaskClient) -> None:
    scene = make_staged(4, 1)
    task = "Not among the decisions that were released: what becomes of them?"
    waiting(scene.call.id, 930, State.ELIGIBLE)
    waiting(scene.call.id, 931, State.WITHDRAWN)
    sign_in(client, scene.officer)
    assert task not in text_of(client.get("/en/console"))
    release(scene)
    page = client.get("/en/console")
    assert task in text_of(page)
    assert "1 waits" in text_of(page)
    address = f"/en/console/funds/{scene.call.slug}/files?chip=open"
    assert address in page.text
    listed = text_of(client.get(address))
    assert "Without a decision" in listed
    assert "#930" in listed
    assert "#931" not in listed
    assert "Without a decision" not in text_of(client.get(address.partition("?")[0])), "offered by the task alone"
    sign_in(client, scene.approver)
    assert task not in text_of(client.get("/en/console")), "who may not decide at the desk is not asked"


def test_who_is_near_to_what_is_staged_since_reads_a_number_that_tells_nothing() -> None:
    scene = make_staged(4, 1)
    release(scene)
    waiting(scene.call.id, 940, State.ELIGIBLE)
    waiting(scene.call.id, 941, State.APPROVED, State.UNDER_REVIEW)
    [found] = left_open(scene.officer.id)
    assert (found.open, found.seen) == (1, 2)
