"""Two officers who press at the same moment, and a person who takes back what is just being ordered."""

import uuid
from collections import Counter
from functools import partial

import pytest
from flask import Flask

from eventhub.arrangements import actions, ordering
from eventhub.arrangements.models import Need, SessionService, Status
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration import queries as registrations
from tests.arrangements.scene import come, make_stage, person_of, wish
from tests.factories.people import make_staff
from tests.together import at_once

pytestmark = pytest.mark.lane

MANY = 6


def test_one_of_six_officers_moves_a_wish(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, _session = make_stage()
        need = wish(event, come(event))
        officers = [make_staff(Role.ORGANISER, event_id=event.id).id for _number in range(MANY)]
        need_id, version, event_id = need.id, need.version, event.id

    def moved(officer_id: uuid.UUID, target: Status) -> str:
        officer, where = db.session.get_one(Person, officer_id), db.session.get_one(Event, event_id)
        ordering.move_needs(officer, where, [need_id], target, answer="No ramp", seen={need_id: version})
        return "moved"

    targets = (Status.ORDERED, Status.NOT_POSSIBLE)
    deeds = [partial(moved, officer, targets[number % 2]) for number, officer in enumerate(officers)]
    assert at_once(committed, deeds) == Counter({"Stale": MANY - 1, "moved": 1})


def test_one_of_six_officers_begins_a_service(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, session = make_stage()
        officers = [make_staff(Role.ORGANISER, event_id=event.id).id for _number in range(MANY)]
        session_id, event_id = session.id, event.id

    def ordered(officer_id: uuid.UUID) -> str:
        officer, where = db.session.get_one(Person, officer_id), db.session.get_one(Event, event_id)
        ordering.move_service(officer, where, session_id, "international_sign", Status.ORDERED, seen=0)
        return "ordered"

    ended = at_once(committed, [partial(ordered, officer) for officer in officers])
    assert ended == Counter({"Stale": MANY - 1, "ordered": 1})
    with committed.test_request_context():
        assert db.session.query(SessionService).count() == 1


def test_taken_back_while_it_is_ordered(committed: Flask) -> None:
    """Whoever comes second sees what the first one did: an order is never lost without a word."""
    with committed.test_request_context(), unit_of_work():
        event, _session = make_stage()
        one = come(event)
        need, officer = wish(event, one), make_staff(Role.ORGANISER, event_id=event.id)
        person_id, reference = person_of(one).id, str(one.reference)
        need_id, version, event_id, officer_id = need.id, need.version, event.id, officer.id

    def ordered() -> str:
        staff, where = db.session.get_one(Person, officer_id), db.session.get_one(Event, event_id)
        ordering.move_needs(staff, where, [need_id], Status.ORDERED, seen={need_id: version})
        return "ordered"

    def taken_back() -> str:
        person = db.session.get_one(Person, person_id)
        actions.take_back(person, registrations.own(person, reference, lock=True), need_id)
        return "taken back"

    ended = at_once(committed, [ordered, taken_back])
    with committed.test_request_context():
        found = db.session.get_one(Need, need_id)
        assert found.status is Status.TAKEN_BACK
        assert (found.ordered_at is not None) is (ended["ordered"] == 1)
    assert ended["taken back"] == 1
    assert ended["ordered"] + ended["Stale"] == 1


def test_the_answers_are_gathered_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, _session = make_stage()
        registration_id = come(event, access_needs=["wheelchair", "quiet_room"]).id

    def gathered() -> str:
        return str(actions.gather(registration_id))

    assert at_once(committed, [gathered] * MANY) == Counter({"0": MANY - 1, "2": 1})
    with committed.test_request_context():
        assert db.session.query(Need).count() == 2
