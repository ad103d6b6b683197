"""What a second look at the desk found: words that came back, appeals gone dumb, eyes on one's own file."""

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.registration import deciding, disclosure, queries, thread
from eventhub.registration.desk import last_hands
from eventhub.registration.doors import take_back
from eventhub.registration.models import Message, Registration, SeatAt, State
from eventhub.registration.moves import OwnFile
from eventhub.registration.offers import OutOfTurn
from tests.factories.people import make_person, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import intake, make_forum, register
from tests.registration.test_thread import answer, ask, asked, at_desk, desk, mine

pytestmark = pytest.mark.usefixtures("database")


def key_of(one: Registration) -> SealKey:
    return db.session.get_one(SealKey, db.session.get_one(Person, one.person_id).seal_key_id)


def test_words_of_an_earlier_decision_do_not_come_back() -> None:
    event, staff = make_forum(), make_person()
    one = register(event)
    deciding.decide(staff, [one], State.DECLINED, "other", "We were told that you are not who you say.")
    assert queries.decision_words(one) == "We were told that you are not who you say."
    deciding.take_up_again(staff, one, "It was a mistake")
    deciding.decide(staff, [one], State.DECLINED, "late")
    db.session.flush()
    assert queries.decision_words(one) is None


def test_an_appeal_that_is_read_may_go_on() -> None:
    event, person, staff = make_forum(), make_person(), make_person()
    one = register(event, person)
    deciding.decide(staff, [one], State.DECLINED, "late")
    start = now()
    for minute in range(thread.IN_A_ROW * 2):
        with time_machine.travel(start + timedelta(minutes=minute + 1), tick=False):
            thread.answer(person, intake(event, person), "Please look again")
            thread.mark_read(staff, one)
            db.session.flush()
    with time_machine.travel(start + timedelta(days=1), tick=False):
        for _ in range(thread.IN_A_ROW):
            thread.answer(person, intake(event, person), "And again")
        with pytest.raises(thread.TooManyAtOnce):
            thread.answer(person, intake(event, person), "One more")


def test_nobody_reads_or_settles_at_the_desk_what_is_their_own(client: FlaskClient) -> None:
    event = make_forum()
    person = at_desk(client, event)
    one = register(event, person)
    deciding.note(make_person(), one, "We suspect this officer")
    deciding.decide(make_person(), [one], State.DECLINED, "late")
    thread.answer(person, intake(event, person), "Please look again")
    with pytest.raises(OwnFile):
        thread.mark_read(person, one)
    message = db.session.scalars(select(Message)).one()
    for more in ("", f"/questions/{message.id}"):
        shut = client.get(desk(event, one, more))
        assert shut.status_code == 403
        assert "This is your own registration" in shut.text
        assert "suspect" not in shut.text


def test_a_question_answered_meanwhile_is_not_mailed_when_another_one_is_asked() -> None:
    event, person = make_forum(), make_person()
    start = now()
    one = asked(event, person)
    first = db.session.scalars(select(Message)).one()
    with time_machine.travel(start + timedelta(minutes=1), tick=False):
        thread.answer(person, intake(event, person), "Here it is")
    with time_machine.travel(start + timedelta(minutes=2), tick=False):
        second = thread.ask(make_person(), one, key_of(one), "And the second page?")
    db.session.flush()
    assert thread.question_told(first.id) is None
    assert thread.question_told(second.id) == (second, "And the second page?")


def test_who_has_no_mailbox_is_asked_nothing(client: FlaskClient) -> None:
    event = make_forum()
    person = make_person()
    one = register(event, person)
    person.email = None
    db.session.flush()
    with pytest.raises(thread.NobodyToAsk):
        thread.ask(make_person(), one, key_of(one), "Where is the letter?")
    at_desk(client, event)
    assert f"{one.id}/questions" not in client.get(desk(event, one)).text
    assert one.state is State.UNDER_REVIEW


def test_many_files_of_the_exchange_ring_the_alarm_and_the_desk_s_own_do_not(app: Flask, client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    at_desk(client, event)
    ask(client, event, one, file=(io.BytesIO(PDF_BYTES), "model.pdf"))
    owner = app.test_client()
    sign_in(owner, person)
    answer(owner, one, text="Here", file=(io.BytesIO(PDF_BYTES), "letter.pdf"))
    model, letter = db.session.scalars(select(Message).order_by(Message.by_desk.desc()))
    alarms = select(func.count()).where(Promise.task == "registration.many_reads")
    for _ in range(disclosure.READS_AN_HOUR + 1):
        assert client.get(desk(event, one, f"/questions/{model.id}")).status_code == 200
    assert client.head(desk(event, one, f"/questions/{letter.id}")).status_code == 200
    assert "saved a file" not in owner.get(mine(one, "")).text
    for number in range(disclosure.READS_AN_HOUR + 1):
        assert db.session.scalar(alarms) == 0, number
        assert client.get(desk(event, one, f"/questions/{letter.id}")).data == PDF_BYTES
    assert db.session.scalar(alarms) == 1
    assert "The secretariat saved a file that you sent" in owner.get(mine(one, "")).text


def test_a_refusal_looked_at_again_passes_nobody_over() -> None:
    """Where seats are taken on sending, whoever was refused has lost the place to those who wait."""
    event = make_forum(capacity=1, seat_at=SeatAt.SUBMISSION, waiting_list=True, offers_by_hand=True)
    staff = make_person()
    first, waits = register(event), register(event)
    assert waits.state is State.WAITLISTED
    deciding.decide(staff, [first], State.DECLINED, "late")
    deciding.take_up_again(staff, first, "An appeal")
    db.session.flush()
    with pytest.raises(OutOfTurn):
        deciding.decide(staff, [first], State.ACCREDITED, "complete")


def test_who_changed_it_last_is_named_and_not_who_read_it(client: FlaskClient) -> None:
    event, person = make_forum(), make_person(name="Amina Yusuf")
    one = register(event, person)
    reader = at_desk(client, event)
    one.version += 1
    deciding.note(reader, one, "A word")
    disclosure.note_file_read(reader.id, one.id, event.id)
    db.session.flush()
    assert last_hands([one.id])[one.id] == "Amina Yusuf"


def test_who_filled_in_a_slip_at_the_door_takes_back_the_entry_and_decides_nothing() -> None:
    event, officer = make_forum(), make_person()
    one = register(event)
    one.filed_by_id = officer.id
    one.state = State.ATTENDED
    db.session.flush()
    with pytest.raises(OwnFile):
        deciding.decide(officer, [one], State.REVOKED, "other")
    assert take_back(officer, one, gate="2026-11-26", text="The wrong person", came=False).state is State.ACCREDITED


def test_a_day_that_is_over_is_no_promise(client: FlaskClient) -> None:
    event, person = make_forum(), make_person()
    register(event, person)
    sign_in(client, person)
    assert "Answer expected" in client.get("/en/me").text
    with time_machine.travel(now() + timedelta(days=20), tick=False):
        sign_in(client, person)
        assert "Answer expected" not in client.get("/en/me").text
