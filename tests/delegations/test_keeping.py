"""What stays and what goes: outside quota, merging, objections, erasure, retention, the desk's list and its files."""

import csv
import io
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.delegations import actions, filling, keeping, merging, queries
from eventhub.delegations.models import Delegation, FocalInvitation, Kind, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Organisation
from eventhub.registration import focal as registering
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.moves import OwnFile
from eventhub.registration.queries import too_near
from tests import servers
from tests.delegations.scene import desk, history, mine, officer, owed, send
from tests.delegations.test_journeys import browser
from tests.factories.delegations import arrived, become_focal_point, claim, make_delegation, nominate, status
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.registration import make_forum, make_registration, register

pytestmark = pytest.mark.usefixtures("database")


def test_assistants_stand_outside_quota_and_go_with_their_person(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    focal = sign_in(client, make_person())
    delegation = make_delegation(event, focal, quota=1)
    (amina,) = nominate(delegation, "Amina")
    page = mine(delegation, "/beside", amina)
    answer = send(client, page, kind="interpreter", name_0="Ines", email_0="ines@example.org", language="es")
    assert answer.status_code == 303
    ines = db.session.scalars(select(Nominee).where(Nominee.name == "Ines")).one()
    assert (ines.kind, ines.beside_id) == (Kind.INTERPRETER, amina.id)
    db.session.refresh(delegation)
    assert delegation.places_taken == 1
    assert "Interpreter, outside quota" in client.get(mine(delegation)).text
    officer(staff := app.test_client(), event)
    assert "+ 1 person outside quota" in staff.get(desk(event)).text
    assert client.get(mine(delegation, "/beside", ines)).status_code == 303  # nobody works beside an interpreter
    # Somebody else comes: the interpreter stays with whoever comes instead. Nobody comes: both go.
    assert (
        send(client, mine(delegation, "/replace", amina), name_0="Grace", language="en", go="replace").status_code
        == 303
    )
    db.session.refresh(ines)
    grace = db.session.scalars(select(Nominee).where(Nominee.name == "Grace")).one()
    assert (ines.beside_id, ines.left_at) == (grace.id, None)
    assert send(client, mine(delegation, "/replace", grace), language="en", go="replace").status_code == 303
    db.session.refresh(ines)
    assert ines.left_at is not None


def test_a_delegation_follows_its_organisation_into_another_one(client: FlaskClient) -> None:
    event = make_forum()
    first = make_delegation(event, focal := make_person(), name="Ministry of Old Affairs", quota=2)
    nominee, registration = arrived(first, event, "Amina")
    officer(client, event)
    page = desk(event, delegation=first)
    assert send(client, page, f"{page}/organization", organisation="Ministry of New Affairs").status_code == 303
    assert "Ministry of New Affairs" in client.get(page).text
    other = make_delegation(event, name="Ministry of Everything", quota=3)
    before = first.id
    nominate_there = other.id
    asked = send(client, page, f"{page}/organization", organisation="ministry of EVERYTHING")
    assert asked.status_code == 200
    assert "Let two delegations become one?" in asked.text
    assert len(db.session.scalars(select(Delegation)).all()) == 2  # nothing is done before a yes
    answer = client.post(f"{page}/organization", data=form_fields(asked.text))
    assert answer.headers["Location"].endswith(desk(event, delegation=other))
    kept = db.session.scalars(select(Delegation)).one()
    assert (kept.id, kept.quota, kept.places_taken, kept.focal_id) == (nominate_there, 5, 1, focal.id)
    db.session.refresh(registration)
    assert registration.delegation_id == kept.id != before
    assert status(kept, nominee) == "complete"
    assert client.get(page).status_code == 404


def test_the_sum_of_quotas_holds_when_two_become_one(client: FlaskClient) -> None:
    event = make_forum()
    one, two = (make_delegation(event, make_person(), name=f"Part {part}", quota=1) for part in "ab")
    for delegation in (one, two):
        nominate(delegation, "Amina")
    kept = merging.move_to(make_person(), one, "Part b")
    assert (kept.quota, kept.places_taken) == (2, 2)
    assert db.session.scalars(select(Organisation).where(Organisation.name == "Part a")).one().confirmed_at


def test_an_objection_is_a_note_and_blocks_nobody(client: FlaskClient) -> None:
    event = make_forum()
    registration = register(event)
    officer(client, event)
    record = f"/en/console/events/{event.slug}/registrations/{registration.id}"
    answer = send(client, record, f"{record}/note", text="The mission called", note_kind="objection")
    assert answer.status_code == 303
    page = client.get(record).text
    assert "A State objects" in page
    assert "The mission called" in page
    assert 'value="accredited"' in page
    assert [(verb, text) for verb, _who, text, _detail in history(registration.id)][-1] == (
        "objection",
        "The mission called",
    )
    db.session.refresh(registration)
    assert registration.state is State.UNDER_REVIEW


def test_erasing_a_nominee_takes_name_and_mailbox_and_frees_the_place(client: FlaskClient) -> None:
    event = make_forum()
    focal = make_person()
    delegation = make_delegation(event, focal, quota=1)
    (nominee,) = nominate(delegation, "Amina Marker", email="marker@example.org")
    amina = claim(nominee)
    people.erase(amina, amina)
    keeping.erase(amina.id)
    keeping.erase(amina.id)  # a task may come twice
    db.session.refresh(nominee)
    db.session.refresh(delegation)
    assert (nominee.name, nominee.email, delegation.places_taken) == ("", None, 0)
    sign_in(client, focal)
    page = client.get(mine(delegation)).text
    assert "Marker" not in page
    assert nominate(delegation, "Grace")
    # The focal point leaves as well: nobody is one, and the people stay.
    people.erase(focal, focal)
    keeping.erase(focal.id)
    db.session.refresh(delegation)
    assert delegation.focal_id is None
    assert db.session.scalars(select(FocalInvitation)).all() == []


def test_the_eraser_is_one_of_the_workers(app: Flask) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        worker: Any = import_module("workers.people")
    assert worker.erase_nominations in worker.ERASERS


def test_what_nobody_answered_is_deleted_thirty_days_after_the_event(client: FlaskClient) -> None:
    event, running = make_forum(), make_forum()
    delegation, other = make_delegation(event, make_person()), make_delegation(running, make_person())
    _invited, answered = nominate(delegation, "Never came", "Came")
    claim(answered)
    nominate(other, "Later")
    event.first_day = event.last_day = (now() - timedelta(days=10)).date()
    running.first_day = running.last_day = (now() + timedelta(days=60)).date()
    db.session.flush()
    assert keeping.forget_unanswered(now()) == 0
    with time_machine.travel(now() + timedelta(days=22), tick=False):
        assert keeping.forget_unanswered(now()) == 2  # the nomination, and the accepted invitation of the focal point
        assert keeping.forget_unanswered(now()) == 0
    assert sorted(db.session.scalars(select(Nominee.name))) == ["Came", "Later"]
    db.session.refresh(delegation)
    assert delegation.places_taken == 1


def test_the_desks_list_is_filtered_and_its_files_name_the_delegation(client: FlaskClient) -> None:
    event = make_forum()
    plain = register(event)
    officer(client, event)
    base = f"/en/console/events/{event.slug}/registrations"
    assert 'name="delegation"' not in client.get(f"{base}?chip=all").text
    delegation = make_delegation(event, make_person(), name="Kingdom of Examples")
    _nominee, registration = arrived(delegation, event, "Amina")
    page = client.get(f"{base}?chip=all").text
    assert "Kingdom of Examples" in page
    only = client.get(f"{base}?chip=all&delegation={delegation.id}").text
    assert str(registration.id) in only
    assert str(plain.id) not in only
    export = f"{base}/export?chip=all"
    text = send(client, export, reason="Seating", kind="csv").data.decode("utf-8-sig")
    told = {row["Reference"]: row["Delegation"] for row in csv.DictReader(io.StringIO(text))}
    assert told == {plain.reference: "", registration.reference: "Kingdom of Examples"}
    record = client.get(f"{base}/{registration.id}").text
    assert desk(event, delegation=delegation) in record


def test_the_copy_of_ones_data_holds_the_nomination(app: Flask, client: FlaskClient) -> None:
    event = make_forum()
    delegation = make_delegation(event, focal := make_person(), name="Kingdom of Examples")
    (nominee,) = nominate(delegation, "Amina")
    filling.take_up(focal, delegation, event, nominee)
    amina = claim(nominee)
    (told,) = keeping.own_data(amina.id)
    assert (told["delegation"], told["name"]) == ("Kingdom of Examples", "Amina")
    assert told["filled_in_by_the_focal_point"] is True
    assert keeping.own_data(focal.id) == []


@pytest.mark.parametrize("count", [3, 200])
def test_the_lists_statements_do_not_grow(app: Flask, client: FlaskClient, statements: list[str], count: int) -> None:
    event = make_forum()
    focal = make_person()
    delegation = make_delegation(event, focal)
    for start in range(0, count, 12):
        nominate(delegation, *(f"Person {number}" for number in range(start, min(count, start + 12))))
    for nominee in db.session.scalars(select(Nominee).limit(count // 2)):
        person = make_person()
        make_registration(event, person, state=State.AWAITING_FOCAL_POINT, delegation_id=delegation.id)
        nominee.person_id, nominee.claimed_at = person.id, now()
    for number in range(count // 3):
        make_delegation(event, name=f"Other {number}")
    db.session.flush()
    theirs = browser(app, focal)
    officer(client, event)
    for who, page in (
        (theirs, mine(delegation)),
        (client, desk(event)),
        (client, desk(event, delegation=delegation)),
    ):
        statements.clear()
        assert who.get(page).status_code == 200
        assert len(statements) <= 8, "\n".join(statements)


def test_a_registration_of_a_seat_at_once_awaits_the_focal_point_with_its_seat(client: FlaskClient) -> None:
    event = make_forum(capacity=5, seat_at="submission")
    delegation = make_delegation(event, focal := make_person())
    nominee, registration = arrived(delegation, event, "Amina")
    assert (registration.state, registration.has_seat) == (State.AWAITING_FOCAL_POINT, True)
    actions.approve(focal, delegation, queries.nominee_of(delegation.id, nominee.id))
    actions.replace(focal, delegation, queries.nominee_of(delegation.id, nominee.id), None, "en")
    assert db.session.get_one(RegistrationSetup, event.id).seats_taken == 0
    assert owed("registration.replaced")


def test_no_focal_point_is_shown_a_registration_of_the_persons_own(client: FlaskClient) -> None:
    """Somebody who registered alone before is tied by taking the link, never by being named."""
    event = make_forum()
    delegation = make_delegation(event, make_person())
    amina = make_person(email="amina@example.org")
    register(event, amina)
    (nominee,) = nominate(delegation, "Amina", email="amina@example.org")
    assert status(delegation, nominee) == "invited"
    assert db.session.scalars(select(Registration.delegation_id)).all() == [None]
    assert registering.TYPED == "registration.typed"


def test_a_former_focal_point_stays_far_from_deciding_when_two_become_one() -> None:
    event = make_forum()
    former, last = make_person(), make_person()
    one = make_delegation(event, former, name="Part a", quota=3)
    _nominee, registration = arrived(one, event, "Amina")
    actions.end_focal_point(make_person(), one)
    become_focal_point(one, last)
    make_delegation(event, make_person(), name="Part b", quota=3)
    with pytest.raises(OwnFile):
        merging.move_to(former, one, "Part b")
    kept = merging.move_to(make_person(), one, "Part b")
    db.session.refresh(registration)
    assert registration.delegation_id == kept.id
    assert all(too_near(who.id, [registration]) for who in (former, last))
