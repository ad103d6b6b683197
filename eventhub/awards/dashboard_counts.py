"""The balance of a call in numbers that tell of nobody: counted by a worker, frozen, the same for every reader.

SAFETY.md properties 4 and 5. Gender, age and disability are sealed and only ever counted; so no page counts them. Each
stage holds everybody who ever reached it, whoever left since too: a stage only grows, and no table tells who left. What
may be read of it is said in dashboard_hiding.py. A column is replaced when at least five people make a difference, and
at the earliest the next day. What travellers wrote in their reports is counted in the same way, by the questions that
nobody has to answer.
"""

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, load_only

from eventhub.awards import dashboard, reporting
from eventhub.awards import dashboard_hiding as hiding
from eventhub.awards.dashboard_hiding import Chance, Column
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.awards.models import Award, TravelReport
from eventhub.funding import rules as rules_of
from eventhub.funding.models import Application, Call, CallRules, Stand, State
from eventhub.funding.rules import AGE_CELLS, Dimension, Rules
from eventhub.kit import audit, codes
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.sealed import Unreadable, open_for_house, place, seal_for_house
from eventhub.people.models import Person
from eventhub.selecting.inputs import cells_of

SILENT = ""
"""The cell of those who did not say, and of those in no cell that is counted."""
COUNTED = "awards.traits_counted"
NOT_SENT = (State.DRAFT, State.EXPIRED)
PASSED = frozenset(State) - {
    *(State.DRAFT, State.EXPIRED, State.SUBMITTED, State.INFO_REQUESTED, State.INELIGIBLE, State.WITHDRAWN),
}
"""States that are only reached by who was eligible."""
CAME = frozenset({State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED})
ALWAYS = (Dimension.REGION, Dimension.GENDER, Dimension.AGE, Dimension.FIRST_TIME, Dimension.DISABILITY)
"""What has a table at every call."""
ONLY_RULED = (Dimension.LANGUAGE, Dimension.COUNTRY)
"""What has one where a rule is about it, with the cells of the rules. Minorities have none: people may name several, so
the cells of one person would hang together."""
ORDER = tuple(one.value for one in (*ALWAYS, *ONLY_RULED))
FAMILIES = ("people", "reports")
"""What is counted of a call."""
ASKED = tuple(key for key, _words, needed in reporting.QUESTIONS if not needed)
"""Questions of the report that may be left out."""


class Stage(IntEnum):
    """How far somebody came."""

    APPLIED = 0
    ELIGIBLE = 1
    SELECTED = 2
    TRAVELLED = 3


@dataclass(frozen=True)
class Table:
    """One dimension: of each cell, by stage, at least how many; None where that is not told. SILENT comes last."""

    name: str
    rows: Mapping[str, tuple[int | None, ...]]


@dataclass(frozen=True)
class Balance:
    """What may be read of a call. ``totals`` by stage are exact, as of ``looked_on``; ``filed``: reports."""

    looked_on: date
    counted_on: date
    totals: tuple[int, ...]
    tables: tuple[Table, ...]
    filed: int
    said: Mapping[str, int | None]


def balance(call_id: uuid.UUID) -> Balance | None:
    """What may be read, the same for every reader; None before the first count. One statement."""
    row = db.session.get(FrozenBalance, call_id)
    if row is None:
        return None
    people, reports = row.numbers["people"], row.numbers["reports"]
    said = _read(reports, ASKED)
    return Balance(
        row.looked_on,
        row.counted_on,
        tuple(people["totals"]),
        tuple(Table(name, rows) for name, rows in _read(people, ORDER).items() if rows),
        reports["totals"][0],
        {name: rows.get("yes", (None,))[0] for name, rows in said.items()},
    )


def _read(family: Mapping[str, Any], names: Sequence[str]) -> dict[str, dict[str, tuple[int | None, ...]]]:
    found = {}
    for name in names:
        told = hiding.read(columns_of(family, name), family["totals"])
        cells = family["cells"].get(name, [])
        found[name] = {cell: tuple(stage.get(cell) for stage in told) for cell in cells}
    return found


def freeze(moment: datetime) -> int:
    """Count anew at every call that was not looked at today; for how many sealed cells were opened. Each count is one
    row of the audit, and no person is named. Safe to repeat on a day.
    """
    today = moment.date()
    unsealed = func.jsonb_typeof(FrozenBalance.numbers["people"]["kept"]) == "array"
    for open_one in db.session.scalars(select(FrozenBalance).where(unsealed).order_by(FrozenBalance.call_id)).all():
        open_one.numbers = _sealed_again(open_one)
    due = (
        select(Call)
        .outerjoin(FrozenBalance, FrozenBalance.call_id == Call.id)
        .where(
            Call.stand.in_([Stand.OPEN, Stand.SETTLED]),
            or_(FrozenBalance.call_id.is_(None), FrozenBalance.looked_on < today),
        )
        .order_by(Call.id)
    )
    counted = 0
    for call in list(db.session.scalars(due)):
        counted += _freeze(call, today)
        row = db.session.get(FrozenBalance, call.id)
        if row is not None:
            dashboard.freeze(call, row)
    db.session.flush()
    return counted


def _freeze(call: Call, today: date) -> bool:
    row = db.session.get(FrozenBalance, call.id, with_for_update=True)
    totals, filed = _totals(call.id), _filed(call.id)
    if row is not None and totals == row.numbers["people"]["totals"] and [filed] == row.numbers["reports"]["totals"]:
        row.looked_on, row.numbers = today, _sealed_again(row)
        return False
    if not totals[0]:
        return False
    audit.record(COUNTED, call, actor=None, scope_id=call.id, rows=totals[0], reports=filed)
    known = row.numbers if row else {}
    people, moved = _published(call.id, "people", known.get("people"), _people(call), totals)
    reports, more = _published(call.id, "reports", known.get("reports"), [_answers(call.id)], [filed])
    numbers = dict(known) | {"people": people, "reports": reports}
    if row is None:
        db.session.add(FrozenBalance(call_id=call.id, counted_on=today, looked_on=today, numbers=numbers))
    else:
        row.looked_on, row.numbers = today, numbers
        if moved or more:
            row.counted_on = today
    db.session.flush()
    return True


Cells = dict[str, dict[str, int]]
"""Numbers by dimension and cell."""


def _sealed(call_id: uuid.UUID, family: str, kept: Sequence[Any]) -> str:
    """True numbers as they are kept: a backup tells nobody of the few in a cell."""
    where = place(FrozenBalance.__tablename__, family, call_id)
    return base64.b64encode(seal_for_house(where, json.dumps(kept).encode())).decode()


def _opened(call_id: uuid.UUID, family: str, known: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """True numbers of what was published before; None where the key they were sealed with is gone."""
    kept: Any = known.get("kept", [])
    if isinstance(kept, str):
        where = place(FrozenBalance.__tablename__, family, call_id)
        try:
            kept = json.loads(open_for_house(where, base64.b64decode(kept)))
        except Unreadable:
            return None
    return list(kept)


def _sealed_again(row: FrozenBalance) -> dict[str, Any]:
    """The same numbers with the true ones under the newest key: an older one may be taken away."""
    found = dict(row.numbers)
    for family in FAMILIES:
        if family in found and (kept := _opened(row.call_id, family, found[family])) is not None:
            found[family] = found[family] | {"kept": _sealed(row.call_id, family, kept)}
    return found


def _published(
    call_id: uuid.UUID, family: str, known: Mapping[str, Any] | None, stages: Sequence[Cells], totals: list[int]
) -> tuple[Any, bool]:
    """A family of tables as it is kept: with what was published before, and what may be published now. Where it is not
    known any more what that stood for, nothing new is published.
    """
    kept = _opened(call_id, family, known or {})
    if kept is None:
        return dict(known or {}) | {"totals": totals}, False
    columns = {name: list(columns_of(known or {}, name)) for name in stages[0]}
    moved, day = False, 1 + max((one["day"] for one in kept), default=0)
    for stage, cells in enumerate(stages):
        if any(one["stage"] == stage and one["cells"] == cells for one in kept):
            continue
        if not all(hiding.apart(cells, one["cells"]) for one in kept):
            continue
        told = {
            name: hiding.publish(columns[name], stage, day, numbers, Chance.drawn(numbers))
            for name, numbers in cells.items()
        }
        if not any(told.values()):
            continue
        for name, column in told.items():
            if column is not None:
                columns[name].append(column)
        kept.append({"stage": stage, "day": day, "cells": cells})
        moved = True
    data = {
        "totals": totals,
        "cells": {name: list(numbers) for name, numbers in stages[0].items()},
        "columns": {
            name: [{"stage": one.stage, "day": one.day, "total": one.total, "told": one.told} for one in rows]
            for name, rows in columns.items()
        },
        "kept": _sealed(call_id, family, kept),
    }
    return data, moved


def columns_of(family: Mapping[str, Any], name: str) -> list[Column]:
    """All columns of one dimension that were published, in their order."""
    return [
        Column(one["stage"], one["day"], one["total"], one["told"]) for one in family.get("columns", {}).get(name, [])
    ]


def _sent(call_id: uuid.UUID) -> tuple[Any, ...]:
    return (
        Application.call_id == call_id,
        Application.submitted_at.is_not(None),
        Application.merged_into_id.is_(None),
        Application.state.not_in(NOT_SENT),
    )


def _reached() -> tuple[Any, Any, Any]:
    """Whether somebody was ever eligible, selected, there. A choice that is not told yet counts as none."""
    state = func.coalesce(Application.outcome_seen, Application.state)
    looked_at = exists().where(
        AuditEntry.subject_kind == Application.__tablename__,
        AuditEntry.subject_id == Application.id,
        AuditEntry.verb == f"funding.{State.ELIGIBLE.value}",
    )
    offered = exists().where(Award.application_id == Application.id, Award.offered_at.is_not(None))
    came = state.in_(CAME)
    selected = or_(offered, came)
    return (
        or_(Application.state.in_(PASSED), and_(Application.state == State.WITHDRAWN, looked_at), selected),
        selected,
        came,
    )


def _totals(call_id: uuid.UUID) -> list[int]:
    counted = select(func.count(), *(func.count().filter(one) for one in _reached())).select_from(Application)
    return [int(number) for number in db.session.execute(counted.where(*_sent(call_id))).one()]


def _people(call: Call) -> list[Cells]:
    """The numbers of each stage, from sealed and open cells: one statement."""
    eligible, selected, came = _reached()
    rows = db.session.execute(
        select(Application, eligible, selected, came)
        .join(Application.person)
        .options(
            load_only(
                *(Application.id, Application.region, Application.residence, Application.language),
                *(Application.first_time, Application.traits),
                raiseload=True,
            ),
            contains_eager(Application.person).load_only(Person.id, raiseload=True).joinedload(Person.seal_key),
        )
        .where(*_sent(call.id))
    )
    names = _names(_rules(call))
    found: list[Cells] = [{name: dict.fromkeys(cells, 0) for name, cells in names.items()} for _stage in Stage]
    for application, *reached in rows:
        own = dict(cell.partition(":")[::2] for cell in cells_of(application))
        for stage, is_there in enumerate([True, *reached]):
            if is_there:
                for name, numbers in found[stage].items():
                    numbers[own[name] if own.get(name) in numbers else SILENT] += 1
    return found


def _rules(call: Call) -> Rules:
    agreed = select(CallRules.rules).where(CallRules.call_id == call.id, CallRules.agreed_at.is_not(None))
    newest = db.session.scalar(agreed.order_by(CallRules.number.desc()).limit(1))
    return rules_of.read(newest or call.rules)


def _names(rules: Rules) -> dict[str, list[str]]:
    """The cells of each dimension, whether or not anybody stands in them."""
    known: dict[Dimension, Sequence[str]] = {
        Dimension.REGION: codes.codes("forum_region"),
        Dimension.GENDER: [one for one in codes.codes("gender") if one != "prefer_not_to_say"],
        Dimension.AGE: list(AGE_CELLS),
        Dimension.FIRST_TIME: ("yes", "no"),
        Dimension.DISABILITY: ("yes", "no"),
    }
    ruled = {one: sorted({rule.cell for rule in rules.balance if rule.dimension is one}) for one in ONLY_RULED}
    found = {one: list(known[one]) for one in ALWAYS} | {one: cells for one, cells in ruled.items() if cells}
    return {one.value: [*cells, SILENT] for one, cells in found.items()}


def _filed(call_id: uuid.UUID) -> int:
    counted = select(func.count()).select_from(TravelReport).join(TravelReport.award).join(Award.application)
    return db.session.scalar(counted.where(Application.call_id == call_id, TravelReport.filed_at.is_not(None))) or 0


def _answers(call_id: uuid.UUID) -> Cells:
    """How many wrote something, by question."""
    rows = (
        select(TravelReport)
        .join(TravelReport.award)
        .join(Award.application)
        .join(Application.person)
        .options(
            contains_eager(TravelReport.award)
            .contains_eager(Award.application)
            .contains_eager(Application.person)
            .joinedload(Person.seal_key)
        )
        .where(Application.call_id == call_id, TravelReport.filed_at.is_not(None))
    )
    found: Cells = {name: {"yes": 0, SILENT: 0} for name in ASKED}
    for report in db.session.scalars(rows):
        try:
            said: Mapping[str, str] = reporting.answers(report.award, report)
        except Unreadable:
            said = {}
        for name, numbers in found.items():
            numbers["yes" if said.get(name) else SILENT] += 1
    return found
