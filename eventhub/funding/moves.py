"""Moving applications through their states: the table decides, and every move is an audit row.

What the money and the letters have to do with a move, the features above say: they call this and owe the rest.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.funding.models import MOVES, Application, State
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale

LEFT: list[Callable[[Application, State], None]] = []
"""Features further up that let go of a file whose applicant leaves: asked with the state before, in the same unit of
work, so that no reader sees it a moment longer.
"""


class NotPossible(DomainError):
    """The table of moves has no way from here to there."""

    message = _l("This application has moved on, so this step is not possible any more. Look at it again.")


def can_move(start: State, target: State) -> bool:
    """Whether there is a way in one step."""
    return target in MOVES[start]


def move(
    application: Application,
    *targets: State,
    actor: object | None,
    reason: str | None = None,
    text: str | None = None,
    **detail: Any,
) -> list[audit.AuditEntry]:
    """Move one application step by step; ``reason`` (a code of decision_reason, funding) and ``text`` stand with the
    last step. Raises NotPossible, and then has changed nothing.
    """
    state = application.state
    for target in targets:
        if target not in MOVES[state]:
            raise NotPossible
        state = target
    entries = [
        audit.record(
            f"funding.{target.value}",
            application,
            actor=actor,
            scope_id=application.call_id,
            reason=reason if target is targets[-1] else None,
            text=text if target is targets[-1] else None,
            **detail,
        )
        for target in targets
    ]
    before, application.state, application.changed_at = application.state, state, now()
    if state is State.WITHDRAWN:
        # What was written before needs no answer any more; what is written afterwards does.
        application.answered_at = None
        for let_go in LEFT:
            let_go(application, before)
    return entries


def move_all(
    applications: Sequence[Application],
    target: State,
    *,
    actor: object | None,
    reason: str | None = None,
    text: str | None = None,
    **detail: Any,
) -> None:
    """Move many applications one step: one statement for them, one for the audit (one more for ``text``).

    Raises NotPossible, and then has changed nothing. The caller holds the rows.
    """
    if any(target not in MOVES[one.state] for one in applications):
        raise NotPossible
    entries = [
        audit.record(f"funding.{target.value}", one, actor=actor, scope_id=one.call_id, reason=reason, **detail)
        for one in applications
    ]
    if text:
        audit.say(entries, text)
    values = {"state": target, "changed_at": now()}
    renewed = (
        update(Application)
        .where(Application.id.in_([one.id for one in applications]))
        .values(**values, version=Application.version + 1)
        .returning(Application.id, Application.version)
        .execution_options(synchronize_session=False)
    )
    numbers = {row.id: row.version for row in db.session.execute(renewed)}
    for one in applications:
        for name, value in (values | {"version": numbers[one.id]}).items():
            set_committed_value(one, name, value)


def hold_rows(applications: Sequence[Application]) -> None:
    """Lock applications, in one order. Raises Stale when one changed since it was loaded, NotPossible when the person
    was erased.
    """
    known = {one.id: (one.version, one.state) for one in applications}
    rows = select(Application.id, Application.version, Application.state, Application.erased_at)
    found = db.session.execute(rows.where(Application.id.in_(known)).order_by(Application.id).with_for_update()).all()
    if {row.id: (row.version, row.state) for row in found} != known:
        raise Stale
    if any(row.erased_at for row in found):
        raise NotPossible


def demand_as_seen(applications: Sequence[Application], seen: Mapping[uuid.UUID, int] | None) -> None:
    """Raises Stale when one is not any more at the version in ``seen``, that of the page where the deed was made up."""
    if any((seen or {}).get(one.id, one.version) != one.version for one in applications):
        raise Stale
