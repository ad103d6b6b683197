"""Staff pages: today, roles within one's own scope, parked promises for administrators of everything."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit import slots
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.kit.panels import Panel
from eventhub.people import queries, roles
from eventhub.people.models import PendingFactor, Person, Role, RoleGrant, RoleOffer, ScopeKind
from tests.factories.people import form_fields, give_phone, grant, make_person, make_staff, sign_in
from tests.factories.programme import make_event
from tests.factories.registration import make_forum
from tests.people.visits import come_in, new_email, newest_session, phone_of, send, set_up_factor

# Fixed, since they stand in the names of tests, which must be the same in every process.
SERIES, EVENT, OTHER_EVENT = (uuid.UUID(int=number) for number in (1, 2, 3))
ROLES = "/en/console/roles"


@pytest.fixture
def scopes(app: Flask) -> Iterator[None]:
    """A series with an event, and an event of another series, as the programme offers them."""
    places = app.extensions.setdefault("eventhub.panels", {})
    before = places.get("people.scopes")
    places["people.scopes"] = [
        lambda _visitor: Panel(
            "",
            {
                "choices": [
                    (ScopeKind.SERIES, SERIES, "Forum"),
                    (ScopeKind.EVENT, EVENT, "Forum 2026", SERIES),
                    (ScopeKind.EVENT, OTHER_EVENT, "Dialogue", uuid.uuid4()),
                ]
            },
        )
    ]
    yield
    places["people.scopes"] = before or []


def give(client: FlaskClient, person: Person | str, role: Role, scope: str) -> int:
    """By the form, with whatever scope; the answer's status."""
    email = person if isinstance(person, str) else person.email
    return send(client, ROLES, email=email, role=role.value, scope=scope).status_code


def roles_of(person: Person) -> set[tuple[Role, ScopeKind, uuid.UUID | None]]:
    """What a person holds now."""
    rows = db.session.query(RoleGrant).filter_by(person_id=person.id, revoked_at=None)
    return {(row.role, row.scope_kind, row.scope_id) for row in rows}


def test_staff_alone_see_today(client: FlaskClient) -> None:
    assert client.get("/en/console").location.startswith("/en/sign-in")
    sign_in(client, make_person())
    assert client.get("/en/console").status_code == 404
    for role in Role:
        sign_in(client, make_staff(role, event_id=EVENT))
        assert client.get("/ar/console").status_code == 200, role


@pytest.mark.parametrize("role", list(Role))
def test_the_way_to_the_console_and_every_entry_of_its_masthead(client: FlaskClient, role: Role) -> None:
    """From my page to the console, and from there only to what exists for the role."""
    sign_in(client, make_person())
    assert "/en/console" not in client.get("/en/me").text
    assert 'href="/en/console"' not in client.get("/en/console/roles").text
    event = make_forum()
    sign_in(client, make_staff(role, event_id=event.id))
    assert 'href="/en/console"' in client.get("/en/me").text
    today = client.get("/en/console").text
    entries = set(re.findall(r'href="(/en/console[^"]*)"', today))
    assert "/en/console" in entries
    assert [path for path in entries if client.get(path).status_code != 200] == []
    assert (ROLES in entries) == (role is Role.ADMIN)
    counts = f"/en/console/events/{event.slug}/registration-counts"
    assert (counts in entries) == (role is Role.HOST_PARTNER)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_administrators_see_roles_and_promises(client: FlaskClient, role: Role) -> None:
    sign_in(client, make_staff(role))
    for path in (ROLES, "/en/console/promises"):
        assert client.get(path).status_code == 404
    person = make_person()
    hidden = form_fields(client.get("/en/me").get_data(as_text=True))
    typed = {**hidden, "email": person.email, "role": "rapporteur", "scope": "all:"}
    assert client.post(ROLES, data=typed).status_code == 404
    assert roles_of(person) == set()


def accept(app: Flask, person: Person, answer: str = "accept") -> int:
    """What the person does on their own page, in their own browser; the answer's status."""
    browser = app.test_client()
    sign_in(browser, person)
    (offer,) = queries.own_offers(person)
    told = roles.code_of(offer)
    return send(browser, "/en/me/roles", page="/en/me/roles", offer=offer.id, answer=answer, code=told).status_code


def test_an_administrator_is_made_with_a_fresh_code_and_the_others_are_told(app: Flask, client: FlaskClient) -> None:
    admin, other, person = make_staff(), make_staff(), make_person()
    come_in(client, admin.email or "")
    phone = set_up_factor(client, admin)
    typed = {"email": person.email, "role": "admin", "scope": "all:"}
    assert send(client, ROLES, **typed).status_code == 422, "a page left open is not enough"
    assert send(client, ROLES, **typed, code="000000").status_code == 422
    assert queries.own_offers(person) == []
    with time_machine.travel(now() + timedelta(seconds=60)):
        assert send(client, ROLES, **typed, code=phone.now()).status_code == 303
        assert accept(app, person) == 303
    told = db.session.query(Promise).filter_by(task="people.administrator_added")
    assert {row.payload["person_id"] for row in told} == {str(admin.id), str(other.id)}


def test_an_administrator_offers_the_person_accepts_and_the_administrator_takes(
    app: Flask, client: FlaskClient, scopes: None
) -> None:
    admin = sign_in(client, make_staff())
    person = make_person(name="Inés")
    assert give(client, person, Role.ORGANISER, f"event:{EVENT}") == 303
    assert roles_of(person) == set()
    page = client.get(ROLES).get_data(as_text=True)
    assert "Inés" not in page
    assert person.email in page
    assert give(client, person, Role.ORGANISER, f"event:{EVENT}") == 422, "already offered"
    assert accept(app, person) == 303
    assert roles_of(person) == {(Role.ORGANISER, ScopeKind.EVENT, EVENT)}
    page = client.get(ROLES).get_data(as_text=True)
    assert "<bdi>Inés</bdi>" in page
    assert "Forum 2026" in page
    assert give(client, person, Role.ORGANISER, f"event:{EVENT}") == 422, "already held"
    held = db.session.query(RoleGrant).filter_by(person_id=person.id).one()
    assert held.granted_by_id == admin.id
    path = f"/en/console/roles/{held.id}/revoke"
    assert f'href="{path}"' in client.get(ROLES).text, "asked first, never done from the list"
    assert send(client, path).location == ROLES
    assert roles_of(person) == set()
    told = db.session.query(Promise).filter_by(task="people.role_taken").one()
    assert told.payload == {"person_id": str(person.id)}
    assert send(client, path, page=ROLES).status_code == 404
    entries = db.session.query(AuditEntry).filter(AuditEntry.verb.like("role.%")).order_by(AuditEntry.id)
    assert [(row.verb, row.actor_id) for row in entries] == [
        ("role.offered", admin.id),
        ("role.accepted", person.id),
        ("role.revoked", admin.id),
    ]


def test_a_role_for_somebody_new(client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    email = new_email()
    assert give(client, email.upper(), Role.CHECK_IN, f"series:{SERIES}") == 303
    assert db.session.query(Person).filter_by(email=email).count() == 0
    assert db.session.query(Promise).filter_by(task="people.role_offered").count() == 1
    newcomer = client.application.test_client()
    come_in(newcomer, email)
    page = newcomer.get("/en/me").text
    assert "1 role is offered to you" in page
    (offer,) = db.session.query(RoleOffer).filter_by(email=email)
    assert "Forum" in newcomer.get("/en/me/roles").text
    typed: dict[str, Any] = {"page": "/en/me/roles", "offer": offer.id, "answer": "accept"}
    answer = send(newcomer, "/en/me/roles", **typed, code=roles.code_of(offer))
    assert answer.location == "/en/console"
    assert newcomer.get("/en/console").location.startswith("/en/second-factor"), "staff prove themselves"
    person = db.session.query(Person).filter_by(email=email).one()
    assert roles_of(person) == {(Role.CHECK_IN, ScopeKind.SERIES, SERIES)}


def test_two_worlds_of_an_offer(app: Flask, database: None, scopes: None, statements: list[str]) -> None:
    """An administrator of a series types an address: whether somebody known has it cannot be seen, by the answer, the
    list, the SQL, or what that person does meanwhile; only by their accepting.
    """
    known = make_person(name="Zhenevieve Legal", alias="Zhenevieve Public", discreet=True, language="fr")
    client, seen = app.test_client(), []
    sign_in(client, make_staff(Role.ADMIN, series_id=SERIES))

    def plain(html: str, email: str) -> str:
        html = re.sub(r'(name="(?:csrf_token|form_key)" type="hidden" value=")[^"]*', r"\1", html)
        html = re.sub(r'(code">|email: )\d{8}', r"\1CODE", html)  # it hangs on the offer alone
        return re.sub(r"offers/[0-9a-f-]{36}", "offers/ID", html).replace(email, "EMAIL")

    for email in (new_email(), known.email or ""):
        hidden = form_fields(client.get(ROLES).get_data(as_text=True), ROLES)
        typed = {**hidden, "email": email, "role": "rapporteur", "scope": f"event:{EVENT}"}
        told = []
        for step in range(2):  # offered, and offered once more
            statements.clear()
            answer = client.post(ROLES, data=typed | {"form_key": str(uuid.uuid4())})
            told.append((answer.status_code, answer.location, plain(answer.text, email), list(statements)))
            if step == 0:
                if email == known.email:
                    come_in(app.test_client(), email)
                statements.clear()
                told.append((plain(client.get(ROLES).text, email), list(statements)))
        seen.append(told)
        (offer,) = db.session.query(RoleOffer).filter_by(email=email)
        path = f"/en/console/roles/offers/{offer.id}/take-back"
        assert send(client, path, page=ROLES).location == ROLES
        client.get(ROLES)
    assert seen[0] == seen[1]
    assert seen[0][0][0] == 303
    assert "Zhenevieve" not in client.get(ROLES).text


def test_a_mailbox_alone_takes_no_role_and_sets_up_no_phone(app: Flask, client: FlaskClient, scopes: None) -> None:
    """Whoever offers a role tells a code, which no mail holds; whoever reads the mailbox cannot accept without it."""
    sign_in(client, make_staff())
    email = new_email()
    assert give(client, email, Role.ORGANISER, f"event:{EVENT}") == 303
    (offer,) = db.session.query(RoleOffer).filter_by(email=email)
    told = roles.code_of(offer)
    page = client.get(ROLES).text
    assert page.count(told) == 1  # listed for whoever may offer the role, and not said by way of the cookie
    assert told not in db.session.query(Promise).filter_by(task="people.role_offered").one().payload.values()
    thief = app.test_client()
    come_in(thief, email)
    person = db.session.query(Person).filter_by(email=email).one()
    accepting: dict[str, Any] = {"page": "/en/me/roles", "offer": offer.id, "answer": "accept"}
    for typed in ({}, {"code": ""}, {"code": f"{(int(told) + 1) % 10**8:08d}"}, {"code": "nonsense"}):
        answer = send(thief, "/en/me/roles", **accepting, **typed)
        assert answer.status_code == 422
        assert "This is not the code of the offer." in answer.text
        assert told not in answer.text
    assert roles_of(person) == set()
    assert thief.get("/en/second-factor").location == "/en/me"
    assert send(thief, "/en/me/roles", **accepting, code=f" {told[:4]} {told[4:]} ").status_code == 303
    assert roles_of(person) == {(Role.ORGANISER, ScopeKind.EVENT, EVENT)}


@pytest.mark.parametrize("was_signed_in", [True, False], ids=["beside her", "later"])
def test_a_mailbox_alone_sets_up_no_phone_once_the_role_is_accepted(
    app: Flask, client: FlaskClient, scopes: None, was_signed_in: bool
) -> None:
    """Whoever reads the mailbox signs in as she does, and is asked for the code that only she was told."""
    sign_in(client, make_staff())
    person = make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    hers, thief, setup = app.test_client(), app.test_client(), "/en/second-factor/set-up"
    come_in(hers, person.email or "")
    if was_signed_in:
        come_in(thief, person.email or "")
    accepted = send(hers, "/en/me/roles", offer=offer.id, answer="accept", code=roles.code_of(offer))
    assert accepted.status_code == 303
    if was_signed_in:
        assert thief.get(setup).location == "/en/sign-in", "signed out when she accepted"
    come_in(thief, person.email or "")
    page = thief.get(setup).text
    assert "Code that you were told" in page
    assert 'class="code"' not in page
    wrong = f"{(int(roles.code_of(offer)) + 1) % 10**8:08d}"
    for typed in ({}, {"code": ""}, {"code": wrong}):
        assert send(thief, setup, **typed).status_code == 422
    assert db.session.query(PendingFactor).one().session_id != newest_session(person).id
    assert send(thief, setup, code="123456").status_code == 422
    # She goes on where she was, and is told that a phone was set up.
    phone = phone_of(person)
    assert send(hers, setup, code=phone.now()).status_code == 303
    assert db.session.query(Promise).filter_by(task="people.second_factor_set_up").count() == 1
    assert thief.get(setup).location.startswith("/en/second-factor")
    assert "Code that you were told" not in thief.get("/en/second-factor").text


def test_the_first_phone_is_set_up_on_another_day_with_the_code_of_then(
    app: Flask, client: FlaskClient, scopes: None
) -> None:
    sign_in(client, make_staff())
    person = make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    browser = app.test_client()
    come_in(browser, person.email or "")
    told = roles.code_of(offer)
    assert send(browser, "/en/me/roles", offer=offer.id, answer="accept", code=told).status_code == 303
    another = app.test_client()
    come_in(another, person.email or "")
    setup = "/en/second-factor/set-up"
    assert send(another, setup, code=f"{told[:4]} {told[4:]}").location.startswith(setup)
    (secret,) = re.findall(r'class="code">([A-Z2-7]{32})<', another.get(setup).text)
    assert send(another, setup, code=pyotp.TOTP(secret).now()).status_code == 303
    assert person.first_phone_offer_id is None
    assert send(browser, "/en/second-factor", code=pyotp.TOTP(secret).now()).status_code == 422, "each code once"


def test_codes_of_offers_are_not_tried_out(app: Flask, client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    person = make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    browser = app.test_client()
    sign_in(browser, person)
    accepting: dict[str, Any] = {"page": "/en/me/roles", "offer": offer.id, "answer": "accept"}
    tried = [send(browser, "/en/me/roles", **accepting, code="00000000").status_code for _ in range(11)]
    assert tried == [422] * 10 + [429]
    assert send(browser, "/en/me/roles", **accepting, code=roles.code_of(offer)).status_code == 429
    assert roles_of(person) == set()
    # Another one who merely reads the mailbox does not keep her from accepting.
    hers = app.test_client()
    sign_in(hers, person)
    assert send(hers, "/en/me/roles", **accepting, code=roles.code_of(offer)).status_code == 303


def test_codes_of_offers_are_not_tried_out_by_many_sessions(app: Flask, client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    person = make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    accepting: dict[str, Any] = {"page": "/en/me/roles", "offer": offer.id, "answer": "accept", "code": "00000000"}
    for _ in range(10):
        browser = app.test_client()
        sign_in(browser, person)
        for _ in range(10):
            assert send(browser, "/en/me/roles", **accepting).status_code == 422
    browser = app.test_client()
    sign_in(browser, person)
    assert send(browser, "/en/me/roles", **accepting).status_code == 429


def test_whoever_has_given_a_second_factor_needs_no_code(app: Flask, client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    person = make_staff(Role.RAPPORTEUR)
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    browser = app.test_client()
    sign_in(browser, person)
    assert "Code that you were told" not in browser.get("/en/me/roles").text
    assert send(browser, "/en/me/roles", page="/en/me/roles", offer=offer.id, answer="accept").status_code == 303
    assert (Role.ORGANISER, ScopeKind.EVENT, EVENT) in roles_of(person)


@pytest.mark.parametrize("ended", ["declined", "taken back", "too old", "giver lost the role"])
def test_an_offer_that_is_closed_gives_nothing(app: Flask, client: FlaskClient, scopes: None, ended: str) -> None:
    admin = sign_in(client, make_staff())
    person = make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    browser = app.test_client()
    sign_in(browser, person)
    fields = form_fields(browser.get("/en/me/roles").text, "/en/me/roles")
    if ended == "declined":
        assert accept(app, person, "decline") == 303
    elif ended == "taken back":
        assert send(client, f"/en/console/roles/offers/{offer.id}/take-back", page=ROLES).status_code == 303
    elif ended == "too old":
        db.session.query(RoleOffer).update({"until": now()})
    else:
        db.session.query(RoleGrant).filter_by(person_id=admin.id).update({"revoked_at": now()})
    answer = browser.post("/en/me/roles", data=fields | {"offer": str(offer.id), "answer": "accept"})
    assert answer.status_code == 422
    assert "This offer is closed." in answer.text
    assert roles_of(person) == set()


def test_an_offer_is_for_its_address_alone(app: Flask, client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    person, thief = make_person(), make_person()
    give(client, person, Role.ORGANISER, f"event:{EVENT}")
    (offer,) = queries.own_offers(person)
    browser = app.test_client()
    sign_in(browser, thief)
    assert "No role is offered to you" in browser.get("/en/me/roles").text
    fields = form_fields(browser.get("/en/me").text)
    assert browser.post("/en/me/roles", data=fields | {"offer": str(offer.id), "answer": "accept"}).status_code == 422
    assert roles_of(thief) == set()


def test_offers_out_of_scope_do_not_exist(app: Flask, client: FlaskClient, scopes: None) -> None:
    sign_in(client, make_staff())
    email = new_email()
    give(client, email, Role.ORGANISER, f"event:{OTHER_EVENT}")
    (offer,) = db.session.query(RoleOffer).filter_by(email=email)
    other = app.test_client()
    sign_in(other, make_staff(Role.ADMIN, series_id=SERIES))
    assert email not in other.get(ROLES).text
    assert send(other, f"/en/console/roles/offers/{offer.id}/take-back", page=ROLES).status_code == 404


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (Role.ORGANISER, f"event:{EVENT}", 303),
        (Role.ORGANISER, f"series:{SERIES}", 303),
        (Role.ORGANISER, f"event:{OTHER_EVENT}", 422),
        (Role.ORGANISER, "all:", 422),
        (Role.ORGANISER, f"event:{uuid.UUID(int=4)}", 422),
        (Role.ADMIN, f"event:{EVENT}", 422),
        (Role.ADMIN, "all:", 422),
    ],
)
def test_an_administrator_of_a_series_stays_within_it(
    client: FlaskClient, scopes: None, role: Role, scope: str, status: int
) -> None:
    sign_in(client, make_staff(Role.ADMIN, series_id=SERIES))
    email = new_email()
    assert give(client, email, role, scope) == status
    assert db.session.query(RoleOffer).filter_by(email=email).count() == (1 if status == 303 else 0)


def test_roles_outside_one_s_scope_do_not_exist(client: FlaskClient, scopes: None) -> None:
    inside, outside, everywhere = (make_person(name=name) for name in ("Inside", "Outside", "Everywhere"))
    held = {
        inside.id: grant(inside, Role.ORGANISER, event_id=EVENT),
        outside.id: grant(outside, Role.ORGANISER, event_id=OTHER_EVENT),
        everywhere.id: grant(everywhere, Role.ORGANISER),
    }
    sign_in(client, make_staff(Role.ADMIN, series_id=SERIES))
    page = client.get(ROLES).get_data(as_text=True)
    assert "Inside" in page
    assert "Outside" not in page
    assert "Everywhere" not in page
    assert "Dialogue" not in page
    answers = {
        person.name: send(client, f"/en/console/roles/{held[person.id].id}/revoke", page=ROLES).status_code
        for person in (inside, outside, everywhere)
    }
    assert answers == {"Inside": 303, "Outside": 404, "Everywhere": 404}


def test_the_action_itself_keeps_to_the_scope(database: None) -> None:
    person, admin = make_person(), make_staff(Role.ADMIN, event_id=EVENT)
    for given in (
        {"role": Role.ORGANISER},
        {"role": Role.ADMIN, "scope_kind": ScopeKind.EVENT, "scope_id": EVENT},
        {"role": Role.ORGANISER, "scope_kind": ScopeKind.EVENT, "scope_id": OTHER_EVENT},
        {"role": Role.ORGANISER, "scope_kind": ScopeKind.SERIES, "scope_id": SERIES},
    ):
        with pytest.raises(NotFound):
            roles.grant_role(admin, person, **given)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        roles.grant_role(make_staff(Role.ORGANISER), person, role=Role.CHECK_IN)
    assert roles_of(person) == set()


def test_not_one_s_own_administrator_role(client: FlaskClient) -> None:
    admin = sign_in(client, make_staff())
    other = make_staff()
    own = db.session.query(RoleGrant).filter_by(person_id=admin.id).one()
    theirs = db.session.query(RoleGrant).filter_by(person_id=other.id).one()
    assert str(own.id) not in client.get(ROLES).get_data(as_text=True)
    assert send(client, f"/en/console/roles/{own.id}/revoke", page=ROLES).status_code == 422
    assert roles_of(admin)
    phone, path = give_phone(admin), f"/en/console/roles/{theirs.id}/revoke"
    assert path in client.get(ROLES).text
    assert send(client, path).status_code == 422, "a page left open is not enough"
    assert send(client, path, code="000000").status_code == 422
    assert roles_of(other)
    assert db.session.query(Promise).filter_by(task="people.administrator_removed").count() == 0
    assert send(client, path, code=phone.now()).location == ROLES
    assert roles_of(other) == set()
    told = db.session.query(Promise).filter_by(task="people.administrator_removed")
    assert {row.payload["person_id"] for row in told} == {str(admin.id), str(other.id)}


def test_roles_take_as_many_statements_for_three_as_for_one(client: FlaskClient, statements: list[str]) -> None:
    sign_in(client, make_staff())
    statements.clear()
    client.get(ROLES)
    one = len(statements)
    make_staff(Role.RAPPORTEUR)
    make_staff(Role.RAPPORTEUR)
    statements.clear()
    client.get(ROLES)
    assert len(statements) == one


@pytest.mark.parametrize("typed", [{"role": "god"}, {"scope": "event:x"}, {"scope": ""}, {"email": "x"}, {"email": ""}])
def test_wrong_answers(client: FlaskClient, scopes: None, typed: dict[str, str]) -> None:
    sign_in(client, make_staff())
    before = db.session.query(RoleOffer).count()
    answers = {"email": new_email(), "role": "organiser", "scope": "all:", **typed}
    assert send(client, ROLES, **answers).status_code == 422
    assert db.session.query(RoleOffer).count() == before


# Parked promises


def park(task: str = "people.sign_in") -> Promise:
    """A promise that was given up."""
    row = Promise(task=task, payload={"sign_in_id": "secret-id"}, tries=8, parked_at=now(), problem="SMTP 550")
    db.session.add(row)
    db.session.flush()
    return row


def test_parked_promises_are_shown_without_what_they_are_about(client: FlaskClient, statements: list[str]) -> None:
    sign_in(client, make_staff())
    assert "Nothing was given up" in client.get("/en/console/promises").get_data(as_text=True)
    row = park()
    statements.clear()
    page = client.get("/en/console/promises").get_data(as_text=True)
    one = len(statements)
    assert "people.sign_in" in page
    assert "SMTP 550" in page
    assert "secret-id" not in page
    assert "1 task was given up" in client.get("/en/console").get_data(as_text=True)
    for _ in range(2):
        park()
    statements.clear()
    client.get("/en/console/promises")
    assert len(statements) == one
    path = f"/en/console/promises/{row.id}/retry"
    assert send(client, path, page="/en/console/promises").location == "/en/console/promises"
    db.session.refresh(row)
    assert (row.parked_at, row.tries, row.problem) == (None, 0, None)
    assert send(client, path, page="/en/console/promises").status_code == 404


def test_promises_are_for_administrators_of_everything(client: FlaskClient) -> None:
    sign_in(client, make_staff(Role.ADMIN, series_id=SERIES))
    row = park()
    assert client.get("/en/console/promises").status_code == 404
    hidden = form_fields(client.get("/en/me").get_data(as_text=True))
    assert client.post(f"/en/console/promises/{row.id}/retry", data=hidden).status_code == 404
    assert "given up" not in client.get("/en/console").get_data(as_text=True)
    db.session.refresh(row)
    assert row.parked_at is not None


def test_a_number_beyond_the_database_s_is_no_promise(client: FlaskClient) -> None:
    sign_in(client, make_staff())
    assert send(client, f"/en/console/promises/{10**20}/retry", page="/en/me").status_code == 404


def test_an_administrator_hears_of_a_silent_clock(client: FlaskClient) -> None:
    moment = now()
    with time_machine.travel(moment, tick=False) as clock:
        slots.beat()
        db.session.flush()
        for role, hears in ((Role.ADMIN, True), (Role.ORGANISER, False)):
            clock.move_to(moment)
            sign_in(client, make_staff(role, event_id=EVENT))
            assert "The clock is silent" not in client.get("/en/console").text
            clock.shift(timedelta(minutes=11))
            assert ("The clock is silent" in client.get("/en/console").text) == hears


def test_an_offer_names_its_scope_in_the_reader_s_language(client: FlaskClient) -> None:
    event = make_event(title={"en": "Forum 2031", "ar": "المنتدى 2031"})
    sign_in(client, make_staff())
    email = new_email()
    assert give(client, email, Role.CHECK_IN, f"event:{event.id}") == 303
    reader = client.application.test_client()
    come_in(reader, email)
    assert f"<bdi>المنتدى 2031 ({event.code})</bdi>" in reader.get("/ar/me/roles").text
    db.session.query(RoleOffer).filter_by(email=email).update({"scope_id": uuid.uuid4()})
    assert f"<bdi>Forum 2031 ({event.code})</bdi>" in reader.get("/ar/me/roles").text
