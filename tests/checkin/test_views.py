"""The pages of the doors over HTTP, without script."""

import io
import json
import re
import uuid

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from eventhub.checkin.models import GateKey, Scan
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.papers.models import BadgeName, PaperSetup
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event, Mode
from eventhub.registration.models import Registration, State
from tests.checkin.scene import Phone, badge, entries, in_words, make_today, scans, today
from tests.factories.people import form_fields, grant, make_person, make_staff, sign_in
from tests.factories.programme import make_session

pytestmark = pytest.mark.usefixtures("database")


def console(event: Event, more: str = "") -> str:
    return f"/en/console/events/{event.slug}/check-in{more}"


def door(event: Event) -> str:
    return console(event, f"/gates/{today(event)}")


def come_in(client: FlaskClient, event: Event, role: Role = Role.CHECK_IN) -> Person:
    return sign_in(client, make_staff(role, event_id=event.id))


def type_in(client: FlaskClient, event: Event, reference: str | None) -> str:
    fields = form_fields(client.get(door(event)).text, today(event).__str__())
    answer = client.post(door(event), data=fields | {"reference": reference or ""})
    return client.get(answer.location).text if answer.status_code == 303 else answer.text


def test_a_gate_is_chosen_and_a_reference_typed(client: FlaskClient) -> None:
    event = make_today()
    session = make_session(event, title={"en": "Opening"})
    who = badge(event, make_person(name="Legal Amina", alias="A. Y."), legal_name="Legal Amina Yusuf")
    come_in(client, event)
    page = client.get(console(event)).text
    assert door(event) in page
    assert f"/gates/{session.id}" in page
    first = type_in(client, event, who.reference)
    assert "Come in" in first
    assert "A. Y." in first
    assert "Legal" not in first
    again = type_in(client, event, who.reference)
    assert "Already in since" in again
    refused = type_in(client, event, badge(event, make_person(name="Hidden Name"), state=State.DECLINED).reference)
    assert "Stop" in refused
    assert "Hidden Name" not in refused
    assert "declined" not in refused.lower()
    assert type_in(client, event, "").count("Type the reference on the badge") >= 1
    assert len(entries()) == 1
    assert len(scans()) == 3


def test_the_name_is_the_one_on_the_badge(client: FlaskClient) -> None:
    event = make_today()
    who = badge(event, make_person(name="Legal Amina", alias="A. Y."), legal_name="Legal Amina Yusuf")
    db.session.add(PaperSetup(event_id=event.id, badge_name=BadgeName.LEGAL))
    come_in(client, event)
    assert "Legal Amina Yusuf" in type_in(client, event, who.reference)


def test_a_result_is_for_whoever_scanned(client: FlaskClient) -> None:
    event = make_today()
    who = badge(event, make_person(name="Amina"))
    come_in(client, event)
    type_in(client, event, who.reference)
    (scan,) = scans()
    come_in(client, event)
    assert "Amina" not in client.get(f"{door(event)}?scan={scan.id}").text
    assert client.get(f"{door(event)}?scan=nonsense").status_code == 200


def test_others_find_no_door(client: FlaskClient) -> None:
    event, other = make_today(), make_today()
    for role in (Role.RAPPORTEUR, Role.HOST_PARTNER, Role.FUND_REVIEWER):
        sign_in(client, make_staff(role, event_id=event.id))
        assert client.get(door(event)).status_code == 404
    come_in(client, event)
    assert client.get(door(other)).status_code == 404
    assert client.get(console(event, f"/gates/{other.id}")).status_code == 404
    assert client.get(console(event, "/gates/2020-01-01")).status_code == 404
    assert client.get(console(event, "/export")).status_code == 404
    assert client.get(door(event) + "/rule").status_code == 404
    online = make_today()
    online.mode = Mode.ONLINE
    db.session.flush()
    come_in(client, online)
    assert client.get(door(online)).status_code == 404


def test_a_walk_in_over_http(client: FlaskClient) -> None:
    event = make_today(needs_accreditation=False)
    come_in(client, event)
    path = door(event) + "/walk-in"
    fields = form_fields(client.get(path).text, "/walk-in")
    data = fields | {"name": "Grace", "category": "media", "contact": "+41 22 000 00 00"}
    for _ in range(2):  # the button pressed twice
        answer = client.post(path, data=data)
        assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Come in" in page
    assert "Grace" in page
    assert db.session.query(Registration).filter_by(event_id=event.id).count() == 1
    refused = client.post(path, data=data | {"contact": "notmail", "form_key": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert "Enter a number like" in refused.text
    assert client.post(path, data=fields | {"name": "", "form_key": str(uuid.uuid4())}).status_code == 422


def test_rules_are_set_and_counts_shown(client: FlaskClient) -> None:
    event = make_today()
    for _ in range(3):
        badge(event)
    who = badge(event, category="member_state")
    come_in(client, event, Role.ORGANISER)
    fields = form_fields(client.get(door(event) + "/rule").text, "/rule")
    data = fields | {"capacity": "10", "categories": ["member_state"], "modes": ["in_person"]}
    assert client.post(door(event) + "/rule", data=data).status_code == 303
    assert "Only: Member State" in client.get(console(event)).text
    type_in(client, event, who.reference)
    page = client.get(console(event, "/counts")).text
    assert re.search(r"As of \d\d:\d\d, Geneva\.", page)
    row = page[page.index('<th scope="row"') :].split("</tr>")[0]
    assert [cell.split("<")[0] for cell in row.split('<td class="num" role="cell">')[1:]] == ["1", "1", "10", "0"]
    (first, second) = (row, page)
    assert "Refresh" in second
    assert first != second


def test_counts_take_the_same_statements_for_one_and_for_many(client: FlaskClient, statements: list[str]) -> None:
    event = make_today()
    come_in(client, event)
    type_in(client, event, badge(event).reference)
    numbers = []
    for _ in range(2):
        statements.clear()
        client.get(console(event, "/counts"))
        numbers.append(len(statements))
        for _ in range(5):
            type_in(client, event, badge(event).reference)
    assert numbers[0] == numbers[1] <= 11


def test_the_attendance_as_a_file(client: FlaskClient) -> None:
    event = make_today()
    who = badge(event, make_person(name="=Amina", alias=None), legal_name="Amina Legal")
    come_in(client, event)
    type_in(client, event, who.reference)
    type_in(client, event, "nonsense")
    for role, legal in ((Role.ORGANISER, False), (Role.ACCREDITATION_OFFICER, True)):
        come_in(client, event, role)
        fields = form_fields(client.get(console(event, "/export")).text, "/export")
        wanted = fields | {"what": "attendance", "gate": "", "kind": "csv"}
        assert client.post(console(event, "/export"), data=wanted).status_code == 422
        wanted |= {"reason": "The report to the Council", "form_key": str(uuid.uuid4())}
        text = client.post(console(event, "/export"), data=wanted).text
        assert who.reference in text
        assert "'=Amina" in text
        assert ("Amina Legal" in text) is legal
        wanted |= {"what": "scans", "kind": "xlsx", "form_key": str(uuid.uuid4())}
        book = CalamineWorkbook.from_filelike(io.BytesIO(client.post(console(event, "/export"), data=wanted).data))
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows) == 3
        assert {row[10] for row in rows[1:]} == {"Come in", "Stop"}
    said = db.session.query(AuditEntry).filter_by(verb="checkin.exported").all()
    assert len(said) == 4
    assert db.session.get_one(AuditText, said[0].id).text == "The report to the Council"


def test_a_phone_asks_for_its_list_and_sends_scans(client: FlaskClient) -> None:
    event = make_today()
    who = badge(event, make_person(name="Amina"))
    me = come_in(client, event)
    page = client.get(door(event))
    assert "trusted-types check-in" in page.headers["Content-Security-Policy"]
    fields = form_fields(page.text, "/list")
    clock = str(int(now().timestamp() * 1000))
    given = client.post(console(event, "/list"), data=fields | {"device": "", "clock": clock})
    assert given.status_code == 200
    assert given.headers["Cache-Control"] == "no-store"
    signed = given.get_json()
    one = Phone(me, event, head=signed["head"], signature=signed["signature"])
    digest = one.digest(str(who.reference)).hex()
    assert [row[0] for row in json.loads(signed["people"])["people"]] == [digest]
    scan = {"nonce": str(uuid.uuid4()), "gate": str(today(event)), "source": "camera", "at": int(clock)}
    waiting = scan | {"digest": digest, "shown": "accepted", "offline": True}
    sent = fields | {"head": one.head, "signature": one.signature, "clock": clock, "scans": json.dumps([waiting])}
    for _ in range(2):
        answer = client.post(console(event, "/scans"), data=sent | {"form_key": str(uuid.uuid4())})
        assert answer.status_code == 200
        (told,) = answer.get_json()["results"]
        assert (told["nonce"], told["verdict"], told["word"], told["name"]) == (
            scan["nonce"],
            "accepted",
            "Come in",
            "Amina",
        )
    for wrong in ([{}], [waiting] * 2, [waiting | {"at": -5}], [waiting] * 300, [waiting | {"more": 1}], 7):
        bad = sent | {"scans": json.dumps(wrong), "form_key": str(uuid.uuid4())}
        answer = client.post(console(event, "/scans"), data=bad)
        assert answer.status_code == 422
    assert [in_words(row) for row in scans()] == [("accepted", None)]
    stale = sent | {"csrf_token": "x", "form_key": str(uuid.uuid4())}
    assert client.post(console(event, "/scans"), data=stale).get_json() == {"problem": "form"}


def test_when_the_role_is_taken_lists_and_scans_are_refused(client: FlaskClient) -> None:
    event = make_today()
    me = make_person()
    given = grant(me, Role.CHECK_IN, event_id=event.id)
    grant(me, Role.RAPPORTEUR)
    sign_in(client, me)
    fields = form_fields(client.get(door(event)).text, "/list")
    given.revoked_at = now()
    db.session.flush()
    for path in ("/list", "/scans", "/worker.js"):
        method = client.get if path == "/worker.js" else client.post
        assert method(console(event, path), data=fields).status_code == 404
    assert db.session.query(Scan).count() == 0


def test_a_digest_is_answered_with_the_public_name_only(client: FlaskClient) -> None:
    """Badges carry legal names here; the list of a phone does not, and the door gives none for what the list holds."""
    event = make_today()
    amina, grace = (
        badge(event, make_person(name="Legal Name", alias=alias), legal_name=f"Legal {alias}") for alias in "AG"
    )
    db.session.add(PaperSetup(event_id=event.id, badge_name=BadgeName.LEGAL))
    me = come_in(client, event)
    fields = form_fields(client.get(door(event)).text, "/list")
    one = Phone(me, event)
    one.fetch_list()
    clock = str(int(now().timestamp() * 1000))

    def ask(gate: object, nonce: str | None = None, **read: object) -> dict[str, str]:
        scan = {"nonce": nonce or str(uuid.uuid4()), "gate": str(gate), "source": "camera", "at": int(clock)} | read
        sent = {"head": one.head, "signature": one.signature, "clock": clock, "form_key": str(uuid.uuid4())}
        answer = client.post(console(event, "/scans"), data=fields | sent | {"scans": json.dumps([scan])})
        (told,) = answer.get_json()["results"]
        return dict(told)

    digest = one.digest(str(amina.reference)).hex()
    tomorrow = event.last_day
    nonce = str(uuid.uuid4())
    for gate in (today(event), tomorrow):
        assert ask(gate, digest=digest)["name"] == "A"
        assert ask(gate, digest=digest, offline=True, shown="accepted")["name"] == "A"
    ask(today(event), nonce, digest=digest)
    assert ask(today(event), nonce, reference=str(grace.reference))["name"] == "A", "somebody else's reference"
    refused = ask(tomorrow, reference=str(grace.reference))
    assert (refused["verdict"], refused["name"]) == ("refused", "G")
    let_in = ask(today(event), reference=str(grace.reference))
    assert (let_in["verdict"], let_in["name"]) == ("accepted", "Legal G")


def test_scans_that_cannot_be_read_are_told_from_an_old_page(client: FlaskClient) -> None:
    event = make_today()
    come_in(client, event)
    fields = form_fields(client.get(door(event)).text, "/list") | {"head": "x", "signature": "y", "clock": "1"}
    unreadable = client.post(console(event, "/scans"), data=fields | {"scans": "nonsense"})
    assert (unreadable.status_code, unreadable.get_json()) == (422, {"problem": "scans"})
    old = client.post(console(event, "/scans"), data=fields | {"scans": "[]", "csrf_token": "x"})
    assert (old.status_code, old.get_json()) == (422, {"problem": "form"})


def test_the_desk_undoes_an_entry_and_the_door_does_not(client: FlaskClient) -> None:
    event = make_today()
    who = badge(event, make_person(name="Amina"))
    me = come_in(client, event)
    one = Phone(me, event)
    one.fetch_list()
    one.scan(str(who.reference), key=GateKey(day=event.last_day))
    one.send()
    assert "Let in while the gate was closed" in client.get(console(event, "/counts")).text
    assert "Undo" not in client.get(console(event, "/counts")).text
    assert client.get(console(event, "/undo")).status_code == 404
    come_in(client, event, Role.ACCREDITATION_OFFICER)
    (scan,) = scans()
    path = console(event, "/undo")
    assert f"{path}?scan={scan.id}" in client.get(console(event, "/counts")).text
    page = client.get(f"{path}?scan={scan.id}").text
    assert str(who.reference) in page
    data = form_fields(page, "/undo") | {"reference": who.reference, "gate": str(event.last_day)}
    assert client.post(path, data=data | {"reason": ""}).status_code == 422
    data |= {"reason": "It was tomorrow's gate", "form_key": str(uuid.uuid4())}
    assert client.post(path, data=data).status_code == 303
    assert not entries()
    assert len(scans()) == 1
    assert db.session.get_one(Registration, who.id).state is State.ACCREDITED
    assert "undone" in client.get(console(event, "/counts")).text
    again = client.post(path, data=data | {"form_key": str(uuid.uuid4())})
    assert again.status_code == 422
    assert "no entry at this gate" in again.text
    history = client.get(f"/en/console/events/{event.slug}/registrations/{who.id}").text
    assert "An entry at the door was undone" in history
    assert "gate" in history


def test_a_walk_in_past_a_line_over_http(client: FlaskClient) -> None:
    event = make_today(days=20, capacity=5, needs_accreditation=False)
    badge(event, state=State.WAITLISTED)
    come_in(client, event)
    path = door(event) + "/walk-in"
    page = client.get(path).text
    assert "Others wait in line" in page
    data = form_fields(page, "/walk-in") | {"name": "Grace", "category": "media", "text": "A friend"}
    assert "it decides" in client.post(path, data=data).text
    come_in(client, event, Role.ACCREDITATION_OFFICER)
    data = form_fields(client.get(path).text, "/walk-in") | {"name": "Grace", "category": "media"}
    assert client.post(path, data=data).status_code == 422
    data |= {"text": "She speaks at ten", "form_key": str(uuid.uuid4())}
    assert client.post(path, data=data).status_code == 303
    ahead = console(event, f"/gates/{event.last_day}/walk-in")
    assert "not open now" in client.get(ahead).text
    assert client.post(ahead, data=data | {"form_key": str(uuid.uuid4())}).status_code == 422
    assert db.session.query(Registration).filter_by(event_id=event.id).count() == 2
