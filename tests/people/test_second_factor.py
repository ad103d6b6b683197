"""The second factor of staff (SAFETY.md property 9): nothing of the house opens without it, and a code works once."""

import re
import uuid
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import resets, roles, totp
from eventhub.people.models import PendingFactor, RecoveryCode, Role, SecondFactor, WebSession
from tests.factories.people import form_fields, give_phone, grant, make_person, make_staff, sign_in
from tests.people.visits import come_in, is_in, phone_of, send, set_up_factor

FACTOR, SETUP, RENEW = "/en/second-factor", "/en/second-factor/set-up", "/en/second-factor/renew"
KEEP = "/en/second-factor/keep"


def later(seconds: int) -> time_machine.travel:
    """A clock that stands."""
    return time_machine.travel(now() + timedelta(seconds=seconds), tick=False)


def test_the_link_alone_opens_nothing(client: FlaskClient) -> None:
    person = make_staff(Role.RAPPORTEUR)
    assert come_in(client, person.email or "").location == "/en/second-factor"
    for path in ("/en/console", "/en/console/roles", "/en/me", "/en/me/data", "/en/me/email"):
        answer = client.get(path)
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/en/second-factor"), path
    assert client.get("/en/second-factor").location == SETUP


def test_set_up_then_in(client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    assert db.session.query(SecondFactor).count() == 0
    client.get(SETUP)
    assert db.session.query(SecondFactor).count() == 0, "opening the page changes nothing"
    send(client, SETUP)
    page = client.get(SETUP).get_data(as_text=True)
    secret = phone_of(person).secret
    assert secret in page
    assert "<svg" in page
    assert "data:" not in page
    assert send(client, SETUP, code="000000").status_code == 422
    assert not is_in(client)
    answer = send(client, SETUP, code=phone_of(person).now())
    assert answer.location == "/en/second-factor/recovery-codes"
    assert is_in(client)
    assert client.get("/en/console").status_code == 200
    assert client.get(SETUP).status_code == 303, "the secret is never shown again"
    row = db.session.query(SecondFactor).one()
    assert secret.encode() not in row.secret


def test_recovery_codes_are_shown_once_and_work_once(app: Flask, client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    set_up_factor(client, person)
    path = "/en/second-factor/recovery-codes"
    codes = re.findall(r'class="code">([a-z2-7]{5}-[a-z2-7]{5})<', client.get(path).get_data(as_text=True))
    assert len(set(codes)) == 8
    again = re.findall(r'class="code">([a-z2-7]{5}-[a-z2-7]{5})<', client.get(path).get_data(as_text=True))
    assert codes == again, "loaded twice, as after a lost connection"
    stored = repr([row.code_hash for row in db.session.query(RecoveryCode)])
    assert not any(code in stored for code in codes)
    other = app.test_client()
    come_in(other, person.email or "")
    assert other.get(path).status_code == 303, "only the session that set it up sees them"
    send(client, path)
    assert client.get(path).status_code == 303
    assert send(other, FACTOR, code=codes[0].upper().replace("-", " ")).location == "/en/me"
    third = app.test_client()
    come_in(third, person.email or "")
    assert send(third, FACTOR, code=codes[0]).status_code == 422
    assert send(third, FACTOR, code=codes[1]).status_code == 303


def test_a_code_is_not_taken_twice(app: Flask, client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    phone = set_up_factor(client, person)
    other = app.test_client()
    come_in(other, person.email or "")
    with later(60):
        seen = phone.now()
        assert send(other, FACTOR, code=seen).status_code == 303
        thief = app.test_client()
        come_in(thief, person.email or "")
        assert send(thief, FACTOR, code=seen).status_code == 422
        assert thief.get("/en/console").status_code == 303


@pytest.mark.parametrize(("shift", "status"), [(-1, 303), (0, 303), (1, 303), (-2, 422), (2, 422)])
def test_one_step_of_drift_is_forgiven(app: Flask, client: FlaskClient, shift: int, status: int) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    phone = set_up_factor(client, person)
    other = app.test_client()
    come_in(other, person.email or "")
    with later(300):
        assert send(other, FACTOR, code=phone.at(now() + timedelta(seconds=30 * shift))).status_code == status


def test_five_tries_then_a_pause(app: Flask, client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    phone = set_up_factor(client, person)
    other = app.test_client()
    come_in(other, person.email or "")
    with later(60):
        wrong = f"{(int(phone.now()) + 1) % 10**6:06d}"
        for _ in range(5):
            assert send(other, FACTOR, code=wrong).status_code == 422
        assert send(other, FACTOR, code=phone.now()).status_code == 422
        assert send(other, FACTOR, code="aaaaa-bbbbb").status_code == 422
    refused = db.session.query(AuditEntry).filter_by(verb="person.second_factor_refused").count()
    assert refused == 7
    with later(60 + 16 * 60):
        assert send(other, FACTOR, code=phone.now()).status_code == 303


def test_limits_beside_the_tries_in_the_row(app: Flask, client: FlaskClient) -> None:
    """A try that was undone with its request is counted all the same."""
    person = sign_in(client, make_staff(), second_factor=False)
    set_up_factor(client, person)
    visitor = app.test_client()
    sign_in(visitor, person, second_factor=False)
    answers = []
    for _ in range(21):
        answers.append(send(visitor, "/en/second-factor", code="000000").status_code)
        db.session.query(SecondFactor).update({"tries": 0})
    assert set(answers[:-2]) == {422}
    assert answers[-1] == 429


def test_a_button_pressed_twice_leads_on_twice(client: FlaskClient) -> None:
    set_up_factor(client, sign_in(client, make_staff(), second_factor=False))
    sent = form_fields(client.get("/en/second-factor/recovery-codes").text)
    answers = [client.post("/en/second-factor/recovery-codes", data=sent) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, "/en/me")] * 2
    again = client.post("/en/second-factor", data=sent | {"code": "000000", "form_key": str(uuid.uuid4())})
    assert (again.status_code, again.location) == (303, "/en/me")


def test_next_after_the_second_factor(client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    phone = set_up_factor(client, person)
    db.session.query(WebSession).update({"second_factor_at": None, "is_half": True})
    answer = client.get("/en/console/roles")
    with later(60):
        assert send(client, answer.location, code=phone.now()).location == "/en/console/roles"
    db.session.query(WebSession).update({"second_factor_at": None, "is_half": True})
    with later(120):
        hidden = form_fields(client.get(FACTOR).get_data(as_text=True))
        answer = client.post(FACTOR, data={**hidden, "next": "//evil.example", "code": phone.now()})
        assert answer.location == "/en/me"


def test_participants_are_never_asked(client: FlaskClient) -> None:
    person = make_person()
    assert come_in(client, person.email or "").location == "/en/me"
    assert client.get(FACTOR).location == "/en/me"
    assert client.get(SETUP).status_code == 303
    assert client.get("/en/console").status_code == 404


def test_nobody_without_a_session_gets_in_here(client: FlaskClient) -> None:
    for path in (FACTOR, SETUP, "/en/second-factor/recovery-codes"):
        assert client.get(path).location.startswith("/en/sign-in")


def test_a_role_given_meanwhile_asks_for_the_factor(client: FlaskClient) -> None:

    person = make_person()
    come_in(client, person.email or "")
    assert is_in(client)
    held = roles.grant_role(None, person, role=Role.CHECK_IN)
    db.session.flush()
    assert not is_in(client)
    session = db.session.query(WebSession).one()
    assert session.until - session.created_at < timedelta(hours=13)
    roles.revoke_role(None, held)
    db.session.flush()
    assert is_in(client)


def test_a_new_phone(client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    phone = set_up_factor(client, person)
    assert "/en/second-factor/renew" in client.get("/en/me/devices").text
    assert send(client, RENEW, code="").status_code == 422
    assert send(client, RENEW, code="000000").status_code == 422, "a page left open is not enough"
    assert phone_of(person).secret == phone.secret
    assert db.session.query(Promise).filter_by(task="people.second_factor_renewed").count() == 0
    with later(60):
        assert send(client, RENEW, code=phone.now()).location == SETUP
    assert not is_in(client)
    assert client.get(FACTOR).location == SETUP, "begun is to be ended"
    assert phone_of(person).secret != phone.secret
    assert db.session.query(Promise).filter_by(task="people.second_factor_renewed").count() == 1
    with later(120):
        assert send(client, SETUP, code=phone_of(person).now()).status_code == 303
    assert is_in(client)
    assert phone_of(person).secret != phone.secret


def shown_secret(page: str) -> str:
    """The key that the page of a set-up shows."""
    return re.findall(r'class="code">([A-Z2-7]{32})<', page)[0]


def test_a_mailbox_alone_gets_no_second_factor_while_a_phone_is_renewed(app: Flask, client: FlaskClient) -> None:
    """Neither by looking at the secret of the other session nor by being first with an own one."""
    person = make_staff()
    come_in(client, person.email or "")
    old = set_up_factor(client, person)
    with later(60):
        assert send(client, RENEW, code=old.now()).location == SETUP
        new = shown_secret(client.get(SETUP).text)
    thief = app.test_client()
    come_in(thief, person.email or "")
    answer = thief.get(SETUP)
    assert new not in answer.text
    assert answer.location == FACTOR, "the old phone counts until the new one does"
    hidden = form_fields(thief.get(FACTOR).text)
    assert thief.post(SETUP, data=hidden).location == FACTOR
    assert db.session.query(PendingFactor).count() == 1
    with later(120):
        assert send(thief, FACTOR, code=pyotp.TOTP(new).now()).status_code == 422
        meanwhile = app.test_client()
        come_in(meanwhile, person.email or "")
        assert send(meanwhile, FACTOR, code=old.now()).status_code == 303
        assert send(client, SETUP, code=pyotp.TOTP(new).now()).status_code == 303
    assert is_in(client)
    assert not is_in(meanwhile), "whoever came in with the old phone is out"
    with later(180):
        late = app.test_client()
        come_in(late, person.email or "")
        assert send(late, FACTOR, code=old.now()).status_code == 422
        assert send(late, FACTOR, code=pyotp.TOTP(new).now()).status_code == 303


def test_the_old_phone_is_kept_after_all(app: Flask, client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    old = set_up_factor(client, person)
    with later(60):
        assert send(client, RENEW, code=old.now()).location == SETUP
    page = client.get(SETUP).text
    new = shown_secret(page)
    assert "Keep the old phone" in page
    kept = client.post(KEEP, data=form_fields(page, KEEP))
    assert kept.location == FACTOR
    assert not is_in(client), "giving up makes no session whole"
    assert db.session.query(PendingFactor).count() == 0
    asked = client.get(FACTOR)
    assert (asked.status_code, "Your old phone stays" in asked.text) == (200, True)
    with later(120):
        assert send(client, FACTOR, code=pyotp.TOTP(new).now()).status_code == 422
        assert send(client, FACTOR, code=old.now()).status_code == 303
    assert is_in(client)
    assert db.session.query(AuditEntry).filter_by(verb="person.second_factor_kept").count() == 1


def test_nobody_gives_up_what_is_not_the_own_or_is_settled(app: Flask, client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    send(client, SETUP)
    first = client.get(SETUP).text
    assert "Keep the old phone" not in first, "there is none"
    hidden = form_fields(first, "/en/sign-out")
    assert client.post(KEEP, data=hidden).location == FACTOR
    assert shown_secret(client.get(SETUP).text) == shown_secret(first)
    old = phone_of(person)
    assert send(client, SETUP, code=old.now()).status_code == 303
    with later(60):
        assert send(client, RENEW, code=old.now()).location == SETUP
    thief = app.test_client()
    come_in(thief, person.email or "")
    thief.post(KEEP, data=form_fields(thief.get(FACTOR).text, "/en/sign-out"))
    new = shown_secret(client.get(SETUP).text)
    stale = form_fields(client.get(SETUP).text, KEEP)
    with later(120):
        assert send(client, SETUP, code=pyotp.TOTP(new).now()).status_code == 303
    client.post(KEEP, data=stale)
    assert phone_of(person).secret == new
    assert is_in(client)
    assert app.test_client().post(KEEP).location == "/en/sign-in"


def test_half_a_session_is_left_by_signing_out(client: FlaskClient) -> None:
    person = make_staff()
    for begun in (False, True):
        come_in(client, person.email or "")
        if begun:
            send(client, SETUP)
        page = client.get(SETUP).text
        out = client.post("/en/sign-out", data=form_fields(page, "/en/sign-out"))
        assert out.location == "/en/signed-out"
        assert "Clear-Site-Data" in out.headers
        assert client.get(FACTOR).location == "/en/sign-in"
    give_phone(person)
    come_in(client, person.email or "")
    assert (
        client.post("/en/sign-out", data=form_fields(client.get(FACTOR).text, "/en/sign-out")).location
        == "/en/signed-out"
    )


@pytest.mark.parametrize("before", ["never", "reset"])
def test_each_session_has_a_secret_of_its_own_and_the_first_one_confirmed_counts(
    app: Flask, client: FlaskClient, before: str
) -> None:
    person = make_staff()
    if before == "reset":
        give_phone(person)
        resets.reset_by_hand(person, "Came to the desk")
    other = app.test_client()
    secrets = []
    for browser in (client, other):
        come_in(browser, person.email or "")
        send(browser, SETUP)
        secrets.append(shown_secret(browser.get(SETUP).text))
    assert secrets[0] != secrets[1]
    mine, theirs = (pyotp.TOTP(secret) for secret in secrets)
    assert send(other, SETUP, code=mine.now()).status_code == 422, "not by the code of another session"
    assert send(client, SETUP, code=theirs.now()).status_code == 422
    stale = form_fields(other.get(SETUP).text)
    assert send(client, SETUP, code=mine.now()).status_code == 303
    assert is_in(client)
    answer = other.post(SETUP, data=stale | {"code": theirs.now()})
    assert answer.location == FACTOR
    assert not is_in(other)
    with later(60):
        assert send(other, FACTOR, code=theirs.now()).status_code == 422
        assert send(other, FACTOR, code=mine.now()).status_code == 303
    assert db.session.query(PendingFactor).count() == 0
    assert phone_of(person).secret == secrets[0]


def test_a_new_phone_by_a_code_on_paper(client: FlaskClient) -> None:
    person = make_staff()
    come_in(client, person.email or "")
    old = set_up_factor(client, person)
    factor = totp.factor_of(person)
    assert factor is not None
    paper = totp.recovery_codes(person, factor)[0]
    assert send(client, RENEW, code=paper).location == SETUP
    assert phone_of(person).secret != old.secret


def test_signing_in_by_factory_needs_the_factor_for_the_console(client: FlaskClient) -> None:
    person = make_person()
    grant(person, Role.ADMIN)
    sign_in(client, person, second_factor=False)
    assert client.get("/en/console").location.startswith("/en/second-factor")
