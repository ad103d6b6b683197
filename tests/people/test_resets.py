"""A lost phone: one administrator asks, another agrees, all concerned are told (SAFETY.md properties 7 and 9)."""

import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people import resets, roles, totp
from eventhub.people.models import Person, Role, RoleGrant, SecondFactorReset, WebSession
from tests.factories.people import give_phone, grant, make_person, make_staff, sign_in
from tests.live import House
from tests.people.visits import come_in, is_in, send

PAGE = "/en/console/second-factors"


def lost() -> Person:
    """A rapporteur who has lost her phone."""
    person = make_staff(Role.RAPPORTEUR)
    give_phone(person)
    return person


def told(task: str) -> list[str]:
    """To whom mails of a kind are owed."""
    return [str(row.payload["person_id"]) for row in db.session.query(Promise).filter_by(task=task)]


def words() -> list[str]:
    return [row.text for row in db.session.query(AuditText).order_by(AuditText.entry_id)]


def test_two_administrators_clear_a_lost_phone(app: Flask, client: FlaskClient) -> None:
    first, second, person = make_staff(), make_staff(), lost()
    phones = give_phone(first), give_phone(second)
    hers = app.test_client()
    sign_in(hers, person)
    sign_in(client, first)
    assert str(person.email) in client.get(PAGE).text
    page = f"{PAGE}/{person.id}"
    assert send(client, page, reason="She called me", code="000000").status_code == 422
    assert send(client, page, reason=" ", code=phones[0].now()).status_code == 422
    assert db.session.query(SecondFactorReset).count() == 0
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert send(client, page, reason="She called me", code=phones[0].now()).location == PAGE
    row = db.session.query(SecondFactorReset).one()
    assert totp.factor_of(person) is not None
    assert is_in(hers)
    assert told("people.second_factor_asked") == [str(second.id)]
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        own = client.get(f"{PAGE}/requests/{row.id}").text
        assert "Agree and clear it" not in own
        sent = send(client, f"{PAGE}/requests/{row.id}", answer="agree", code=phones[0].now())
        assert sent.status_code == 422, "nobody agrees with oneself"
    assert totp.factor_of(person) is not None
    sign_in(client, second)
    assert str(row.id) in client.get(PAGE).text
    asked = client.get(f"{PAGE}/requests/{row.id}").text
    assert "She called me" in asked
    answer = send(client, f"{PAGE}/requests/{row.id}", answer="agree", code=phones[1].now())
    assert answer.location == PAGE
    assert totp.factor_of(person) is None
    assert not is_in(hers)
    assert told("people.second_factor_reset") == [str(person.id)]
    assert told("people.second_factor_was_reset") == [str(first.id)]
    deeds = db.session.query(AuditEntry).filter(AuditEntry.verb.startswith("person.second_factor_reset"))
    assert [(one.verb, one.actor_id, one.subject_id) for one in deeds.order_by(AuditEntry.id)] == [
        ("person.second_factor_reset_asked", first.id, person.id),
        ("person.second_factor_reset", second.id, person.id),
    ]
    assert words() == ["She called me"] * 2


@pytest.mark.usefixtures("database")
def test_the_only_administrator_clears_it_at_once_for_somebody_with_another_role() -> None:
    admin, person = make_staff(), lost()
    row = resets.ask_for_reset(admin, person, "Known by voice")
    assert row.done_at is not None
    assert totp.factor_of(person) is None
    assert told("people.second_factor_reset") == [str(person.id)]
    assert told("people.second_factor_at_stake") == []


def after(hours: float) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(hours=hours), tick=False)


@pytest.mark.usefixtures("database")
def test_of_two_administrators_neither_clears_the_other_at_once() -> None:
    admin, person = make_staff(), make_staff()
    give_phone(person)
    row = resets.ask_for_reset(admin, person, "Known by voice")
    assert row.done_at is None
    assert told("people.second_factor_at_stake") == [str(person.id)]
    with after(23.9):
        assert not resets.may_go_on_alone(admin, row)
        with pytest.raises(resets.TooEarly):
            resets.agree_to_reset(admin, row)
        assert totp.factor_of(person) is not None
    with after(72.1), pytest.raises(NotFound):
        resets.agree_to_reset(admin, row)
    with after(24.1):
        assert resets.agree_to_reset(admin, row).done_at is not None
    assert totp.factor_of(person) is None
    assert told("people.second_factor_reset") == [str(person.id)]


@pytest.mark.usefixtures("database")
def test_nobody_goes_on_alone_where_a_third_one_came_or_just_went() -> None:
    admin, person = make_staff(), make_staff()
    give_phone(person)
    row = resets.ask_for_reset(admin, person, "Lost")
    third = make_staff()
    with after(25):
        with pytest.raises(resets.TooEarly):
            resets.agree_to_reset(admin, row)
        roles.revoke_role(admin, db.session.query(roles.RoleGrant).filter_by(person_id=third.id).one())
        with pytest.raises(resets.TooEarly):
            resets.agree_to_reset(admin, row)
    assert totp.factor_of(person) is not None


@pytest.mark.usefixtures("database")
def test_an_administrator_made_just_now_agrees_to_nothing_for_a_day() -> None:
    """Or whoever asks would bring the second one along."""
    admin, person = make_staff(), make_staff()
    give_phone(person)
    puppet = make_staff()
    db.session.query(RoleGrant).filter_by(person_id=puppet.id).update({"granted_at": now()})
    for hours in (0, 20):
        with after(hours):
            row = resets.ask_for_reset(admin, person, "Lost")
            with pytest.raises(resets.TooNew):
                resets.agree_to_reset(puppet, row)
            resets.refuse_reset(admin, row)
    assert totp.factor_of(person) is not None
    with after(24.1):
        row = resets.ask_for_reset(admin, person, "Lost")
        assert resets.agree_to_reset(puppet, row).done_at is not None


def test_whose_phone_is_not_lost_says_no(app: Flask, client: FlaskClient) -> None:
    admin, person = make_staff(), make_staff()
    give_phone(person)
    phone = give_phone(admin)
    sign_in(client, admin)
    page = client.get(f"{PAGE}/{person.id}").text
    assert "24 hours to sign in and say no" in page
    assert "it happens at once" not in page
    assert send(client, f"{PAGE}/{person.id}", reason="Lost", code=phone.now()).location == PAGE
    row = db.session.query(SecondFactorReset).one()
    asked = client.get(f"{PAGE}/requests/{row.id}").text
    assert "You can clear it from" in asked
    assert 'value="agree"' not in asked
    with time_machine.travel(row.asked_at + resets.NOTICE, tick=False):
        sign_in(client, admin)
        assert 'value="agree"' in client.get(f"{PAGE}/requests/{row.id}").text
    hers = app.test_client()
    sign_in(hers, person)
    assert "Somebody asks to clear your own second step" in hers.get(PAGE).text
    roles.revoke_role(admin, db.session.query(roles.RoleGrant).filter_by(person_id=person.id).one())
    grant(person, Role.RAPPORTEUR)
    assert hers.get(PAGE).status_code == 404
    assert "Somebody asks to clear your own second step" in hers.get("/en/me/devices").text
    thief = app.test_client()
    come_in(thief, person.email or "")
    said = send(thief, "/en/second-factor/object", page="/en/second-factor")
    assert said.location.startswith("/en/second-factor"), "a mailbox alone decides nothing"
    said = send(hers, "/en/second-factor/object", page="/en/me/devices", action="/en/second-factor/object")
    assert said.location == "/en/me/devices"
    after_it = hers.get("/en/me/devices").text
    assert "Your second step stays as it is." in after_it
    assert "Somebody asks" not in after_it
    with pytest.raises(NotFound):
        resets.agree_to_reset(admin, row)
    assert totp.factor_of(person) is not None


@pytest.mark.usefixtures("database")
def test_nobody_becomes_the_only_administrator_by_taking_a_colleague_s_role() -> None:
    first, second, person = make_staff(), make_staff(), make_staff()
    give_phone(person)
    roles.revoke_role(first, db.session.query(roles.RoleGrant).filter_by(person_id=second.id).one())
    row = resets.ask_for_reset(first, person, "Because")
    assert row.done_at is None
    assert totp.factor_of(person) is not None
    with pytest.raises(resets.AnotherDecides):
        resets.agree_to_reset(first, row)
    with pytest.raises(NotFound):
        resets.agree_to_reset(second, row)
    newcomer = make_staff()
    assert resets.agree_to_reset(newcomer, row).done_at is not None


@pytest.mark.usefixtures("database")
def test_seven_days_after_a_colleague_s_role_was_taken_one_administrator_is_alone() -> None:
    first, second, person = make_staff(), make_staff(), lost()
    roles.revoke_role(first, db.session.query(roles.RoleGrant).filter_by(person_id=second.id).one())
    with time_machine.travel(now() + timedelta(days=7, seconds=-5), tick=False):
        waiting = resets.ask_for_reset(first, person, "Lost")
        assert waiting.done_at is None
        resets.refuse_reset(first, waiting)
    with time_machine.travel(now() + timedelta(days=7, seconds=5), tick=False):
        assert resets.ask_for_reset(first, person, "Lost").done_at is not None


def test_the_page_says_when_nobody_is_there_to_agree(client: FlaskClient) -> None:
    first, second, person = make_staff(), make_staff(), lost()
    sign_in(client, first)
    said = "less than seven days ago"
    assert said not in client.get(f"{PAGE}/{person.id}").text
    roles.revoke_role(first, db.session.query(roles.RoleGrant).filter_by(person_id=second.id).one())
    page = client.get(f"{PAGE}/{person.id}").text
    assert said in page
    assert "it happens at once" not in page


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.RAPPORTEUR])
def test_nobody_else_may_ask_or_agree(client: FlaskClient, role: Role) -> None:
    admin, _second, person, other = make_staff(), make_staff(), lost(), make_staff(role)
    row = resets.ask_for_reset(admin, person, "Lost")
    scoped = make_person()
    grant(scoped, Role.ADMIN, series_id=uuid.uuid4())
    for stranger in (other, scoped, person):
        with pytest.raises(NotFound):
            resets.ask_for_reset(stranger, person, "Mine now")
        for answer in (resets.agree_to_reset, resets.refuse_reset):
            with pytest.raises(NotFound):
                answer(stranger, row)
        sign_in(client, stranger)
        for address in (PAGE, f"{PAGE}/{person.id}", f"{PAGE}/requests/{row.id}"):
            assert client.get(address).status_code == 404
    with pytest.raises(NotFound):
        resets.ask_for_reset(admin, admin, "My own")
    assert totp.factor_of(person) is not None


def test_an_administrator_does_not_agree_to_the_own_reset(client: FlaskClient) -> None:
    first, _second, person = make_staff(), make_staff(), make_staff()
    give_phone(person)
    row = resets.ask_for_reset(first, person, "Lost")
    with pytest.raises(NotFound):
        resets.agree_to_reset(person, row)
    sign_in(client, person)
    assert client.get(f"{PAGE}/requests/{row.id}").status_code == 404
    assert str(row.id) not in client.get(PAGE).text


@pytest.mark.usefixtures("database")
def test_a_request_is_one_closes_and_is_forgotten() -> None:
    first, second, person = make_staff(), make_staff(), lost()
    row = resets.ask_for_reset(first, person, "Lost")
    with pytest.raises(resets.AlreadyAsked):
        resets.ask_for_reset(second, person, "Lost")
    resets.refuse_reset(second, row)
    with pytest.raises(NotFound):
        resets.agree_to_reset(second, row)
    late = resets.ask_for_reset(first, person, "Lost again")
    with time_machine.travel(now() + resets.OPEN, tick=False):
        with pytest.raises(NotFound):
            resets.agree_to_reset(second, late)
        assert resets.ask_for_reset(second, person, "Once more").closed_at is None
    assert totp.factor_of(person) is not None


@pytest.mark.usefixtures("database")
def test_what_somebody_asked_who_is_no_administrator_any_more_counts_for_nothing() -> None:
    first, second, person = make_staff(), make_staff(), lost()
    row = resets.ask_for_reset(first, person, "Lost")
    roles.revoke_role(second, db.session.query(roles.RoleGrant).filter_by(person_id=first.id).one())
    with pytest.raises(NotFound):
        resets.agree_to_reset(second, row)
    assert totp.factor_of(person) is not None


def test_a_wrong_code_counts_as_a_try(client: FlaskClient) -> None:
    admin, person = make_staff(), lost()
    phone = give_phone(admin)
    sign_in(client, admin)
    for _ in range(5):
        assert send(client, f"{PAGE}/{person.id}", reason="Lost", code="000000").status_code == 422
    assert send(client, f"{PAGE}/{person.id}", reason="Lost", code=phone.now()).status_code == 422
    assert totp.factor_of(person) is not None
    refused = db.session.query(AuditEntry).filter_by(verb="person.second_factor_refused", subject_id=admin.id)
    assert refused.count() == 6


@pytest.mark.usefixtures("database")
def test_the_command_clears_it_and_everybody_is_told() -> None:
    admin, person = make_staff(), lost()
    resets.reset_by_hand(person, "Came to the desk")
    assert totp.factor_of(person) is None
    assert db.session.query(WebSession).filter_by(person_id=person.id, revoked_at=None).count() == 0
    assert told("people.second_factor_reset") == [str(person.id)]
    assert told("people.second_factor_was_reset") == [str(admin.id)]
    assert words() == ["Came to the desk"]
    with pytest.raises(NotFound):
        resets.reset_by_hand(person, "Again")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A database of its own, for the command itself."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.mark.lane
def test_an_operator_clears_it_by_the_command(house: House) -> None:
    with house.work():
        person = lost()
        person_id, email = person.id, str(person.email)

    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        return house.command("person", "reset-second-factor", *more)

    assert run(email, "--reason", " ").returncode == 1
    assert run("nobody@example.org", "--reason", "Came to the desk").returncode == 1
    done = run(email, "--reason", "Came to the desk")
    assert done.returncode == 0, done.stderr
    assert "cleared" in done.stdout
    assert house.query(f"SELECT count(*) FROM second_factor WHERE person_id = '{person_id}'") == [(0,)]
    again = run(email, "--reason", "Once more")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
