"""A registration that takes its seat and is written whole, by one statement: the busiest moment of all.

The seat is taken first and everything else is written for whoever got it: the event's row of seats is locked as
shortly as can be, and nothing is written where none is left.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    FromClause,
    Select,
    bindparam,
    column,
    false,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.selectable import CTE

from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db, table_of
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.registration import categories
from eventhub.registration.models import Registration, State
from eventhub.registration.moves import arrive, owed, walk
from eventhub.registration.queries import Intake
from eventhub.registration.seats import TAKE_ONE, category_key, note_taken, way_key

Sources = Mapping[str, Any]

AUDIT: Sources = {
    "at": "changed_at",
    "actor_id": "actor",
    "subject_kind": literal_column(f"'{Registration.__tablename__}'"),
    "subject_id": "id",
    "scope_id": "event_id",
    "detail": literal_column("'{}'::jsonb"),
}
PROMISES: Sources = {
    "payload": "payload",
    "created_at": "changed_at",
    "not_before": "changed_at",
    "tries": literal_column("0"),
    "refusals": literal_column("0"),
}
LATER = {"waits_from", "answered_at", "erased_at", "delegation_id", "awaits_word"}
"""What a registration has not at once: nothing, or what the database says by itself."""
REGISTRATION: Sources = {
    name: name
    for name in map(str, table_of(Registration).c.keys())
    if name
    not in {"has_seat", "late", "version", "waits_from", "answered_at", "erased_at", "delegation_id", "awaits_word"}
} | {"has_seat": true(), "late": false(), "version": literal_column("1")}
ANSWER_SET: Sources = {
    "id": "answer_set_id",
    "version_id": "version_id",
    "owner_id": "person_id",
    "seal_key_id": "seal_key_id",
    "created_at": "sent_at",
    "changed_at": "sent_at",
    "sent_at": "sent_at",
}
ANSWERS: Sources = {"answer_set_id": "answer_set_id", "changed_at": "sent_at"}
"""Where the columns of each table come from: the name of a value (the registration's, and some more) or a constant."""

LISTS: Mapping[type[Base], tuple[str, ...]] = {
    AuditEntry: ("verb", "reason"),
    Promise: ("task",),
    Answer: ("id", "question", "value", "sealed", "delete_after", "typed_in"),
}
"""Columns that differ from row to row where several rows are written. Their values are lists."""


def first_answers(person: Person, intake: Intake, sent_at: datetime | None = None) -> AnswerSet | None:
    """The set of somebody's answers to the newest version, not written yet; None where nothing is asked."""
    if intake.newest_version_id is None:
        return None
    moment = now()
    return AnswerSet(
        id=uuid4(),
        version_id=intake.newest_version_id,
        owner_id=person.id,
        seal_key_id=person.seal_key_id,
        created_at=moment,
        changed_at=moment,
        sent_at=sent_at,
    )


def states_of(registration: Registration, intake: Intake) -> list[State]:
    """The states of somebody who takes a free seat that nobody waits for and no quota counts; none for others."""
    setup, rule = intake.setup, categories.rule_of(intake.rules, registration.category)
    if counted_under(registration, intake) or not categories.seats_at_once(setup, rule) or offers_are_by_hand(intake):
        return []
    return [State.SUBMITTED, State.UNDER_REVIEW if categories.is_looked_at(setup, rule) else State.ACCREDITED]


def counted_under(registration: Registration, intake: Intake) -> tuple[str, ...]:
    """Under which limits beside the event's own the seat would count (seats.keys)."""
    rule, way = categories.rule_of(intake.rules, registration.category), registration.attendance_mode
    by_category = [category_key(rule.code)] if rule and rule.quota is not None else []
    return (*by_category, *([way_key(way)] if way in intake.counted_ways else []))


def reason_for(targets: Sequence[State]) -> str | None:
    """Why somebody is in the last of these states without a decision."""
    return "complete" if targets[-1] is State.ACCREDITED else None


def offers_are_by_hand(intake: Intake) -> bool:
    """Whether seats may be free while somebody waits: no offers are made by themselves."""
    today = now().astimezone(ZoneInfo(intake.event.time_zone)).date()
    return intake.setup.offers_by_hand or today >= intake.event.first_day


def write_with_seat(
    actor: object,
    registration: Registration,
    targets: Sequence[State],
    *,
    answer_set: AnswerSet | None,
    answers: Sequence[Mapping[str, Any]],
) -> bool:
    """Take one of the event's seats and write a registration that was no draft in the states ``targets``, with its
    answers (rows of ``answers.first_rows``), its audit and what is owed for it. False when no seat is left: then
    nothing is written.

    For seats that nobody waits for and no quota counts. Raises NotPossible.
    """
    state, reason = walk(registration.state, targets), reason_for(targets)
    # An organization or a consent that the registration stands on.
    db.session.flush()
    before = {name: getattr(registration, name) for name in ("state", "changed_at", "decided_at", "reason")}
    arrive(registration, state, reason)
    values = {name: getattr(registration, name) for name in REGISTRATION} | {
        "actor": getattr(actor, "id", None),
        "payload": {"registration_id": str(registration.id)},
        "audit_entry_verb": [f"registration.{target.value}" for target in targets],
        "audit_entry_reason": [*[None] * (len(targets) - 1), reason],
        "promise_task": ["registration.submitted"] if state is State.UNDER_REVIEW else list(owed(state)),
    }
    if answer_set is not None:
        values |= {name: getattr(answer_set, name) for name in ("version_id", "seal_key_id", "sent_at")}
        values |= {f"answer_{name}": [row[name] for row in answers] for name in LISTS[Answer]}
    given = {f"new_{name}": value for name, value in values.items()} | {"this_event": registration.event_id}
    seat = db.session.execute(WITHOUT_ANSWERS if answer_set is None else WITH_ANSWERS, given).first()
    if seat is None:
        for name, value in before.items():
            setattr(registration, name, value)
        return False
    note_taken(seat)
    registration.has_seat = True
    make_transient_to_detached(registration)
    db.session.add(registration)
    return True


def statement(take: ReturningUpdate[Any, Any], *parts: tuple[type[Base], Sources]) -> Select[Any]:
    """Take a seat with ``take`` and write rows of these tables for whoever got it; gives what ``take`` gives."""
    seat = take.cte("seat")
    written = [_writing(model, sources, seat) for model, sources in parts]
    return select(seat.c.capacity, seat.c.seats_taken).add_cte(*written)


def _writing(model: type[Base], sources: Sources, seat: CTE) -> CTE:
    """The rows of one table, for whoever got the seat."""
    table, listed, rows_from = table_of(model), LISTS.get(model, ()), cast(FromClause, seat)
    # Not the columns' own names: those would be taken for columns to be written.
    given: list[Any] = [
        bindparam(f"new_{source}", type_=table.c[name].type) if isinstance(source, str) else source
        for name, source in sources.items()
    ]
    if listed:
        arrays = [bindparam(f"new_{table.name}_{name}", type_=ARRAY(table.c[name].type)) for name in listed]
        columns = [column(name, table.c[name].type) for name in listed]
        rows = func.unnest(*arrays).table_valued(*columns).render_derived(name="r")
        given += [rows.c[name] for name in listed]
        rows_from = seat.join(rows, onclause=true())
    found = select(*given).select_from(rows_from)
    return insert(table).from_select([*sources, *listed], found, include_defaults=False).cte(f"{table.name}_row")


# Made once: they are long, and written at the busiest moment. psycopg keeps what it makes of a statement when it has at
# most 4,096 characters and 50 values.
_OWED = ((Registration, REGISTRATION), (AuditEntry, AUDIT), (Promise, PROMISES))
TABLES_WITH_ANSWERS: tuple[tuple[type[Base], Sources], ...] = ((AnswerSet, ANSWER_SET), (Answer, ANSWERS), *_OWED)
WITHOUT_ANSWERS = statement(TAKE_ONE, *_OWED)
WITH_ANSWERS = statement(TAKE_ONE, *TABLES_WITH_ANSWERS)
