"""Somebody registered twice: who looks alike, what the desk sees and finds of it, and that nobody else learns of it."""

import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.mail import Letter
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation, Person, Role
from eventhub.programme.models import Event
from eventhub.registration import actions, deciding, duplicates, personal_data, twins
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import NotPossible, OwnFile
from eventhub.registration.pair_models import ComparedRegistration, RegistrationPair, Verdict
from tests import servers
from tests.delegations.scene import history, send
from tests.factories.people import make_organisation, make_person, make_staff, sign_in
from tests.factories.registration import ANSWERS, intake, make_forum, make_registration, register

pytestmark = pytest.mark.usefixtures("database")
NUMBER = "RT1234418"


def desk(event: Event, pair: RegistrationPair | None = None, more: str = "") -> str:
    there = f"/{pair.id}" if pair else ""
    return f"/en/console/events/{event.slug}/registrations/duplicates{there}{more}"


def compared(event: Event) -> list[RegistrationPair]:
    duplicates.compare(event.id)
    db.session.flush()
    return list(db.session.scalars(select(RegistrationPair).where(RegistrationPair.event_id == event.id)))


def two(event: Event, name: str = "Amina Yusuf Warsame", other: str = "WARSAME, Amina Yusuf", **given: Any) -> Any:
    """Two registrations with these names and nothing else in common."""
    first = make_registration(event, make_person(name=""), legal_name=name, country="SO")
    return first, make_registration(event, make_person(name=""), legal_name=other, country="KE", **given)


def the_pair(event: Event, actor: Person | None = None) -> duplicates.Pair:
    (pair,) = compared(event)
    return duplicates.pair_of(event.id, pair.id, (actor or make_person()).id)


def officer(client: FlaskClient, event: Event) -> Person:
    return sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ("Amina Yusuf Warsame", "WARSAME, Amina  Yusuf", ["name"]),
        ("José Nuñez", "Jose Nunez", ["name"]),
        ("Жанна Әлиева", "Жанна әлиева", ["name"]),
        ("أحمد علي", "احمد علي", ["name"]),
        ("Suharto", "Suharto", None),  # one word, and nothing else
        ("Amina Warsame", "Amina Warsane", None),  # a slip alone
        ("Maria Fernanda Lopez", "Maria Lopez", None),
        ("Amina Warsame", "Grace Wanjiru", None),
    ],
)
def test_names_are_compared_as_people_write_them(one: str, other: str, reasons: list[str] | None) -> None:
    event = make_forum()
    two(event, one, other)
    assert [pair.reasons for pair in compared(event)] == ([reasons] if reasons else [])


def test_little_alone_is_enough_together() -> None:
    event, house = make_forum(), make_organisation()
    for name in ("Suharto", "suharto"):
        make_registration(event, make_person(name=""), legal_name=name, organisation_id=house.id, country="ID")
    (pair,) = compared(event)
    assert set(pair.reasons) == {"one_word", "organisation", "country"}


def test_a_document_is_compared_without_being_kept_and_goes_with_its_answer() -> None:
    event = make_forum()
    first = register(event, make_person(name=""), **ANSWERS)
    other = register(
        event, make_person(name=""), **(ANSWERS | {"legal_name": "A. W.", "document_number": "rt 1234-418"})
    )
    (pair,) = compared(event)
    assert "document" in pair.reasons
    rows = {row.registration_id: row for row in db.session.scalars(select(ComparedRegistration))}
    sealed = {rows[one.id].document for one in (first, other)}
    assert len(sealed) == 2, "the same number looks different in every row"
    assert twins.digest_of_document(event.id, NUMBER) not in sealed
    assert NUMBER.encode() not in b"".join(one or b"" for one in sealed)
    assert twins.digest_of_document(event.id, NUMBER) != twins.digest_of_document(uuid.uuid4(), NUMBER)
    # The retention of the answers ends: so does that of the digests.
    rows[first.id].delete_after = now()
    duplicates.forget(now())
    db.session.expire_all()
    assert rows[first.id].document is None
    assert rows[other.id].document is not None


def test_a_date_of_birth_raises_a_pair_and_is_never_told() -> None:
    event, day = uuid.uuid4(), "1990-11-26"
    born = twins.digest_of_birth(event, day)
    weak = [
        twins.Twin(uuid.uuid4(), twins.names(name), None, None, born, None)
        for name in ("Amina Warsame", "Amina Warsane")
    ]
    (found,) = twins.found(weak, {weak[0].id})
    assert found.reasons == ["spelling"]
    assert not twins.found([weak[0], twins.Twin(uuid.uuid4(), weak[1].names, None, None, None, None)], {weak[0].id})
    strangers = [twins.Twin(uuid.uuid4(), twins.names(name), None, None, born, None) for name in ("A B", "C D")]
    assert not twins.found(strangers, {strangers[0].id})


def test_only_who_reads_legal_names_sees_pairs(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    first, _other = two(event)
    (pair,) = compared(event)
    officer(client, event)
    page = client.get(desk(event)).text
    assert "WARSAME, Amina Yusuf" in page
    assert "Same name" in page
    assert client.get(desk(event, pair)).status_code == 200
    for role in (Role.ORGANISER, Role.HOST_PARTNER, Role.CHECK_IN):
        sign_in(somebody := app.test_client(), make_staff(role, event_id=event.id))
        assert [somebody.get(desk(event, one)).status_code for one in (None, pair)] == [404, 404]
    # Neither of the two hears of it: no page, no copy of the data, no mail.
    sign_in(own := app.test_client(), db.session.get_one(Person, first.person_id))
    assert "uplicate" not in own.get("/en/me").text
    assert "uplicate" not in str(personal_data.own_data(db.session.get_one(Person, first.person_id)))
    assert not [one for one in db.session.scalars(select(Promise)) if one.task == "registration.dropped"]


def test_a_pair_with_ones_own_registration_does_not_exist(client: FlaskClient) -> None:
    event = make_forum()
    me = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    make_registration(event, me, legal_name="Amina Yusuf Warsame")
    make_registration(event, make_person(name=""), legal_name="Amina Yusuf Warsame")
    (pair,) = compared(event)
    sign_in(client, me)
    assert "Warsame" not in client.get(desk(event)).text
    assert client.get(desk(event, pair)).status_code == 404


def test_two_people_are_never_asked_about_again(client: FlaskClient) -> None:
    event = make_forum()
    first, other = two(event)
    (pair,) = compared(event)
    officer(client, event)
    page = desk(event, pair)
    assert send(client, page, finding="different").status_code == 422  # no reason
    answer = send(client, page, finding="different", text="Cousins; I called both")
    assert answer.status_code == 303
    assert "No likely duplicates" in client.get(desk(event)).text
    first.changed_at = other.changed_at = now() + timedelta(seconds=1)
    db.session.flush()
    assert [one.verdict for one in compared(event)] == [Verdict.DIFFERENT]
    for one in (first, other):
        assert [(verb, text) for verb, _who, text, _detail in history(one.id)][-1] == (
            "held_apart",
            "Cousins; I called both",
        )
    assert "Not the same person" in client.get(f"{desk(event).removesuffix('/duplicates')}/{first.id}").text


def test_one_goes_on_and_the_other_ones_place_is_the_next_ones(app: Flask, client: FlaskClient) -> None:
    event = make_forum(capacity=1, data=None)
    first, other = two(event)
    waiting = make_registration(event, state=State.WAITLISTED, legal_name="Grace Wanjiru")
    deciding.decide(make_person(), [other], State.ACCREDITED, "complete")
    (pair,) = compared(event)
    officer(client, event)
    assert send(client, desk(event, pair), finding="0", text="Same passport").status_code == 422  # not made sure
    answer = send(client, desk(event, pair), finding="0", text="Same passport", sure="y")
    assert answer.status_code == 303
    for one in (first, other, waiting):
        db.session.refresh(one)
    assert (first.state, other.state, other.has_seat) == (State.UNDER_REVIEW, State.WITHDRAWN, False)
    assert waiting.state is State.OFFERED
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 1
    verb, _who, text, detail = history(other.id)[-1]
    assert (verb, text, detail["other"]) == ("withdrawn", "Same passport", str(first.id))
    verb, _who, text, detail = history(first.id)[-1]
    assert (verb, text, detail["other"]) == ("goes_on", "Same passport", str(other.id))
    assert "One person; one registration withdrawn" in client.get(desk(event)).text
    # An organizer reads public names: no line tells that two of them are one person, nor the words about it.
    records = [f"{desk(event).removesuffix('/duplicates')}/{one.id}" for one in (first, other)]
    for record in records:
        assert "Same passport" in client.get(record).text
    sign_in(organiser := app.test_client(), make_staff(Role.ORGANISER, event_id=event.id))
    for record in records:
        page = organiser.get(record).text
        assert "Same passport" not in page
        assert "other registration" not in page


def test_the_letter_says_which_goes_on_and_gives_no_address_away(tasks: dict[str, Any]) -> None:
    def told(pair_id: uuid.UUID) -> Letter:
        letter = tasks["registration.dropped"].__wrapped__.__wrapped__(pair_id=str(pair_id))
        assert letter is not None
        return letter

    event = make_forum()
    first, other = two(event)
    one = the_pair(event)
    duplicates.keep_one(make_person(), one, first.id, "Same passport")
    letter = told(one.pair.id)
    person, kept = db.session.get_one(Person, other.person_id), db.session.get_one(Person, first.person_id)
    assert letter.to == person.email
    words = " ".join(str(words) for words in letter.context["paragraphs"])
    assert str(first.reference) in words
    assert str(kept.email) not in words
    assert "Same passport" not in words
    person.discreet = True
    hidden = told(one.pair.id)
    assert hidden.discreet
    assert hidden.template == "registration/neutral"


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        import_module("workers.registration")
        celery = import_module("workers.app").celery
    return dict(celery.tasks)


def test_a_mistake_is_looked_at_again(client: FlaskClient) -> None:
    event = make_forum(data=None)
    first, other = two(event)
    one = the_pair(event)
    duplicates.keep_one(make_person(), one, first.id, "Same passport")
    db.session.expire_all()
    officer(client, event)
    page = desk(event, one.pair)
    assert send(client, page, f"{page}/two-people", why="They wrote to us").status_code == 303
    db.session.refresh(other)
    assert (other.state, other.has_seat) == (State.UNDER_REVIEW, False)
    assert duplicates.told(one.pair.id) is None, "a letter that still waits is not sent"
    assert "Two people after all" in client.get(page).text
    assert [pair.verdict for pair in compared(event)] == [Verdict.TAKEN_BACK]
    with pytest.raises(duplicates.DecidedAlready):
        duplicates.hold_apart(make_person(), one, "Again")


def test_who_is_near_does_not_decide_and_what_moved_is_looked_at_again() -> None:
    event, house = make_forum(data=None), make_organisation()
    first, other = two(event)
    first.organisation_id = house.id
    colleague = make_person()
    db.session.add(Affiliation(person_id=colleague.id, organisation_id=house.id))
    db.session.flush()
    one = the_pair(event)
    with pytest.raises(OwnFile):
        duplicates.keep_one(colleague, one, first.id, "Same passport")
    with pytest.raises(OwnFile):
        duplicates.hold_apart(colleague, one, "Two")
    seen = {mine.id: mine.version for mine in one.both}
    deciding.decide(make_person(), [first], State.ACCREDITED, "complete")
    with pytest.raises(Stale):
        duplicates.keep_one(
            make_person(), duplicates.pair_of(event.id, one.pair.id, make_person().id), first.id, "x", seen=seen
        )
    came = duplicates.pair_of(event.id, one.pair.id, make_person().id)
    first.state = State.ATTENDED
    db.session.flush()
    with pytest.raises(NotPossible):
        duplicates.keep_one(make_person(), came, other.id, "She came with that one")


def test_whoever_leaves_takes_the_pair_along() -> None:
    event = make_forum(data=None)
    first, other = two(event)
    compared(event)
    reader = make_person()
    person = db.session.get_one(Person, other.person_id)
    actions.withdraw(person, intake(event, person))
    assert duplicates.waiting(event.id, reader.id) == []
    person = db.session.get_one(Person, first.person_id)
    personal_data.erase(person)
    db.session.flush()
    assert not db.session.scalars(select(RegistrationPair)).all()
    assert first.id not in set(db.session.scalars(select(ComparedRegistration.registration_id)))


def test_all_is_forgotten_thirty_days_after_the_event() -> None:
    event = make_forum(data=None)
    two(event)
    compared(event)
    event.first_day = event.last_day = (now() - timedelta(days=29)).date()
    db.session.flush()
    duplicates.forget(now())
    assert db.session.scalars(select(RegistrationPair)).all()
    assert duplicates.to_compare(now()) == []
    duplicates.forget(now() + timedelta(days=2))
    assert not db.session.scalars(select(RegistrationPair)).all()
    assert not db.session.scalars(select(ComparedRegistration)).all()


def test_comparing_costs_the_same_for_two_and_for_many() -> None:
    event = make_forum(data=None)
    for number in range(4):
        make_registration(event, make_person(name=""), legal_name=f"Amina Yusuf {'x' * number}")
    assert duplicates.to_compare(now()) == [event.id]
    assert duplicates.compare(event.id) == 4
    assert duplicates.compare(event.id) == 0
    assert duplicates.to_compare(now()) == []
    registration = db.session.scalars(select(Registration)).first()
    assert registration is not None
    registration.changed_at = now() + timedelta(seconds=1)
    db.session.flush()
    assert duplicates.compare(event.id) == 1
