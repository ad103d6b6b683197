"""Somebody who was registered at a door and has no account: others hand over the copy and erase, for a reason."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from flask.testing import FlaskClient

from eventhub.checkin import actions, queries
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.erasures import Erasure
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration.doors import Newcomer
from eventhub.registration.models import Registration, RegistrationSetup
from tests import servers
from tests.checkin.scene import make_today, today
from tests.factories.papers import make_paper
from tests.factories.people import form_fields, give_phone, make_person, make_staff, sign_in
from tests.live import House

NAME = "Zhenevieve Walkin"


def walk_in(event: Event) -> tuple[Registration, Person]:
    """Somebody who was registered at the door and came in."""
    officer = make_staff(Role.ACCREDITATION_OFFICER, event_id=event.id)
    made, _scan = actions.register_walk_in(
        officer,
        event,
        db.session.get_one(RegistrationSetup, event.id),
        queries.gate_of(event, str(today(event))),
        Newcomer(NAME, "media", "+254 700 000 000"),
        may_accredit=True,
        may_decide=True,
        text=None,
    )
    db.session.flush()
    return made, db.session.get_one(Person, made.person_id)


def address(person: Person) -> str:
    return f"/en/console/people/{person.id}/data"


def test_an_administrator_saves_the_copy_and_erases(client: FlaskClient) -> None:
    event, admin = make_today(), make_staff()
    one, person = walk_in(event)
    phone = give_phone(admin)
    sign_in(client, admin)
    record = f"/en/console/events/{event.slug}/registrations/{one.id}"
    assert address(person) in client.get(record).text
    fields = form_fields(client.get(address(person)).text) | {"reason": "Came with a passport", "do": "erase"}
    assert client.post(address(person), data=fields | {"code": "000000"}).status_code == 422
    assert client.post(address(person), data=fields | {"code": phone.now(), "reason": " "}).status_code == 422
    assert person.erased_at is None

    def send(do: str, minutes: int) -> "object":
        with time_machine.travel(now() + timedelta(minutes=minutes), tick=False):
            sent = form_fields(client.get(address(person)).text) | {"reason": "Came with a passport"}
            return client.post(address(person), data=sent | {"code": phone.now(), "do": do})

    copy = send("copy", 1)
    assert copy.headers["Content-Disposition"] == 'attachment; filename="personal-data.json"'  # type: ignore[attr-defined]
    found = json.loads(copy.data)  # type: ignore[attr-defined]
    assert found["person"]["name"] == NAME
    assert (found["person"]["phone"], "contact_email" in found["person"]) == ("+254 700 000 000", False)
    person.phone = "walkin@example.org"
    db.session.flush()
    mailed = json.loads(send("copy", 3).data)["person"]  # type: ignore[attr-defined]
    assert (mailed["phone"], mailed["contact_email"]) == (None, "walkin@example.org")
    assert [row["reference"] for row in (*found["registrations"], *found["entries"])] == [one.reference] * 2
    assert send("erase", 5).location == "/en/console"  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        erasers = import_module("workers.people").ERASERS  # importing it reads the environment
    for erase in erasers:
        erase(person.id)
    db.session.flush()
    db.session.expire_all()
    assert (person.name, person.phone, one.legal_name) == ("", None, None)
    assert person.erased_at is not None
    assert db.session.get(Erasure, person.id) is not None
    sign_in(client, admin)
    assert client.get(address(person)).status_code == 404
    deeds = db.session.query(AuditEntry).filter(AuditEntry.verb.in_(["person.data_copied", "person.erased"]))
    assert {(entry.verb, entry.actor_id, entry.subject_id) for entry in deeds} == {
        ("person.data_copied", admin.id, person.id),
        ("person.erased", admin.id, person.id),
    }
    assert [row.text for row in db.session.query(AuditText)] == ["Came with a passport"]


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.ACCREDITATION_OFFICER, Role.ADMIN])
def test_nobody_else_reaches_it(client: FlaskClient, role: Role) -> None:
    event = make_today()
    one, person = walk_in(event)
    sign_in(client, make_staff(role, event_id=event.id))
    assert address(person) not in client.get(f"/en/console/events/{event.slug}/registrations/{one.id}").text
    assert client.get(address(person)).status_code == 404
    assert client.post(address(person), data={"do": "erase"}).status_code == 404
    assert person.erased_at is None


def test_whoever_has_an_account_erases_alone(client: FlaskClient) -> None:
    sign_in(client, make_staff())
    assert client.get(address(make_person())).status_code == 404


def test_the_copy_tells_of_doors_and_papers(client: FlaskClient) -> None:
    event, person = make_today(), make_person()
    one, _stranger = walk_in(event)
    one.person_id = person.id
    db.session.flush()
    paper = make_paper(event, person, one)
    sign_in(client, person)
    fields = form_fields(client.get("/en/me/data").text, "/me/data/copy")
    found = json.loads(client.post("/en/me/data/copy", data=fields).data)
    assert [(row["reference"], row["day"]) for row in found["entries"]] == [(one.reference, str(event.first_day))]
    assert [(row["verdict"], row["by"]) for row in found["scans"]] == [("accepted", "desk")]
    assert [(row["kind"], row["reference"]) for row in found["papers"]] == [(paper.kind.value, one.reference)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with workers, for the command itself."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.mark.lane
def test_an_operator_erases_by_the_reference(house: House) -> None:
    with house.work():
        one, person = walk_in(make_today())
        reference, person_id = str(one.reference), person.id

    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        return house.command("person", "erase", *more)

    assert run(reference, "--reason", " ", "--yes").returncode == 1
    assert run("NOTHING", "--reason", "Wrote to us", "--yes").returncode == 1
    assert run(reference, "--reason", "Wrote to us").returncode == 1, "asked once more, and nobody answers"
    assert house.query(f"SELECT name FROM person WHERE id = '{person_id}'") == [(NAME,)]
    done = run(reference, "--reason", "Wrote to us", "--yes")
    assert done.returncode == 0, done.stderr
    assert house.query(f"SELECT name, phone FROM person WHERE id = '{person_id}'") == [("", None)]
    again = run(reference, "--reason", "Once more", "--yes")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
