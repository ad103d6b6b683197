"""A call opens: its rules freeze, its lottery is committed to. Later changes take a reason and a second person.

Deadlines only move to later, and the old ones stay (DOMAIN.md rule 1).
"""

import hashlib
import secrets
import uuid
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import String, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from eventhub.funding import call_queries, rule_checks, timing
from eventhub.funding.call_queries import TEXTS, Standing
from eventhub.funding.calls import NotADraft
from eventhub.funding.models import Application, Call, CallDeadline, CallRules, Stand, State
from eventhub.funding.moves import hold_rows, move_all
from eventhub.funding.rule_checks import Finding
from eventhub.funding.rules import to_json, whole_digest
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, Stale
from eventhub.kit.outbox import promise, promise_all
from eventhub.kit.revisions import bump
from eventhub.kit.sealed import place, seal_for_house
from eventhub.people.models import Person
from eventhub.questionnaires.queries import newest_version

SEED_BYTES = 32
NEWS_OF_RULES = (State.DRAFT, State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.UNDER_REVIEW)
"""Whose applications are still judged by the rules."""
NEWS_OF_DEADLINE = (State.DRAFT, State.EXPIRED)
NEWS_OF_END = (*NEWS_OF_RULES, State.RECOMMENDED, State.RESERVE, State.APPROVED)

TOLD = func.coalesce(Application.outcome_seen, Application.state)
"""By what applicants know are they told: else the silence after a decision that waits would tell of it."""


class NotReady(DomainError):
    """Something is missing before the call can open; the page lists it."""

    status = 422
    message = _l("The call cannot open yet. Look at what is marked as missing.")


class NothingProposed(DomainError):
    """The change was agreed to or dropped a moment ago."""

    message = _l("This change was agreed to or dropped a moment ago. Look again.")


class OwnProposal(DomainError):
    """A second person agrees, never the one who proposed."""

    status = 403
    message = _l("You proposed this change, so somebody else has to agree to it.")


class DeadlineNotLater(DomainError):
    """An announced deadline only ever moves to later."""

    status = 422
    message = _l("The new deadline must be later than the present one, and lie ahead.")
    field = "closes_at"


class Decided(DomainError):
    """A slate was recommended: whoever applied later would not have been among those compared."""

    message = _l("The board has decided on this call, so its deadline cannot be extended any more.")


class GrantsGiven(DomainError):
    """People hold offers or grants: they are written to one by one first."""

    message = _l("Some people hold an offer or a grant of this call. Settle these one by one, then cancel the call.")


def obstacles(call: Call, known: Standing) -> list[Finding]:
    """What keeps the call from opening, in its rules; the form and the instants are told apart by ``is_late``."""
    found = rule_checks.findings(known.rules, call.original_language)
    if not known.texts["title"].get(call.original_language):
        found.insert(0, Finding(rule_checks.Problem.NO_WORDS, "words", "title"))
    return found


def is_late(call: Call) -> bool:
    """Whether the deadline has passed already."""
    return call.closes_at <= now()


def open_call(actor: Person, call: Call, *, stamp: str) -> Call:
    """Freeze the rules, take the newest form, commit to the lottery, make the call public.

    The seed of the lottery is 32 random bytes that only the house can read; its SHA-256 is public from now on.
    Raises NotADraft, Stale (somebody changed it since ``stamp``), NotReady.
    """
    call = call_queries.hold(call)
    if call.stand is not Stand.DRAFT:
        raise NotADraft
    known = call_queries.standing(call)
    if known.stamp != stamp:
        raise Stale
    form = newest_version(call.questionnaire_id) if call.questionnaire_id else None
    if (
        form is None
        or obstacles(call, known)
        or is_late(call)
        or timing.is_after(timing.event_of(call), call.closes_at)
    ):
        raise NotReady
    moment, seed = now(), secrets.token_bytes(SEED_BYTES)
    call.version_id = form.id
    call.lottery_seal = seal_for_house(place("fund_call", "lottery_seal", call.id), seed)
    call.lottery_commitment = hashlib.sha256(seed).hexdigest()
    call.stand, call.opened_at, call.changed_at = Stand.OPEN, moment, moment
    frozen = CallRules(
        call_id=call.id,
        number=1,
        rules=to_json(known.rules),
        texts=known.texts,
        version_id=form.id,
        digest=whole_digest(to_json(known.rules), known.texts, str(form.id)),
        proposed_by_id=actor.id,
        proposed_at=moment,
        agreed_by_id=actor.id,
        agreed_at=moment,
    )
    db.session.add_all([frozen, CallDeadline(call_id=call.id, closes_at=call.closes_at, announced_at=moment)])
    db.session.flush()
    audit.record("funding.call_opened", call, actor=actor, scope_id=call.id, digest=frozen.digest)
    promise("funding.call_opened", key=f"opened:{call.id}", call_id=call.id)
    _make_public_anew()
    return call


def agree(actor: Person, call: Call, *, digest: str) -> CallRules:
    """The proposed change holds from now on, and everybody with a draft or a file is told. ``digest`` is that of the
    page: what was added to the change since then was not agreed to. Raises NothingProposed, OwnProposal, Stale.
    """
    call = call_queries.hold(call)
    known = call_queries.standing(call) if call.stand is Stand.OPEN else None
    proposed = known.proposed if known else None
    if known is None or proposed is None:
        raise NothingProposed
    if proposed.proposed_by_id == actor.id:
        raise OwnProposal
    if proposed.digest != digest:
        raise Stale
    if obstacles(call, known):
        raise NotReady
    proposed.agreed_by_id, proposed.agreed_at = actor.id, now()
    call.rules, call.version_id, call.changed_at = proposed.rules, proposed.version_id, now()
    for name in TEXTS:
        setattr(call, name, proposed.texts[name])
    db.session.flush()
    audit.record("funding.change_agreed", call, actor=actor, scope_id=call.id, number=proposed.number)
    promise("funding.rules_changed", key=f"rules:{call.id}:{proposed.number}", call_id=call.id, number=proposed.number)
    _make_public_anew()
    return proposed


def drop(actor: Person, call: Call) -> CallRules:
    """The proposed change is not made: taken back by its proposer, or refused. Raises NothingProposed."""
    call = call_queries.hold(call)
    proposed = call_queries.standing(call).proposed if call.stand is Stand.OPEN else None
    if proposed is None:
        raise NothingProposed
    proposed.dropped_at = now()
    db.session.flush()
    audit.record("funding.change_dropped", call, actor=actor, scope_id=call.id, number=proposed.number)
    return proposed


def extend(actor: Person, call: Call, closes_at: datetime, *, before: str, reason: str) -> CallDeadline:
    """Announce a later deadline. Drafts that had expired are open again, and everybody with a draft is told once.

    ``before`` is the ISO instant of the deadline on the page. Raises what ``demand_later`` raises.
    """
    call = call_queries.hold(call)
    demand_later(call, closes_at, before=before)
    deadline = CallDeadline(id=uuid.uuid4(), call_id=call.id, closes_at=closes_at, reason=reason or None)
    call.closes_at, call.changed_at = closes_at, now()
    db.session.add(deadline)
    db.session.flush()
    detail = {"closes_at": closes_at.isoformat()}
    audit.record("funding.deadline_extended", call, actor=actor, scope_id=call.id, text=reason or None, **detail)
    promise("funding.deadline_extended", key=f"deadline:{deadline.id}", call_id=call.id, deadline_id=deadline.id)
    _make_public_anew()
    return deadline


def demand_later(call: Call, closes_at: datetime, *, before: str) -> None:
    """Ask whether the deadline may move to this instant, without moving it. Raises NotADraft, Stale, Decided,
    DeadlineNotLater, DeadlineAfterEvent.
    """
    if call.stand is not Stand.OPEN:
        raise NotADraft
    if call.closes_at.isoformat() != before:
        raise Stale
    if call_queries.is_decided(call.id):
        raise Decided
    if closes_at <= call.closes_at or closes_at <= now():
        raise DeadlineNotLater
    if timing.is_after(timing.event_of(call), closes_at):
        raise timing.DeadlineAfterEvent


def cancel(actor: Person, call: Call, *, reason: Texts) -> Call:
    """Call it off: its page stays and says why, and everybody with a draft or a file is told once. Raises NotADraft,
    GrantsGiven.
    """
    call = call_queries.hold(call)
    if call.stand is not Stand.OPEN:
        raise NotADraft
    if call_queries.has_awards(call.id):
        raise GrantsGiven
    call.stand, call.cancelled_reason, call.ended_at = Stand.CANCELLED, reason, now()
    call.changed_at = now()
    db.session.flush()
    audit.record("funding.call_cancelled", call, actor=actor, scope_id=call.id)
    promise("funding.call_cancelled", key=f"cancelled:{call.id}", call_id=call.id)
    _make_public_anew()
    return call


def tell_of_rules(call_id: uuid.UUID, number: int) -> None:
    """Owe each applicant one letter about changed rules. Safe to repeat."""
    _tell("funding.rules_told", call_id, NEWS_OF_RULES, mark=f"{number}", number=literal(number))


def tell_of_deadline(call_id: uuid.UUID, deadline_id: uuid.UUID) -> None:
    """Open expired drafts again, and owe each draft one letter about the new deadline. Safe to repeat."""
    expired = select(Application).where(Application.call_id == call_id, Application.state == State.EXPIRED)
    drafts = list(db.session.scalars(expired.where(Application.erased_at.is_(None))))
    if drafts:
        hold_rows(drafts)
        move_all(drafts, State.DRAFT, actor=None)
    mark = str(deadline_id)
    _tell("funding.extended_told", call_id, NEWS_OF_DEADLINE, mark=mark, deadline_id=literal(mark))


def tell_of_end(call_id: uuid.UUID) -> None:
    """Owe each applicant one letter that the call was cancelled. Safe to repeat."""
    _tell("funding.cancelled_told", call_id, NEWS_OF_END, mark="end")


def _tell(task: str, call_id: uuid.UUID, states: tuple[State, ...], *, mark: str, **payload: object) -> None:
    parts: list[object] = ["application_id", Application.id.cast(String)]
    for name, value in payload.items():
        parts += [name, value]
    rows = select(
        func.concat(f"{task}:{mark}:", Application.id).label("key"),
        func.jsonb_build_object(*parts, type_=JSONB).label("payload"),
    ).where(Application.call_id == call_id, TOLD.in_(states), Application.erased_at.is_(None))
    promise_all(task, rows)


def _make_public_anew() -> None:
    """The pages of calls, and those of events that show them."""
    bump("funding")
    bump("programme")
