"""Visas: said by the person, heard by the desk, the letter that papers make; refused opens a message."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.arrangements import due, keeping, visas
from eventhub.arrangements.actions import NoWay
from eventhub.arrangements.models import VISA_MOVES, Visa, VisaStatus
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import Stale
from eventhub.papers import actions as papers
from eventhub.papers.models import Kind
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Mode
from eventhub.registration import thread
from eventhub.registration.models import Registration, State
from tests import servers
from tests.arrangements.scene import key_of, make_stage
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.registration import intake, make_registration
from tests.programme.console import error_at, fields_of, text_of
from tests.programme.console import send as send_from
from tests.together import at_once


@pytest.fixture
def staged(database: None) -> tuple[Event, Registration, Person]:
    event, _session = make_stage()
    person = make_person(name="Amina")
    return event, make_registration(event, person, state=State.ACCREDITED), person


@pytest.fixture
def officer(client: FlaskClient, staged: Any) -> Person:
    return make_staff(Role.ACCREDITATION_OFFICER, event_id=staged[0].id)


def own(one: Registration, lang: str = "en") -> str:
    return f"/{lang}/me/registrations/{one.reference}/visa"


def desk_of(event: Event) -> str:
    return f"/en/console/events/{event.slug}/arrangements/visas"


def send(client: FlaskClient, address: str, **changes: Any) -> Any:
    return send_from(client, address, at=address, **changes)


def test_said_on_the_own_page_with_its_days(client: FlaskClient, staged: Any) -> None:
    event, one, person = staged
    sign_in(client, person)
    assert own(one) in client.get(f"/en/me/registrations/{one.reference}").get_data(as_text=True)
    today = due.today(event)
    applied = today - timedelta(days=3)
    assert send(client, own(one), stands="asked").status_code == HTTPStatus.SEE_OTHER
    assert send(client, own(one), stands="applied", day=applied.isoformat()).status_code == HTTPStatus.SEE_OTHER
    visa = db.session.query(Visa).one()
    assert (visa.status, visa.asked_on, visa.applied_on) == (VisaStatus.APPLIED, today, applied)
    ahead = send(client, own(one), stands="granted", day=(today + timedelta(days=1)).isoformat())
    assert "not come yet" in error_at(ahead, "day")
    assert send(client, own(one), stands="granted").status_code == HTTPStatus.SEE_OTHER
    assert (visa.status, visa.decided_on) == (VisaStatus.GRANTED, today)
    words = text_of(client.get(own(one)))
    assert "Granted" in words
    assert "Answered on" in words
    assert "passport" in words
    verbs = [entry.verb for entry in db.session.query(AuditEntry).filter_by(subject_id=one.id).order_by(AuditEntry.id)]
    assert verbs == [f"arrangements.visa_{step}" for step in ("asked", "applied", "granted")]


@pytest.mark.parametrize("words", ["They said my papers are not enough.", ""])
def test_refused_opens_a_message_to_the_desk(client: FlaskClient, staged: Any, words: str) -> None:
    event, one, person = staged
    sign_in(client, person)
    led = send(client, own(one), stands="refused", text=words)
    assert led.headers["Location"].endswith(f"/me/registrations/{one.reference}/questions")
    said = thread.messages(one, key_of(one))
    assert [message.text for message in said] == [words or "My visa was refused."]
    assert one.answered_at is not None
    assert one.state is State.ACCREDITED
    assert thread.may_write(one)
    entry = db.session.query(AuditEntry).filter_by(verb="arrangements.visa_refused").one()
    assert (entry.subject_id, entry.scope_id) == (one.id, event.id)
    send(client, own(one), stands="refused", text="")
    assert len(thread.messages(one, key_of(one))) == 1
    again = send(client, own(one), stands="applied")
    assert again.status_code == HTTPStatus.SEE_OTHER
    visa = db.session.query(Visa).one()
    assert (visa.status, visa.decided_on) == (VisaStatus.APPLIED, None)


def test_nobody_says_that_a_letter_was_made(staged: Any) -> None:
    event, _one, person = staged
    with pytest.raises(NoWay):
        visas.say(person, intake(event, person), VisaStatus.LETTER_SENT, None, "")


@pytest.mark.parametrize("start", [None, *VisaStatus])
@pytest.mark.parametrize("target", list(VisaStatus))
def test_only_the_moves_of_the_table(
    client: FlaskClient, staged: Any, officer: Person, start: VisaStatus | None, target: VisaStatus
) -> None:
    event, one, _person = staged
    if start:
        db.session.add(Visa(registration_id=one.id, status=start, delete_after=now()))
        db.session.flush()
    hear = partial(visas.hear, officer, event, one, target, None, seen=1 if start else 0)
    if target in VISA_MOVES[start] or target is start:
        assert hear().status is target
    else:
        with pytest.raises(NoWay):
            hear()


def test_the_list_filters_and_tells_ages(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _one, person = staged
    silent = make_registration(event, make_person(name="Silent"))
    make_registration(event, make_person(name="Remote"), attendance_mode="remote_speaking")
    make_registration(event, make_person(name="Declined"), state=State.DECLINED)
    visas.say(person, intake(event, person), VisaStatus.APPLIED, None, "")
    db.session.flush()
    with time_machine.travel(now().astimezone(ZoneInfo(event.time_zone)) + timedelta(days=12), tick=False):
        sign_in(client, officer)
        everybody = text_of(client.get(desk_of(event)))
        assert "Amina" in everybody
        assert "Silent" in everybody
        assert "for 12 days" in everybody
        assert "Remote" not in everybody
        assert "Declined" not in everybody.replace("Declined ·", "")
        applied = text_of(client.get(f"{desk_of(event)}?status=applied"))
        assert "Amina" in applied
        assert "Silent" not in applied
        unsaid = text_of(client.get(f"{desk_of(event)}?status=unsaid"))
        assert "Silent" in unsaid
        assert "Amina" not in unsaid
        assert "Nobody here" in text_of(client.get(f"{desk_of(event)}?status=granted"))
        assert client.get(f"{desk_of(event)}?status=nonsense&page=99").status_code == HTTPStatus.OK
    assert silent.state is State.UNDER_REVIEW


def test_the_desk_says_what_it_heard(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, one, person = staged
    address = f"{desk_of(event)}/{one.id}"
    sign_in(client, officer)
    data = fields_of(client.get(address))
    assert client.post(address, data=data | {"stands": "applied"}).status_code == HTTPStatus.SEE_OTHER
    visas.say(person, intake(event, person), VisaStatus.GRANTED, None, "")
    db.session.flush()
    late = client.post(address, data=data | {"stands": "refused", "form_key": str(uuid.uuid4())})
    assert late.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert db.session.query(Visa).one().status is VisaStatus.GRANTED
    forged = client.post(address, data=data | {"stands": "granted", "version": "x", "form_key": str(uuid.uuid4())})
    assert "Somebody else changed this" in text_of(forged)


def test_nobody_notes_an_own_visa_at_the_desk(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _one, _person = staged
    mine = make_registration(event, officer)
    with pytest.raises(visas.OwnVisa):
        visas.hear(officer, event, mine, VisaStatus.GRANTED, None, seen=0)


def test_online_nobody_needs_a_visa(client: FlaskClient, staged: Any) -> None:
    event, one, person = staged
    one.attendance_mode = "remote_listening"
    db.session.flush()
    sign_in(client, person)
    assert client.get(own(one)).status_code == HTTPStatus.NOT_FOUND
    assert "Say where it stands" not in text_of(client.get(f"/en/me/registrations/{one.reference}"))
    one.attendance_mode, event.mode = "in_person", Mode.ONLINE
    db.session.flush()
    assert client.get(own(one)).status_code == HTTPStatus.NOT_FOUND


@pytest.fixture
def printed(database: None) -> Callable[[Any], None]:
    """Keep what a printer made of an order, as the worker does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        worker = import_module("workers.papers")
    return lambda order: worker.note_letter(order)


def test_the_letter_that_papers_make_is_known(staged: Any, printed: Callable[[Any], None]) -> None:
    event, one, person = staged
    for kind, known in ((Kind.CONFIRMATION, 0), (Kind.VISA_LETTER, 1)):
        printed(papers.order_own(person, one, event, kind, "en", public_name=True, with_document=False))
        assert db.session.query(Visa).count() == known
    visa = db.session.query(Visa).one()
    assert (visa.status, visa.letter_on) == (VisaStatus.LETTER_SENT, due.today(event))
    visas.say(person, intake(event, person), VisaStatus.APPLIED, None, "")
    assert not visas.letter_made(one.id)
    assert visa.status is VisaStatus.APPLIED


def test_kept_as_long_as_wishes_and_erased(staged: Any) -> None:
    event, one, person = staged
    visa = visas.say(person, intake(event, person), VisaStatus.APPLIED, None, "")
    db.session.flush()
    assert keeping.own_visas(person)[0]["status"] == "applied"
    assert keeping.delete_expired(visa.delete_after - timedelta(seconds=1)) == 0
    assert keeping.delete_expired(visa.delete_after) == 1
    visas.say(person, intake(event, person), VisaStatus.GRANTED, None, "")
    db.session.flush()
    keeping.erase(person.id)
    assert visas.of(one.id) is None


def test_as_many_statements_for_three_as_for_one(
    client: FlaskClient, staged: Any, officer: Person, statements: list[str]
) -> None:
    event = staged[0]
    sign_in(client, officer)
    address = desk_of(event)
    client.get(address)
    numbers = []
    for _round in range(2):
        statements.clear()
        assert client.get(address).status_code == HTTPStatus.OK
        numbers.append(len(statements))
        for _number in range(2):
            make_registration(event)
    assert numbers[0] == numbers[1]


@pytest.mark.lane
def test_one_of_six_officers_says_the_first_word(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, _session = make_stage()
        one = make_registration(event, state=State.ACCREDITED)
        officers = [make_staff(Role.ORGANISER, event_id=event.id).id for _number in range(6)]
        registration_id, event_id = one.id, event.id

    def heard(officer_id: uuid.UUID) -> str:
        staff, where = db.session.get_one(Person, officer_id), db.session.get_one(Event, event_id)
        found = db.session.get_one(Registration, registration_id)
        return visas.hear(staff, where, found, VisaStatus.APPLIED, None, seen=0).status.value

    ended = at_once(committed, [partial(heard, officer) for officer in officers])
    assert ended == {"applied": 1, Stale.__name__: 5}
