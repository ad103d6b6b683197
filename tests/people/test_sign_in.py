"""Signing in by mail (SAFETY.md properties 3, 9, 10, 12, 20, 28)."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people import roles
from eventhub.people import sign_in as sign_in_rows
from eventhub.people.models import Person, Role, SignInRequest, WebSession
from tests.factories.people import form_fields, grant, make_person, make_staff, sign_in
from tests.people.visits import ask, code, come_in, is_in, link, new_email, newest, send

EVIL = ["//evil.example", "/en//evil.example", "/\\evil.example", "javascript:alert(1)", "https://evil.example/en/me",
        "/en/me%0d%0aX:1", "/%5cevil.example", "/en/no-such-page", "http:evil.example", "/en/me?a=%00"]  # fmt: skip


def plain(html: str, email: str) -> str:
    """A page without what is random by design."""
    html = re.sub(r'(name="(?:csrf_token|form_key)" type="hidden" value=")[^"]*', r"\1", html)
    return html.replace(email, "EMAIL")


def test_two_worlds(app: Flask, database: None, statements: list[str]) -> None:
    """Known, unknown and staff addresses: same status, headers, bytes and statements."""
    known, staff, unknown = make_person().email or "", make_staff().email or "", new_email()
    seen = []
    for email in (unknown, known, staff):
        client = app.test_client()
        hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
        statements.clear()
        answer = client.post("/en/sign-in", data={**hidden, "email": email})
        asked = list(statements)
        page = client.get(answer.location)
        hidden = form_fields(page.get_data(as_text=True))
        statements.clear()
        wrong = client.post(answer.location, data={**hidden, "code": "00000000"})
        bodies = [plain(one.get_data(as_text=True), email) for one in (answer, page, wrong)]
        headers = sorted((name, value) for name, value in answer.headers if name != "Set-Cookie")
        seen.append((answer.status_code, answer.location, headers, bodies, asked, wrong.status_code, list(statements)))
    for part in range(len(seen[0])):
        assert seen[0][part] == seen[1][part] == seen[2][part]
    assert seen[0][0] == 303


def test_an_unknown_address_gets_a_real_link_that_makes_the_person(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email, language="ar")
    assert db.session.query(Person).filter_by(email=email).count() == 0
    promises = db.session.query(Promise).filter_by(task="people.sign_in").all()
    assert [one.payload for one in promises] == [{"sign_in_id": str(newest(email).id)}]
    assert send(client, link(email)).location == "/en/me"
    person = db.session.query(Person).filter_by(email=email).one()
    assert person.language == "ar"
    assert is_in(client)


def test_opening_the_link_changes_nothing(client: FlaskClient, statements: list[str]) -> None:
    email = new_email()
    ask(client, email)
    statements.clear()
    for _ in range(3):
        page = client.get(link(email))
        assert page.status_code == 200
    assert not [one for one in statements if not one.startswith(("SELECT", "SAVEPOINT", "ROLLBACK", "RELEASE"))]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    secret = link(email).rpartition("/")[2]
    title = re.search(r"<title>.*?</title>", page.get_data(as_text=True))
    assert title
    assert secret not in title[0]
    assert newest(email).spent_at is None
    assert not is_in(client)
    assert client.head(link(email)).status_code == 200
    assert newest(email).spent_at is None


def test_the_link_works_once(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    assert come_in(client, email).status_code == 303
    other = app.test_client()
    assert other.get(link(email)).status_code == 410
    hidden = form_fields(other.get("/en/sign-in").get_data(as_text=True))
    assert other.post(link(email), data=hidden).status_code == 410
    assert not is_in(other)


def test_the_same_press_twice_is_answered_alike(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    hidden = form_fields(client.get(link(email)).get_data(as_text=True))
    before = client.get_cookie("session")
    assert before is not None
    first = client.post(link(email), data=hidden)
    client.set_cookie("session", before.value)
    again = client.post(link(email), data=hidden)
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, "/en/me")
    assert db.session.query(WebSession).count() == 1
    assert is_in(client)


def test_the_same_code_sent_twice_ends_signed_in(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    hidden = form_fields(client.get("/en/sign-in/sent").text)
    before = client.get_cookie("session")
    assert before is not None
    first = client.post("/en/sign-in/sent", data={**hidden, "code": code(email)})
    for form_key in (hidden["form_key"], str(uuid.uuid4())):
        client.set_cookie("session", before.value)
        again = client.post("/en/sign-in/sent", data={**hidden, "code": code(email), "form_key": form_key})
        assert (first.status_code, first.location) == (again.status_code, again.location) == (303, "/en/me")
        assert is_in(client)
    assert db.session.query(WebSession).count() == 1
    client.set_cookie("session", before.value)
    wrong = f"{(int(code(email)) + 1) % 10**8:08d}"
    fresh = hidden | {"form_key": str(uuid.uuid4())}
    assert client.post("/en/sign-in/sent", data={**fresh, "code": wrong}).status_code == 422
    assert not is_in(client)
    # The right one, the same form again (undone), another form with the right one, a wrong one.
    assert newest(email).code_tries == 3


def test_a_press_from_another_browser_or_too_late_opens_nothing(app: Flask, client: FlaskClient) -> None:
    """The repeat is for the browser whose button it was, for a minute; a session that was ended stays ended."""
    email = new_email()
    ask(client, email)
    path = link(email)
    other = app.test_client()
    pages = {who: form_fields(who.get(path).text) for who in (client, other)}
    before = client.get_cookie("session")
    assert before is not None
    assert client.post(path, data=pages[client]).location == "/en/me"
    assert other.post(path, data=pages[other]).status_code == 410
    assert other.post(path, data=pages[other] | {"form_key": pages[client]["form_key"]}).location == "/en/me"
    assert not is_in(other)
    fresh = pages[client] | {"form_key": str(uuid.uuid4())}
    client.set_cookie("session", before.value)
    with time_machine.travel(now() + sign_in_rows.AGAIN + timedelta(seconds=1), tick=False):
        assert client.post(path, data=fresh).status_code == 410
    db.session.query(WebSession).update({"revoked_at": now()})
    client.set_cookie("session", before.value)
    assert client.post(path, data=fresh).status_code == 410
    assert not is_in(client)


def test_asking_twice_with_one_form_asks_once(client: FlaskClient) -> None:
    email = new_email()
    hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
    for _ in range(2):
        assert client.post("/en/sign-in", data={**hidden, "email": email}).location == "/en/sign-in/sent"
    assert db.session.query(SignInRequest).filter_by(email=email).count() == 1
    assert send(client, "/en/sign-in/sent", code=code(email)).location == "/en/me"


def test_an_older_link_is_dead(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    older, older_code = link(email), code(email)
    with time_machine.travel(now() + timedelta(minutes=1)):
        ask(client, email)
        assert client.get(older).status_code == 410
        assert send(client, "/en/sign-in/sent", code=older_code).status_code == 422
        assert send(client, link(email)).status_code == 303


@pytest.mark.parametrize(("who", "lives"), [("participant", timedelta(hours=24)), ("staff", timedelta(minutes=10))])
def test_links_live_as_long_as_said(client: FlaskClient, who: str, lives: timedelta) -> None:
    email = (make_staff() if who == "staff" else make_person()).email or ""
    ask(client, email)
    asked = newest(email).created_at
    with time_machine.travel(asked + lives - timedelta(seconds=1), tick=False):
        assert client.get(link(email)).status_code == 200
    with time_machine.travel(asked + lives + timedelta(seconds=1), tick=False):
        assert client.get(link(email)).status_code == 410


def test_a_new_role_shortens_a_link_that_is_out(client: FlaskClient) -> None:
    person = make_person()
    ask(client, person.email or "")

    roles.grant_role(None, person, role=Role.RAPPORTEUR)
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert client.get(link(person.email or "")).status_code == 410


def test_the_code_works_in_the_browser_that_asked(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    stranger = app.test_client()
    stranger.get("/en/sign-in")
    assert send(stranger, "/en/sign-in/sent", code=code(email)).status_code == 422
    assert not is_in(stranger)
    assert newest(email).code_tries == 0
    spaced = f" {code(email)[:4]} {code(email)[4:]} "
    assert send(client, "/en/sign-in/sent", code=spaced).location == "/en/me"
    assert is_in(client)


def test_digits_of_other_scripts_are_digits(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    arabic = code(email).translate({48 + digit: 0x660 + digit for digit in range(10)})
    assert send(client, "/en/sign-in/sent", code=arabic).status_code == 303


def test_five_tries_and_the_code_is_dead_but_not_the_link(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    wrong = f"{(int(code(email)) + 1) % 10**8:08d}"
    for tries in range(1, 6):
        assert send(client, "/en/sign-in/sent", code=wrong).status_code == 422
        assert newest(email).code_tries == tries
    assert send(client, "/en/sign-in/sent", code=code(email)).status_code == 422
    assert newest(email).code_tries == 5
    assert send(client, link(email)).status_code == 303


def test_no_trick_makes_a_wrong_code_free(app: Flask, client: FlaskClient) -> None:
    """Neither the key of a form that was sent before, nor an address that breaks the page, undoes the counting; and no
    answer tells that the code was right.
    """
    email = new_email()
    asked = form_fields(client.get("/en/sign-in").text)
    client.post("/en/sign-in", data=asked | {"email": email})
    used = form_fields(client.get("/en/sign-in/sent").text) | {"form_key": asked["form_key"]}
    wrong = "1" if code(email) == "0" * 8 else "0" * 8
    answers = [client.post("/en/sign-in/sent", data=used | {"code": one}) for one in (wrong, code(email))]
    assert newest(email).code_tries == 1
    assert [answer.status_code for answer in answers] == [422, 409]
    assert not is_in(client)
    fresh = used | {"form_key": str(uuid.uuid4())}
    assert client.post("/en/sign-in/sent?endpoint=1&_anchor=x", data=fresh | {"code": wrong}).status_code == 422
    assert newest(email).code_tries == 2


def test_a_form_that_was_open_while_somebody_signed_in_leads_on(client: FlaskClient) -> None:
    asked = form_fields(client.get("/en/sign-in").text)
    come_in(client, new_email())
    answer = client.post("/en/sign-in", data=asked | {"email": "other@example.org"})
    assert (answer.status_code, answer.location) == (303, "/en/me")
    assert db.session.query(SignInRequest).filter_by(email="other@example.org").count() == 0


def test_the_code_dies_after_ten_minutes(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    with time_machine.travel(newest(email).created_at + timedelta(minutes=10, seconds=1), tick=False):
        assert send(client, "/en/sign-in/sent", code=code(email)).status_code == 422
        assert client.get(link(email)).status_code == 200


def test_nothing_that_opens_a_door_is_stored(client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    row = newest(email)
    stored = repr({column.name: getattr(row, column.name) for column in SignInRequest.__table__.columns})
    assert link(email).rpartition("/")[2] not in stored
    assert code(email) not in stored


def test_a_session_set_by_somebody_else_is_worthless(app: Flask, client: FlaskClient) -> None:
    """Session fixation: the cookie before and after sign-in differ, and the one before opens nothing."""
    email = new_email()
    ask(client, email)
    before = client.get_cookie("session")
    send(client, link(email))
    after = client.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value
    thief = app.test_client()
    thief.set_cookie("session", before.value)
    assert not is_in(thief)
    assert is_in(client)


def test_signing_in_again_ends_the_session_before(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    come_in(client, email)
    old = client.get_cookie("session")
    ask(app.test_client(), email)
    send(client, link(email))
    thief = app.test_client()
    assert old
    thief.set_cookie("session", old.value)
    assert not is_in(thief)


def test_a_revoked_session_is_over_at_once(client: FlaskClient) -> None:
    email = new_email()
    come_in(client, email)
    assert is_in(client)
    db.session.query(WebSession).update({"revoked_at": now()})
    assert not is_in(client)


def test_signing_out_clears_the_browser_and_ends_the_session(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    come_in(client, email)
    cookie = client.get_cookie("session")
    answer = send(client, "/en/sign-out", page="/en/me", action="/en/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "You are signed out" in client.get(answer.location).text
    thief = app.test_client()
    assert cookie
    thief.set_cookie("session", cookie.value)
    assert not is_in(thief)
    assert not is_in(client)


def test_signing_out_spares_scans_of_a_door_that_wait(client: FlaskClient) -> None:
    """The page has forgotten everything else by then (leave.js)."""
    come_in(client, new_email())
    assert "leave" in client.get("/en/me").text
    answer = send(client, "/en/sign-out", page="/en/me", action="/en/sign-out", keep="scans")
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies"'
    assert not is_in(client)


def test_signing_out_needs_our_page(client: FlaskClient) -> None:
    email = new_email()
    come_in(client, email)
    assert client.post("/en/sign-out", data={"form_key": str(uuid.uuid4())}).status_code == 422
    assert is_in(client)


@pytest.mark.parametrize("target", EVIL)
def test_next_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    email = new_email()
    ask(client, email, target=target)
    answer = send(client, link(email))
    assert answer.location == "/en/me"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example/", "/en//evil.example"])
def test_next_in_the_posted_form_leads_nowhere_else(client: FlaskClient, target: str) -> None:
    email = new_email()
    send(client, "/en/sign-in", email=email, next=target)
    assert newest(email).next_url is None
    sign_in(client, make_person())
    assert client.get("/en/sign-in", query_string={"next": target}).location == "/en/me"


def test_next_leads_back_to_the_page_that_asked(client: FlaskClient) -> None:
    email = new_email()
    answer = client.get("/en/me/profile?a=1")
    assert answer.status_code == 303
    hidden = form_fields(client.get(answer.location).get_data(as_text=True))
    client.post(answer.location, data={**hidden, "email": email})
    assert send(client, link(email)).location == "/en/me/profile?a=1"


def test_a_forged_host_is_refused(client: FlaskClient) -> None:
    hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
    answer = client.post(
        "/en/sign-in",
        data={**hidden, "email": new_email()},
        headers={"Host": "evil.example"},
        base_url="http://evil.example",
    )
    assert answer.status_code == 400
    assert db.session.query(SignInRequest).count() == 0


@pytest.mark.parametrize(
    "email", ["\u212aim@example.org", "adm\u0131n@example.org", "ad\u200bmin", "kim@ex\u212aample.org"]
)
def test_letters_that_only_look_alike_are_refused(client: FlaskClient, email: str) -> None:
    """Folding U+212A to k would mail Kim's link to somebody else's mailbox, or sign somebody else in as Kim."""
    make_person(email=f"kim@example{uuid.uuid4().hex[:6]}.org")
    answer = ask(client, email)
    assert answer.status_code == 422
    assert db.session.query(SignInRequest).count() == 0


def test_capitals_are_the_same_address(client: FlaskClient) -> None:
    person = make_person()
    answer = ask(client, (person.email or "").upper())
    assert answer.status_code == 303
    assert newest(person.email or "").person_id == person.id


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "@",
        "a@b",
        "a@@b.org",
        "a b@c.org",
        "<script>@b.org",
        "a" * 300 + "@b.org",
        "\ufffd@b.org",
    ],
)
def test_wrong_addresses_are_answered_at_the_field(client: FlaskClient, email: str) -> None:
    hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
    answer = client.post("/en/sign-in", data={**hidden, "email": email})
    assert answer.status_code == 422
    assert 'id="email-e"' in answer.get_data(as_text=True)


def test_signs_nobody_sees_are_left_out(client: FlaskClient) -> None:
    hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
    email = new_email()
    body = urlencode({**hidden, "email": "X"}).replace("email=X", f"email=%00%E2%80%8B{email}")
    answer = client.post("/en/sign-in", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    assert [row.email for row in db.session.query(SignInRequest)] == [email]


def test_five_requests_of_one_browser_for_one_address_then_a_pause(app: Flask, client: FlaskClient) -> None:
    email, other = new_email(), new_email()
    answers = [ask(client, email).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]
    assert ask(client, other).status_code == 303
    hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
    answer = client.post("/en/sign-in", data={**hidden, "email": email}, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.status_code == 429
    assert ask(app.test_client(), email).status_code == 303


def mailed(email: str) -> int:
    """How many requests of an address got a mail."""
    rows = db.session.query(SignInRequest).filter_by(email=email)
    return sum(row.link_until > row.created_at for row in rows)


def test_nobody_else_closes_what_this_browser_asked(app: Flask, client: FlaskClient) -> None:
    """SAFETY.md property 28: strangers ask and ask for the address; the person's link and code work on."""
    email = new_email()
    ask(client, email)
    path, digits = link(email), code(email)
    for _ in range(30):
        assert ask(app.test_client(), email).status_code == 303
    assert client.get(path).status_code == 200
    assert send(client, "/en/sign-in/sent", code=digits).location == "/en/me"
    assert is_in(client)


def test_strangers_keep_nobody_out_and_flood_no_mailbox(app: Flask, client: FlaskClient) -> None:
    """First the strangers, then the person, in a browser that was never here: a link that works lies in the mailbox."""
    email = new_email()
    for _ in range(40):
        assert ask(app.test_client(), email).status_code == 303
    assert mailed(email) == sign_in_rows.MAILS_AN_HOUR
    assert ask(client, email).status_code == 303
    newest_mail = max(
        (row for row in db.session.query(SignInRequest).filter_by(email=email) if row.link_until > row.created_at),
        key=lambda row: row.created_at,
    )
    with time_machine.travel(newest_mail.created_at + sign_in_rows.THEN_EVERY + timedelta(seconds=1), tick=False):
        assert ask(app.test_client(), email).status_code == 303
        assert ask(app.test_client(), email).status_code == 303
        assert mailed(email) == sign_in_rows.MAILS_AN_HOUR + 1
    assert send(client, f"/en/sign-in/{sign_in_rows.link_token(newest_mail)}").location == "/en/me"
    assert is_in(client)
    # Whoever is in needs no other link: what the strangers asked is over, and asking again brings a mail at once.
    assert db.session.query(SignInRequest).filter_by(email=email, spent_at=None).count() == 0
    ask(app.test_client(), email)
    assert mailed(email) == sign_in_rows.MAILS_AN_HOUR + 2


def test_above_the_ceiling_everything_looks_the_same(app: Flask, database: None, statements: list[str]) -> None:
    """Else a stranger who asks and counts would learn that the person asked within the hour."""
    quiet, flooded = new_email(), new_email()
    for _ in range(sign_in_rows.MAILS_AN_HOUR):
        ask(app.test_client(), flooded)
    seen = []
    for email in (quiet, flooded):
        client = app.test_client()
        hidden = form_fields(client.get("/en/sign-in").get_data(as_text=True))
        statements.clear()
        answer = client.post("/en/sign-in", data={**hidden, "email": email})
        asked = list(statements)
        page = client.get(answer.location)
        told = []
        for _ in range(6):
            hidden = form_fields(client.get(answer.location).get_data(as_text=True))
            wrong = client.post(answer.location, data={**hidden, "code": "00000000"})
            told.append((wrong.status_code, plain(wrong.get_data(as_text=True), email)))
        seen.append((answer.status_code, answer.location, plain(page.get_data(as_text=True), email), told, len(asked)))
    assert seen[0] == seen[1]
    promises = db.session.query(Promise).filter_by(task="people.sign_in").count()
    assert promises == sign_in_rows.MAILS_AN_HOUR + 2


def test_no_code_fits_a_request_without_a_mail_but_the_one_before_still_does(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    digits = code(email)
    for _ in range(sign_in_rows.MAILS_AN_HOUR):
        ask(app.test_client(), email)
    ask(client, email)
    unsent = newest(email)
    assert unsent.link_until == unsent.created_at
    assert send(client, "/en/sign-in/sent", code=sign_in_rows.sign_in_code(unsent)).status_code == 422
    assert client.get(link(email)).status_code == 410
    assert send(client, "/en/sign-in/sent", code=digits).location == "/en/me"


def test_asking_again_buys_no_more_tries_at_a_code(app: Flask, client: FlaskClient) -> None:
    email = new_email()
    ask(client, email)
    digits = code(email)
    wrong = f"{(int(digits) + 1) % 10**8:08d}"
    for _ in range(sign_in_rows.MAILS_AN_HOUR):
        ask(app.test_client(), email)
    for _ in range(2):
        ask(client, email)
        for _ in range(3):
            assert send(client, "/en/sign-in/sent", code=wrong).status_code == 422
    assert send(client, "/en/sign-in/sent", code=digits).status_code == 422
    assert not is_in(client)


@pytest.mark.parametrize("ended", ["expired", "revoked"])
def test_a_device_of_the_person_has_an_allowance_of_its_own(app: Flask, client: FlaskClient, ended: str) -> None:
    email = new_email()
    come_in(client, email)
    row = db.session.query(WebSession).one()
    if ended == "expired":
        row.until = now() - timedelta(seconds=1)
    else:
        row.revoked_at = now()
    db.session.flush()
    for _ in range(sign_in_rows.MAILS_AN_HOUR):
        ask(app.test_client(), email)
    before = mailed(email)
    ask(app.test_client(), email)
    ask(client, email)
    assert mailed(email) == before + (1 if ended == "expired" else 0)
    if ended == "expired":
        assert send(client, "/en/sign-in/sent", code=code(email)).location == "/en/me"


def test_a_hall_behind_one_address_signs_in(app: Flask, database: None) -> None:
    client = app.test_client()
    assert {ask(client, new_email()).status_code for _ in range(60)} == {303}


def test_an_erased_or_renamed_person_is_not_signed_in_by_an_old_link(client: FlaskClient) -> None:
    person = make_person()
    email = person.email or ""
    ask(client, email)
    path = link(email)
    person.email = new_email()
    db.session.flush()
    assert send(client, path).status_code == 410
    assert not is_in(client)


def test_a_role_taken_away_counts_at_once(client: FlaskClient) -> None:
    person = make_person()
    held = grant(person, Role.ORGANISER)
    sign_in(client, person)
    assert client.get("/en/console").status_code == 200
    held.revoked_at = now()
    db.session.flush()
    assert client.get("/en/console").status_code == 404


def test_time_is_not_the_database_s(client: FlaskClient) -> None:
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False):
        email = new_email()
        ask(client, email)
        assert newest(email).link_until == datetime(2027, 3, 2, 12, tzinfo=UTC)


def test_where_somebody_was_going_is_sealed_and_soon_forgotten(client: FlaskClient) -> None:
    email, target = new_email(), "/en/me/invitations/the-secret-of-a-link"
    ask(client, email, target=target)
    row = newest(email)
    assert row.next_url is not None
    assert "invitations" not in row.next_url
    assert send(client, link(email)).location == target
    assert sign_in_rows.forget_where(now()) == 0  # pressed once more it leads there again
    assert sign_in_rows.forget_where(now() + timedelta(minutes=2)) == 1
    db.session.refresh(row)
    assert row.next_url is None
    ask(client.application.test_client(), email, target=target)
    sign_in_rows.close_requests(email)
    db.session.expire_all()
    assert newest(email).next_url is None
