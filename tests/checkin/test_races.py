"""The same badge at two doors at the same moment, the last place at a gate, the same upload twice: real threads."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask

from eventhub.checkin import actions, queries
from eventhub.checkin.models import Entry, Scan, Verdict
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person, Role
from eventhub.registration.models import Registration, State
from tests.checkin.scene import Phone, badge, make_today, today
from tests.factories.people import make_staff
from tests.together import at_once

pytestmark = pytest.mark.lane
DOORS = 12


def door(slug: str, actor_id: uuid.UUID, reference: str) -> Callable[[], str]:
    def scan() -> str:
        event = queries.event_of(slug)
        gate = queries.gate_of(event, str(today(event)))
        made = actions.scan_typed(db.session.get_one(Person, actor_id), event, gate, reference)
        return made.reason.value if made.reason else made.verdict.value

    return scan


def test_one_badge_at_twelve_doors_at_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event = make_today()
        slug, who = event.slug, badge(event)
        reference, registration_id = str(who.reference), who.id
        staff = [make_staff(Role.CHECK_IN, event_id=event.id).id for _ in range(DOORS)]
    assert at_once(committed, [door(slug, one, reference) for one in staff]) == {"accepted": DOORS}
    with committed.app_context():
        assert db.session.query(Scan).filter_by(verdict=Verdict.ACCEPTED).count() == DOORS
        (entry,) = db.session.query(Entry)
        first = db.session.query(Scan).order_by(Scan.scanned_at, Scan.device_id, Scan.nonce).first()
        assert first is not None
        assert (entry.scan_id, entry.entered_at) == (first.id, first.scanned_at)
        assert db.session.get_one(Registration, registration_id).state is State.ATTENDED


def test_the_last_places_at_a_gate(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event = make_today()
        slug = event.slug
        boss = make_staff(Role.ORGANISER, event_id=event.id)
        actions.set_rule(boss, event, today(event), categories=[], modes=[], capacity=3, closed=False)
        work = [(make_staff(Role.CHECK_IN, event_id=event.id).id, str(badge(event).reference)) for _ in range(DOORS)]
    assert at_once(committed, [door(slug, *one) for one in work]) == {"accepted": 3, "full": DOORS - 3}
    with committed.app_context():
        assert db.session.query(Entry).count() == 3
        assert db.session.query(Scan).count() == DOORS


def test_two_phones_send_the_same_people_crosswise_and_each_upload_twice_at_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        event = make_today()
        slug = event.slug
        people = [str(badge(event).reference) for _ in range(20)]
        phones = [Phone(make_staff(Role.CHECK_IN, event_id=event.id), event) for _ in range(2)]
        for one, order in zip(phones, (people, people[::-1]), strict=True):
            one.fetch_list()
            for reference in order:
                one.scan(reference)
        ids = [one.actor.id for one in phones]

    def upload(place: int) -> Callable[[], str]:
        def send() -> str:
            one = phones[place]
            actor = db.session.get_one(Person, ids[place])
            made = actions.take_in(actor, queries.event_of(slug), one.head, one.signature, one.clock(), one.queue)
            return str(len(made))

        return send

    assert at_once(committed, [upload(place % 2) for place in range(4)]) == {"20": 4}
    with committed.app_context():
        assert db.session.query(Scan).count() == 40
        assert db.session.query(Entry).count() == 20
