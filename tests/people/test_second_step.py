"""A second step for whoever wants one (SAFETY.md property 9): then a mailbox alone opens nothing of theirs."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.calendars import actions as calendars
from eventhub.calendars import imip
from eventhub.calendars.models import Invite
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import resets, roles, second_step, totp
from eventhub.people.models import Person, Role, SecondFactor
from eventhub.registration import actions, offers
from eventhub.registration.models import SeatOffer, State
from eventhub.registration.offers import offer_token
from tests.factories.people import make_person, sign_in
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_dialogue, register
from tests.people.visits import come_in, is_in, newest_session, phone_of, send

pytestmark = pytest.mark.usefixtures("database")

PAGE, SETUP, FACTOR = "/en/me/second-step", "/en/second-factor/set-up", "/en/second-factor"


def turn_on(client: FlaskClient, person: Person) -> None:
    """As a person does it: the button, the app, its first code."""
    assert send(client, PAGE).location == SETUP
    answer = send(client, SETUP, code=phone_of(person).now())
    assert answer.location == "/en/second-factor/recovery-codes"


def with_second_step(client: FlaskClient, **given: object) -> Person:
    person = make_person(**given)
    sign_in(client, person)
    turn_on(client, person)
    return person


def owed(task: str) -> int:
    return db.session.query(Promise).filter_by(task=task).count()


def test_the_mailbox_alone_opens_nothing_any_more(app: Flask, client: FlaskClient) -> None:
    person = make_person()
    elsewhere = app.test_client()
    sign_in(elsewhere, person)
    sign_in(client, person)
    turn_on(client, person)
    assert is_in(client)
    assert not is_in(elsewhere), "who came by the mailbox alone is signed out"
    assert owed("people.second_factor_set_up") == 1

    thief = app.test_client()
    assert come_in(thief, str(person.email)).location == FACTOR
    for path in ("/en/me", "/en/me/data", "/en/me/devices", PAGE, "/en/me/profile"):
        assert thief.get(path).location.partition("?")[0] == FACTOR, path
    assert thief.get(SETUP).location == FACTOR, "no phone of his own"
    assert send(thief, FACTOR, code="000000").status_code == 422
    codes = totp.recovery_codes(person, db.session.query(SecondFactor).one())
    assert send(thief, FACTOR, code=codes[0]).status_code == 303
    assert is_in(thief)


def test_nothing_is_asked_for_until_the_first_code(app: Flask, client: FlaskClient) -> None:
    person = make_person()
    sign_in(client, person)
    send(client, PAGE)
    assert send(client, SETUP, code="000000").status_code == 422
    assert not person.asks_second_step
    other = app.test_client()
    assert come_in(other, str(person.email)).location == "/en/me"
    assert other.get(SETUP).location == PAGE, "what another session began is not shown here"


def test_it_is_turned_off_with_a_code_alone(app: Flask, client: FlaskClient) -> None:
    person = with_second_step(client)
    codes = totp.recovery_codes(person, db.session.query(SecondFactor).one())
    assert send(client, PAGE, code="123456").status_code == 422
    assert person.asks_second_step
    assert send(client, PAGE, code=codes[1]).location == "/en/me/devices"
    assert not person.asks_second_step
    assert db.session.query(SecondFactor).count() == 0
    assert owed("people.second_step_ended") == 1
    assert come_in(app.test_client(), str(person.email)).location == "/en/me"


def test_staff_have_no_choice(client: FlaskClient) -> None:
    person = with_second_step(client)
    roles.grant_role(None, person, role=Role.CHECK_IN)
    db.session.flush()
    page = client.get(PAGE).get_data(as_text=True)
    assert "always asked for" in page
    assert "<form" not in re.sub(r"(?s)<(header|footer).*?</\1>", "", page)
    with pytest.raises(Exception, match="NotFound"):
        second_step.end(person, newest_session(person))


def test_two_administrators_clear_it_and_the_mail_is_enough_again(app: Flask, client: FlaskClient) -> None:
    person = with_second_step(client)
    resets.reset_by_hand(person, "Lost everything")
    assert not person.asks_second_step
    assert not is_in(client)
    assert come_in(app.test_client(), str(person.email)).location == "/en/me"


@pytest.mark.parametrize("discreet", [False, True])
def test_links_that_need_no_sign_in_ask_for_one(client: FlaskClient, *, discreet: bool) -> None:
    person = with_second_step(client, discreet=discreet)
    event, first = make_dialogue(capacity=1), make_person()
    calendars.follow_session(make_session(event))
    register(event, first)
    mine = register(event, person)
    actions.withdraw(first, intake(event, first))
    offers.fill(event.id, 0)
    db.session.flush()
    offer = db.session.query(SeatOffer).one()
    thief = client.application.test_client()
    for answer in (thief.get(f"/en/offers/{offer_token(offer)}"), thief.post(f"/en/offers/{offer_token(offer)}")):
        assert answer.status_code == 303
        led = "/en/me" if discreet else f"/en/me/registrations/{mine.reference}/offer"
        assert answer.location == led
    assert thief.get(led).location.startswith("/en/sign-in")
    assert mine.state is State.OFFERED

    offers.accept(person, offer)
    calendars.on_accredited(mine)
    db.session.flush()
    for invite in db.session.query(Invite).filter_by(person_id=person.id):
        answer = thief.post(f"/en/invites/{imip.invite_token(invite)}", data={"answer": "no"})
        assert (answer.status_code, answer.location) == (303, "/en/me/sessions")
