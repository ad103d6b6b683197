"""An event changes how people come together while somebody registers, changes answers or answers an invitation: nobody
waits in a circle, and nobody keeps a way that is gone without being asked.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from eventhub.calendars import actions as calendars
from eventhub.calendars import invites
from eventhub.calendars import queries as calendar_queries
from eventhub.calendars.models import Invite, Partstat
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode, Session
from eventhub.registration import actions, queries, switching
from eventhub.registration.models import ModeChoice, Registration
from tests.factories.calendars import make_dialogue as make_meeting
from tests.factories.calendars import make_seated
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue
from tests.registration.test_races import people
from tests.registration.test_stateful import WAY, WAYS
from tests.together import together

pytestmark = pytest.mark.lane


def run(app: Flask, *deeds: Callable[[], Any]) -> list[Any]:
    def alone(deed: Callable[[], Any]) -> Callable[[], Any]:
        def work() -> Any:
            with app.test_request_context():
                try:
                    with unit_of_work():
                        return deed()
                finally:
                    db.session.remove()

        return work

    return together([alone(deed) for deed in deeds])


def hybrid() -> str:
    event = make_dialogue(data=WAYS)
    event.mode = Mode.HYBRID
    return event.slug


def officer_of(app: Flask) -> uuid.UUID:
    with app.app_context(), unit_of_work():
        return make_person().id


def until_somebody_waits() -> None:
    """Until another connection waits for a lock, or a second is over."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    pause = threading.Event()
    for _try in range(50):
        if db.session.scalar(waiting):
            return
        pause.wait(0.02)


def switched(officer: uuid.UUID) -> int:
    event = db.session.scalars(select(Event)).one()
    due = now() + timedelta(days=3)
    return switching.switch(db.session.get_one(Person, officer), event, Mode.IN_PERSON, due, version=event.version)


def test_a_switch_and_changed_answers_do_not_wait_in_a_circle(committed: Flask) -> None:
    slug, ids = people(committed, hybrid, 1)
    officer, locked = officer_of(committed), threading.Event()
    with committed.test_request_context(), unit_of_work():
        person = db.session.get_one(Person, ids[0])
        made = actions.register_now(person, person, queries.intake(slug, person), {"attendance_mode": WAY[1]})
        made.has_seat, reference = False, made.reference
        db.session.execute(text("UPDATE registration_setup SET seats_taken = 0"))

    def amend() -> str | None:
        person = db.session.get_one(Person, ids[0])
        found = queries.own(person, reference or "", lock=True, seats=True)
        locked.set()
        until_somebody_waits()
        return actions.amend(person, found, {"attendance_mode": WAY[0]}).attendance_mode

    def switch() -> int:
        locked.wait(20)
        return switched(officer)

    assert run(committed, amend, switch) == [WAY[0], 0]


def test_whoever_registers_during_a_switch_is_asked_once(committed: Flask) -> None:
    slug, ids = people(committed, hybrid, 1)
    officer, loaded, done = officer_of(committed), threading.Event(), threading.Event()

    def switch() -> int:
        loaded.wait(20)
        number = switched(officer)
        done.set()
        until_somebody_waits()
        return number

    def register() -> str | None:
        person = db.session.get_one(Person, ids[0])
        found = queries.intake(slug, person)
        loaded.set()
        done.wait(20)
        return actions.register_now(person, person, found, {"attendance_mode": WAY[1]}).attendance_mode

    ended = run(committed, switch, register)
    assert ended[0] == 0
    with committed.app_context(), unit_of_work():
        owed = db.session.scalars(select(Promise).where(Promise.task == "registration.ways_followed")).one()
        assert owed.not_before > owed.created_at
        event = db.session.scalars(select(Event)).one()
        due = now() + timedelta(days=3)
        came_in = db.session.scalars(select(Registration.id)).all()
        assert switching.ask_latecomers(event.id, Mode.IN_PERSON, due) == len(came_in)
        assert switching.ask_latecomers(event.id, Mode.IN_PERSON, due) == 0
        assert switching.ask_latecomers(event.id, Mode.ONLINE, due) == 0
        assert db.session.scalars(select(ModeChoice.registration_id)).all() == came_in
        db.session.remove()


def test_an_answer_to_an_invitation_and_a_moved_session_do_not_wait_in_a_circle(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event, session = make_meeting()
        calendars.on_accredited(make_seated(event, make_person(email="invited@example.org")))
        session.places, session_id = 4, session.id
        db.session.flush()
        secret = invites.imip.invite_token(db.session.scalars(select(Invite)).one())
    locked = threading.Event()

    def answer() -> Partstat:
        invite = calendar_queries.invite_by_token(secret, lock=True)
        locked.set()
        until_somebody_waits()
        return invites.answer(invite, Partstat.DECLINED).partstat

    def move() -> int:
        locked.wait(20)
        session = db.session.get_one(Session, session_id)
        for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
            setattr(session, name, getattr(session, name) + timedelta(hours=1))
        db.session.flush()
        return len(calendars.follow_session(session))

    assert run(committed, answer, move) == [Partstat.DECLINED, 1]
