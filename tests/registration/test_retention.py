"""What is kept after the event, and what is left of somebody who was erased: nothing for the desk to do."""

import uuid
from copy import deepcopy
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people import actions as people
from eventhub.people.models import Person, Role
from eventhub.programme import actions as programme
from eventhub.programme.actions import EventFacts
from eventhub.programme.models import Event
from eventhub.questionnaires.models import Answer
from eventhub.registration import deciding, desk, personal_data, thread
from eventhub.registration.access import Sight
from eventhub.registration.desk import Filters
from eventhub.registration.models import Message, Registration, State
from eventhub.registration.moves import NotPossible
from tests import servers
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.registration import ANSWERS, THREE_PAGES, intake, make_forum, register

pytestmark = pytest.mark.usefixtures("database")


def key_of(person: Person) -> SealKey:
    return db.session.get_one(SealKey, person.seal_key_id)


def appealed() -> tuple[Event, Person, Registration]:
    """Somebody who was declined, and whose appeal nobody has read."""
    event, person = make_forum(), make_person()
    one = register(event, person)
    deciding.decide(make_person(), [one], State.DECLINED, "other", "Words")
    thread.answer(person, intake(event, person), "Look again")
    db.session.flush()
    return event, person, one


def chips(event: Event) -> dict[str, int]:
    return desk.overview(event.id, uuid.uuid4()).chips


def test_whoever_was_erased_is_on_no_list_of_the_desk(client: FlaskClient) -> None:
    event, person, one = appealed()
    other = register(event)
    before = chips(event)
    assert (before["answered"], before["declined"], before["all"]) == (1, 1, 2)
    people.erase(None, person)
    personal_data.erase(person)
    db.session.flush()
    assert one.answered_at is None
    after = chips(event)
    assert (after["answered"], after["declined"], after["all"]) == (0, 0, 1)
    assert [row.id for row in desk.rows(event.id, Filters(uuid.uuid4(), "all"), Sight.BADGES)] == [other.id]
    assert [row.id for row in desk.chosen(event.id, [one.id, other.id])] == [other.id]
    sign_in(client, make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id))
    assert client.get(f"/en/console/events/{event.slug}/registrations/{one.id}").status_code == 404


def test_nothing_is_done_to_somebody_who_was_erased() -> None:
    event, person, one = appealed()
    officer, key = make_person(), key_of(person)
    personal_data.erase(person)
    db.session.flush()
    with pytest.raises(NotPossible):
        deciding.take_up_again(officer, one, "An appeal")
    for state in (State.UNDER_REVIEW, State.WAITLISTED):
        one.state = state
        db.session.flush()
        with pytest.raises(NotPossible):
            deciding.decide(officer, [one], State.ACCREDITED, "complete")
        with pytest.raises(NotPossible):
            thread.ask(officer, one, key, "Where is it?")
    assert personal_data.erase(person) == 1, "safe to repeat"
    assert event.id == one.event_id


def test_an_answer_that_is_deleted_does_not_wait_to_be_read() -> None:
    event, _person, one = appealed()
    ends = db.session.scalars(select(Message.delete_after)).one()
    with time_machine.travel(ends + timedelta(hours=1)):
        assert thread.delete_expired(now()) == 1
        assert thread.delete_expired(now()) == 0
    assert one.answered_at is None
    assert chips(event)["answered"] == 0


def test_an_answer_that_stays_still_waits() -> None:
    event, person, one = appealed()
    late = thread.answer(person, intake(event, person), "And a late paper")
    db.session.flush()
    late.delete_after += timedelta(days=5)
    db.session.flush()
    assert thread.delete_expired(late.delete_after - timedelta(days=1)) == 1
    assert one.answered_at is not None
    assert thread.delete_expired(late.delete_after) == 1
    assert one.answered_at is None


def moved(event_id: uuid.UUID, days: int) -> None:
    """An organiser moves the event, and a worker does what is owed."""
    db.session.expunge_all()  # the pages of registration load a part of the event's columns only
    event = db.session.get_one(Event, event_id)
    facts = {name: getattr(event, name) for name in EventFacts.__dataclass_fields__}
    facts |= {name: facts[name] + timedelta(days=days) for name in ("first_day", "last_day")}
    programme.edit_event(
        make_person(), event, facts=EventFacts(**facts), version=event.version, sessions=[], move_sessions=False
    )
    db.session.flush()
    (owed,) = db.session.query(Promise).filter_by(task="programme.days_moved")
    task()(**owed.payload)
    db.session.delete(owed)
    db.session.flush()
    db.session.expire_all()


def task() -> Any:
    """The worker's own, which reads the environment when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        import_module("workers.programme")
        tasks = import_module("workers.app").celery.tasks
    return tasks["programme.days_moved"].__wrapped__.__wrapped__


def test_what_is_kept_after_the_event_moves_with_its_days() -> None:
    asked: dict[str, Any] = deepcopy(THREE_PAGES)
    for question in asked["pages"][1]["questions"]:
        if question["key"] == "document_number":
            question["retention_days"] = 30
    event, person, other = make_forum(data=asked), make_person(), make_forum(data=asked)
    one = register(event, person, **ANSWERS)
    thread.ask(make_person(), one, key_of(person), "Where is it?")
    elsewhere = register(other, person, **ANSWERS)
    thread.ask(make_person(), elsewhere, key_of(person), "Where is it?")
    db.session.flush()

    def due(event_id: Any) -> list[Any]:
        mine = select(Registration.id).where(Registration.event_id == event_id)
        sets = select(Registration.answer_set_id).where(Registration.event_id == event_id)
        answers = select(Answer.delete_after).where(Answer.answer_set_id.in_(sets), Answer.delete_after.is_not(None))
        messages = select(Message.delete_after).where(Message.registration_id.in_(mine))
        return [*db.session.scalars(answers), *db.session.scalars(messages)]

    before, untouched = due(event.id), due(other.id)
    assert len(before) == 2
    event_id, other_id = event.id, other.id
    moved(event_id, 364)
    assert due(event_id) == [moment + timedelta(days=364) for moment in before]
    assert due(other_id) == untouched
    moved(event_id, -364)
    assert due(event_id) == before
    assert db.session.scalar(select(Answer.question).where(Answer.delete_after.is_(None)).limit(1)) is not None, (
        "what is kept for good stays so"
    )


def test_a_day_typed_wrong_deletes_nothing_for_a_week() -> None:
    event, person = make_forum(), make_person()
    one = register(event, person)
    message = thread.ask(make_person(), one, key_of(person), "Where is it?")
    db.session.flush()
    kept = message.delete_after
    message.sent_at -= timedelta(days=400)
    db.session.flush()
    moved(event.id, -365)
    assert thread.delete_expired(now() + timedelta(days=6)) == 0
    left = db.session.get_one(Message, message.id).delete_after - now()
    assert timedelta(days=6) < left < timedelta(days=8)
    moved(event.id, 365)
    assert db.session.get_one(Message, message.id).delete_after == kept
