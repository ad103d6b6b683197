"""Passkeys: made, given once by the right device, and never more than what they stand for."""

import json
import threading
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import actions, passkeys, resets, totp
from eventhub.people.models import Passkey, PasskeyChallenge, Person, Role
from tests.factories.people import form_fields, give_phone, grant, make_person, make_staff, sign_in
from tests.people.authenticator import PRESENT, Device
from tests.people.visits import ask, come_in, is_in, link, newest_session, send

MINE, OPTIONS = "/en/me/passkeys", "/en/me/passkeys/options"
SIGN_IN, GIVE, FACTOR = "/en/sign-in", "/en/sign-in/passkey", "/en/second-factor"

pytestmark = pytest.mark.usefixtures("database")


def options(client: FlaskClient, page: str, address: str) -> dict[str, Any]:
    """What the page's script asks for."""
    answer = client.post(address, data=form_fields(client.get(page).text))
    assert answer.status_code == 200, answer.text
    return dict(json.loads(answer.data))


def add(client: FlaskClient, device: Device, **typed: str) -> TestResponse:
    made = device.made(options(client, MINE, OPTIONS))
    return send(client, MINE, secret=made, **typed)


def give(client: FlaskClient, device: Device, user: bytes, page: str = SIGN_IN, **typed: str) -> TestResponse:
    sent = device.given(options(client, page, f"{GIVE}/options"), user)
    fields = form_fields(client.get(page).text, GIVE)
    return client.post(GIVE, data=fields | {"secret": sent} | typed)


def participant(app: Flask, device: Device) -> Person:
    client, person = app.test_client(), make_person()
    sign_in(client, person)
    assert add(client, device, label="my phone").status_code == 303
    return person


def test_a_participant_signs_in_by_a_passkey_without_a_mail(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    assert [one.label for one in passkeys.of_person(person.id)] == ["my phone"]
    assert db.session.query(Promise).filter_by(task="people.passkey_made").count() == 1
    assert db.session.query(PasskeyChallenge).count() == 0
    before = db.session.query(Promise).count()
    answer = give(client, device, person.id.bytes)
    assert answer.location == "/en/me"
    assert is_in(client)
    assert newest_session(person).second_factor_at is None
    assert db.session.query(Promise).count() == before
    assert passkeys.of_person(person.id)[0].used_at is not None
    page = client.get(MINE).text
    assert "my phone" in page
    assert "Last used" in page


def test_it_leads_on_to_where_one_was_going_and_nowhere_else(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    for target, reached in (("/en/me/profile", "/en/me/profile"), ("https://example.org/", "/en/me")):
        other = app.test_client()
        assert give(other, device, person.id.bytes, next=target).location == reached


@pytest.mark.parametrize(
    "wrong",
    [
        lambda device: device.but(origin="http://elsewhere.example"),
        lambda device: device.but(house="elsewhere.example"),
        lambda device: device.but(flags=PRESENT),
        lambda device: device.but(flags=0),
        lambda device: Device(credential_id=device.credential_id),
        lambda _device: Device(),
    ],
    ids=["another origin", "another house", "lock not given", "nobody there", "another key", "unknown"],
)
def test_another_answer_opens_nothing(app: Flask, client: FlaskClient, wrong: Any) -> None:
    device = Device()
    person = participant(app, device)
    answer = give(client, wrong(device), person.id.bytes)
    assert answer.location.endswith("/sign-in")
    assert "This passkey was not recognized." in client.get(answer.location).text
    assert not is_in(client)
    assert give(client, device, person.id.bytes).location == "/en/me"


def test_an_answer_is_good_once_and_in_the_browser_that_asked(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    sent = device.given(options(client, SIGN_IN, f"{GIVE}/options"), person.id.bytes)
    thief = app.test_client()
    assert thief.post(GIVE, data=form_fields(thief.get(SIGN_IN).text, GIVE) | {"secret": sent}).location != "/en/me"
    options(thief, SIGN_IN, f"{GIVE}/options")
    assert thief.post(GIVE, data=form_fields(thief.get(SIGN_IN).text, GIVE) | {"secret": sent}).location != "/en/me"
    fields = form_fields(client.get(SIGN_IN).text, GIVE) | {"secret": sent}
    assert client.post(GIVE, data=fields).location == "/en/me"
    assert send(client, "/en/sign-out", page=MINE).status_code == 303
    for browser in (client, thief):
        fields = form_fields(browser.get(SIGN_IN).text, GIVE) | {"secret": sent}
        assert browser.post(GIVE, data=fields).location != "/en/me"
        assert not is_in(browser)


def test_an_answer_that_comes_late_counts_for_nothing(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    sent = device.given(options(client, SIGN_IN, f"{GIVE}/options"), person.id.bytes)
    with time_machine.travel(now() + passkeys.OPEN, tick=False):
        fields = form_fields(client.get(SIGN_IN).text, GIVE) | {"secret": sent}
        assert client.post(GIVE, data=fields).location != "/en/me"


NONSENSE = ["", "{}", "[]", "null", "x", '{"id": "\\u0000"}', '{"id": 5, "response": []}', "9" * 9_999, "x" * 16_001]


@pytest.mark.parametrize("sent", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_said_and_nothing_breaks(app: Flask, client: FlaskClient, sent: str) -> None:
    options(client, SIGN_IN, f"{GIVE}/options")
    answer = client.post(GIVE, data=form_fields(client.get(SIGN_IN).text, GIVE) | {"secret": sent})
    assert answer.location.endswith("/sign-in")
    sign_in(client, make_person())
    options(client, MINE, OPTIONS)
    answer = send(client, MINE, secret=sent, label="تلفون <b>")
    assert answer.status_code == 422
    assert "تلفون &lt;b&gt;" in answer.text
    assert db.session.query(Passkey).count() == 0


def test_a_passkey_of_before_the_role_is_no_second_step(app: Flask, client: FlaskClient) -> None:
    """Whoever read the mailbox of somebody who is appointed later has added a device of their own."""
    device = Device()
    person = participant(app, device)
    grant(person, Role.ACCREDITATION_OFFICER)
    assert give(client, device, person.id.bytes).location.startswith("/en/second-factor")
    assert client.get("/en/console").location.startswith("/en/second-factor")
    give_phone(person)
    other = app.test_client()
    assert give(other, device, person.id.bytes).location.startswith("/en/second-factor")
    assert "Use a passkey" not in other.get(FACTOR).text
    answer = give_in_half(other, device, person)
    assert answer.location.startswith(FACTOR)
    assert other.get("/en/console").location.startswith("/en/second-factor")


def give_in_half(client: FlaskClient, device: Device, person: Person) -> TestResponse:
    fields = form_fields(client.get(FACTOR).text)
    asked = client.post(f"{GIVE}/options", data=fields)
    sent = device.given(json.loads(asked.data), person.id.bytes)
    return client.post(GIVE, data=form_fields(client.get(FACTOR).text) | {"secret": sent})


def test_staff_make_one_with_a_fresh_code_and_it_stands_for_the_code(app: Flask, client: FlaskClient) -> None:
    person, device = make_staff(), Device()
    phone = give_phone(person)
    sign_in(client, person)
    for typed in ({}, {"code": "000000"}):
        assert add(client, device, **typed).status_code == 422
    assert db.session.query(Passkey).count() == 0
    assert add(client, device, code=phone.now()).status_code == 303
    other = app.test_client()
    assert give(other, device, person.id.bytes, next="/en/console").location == "/en/console"
    assert other.get("/en/console").status_code == 200
    half = app.test_client()
    come_in(half, person.email or "")
    assert half.get("/en/console").location.startswith(FACTOR)
    assert "Use a passkey" in half.get(FACTOR).text
    assert give_in_half(half, device, person).location == "/en/me"
    assert half.get("/en/console").status_code == 200


def test_half_a_session_is_not_made_whole_by_somebody_else_s_passkey(app: Flask, client: FlaskClient) -> None:
    person, colleague, device = make_staff(), make_staff(), Device()
    give_phone(person)
    phone = give_phone(colleague)
    sign_in(client, colleague)
    assert add(client, device, code=phone.now()).status_code == 303
    half = app.test_client()
    come_in(half, person.email or "")
    assert give_in_half(half, device, colleague).location.startswith(FACTOR)
    assert half.get("/en/console").location.startswith(FACTOR)


def test_a_lost_phone_that_is_cleared_takes_the_passkeys_along(app: Flask, client: FlaskClient) -> None:
    person, device = make_staff(), Device()
    phone = give_phone(person)
    sign_in(client, person)
    assert add(client, device, code=phone.now()).status_code == 303
    resets.reset_by_hand(person, "Lost bag")
    assert passkeys.of_person(person.id) == []
    assert totp.factor_of(person) is None
    assert give(app.test_client(), device, person.id.bytes).location.endswith("/sign-in")


def test_one_is_removed_by_its_owner_alone_and_opens_nothing_then(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    (row,) = passkeys.of_person(person.id)
    stranger = app.test_client()
    sign_in(stranger, make_person())
    assert send(stranger, f"{MINE}/remove", page=MINE, passkey=row.id).status_code == 404
    assert send(stranger, f"{MINE}/remove", page=MINE, passkey="nonsense").status_code == 404
    sign_in(client, person)
    asked = send(client, f"{MINE}/remove", page=MINE, action=f"{MINE}/remove", passkey=row.id)
    assert "The device keeps its entry" in asked.text
    assert client.post(f"{MINE}/remove", data=form_fields(asked.text)).status_code == 303
    assert passkeys.of_person(person.id) == []
    assert give(app.test_client(), device, person.id.bytes).location.endswith("/sign-in")


def test_erasure_and_the_copy_of_one_s_data(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    sign_in(client, person)
    copy = send(client, "/en/me/data/copy", page="/en/me/data")
    assert json.loads(copy.data)["passkeys"][0]["name"] == "my phone"
    actions.erase(person, person)
    assert db.session.query(Passkey).count() == 0
    assert give(app.test_client(), device, person.id.bytes).location.endswith("/sign-in")


def test_ten_at_the_most_and_each_device_once(client: FlaskClient) -> None:
    person = make_person()
    sign_in(client, person)
    device = Device()
    assert add(client, device).status_code == 303
    again = add(client, device)
    assert "This device has a passkey of yours already." in again.text
    for _ in range(passkeys.MOST - 1):
        assert add(client, Device()).status_code == 303
    assert "You have ten passkeys already." in add(client, Device()).text
    assert len(passkeys.of_person(person.id)) == passkeys.MOST


def test_a_discreet_person_is_told_what_the_device_shows(client: FlaskClient) -> None:
    person = make_person(discreet=True, name="Amina Yusuf")
    sign_in(client, person)
    assert "shows the address of this site in its list of passkeys" in client.get(MINE).text
    assert "Amina" not in json.dumps(options(client, MINE, OPTIONS))


def test_two_answers_at_once_use_a_challenge_up_once(committed: Flask) -> None:
    device = Device()
    with committed.app_context():
        person = make_person()
        client = committed.test_client()
        sign_in(client, person)
        db.session.info["unit_of_work"] = True
        db.session.commit()
        who = person.id.bytes
    assert add(client, device).status_code == 303
    browser = committed.test_client()
    sent = device.given(options(browser, SIGN_IN, f"{GIVE}/options"), who)
    pages = [form_fields(browser.get(SIGN_IN).text, GIVE) | {"secret": sent} for _ in range(6)]
    cookie = browser.get_cookie("session")
    assert cookie is not None
    reached: list[str] = []

    def press(fields: dict[str, str]) -> None:
        mine = committed.test_client()
        mine.set_cookie("session", cookie.value)
        reached.append(mine.post(GIVE, data=fields).location)

    threads = [threading.Thread(target=press, args=(fields,)) for fields in pages]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one == "/en/me" for one in reached) == [False] * 5 + [True]


def test_a_challenge_is_used_up_by_a_wrong_answer_too(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    asked = options(client, SIGN_IN, f"{GIVE}/options")
    right, wrong = device.given(asked, person.id.bytes), device.given(asked, make_person().id.bytes)
    for sent in (wrong, right):
        fields = form_fields(client.get(SIGN_IN).text, GIVE) | {"secret": sent}
        assert client.post(GIVE, data=fields).location != "/en/me"
    assert db.session.query(PasskeyChallenge).count() == 0
    mine = app.test_client()
    sign_in(mine, make_person())
    made = Device().made(options(mine, MINE, OPTIONS))
    assert send(mine, MINE, secret="{}").status_code == 422
    assert send(mine, MINE, secret=made).status_code == 422


def test_signing_in_by_a_passkey_closes_the_links_in_the_mailbox(app: Flask, client: FlaskClient) -> None:
    device = Device()
    person = participant(app, device)
    elsewhere = app.test_client()
    ask(elsewhere, str(person.email))
    assert give(client, device, person.id.bytes).location == "/en/me"
    assert elsewhere.get(link(str(person.email))).status_code == 410


def test_at_the_neutral_address_no_passkey_is_offered_or_asked_for(app: Flask, client: FlaskClient) -> None:
    settings = app.extensions["eventhub.settings"]
    sign_in(client, make_person(discreet=True))
    assert "data-passkey" in client.get(MINE).text
    app.extensions["eventhub.settings"] = settings.model_copy(update={"origin": "https://main.example"})
    try:
        page = client.get(MINE).text
        assert "data-passkey" not in page
        assert "main address alone" in page
        assert "main.example" not in page
        assert "data-passkey" not in app.test_client().get(SIGN_IN).text
    finally:
        app.extensions["eventhub.settings"] = settings
