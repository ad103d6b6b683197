"""Moving registrations through their states: the table decides, every move is an audit row, and letters are owed."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, Stale
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.questionnaires.answers import field_name
from eventhub.registration.categories import QUESTION
from eventhub.registration.models import CORRECTIONS, MOVES, TAKES_PART, Registration, State
from eventhub.registration.participants import REVISION
from eventhub.registration.queries import Nearness, too_near

MORE = {
    State.ACCREDITED: "registration.accredited_calendar",
    State.DECLINED: "registration.withdrawn_calendar",
    State.REVOKED: "registration.withdrawn_calendar",
}
"""What is owed beside the letter about an outcome."""
DECIDED = frozenset({State.ACCREDITED, State.DECLINED, State.WAITLISTED, State.REVOKED})


class NotPossible(DomainError):
    """The table of moves has no way from here to there."""

    message = _l("This registration has moved on, so this step is not possible any more. Look at it again.")


class CategoryDecided(DomainError):
    """A category that somebody decided on, or one that needs a decision: nobody changes into or out of it alone."""

    message = _l(
        "Your place was given to you in the category you had, so it cannot be changed here. Write to us if it is"
        " wrong: your registration is then looked at again."
    )
    field = field_name(QUESTION)


class OwnFile(Forbidden):
    """Nobody decides on their own file or organization (SAFETY.md property 7)."""

    message = _l(
        "You cannot decide on your own registration, on one of your own organization or delegation, or on one that you"
        " filled in for somebody. Ask a colleague."
    )


class OwnRecord(Forbidden):
    """What colleagues note about somebody's registration is not shown to that person at the desk."""

    message = _l("This is your own registration. Colleagues look after it, and you see it on your own page.")


class AwaitsWord(DomainError):
    """Nobody decides past a focal point: its word comes first, or an override with a reason."""

    message = _l(
        "The focal point of a delegation has not agreed to one of these people yet. Wait for its word, or go on without"
        " it on the page of the delegation once its days are over."
    )


class NotEnoughSeats(DomainError):
    """Fewer seats are left than people were chosen."""

    def __init__(self, left: int) -> None:
        super().__init__(
            _l("Only %(number)s of the places needed are left. Choose fewer people, or the waiting list.", number=left)
        )


def way(start: State, target: State) -> tuple[State, ...]:
    """The states to go through, the target last: directly, or by way of a review. Raises NotPossible.

    No decision goes past a focal point by the way: its word, or an override with a reason, comes first (focal.py).
    """
    if target in MOVES[start]:
        return (target,)
    if (
        start is not State.AWAITING_FOCAL_POINT
        and State.UNDER_REVIEW in MOVES[start]
        and target in MOVES[State.UNDER_REVIEW]
    ):
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
    """Move one registration step by step. Raises NotPossible, AwaitsWord, and then has changed nothing."""
    state = walk(registration.state, targets)
    demand_word([registration], state)
    entries = [
        note_move(registration, target, actor=actor, reason=reason if target is targets[-1] else None, **detail)
        for target in targets
    ]
    _off_the_list([registration], state)
    arrive(registration, state, reason)
    return entries


def demand_word(registrations: Sequence[Registration], target: State) -> None:
    """Nobody takes part whom a focal point nominated and has not agreed to, on whatever way. Raises AwaitsWord."""
    if target in TAKES_PART and any(one.awaits_word for one in registrations):
        raise AwaitsWord


def walk(start: State, targets: Sequence[State]) -> State:
    """Where a registration is once it has gone through these states. Raises NotPossible."""
    for target in targets:
        if target not in MOVES[start]:
            raise NotPossible
        start = target
    return start


def arrive(registration: Registration, state: State, reason: str | None) -> None:
    """Note the state that a walk ended in. The audit and the letters are the caller's."""
    registration.state, registration.changed_at = state, now()
    if state in DECIDED:
        registration.decided_at, registration.reason = registration.changed_at, reason


def put_right(registration: Registration, target: State) -> None:
    """Go back by the table of corrections: no decision, so the one that stands is left as it is. Whoever calls writes
    the audit row. Raises NotPossible.
    """
    if target not in CORRECTIONS.get(registration.state, ()):
        raise NotPossible
    registration.state, registration.changed_at = target, now()


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
    **detail: Any,
) -> None:
    """Move many registrations to one state: one statement for them, one for the audit (one more for ``text``).

    Raises NotPossible, AwaitsWord, and then has changed nothing. The caller holds the rows.
    """
    ways = [way(one.state, target) for one in registrations]
    demand_word(registrations, target)
    moment = now()
    last = []
    for one, steps in zip(registrations, ways, strict=True):
        for step in steps:
            entry = note_move(one, step, actor=actor, reason=reason if step is target else None, **detail)
        last.append(entry)
    if text:
        audit.say(last, text)
    values: dict[str, object] = {"state": target, "changed_at": moment, "has_seat": has_seat}
    if target in DECIDED:
        values |= {"decided_at": moment, "reason": reason, "answered_at": None}
    _off_the_list(registrations, target)
    numbers = {row.id: row.version for row in db.session.execute(_renew(registrations, values))}
    for one in registrations:
        for name, value in (values | {"version": numbers[one.id]}).items():
            set_committed_value(one, name, value)


def demand_distance(actor: Person, registrations: Sequence[Registration], *, own_slips: bool = False) -> None:
    """Nobody decides on their own file, on one of their own organization or of a delegation whose focal point they are
    or were, or on one that they have filled in for somebody. ``own_slips``: what one did oneself at a door may be
    undone where one filled it in there. Raises OwnFile.
    """
    near = set(too_near(actor.id, registrations).values())
    if near - ({Nearness.FILED} if own_slips else set()):
        raise OwnFile


def hold_rows(registrations: Sequence[Registration]) -> None:
    """Lock registrations. Raises Stale when one changed since it was loaded, NotPossible when the person was erased."""
    known = {one.id: (one.version, one.state) for one in registrations}
    rows = select(Registration.id, Registration.version, Registration.state, Registration.erased_at)
    found = db.session.execute(rows.where(Registration.id.in_(known)).order_by(Registration.id).with_for_update()).all()
    if {row.id: (row.version, row.state) for row in found} != known:
        raise Stale
    if any(row.erased_at for row in found):
        raise NotPossible


def demand_as_seen(registrations: Sequence[Registration], seen: Mapping[uuid.UUID, int] | None) -> None:
    """Raises Stale when one is not any more at the version in ``seen``, that of the page where the deed was made up."""
    if any((seen or {}).get(one.id, one.version) != one.version for one in registrations):
        raise Stale


def owe(registrations: Sequence[Registration], outcome: State) -> None:
    """Promise the letters about an outcome, to those who will come their calendar entries, and that those leave the
    calendars and papers who will not come any more.
    """
    for one in registrations:
        for task in owed(outcome):
            promise(task, registration_id=one.id)


def owed(outcome: State) -> tuple[str, ...]:
    """The promises about an outcome."""
    letter = f"registration.{outcome.value}"
    return (letter, MORE[outcome]) if outcome in MORE else (letter,)


def _off_the_list(registrations: Sequence[Registration], target: State) -> None:
    """Whoever took part and does not any more is on no public page from this moment on."""
    if target not in TAKES_PART and any(one.state in TAKES_PART for one in registrations):
        bump(REVISION)


def _renew(registrations: Sequence[Registration], values: dict[str, object]) -> ReturningUpdate[uuid.UUID, int]:
    return (
        update(Registration)
        .where(Registration.id.in_([one.id for one in registrations]))
        .values(**values, version=Registration.version + 1)
        .returning(Registration.id, Registration.version)
        .execution_options(synchronize_session=False)
    )
