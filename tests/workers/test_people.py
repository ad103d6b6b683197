"""Mails about accounts, read back from the bytes that arrived; what follows when a person hides or leaves."""

import importlib
import inspect
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import html5lib
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.awards import awarding
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import post
from eventhub.kit.outbox import Promise, promise
from eventhub.local.mailsink import MailSink
from eventhub.people import actions, resets, roles
from eventhub.people.models import KeptPost, Person, Role, RoleGrant, RoleOffer, ScopeKind, SignInRequest, WebSession
from eventhub.registration import actions as actions_of_registration
from eventhub.registration import offers
from eventhub.registration.models import SeatOffer
from tests import servers
from tests.factories.awards import make_award, make_fund
from tests.factories.people import give_phone, make_person, make_staff, sign_in
from tests.factories.registration import intake, make_dialogue, register
from tests.people.visits import ask, is_in, new_email, send

# Names of the product, of events and of the United Nations, in six languages: none may reach a discreet person.
# ("un" alone is an article in French and Spanish.)
TELLING = (
    "eventhub|united nations|ohchr|forum|minorit|human rights|nations unies|naciones unidas|foro|организац|форум"
    "|меньшинств|права человека|الأمم|منتدى|الأقليات|حقوق الإنسان|联合国|论坛|少数|人权"
)


@pytest.fixture(scope="session")
def tasks(app: Flask) -> ModuleType:
    """The module of tasks; its own app is made on import and needs a database's address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.plain(app.config["SQLALCHEMY_DATABASE_URI"]))
        patch.setenv("EVENTHUB_HOME", str(app.extensions["eventhub.settings"].eventhub_home))
        return importlib.import_module("workers.people")


@pytest.fixture
def sink(app: Flask, database: None, tmp_path: Path) -> Iterator[MailSink]:
    """A mail server; the discreet have an origin and a sender of their own."""
    settings = app.extensions["eventhub.settings"]
    with MailSink(tmp_path / "mail") as running:
        changed = {"smtp_url": running.url(), "neutral_origin": "http://127.0.0.1"}
        app.extensions["eventhub.settings"] = settings.model_copy(update=changed)
        yield running
        app.extensions["eventhub.settings"] = settings


def carry(tasks: ModuleType) -> None:
    """Do every mail that is owed, as the workers would."""
    work: dict[str, Callable[..., Any]] = {
        "people.sign_in": tasks.sign_in_mail,
        "people.email_change_old": tasks.email_change_old_mail,
        "people.email_change_new": tasks.email_change_new_mail,
        "people.role_given": tasks.role_given_mail,
        "people.role_taken": tasks.role_taken_mail,
        "people.role_offered": tasks.role_offered_mail,
        "people.second_factor_asked": tasks.second_factor_asked_mail,
        "people.second_factor_at_stake": tasks.second_factor_at_stake_mail,
        "people.second_factor_reset": tasks.second_factor_reset_mail,
        "people.second_factor_was_reset": tasks.second_factor_was_reset_mail,
        "people.second_factor_renewed": tasks.second_factor_renewed_mail,
        "people.administrator_added": tasks.administrator_added_mail,
        "people.administrator_removed": tasks.administrator_removed_mail,
    }
    owed = db.session.query(Promise).filter(Promise.task.in_(work), Promise.kept_at.is_(None)).order_by(Promise.id)
    for number, task in [(row.id, row.task) for row in owed]:
        post(number, inspect.unwrap(work[task]))
    db.session.expire_all()


def texts(message: EmailMessage) -> tuple[str, str]:
    """Plain text and HTML."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def only_link(text: str) -> str:
    """The one address in a mail."""
    found = set(re.findall(r"http://[^\s\"<]+", text))
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_the_sign_in_mail_opens_the_door(
    app: Flask, client: FlaskClient, sink: MailSink, tasks: ModuleType, language: str
) -> None:
    email = new_email()
    ask(client, email, language=language)
    carry(tasks)
    (message,) = sink.messages()
    plain, html = texts(message)
    assert message["To"] == email
    assert message["Content-Language"] == language
    assert html5lib.HTMLParser(strict=True).parse(html) is not None
    assert f'lang="{language}"' in html
    link = only_link(plain)
    assert link == only_link(html)
    assert link.startswith(f"http://localhost/{language}/sign-in/")
    code = re.search(r"\b\d{8}\b", plain)
    assert code
    assert code[0] in html
    assert link not in message["Subject"]
    assert code[0] not in message["Subject"]
    elsewhere = app.test_client()
    assert send(elsewhere, link.removeprefix("http://localhost")).status_code == 303
    assert is_in(elsewhere)


def test_the_code_of_the_mail_works_where_it_was_asked_for(
    client: FlaskClient, sink: MailSink, tasks: ModuleType
) -> None:
    ask(client, new_email())
    carry(tasks)
    code = re.search(r"\b\d{8}\b", texts(sink.messages()[0])[0])
    assert code
    assert send(client, "/en/sign-in/sent", code=code[0]).status_code == 303


def offered(email: str, language: str) -> RoleOffer:
    return roles.offer_role(make_staff(), email, language, role=Role.CHECK_IN, scope_kind=ScopeKind.ALL)


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_an_offer_leads_to_the_page_where_it_is_answered(
    client: FlaskClient, sink: MailSink, tasks: ModuleType, language: str
) -> None:
    known = make_person(language=language)
    for email, offered_in in ((known.email or "", "en"), (new_email(), language)):
        offered(email, offered_in)
    roles.take_back_offer(make_staff(), offered(new_email(), language))
    carry(tasks)
    messages = sink.messages()
    assert len(messages) == 2
    assert len({re.sub(r"\s+", " ", texts(message)[0]) for message in messages}) == 1, "known or not"
    for message in messages:
        assert message["Content-Language"] == language
        assert only_link(texts(message)[0]) == f"http://localhost/{language}/me/roles"


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_a_discreet_person_s_mails_tell_nothing(
    client: FlaskClient, sink: MailSink, tasks: ModuleType, language: str
) -> None:
    person = make_person(discreet=True, language=language, email=f"{uuid.uuid4().hex[:9]}@example.org")
    ask(client, person.email or "", language=language)
    actions.request_email_change(person, f"{uuid.uuid4().hex[:9]}@example.org")
    roles.grant_role(None, person, role=Role.RAPPORTEUR)
    offered(person.email or "", "en")
    carry(tasks)
    messages = sink.messages()
    assert len(messages) == 5
    for message in messages:
        plain, html = texts(message)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        everything = "\n".join((headers, plain, html)).lower()
        assert not re.search(TELLING, everything), re.search(TELLING, everything)
        assert "http://localhost" not in everything
        assert "meetings" in str(message["From"]).lower()


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
@pytest.mark.parametrize("discreet", [False, True])
def test_a_new_phone_and_a_new_administrator_are_told_in_the_own_language(
    sink: MailSink, tasks: ModuleType, language: str, discreet: bool
) -> None:
    with unit_of_work():
        admin, person = make_staff(), make_person()
        admin.language, admin.discreet = language, discreet
        roles.grant_role(None, person, role=Role.ADMIN)
        promise("people.second_factor_renewed", person_id=admin.id)
    carry(tasks)
    messages = [one for one in sink.messages() if one["To"] == admin.email]
    assert len(messages) == 2
    origin = "http://127.0.0.1" if discreet else "http://localhost"
    for message in messages:
        plain, html = texts(message)
        assert html5lib.HTMLParser(strict=True).parse(html) is not None
        assert message["Content-Language"] == language
        assert only_link(plain).startswith(f"{origin}/{language}/")
        assert not discreet or not re.search(TELLING, (plain + html).lower())


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
@pytest.mark.parametrize("discreet", [False, True])
def test_a_lost_phone_is_told_to_all_concerned_each_in_the_own_language(
    sink: MailSink, tasks: ModuleType, language: str, discreet: bool
) -> None:
    with unit_of_work():
        first, second, person = make_staff(), make_staff(), make_staff(Role.RAPPORTEUR)
        for one in (second, person):
            one.language, one.discreet, one.name = language, discreet, "Legal Marker"
        for one in (second, person):
            give_phone(one)
        resets.ask_for_reset(first, second, "A colleague of mine")
        row = resets.ask_for_reset(first, person, "Known by voice")
    carry(tasks)
    with unit_of_work():
        resets.agree_to_reset(second, row)
    carry(tasks)
    messages = sink.messages()
    assert sorted(str(message["To"]) for message in messages) == sorted(
        str(one.email) for one in (first, second, second, person)
    )
    origin = "http://127.0.0.1" if discreet else "http://localhost"
    for message in messages:
        plain, html = texts(message)
        assert html5lib.HTMLParser(strict=True).parse(html) is not None
        assert "Marker" not in plain + html
        assert "Known by voice" not in plain + html
        if message["To"] != first.email:
            assert message["Content-Language"] == language
            assert only_link(plain).startswith(f"{origin}/{language}/")
            assert not discreet or not re.search(TELLING, (plain + html).lower())


def test_the_mail_of_an_offer_follows_the_person_to_another_address(sink: MailSink, tasks: ModuleType) -> None:
    with unit_of_work():
        admin, person = make_staff(), make_person(language="fr")
        old, new = str(person.email), new_email()
        roles.offer_role(admin, old, "en", role=Role.RAPPORTEUR, scope_kind=ScopeKind.ALL)
        change = actions.request_email_change(person, new)
        for side in (actions.OLD, actions.NEW):
            actions.agree_to_email_change(actions.email_change_token(change, side))
        db.session.query(Promise).filter(Promise.task != "people.role_offered").delete()
        make_person(email=old)
    carry(tasks)
    assert [(message["To"], message["Content-Language"]) for message in sink.messages()] == [(new, "fr")]


@pytest.mark.parametrize("language", ["ar", "zh", "en", "fr", "ru", "es"])
@pytest.mark.parametrize("discreet", [False, True])
def test_one_administrator_less_is_told_to_all_and_to_the_former_one(
    sink: MailSink, tasks: ModuleType, language: str, discreet: bool
) -> None:
    with unit_of_work():
        first, second, third = make_staff(), make_staff(), make_staff()
        for one in (second, third):
            one.language, one.discreet, one.name = language, discreet, "Legal Marker"
        (held,) = db.session.query(RoleGrant).filter_by(person_id=third.id)
        roles.revoke_role(first, held)
    carry(tasks)
    messages = {str(message["To"]): message for message in sink.messages()}
    assert set(messages) == {str(one.email) for one in (first, second, third)}
    origin = "http://127.0.0.1" if discreet else "http://localhost"
    for person, page in ((second, "console/roles"), (third, "me")):
        plain, html = texts(messages[str(person.email)])
        assert html5lib.HTMLParser(strict=True).parse(html) is not None
        assert "Marker" not in plain + html
        assert only_link(plain) == f"{origin}/{language}/{page}"
        assert not discreet or not re.search(TELLING, (plain + html).lower())


def test_staff_are_told_that_their_link_is_short(client: FlaskClient, sink: MailSink, tasks: ModuleType) -> None:
    for person in (make_staff(), make_person()):
        ask(client, person.email or "")
    carry(tasks)
    short, long = (texts(message)[0] for message in sink.messages())
    assert "once, for 10 minutes" in short
    assert "once, for 24 hours" in long


def test_a_request_that_was_replaced_is_not_mailed(client: FlaskClient, sink: MailSink, tasks: ModuleType) -> None:
    email = new_email()
    ask(client, email)
    ask(client, email)
    carry(tasks)
    assert len(sink.messages()) == 1
    assert db.session.query(Promise).filter_by(task="people.sign_in", kept_at=None).count() == 0


def test_the_two_mails_of_a_change_of_address(
    app: Flask, client: FlaskClient, sink: MailSink, tasks: ModuleType
) -> None:
    person, email = make_person(), new_email()
    old = person.email
    sign_in(client, person)
    send(client, "/en/me/email", email=email)
    carry(tasks)
    by_address = {str(message["To"]): texts(message)[0] for message in sink.messages()}
    assert set(by_address) == {old, email}
    assert email in by_address[old or ""], "the old mailbox sees where the account would go"
    assert (old or "") not in by_address[email]
    mailbox = app.test_client()
    for text in by_address.values():
        assert send(mailbox, only_link(text).removeprefix("http://localhost")).status_code == 303
    assert db.session.get_one(Person, person.id).email == email


def test_a_role_that_was_taken_back_is_not_mailed(sink: MailSink, tasks: ModuleType) -> None:
    with unit_of_work():
        roles.revoke_role(None, roles.grant_role(None, make_person(), role=Role.CHECK_IN))
    carry(tasks)
    assert [message["Subject"] for message in sink.messages()] == ["A role of yours was taken away"]


def test_every_feature_is_told_of_a_leaver_and_of_a_hider(
    database: None, tasks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, uuid.UUID]] = []
    monkeypatch.setattr(tasks, "ERASERS", (lambda person: told.append(("erase", person)),) * 2)
    monkeypatch.setattr(tasks, "ON_VISIBILITY", (lambda person: told.append(("look", person)),))
    person = uuid.uuid4()
    inspect.unwrap(tasks.erased)(person_id=str(person))
    inspect.unwrap(tasks.visibility_changed)(person_id=str(person))
    assert told == [("erase", person), ("erase", person), ("look", person)]


def test_links_in_the_former_mailbox_open_nothing(client: FlaskClient, tasks: ModuleType) -> None:
    event, first = make_dialogue(capacity=1), make_person()
    register(event, first)
    person = make_person()
    register(event, person)
    actions_of_registration.withdraw(first, intake(event, first))
    offer = db.session.query(SeatOffer).one()
    before = f"/en/offers/{offers.offer_token(offer)}"
    assert client.get(before).status_code == 200
    grant = make_award(make_fund(), person=person)
    offered = f"/en/awaited/{awarding.link(grant)}"
    assert client.get(offered).status_code == 200
    mails = db.session.query(Promise).filter_by(task="registration.offered").count()
    inspect.unwrap(tasks.address_changed)(str(person.id))
    db.session.flush()
    assert client.get(before).status_code == 404
    assert client.get(offered).status_code == 404
    assert client.get(f"/en/offers/{offers.offer_token(offer)}").status_code == 200
    assert db.session.query(Promise).filter_by(task="registration.offered").count() == mails + 1


def test_a_change_of_address_owes_new_links(client: FlaskClient) -> None:
    person, new = make_person(), new_email()
    with unit_of_work():
        row = actions.request_email_change(person, new)
        for side in (actions.OLD, actions.NEW):
            actions.agree_to_email_change(actions.email_change_token(row, side))
    assert person.email == new
    (owed,) = db.session.query(Promise).filter_by(task="people.address_changed")
    assert owed.payload == {"person_id": str(person.id)}


def test_the_sweep_forgets_what_is_old_and_keeps_what_is_not(client: FlaskClient, tasks: ModuleType) -> None:
    person, email = make_person(), new_email()
    with time_machine.travel(now() - timedelta(days=200)):
        ask(client, email)
        actions.request_email_change(person, new_email())
        sign_in(client, person)
        db.session.add(KeptPost(id=uuid.uuid4(), person_id=person.id, token_hash=b"old", path="/", sealed=b""))
        db.session.flush()
    fresh = app_client(client)
    ask(fresh, new_email())
    sign_in(fresh, person)
    db.session.add(KeptPost(id=uuid.uuid4(), person_id=person.id, token_hash=b"new", path="/", sealed=b""))
    db.session.flush()
    inspect.unwrap(tasks.sweep)()
    db.session.flush()
    assert [row.email == email for row in db.session.query(SignInRequest)] == [False]
    assert db.session.query(actions.EmailChange).count() == 0
    assert db.session.query(WebSession).count() == 1
    assert [row.token_hash for row in db.session.query(KeptPost)] == [b"new"]


def app_client(client: FlaskClient) -> FlaskClient:
    """Another browser."""
    return client.application.test_client()


@pytest.mark.parametrize("discreet", [False, True])
def test_whose_role_is_taken_away_is_told(sink: MailSink, tasks: ModuleType, discreet: bool) -> None:
    with unit_of_work():
        admin, person = make_staff(), make_staff(Role.RAPPORTEUR)
        person.language, person.discreet = "fr", discreet
        (held,) = db.session.query(RoleGrant).filter_by(person_id=person.id)
        roles.revoke_role(admin, held)
    carry(tasks)
    (message,) = sink.messages()
    plain, html = texts(message)
    assert (message["To"], message["Content-Language"]) == (person.email, "fr")
    assert only_link(plain) == f"{'http://127.0.0.1' if discreet else 'http://localhost'}/fr/me"
    assert not discreet or not re.search(TELLING, (plain + html).lower())
