"""Who hides or withdraws leaves the desk's files within the hour, and the desk cannot tell that it happened."""

import inspect
import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import Promise
from eventhub.papers import actions, making, queries
from eventhub.papers.making import Manuscript
from eventhub.papers.models import BadgeName, Kind, PaperOrder, PaperSetup, Problem
from eventhub.people import actions as people
from eventhub.people.models import Channel, Role
from eventhub.programme.models import Event
from eventhub.registration.actions import amend
from eventhub.registration.models import Registration, State
from eventhub.registration.moves import move
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import ANSWERS, intake, make_forum, register
from tests.papers.asking import ask, console, officer, print_badges
from tests.papers.making import Make, content, has, make, read
from tests.papers.scene import accredited, agree, make_people, make_stage, person_of

__all__ = ["make"]
pytestmark = pytest.mark.usefixtures("database")


def print_list(client: FlaskClient, event: Event) -> None:
    """Ask for the list of participants."""
    fields = form_fields(client.get(console(event)).text, "/papers/list")
    data = fields | {"language": "en", "reason": "For the report."}
    assert client.post(console(event, "/list"), data=data).status_code == 303


def on_the_list(client: FlaskClient, make: Make, name: str, *, others: bool = True) -> tuple[Event, Registration, str]:
    """Somebody of this name who agreed to be listed, a list that was printed, and what the desk reads of it."""
    event = make_stage()
    if others:
        make_people(event)
    registration = accredited(event, make_person(name=name))
    agree(person_of(registration), event)
    officer(client, event)
    print_list(client, event)
    make()
    return event, registration, table(client, event)


def table(client: FlaskClient, event: Event) -> str:
    """What the desk reads of its files."""
    page = client.get(console(event)).text
    made = page[page.index('id="made"') : page.index('id="badges"')]
    return re.sub(r'<input name="\w+" type="hidden" value="[^"]*">', "", made)


def test_hiding_leaves_no_trace_at_the_desk(client: FlaskClient, make: Make) -> None:
    """Discreet mode changes no badge: page and file are the same to the byte, while and after it is made anew."""
    event = make_stage()
    registration = accredited(event, make_person(name="Grace Marker"))
    make_people(event)
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    address, file = console(event, f"/{order.id}"), order.file_id
    page, body = table(client, event), client.get(address).data
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        accredited(event, make_person(name="Somebody New"))
        people.hide_now(person_of(registration))
        assert actions.follow(registration.person_id) == 1
        assert table(client, event) == page
        assert make()[0].file_id != file
        assert table(client, event) == page
        assert client.get(address).data == body
    assert db.session.get_one(StoredFile, file).deleted_at is not None


def test_a_new_alias_takes_the_place_of_the_old_name(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event, make_person(name="Grace Marker"))
    make_people(event)
    officer(client, event, Role.ORGANISER)
    print_badges(client, event)
    (order,) = make()
    assert has(read(content(order)), "Grace Marker")
    page = table(client, event)
    people.choose_alias(person_of(registration), "Blue Heron")
    actions.follow(registration.person_id)
    (order,) = make()
    text = read(client.get(console(event, f"/{order.id}")).data)
    assert has(text, "Blue Heron")
    assert "Marker" not in text
    assert table(client, event) == page


def test_a_consent_taken_back_takes_the_name_off_the_list(client: FlaskClient, make: Make) -> None:
    event, registration, page = on_the_list(client, make, "Grace Marker")
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        late = accredited(event, make_person(name="Somebody New"))
        agree(person_of(late), event)
        people.set_consents(person_of(registration), {Channel.LIST_OF_PARTICIPANTS: False})
        actions.follow(registration.person_id)
        (order,) = make()
    text = read(content(order))
    assert "Marker" not in text
    assert "Somebody" not in text, "whoever is new on it would tell that it was made anew"
    assert has(text, "Айсылу Хасанова")
    assert table(client, event) == page
    assert not re.search(r"\d+ (person|people)", page), "whoever counts the names would see that one is gone"


def test_a_name_left_out_of_the_list_is_left_out_as_before(client: FlaskClient, make: Make) -> None:
    """The desk reads whose name could not be printed: that stays, though the person has taken the consent back."""
    event, registration, page = on_the_list(client, make, "𓀀")
    assert str(registration.reference) in page
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        people.hide_now(person_of(registration))
        actions.follow(registration.person_id)
        make()
        assert table(client, event) == page


def test_the_last_one_leaves_the_list_unseen(client: FlaskClient, make: Make) -> None:
    event, registration, page = on_the_list(client, make, "Grace Marker", others=False)
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        people.hide_now(person_of(registration))
        actions.follow(registration.person_id)
        (order,) = make()
        assert table(client, event) == page
    assert "Marker" not in read(content(order))


AMENDED = [
    ({"legal_name": "Ruth Newname"}, "Ruth Newname"),
    ({"organisation": {"name": "Steppe Council"}}, "Steppe Council"),
    ({"nationality": "KE"}, "Kenya"),
    ({"category": "member_state"}, "Member State"),
]


@pytest.mark.parametrize(("changed", "words"), AMENDED, ids=[next(iter(changed)) for changed, _ in AMENDED])
def test_what_was_amended_stands_in_all_papers(
    client: FlaskClient, make: Make, changed: dict[str, object], words: str
) -> None:
    """Own papers are asked for again, what the desk holds is made anew."""
    # A category that somebody decided on is not changed alone.
    event = make_forum(needs_accreditation="category" not in changed)
    db.session.add(PaperSetup(event_id=event.id, badge_name=BadgeName.LEGAL))
    registration = register(event, **ANSWERS)
    registration.state = State.ACCREDITED
    person = sign_in(client, person_of(registration))
    ask(client, registration, Kind.CONFIRMATION)
    officer(client, event)
    print_badges(client, event, mode="")
    mine, batch = make()
    page = table(client, event)
    assert not has(read(content(batch)), words)
    amend(person, intake(event, person), changed)
    owed = db.session.query(Promise).filter_by(task="registration.reprinted").one()
    told = inspect.unwrap(import_module("workers.registration").reprinted)
    told(**owed.payload)
    (order,) = make()
    assert (order.id, db.session.get(PaperOrder, mine.id)) == (batch.id, None)
    assert has(read(content(order)), words)
    assert table(client, event) == page


def test_an_answer_that_no_paper_shows_changes_none(client: FlaskClient) -> None:
    event = make_forum()
    registration = register(event)
    amend(person_of(registration), intake(event, person_of(registration)), {"document_number": "N 2"})
    assert db.session.query(Promise).filter_by(task="registration.reprinted").count() == 0


def test_another_s_batch_is_left_alone(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    make_people(event)
    officer(client, event)
    print_badges(client, event, category="nhri")
    (order,) = make()
    file = order.file_id
    other = accredited(event, make_person(name="Grace Marker"), category="ngo_ecosoc")
    assert actions.follow(other.person_id) == 0
    assert make()[0].file_id == file


def test_a_withdrawn_registration_leaves_every_file_within_the_hour(client: FlaskClient, make: Make) -> None:
    """No task need say so: the clock looks by itself, whatever made somebody leave."""
    event = make_stage()
    make_people(event)
    registration = accredited(event, make_person(name="Grace Marker"))
    officer(client, event)
    print_badges(client, event)
    make()
    move(registration, State.REVOKED, actor=None)
    db.session.flush()
    assert actions.make_anew_without_those_gone() == 1
    assert actions.make_anew_without_those_gone() == 0
    (order,) = make()
    assert "Marker" not in read(content(order))
    assert order.number == 7, "what the desk reads of it stays as it was"


def test_withdrawing_takes_the_own_papers_away_at_once_and_the_batch_is_made_anew(
    client: FlaskClient, make: Make
) -> None:
    event = make_stage()
    make_people(event)
    registration = accredited(event, make_person(name="Grace Marker"))
    sign_in(client, person_of(registration))
    ask(client, registration, Kind.CONFIRMATION)
    officer(client, event)
    print_badges(client, event)
    mine, _batch = make()
    move(registration, State.WITHDRAWN, actor=None)
    db.session.flush()
    told = inspect.unwrap(import_module("workers.registration").withdrawn_calendar)
    told(registration_id=str(registration.id))
    assert db.session.get(PaperOrder, mine.id) is None
    (order,) = make()
    assert "Marker" not in read(content(order))


def test_nobody_left_leaves_no_file(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    registration = accredited(event, make_person(name="Grace Marker"))
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    file = order.file_id
    move(registration, State.WITHDRAWN, actor=None)
    actions.follow_registration(registration.person_id, registration.id)
    (order,) = make()
    assert (order.file_id, order.made_at, order.problem) == (None, None, Problem.NOBODY)
    assert db.session.get_one(StoredFile, file).deleted_at is not None


def test_a_file_that_nobody_can_make_anew_goes_within_the_hour(client: FlaskClient, make: Make) -> None:
    """The printer is broken: then the sweep takes the name away with the file."""
    event = make_stage()
    registration = accredited(event)
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    file, order_id = order.file_id, order.id
    actions.follow(registration.person_id)
    assert actions.drop_outdated() == 0
    with time_machine.travel(now() + timedelta(minutes=30), tick=False):
        assert actions.drop_outdated() == 1
    assert db.session.get(PaperOrder, order_id) is None
    assert db.session.get_one(StoredFile, file).deleted_at is not None


def test_who_hides_while_a_batch_is_printed_is_not_on_it(
    client: FlaskClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old name was read, and is on its way through the printer: that print is thrown away, and made again."""
    event = make_stage()
    registration = accredited(event, make_person(name="Grace Marker"))
    officer(client, event)
    print_badges(client, event)
    printed: list[int] = []
    print_out = making.print_out

    def slowly(manuscript: Manuscript) -> bytes:
        printed.append(manuscript.edition)
        body = print_out(manuscript)
        if printed == [1]:
            people.choose_alias(person_of(registration), "Blue Heron")
            actions.follow(registration.person_id)
        return body

    monkeypatch.setattr(making, "print_out", slowly)
    (order,) = make()
    assert printed == [1, 2]
    assert has(read(content(order)), "Blue Heron")
    assert "Marker" not in read(content(order))


def test_erasure_takes_the_own_files_and_the_name(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    make_people(event)
    db.session.add(PaperSetup(event_id=event.id, badge_name=BadgeName.LEGAL))
    registration = accredited(event, make_person(name="Grace Marker"))
    officer(client, event)
    print_badges(client, event)
    make()
    person = person_of(registration)
    people.erase(None, person)
    assert actions.forget(person.id) == 1
    (order,) = make()
    assert "Marker" not in read(content(order))
    assert queries.everything_of(person.id) == []
