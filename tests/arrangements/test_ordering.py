"""The order sheet at the desk: lines by due day, moves with history, names for a reason, files."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, time, timedelta
from http import HTTPStatus
from importlib import import_module
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from eventhub.arrangements import actions, due, ordering, queries, sheet, visas
from eventhub.arrangements.models import MOVES, Kind, Need, SessionService, Status, VisaStatus
from eventhub.arrangements.sheet import LineKey
from eventhub.arrangements.wishes import Wish
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.programme import actions as programme
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration import actions as registration
from eventhub.registration.cancelling import NotAnyMore
from eventhub.registration.models import Registration
from tests import servers
from tests.arrangements.scene import CAPTIONS, WHEELCHAIR, come, make_stage, person_of, wish
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.registration import intake
from tests.programme.console import error_at, fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")

FRENCH = Wish(Kind.CAPTIONING, "fr")


@pytest.fixture
def staged() -> tuple[Event, Session]:
    return make_stage()


@pytest.fixture
def officer(client: FlaskClient, staged: tuple[Event, Session]) -> Person:
    found = make_staff(Role.ORGANISER, event_id=staged[0].id)
    sign_in(client, found)
    return found


def desk_of(event: Event, lang: str = "en") -> str:
    return f"/{lang}/console/events/{event.slug}/arrangements"


def line_at(event: Event, kind: str, language: str = "", session: Session | None = None) -> str:
    return f"{desk_of(event)}/lines/{LineKey(kind, language, session_id=session.id if session else None)}"


def versions(*needs: Need) -> dict[Any, int]:
    return {need.id: need.version for need in needs}


def press(client: FlaskClient, address: str, status: str, **changes: Any) -> Any:
    """A button of a line's page, with the rows that are marked on it."""
    data = fields_of(client.get(address), action=address)
    return client.post(address, data=data | {"status": status} | changes)


def test_counted_by_session_and_day_without_a_name(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, session = staged
    one, two, three = (come(event, make_person(name=f"Secret {number}")) for number in range(3))
    wish(event, one, FRENCH, session)
    wish(event, two, FRENCH, session)
    wish(event, three, WHEELCHAIR)
    (line,) = [found for found in sheet.lines(event) if found.key.kind == Kind.CAPTIONING]
    assert (line.number, line.to_order, line.session.id if line.session else None) == (2, 2, session.id)
    page = client.get(desk_of(event))
    words = text_of(page)
    assert "Captions while people speak: French" in words
    assert "Step-free way and a place for a wheelchair" in words
    assert "International Sign" in words
    assert "Interpretation: English" in words
    for who in (one, two, three):
        assert person_of(who).name not in words
        assert str(who.reference) not in page.get_data(as_text=True)
        assert str(who.id) not in page.get_data(as_text=True)
    detail = client.get(line_at(event, "captioning", "fr", session))
    assert "Secret" not in detail.get_data(as_text=True)
    assert str(one.reference) not in detail.get_data(as_text=True)


def test_a_line_tells_no_moment_at_which_somebody_registered(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    need = wish(event, come(event))
    moment = need.asked_at.strftime("%H:%M")
    assert moment not in text_of(client.get(line_at(event, "wheelchair")))


def test_late_lines_are_marked(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    need = wish(event, come(event))
    last = due.due_on(event, None, 3)
    for day, is_late in ((last, False), (last + timedelta(days=1), True)):
        with time_machine.travel(datetime.combine(day, time(12)), tick=False):
            sign_in(client, officer)
            line = sheet.line_of(event, LineKey("wheelchair"))
            assert line.is_late(due.today(event)) is is_late
            assert ("should have been ordered by now" in text_of(client.get(desk_of(event)))) is is_late
    ordering.move_needs(officer, event, [need.id], Status.ORDERED, seen=versions(need))
    assert not sheet.line_of(event, LineKey("wheelchair")).is_late(last + timedelta(days=1))


def test_moved_step_by_step_with_history_and_told(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    one = come(event)
    need = wish(event, one)
    address = line_at(event, "wheelchair")
    for status, owed in (("noted", 0), ("ordered", 0), ("confirmed", 1)):
        assert press(client, address, status, id=[str(need.id)]).status_code == HTTPStatus.SEE_OTHER
        assert need.status == status
        assert db.session.query(Promise).filter_by(task="arrangements.confirmed").count() == owed
    words = text_of(client.get(address))
    assert "Confirmed" in words
    assert officer.name in words
    verbs = [entry.verb for entry in db.session.query(AuditEntry).filter_by(subject_id=need.id).order_by("id")]
    assert verbs == [f"arrangements.need_{step}" for step in ("asked", "noted", "ordered", "confirmed")]
    assert press(client, address, "delivered", id=[str(need.id)]).status_code == HTTPStatus.SEE_OTHER
    assert need.status is Status.DELIVERED


def test_not_possible_needs_words_that_the_person_reads(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    one = come(event)
    need = wish(event, one)
    address = line_at(event, "wheelchair")
    refused = press(client, address, "not_possible", id=[str(need.id)])
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Say why it is not possible" in error_at(refused, "answer")
    said = "The lift is broken; a ramp is at gate B."
    assert press(client, address, "not_possible", id=[str(need.id)], answer=said).status_code == HTTPStatus.SEE_OTHER
    assert need.answer is not None
    assert said.encode() not in need.answer
    assert said not in client.get(address).get_data(as_text=True)
    sign_in(client, person_of(one))
    own = text_of(client.get(f"/en/me/registrations/{one.reference}/needs"))
    assert said in own
    assert "Not possible" in own
    sign_in(client, officer)
    press(client, address, "ordered", id=[str(need.id)])
    assert (need.status, need.answer) == (Status.ORDERED, None)


def test_two_officers_at_once(staged: Any, officer: Person) -> None:
    event, _session = staged
    need, colleague = wish(event, come(event)), make_staff(Role.ORGANISER, event_id=event.id)
    seen = versions(need)
    ordering.move_needs(officer, event, [need.id], Status.ORDERED, seen=seen)
    db.session.flush()
    with pytest.raises(Stale):
        ordering.move_needs(colleague, event, [need.id], Status.NOT_POSSIBLE, answer="No", seen=seen)
    with pytest.raises(Stale):
        ordering.move_needs(colleague, event, [need.id], Status.CONFIRMED, seen={})
    assert need.status is Status.ORDERED


def test_the_page_says_that_a_colleague_was_first(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    need = wish(event, come(event))
    address = line_at(event, "wheelchair")
    data = fields_of(client.get(address), action=address) | {"status": "confirmed", "id": str(need.id)}
    ordering.move_needs(make_person(), event, [need.id], Status.NOTED, seen=versions(need))
    db.session.flush()
    answer = client.post(address, data=data)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Somebody else changed this" in text_of(answer)
    assert need.status is Status.NOTED


@pytest.mark.parametrize("start", list(Status))
@pytest.mark.parametrize("target", list(Status))
def test_only_the_moves_of_the_table(staged: Any, officer: Person, start: Status, target: Status) -> None:
    event, _session = staged
    need = wish(event, come(event))
    need.status = start
    db.session.flush()
    move = (officer, event, [need.id], target)
    if target in MOVES[start] and target in ordering.BY_DESK:
        assert ordering.move_needs(*move, answer="Why", seen=versions(need)) == 1
    else:
        with pytest.raises(actions.NoWay):
            ordering.move_needs(*move, answer="Why", seen=versions(need))
        assert need.status is start


def test_nobody_decides_on_an_own_wish(staged: Any, officer: Person) -> None:
    event, _session = staged
    mine, theirs = wish(event, come(event, officer)), wish(event, come(event))
    with pytest.raises(ordering.OwnWish):
        ordering.move_needs(officer, event, [mine.id, theirs.id], Status.CONFIRMED, seen=versions(mine, theirs))


def test_wishes_of_another_event_are_not_there(staged: Any, officer: Person) -> None:
    event, _session = staged
    elsewhere, _other = make_stage()
    need = wish(elsewhere, come(elsewhere))
    with pytest.raises(NotFound):
        ordering.move_needs(officer, event, [need.id], Status.NOTED, seen=versions(need))
    with pytest.raises(ordering.NobodyChosen):
        ordering.move_needs(officer, event, [], Status.NOTED, seen={})


def test_an_order_that_nobody_needs_is_cancelled(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    one, two, gone = come(event), come(event), come(event)
    needs = [wish(event, who) for who in (one, two, gone)]
    ordering.move_needs(officer, event, [need.id for need in needs], Status.ORDERED, seen=versions(*needs))
    actions.take_back(person_of(one), intake(event, person_of(one)), needs[0].id)
    registration.withdraw(person_of(gone), intake(event, person_of(gone)))
    line = sheet.line_of(event, LineKey("wheelchair"))
    assert (line.number, line.to_cancel) == (1, 2)
    assert "Order to cancel" in text_of(client.get(desk_of(event)))
    address = line_at(event, "wheelchair")
    data = fields_of(client.get(address), 1, action=address) | {"status": "cancelled"}
    assert client.post(address, data=data).status_code == HTTPStatus.SEE_OTHER
    line = sheet.line_of(event, LineKey("wheelchair"))
    assert (line.number, line.to_cancel) == (1, 0)
    with pytest.raises(actions.NoWay):
        ordering.cancel_orders(officer, event, [needs[1].id], seen=versions(needs[1]))


def test_a_cancelled_session_needs_nothing_but_the_order_cancelled(staged: Any, officer: Person) -> None:
    event, session = staged
    one = come(event)
    ordered, asked = wish(event, one, CAPTIONS, session), wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl"), session)
    ordering.move_needs(officer, event, [ordered.id], Status.ORDERED, seen=versions(ordered))
    session.publication = Publication.CANCELLED
    db.session.flush()
    (line,) = sheet.lines(event)
    assert (line.key.kind, line.number, line.to_cancel) == ("captioning", 0, 1)
    assert ordering.cancel_orders(officer, event, [ordered.id], seen=versions(ordered)) == 1
    db.session.flush()
    assert sheet.lines(event) == []
    assert asked.status is Status.ASKED
    assert queries.called_off(event.id) == 2  # the sheet says that they were there


def test_services_of_the_programme_are_ordered_once(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, session = staged
    address = line_at(event, "programme", "international_sign", session)
    data = fields_of(client.get(address), action=address)
    assert client.post(address, data=data | {"status": "ordered"}).status_code == HTTPStatus.SEE_OTHER
    (row,) = db.session.query(SessionService).all()
    assert (row.session_id, row.code, row.status) == (session.id, "international_sign", Status.ORDERED)
    old = client.post(address, data=data | {"status": "noted", "form_key": "11111111-1111-4111-8111-111111111111"})
    assert "Somebody else changed this" in text_of(old)
    session.access_services = []
    db.session.flush()
    line = sheet.line_of(event, LineKey("programme", "international_sign", session_id=session.id))
    assert (line.announced, line.to_cancel) == (False, 1)
    assert press(client, address, "taken_back").status_code == HTTPStatus.SEE_OTHER
    with pytest.raises(NotFound):
        sheet.line_of(event, line.key)
    session.access_services = ["international_sign"]
    db.session.flush()
    assert press(client, address, "ordered").status_code == HTTPStatus.SEE_OTHER
    assert row.status is Status.ORDERED


def test_languages_that_change_after_the_order_are_told(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, session = staged
    address = line_at(event, "programme", "interpretation", session)
    press(client, address, "ordered")
    assert "Languages changed" not in text_of(client.get(desk_of(event)))
    session.interpretation = ["en", "ar"]
    db.session.flush()
    assert "Languages changed" in text_of(client.get(desk_of(event)))
    assert press(client, address, "ordered").status_code == HTTPStatus.SEE_OTHER
    assert "Languages changed" not in text_of(client.get(desk_of(event)))


def test_what_the_programme_announces_anyway_is_marked(staged: Any) -> None:
    event, session = staged
    one = come(event)
    wish(event, one, Wish(Kind.SIGN_LANGUAGE, "ils"), session)
    wish(event, one, Wish(Kind.SIGN_LANGUAGE, "fsl"), session)
    wish(event, one, Wish(Kind.INTERPRETATION, "en", "fr"), session)
    wish(event, one, Wish(Kind.INTERPRETATION, "en", "ar"), session)
    found = {(line.key.kind, line.key.language, line.key.into): line.is_met for line in sheet.lines(event)}
    assert found[("sign_language", "ils", "")]
    assert not found[("sign_language", "fsl", "")]
    assert found[("interpretation", "en", "fr")]
    assert not found[("interpretation", "en", "ar")]


def test_names_are_shown_once_for_a_reason_and_recorded(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    one = come(event, make_person(name="Legal Amina", alias="A. Y."))
    wish(event, one, Wish(Kind.OTHER, words="My dog guides me"))
    address = line_at(event, "other")
    shut = client.get(address)
    assert "My dog" not in shut.get_data(as_text=True)
    data = fields_of(shut, action=f"{address}/names")
    refused = client.post(f"{address}/names", data=data | {"reason": " "})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "My dog" not in refused.get_data(as_text=True)
    assert db.session.query(AuditEntry).filter_by(verb="registration.revealed").count() == 0
    data = fields_of(client.get(address), action=f"{address}/names")
    shown = client.post(f"{address}/names", data=data | {"reason": "To meet her at the gate"})
    words = text_of(shown)
    assert "My dog guides me" in words
    assert "A. Y." in words
    assert "Legal Amina" not in words
    entry = db.session.query(AuditEntry).filter_by(verb="registration.revealed").one()
    assert (entry.subject_id, entry.actor_id, entry.scope_id) == (one.id, officer.id, event.id)
    assert db.session.query(AuditText).filter_by(entry_id=entry.id).one().text == "To meet her at the gate"
    assert "My dog" not in client.get(address).get_data(as_text=True)


def test_many_names_alarm_a_second_person(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    for _number in range(21):
        wish(event, come(event))
    address = line_at(event, "wheelchair")
    data = fields_of(client.get(address), action=f"{address}/names")
    client.post(f"{address}/names", data=data | {"reason": "To meet them"})
    assert db.session.query(AuditEntry).filter_by(verb="registration.revealed").count() == 21
    assert db.session.query(Promise).filter_by(task="registration.many_reads").count() == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_sheet_as_a_file_names_nobody(client: FlaskClient, staged: Any, officer: Person, kind: str) -> None:
    event, session = staged
    people = [come(event, make_person(name="=Amina")) for _number in range(2)]
    for one in people:
        wish(event, one, Wish(Kind.CAPTIONING, "fr", words="=1+1"), session)
    address = f"{desk_of(event)}/export"
    data = fields_of(client.get(address), action=address)
    refused = client.post(address, data=data | {"reason": "", "names": "y"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    found = client.post(address, data=data | {"reason": "", "kind": kind})
    assert found.status_code == HTTPStatus.OK
    table = rows_of(found.data, kind)
    line = next(row for row in table if "Captions while people speak: French" in row)
    assert "2" in [cell.removesuffix(".0") for cell in line]
    flat = " ".join(cell for row in table for cell in row)
    assert "Amina" not in flat
    assert "1+1" not in flat
    assert not [one for one in people if str(one.reference) in flat]
    entry = db.session.query(AuditEntry).filter_by(verb="arrangements.exported").one()
    assert entry.detail == {"rows": len(table) - 1, "kind": kind, "names": False}
    assert db.session.query(AuditEntry).filter_by(verb="registration.revealed").count() == 0


def test_the_sheet_with_names_is_recorded_for_each(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, session = staged
    one = come(event, make_person(name="=Amina"))
    wish(event, one, Wish(Kind.CAPTIONING, "fr", words="=1+1"), session)
    wish(event, one, WHEELCHAIR)
    address = f"{desk_of(event)}/export"
    data = fields_of(client.get(address), action=address)
    found = client.post(address, data=data | {"reason": "The gate", "kind": "csv", "names": "y"})
    table = rows_of(found.data, "csv")
    assert len(table) == 3
    assert any("'=1+1" in row for row in table)
    assert db.session.query(AuditEntry).filter_by(verb="registration.revealed", subject_id=one.id).count() == 1


def rows_of(data: bytes, kind: str) -> list[list[str]]:
    if kind == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_lead_is_set_per_event(client: FlaskClient, staged: Any, officer: Person) -> None:
    event, _session = staged
    wish(event, come(event))
    address = f"{desk_of(event)}/settings"
    data = fields_of(client.get(address), action=address)
    assert data["lead_days"] == ["3"]
    assert client.post(address, data=data | {"lead_days": "61"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client.post(address, data=data | {"lead_days": "10"}).status_code == HTTPStatus.SEE_OTHER
    assert queries.lead_days(event.id) == 10
    assert sheet.line_of(event, LineKey("wheelchair")).due == due.due_on(event, None, 10)


@pytest.mark.parametrize("place", ["sheet", "line"])
def test_as_many_statements_for_three_as_for_one(
    client: FlaskClient, staged: Any, officer: Person, place: str, statements: list[str]
) -> None:
    event, session = staged
    address = desk_of(event) if place == "sheet" else line_at(event, "wheelchair")
    wish(event, come(event))
    client.get(address)
    numbers = []
    for _round in range(2):
        statements.clear()
        assert client.get(address).status_code == HTTPStatus.OK
        numbers.append(len(statements))
        for _number in range(2):
            one: Registration = come(event)
            wish(event, one)
            wish(event, one, CAPTIONS, session)
    assert numbers[0] == numbers[1]


def test_for_a_cancelled_event_orders_are_cancelled_and_nothing_else(
    client: FlaskClient, staged: tuple[Event, Session], officer: Person
) -> None:
    event, session = staged
    registration = come(event)
    asked, ordered = wish(event, registration, CAPTIONS), wish(event, registration)
    ordering.move_needs(officer, event, [ordered.id], Status.ORDERED, seen=versions(ordered))
    service = ordering.move_service(officer, event, session.id, "international_sign", Status.ORDERED, seen=0)
    programme.cancel_event(make_person(), event, sessions=[session], reason={"en": "The hall burned down"})
    db.session.flush()
    assert "This event is cancelled" in text_of(client.get(desk_of(event)))
    assert sorted((line.key.kind, line.number, line.to_cancel) for line in sheet.lines(event)) == [
        ("programme", 0, 1),
        ("wheelchair", 0, 1),
    ]
    deeds: list[Callable[[], object]] = [
        lambda: ordering.move_needs(officer, event, [asked.id], Status.CONFIRMED, seen=versions(asked)),
        lambda: ordering.move_service(
            officer, event, session.id, "international_sign", Status.CONFIRMED, seen=service.version
        ),
        lambda: ordering.move_service(officer, event, session.id, "interpretation", Status.ORDERED, seen=0),
        lambda: visas.hear(officer, event, registration, VisaStatus.GRANTED, None, seen=0),
    ]
    for deed in deeds:
        with pytest.raises(NotAnyMore):
            deed()
    assert ordering.cancel_orders(officer, event, [ordered.id], seen=versions(ordered)) == 1
    ordering.move_service(officer, event, session.id, "international_sign", Status.TAKEN_BACK, seen=service.version)
    assert sheet.lines(event) == []


def test_a_service_of_a_cancelled_session_is_not_ordered(staged: tuple[Event, Session], officer: Person) -> None:
    event, session = staged
    session.publication = Publication.CANCELLED
    with pytest.raises(NotFound):
        ordering.move_service(officer, event, session.id, "international_sign", Status.ORDERED, seen=0)


def test_no_answer_is_mailed_for_a_cancelled_event(staged: tuple[Event, Session], officer: Person) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        task = import_module("workers.arrangements").confirmed
    event, _session = staged
    registration = come(event)
    asked = wish(event, registration)
    ordering.move_needs(officer, event, [asked.id], Status.CONFIRMED, seen=versions(asked))
    mail = task.__wrapped__.__wrapped__
    assert mail(registration_id=str(registration.id)) is not None
    event.publication = Publication.CANCELLED
    db.session.flush()
    assert mail(registration_id=str(registration.id)) is None
