"""Two officers at one pair, a person who leaves, a finder that runs beside them: decided once, seats exact."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.registration import actions, deciding, duplicates, queries
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.pair_models import RegistrationPair
from tests.factories.people import make_person
from tests.factories.registration import make_forum, make_registration
from tests.together import at_once

pytestmark = pytest.mark.lane


def a_pair(app: Flask) -> tuple[uuid.UUID, str, uuid.UUID, list[uuid.UUID], list[uuid.UUID]]:
    """An event with one place more than is needed, a pair that both have a place, and somebody who waits."""
    with app.app_context(), unit_of_work():
        event = make_forum(capacity=2, data=None)
        both = [make_registration(event, make_person(name=""), legal_name="Amina Yusuf Warsame") for _ in range(2)]
        deciding.decide(make_person(), both, State.ACCREDITED, "complete")
        make_registration(event, state=State.WAITLISTED, legal_name="Grace")
        duplicates.compare(event.id)
        pair_id = db.session.scalars(select(RegistrationPair.id)).one()
        officers = [make_person().id for _ in range(3)]
        return event.id, event.slug, pair_id, [one.id for one in both], officers


def test_three_officers_and_the_person_decide_once(committed: Flask) -> None:
    event_id, slug, pair_id, both, officers = a_pair(committed)
    with committed.app_context():
        owner_id = db.session.scalar(select(Registration.person_id).where(Registration.id == both[1]))
        db.session.remove()

    def keeping(officer_id: uuid.UUID, kept_id: uuid.UUID) -> str:
        officer = db.session.get_one(Person, officer_id)
        one = duplicates.pair_of(event_id, pair_id, officer_id)
        duplicates.keep_one(officer, one, kept_id, "Same passport")
        return "kept"

    def apart() -> str:
        officer = db.session.get_one(Person, officers[2])
        duplicates.hold_apart(officer, duplicates.pair_of(event_id, pair_id, officer.id), "Cousins")
        return "apart"

    def leaving() -> str:
        person = db.session.get_one(Person, owner_id)
        actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True))
        return "left"

    def looking() -> str:
        duplicates.compare(event_id)
        return "looked"

    ended = at_once(
        committed,
        [lambda: keeping(officers[0], both[0]), lambda: keeping(officers[1], both[1]), apart, leaving, looking],
    )
    assert ended["kept"] + ended["apart"] <= 1
    assert set(ended) <= {"kept", "apart", "left", "looked", "DecidedAlready", "Stale", "NotPossible", "StaleDataError"}
    with committed.app_context():
        states = list(db.session.scalars(select(Registration.state).where(Registration.id.in_(both))))
        setup = db.session.get_one(RegistrationSetup, event_id)
        seated = (
            select(func.count())
            .select_from(Registration)
            .where(Registration.event_id == event_id, Registration.has_seat)
        )
        assert setup.seats_taken == db.session.scalar(seated) == 2 if states.count(State.WITHDRAWN) < 2 else True
        mails = select(func.count()).select_from(Promise).where(Promise.task == "registration.dropped")
        assert db.session.scalar(mails) == ended["kept"]
        db.session.remove()
