"""My page: profile, safety, consents, devices, address, data (SAFETY.md properties 10, 11, 14, 25, 27)."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.revisions import current
from eventhub.people import actions, queries, roles
from eventhub.people.models import Channel, Consent, EmailChange, Person, Role, RoleOffer, ScopeKind, WebSession
from tests.factories.people import form_fields, make_organisation, make_person, make_staff, sign_in
from tests.people.visits import ask, come_in, is_in, link, new_email, newest_session, send

PAGES = (
    "/me",
    "/me/profile",
    "/me/email",
    "/me/consents",
    "/me/devices",
    "/me/data",
    "/me/data/erase",
)
FILLED = {
    "name": "أمينة يوسف ورسمه",
    "name_latin": "Amina Yusuf Warsame",
    "alias": "A. Yusuf",
    "phone": "+٢٥٤ 712 345 678",
    "nationality": "SO",
    "residence": "KE",
    "language": "ar",
    "time_zone": "Africa/Nairobi",
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_open_for_their_person_alone(client: FlaskClient, path: str, language: str) -> None:
    address = f"/{language}{path}"
    assert client.get(address).location.startswith(f"/{language}/sign-in?next=")
    sign_in(client, make_person(name="Zoë <b>O’Neil</b>"))
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<b>O’Neil" not in answer.get_data(as_text=True)


def test_the_profile_is_kept(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    before = current("people")
    assert send(client, "/en/me/profile", **FILLED).location == "/en/me"
    assert {name: getattr(person, name) for name in FILLED} == {**FILLED, "phone": "+254 712 345 678"}
    assert current("people") > before, "the public name stands on pages that are kept"
    page = client.get("/ar/me/profile").get_data(as_text=True)
    assert "أمينة يوسف ورسمه" in page
    assert '<option selected value="Africa/Nairobi">' in page
    assert (
        send(client, "/en/me/profile", **{**FILLED, "alias": "", "nationality": "", "residence": ""}).status_code == 303
    )
    db.session.refresh(person)
    assert (person.alias, person.nationality, person.residence) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "\u200b\u202e \x00"),
        ("name", "x" * 201),
        ("phone", "call me"),
        ("nationality", "XX"),
        ("residence", "javascript:"),
        ("language", "tlh"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_wrong_answers_are_shown_with_all_that_was_typed(client: FlaskClient, field: str, typed: str) -> None:
    person = sign_in(client, make_person(name="Before"))
    answer = send(client, "/en/me/profile", **{**FILLED, field: typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-e"' in page
    assert FILLED["name_latin"] in page
    db.session.refresh(person)
    assert person.name == "Before"


def test_what_nobody_sees_leaves_a_name(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    send(
        client,
        "/en/me/profile",
        **{**FILLED, "name": "\u202eAnna\u200b\x00 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"},
    )
    db.session.refresh(person)
    assert person.name == "Anna \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


def test_only_named_fields_are_written(client: FlaskClient) -> None:
    """Property 25: every column of the table is posted; nothing but the form's own fields moves."""
    person = sign_in(client, make_person())
    columns = [column.name for column in Person.__table__.columns]
    others = [name for name in columns if name not in FILLED]
    before = {name: getattr(person, name) for name in others}
    extra = dict.fromkeys(others, str(uuid.uuid4())) | {
        "discreet": "y",
        "email": "evil@example.org",
        "erased_at": "now",
    }
    assert send(client, "/en/me/profile", **{**extra, **FILLED}).status_code == 303
    db.session.refresh(person)
    assert {name: getattr(person, name) for name in others} == before
    assert {"email", "discreet", "seal_key_id", "erased_at", "id"} <= set(others)


def test_a_form_sent_twice_is_done_once_and_other_words_are_refused(client: FlaskClient) -> None:
    sign_in(client, make_person())
    hidden = form_fields(client.get("/en/me/profile").get_data(as_text=True))
    answers = [client.post("/en/me/profile", data={**hidden, **FILLED}) for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, "/en/me")] * 2
    assert db.session.query(Promise).filter_by(task="people.visibility_changed").count() == 1
    assert client.post("/en/me/profile", data={**hidden, **FILLED, "name": "Other"}).status_code == 409


def test_a_form_without_our_token_is_refused(client: FlaskClient) -> None:
    person = sign_in(client, make_person(name="Before"))
    key = {"form_key": str(uuid.uuid4())}
    for path in ("/en/me/profile", "/en/me/discreet", "/en/me/hide", "/en/me/consents", "/en/me/data/erase"):
        assert client.post(path, data={**key, **FILLED, "sure": "y", "discreet": "y"}).status_code == 422, path
    db.session.refresh(person)
    assert (person.name, person.discreet, person.erased_at) == ("Before", False, None)


# Discreet


def test_discreet_pages_have_a_neutral_title_and_a_way_out_first(client: FlaskClient) -> None:
    person = sign_in(client, make_person(name="Amina"))
    assert send(client, "/en/me/discreet", page="/en/me", action="/me/discreet", discreet="y").location == "/en/me"
    db.session.refresh(person)
    assert person.discreet
    for path in PAGES:
        page = client.get(f"/en{path}").get_data(as_text=True)
        assert "<title>My page</title>" in page
        body = page.partition("<body")[2]
        assert body.index('class="exit"') < body.index("<main"), path
        assert body.index("<a ") == body.index('<a class="exit"'), path
    send(client, "/en/me/discreet", page="/en/me", action="/me/discreet")
    db.session.refresh(person)
    assert not person.discreet
    assert 'class="exit"' not in client.get("/en/me").get_data(as_text=True)


def test_hide_me_now(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    event = uuid.uuid4()
    actions.set_consents(person, {Channel.PHOTO: True})
    actions.set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True}, event_id=event)
    db.session.flush()
    before = current("programme")
    send(client, "/en/me/hide", page="/en/me", action="/me/hide")
    db.session.refresh(person)
    assert person.discreet
    assert queries.consenting([person.id], Channel.PHOTO) == set()
    assert queries.consenting([person.id], Channel.LIST_OF_PARTICIPANTS, event) == set()
    assert current("programme") > before
    assert db.session.query(Promise).filter_by(task="people.visibility_changed").count() == 3


def test_hiding_says_what_it_hid_and_what_it_cannot(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    actions.set_consents(person, {Channel.PHOTO: True})
    actions.set_consents(person, {Channel.LIST_OF_PARTICIPANTS: True}, event_id=uuid.uuid4())
    db.session.flush()
    before = client.get("/en/me/hide").get_data(as_text=True)
    assert before.count('class="tag warn"') == 2, "what is on, for all events or for one"
    assert "What we cannot take back for you" in before
    assert send(client, "/en/me/hide", page="/en/me/profile", action="/me/hide").location == "/en/me/hide"
    after = client.get("/en/me/hide").get_data(as_text=True)
    assert "You are hidden" in after
    assert "What we cannot take back for you" in after
    assert 'class="tag warn"' not in after
    assert after.count("since ") == 2, "when each of the two was taken back"
    assert "Choose a public name" in after
    assert send(client, "/en/me/hide", page="/en/me", action="/me/hide").location == "/en/me/hide", "pressing again"


def test_hidden_is_who_is_discreet_and_agrees_to_nothing(client: FlaskClient) -> None:
    person = sign_in(client, make_person(discreet=True, alias="Heron"))
    assert "You are hidden" in client.get("/en/me/hide").get_data(as_text=True)
    actions.set_consents(person, {Channel.PHOTO: True}, event_id=uuid.uuid4())
    db.session.flush()
    assert "You are hidden" not in client.get("/en/me/hide").get_data(as_text=True)


# Consents


def test_every_consent_is_no_until_given(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    assert not any(state.given for state in queries.consent_states(person.id))
    page = client.get("/en/me/consents").get_data(as_text=True)
    assert page.count('value="no"') == len(Channel)
    assert page.count(" checked") == len(Channel)
    answers = {channel.value: "no" for channel in Channel}
    send(client, "/en/me/consents", **answers)
    assert db.session.query(Consent).count() == 0, "a no that was always a no is no news"


def test_consents_are_dated_and_their_history_is_shown(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    answers = {channel.value: "no" for channel in Channel}
    send(client, "/en/me/consents", **{**answers, "photo": "yes"})
    before = (current("programme"), current("people"))
    with time_machine.travel(now() + timedelta(hours=2)):
        send(client, "/en/me/consents", **answers)
        page = client.get("/en/me/consents").get_data(as_text=True)
    rows = queries.consent_history(person.id)
    assert [(row.channel, row.given) for row in rows] == [(Channel.PHOTO, False), (Channel.PHOTO, True)]
    assert rows[0].at - rows[1].at > timedelta(hours=1)
    assert (current("programme"), current("people")) > before
    assert page.count("<time ") == 2


def test_the_newest_word_counts_for_an_event_too(database: None) -> None:
    person, event = make_person(), uuid.uuid4()
    assert queries.consenting([person.id], Channel.PHOTO, event) == set()
    actions.set_consents(person, {Channel.PHOTO: True})
    assert queries.consenting([person.id], Channel.PHOTO, event) == {person.id}
    with time_machine.travel(now() + timedelta(minutes=1)):
        actions.set_consents(person, {Channel.PHOTO: False}, event_id=event)
        assert queries.consenting([person.id], Channel.PHOTO, event) == set()
        assert queries.consenting([person.id], Channel.PHOTO) == {person.id}


# Devices


def test_devices_are_listed_and_revoked(app: Flask, client: FlaskClient, statements: list[str]) -> None:
    person = make_person()
    come_in(client, person.email or "")
    statements.clear()
    client.get("/en/me/devices")
    one = len(statements)
    others = [app.test_client() for _ in range(2)]
    for other in others:
        come_in(other, person.email or "")
    statements.clear()
    client.get("/en/me/devices")
    assert len(statements) == one
    row = db.session.query(WebSession).filter_by(person_id=person.id).order_by(WebSession.created_at.desc()).first()
    assert row is not None
    send(client, "/en/me/devices", session=str(row.id))
    assert [is_in(other) for other in others] == [True, False]
    send(client, "/en/me/devices", session="others")
    assert [is_in(other) for other in others] == [False, False]
    assert is_in(client)


def test_other_people_s_devices_do_not_exist(app: Flask, client: FlaskClient) -> None:
    victim, stranger = app.test_client(), make_person()
    come_in(victim, make_person().email or "")
    theirs = db.session.query(WebSession).one()
    sign_in(client, stranger)
    for chosen in (str(theirs.id), str(uuid.uuid4()), "x", ""):
        hidden = form_fields(client.get("/en/me").get_data(as_text=True))
        assert client.post("/en/me/devices", data={**hidden, "session": chosen}).status_code == 404
    assert is_in(victim)


# The address


def links(change: EmailChange) -> tuple[str, str]:
    """The links in the two mails."""
    old, new = (actions.email_change_token(change, side) for side in (actions.OLD, actions.NEW))
    return f"/en/email-change/{old}", f"/en/email-change/{new}"


def wish(client: FlaskClient, email: str) -> EmailChange:
    """Ask for another address."""
    assert send(client, "/en/me/email", email=email).location == "/en/me/email"
    return db.session.query(EmailChange).filter_by(new_email=email).one()


@pytest.mark.parametrize("first", [0, 1])
def test_both_addresses_must_agree(app: Flask, client: FlaskClient, first: int) -> None:
    person, email = make_person(), new_email()
    old_email = person.email or ""
    come_in(client, old_email)
    ask(app.test_client(), old_email)
    sign_in_link = link(old_email)
    paths = links(wish(client, email))
    mailbox = app.test_client()
    for path in paths:
        assert mailbox.get(path).status_code == 200
    assert person.email == old_email, "opening a link changes nothing"
    for _ in range(2):
        assert send(mailbox, paths[first]).status_code == 303
        assert db.session.get_one(Person, person.id).email == old_email, "one mailbox is not enough, however often"
    assert send(mailbox, paths[1 - first]).status_code == 303
    assert db.session.get_one(Person, person.id).email == email
    assert not is_in(client), "every session ends"
    assert mailbox.get(sign_in_link).status_code == 410
    assert mailbox.get(paths[0]).status_code == 410
    assert come_in(app.test_client(), email).location == "/en/me"
    come_in(stranger := app.test_client(), old_email)
    assert is_in(stranger)
    assert db.session.query(Person).filter_by(email=old_email).one().id != person.id


def test_a_taken_address_is_told_only_to_who_holds_both(app: Flask, client: FlaskClient) -> None:
    taken = make_person()
    person = sign_in(client, make_person())
    free_answer = send(client, "/en/me/email", email=new_email())
    answer = send(client, "/en/me/email", email=taken.email)
    assert (answer.status_code, answer.location) == (free_answer.status_code, free_answer.location)
    old, new = links(db.session.query(EmailChange).filter_by(new_email=taken.email).one())
    mailbox = app.test_client()
    assert send(mailbox, old).status_code == 303
    assert send(mailbox, new).status_code == 422
    assert db.session.get_one(Person, person.id).email != taken.email


def test_a_newer_wish_and_time_end_an_older_one(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_person())
    first = links(wish(client, new_email()))
    second = links(wish(client, new_email()))
    mailbox = app.test_client()
    assert mailbox.get(first[0]).status_code == 410
    assert mailbox.get(second[0]).status_code == 200
    with time_machine.travel(now() + timedelta(hours=25)):
        assert mailbox.get(second[0]).status_code == 410
    assert mailbox.get("/en/email-change/nonsense").status_code == 410


# The copy


def test_the_copy_holds_what_we_keep(client: FlaskClient) -> None:
    person = make_person(**{**FILLED, "phone": "1"})
    actions.set_consents(person, {Channel.PHOTO: True})
    sign_in(client, person)
    organisation = make_organisation(name="Horn Voices")
    db.session.add(queries.Affiliation(person_id=person.id, organisation_id=organisation.id, is_main=True))
    db.session.flush()
    answer = send(client, "/en/me/data/copy", page="/en/me/data", action="/me/data/copy")
    assert answer.headers["Cache-Control"] == "no-store"
    found = json.loads(answer.data)
    assert found["person"]["name"] == FILLED["name"]
    assert found["organizations"][0]["name"] == "Horn Voices"
    assert found["consents"][0]["channel"] == "photo"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert "token_hash" not in answer.get_data(as_text=True)


def test_a_copy_is_a_deed_that_the_person_sees(client: FlaskClient) -> None:
    """Sealed answers are opened for it: no link opens it, and each one leaves a line."""
    person = sign_in(client, make_person())
    copies = db.session.query(AuditEntry).filter_by(verb="person.data_copied")
    assert client.get("/en/me/data/copy").status_code == 405
    assert client.post("/en/me/data/copy").status_code == 422
    assert "Copies that were taken" not in client.get("/en/me/data").text
    assert copies.count() == 0
    for number in (1, 2):
        answer = send(client, "/en/me/data/copy", page="/en/me/data", action="/me/data/copy")
        assert len(json.loads(answer.data)["copies"]) == copies.count() == number
    assert {(row.actor_id, row.subject_id) for row in copies} == {(person.id, person.id)}
    page = client.get("/en/me/data").text
    assert page.partition("Copies that were taken")[2].count("<time ") == 2


def test_my_own_address_is_no_new_one(client: FlaskClient) -> None:
    person = sign_in(client, make_person())
    answer = send(client, "/en/me/email", email=str(person.email).upper())
    assert answer.status_code == 422
    assert "This is your address already." in answer.text
    assert db.session.scalar(select(func.count(EmailChange.id))) == 0


def test_an_offered_role_stays_with_the_person_when_the_address_changes(app: Flask, client: FlaskClient) -> None:
    """Whoever has the old mailbox then is offered nothing, and whoever offered sees no change."""
    admin, person = make_staff(), make_person()
    old, new = str(person.email), new_email()
    offer = roles.offer_role(admin, old, "en", role=Role.ADMIN, scope_kind=ScopeKind.ALL)
    sign_in(client, admin)
    before = client.get("/en/console/roles").text
    change = actions.request_email_change(person, new)
    for side in (actions.OLD, actions.NEW):
        actions.agree_to_email_change(actions.email_change_token(change, side))
    thief = app.test_client()
    come_in(thief, old)
    (known,) = db.session.query(Person).filter_by(email=old)
    assert known.id != person.id
    assert queries.own_offers(known) == []
    assert "1 role is offered to you" not in thief.get("/en/me").text
    with pytest.raises(roles.OfferClosed):
        roles.accept_role(known, newest_session(known), offer.id, typed=roles.code_of(offer))
    with pytest.raises(roles.OfferClosed):
        roles.decline_role(known, offer.id)
    after = client.get("/en/console/roles").text
    assert old in after
    assert new not in after
    assert before.count(old) == after.count(old)
    assert [one.id for one in queries.own_offers(person)] == [offer.id]
    come_in(app.test_client(), new)
    accepted = roles.accept_role(person, newest_session(person), offer.id, typed=roles.code_of(offer))
    assert accepted.person_id == person.id


@pytest.mark.usefixtures("database")
def test_erasure_takes_the_offers_of_former_addresses_along() -> None:
    admin, person = make_staff(), make_person()
    roles.offer_role(admin, str(person.email), "en", role=Role.CHECK_IN, scope_kind=ScopeKind.ALL)
    change = actions.request_email_change(person, new_email())
    for side in (actions.OLD, actions.NEW):
        actions.agree_to_email_change(actions.email_change_token(change, side))
    actions.erase(person, person)
    assert db.session.query(RoleOffer).count() == 0


@pytest.mark.parametrize("field", ["name", "name_latin", "alias"])
def test_a_name_that_no_paper_can_show_is_kept_and_said_where_it_was_typed(client: FlaskClient, field: str) -> None:
    person = sign_in(client, make_person(name="Amina", alias="A. Y."))
    fields = form_fields(client.get("/en/me/profile").text)
    typed = {"name": "Amina", "name_latin": "", "alias": "A. Y.", "language": "en", "time_zone": "Europe/Zurich"}
    answer = client.post("/en/me/profile", data=fields | typed | {field: "أمينة 😀 𓀀"})
    assert answer.location == "/en/me/profile"
    page = client.get("/en/me/profile").text
    assert "has signs that our papers cannot print: 😀 𓀀." in page
    db.session.refresh(person)
    assert getattr(person, field) == "أمينة 😀 𓀀"
    fields = form_fields(client.get("/en/me/profile").text)
    again = client.post("/en/me/profile", data=fields | typed | {field: "أمينة"})
    assert again.location == "/en/me"
    assert "cannot print" not in client.get("/en/me").text


def test_a_public_name_that_no_paper_can_show_is_said(client: FlaskClient) -> None:
    sign_in(client, make_person(name="Amina", discreet=True))
    fields = form_fields(client.get("/en/me").text, "/en/me/public-name")
    page = client.post("/en/me/public-name", data=fields | {"alias": "A 😀"}, follow_redirects=True).text
    assert "“Public name” has signs that our papers cannot print: 😀." in page
