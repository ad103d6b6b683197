"""What was typed when the session had ended comes back after the sign-in, to the same person alone."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import open_for_house, place
from eventhub.people.models import KeptPost, Person, Role, WebSession
from tests.factories.people import form_fields, make_person, make_staff, sign_in
from tests.factories.registration import make_forum, register
from tests.people.test_account import FILLED
from tests.people.visits import come_in, link, new_email, send

PATH = "/en/me/profile"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


def session_ends(client: FlaskClient, headers: dict[str, str] = FROM_HERE) -> str:
    """Open the profile, lose the session, send what was typed; where that leads."""
    hidden = form_fields(client.get(PATH).get_data(as_text=True))
    db.session.query(WebSession).update({"revoked_at": now()})
    answer = client.post(PATH, data={**hidden, **FILLED}, headers=headers)
    assert answer.status_code == 303
    return str(answer.location)


def sign_in_again(client: FlaskClient, sign_in_page: str, email: str) -> str:
    """By the page that the guard led to."""
    send(client, sign_in_page, email=email)
    return str(send(client, link(email)).location)


def test_nothing_typed_is_lost(client: FlaskClient) -> None:
    person = make_person(name="Before")
    come_in(client, person.email or "")
    led_to = session_ends(client)
    row = db.session.query(KeptPost).one()
    assert row.person_id == person.id
    assert FILLED["name_latin"].encode() not in row.sealed
    assert "not kept" not in client.get(led_to).text
    back = sign_in_again(client, led_to, person.email or "")
    assert back == PATH
    for _ in range(2):
        page = client.get(PATH).get_data(as_text=True)
        assert FILLED["name"] in page
        assert '<option selected value="Africa/Nairobi">' in page
    assert db.session.get_one(Person, person.id).name == "Before", "nothing is saved until the person sends it"
    assert FILLED["name"] not in client.get("/en/me/email").get_data(as_text=True)
    assert send(client, PATH, **{**FILLED, "name": "After"}).status_code == 303
    assert db.session.query(KeptPost).count() == 0
    assert 'value="After"' in client.get(PATH).get_data(as_text=True)


def test_the_next_person_at_the_computer_sees_nothing(client: FlaskClient) -> None:
    come_in(client, make_person().email or "")
    led_to = session_ends(client)
    other = new_email()
    assert sign_in_again(client, led_to, other) == PATH
    assert FILLED["name"] not in client.get(PATH).get_data(as_text=True)


def test_a_page_left_open_after_signing_out_belongs_to_nobody(client: FlaskClient) -> None:
    """A signs out, the page that stayed open is sent, B signs in there: B finds nothing of it."""
    come_in(client, make_person().email or "")
    hidden = form_fields(client.get(PATH).get_data(as_text=True))
    send(client, "/en/sign-out", page="/en/me", action="/en/sign-out")
    led_to = client.post(PATH, data={**hidden, **FILLED}, headers=FROM_HERE).location
    client.post(PATH, data={**hidden, **FILLED}, headers=FROM_HERE)
    assert db.session.query(KeptPost).count() == 0
    assert client.get(str(led_to)).text.count("what you typed is not kept") == 1
    assert sign_in_again(client, str(led_to), new_email()) == PATH
    assert FILLED["name"] not in client.get(PATH).get_data(as_text=True)


def test_what_another_sends_from_the_same_browser_takes_nothing_away(client: FlaskClient) -> None:
    """A's session ended, B signs in and saves the own profile; A signs in again and has lost nothing."""
    person, other = make_person(), new_email()
    come_in(client, person.email or "")
    led_to = session_ends(client)
    sign_in_again(client, led_to, other)
    assert send(client, PATH, **{**FILLED, "name": "Another"}).status_code == 303
    db.session.query(WebSession).update({"revoked_at": now()})
    sign_in_again(client, led_to, person.email or "")
    assert FILLED["name"] in client.get(PATH).get_data(as_text=True)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
def test_another_site_puts_no_words_in_a_person_s_mouth(client: FlaskClient, headers: dict[str, str]) -> None:
    come_in(client, make_person().email or "")
    session_ends(client, headers)
    assert db.session.query(KeptPost).count() == 0
    with client.session_transaction() as session:
        assert "kept" not in session


def test_gone_after_a_day(client: FlaskClient) -> None:
    person = make_person()
    come_in(client, person.email or "")
    led_to = session_ends(client)
    with time_machine.travel(now() + timedelta(hours=25)):
        sign_in_again(client, led_to, person.email or "")
        assert FILLED["name"] not in client.get(PATH).get_data(as_text=True)


def test_signing_out_forgets_it(app: Flask, client: FlaskClient) -> None:
    person = make_person()
    come_in(client, person.email or "")
    led_to = session_ends(client)
    sign_in_again(client, led_to, person.email or "")
    send(client, "/en/sign-out", page="/en/me", action="/en/sign-out")
    with time_machine.travel(now() + timedelta(minutes=5)):
        come_in(client, person.email or "")
        assert FILLED["name"] not in client.get(PATH).get_data(as_text=True)


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("badges", {"country": "", "layout": "card", "language": "fr", "reason": "The desk opens at eight."}),
        ("list", {"language": "fr", "reason": "The report of the Chair."}),
        ("samples", {"language": "fr"}),
    ],
)
def test_a_reason_for_papers_comes_back_in_the_form_it_was_typed_into(
    client: FlaskClient, form: str, typed: dict[str, str]
) -> None:
    """Three forms on one page, whose fields have the same names."""
    event = make_forum()
    register(event)
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    sign_in(client, officer)
    page = f"/en/console/events/{event.slug}/papers"
    hidden = form_fields(client.get(page).text, f"{page}/{form}")
    db.session.query(WebSession).update({"revoked_at": now()})
    sent = client.post(f"{page}/{form}", data={**hidden, **typed}, headers=FROM_HERE)
    assert sent.location.endswith(f"?next={page}")
    sign_in(client, officer)
    shown = client.get(page).text
    for other in ("badges", "list", "samples"):
        drawn = shown[shown.index(f'action="{page}/{other}"') :].partition("</form>")[0]
        assert ('<option selected value="fr">' in drawn) == (other == form)
        assert (typed.get("reason", "Never typed") in drawn) == (other == form and "reason" in typed)
        assert ('<option selected value="card">' in drawn) == (other == form == "badges")


def test_a_note_for_colleagues_comes_back_though_its_form_has_an_address_of_its_own(client: FlaskClient) -> None:
    """The note is sent to an address that cannot be opened: who signs in again comes to the page that it stands on."""
    event = make_forum()
    registration = register(event)
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    sign_in(client, officer)
    page = f"/en/console/events/{event.slug}/registrations/{registration.id}"
    hidden = form_fields(client.get(page).get_data(as_text=True), f"{page}/note")
    db.session.query(WebSession).update({"revoked_at": now()})
    sent = client.post(f"{page}/note", data={**hidden, "text": "Ask Amina for the letter"}, headers=FROM_HERE)
    assert sent.location.endswith(f"?next={page}")
    sign_in(client, officer)
    shown = client.get(page).get_data(as_text=True)
    assert "Ask Amina for the letter" in shown
    assert send(client, f"{page}/note", page=page, action=f"{page}/note", text="Ask Amina").status_code == 303
    assert db.session.query(KeptPost).count() == 0
    assert "Ask Amina for the letter" not in client.get(page).get_data(as_text=True)


def test_a_decision_comes_back_at_the_desk_with_those_chosen_and_its_words(client: FlaskClient) -> None:
    event = make_forum()
    registration = register(event)
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    sign_in(client, officer)
    desk = f"/en/console/events/{event.slug}/registrations"
    hidden = form_fields(client.get(desk).get_data(as_text=True), f"{desk}/preview")
    chosen = {**hidden, "outcome": "declined", "id": str(registration.id)}
    preview = client.post(f"{desk}/preview", data=chosen).get_data(as_text=True)
    typed = form_fields(preview, "/decision") | {"reason": "missing_letter", "text": "With care"}
    db.session.query(WebSession).update({"revoked_at": now()})
    sent = client.post(f"{desk}/decision", data=typed, headers=FROM_HERE)
    assert sent.location.endswith(f"?next={desk}")
    sign_in(client, officer)
    page = client.get(desk).get_data(as_text=True)
    assert "A decision was not sent" in page
    back = form_fields(page, f"{desk}/preview")
    assert (back["id"], back["outcome"], back["reason"]) == (str(registration.id), "declined", "missing_letter")
    assert "With care" in client.post(f"{desk}/preview", data=back).get_data(as_text=True)
    assert "A decision was not sent" not in client.get(desk).get_data(as_text=True), "it is told once"


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/en/second-factor/renew", {"code": "abcde-fghij"}),
        ("/en/console/roles", {"email": "new@example.org", "role": "admin", "scope": "all:", "code": "123456"}),
    ],
)
def test_a_code_is_never_kept(client: FlaskClient, path: str, typed: dict[str, str]) -> None:
    person = make_staff(Role.ADMIN)
    sign_in(client, person)
    page = client.get(path).text
    db.session.query(WebSession).update({"revoked_at": now()})
    assert client.post(path, data={**form_fields(page, None), **typed}, headers=FROM_HERE).status_code == 303
    kept = db.session.query(KeptPost).one_or_none()
    words = open_for_house(place("kept_post", "sealed", kept.id), kept.sealed).decode() if kept else ""
    assert typed["code"] not in words
    assert kept is not None or set(typed) == {"code"}
    assert all(word in words for name, word in typed.items() if name != "code" and kept)


def test_the_code_of_an_event_is_no_secret_and_comes_back(client: FlaskClient) -> None:
    person, event = make_staff(Role.ADMIN), make_forum()
    sign_in(client, person)
    path = f"/en/console/events/{event.slug}/facts"
    page = client.get(path).text
    db.session.query(WebSession).update({"revoked_at": now()})
    client.post(path, data={**form_fields(page, None), "code": "MARKER9"}, headers=FROM_HERE)
    kept = db.session.query(KeptPost).one()
    assert "MARKER9" in open_for_house(place("kept_post", "sealed", kept.id), kept.sealed).decode()
