"""A machine that registers, withdraws, decides, takes back, takes up again, asks, writes, resizes, offers, answers,
changes how people take part or come together, lets people come or takes that back, and lets time pass at random: no
registration moves otherwise than the table says, seats are never negative, never too many, and always as many as the
registrations that hold one, of each way as well; and where places are offered by themselves nobody is offered one while
somebody who waits longer for the same place is not.
"""

import contextlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, domain_error_of
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Mode
from eventhub.registration import actions, admission, deciding, doors, line, offers, opening, queries, switching, thread
from eventhub.registration.models import (
    CORRECTIONS,
    MOVES,
    SEATED,
    Message,
    ModePlaces,
    Registration,
    RegistrationSetup,
    SeatAt,
    SeatOffer,
    State,
)
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue, make_forum

WAY = ("in_person", "remote_listening")
WAYS: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "Taking part",
            "questions": [
                {
                    "id": "q1",
                    "key": "attendance_mode",
                    "kind": "choice",
                    "label": "How?",
                    "options": [{"id": way, "label": way} for way in WAY],
                }
            ],
        }
    ]
}


class Desk(RuleBasedStateMachine):
    """One event and the people round it. Every step is undone whole when an expected error stops it."""

    people: Bundle[Person] = Bundle("people")

    @initialize(
        target=people,
        capacity=st.integers(min_value=1, max_value=4),
        beyond=st.integers(min_value=2, max_value=5),
        accredits=st.booleans(),
        waiting_list=st.sampled_from([True, True, True, False]),
        seat_at=st.sampled_from(SeatAt),
        by_hand=st.sampled_from([False, False, True]),
        leaves=st.booleans(),
        room=st.sampled_from([None, 1, 2]),
    )
    def open(
        self,
        capacity: int,
        beyond: int,
        accredits: bool,
        waiting_list: bool,
        seat_at: SeatAt,
        by_hand: bool,
        leaves: bool,
        room: int | None,
    ) -> object:
        """The event, and people there from the start: as many as there are seats, and some more who wait."""
        make = make_forum if accredits else make_dialogue
        given = {"seat_at": seat_at} if accredits else {}
        self.event = make(
            capacity=capacity,
            data=WAYS,
            waiting_list=waiting_list,
            offers_by_hand=by_hand,
            leaves_on_lapse=leaves,
            **given,
        )
        self.event.mode = Mode.HYBRID
        self.officer = make_person()
        admission.limit_ways(self.officer, self.event, {"in_person": room})
        self.asked: list[State] = []
        self.line: list[uuid.UUID] = []
        self.waited: dict[uuid.UUID, object] = {}
        there = [make_person() for _ in range(capacity + beyond)]
        for number, person in enumerate(there):
            self.register(person, WAY[number % 2])
        rows = [found for found in map(self.registration_of, there) if found is not None]
        if accredits and seat_at is SeatAt.ACCREDITATION:
            for one in rows[:capacity]:
                with self.undone_on_error():
                    deciding.decide(self.officer, [one], State.ACCREDITED, "complete")
            rest = [one for one in rows if one.state is not State.ACCREDITED]
            deciding.decide(self.officer, rest, State.WAITLISTED, "over_quota")
        return multiple(*there)

    @rule(target=people)
    def arrive(self) -> object:
        return make_person()

    @rule(person=people, way=st.sampled_from(WAY))
    def register(self, person: Person, way: str) -> None:
        with self.undone_on_error():
            actions.register_now(person, person, self.intake(person), {"attendance_mode": way})

    @rule(person=people, way=st.sampled_from(WAY))
    def change_way(self, person: Person, way: str) -> None:
        with self.undone_on_error():
            actions.amend(person, self.intake(person), {"attendance_mode": way})

    @rule(room=st.sampled_from([None, 1, 2, 3]))
    def limit_the_room(self, room: int | None) -> None:
        with self.undone_on_error():
            admission.limit_ways(self.officer, self.event, {"in_person": room})

    @rule(which=st.sampled_from([Mode.HYBRID, Mode.IN_PERSON]))
    def switch(self, which: Mode) -> None:
        db.session.refresh(self.event)
        with self.undone_on_error():
            due = now() + timedelta(days=3)
            switching.switch(self.officer, self.event, which, due, version=self.event.version)

    @rule(person=people)
    def choose_again(self, person: Person) -> None:
        with self.undone_on_error():
            switching.choose_way(person, self.intake(person), "in_person")

    @rule(person=people)
    def begin(self, person: Person) -> None:
        with self.undone_on_error():
            actions.start_draft(person, person, self.intake(person))

    @rule(person=people)
    def withdraw(self, person: Person) -> None:
        with self.undone_on_error():
            actions.withdraw(person, self.intake(person))

    @rule(chosen=st.lists(people, min_size=1, max_size=4, unique_by=id), outcome=st.sampled_from(deciding.OUTCOMES))
    def decide(self, chosen: list[Person], outcome: State) -> None:
        rows = select(Registration).where(Registration.person_id.in_([one.id for one in chosen]))
        with self.undone_on_error():
            deciding.decide(self.officer, list(db.session.scalars(rows)), outcome, "other")

    @rule(which=st.integers(min_value=0, max_value=9))
    def take_back(self, which: int) -> None:
        person = self.one_of(which, State.ACCREDITED)
        mine = self.registration_of(person) if person else None
        if mine is not None:
            with self.undone_on_error():
                deciding.decide(self.officer, [mine], State.REVOKED, "other")

    @rule(person=people)
    def take_up_again(self, person: Person) -> None:
        mine = self.registration_of(person)
        if mine is not None:
            with self.undone_on_error():
                deciding.take_up_again(self.officer, mine, "An appeal")

    @rule(person=people)
    def ask(self, person: Person) -> None:
        mine = self.registration_of(person)
        if mine is not None:
            with self.undone_on_error():
                thread.ask(self.officer, mine, db.session.get_one(SealKey, person.seal_key_id), "Where is the letter?")

    @rule(person=people)
    def write(self, person: Person) -> None:
        with self.undone_on_error():
            thread.answer(person, self.intake(person), "Here it is")

    @invariant()
    def every_move_stands_in_the_table(self) -> None:
        if not hasattr(self, "event"):
            return
        ids = select(Registration.id).where(Registration.event_id == self.event.id)
        moves = {f"registration.{state.value}": state for state in State}
        rows = select(AuditEntry).where(
            AuditEntry.subject_id.in_(ids), AuditEntry.verb.in_([*moves, "registration.entry_undone"])
        )
        now_in: dict[uuid.UUID, State] = {}
        for row in db.session.scalars(rows.order_by(AuditEntry.id)):
            # An entry that was a mistake says itself where it leads back to.
            state = moves.get(row.verb) or State(row.detail["back"])
            before = now_in.get(row.subject_id)
            assert before is None or state in MOVES[before] | CORRECTIONS.get(before, frozenset())
            now_in[row.subject_id] = state
        for one in db.session.scalars(select(Registration).where(Registration.event_id == self.event.id)):
            assert one.id not in now_in or one.state is now_in[one.id]
            if one.answered_at is not None:
                assert one.state is not State.INFO_REQUESTED
                assert db.session.scalar(select(Message.id).where(Message.registration_id == one.id).limit(1))

    @rule(capacity=st.one_of(st.none(), st.integers(min_value=1, max_value=6)))
    def resize(self, capacity: int | None) -> None:
        setup = db.session.get_one(RegistrationSetup, self.event.id)
        if capacity is None or capacity >= setup.seats_taken:
            with self.undone_on_error():
                opening.set_up(self.officer, self.event, setup=setup, capacity=capacity)

    @rule(which=st.integers(min_value=0, max_value=9))
    def leave_a_seat(self, which: int) -> None:
        person = self.one_of(which, State.ACCREDITED, State.UNDER_REVIEW)
        if person is not None:
            self.withdraw(person)

    @rule(which=st.integers(min_value=0, max_value=9), accepts=st.booleans())
    def answer(self, which: int, accepts: bool) -> None:
        person = self.one_of(which, State.OFFERED)
        mine = self.registration_of(person) if person else None
        offer = queries.newest_offer(mine) if mine else None
        if person is not None and offer is not None:
            with self.undone_on_error():
                (offers.accept if accepts else offers.give_back)(person, offer)

    @rule(which=st.integers(min_value=0, max_value=9))
    def come(self, which: int) -> None:
        person = self.one_of(which, State.ACCREDITED)
        mine = self.registration_of(person) if person else None
        if mine is not None:
            doors.attend(self.officer, mine)
            assert mine.state is State.ATTENDED
            db.session.flush()

    @rule(which=st.integers(min_value=0, max_value=9))
    def take_back_that_somebody_came(self, which: int) -> None:
        person = self.one_of(which, State.ATTENDED)
        mine = self.registration_of(person) if person else None
        if mine is not None:
            doors.take_back(self.officer, mine, gate="2026-11-26", text="The wrong badge", came=False)
            assert mine.state is State.ACCREDITED

    @rule()
    def time_passes(self) -> None:
        offers.lapse(now() + timedelta(days=30))

    @rule(chosen=st.lists(people, min_size=1, max_size=3, unique_by=id), text=st.sampled_from([None, "The speaker"]))
    def offer(self, chosen: list[Person], text: str | None) -> None:
        rows = [found for found in map(self.registration_of, chosen) if found is not None]
        with self.undone_on_error():
            offers.offer_by_hand(self.officer, self.event.id, rows, text)

    @rule(by_hand=st.booleans())
    def change_hands(self, by_hand: bool) -> None:
        setup = db.session.get_one(RegistrationSetup, self.event.id)
        with self.undone_on_error():
            opening.set_up(self.officer, self.event, setup=setup, offers_by_hand=by_hand)

    @invariant()
    def each_offer_is_open_and_nobody_was_passed_over(self) -> None:
        if not hasattr(self, "event"):
            return
        db.session.expire_all()
        setup = db.session.get_one(RegistrationSetup, self.event.id)
        here = Registration.event_id == self.event.id
        offered = set(db.session.scalars(select(Registration.id).where(here, Registration.state == State.OFFERED)))
        rows = select(SeatOffer.registration_id).join(SeatOffer.registration).where(here, SeatOffer.closed_at.is_(None))
        open_now = list(db.session.scalars(rows))
        assert sorted(open_now) == sorted(offered)
        now_in_line = list(
            db.session.scalars(select(Registration.id).where(*line.in_line(self.event.id)).order_by(*line.ORDER))
        )
        if not setup.offers_by_hand:
            # Those who left the line for an offer were its first: nobody who stood before them still waits.
            left_for_a_place = [one for one in self.line if one in offered]
            rows_now = {one.id: one.attendance_mode for one in db.session.scalars(select(Registration).where(here))}
            for one in left_for_a_place:
                before = self.line[: self.line.index(one)]
                # Whoever waits on wants a place of a way that is full; the seat may have been another one's since.
                skipped = [rows_now[each] for each in before if each in now_in_line]
                assert not set(skipped) - self.limited()
        kept = [one for one in self.line if one in now_in_line]
        anew = [one for one in kept if self.since(one) != self.waited.get(one)]
        assert [one for one in kept if one not in anew] == [
            one for one in now_in_line if one in kept and one not in anew
        ]
        self.line, self.waited = now_in_line, {one: self.since(one) for one in now_in_line}

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
                assert registration.state in {State.UNDER_REVIEW, State.INFO_REQUESTED}
                assert setup.seat_at is SeatAt.SUBMISSION
            if registration.state is State.WAITLISTED and setup.seats_at_once and not setup.offers_by_hand:
                assert setup.seats_taken == setup.capacity or self.is_full(registration.attendance_mode)
        for places in db.session.scalars(select(ModePlaces).where(ModePlaces.event_id == self.event.id)):
            mine = here, Registration.attendance_mode == places.code, Registration.has_seat.is_(True)
            assert places.seats_taken == db.session.scalar(select(func.count()).where(*mine))
            assert 0 <= places.seats_taken <= places.quota

    def is_full(self, way: str | None) -> bool:
        places = db.session.get(ModePlaces, (self.event.id, way or ""), populate_existing=True)
        return places is not None and places.seats_taken == places.quota

    def limited(self) -> set[str | None]:
        rows = select(ModePlaces.code).where(ModePlaces.event_id == self.event.id)
        return set(db.session.scalars(rows))

    def one_of(self, which: int, *states: State) -> Person | None:
        here = Registration.event_id == self.event.id
        rows = (
            select(Person)
            .join(Registration, Registration.person_id == Person.id)
            .where(here, Registration.state.in_(states), Registration.has_seat)
        )
        found = list(db.session.scalars(rows.order_by(Registration.submitted_at, Registration.id)))
        return found[which % len(found)] if found else None

    def registration_of(self, person: Person) -> Registration | None:
        rows = select(Registration).where(Registration.person_id == person.id, Registration.event_id == self.event.id)
        return db.session.scalars(rows).one_or_none()

    def since(self, registration_id: uuid.UUID) -> object:
        return db.session.scalar(select(line.SINCE).where(Registration.id == registration_id))

    def intake(self, person: Person) -> queries.Intake:
        return queries.intake(self.event.slug, person, lock=True, seats=True)

    @contextlib.contextmanager
    def undone_on_error(self) -> object:  # type: ignore[misc]
        try:
            with db.session.begin_nested():
                yield
        except DomainError:
            pass
        except IntegrityError as error:
            # A bound in the database that has a meaning refuses like an action, as a form does it (kit/forms.py).
            if domain_error_of(error) is None:
                raise


@pytest.mark.usefixtures("database")
def test_seats_always_add_up(app: Flask) -> None:
    with app.app_context():
        run_state_machine_as_test(
            Desk,
            settings=settings(
                max_examples=15,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
