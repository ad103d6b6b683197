"""A machine that registers, withdraws, decides and resizes at random: seats are never negative, never too many, and
always as many as the registrations that hold one.
"""

import contextlib

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person
from eventhub.registration import actions, queries
from eventhub.registration.models import SEATED, Registration, RegistrationSetup, SeatAt, State
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue, make_forum


class Desk(RuleBasedStateMachine):
    """One event and the people round it. Every step is undone whole when an expected error stops it."""

    people: Bundle[Person] = Bundle("people")

    @initialize(
        capacity=st.integers(min_value=1, max_value=4),
        accredits=st.booleans(),
        waiting_list=st.booleans(),
        seat_at=st.sampled_from(SeatAt),
    )
    def open(self, capacity: int, accredits: bool, waiting_list: bool, seat_at: SeatAt) -> None:
        make = make_forum if accredits else make_dialogue
        given = {"seat_at": seat_at} if accredits else {}
        self.event = make(capacity=capacity, data=None, waiting_list=waiting_list, **given)
        self.officer = make_person()
        self.asked: list[State] = []

    @rule(target=people)
    def arrive(self) -> object:
        return make_person()

    @rule(person=people)
    def register(self, person: Person) -> None:
        with self.undone_on_error():
            actions.register_now(person, person, self.intake(person), {})

    @rule(person=people)
    def begin(self, person: Person) -> None:
        with self.undone_on_error():
            actions.start_draft(person, person, self.intake(person))

    @rule(person=people)
    def withdraw(self, person: Person) -> None:
        with self.undone_on_error():
            actions.withdraw(person, self.intake(person))

    @rule(chosen=st.lists(people, min_size=1, max_size=4, unique_by=id), outcome=st.sampled_from(actions.OUTCOMES))
    def decide(self, chosen: list[Person], outcome: State) -> None:
        rows = select(Registration).where(Registration.person_id.in_([one.id for one in chosen]))
        with self.undone_on_error():
            actions.decide(self.officer, list(db.session.scalars(rows)), outcome, "other")

    @rule(capacity=st.one_of(st.none(), st.integers(min_value=1, max_value=6)))
    def resize(self, capacity: int | None) -> None:
        setup = db.session.get_one(RegistrationSetup, self.event.id)
        if capacity is None or capacity >= setup.seats_taken:
            with self.undone_on_error():
                actions.set_up(self.officer, self.event, setup=setup, capacity=capacity)

    @invariant()
    def seats_add_up(self) -> None:
        if not hasattr(self, "event"):
            return
        db.session.expire_all()
        setup = db.session.get_one(RegistrationSetup, self.event.id)
        here = Registration.event_id == self.event.id
        held = db.session.scalar(select(func.count()).where(here, Registration.has_seat.is_(True)))
        assert setup.seats_taken == held
        assert setup.seats_taken >= 0
        assert setup.capacity is None or setup.seats_taken <= setup.capacity
        for registration in db.session.scalars(select(Registration).where(here)):
            if registration.state in SEATED:
                assert registration.has_seat
            elif registration.has_seat:
                assert registration.state is State.UNDER_REVIEW
                assert setup.seat_at is SeatAt.SUBMISSION
            if not setup.needs_accreditation and registration.state is State.WAITLISTED:
                assert setup.seats_taken == setup.capacity

    def intake(self, person: Person) -> queries.Intake:
        return queries.intake(self.event.slug, person, lock=True)

    @contextlib.contextmanager
    def undone_on_error(self) -> object:  # type: ignore[misc]
        with contextlib.suppress(DomainError), db.session.begin_nested():
            yield


@pytest.mark.usefixtures("database")
def test_seats_always_add_up(app: Flask) -> None:
    with app.app_context():
        run_state_machine_as_test(
            Desk,
            settings=settings(
                max_examples=25,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
