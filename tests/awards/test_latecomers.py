"""Whoever has accepted a grant registers for its event after registration closed, as long as it has not begun."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, leaving
from eventhub.funding import attending
from eventhub.funding.attending import Step
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import actions, latecomers, opening, queries
from eventhub.registration.models import Registration, RegistrationSetup
from eventhub.registration.models import State as Registered
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import make_person, sign_in
from tests.factories.registration import intake, make_dialogue
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


def closed() -> tuple[Event, Money]:
    """An event in three weeks that takes no registrations any more, and a fund for it."""
    event = make_dialogue(data=None)
    event.first_day = event.last_day = now().date() + timedelta(days=21)
    setup = db.session.scalars(select(RegistrationSetup).where(RegistrationSetup.event_id == event.id)).one()
    setup.opens_at, setup.closes_at, setup.grace_hours = now() - timedelta(days=9), now() - timedelta(days=2), 0
    db.session.flush()
    return event, make_fund(event=event)


def granted(fund: Money, state: State = State.ACCEPTED) -> Person:
    return make_award(fund, state).application.person


def test_whoever_holds_a_grant_registers_late(client: FlaskClient) -> None:
    event, fund = closed()
    person = sign_in(client, granted(fund))
    page = text_of(client.get(f"/en/events/{event.slug}/register"))
    assert "Registration is closed" not in page
    there = attending.of_person(person.id, fund.call)
    assert there is not None
    assert (there.step, there.closes_at) == (Step.REGISTER, latecomers.last_minute(event))
    found = queries.intake(event.slug, person)
    begun = actions.start_draft(person, person, found)
    assert begun.registration is not None
    assert opening.expire_drafts(now()) == 0, "what is begun late stays until the event begins"
    sent = actions.submit(person, queries.intake(event.slug, person))
    assert sent.reference
    there = attending.of_person(person.id, fund.call)
    assert there is not None
    assert there.step is not Step.REGISTER


def test_nobody_else_does(client: FlaskClient) -> None:
    event, fund = closed()
    for person in (make_person(), granted(fund, State.OFFERED), granted(make_fund())):
        with pytest.raises(actions.Closed):
            actions.start_draft(person, person, intake(event, person))
    gone = make_award(fund, State.ACCEPTED)
    leaving.leave(gone.application.person, gone)
    cancelled = make_award(fund, State.ACCEPTED)
    awarding.cancel(fund.officer, cancelled)
    for award in (gone, cancelled):
        person = award.application.person
        with pytest.raises(actions.Closed):
            actions.start_draft(person, person, intake(event, person))
    sign_in(client, make_person())
    assert "Registration is closed" in text_of(client.get(f"/en/events/{event.slug}/register"))


def test_not_once_the_event_has_begun() -> None:
    event, fund = closed()
    person = granted(fund)
    actions.start_draft(person, person, intake(event, person))
    event.first_day = now().date()
    db.session.flush()
    assert opening.expire_drafts(now()) == 1
    row = db.session.scalars(select(Registration).where(Registration.person_id == person.id)).one()
    assert row.state is Registered.EXPIRED
    with pytest.raises(actions.Closed):
        actions.start_draft(person, person, intake(event, person))


def test_what_was_sent_is_changed_until_the_deadline_of_all() -> None:
    event, fund = closed()
    person = granted(fund)
    actions.start_draft(person, person, intake(event, person))
    actions.submit(person, intake(event, person))
    assert not queries.may_amend(intake(event, person), now())
