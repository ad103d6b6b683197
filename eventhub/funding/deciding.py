"""Deciding whether a file is eligible, one or many; looking again; words for colleagues."""

import uuid
from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.funding.models import MOVES, Application, Call, Stand, State
from eventhub.funding.moves import NotPossible, demand_as_seen, hold_rows, move, move_all
from eventhub.funding.nearness import demand_distance
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person

OUTCOMES = (State.ELIGIBLE, State.INELIGIBLE)
REASONS = ("not_eligible", "incomplete", "report_owed", "over_organisation_limit", "conflict", "other")
"""Codes of decision_reason.funding for which a file may be found not eligible."""
UNSAID = frozenset({"other"})
"""Reasons that say nothing by themselves: words are needed."""


class WrongReason(DomainError):
    """Every refusal has a reason from the list."""

    status = 422
    message = _l("Choose a reason")
    field = "reason"


class WordsNeeded(DomainError):
    """This choice alone tells the person nothing."""

    status = 422
    message = _l("Write the reason in your own words: this choice alone tells the person nothing.")
    field = "text"


class CallCancelled(DomainError):
    """Nothing more is decided about a call that was called off."""

    message = _l("This call was cancelled, so nothing more is decided about its applications.")


def way(start: State, target: State) -> tuple[State, ...]:
    """The states to go through, the target last. Whoever was asked and did not answer may be found eligible all the
    same: the file then goes by way of ``submitted``. Raises NotPossible.
    """
    if target in MOVES[start]:
        return (target,)
    if start is State.INFO_REQUESTED and target in MOVES[State.SUBMITTED]:
        return (State.SUBMITTED, target)
    raise NotPossible


def can_decide(start: State, target: State) -> bool:
    """Whether there is a way."""
    try:
        way(start, target)
    except NotPossible:
        return False
    return True


def decide(
    actor: Person,
    call: Call,
    applications: Sequence[Application],
    outcome: State,
    reason: str | None,
    text: str | None = None,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> int:
    """Find applications of one call eligible or not: all of them or, on any error, none. How many.

    ``reason`` is a code of REASONS for a refusal, and nothing otherwise; ``text`` words to the persons that stand
    beside its text. The number of statements does not grow with the applications. Raises OwnFile, NotPossible,
    WrongReason, WordsNeeded, CallCancelled, and Stale when one of them changed since it was loaded or is not any more
    at the version in ``seen``, which is that of the page on which the decision was made up.
    """
    if outcome not in OUTCOMES:
        raise NotPossible
    if outcome is State.INELIGIBLE and reason not in REASONS:
        raise WrongReason
    if outcome is State.INELIGIBLE and reason in UNSAID and not (text or "").strip():
        raise WordsNeeded
    code = reason if outcome is State.INELIGIBLE else None
    if not applications:
        return 0
    if any(one.call_id != call.id for one in applications):
        raise ValueError("a decision is about one call")
    demand_distance(actor, applications)
    if call.stand is Stand.CANCELLED:
        raise CallCancelled
    hold_rows(applications)
    ways = {one.id: way(one.state, outcome) for one in applications}
    demand_as_seen(applications, seen)
    if silent := [one for one in applications if len(ways[one.id]) > 1]:
        move_all(silent, State.SUBMITTED, actor=actor, cause="without_answer")
    move_all(applications, outcome, actor=actor, reason=code, text=text)
    _note_decision(applications, code)
    for one in applications:
        promise(f"funding.{outcome.value}", application_id=one.id)
    db.session.flush()
    return len(applications)


def take_up_again(
    actor: Person,
    call: Call,
    application: Application,
    text: str,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> Application:
    """Look again at a file that was not eligible: it was cured, or an appeal holds. ``text`` tells colleagues why; the
    person is told that somebody looks. Raises OwnFile, Stale, NotPossible, CallCancelled.
    """
    demand_distance(actor, [application])
    if call.stand is Stand.CANCELLED:
        raise CallCancelled
    hold_rows([application])
    demand_as_seen([application], seen)
    if application.state is not State.INELIGIBLE:
        raise NotPossible
    move(application, State.SUBMITTED, actor=actor, text=text, cause="taken_up")
    application.reason = application.decided_at = application.answered_at = None
    promise("funding.taken_up", application_id=application.id)
    return application


def note(actor: Person, application: Application, text: str) -> audit.AuditEntry:
    """A word for colleagues, kept in the file's history; the applicant never reads it."""
    return audit.record("funding.note", application, actor=actor, scope_id=application.call_id, text=text)


def _note_decision(applications: Sequence[Application], reason: str | None) -> None:
    values = {"reason": reason, "decided_at": now(), "answered_at": None}
    renewed = update(Application).where(Application.id.in_([one.id for one in applications])).values(**values)
    db.session.execute(renewed.execution_options(synchronize_session=False))
    for one in applications:
        for name, value in values.items():
            set_committed_value(one, name, value)
