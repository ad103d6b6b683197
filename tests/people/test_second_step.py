"""A second step for whoever wants one (SAFETY.md property 9): then a mailbox alone opens nothing of theirs."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.calendars import actions as calendars
from eventhub.calendars import imip
from eventhub.calendars.models import Invite
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import actions as people
from eventhub.people import resets, roles, second_step, totp
from eventhub.people.models import Passkey, Person, Role, ScopeKind, SecondFactor
from eventhub.people.queries import grants_of
from eventhub.registration import actions, offers
from eventhub.registration.models import SeatOffer, State
from eventhub.registration.offers import offer_token
from tests.factories.people import give_phone, make_passkey, make_person, make_staff, sign_in
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


def test_a_mailbox_becomes_nobody_s_administrator(client: FlaskClient) -> None:
    giver, person = make_staff(), make_person()
    offer = roles.offer_role(giver, str(person.email), "en", role=Role.ADMIN, scope_kind=ScopeKind.ALL)
    db.session.flush()
    come_in(client, str(person.email))
    turn_on(client, person)
    page = client.get("/en/me/roles").get_data(as_text=True)
    assert 'name="code"' in page
    for typed in ({}, {"code": ""}, {"code": "00000000"}):
        send(client, "/en/me/roles", offer=str(offer.id), answer="accept", **typed)
        assert not grants_of(person.id)
    with pytest.raises(roles.WrongOfferCode):
        roles.accept_role(person, newest_session(person), offer.id, typed=None)
    codes = totp.recovery_codes(person, db.session.query(SecondFactor).one())
    send(client, PAGE, code=codes[0])
    assert newest_session(person).second_factor_at is None
    answer = send(client, "/en/me/roles", offer=str(offer.id), answer="accept", code=roles.code_of(offer))
    assert answer.status_code == 303
    session = newest_session(person)
    assert session.is_half
    assert session.until - now() <= timedelta(hours=12)


def test_with_an_own_second_step_and_the_code_the_session_becomes_a_short_one(client: FlaskClient) -> None:
    giver = make_staff()
    person = with_second_step(client)
    offer = roles.offer_role(giver, str(person.email), "en", role=Role.CHECK_IN, scope_kind=ScopeKind.ALL)
    db.session.flush()
    send(client, "/en/me/roles", offer=str(offer.id), answer="accept", code=roles.code_of(offer))
    assert grants_of(person.id)
    assert newest_session(person).until - now() <= timedelta(hours=12)
    assert client.get("/en/console").status_code == 200, "the phone is the person's own"


def test_a_passkey_of_before_is_no_second_step_later(client: FlaskClient) -> None:
    person = with_second_step(client)
    theirs = make_passkey(person, is_second_factor=True)
    codes = totp.recovery_codes(person, db.session.query(SecondFactor).one())
    send(client, PAGE, code=codes[0])
    assert not theirs.is_second_factor
    theirs.is_second_factor = True  # whatever happened before
    turn_on(client, person)
    assert not db.session.get_one(Passkey, theirs.id, populate_existing=True).is_second_factor


def test_who_loses_a_role_keeps_the_own_second_step(app: Flask, client: FlaskClient) -> None:
    person = with_second_step(client)
    grant = roles.grant_role(None, person, role=Role.CHECK_IN)
    db.session.flush()
    thief = app.test_client()
    assert come_in(thief, str(person.email)).location == FACTOR
    roles.revoke_role(None, grant)
    db.session.flush()
    assert not is_in(thief)


def test_who_was_staff_turns_it_on_anew(client: FlaskClient) -> None:
    person = make_person()
    give_phone(person)
    sign_in(client, person)
    turn_on(client, person)
    assert person.asks_second_step


def test_a_change_of_address_begun_before_ends(client: FlaskClient) -> None:
    person = make_person()
    change = people.request_email_change(person, "thief@example.org")
    sign_in(client, person)
    turn_on(client, person)
    for side in (people.OLD, people.NEW):
        with pytest.raises(people.LinkDead):
            people.agree_to_email_change(people.email_change_token(change, side))
