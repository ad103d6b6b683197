"""Deciding: accrediting, declining, the waiting list, taking back; looking again; words for colleagues."""

import uuid
from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit, codes
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.registration import cancelling, offers, stages
from eventhub.registration.models import Outcome, Registration, State
from eventhub.registration.moves import (
    NotPossible,
    demand_as_seen,
    demand_distance,
    demand_word,
    hold_rows,
    move,
    move_all,
    owe,
    way,
)
from eventhub.registration.seats import hold_seats, left_by_count

REASONS = "decision_reason.registration"
OUTCOMES = (State.ACCREDITED, State.WAITLISTED, State.DECLINED, State.REVOKED)
TAKEN_UP = frozenset({State.DECLINED, State.REVOKED})
"""States from which somebody may be looked at again."""


class WrongReason(DomainError):
    """Every decision has a reason from the list."""

    status = 422
    message = _l("Choose a reason")
    field = "reason"


def decide(
    actor: Person,
    registrations: Sequence[Registration],
    outcome: State,
    reason: str,
    text: str | None = None,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> int:
    """Accredit, decline or waitlist registrations of one event, or take their accreditation back: all of them or, on
    any error, none. How many.

    ``reason`` is a code of decision_reason.registration, ``text`` words to the persons that stand beside its text.
    The number of statements does not grow with the registrations. Raises OwnFile, NotPossible, NotEnoughSeats,
    WrongReason, OutOfTurn, NotAnyMore, AwaitsWord, ApprovalMissing, OwnWord, and Stale when one of them changed since
    it was loaded or is not any more at the version in ``seen``, which is that of the page on which the decision was
    made up.
    """
    if outcome not in OUTCOMES:
        raise NotPossible
    if reason not in codes.codes(REASONS):
        raise WrongReason
    if not registrations:
        return 0
    event_id = registrations[0].event_id
    if any(one.event_id != event_id for one in registrations):
        raise ValueError("a decision is about one event")
    demand_distance(actor, registrations)
    setup = hold_seats(event_id)
    cancelling.demand_taking_place(event_id)
    hold_rows(registrations)
    for one in registrations:
        way(one.state, outcome)
    demand_as_seen(registrations, seen)
    demand_word(registrations, outcome)
    seated = [one for one in registrations if one.has_seat]
    offered = [one.id for one in registrations if one.state is State.OFFERED]
    if outcome is State.ACCREDITED:
        stages.demand_approved(actor, setup, registrations)
        offers.demand_turn(setup, registrations)
        offers.take_all(event_id, [one for one in registrations if not one.has_seat], left_by_count(event_id))
    move_all(registrations, outcome, actor=actor, reason=reason, text=text, has_seat=outcome is State.ACCREDITED)
    owe(registrations, outcome)
    offers.close_offers(offered, Outcome.ACCEPTED if outcome is State.ACCREDITED else Outcome.TAKEN_BACK)
    db.session.flush()
    if outcome is not State.ACCREDITED:
        _unseat(event_id, seated, outcome)
    return len(registrations)


def take_up_again(
    actor: Person, registration: Registration, text: str, *, seen: Mapping[uuid.UUID, int] | None = None
) -> Registration:
    """Look again at somebody who was declined or whose accreditation was taken back: an appeal, a late paper. ``text``
    tells colleagues why; the person is told that somebody looks. Raises OwnFile, Stale, NotPossible, NotAnyMore.
    """
    demand_distance(actor, [registration])
    cancelling.demand_taking_place(registration.event_id)
    hold_rows([registration])
    demand_as_seen([registration], seen)
    if registration.state not in TAKEN_UP:
        raise NotPossible
    move(registration, State.UNDER_REVIEW, actor=actor, text=text, cause="taken_up")
    stages.lapse(actor, registration, ask_again=False)
    registration.reason = registration.decided_at = None
    promise("registration.taken_up", registration_id=registration.id)
    return registration


def note(actor: Person, registration: Registration, text: str) -> audit.AuditEntry:
    """A word for colleagues, kept in the registration's history."""
    return audit.record("registration.note", registration, actor=actor, scope_id=registration.event_id, text=text)


def _unseat(event_id: uuid.UUID, seated: Sequence[Registration], outcome: State) -> None:
    if outcome is State.WAITLISTED:
        offers.wait_anew(seated)
    if not offers.give_back_seats(event_id, len(seated)) and outcome is State.WAITLISTED:
        offers.fill(event_id, 0)  # seats may be free that belong to whoever joins the line
