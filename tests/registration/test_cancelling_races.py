"""Registering at the moment of cancelling: whoever gets in is told that it is off, everybody else gets no place."""

import threading
import time
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme import actions as programme
from eventhub.programme import console_queries
from eventhub.programme.models import Event
from eventhub.registration import actions, cancelling, queries
from eventhub.registration.cancelling import NotAnyMore
from eventhub.registration.models import Registration, RegistrationSetup
from eventhub.registration.seats import hold_seats
from tests.factories.people import make_person
from tests.factories.registration import ANSWERS, make_dialogue, make_forum

pytestmark = pytest.mark.lane

Made = tuple[uuid.UUID, str, uuid.UUID]
NOBODY = select(Person.id).where(Person.id.is_(None))


def scene(app: Flask, make: Callable[..., Event]) -> Made:
    with app.test_request_context(), unit_of_work():
        event, person = make(), make_person()
        return event.id, event.slug, person.id


def cancels(event_id: uuid.UUID) -> None:
    with unit_of_work():
        event = db.session.get_one(Event, event_id)
        programme.cancel_event(make_person(), event, sessions=console_queries.programme_of(event), reason={"en": "Off"})


def alone(app: Flask, deed: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread with a session of its own, and what its deed gave or raised."""
    got: list[object] = []

    def work() -> None:
        with app.test_request_context():
            try:
                got.append(deed())
            except Exception as error:
                got.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=work)
    thread.start()
    return thread, got


def until_somebody_waits() -> None:
    """Until a statement of this database waits for a lock."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _try in range(500):
        if db.session.scalar(waits):
            return
        db.session.rollback()
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def told_and_in(app: Flask, event_id: uuid.UUID) -> tuple[int, int, int]:
    """Letters that are owed, registrations, seats taken."""
    with app.app_context():
        letters = select(func.count()).where(Promise.task == "registration.event_cancelled")
        rows = select(func.count()).where(Registration.event_id == event_id)
        taken = select(RegistrationSetup.seats_taken).where(RegistrationSetup.event_id == event_id)
        found = tuple(db.session.scalar(one) for one in (letters, rows, taken))
        db.session.remove()
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("make", [make_dialogue, make_forum])
def test_who_read_the_page_before_gets_no_place_after(committed: Flask, make: Callable[..., Event]) -> None:
    event_id, slug, person_id = scene(committed, make)
    with committed.test_request_context():
        person = db.session.get_one(Person, person_id)
        found = queries.intake(slug, person)
        thread, _got = alone(committed, lambda: cancels(event_id))
        thread.join()
        with pytest.raises(NotAnyMore), unit_of_work():
            actions.register_now(person, person, found, ANSWERS | {"display_name": "Amina"})
        db.session.remove()
    assert told_and_in(committed, event_id)[1:] == (0, 0)


def test_who_waited_for_a_seat_meanwhile_gets_none(committed: Flask) -> None:
    event_id, slug, person_id = scene(committed, make_dialogue)

    def registers() -> object:
        with unit_of_work():
            person = db.session.get_one(Person, person_id)
            found = queries.intake(slug, person)
            return actions.register_now(person, person, found, {"display_name": "Amina"}).state

    with committed.test_request_context():
        with unit_of_work():
            hold_seats(event_id)
            late, got = alone(committed, registers)
            watcher, waiting = alone(committed, until_somebody_waits)
            watcher.join()
            canceller, _done = alone(committed, lambda: cancels(event_id))
            canceller.join()
            cancelling.close(event_id)
        db.session.remove()
    late.join()
    assert waiting == [None]
    assert isinstance(got[0], NotAnyMore)
    assert told_and_in(committed, event_id)[1:] == (0, 0)


def test_who_was_in_before_is_told(committed: Flask) -> None:
    event_id, slug, person_id = scene(committed, make_dialogue)

    def tells() -> object:
        with unit_of_work():
            cancelling.owe_letters(db.session.get_one(Event, event_id), but=NOBODY)
            return "told"

    with committed.test_request_context():
        with unit_of_work():
            person = db.session.get_one(Person, person_id)
            found = queries.intake(slug, person)
            actions.register_now(person, person, found, {"display_name": "Amina"})
            canceller, _done = alone(committed, lambda: cancels(event_id))
            canceller.join()
            worker, got = alone(committed, tells)
            watcher, waiting = alone(committed, until_somebody_waits)
            watcher.join()
        db.session.remove()
    worker.join()
    assert (waiting, got) == ([None], ["told"])
    assert told_and_in(committed, event_id) == (1, 1, 1)
