"""Releases under load: real threads on a committed database. Once is once, and nobody is prepared for who has left."""

import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.registration import actions, deciding, desk, preparing, queries
from eventhub.registration.models import PreparedDecision, Registration, RegistrationSetup, State
from tests.factories.people import make_person
from tests.factories.registration import make_forum, make_prepared, make_registration
from tests.together import at_once

pytestmark = pytest.mark.lane
OFFICERS = 6
PEOPLE = 12


def a_desk(app: Flask, *, prepared: bool = True, capacity: int | None = None) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """An event with people to decide on, a third of them to be declined, and the officers of its desk."""
    with app.app_context(), unit_of_work():
        event = make_forum(capacity=capacity, data=None)
        for number in range(PEOPLE):
            one = make_registration(event)
            if prepared:
                make_prepared(one, *((State.DECLINED, "late") if number % 3 == 0 else ()))
        return event.id, [make_person().id for _ in range(OFFICERS)]


def releasing(event_id: uuid.UUID, officer_id: uuid.UUID) -> str:
    """What an officer does whose page shows everything."""
    ids = list(db.session.scalars(select(PreparedDecision.id)))
    done = preparing.release(db.session.get_one(Person, officer_id), event_id, ids)
    return f"released {done.done}"


def states(app: Flask) -> Counter[State]:
    with app.app_context():
        rows = select(Registration.state, func.count()).group_by(Registration.state)
        found = Counter({row[0]: row[1] for row in db.session.execute(rows)})
        db.session.remove()
    return found


def number(app: Flask, table: type[PreparedDecision] | type[Promise], *where: object) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(table).where(*where))  # type: ignore[arg-type]
        db.session.remove()
    return found or 0


def test_six_officers_release_once(committed: Flask) -> None:
    event_id, officers = a_desk(committed)
    ended = at_once(committed, [partial(releasing, event_id, one) for one in officers])
    assert ended == {f"released {PEOPLE}": 1, "NotThereAnyMore": OFFICERS - 1}
    assert states(committed) == {State.ACCREDITED: 8, State.DECLINED: 4}
    assert number(committed, Promise, Promise.task == "registration.accredited") == 8
    assert number(committed, Promise, Promise.task == "registration.declined") == 4
    assert number(committed, PreparedDecision) == 0


def test_seats_are_not_oversold_beside_decisions_taken_at_once(committed: Flask) -> None:
    event_id, officers = a_desk(committed, capacity=5)

    def taken(officer_id: uuid.UUID) -> str:
        officer = db.session.get_one(Person, officer_id)
        ids = db.session.scalars(select(Registration.id).order_by(Registration.id).limit(2)).all()
        deciding.decide(officer, desk.chosen(event_id, ids), State.ACCREDITED, "complete")
        return "decided"

    deeds = [partial(releasing, event_id, one) for one in officers[:3]]
    at_once(committed, [*deeds, *(partial(taken, one) for one in officers[3:])])
    with committed.app_context():
        taken = db.session.scalars(select(RegistrationSetup.seats_taken)).one()
        db.session.remove()
    assert taken == states(committed)[State.ACCREDITED] == 5


@pytest.mark.parametrize("beside", ["releasing", "preparing"])
def test_whoever_withdraws_meanwhile_is_nobody_s_prepared_decision(committed: Flask, beside: str) -> None:
    """Each withdraws while officers release, or prepare: nothing stays prepared for whoever has left."""
    event_id, officers = a_desk(committed, prepared=beside == "releasing")
    with committed.app_context():
        rows = select(Registration.id, Registration.person_id).where(Registration.event_id == event_id)
        people = [tuple(row) for row in db.session.execute(rows.order_by(Registration.id))]
        db.session.remove()

    def withdrawing(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        reference = db.session.scalars(select(Registration.reference).where(Registration.person_id == person_id)).one()
        actions.withdraw(person, queries.own(person, str(reference), lock=True, seats=True))
        return "withdrawn"

    def preparing_one(officer_id: uuid.UUID, registration_id: uuid.UUID) -> str:
        officer = db.session.get_one(Person, officer_id)
        chosen = desk.chosen(event_id, [registration_id])
        return f"prepared {preparing.prepare(officer, chosen, State.DECLINED, 'late')}"

    deeds: list[Callable[[], str]] = [partial(withdrawing, person_id) for _one, person_id in people]
    if beside == "releasing":
        deeds += [partial(releasing, event_id, one) for one in officers[:2]]
    else:
        deeds += [partial(preparing_one, officers[0], one) for one, _person_id in people]
    ended = at_once(committed, deeds)
    assert ended["withdrawn"] >= (1 if beside == "releasing" else PEOPLE)
    with committed.app_context():
        left = select(func.count()).select_from(PreparedDecision).join(PreparedDecision.registration)
        assert db.session.scalar(left.where(Registration.state == State.WITHDRAWN)) == 0
        db.session.remove()
