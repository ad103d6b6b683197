"""Places for each way of taking part under load: real threads on a committed database. None is oversold, nobody waits
beside a free one, and an event that changes how people come together asks each person once.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode
from eventhub.registration import actions, admission, queries, switching
from eventhub.registration.models import ModePlaces, Registration, RegistrationSetup, State
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue
from tests.registration.test_races import each_at_once, people
from tests.registration.test_stateful import WAY, WAYS
from tests.together import at_once

pytestmark = pytest.mark.lane

ROOM, REMOTE = WAY
LIMITS = {ROOM: 5, REMOTE: 8}


def with_limits(capacity: int | None = None) -> str:
    event = make_dialogue(data=WAYS, capacity=capacity)
    event.mode = Mode.HYBRID
    admission.limit_ways(make_person(), event, LIMITS)
    return event.slug


def wanted(ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    return {one: WAY[number % 2] for number, one in enumerate(ids)}


def registering(slug: str, ways: dict[uuid.UUID, str]) -> Callable[[uuid.UUID], str]:
    def work(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        made = actions.register_now(person, person, queries.intake(slug, person), {"attendance_mode": ways[person_id]})
        return made.state.value

    return work


def agree(app: Flask) -> Counter[str]:
    """The seated by way, once every count says the same and no limit is passed."""
    with app.app_context():
        way = Registration.attendance_mode
        rows = select(way, func.count()).where(Registration.has_seat).group_by(way)
        seated = Counter({row[0]: row[1] for row in db.session.execute(rows)})
        counted = {row.code: row.seats_taken for row in db.session.scalars(select(ModePlaces))}
        total = db.session.scalars(select(RegistrationSetup.seats_taken)).one()
        db.session.remove()
    assert {code: seated[code] for code in counted} == counted
    assert seated.total() == total
    assert all(seated[code] <= limit for code, limit in LIMITS.items())
    return seated


@pytest.mark.parametrize("capacity", [None, 10])
def test_forty_at_once_never_pass_a_limit(committed: Flask, capacity: int | None) -> None:
    slug, ids = people(committed, lambda: with_limits(capacity))
    ended = each_at_once(committed, registering(slug, wanted(ids)), ids)
    assert set(ended) == {"accredited", "waitlisted"}
    seated = agree(committed)
    assert seated.total() == 10 if capacity else seated == LIMITS


def test_withdrawals_changes_and_requests_at_once_leave_no_place_empty(committed: Flask) -> None:
    slug, ids = people(committed, with_limits, 60)
    ways = wanted(ids)
    each_at_once(committed, registering(slug, ways), ids[:30])
    assert agree(committed) == LIMITS

    def either(person_id: uuid.UUID) -> str:
        if person_id not in ids[:30]:
            return registering(slug, ways)(person_id)
        person = db.session.get_one(Person, person_id)
        found = queries.intake(slug, person, lock=True, seats=True)
        if ids.index(person_id) % 3:
            return actions.withdraw(person, found).state.value
        other = REMOTE if ways[person_id] == ROOM else ROOM
        return actions.amend(person, found, {"attendance_mode": other}).state.value

    ended = each_at_once(committed, either, ids, served=24)
    assert set(ended) <= {"accredited", "waitlisted", "offered", "withdrawn", "WayFull"}
    seated = agree(committed)
    with committed.app_context():
        rows = select(Registration.attendance_mode).where(Registration.state == State.WAITLISTED)
        waiting = set(db.session.scalars(rows))
        db.session.remove()
    # Who still waits wants a way that is full: nobody waits beside a free place.
    assert all(seated[way or ""] == LIMITS[way or ""] for way in waiting)


def test_two_officers_who_switch_at_once_ask_each_person_once(committed: Flask) -> None:
    slug, ids = people(committed, with_limits, 12)
    each_at_once(committed, registering(slug, wanted(ids)), ids)
    with committed.app_context(), unit_of_work():
        version = db.session.scalars(select(Event.version)).one()
        officer = make_person().id
        concerned = switching.concerned(db.session.scalars(select(Event.id)).one(), Mode.IN_PERSON).total

    def press() -> str:
        event = db.session.scalars(select(Event)).one()
        staff = db.session.get_one(Person, officer)
        due = now() + timedelta(days=5)
        try:
            return str(switching.switch(staff, event, Mode.IN_PERSON, due, version=version))
        except StaleDataError:  # the views say so at the form (kit.forms.submit)
            raise Stale from None

    ended = at_once(committed, [press, press, press])
    assert ended[str(concerned)] == 1
    with committed.app_context():
        asked = db.session.scalars(select(Promise.payload).where(Promise.task == "registration.way_asked")).all()
        db.session.remove()
    assert len(asked) == len({one["registration_id"] for one in asked}) == concerned
