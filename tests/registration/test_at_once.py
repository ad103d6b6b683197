"""A registration that is written by one statement is the one that several would have written."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.outbox import Promise
from eventhub.programme.models import Event
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.registration import actions, at_once
from eventhub.registration.models import Registration, RegistrationSetup, State
from tests.factories.people import make_person
from tests.factories.registration import ONE_PAGE, intake, make_dialogue, register

ANSWERS = {"display_name": "Amina", "residence": "KE", "needs": "A ramp", "organisation": {"name": "Horn Voices"}}
ORGANISATION = {"id": "q8", "key": "organisation", "kind": "organisation", "label": "Organization"}
PAGE = ONE_PAGE["pages"][0]
ASKED: dict[str, Any] = {"pages": [PAGE | {"questions": [*PAGE["questions"], ORGANISATION]}]}
TABLES = (AnswerSet, Answer, Registration, AuditEntry, Promise)


@pytest.mark.parametrize("accredits", [True, False])
@pytest.mark.parametrize("asked", [ASKED, None])
def test_both_ways_write_the_same(
    database: None, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any] | None, accredits: bool
) -> None:
    event = make_dialogue(capacity=5, data=asked, needs_accreditation=accredits)
    answers = ANSWERS if asked else {}
    written = [_written_by(event, answers)]
    with monkeypatch.context() as patch:
        patch.setattr(at_once, "states_of", lambda _registration, _intake: [])
        written.append(_written_by(event, answers))
    assert written[0] == written[1]
    assert len(written[0]["registration"]) == 1
    assert len(written[0]["answer"]) == (4 if asked else 0)
    assert db.session.get_one(RegistrationSetup, event.id, populate_existing=True).seats_taken == 2


def test_what_comes_back_is_the_row(database: None) -> None:
    event = make_dialogue(capacity=5)
    made = register(event)
    shown = {column.key: getattr(made, column.key) for column in table_of(Registration).c}
    assert made in db.session
    assert not db.session.dirty
    db.session.expire(made)
    assert {name: getattr(made, name) for name in shown} == shown


def test_without_a_seat_nothing_is_written(database: None) -> None:
    event = make_dialogue(capacity=1)
    register(event)
    person = make_person()
    found, before = intake(event, person), _everything()
    late = Registration(id=uuid.uuid4(), event_id=event.id, person_id=person.id, state=State.DRAFT, created_at=now())
    answer_set = at_once.first_answers(person, found, now())
    targets = at_once.states_of(late, found)
    assert not at_once.write_with_seat(person, late, targets, answer_set=answer_set, answers=[])
    assert late not in db.session
    assert (late.state, late.decided_at, late.reason) == (State.DRAFT, None, None)
    db.session.flush()
    assert _everything() == before


def test_the_last_seat_and_then_the_list(database: None) -> None:
    event = make_dialogue(capacity=1)
    assert [register(event).state for _ in range(2)] == [State.ACCREDITED, State.WAITLISTED]


@pytest.mark.parametrize("statement", [at_once.WITH_ANSWERS, at_once.WITHOUT_ANSWERS])
def test_psycopg_keeps_what_it_makes_of_the_statement(statement: Any) -> None:
    compiled = statement.compile(dialect=PGDialect_psycopg())
    assert len(str(compiled)) <= 4096
    assert len(compiled.params) <= 50


def _written_by(event: Event, answers: dict[str, Any]) -> dict[str, list[dict[str, object]]]:
    before = _everything()
    person = make_person()
    actions.register_now(person, person, intake(event, person), answers)
    db.session.flush()
    return {name: [_plain(row) for row in rows if row not in before[name]] for name, rows in _everything().items()}


def _everything() -> dict[str, list[dict[str, object]]]:
    found = {}
    for model in TABLES:
        table = table_of(model)
        order = [column for column in (table.c.get("question"), table.c.id) if column is not None]
        found[table.name] = [dict(row) for row in db.session.execute(select(table).order_by(*order)).mappings()]
    return found


def _plain(row: dict[str, object]) -> dict[str, object]:
    """Without what differs from one to the next: ids, moments, references, sealed bytes."""
    return {name: _kind(name, value) for name, value in row.items()}


def _kind(name: str, value: object) -> object:
    if isinstance(value, uuid.UUID | datetime | bytes) or (name in {"id", "reference"} and value is not None):
        return type(value)
    return {key: type(kept) for key, kept in value.items()} if name == "payload" and isinstance(value, dict) else value
