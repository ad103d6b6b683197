"""An application that was withdrawn by a slip, or by somebody else at the mailbox, goes on again: within a day."""

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.funding import applying, debts, own
from eventhub.funding.models import Application, Call, State
from eventhub.funding.moves import NotPossible
from eventhub.funding.own import Intake, Window
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person

WITHIN = timedelta(hours=24)
"""So long after it a withdrawal can be taken back, and never after the deadline."""
CAUSE = "went_on"
"""What the history of the file says of it."""
BOARD = [f"funding.{one.value}" for one in (State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED)]


class TooLate(DomainError):
    """The day, or the call, is over."""

    message = _l("The withdrawal cannot be taken back any more. Write to us if it was not you.")


def until(application: Application, call: Call) -> datetime | None:
    """Until when a withdrawal can be taken back; None where it cannot: a day later, after the deadline, where the desk
    withdrew one of two, and of what a board has decided on, whose place may be gone. One statement, or none.
    """
    if application.state is not State.WITHDRAWN or application.merged_into_id or application.erased_at:
        return None
    last, moment = min(application.changed_at + WITHIN, call.closes_at), now()
    if own.window(call, moment) is not Window.OPEN or moment >= last:
        return None
    mine = AuditEntry.subject_kind == Application.__tablename__, AuditEntry.subject_id == application.id
    decided = select(AuditEntry.id).where(*mine, AuditEntry.verb.in_(BOARD)).limit(1)
    return last if db.session.scalar(decided) is None else None


def go_on(actor: Person, found: Intake) -> Application:
    """Take a withdrawal back: the desk looks at the file again, as it was sent. ``found`` holds it. Raises NotPossible,
    TooLate, and IsBarred where somebody else of the organization was nominated meanwhile.
    """
    application = found.application
    if application is None or application.state is not State.WITHDRAWN:
        raise NotPossible
    if until(application, found.call) is None:
        raise TooLate
    if application.nominated_by_id is not None:
        debts.hold_nominees(found.call.id, application.nominated_by_id)
    reasons = applying.bars(found, application.person_id)
    if reasons:
        raise applying.IsBarred(reasons)
    application.state, application.changed_at = State.SUBMITTED, now()
    audit.record("funding.submitted", application, actor=actor, scope_id=application.call_id, cause=CAUSE)
    promise("funding.received", application_id=application.id)
    db.session.flush()
    return application
