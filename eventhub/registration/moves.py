"""Moving registrations through their states: the table decides, every move is an audit row."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.registration.models import MOVES, Registration, State

DECIDED = frozenset({State.ACCREDITED, State.DECLINED, State.WAITLISTED, State.REVOKED})


class NotPossible(DomainError):
    """The table of moves has no way from here to there."""

    message = _l("This registration has moved on, so this step is not possible any more. Look at it again.")


def way(start: State, target: State) -> tuple[State, ...]:
    """The states to go through, the target last: directly, or by way of a review. Raises NotPossible."""
    if target in MOVES[start]:
        return (target,)
    if State.UNDER_REVIEW in MOVES[start] and target in MOVES[State.UNDER_REVIEW]:
        return (State.UNDER_REVIEW, target)
    raise NotPossible


def can_move(start: State, target: State) -> bool:
    """Whether there is a way."""
    try:
        way(start, target)
    except NotPossible:
        return False
    return True


def move(
    registration: Registration, *targets: State, actor: object | None, reason: str | None = None, **detail: Any
) -> list[audit.AuditEntry]:
    """Move one registration step by step. Raises NotPossible and then has changed nothing."""
    state = registration.state
    for target in targets:
        if target not in MOVES[state]:
            raise NotPossible
        state = target
    moment = now()
    entries = [
        note_move(registration, target, actor=actor, reason=reason if target is targets[-1] else None, **detail)
        for target in targets
    ]
    registration.state, registration.changed_at = state, moment
    if state in DECIDED:
        registration.decided_at, registration.reason = moment, reason
    return entries


def note_move(
    registration: Registration, target: State, *, actor: object | None, reason: str | None = None, **detail: Any
) -> audit.AuditEntry:
    """The audit row of one move."""
    return audit.record(
        f"registration.{target.value}",
        registration,
        actor=actor,
        scope_id=registration.event_id,
        reason=reason,
        **detail,
    )


def move_all(
    registrations: Sequence[Registration],
    target: State,
    *,
    actor: object | None,
    reason: str | None = None,
    text: str | None = None,
    has_seat: bool,
) -> None:
    """Move many registrations to one state: one statement for them, one for the audit (one more for ``text``).

    Raises NotPossible and then has changed nothing. The caller holds the rows.
    """
    ways = [way(one.state, target) for one in registrations]
    moment = now()
    last = []
    for one, steps in zip(registrations, ways, strict=True):
        for step in steps:
            entry = note_move(one, step, actor=actor, reason=reason if step is target else None)
        last.append(entry)
    if text:
        audit.say(last, text)
    values: dict[str, object] = {"state": target, "changed_at": moment, "has_seat": has_seat}
    if target in DECIDED:
        values |= {"decided_at": moment, "reason": reason}
    numbers = {row.id: row.version for row in db.session.execute(_renew(registrations, values))}
    for one in registrations:
        for name, value in (values | {"version": numbers[one.id]}).items():
            set_committed_value(one, name, value)


def _renew(registrations: Sequence[Registration], values: dict[str, object]) -> ReturningUpdate[uuid.UUID, int]:
    return (
        update(Registration)
        .where(Registration.id.in_([one.id for one in registrations]))
        .values(**values, version=Registration.version + 1)
        .returning(Registration.id, Registration.version)
        .execution_options(synchronize_session=False)
    )
