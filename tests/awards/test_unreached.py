"""Somebody without a mailbox is chosen: the helper and the desk read the letter, and one of them notes the answer."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, letters, queries
from eventhub.awards.models import Award, Outcome
from eventhub.funding.models import Application, State
from eventhub.helping.models import Charge
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.reference import new_reference
from tests.delegations.scene import send
from tests.delegations.test_journeys import browser
from tests.factories.awards import make_award, make_fund
from tests.factories.funding_desk import fund_officer
from tests.factories.helping import fill_in, name_people
from tests.factories.people import make_person, sign_in
from tests.factories.registration import make_forum

pytestmark = pytest.mark.usefixtures("database")


def helped() -> tuple[Award, Charge, Person]:
    """An offer to a person without an account, her place on the list of whoever applied for her, and that helper."""
    event, helper = make_forum(), make_person(name="Hodan Helper")
    (charge,) = name_people(event, helper, "Amina Yusuf")
    fill_in(event, helper, charge)
    fund = make_fund()
    fund.call.event_id = event.id
    person = db.session.get_one(Person, charge.person_id)
    award = make_award(fund, person=person)
    award.application.reference = new_reference("AW1")
    db.session.flush()
    return award, charge, helper


def test_a_helper_finds_the_grant_reads_it_and_accepts(app: Flask) -> None:
    award, charge, helper = helped()
    award.application.call.closes_at = now() - timedelta(days=3)
    theirs = browser(app, helper)
    reference = award.application.reference
    mine = f"/en/me/applications/{reference}?for={charge.id}"
    assert mine in theirs.get(f"/en/me/people/{charge_slug(charge)}/{charge.id}").text
    grant = f"/en/me/grants/{reference}?for={charge.id}"
    assert grant in theirs.get(mine).text
    page = theirs.get(grant).text
    assert "You fill this in for <strong><bdi>Amina Yusuf</bdi></strong>" in page
    assert "Accept the grant" in page
    asked = send(theirs, grant, answer="ask")
    assert f"for={charge.id}" in asked.text
    assert send(theirs, grant, answer="accept").headers["Location"].endswith(grant)
    assert queries.award(award.id).outcome is Outcome.ACCEPTED
    actor_id = db.session.scalar(
        select(AuditEntry.actor_id).where(
            AuditEntry.subject_id == award.application_id, AuditEntry.verb == "funding.accepted"
        )
    )
    assert actor_id == helper.id
    assert browser(app, make_person()).get(grant).status_code == 404
    assert theirs.get(f"/en/me/grants/{reference}").status_code == 404
    charge.claimed_at = now()
    db.session.flush()
    assert theirs.get(grant).status_code == 404


def charge_slug(charge: Charge) -> str:
    return db.session.get_one(Event, charge.event_id).slug


def test_word_goes_to_the_helper_and_names_nothing() -> None:
    award, charge, helper = helped()
    letter = letters.about("offered", award)
    assert letter is not None
    assert letter.to == helper.email
    assert letter.discreet
    text = letters.preview(letter).text
    assert str(charge.id) in text
    assert "Amina" not in text
    assert "grant" not in text
    application = award.application
    told = letters.decided(application, application.person, application.call, "budget")
    assert told is not None
    assert told.to == helper.email
    charge.left_at = now()
    db.session.flush()
    assert letters.about("offered", award) is None


def test_an_officer_reads_the_letter_to_hand_over(client: FlaskClient) -> None:
    fund = make_fund()
    award = make_award(fund, person=make_person(email=None, name="Nobody Online"))
    sign_in(client, fund_officer(fund.call))
    page = client.get(f"/en/console/funds/{fund.call.slug}/grants/{award.id}").text
    assert "The letter, to print or to read out" in page
    assert "Your application has been selected" in page
    assert "/awaited/" not in page
    assert "needs no account" not in page
    awarding.withdraw(fund.officer, queries.award(award.id, lock=True))
    assert "to read out" not in client.get(f"/en/console/funds/{fund.call.slug}/grants/{award.id}").text


def test_a_no_is_noted_after_the_days_and_before_the_clock() -> None:
    fund = make_fund()
    award = make_award(fund)
    award.accept_by = now() - timedelta(minutes=1)
    awarding.withdraw(fund.officer, award, text="Told us by telephone")
    assert award.outcome is Outcome.DECLINED
    assert db.session.get_one(Application, award.application_id).state is State.DECLINED_BY_APPLICANT
    assert award.committed == 0


def test_an_offer_stands_until_a_day_ends() -> None:
    fund = make_fund()
    award = make_award(fund)
    assert award.accept_by is not None
    here = award.accept_by.astimezone(ZoneInfo(fund.call.time_zone))
    assert (here.hour, here.minute) == (23, 59)
    assert award.accept_by >= now() + timedelta(days=6, hours=23)
