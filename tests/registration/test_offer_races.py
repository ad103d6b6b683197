"""Offers under load: real threads on a committed database. Nothing is oversold, nobody in line is passed over."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.registration import actions, deciding, line, offers, queries
from eventhub.registration.models import Outcome, Registration, SeatOffer, State
from tests.factories.people import make_person
from tests.factories.registration import intake, make_dialogue, make_forum, register
from tests.registration.test_races import counted, each_at_once, people
from tests.registration.test_races import register as registering

pytestmark = pytest.mark.lane

CROWD = 200
SERVED = 24
ROUNDS = 4


def test_two_hundred_withdrawals_and_requests_at_once(committed: Flask) -> None:
    """A hundred who have a place withdraw while a hundred others ask for one, beside a line of sixty."""
    slug, ids = people(committed, lambda: make_dialogue(capacity=100).slug, CROWD + 60)
    seated, waiting, coming = ids[:100], ids[100:160], ids[160:]
    register_all(committed, slug, [*seated, *waiting])
    before = order(committed)
    assert len(before) == 60

    def either(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        if person_id in seated:
            return actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True)).state.value
        return registering(slug)(person_id)

    ended = each_at_once(committed, either, [*seated, *coming], served=SERVED)
    assert ended[State.WITHDRAWN.value] == 100
    assert sum(ended.values()) == CROWD
    states = states_of(committed)
    assert counted(committed, slug) == (100, 100)
    assert states[State.ACCREDITED] + states[State.OFFERED] == 100
    assert states[State.WAITLISTED] == 60
    with committed.app_context():
        got = set(db.session.scalars(select(SeatOffer.registration_id)))
        db.session.remove()
    assert set(before) <= got, "all sixty who waited first were offered a place before anybody who came later"
    assert not set(order(committed)) & got
    in_order(committed)


def test_accepting_and_lapsing_at_the_same_instant(committed: Flask) -> None:
    """One of the two happens, never both; the seat has one holder either way."""
    seen: Counter[str] = Counter()
    over = now() + timedelta(days=10)
    for _ in range(ROUNDS):
        slug, offer_id, person_id = an_offer(committed)

        def either(which: uuid.UUID, offer_id: uuid.UUID = offer_id, person_id: uuid.UUID = person_id) -> str:
            if which == person_id:
                offers.accept(db.session.get_one(Person, person_id), db.session.get_one(SeatOffer, offer_id))
                return "accepted"
            return f"lapsed {offers.lapse(over)}"

        ended = each_at_once(committed, either, [person_id, uuid.uuid4()])
        assert ended in ({"accepted": 1, "lapsed 0": 1}, {"OfferClosed": 1, "lapsed 1": 1})
        seen.update(ended)
        one = registration_of(committed, person_id)
        assert (one.state is State.ACCREDITED) == ("accepted" in ended)
        open_offers = 0 if "accepted" in ended else 1
        assert seats_and_offers(committed, slug) == (1, 1, open_offers)
        close(committed)
    assert seen.total() == 2 * ROUNDS


def test_accepting_twice_is_accepting_once(committed: Flask) -> None:
    slug, offer_id, person_id = an_offer(committed)

    def accept(_which: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        return offers.accept(person, db.session.get_one(SeatOffer, offer_id)).state.value

    assert each_at_once(committed, accept, [uuid.uuid4() for _ in range(20)]) == {State.ACCREDITED.value: 20}
    one = registration_of(committed, person_id)
    with committed.app_context():
        moves = list(db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == one.id)))
        tasks = [
            row.task for row in db.session.scalars(select(Promise)) if row.payload.get("registration_id") == str(one.id)
        ]
        db.session.remove()
    assert moves.count("registration.accredited") == 1
    assert tasks.count("registration.accredited") == tasks.count("registration.accredited_calendar") == 1
    assert counted(committed, slug) == (1, 1)


def test_accepting_and_giving_back_at_once(committed: Flask) -> None:
    for _ in range(ROUNDS):
        slug, offer_id, person_id = an_offer(committed)

        def either(which: uuid.UUID, offer_id: uuid.UUID = offer_id, person_id: uuid.UUID = person_id) -> str:
            person, offer = db.session.get_one(Person, person_id), db.session.get_one(SeatOffer, offer_id)
            return (offers.accept if which == person_id else offers.give_back)(person, offer).state.value

        ended = each_at_once(committed, either, [person_id, uuid.uuid4()])
        assert ended in ({"accredited": 1, "OfferClosed": 1}, {"withdrawn": 1, "OfferClosed": 1})
        assert seats_and_offers(committed, slug) == (1, 1, int("withdrawn" in ended))
        close(committed)


def test_officers_offering_the_same_seat(committed: Flask) -> None:
    """One seat, two people in line, ten officers each: one offer is made."""
    with committed.app_context(), unit_of_work():
        event = make_forum(capacity=1, data=None, offers_by_hand=True)
        slug, officer = event.slug, make_person()
        one, two = register(event), register(event)
        deciding.decide(officer, [one, two], State.WAITLISTED, "over_quota")
        ids, officer_id, event_id = (one.id, two.id), officer.id, event.id

    def offer(which: uuid.UUID) -> str:
        rows = [db.session.get_one(Registration, ids[which.int % 2])]
        return f"offered {offers.offer_by_hand(db.session.get_one(Person, officer_id), event_id, rows, 'First')}"

    ended = each_at_once(committed, offer, [uuid.uuid4() for _ in range(20)])
    assert ended["offered 1"] == 1
    assert set(ended) <= {"offered 1", "Stale", "NotPossible", "NotEnoughSeats"}
    assert seats_and_offers(committed, slug) == (1, 1, 1)


def test_a_decision_meets_a_withdrawal_and_nobody_waits_in_a_circle(committed: Flask) -> None:
    """Officers decide on the first in line while those who have the places withdraw: all end within seconds."""
    with committed.app_context(), unit_of_work():
        event = make_forum(capacity=20, data=None)
        officer, persons = make_person(), [make_person() for _ in range(40)]
        rows = [register(event, person) for person in persons]
        deciding.decide(officer, rows[:20], State.ACCREDITED, "complete")
        deciding.decide(officer, rows[20:], State.WAITLISTED, "over_quota")
        slug, officer_id, everybody = event.slug, officer.id, [one.id for one in persons]
        seated, waiting = (
            [one.id for one in persons[:20]],
            {one.id: row.id for one, row in zip(persons, rows, strict=True)},
        )

    def either(person_id: uuid.UUID) -> str:
        if person_id in seated:
            person = db.session.get_one(Person, person_id)
            return actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True)).state.value
        row = db.session.get_one(Registration, waiting[person_id])
        deciding.decide(db.session.get_one(Person, officer_id), [row], State.ACCREDITED, "complete")
        return "decided"

    ended = each_at_once(committed, either, everybody)
    assert ended[State.WITHDRAWN.value] == 20
    assert set(ended) <= {State.WITHDRAWN.value, "decided", "Stale", "NotPossible", "OutOfTurn", "NotEnoughSeats"}
    taken, held = counted(committed, slug)
    assert taken == held <= 20
    in_order(committed)


def test_without_the_lock_of_the_line_people_are_passed_over(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with rows that somebody works on passed over, as one could have written it, the order breaks."""

    def careless(event_id: uuid.UUID, limit: int | None, _left: object, **_only: object) -> list[Registration]:
        rows = select(Registration).where(*line.in_line(event_id)).order_by(*line.ORDER).limit(limit)
        return list(db.session.scalars(rows.with_for_update(skip_locked=True)))

    assert while_the_first_types(committed) == (State.OFFERED, State.WAITLISTED)
    monkeypatch.setattr(line, "first_in_line", careless)
    assert while_the_first_types(committed) == (State.WAITLISTED, State.OFFERED)


def while_the_first_types(app: Flask) -> tuple[State, State]:
    """The only seat is given back while the first of two in line changes an answer: where both stand then."""
    slug, ids = people(app, lambda: make_dialogue(capacity=1).slug, 3)
    register_all(app, slug, ids)
    held, freed = threading.Event(), threading.Event()

    def typing() -> None:
        with app.test_request_context():
            with unit_of_work():
                queries.intake(slug, db.session.get_one(Person, ids[1]), lock=True)
                held.set()
                freed.wait(2)
            db.session.remove()

    def leaving() -> None:
        held.wait(10)
        with app.test_request_context():
            with unit_of_work():
                person = db.session.get_one(Person, ids[0])
                actions.withdraw(person, queries.intake(slug, person, lock=True, seats=True))
            freed.set()
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(typing), pool.submit(leaving)]:
            done.result(60)
    return registration_of(app, ids[1]).state, registration_of(app, ids[2]).state


def register_all(app: Flask, slug: str, ids: list[uuid.UUID]) -> None:
    """One after the other."""
    for person_id in ids:
        with app.test_request_context():
            with unit_of_work():
                registering(slug)(person_id)
            db.session.remove()


def an_offer(app: Flask) -> tuple[str, uuid.UUID, uuid.UUID]:
    """A dialogue of one seat, offered to the first of two who wait: slug, offer, person."""
    with app.app_context(), unit_of_work():
        event, first, second = make_dialogue(capacity=1, data=None), make_person(), make_person()
        register(event, first)
        mine = register(event, second)
        register(event)
        actions.withdraw(first, intake(event, first))
        offer = queries.newest_offer(mine)
        assert offer is not None
        return event.slug, offer.id, second.id


def close(app: Flask) -> None:
    """Nothing that a later round would meet."""
    with app.app_context(), unit_of_work():
        for offer in db.session.scalars(select(SeatOffer).where(SeatOffer.closed_at.is_(None))):
            offer.closed_at, offer.outcome = now(), Outcome.TAKEN_BACK
        for one in db.session.scalars(select(Registration).where(Registration.state == State.OFFERED)):
            one.state = State.ACCREDITED


def registration_of(app: Flask, person_id: uuid.UUID) -> Registration:
    with app.app_context():
        one = db.session.scalars(select(Registration).where(Registration.person_id == person_id)).one()
        db.session.expunge_all()
        db.session.remove()
    return one


def seats_and_offers(app: Flask, slug: str) -> tuple[int, int, int]:
    """Seats taken, registrations with a seat, open offers, of one event."""
    with app.app_context():
        found = queries.open_intake(slug)
        rows = list(db.session.scalars(select(Registration).where(Registration.event_id == found.event.id)))
        ids = [one.id for one in rows]
        result = found.setup.seats_taken, sum(one.has_seat for one in rows), len(queries.open_offers(ids))
        db.session.remove()
    return result


def states_of(app: Flask) -> Counter[State]:
    with app.app_context():
        states = Counter(db.session.scalars(select(Registration.state)))
        db.session.remove()
    return states


def order(app: Flask) -> list[uuid.UUID]:
    """Who waits, in order."""
    with app.app_context():
        rows = select(Registration.id).where(Registration.state == State.WAITLISTED).order_by(*line.ORDER)
        found = list(db.session.scalars(rows))
        db.session.remove()
    return found


def in_order(app: Flask) -> None:
    """Nobody who was offered a place came later than somebody who still waits."""
    with app.app_context():
        offered = select(line.SINCE).join(SeatOffer, SeatOffer.registration_id == Registration.id)
        last = max(db.session.scalars(offered.where(SeatOffer.offered_by_id.is_(None))))
        waiting = list(db.session.scalars(select(line.SINCE).where(Registration.state == State.WAITLISTED)))
        db.session.remove()
    assert all(one > last for one in waiting)
