"""Officers and the person at the same moment, on a committed database: one clear outcome, nothing lost or doubled."""

import uuid
from collections import Counter
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.kit.db import db, unit_of_work
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.registration import actions, deciding, queries, thread
from eventhub.registration.models import SEATED, Message, Registration, RegistrationSetup, State
from tests.factories.people import make_person
from tests.factories.registration import make_forum, make_registration
from tests.together import at_once

pytestmark = pytest.mark.lane


def make(app: Flask, state: State, *, number: int = 1, asked: bool = False) -> tuple[str, uuid.UUID, list[uuid.UUID]]:
    """An event's slug, an officer, and registrations in a state; each with a question where one was asked."""
    with app.app_context(), unit_of_work():
        event, officer = make_forum(capacity=number, data=None), make_person()
        rows = [make_registration(event) for _ in range(number)]
        if state is State.ACCREDITED:
            deciding.decide(officer, rows, State.ACCREDITED, "complete")
        for one in rows if asked else ():
            person = db.session.get_one(Person, one.person_id)
            thread.ask(officer, one, db.session.get_one(SealKey, person.seal_key_id), "Where is the letter?")
        return event.slug, officer.id, [one.id for one in rows]


def ask(officer: uuid.UUID, one: uuid.UUID, seen: int, text: str) -> str:
    registration = db.session.get_one(Registration, one)
    person = db.session.get_one(Person, registration.person_id)
    key = db.session.get_one(SealKey, person.seal_key_id)
    thread.ask(db.session.get_one(Person, officer), registration, key, text, seen={one: seen})
    return "asked"


def answer(slug: str, person_id: uuid.UUID) -> str:
    person = db.session.get_one(Person, person_id)
    thread.answer(person, queries.intake(slug, person, lock=True), "Here it is")
    return "answered"


def decide(officer: uuid.UUID, one: uuid.UUID, outcome: State, seen: int | None = None) -> str:
    registration = db.session.get_one(Registration, one)
    versions = None if seen is None else {one: seen}
    deciding.decide(db.session.get_one(Person, officer), [registration], outcome, "other", seen=versions)
    return outcome.value


def row(app: Flask, one: uuid.UUID) -> Registration:
    with app.app_context():
        registration = db.session.get_one(Registration, one)
        db.session.expunge(registration)
        db.session.remove()
        return registration


def messages(app: Flask, one: uuid.UUID) -> Counter[bool]:
    """How many of the desk (True) and of the person (False)."""
    with app.app_context():
        rows = select(Message.by_desk, func.count()).where(Message.registration_id == one).group_by(Message.by_desk)
        found = Counter({one[0]: one[1] for one in db.session.execute(rows)})
        db.session.remove()
        return found


def test_of_officers_who_ask_at_once_one_does_and_the_others_are_shown_it(committed: Flask) -> None:
    _slug, officer, (one,) = make(committed, State.UNDER_REVIEW)
    seen = row(committed, one).version
    ended = at_once(committed, [partial(ask, officer, one, seen, f"Question {number}") for number in range(8)])
    assert ended == {"asked": 1, "Stale": 7}
    assert messages(committed, one) == {True: 1}
    assert row(committed, one).state is State.INFO_REQUESTED


def test_an_answer_and_a_decision_at_once_lose_neither(committed: Flask) -> None:
    for _ in range(6):
        slug, officer, (one,) = make(committed, State.UNDER_REVIEW, asked=True)
        before = row(committed, one)
        ended = at_once(
            committed,
            [partial(answer, slug, before.person_id), partial(decide, officer, one, State.DECLINED, before.version)],
        )
        after = row(committed, one)
        assert ended["answered"] == 1
        assert messages(committed, one) == {True: 1, False: 1}
        assert after.answered_at is not None
        # Whoever was second saw the first: the officer is shown the answer, or the answer stands behind the decision.
        assert after.state is (State.DECLINED if ended["declined"] else State.UNDER_REVIEW)
        assert ended["declined"] + ended["Stale"] == 1


def test_who_withdraws_while_it_is_taken_back_frees_one_place(committed: Flask) -> None:
    slug, officer, ids = make(committed, State.ACCREDITED, number=12)
    persons = [row(committed, one).person_id for one in ids]

    def withdraw(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        return actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True)).state.value

    deeds = [partial(withdraw, person_id) for person_id in persons]
    ended = at_once(committed, [*deeds, *(partial(decide, officer, one, State.REVOKED) for one in ids)])
    assert ended["withdrawn"] + ended["revoked"] == 12
    assert ended["Stale"] + ended["NotPossible"] == 12
    with committed.app_context():
        setup = db.session.scalars(select(RegistrationSetup)).one()
        held = db.session.scalar(select(func.count()).where(Registration.has_seat))
        states = set(db.session.scalars(select(Registration.state)))
        taken = setup.seats_taken
        db.session.remove()
    assert (taken, held) == (0, 0)
    assert not states & SEATED
