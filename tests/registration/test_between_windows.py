"""Between the windows of two categories registration is open to nobody, and a change leads into no closed category."""

from dataclasses import fields
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.delegations.letters import register_by
from eventhub.delegations.models import Delegation
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.actions import EventFacts, edit_event
from eventhub.programme.models import Event
from eventhub.registration import actions, offers, opening, queries
from eventhub.registration.models import RegistrationSetup, SeatOffer, State
from tests.factories.people import make_person, sign_in
from tests.factories.registration import FOR_CATEGORIES, intake, make_dialogue, make_forum, register, take_category
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")

STATE, NGO = "member_state", "ngo_ecosoc"
DAY = timedelta(days=1)


def forum_with_a_gap() -> Event:
    """States register until the second day from now, organizations from the fourth to the sixth."""
    event = make_forum(data=FOR_CATEGORIES)
    take_category(event, STATE, closes_at=now() + 2 * DAY)
    take_category(event, NGO, opens_at=now() + 4 * DAY, closes_at=now() + 6 * DAY)
    return event


def test_nobody_comes_in_between_two_windows(client: FlaskClient) -> None:
    event, person = forum_with_a_gap(), make_person()
    with time_machine.travel(now() + 3 * DAY, tick=False):
        for code in (STATE, NGO):
            with pytest.raises((actions.CategoryClosed, actions.NotOpenYet)):
                actions.register_now(person, person, intake(event, person), {"category": code, "display_name": "A"})
        with pytest.raises(actions.NotOpenYet):
            actions.start_draft(person, person, intake(event, person))
        assert "Registration opens later" in text_of(client.get(f"/en/events/{event.slug}"))
        sign_in(client, person)
        assert client.get(f"/en/events/{event.slug}/register").status_code == 200
    with time_machine.travel(now() + 5 * DAY, tick=False):
        with pytest.raises(actions.CategoryClosed):
            actions.register_now(person, person, intake(event, person), {"category": STATE, "display_name": "A"})
        made = actions.register_now(person, person, intake(event, person), {"category": NGO, "display_name": "A"})
        assert made.state is State.UNDER_REVIEW


@pytest.mark.parametrize("days", [1, 3, 8])
def test_whoever_was_asked_for_more_moves_into_no_closed_category(days: int) -> None:
    event = forum_with_a_gap()
    mine = register(event, category=STATE, display_name="A")
    mine.state = State.INFO_REQUESTED
    db.session.flush()
    person = db.session.get_one(Person, mine.person_id)
    with time_machine.travel(now() + days * DAY, tick=False), pytest.raises(actions.CategoryClosed):
        actions.amend(person, intake(event, person), {"category": NGO})


def test_times_of_the_event_leave_every_category_a_window() -> None:
    event, staff = make_forum(data=FOR_CATEGORIES), make_person()
    setup = db.session.get_one(RegistrationSetup, event.id)
    setup.opens_at, setup.closes_at = now() + DAY, now() + 10 * DAY
    take_category(event, STATE, opens_at=now() + 5 * DAY)
    with pytest.raises(opening.ClosesTooEarly) as refused:
        opening.set_up(staff, event, setup=setup, closes_at=now() + 3 * DAY)
    assert refused.value.field == "closes_at"
    assert isinstance(refused.value, opening.CategoryClosesTooEarly)


def test_a_delegation_reads_the_deadline_of_its_category(client: FlaskClient) -> None:
    event = forum_with_a_gap()
    with client.application.test_request_context("/en/"):
        of_states = register_by(Delegation(category=STATE), event, "en")
        assert of_states != register_by(Delegation(category=NGO), event, "en")
        with time_machine.travel(now() + 3 * DAY, tick=False):
            assert register_by(Delegation(category=STATE), event, "en") is None


def test_an_event_that_begins_earlier_ends_its_offers(client: FlaskClient) -> None:
    event = make_dialogue(capacity=1)
    people = [make_person() for _ in range(2)]
    for one in people:
        actions.register_now(one, one, intake(event, one), {"display_name": "A"})
    actions.withdraw(people[0], queries.intake(event.slug, people[0], lock=True, seats=True))
    db.session.flush()
    db.session.expunge_all()
    event, offer = db.session.scalars(select(Event)).one(), db.session.scalars(select(SeatOffer)).one()
    facts = {one.name: getattr(event, one.name) for one in fields(EventFacts)}
    earlier = EventFacts(**facts | {"first_day": now().date()})
    edit_event(make_person(), event, facts=earlier, version=event.version, sessions=[], move_sessions=False)
    db.session.flush()
    assert "programme.days_moved" in db.session.scalars(select(Promise.task)).all()
    with pytest.raises(offers.OfferClosed):
        offers.accept(make_person(), offer)


def test_an_offer_that_lapses_out_of_the_line_leaves_the_calendar_too() -> None:
    event = make_dialogue(capacity=1)
    db.session.get_one(RegistrationSetup, event.id).leaves_on_lapse = True
    people = [make_person() for _ in range(2)]
    first, second = [actions.register_now(one, one, intake(event, one), {"display_name": "A"}) for one in people]
    actions.withdraw(people[0], queries.intake(event.slug, people[0], lock=True, seats=True))
    offer = db.session.scalars(select(SeatOffer)).one()
    offers.lapse(offer.until + timedelta(seconds=1))
    assert (first.state, second.state) == (State.WITHDRAWN, State.WITHDRAWN)
    gone = db.session.scalars(select(Promise.payload).where(Promise.task == "registration.withdrawn_calendar"))
    assert str(second.id) in {one["registration_id"] for one in gone}
