"""Approving, offering, answering, lapsing, and who is next.

Money: approving reserves, offering commits, and whatever ends an offer frees it. In every deed the applications are
held first and the envelopes after them; many decisions cost as many statements as one.
"""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from eventhub.awards import bought, houses, queries
from eventhub.awards.considering import demand_acceptable, demand_all_considered, demand_considered
from eventhub.awards.ledger import Line, fetch, free, hold, write
from eventhub.awards.models import Award, AwardLine, Outcome, Payment, Proposal, ReservePlace
from eventhub.awards.money_models import MovementKind
from eventhub.awards.queries import Left
from eventhub.awards.recommending import recommenders_of
from eventhub.awards.refusals import (
    Answered,
    NeedsApprover,
    PlaceFilled,
    PlaceTaken,
    TooLate,
    TwoPeople,
)
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.estimates import Variant
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.moves import NotPossible, hold_rows, move, move_all
from eventhub.funding.nearness import demand_unconcerned, too_near
from eventhub.funding.thread import due_after
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Forbidden
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.models import Person

PURPOSE = "award"
OUTCOMES = {
    State.APPROVED: Outcome.CANCELLED,
    State.WITHDRAWN: Outcome.WITHDRAWN,
    State.CANCELLED: Outcome.CANCELLED,
    State.DECLINED_BY_APPLICANT: Outcome.DECLINED,
}
"""What became of an award whose application ended so."""
BATCH = 100
LOOKS_BACK = timedelta(days=7)
"""So long the clock looks for somebody for a place that was left without a proposal."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One cost line of a grant, in minor units of the envelope's currency."""

    kind: CostKind
    amount: int
    payee: Payee = Payee.TRAVELLER


@dataclass(frozen=True, slots=True)
class Grant:
    """What one application is to be given: the sum of its costs."""

    application: Application
    envelope_id: uuid.UUID
    costs: Sequence[Cost]
    variant: Variant = Variant.FULL
    cell: str | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def amount(self) -> int:
        """Everything, in minor units."""
        return sum(one.amount for one in self.costs)


def approve_all(actor: Person, call: Call, grants: Sequence[Grant], *, recommended_by: uuid.UUID) -> list[Award]:
    """Recommended → approved: the money is reserved. The applicants learn of it with the offer.

    ``recommended_by`` signed the slate. Raises TwoPeople, Forbidden (an own file or organization), Stale, NotPossible,
    EnvelopeBroken with by how much, AlreadyAwarded; then nothing has changed.
    """
    if actor.id == recommended_by:
        raise TwoPeople
    applications = [one.application for one in grants]
    hold_rows(applications)
    _demand_distance(actor, applications)
    if any(one.state is not State.RECOMMENDED or one.call_id != call.id for one in applications):
        raise NotPossible
    if any(row.call_id != call.id for row in hold({one.envelope_id for one in grants}).values()):
        raise NotPossible
    made = [
        Award(
            id=one.id,
            application_id=one.application.id,
            envelope_id=one.envelope_id,
            variant=one.variant,
            cell=one.cell,
            amount=one.amount,
            recommended_by_id=recommended_by,
            approved_by_id=actor.id,
            approved_at=now(),
            salt=new_salt(),
        )
        for one in grants
    ]
    db.session.add_all(made)
    db.session.flush()
    db.session.add_all(
        AwardLine(award_id=one.id, kind=cost.kind, payee=cost.payee, estimated=cost.amount, approved=cost.amount)
        for one in grants
        for cost in one.costs
    )
    reserved = [Line(one.envelope_id, MovementKind.RESERVE, one.amount, one.id) for one in grants if one.amount]
    write(actor, reserved, reason="approved")
    staged = [one.id for one in applications if one.outcome_seen is None]
    move_all(applications, State.APPROVED, actor=actor)
    _let_see(staged, State.UNDER_REVIEW)
    return made


def reprice(actor: Person, award: Award, approved: Mapping[CostKind, int], *, may_raise: bool) -> Award:
    """Other amounts before the offer (fares rose): what is reserved follows. The award is held; ``may_raise``: the
    actor is an approver.

    Raises NotPossible, Forbidden (an own file), NeedsApprover, TwoPeople (whoever recommended it) and EnvelopeBroken.
    """
    if award.application.state is not State.APPROVED or award.application.erased_at is not None:
        raise NotPossible
    _demand_distance(actor, [award.application])
    rows = {row.kind: row for row in queries.lines([award.id])}
    for kind, amount in approved.items():
        if kind in rows:
            rows[kind].approved = amount
        else:
            rows[kind] = AwardLine(award_id=award.id, kind=kind, estimated=amount, approved=amount)
            db.session.add(rows[kind])
    amount = sum(row.approved or 0 for row in rows.values())
    if amount > award.amount and not may_raise:
        raise NeedsApprover
    if amount > award.amount and actor.id in recommenders_of(award):
        raise TwoPeople
    difference = amount - award.reserved
    if difference > 0:
        award.amount = amount
        fetch(award.application.call_id, {award.envelope_id: difference})
        write(actor, [Line(award.envelope_id, MovementKind.RESERVE, difference, award.id)], reason="repriced")
    elif difference < 0:
        freed = [Line(award.envelope_id, MovementKind.RELEASE, -difference, award.id)]
        free(actor, award.application.call_id, freed, reason="repriced")
        award.amount = amount
    db.session.flush()
    audit.record("awards.repriced", award, actor=actor, scope_id=award.application.call_id, amount=amount)
    return award


def offer_all(
    actor: Person,
    awards: Sequence[Award],
    *,
    accept_days: int,
    at: datetime | None = None,
    gap: timedelta = timedelta(),
) -> list[Award]:
    """Approved (or lapsed, once more) → offered: the money is committed, the letters go out together at ``at``, one
    after the other with a ``gap``. All may answer until the same instant: the last minute of the day that comes
    ``accept_days`` later where the call is.

    Raises Stale, NotPossible, Forbidden, NotConsidered, PlaceTaken, EnvelopeBroken; then nothing has changed.
    """
    applications = [one.application for one in awards]
    hold_rows(applications)
    _demand_distance(actor, applications)
    if any(one.state not in {State.APPROVED, State.LAPSED} for one in applications):
        raise NotPossible
    demand_all_considered(applications)
    _take_back_places(actor, [one.id for one in awards if one.application.state is State.LAPSED])
    moment = at or now()
    calls = {one.call_id for one in applications}
    due = {one: due_after(db.session.get_one(Call, one), accept_days, moment) for one in calls}
    paid = [one for one in awards if one.amount]
    again = [one for one in paid if one.application.state is State.LAPSED]
    for call_id in sorted({one.application.call_id for one in again}):
        needs: Counter[uuid.UUID] = Counter()
        for one in again:
            if one.application.call_id == call_id:
                needs[one.envelope_id] += one.amount
        fetch(call_id, needs)
    lines = [Line(one.envelope_id, MovementKind.RESERVE, one.amount, one.id) for one in again]
    lines += [Line(one.envelope_id, MovementKind.COMMIT, one.amount, one.id) for one in paid]
    write(actor, lines, reason="offered")
    for one in awards:
        one.salt = new_salt()
        one.token_hash = digest(token(PURPOSE, one.id, one.salt))
        one.offered_at, one.offered_by_id = moment, actor.id
        one.accept_by = due[one.application.call_id]
        one.outcome = one.answered_at = one.ended_at = None
    move_all(applications, State.OFFERED, actor=actor, reason="selected")
    _let_see([one.id for one in applications], None)
    for turn, one in enumerate(awards):
        promise("awards.offered", not_before=moment + turn * gap, award_id=one.id)
    db.session.flush()
    return list(awards)


def link(award: Award) -> str:
    """The secret of an offer's link, made anew for a letter."""
    return token(PURPOSE, award.id, award.salt)


def renew_links(person_id: uuid.UUID) -> int:
    """Give the offers of a person that wait for an answer new secrets and mail them again: the links mailed before open
    nothing. Answered offers lose their link too. How many were mailed.
    """
    waiting = queries.linked(person_id)
    for award in waiting:
        award.salt = new_salt()
        award.token_hash = digest(link(award))
    is_open = [one for one in waiting if one.application.state is State.OFFERED]
    for award in is_open:
        promise("awards.offered", award_id=award.id)
    db.session.flush()
    return len(is_open)


def answer(secret: str, *, accepts: bool, moment: datetime | None = None) -> Award:
    """One press behind the link, without an account. The same answer again changes nothing.

    Raises NotFound, TooLate, Answered where the other answer was given, and Debarred for a yes of whoever is.
    """
    award = queries.behind(secret, lock=True)
    return answer_held(None, award, accepts=accepts, moment=moment)


def answer_held(
    actor: Person | None, award: Award, *, accepts: bool, moment: datetime | None = None, text: str | None = None
) -> Award:
    """An answer to an offer that is held; ``text``: why, where an officer gives it. Raises what ``answer`` raises."""
    wanted = Outcome.ACCEPTED if accepts else Outcome.DECLINED
    if award.outcome is wanted:
        return award
    if award.outcome in {Outcome.ACCEPTED, Outcome.DECLINED}:
        raise Answered
    moment = moment or now()
    if award.outcome is not None or award.accept_by is None or moment > award.accept_by:
        raise TooLate
    if award.application.erased_at is not None:
        raise NotPossible
    if accepts:
        demand_acceptable(award.application)
        move(award.application, State.ACCEPTED, actor=actor, text=text)
        award.outcome, award.answered_at = wanted, moment
        promise("awards.accepted", award_id=award.id)
        promise("awards.nominee_accepted", award_id=award.id)
        db.session.flush()
    else:
        award.answered_at = moment
        end(actor, award, State.DECLINED_BY_APPLICANT, wanted, reason="declined", text=text)
    return award


def lapse_due(moment: datetime) -> int:
    """Offers that nobody answered in time: the money is free, the next reserve is proposed. How many."""
    found = queries.unanswered(moment, BATCH)
    if not found:
        return 0
    move_all([one.application for one in found], State.LAPSED, actor=None)
    for call_id in sorted({one.application.call_id for one in found}):
        theirs = [one for one in found if one.application.call_id == call_id and one.committed]
        freed = [Line(one.envelope_id, MovementKind.UNCOMMIT, one.committed, one.id) for one in theirs]
        free(None, call_id, freed, reason="lapsed")
    for one in found:
        one.outcome, one.ended_at = Outcome.LAPSED, moment
        promise("awards.lapsed", award_id=one.id)
        propose_next(Left.by(one))
    db.session.flush()
    return len(found)


def end(
    actor: Person | None,
    award: Award,
    target: State,
    outcome: Outcome,
    *,
    reason: str,
    proposes: bool = True,
    text: str | None = None,
) -> Award:
    """Free what is held for an award, and let the next reserve be proposed. What was paid stays paid: it comes back by
    ``paying.take_back``. What a bought ticket still holds stays committed until it is paid, or ``leftovers.let_go``
    frees it. ``text``: what an officer wrote about it. Raises NotPossible.
    """
    move(award.application, target, actor=actor, text=text)
    return _release(actor, award, outcome, reason=reason, proposes=proposes)


def free_left(limit: int = BATCH) -> int:
    """Applications that ended by another door (the applicant's own page withdrew) hold money no more: it is freed, and
    the next reserve is proposed. Of a call that was cancelled nobody is. How many.
    """
    found = queries.left_behind(limit)
    for award in found:
        goes_on = award.application.call.stand is not Stand.CANCELLED
        reason = "withdrawn" if goes_on else "call_cancelled"
        _release(None, award, OUTCOMES[award.application.state], reason=reason, proposes=goes_on)
    return len(found)


def accept_for(actor: Person, award: Award, *, text: str | None = None) -> Award:
    """The person has said yes by other ways than the link, for example on the telephone; ``text``: how. Raises what
    ``answer`` raises, and Forbidden.
    """
    _demand_distance(actor, [award.application])
    return answer_held(actor, award, accepts=True, text=text)


def withdraw(actor: Person, award: Award, *, text: str | None = None) -> Award:
    """The person does not come after all; ``text``: what an officer wrote who was told so. A no to an offer counts also
    when its days are over and the clock has not looked yet. Raises NotPossible.
    """
    if award.application.state is State.OFFERED and award.outcome is None:
        if award.application.erased_at is not None:
            raise NotPossible
        award.answered_at = now()
        return end(actor, award, State.DECLINED_BY_APPLICANT, Outcome.DECLINED, reason="declined", text=text)
    return end(actor, award, State.WITHDRAWN, Outcome.WITHDRAWN, reason="withdrawn", text=text)


def cancel(actor: Person, award: Award, *, text: str | None = None) -> Award:
    """The grant is taken back by the secretariat, or the visa was refused for good. Raises NotPossible, Forbidden."""
    _demand_distance(actor, [award.application])
    return end(actor, award, State.CANCELLED, Outcome.CANCELLED, reason="cancelled", text=text)


def propose_next(left: Left) -> Proposal | None:
    """Propose the next reserve for a place that was left; None where there is nobody. A person decides."""
    db.session.flush()
    found = queries.next_reserve(left, houses.full(left.call_id))
    if found is None:
        return None
    row = Proposal(call_id=left.call_id, application_id=found.application_id, made_at=now())
    row.freed_award_id, row.freed_application_id, row.cell = left.award_id, left.application_id, left.cell
    db.session.add(row)
    db.session.flush()
    return row


def propose_missed() -> int:
    """Places that were left and for which nobody is proposed: the next reserve was held by somebody else at that
    moment, or went away before there was an award. What was proposed for a place that the board has filled since is
    dropped. How many are proposed now.
    """
    for row in queries.gone_proposals():
        row.dropped_at = now()
    db.session.flush()
    return sum(propose_next(Left.by(award)) is not None for award in queries.left_open(now() - LOOKS_BACK))


def confirm(actor: Person, proposal: Proposal) -> Application:
    """A person agrees to the proposed reserve: it is recommended, and an approver approves it as any other. Raises
    NotPossible, PlaceFilled, StillToCome (the own file may stand next in line), NotConsidered where something is owed
    meanwhile, and HouseFull.
    """
    application = proposal.application
    if proposal.confirmed_at or proposal.dropped_at:
        raise NotPossible
    if queries.filled([proposal.id]):
        raise PlaceFilled
    demand_unconcerned(actor, proposal.call_id)
    demand_considered(application)
    houses.demand_room(application)
    move(application, State.RECOMMENDED, actor=actor, reason="selected")
    if application.outcome_seen is None:
        application.outcome_seen = State.RESERVE
    proposal.confirmed_at, proposal.decided_by_id = now(), actor.id
    db.session.flush()
    return application


def drop(actor: Person, proposal: Proposal) -> Proposal | None:
    """Not this one: the application stays a reserve, at the end of nobody's list; the next one is proposed, unless the
    board has filled the place. Raises NotPossible.
    """
    if proposal.confirmed_at or proposal.dropped_at:
        raise NotPossible
    filled = queries.filled([proposal.id])
    cell = queries.award(proposal.freed_award_id).cell if proposal.freed_award_id else proposal.cell
    left = Left(proposal.call_id, proposal.freed_award_id, proposal.freed_application_id, cell)
    following = None if filled else propose_next(left)
    proposal.dropped_at, proposal.decided_by_id = now(), actor.id
    audit.record("awards.proposal_dropped", proposal.application, actor=actor, scope_id=proposal.call_id)
    db.session.flush()
    return following


def tell(applications: Sequence[Application], reason: str, *, at: datetime | None = None) -> None:
    """Owe the letters to those in reserve or not selected, all in the same hour; ``reason`` is a code of
    decision_reason.funding, whose words are safe. They may see where they stand from then on.
    """
    tell_each([(one, reason) for one in applications], at=at)


def tell_each(
    told: Sequence[tuple[Application, str]], *, at: datetime | None = None, gap: timedelta = timedelta()
) -> None:
    """The same with a reason for each; the letters go one after the other, with a ``gap``."""
    moment = at or now()
    for turn, (one, reason) in enumerate(told):
        promise("awards.decided", not_before=moment + turn * gap, application_id=one.id, reason=reason)
    _let_see([one.id for one, _reason in told], None)
    db.session.flush()


def line_up(call: Call, places: Sequence[ReservePlace]) -> None:
    """Who is next, as a signed slate says; what stood before is replaced."""
    db.session.execute(ReservePlace.__table__.delete().where(ReservePlace.call_id == call.id))  # type: ignore[attr-defined]
    db.session.add_all(places)
    db.session.flush()


def _release(actor: Person | None, award: Award, outcome: Outcome, *, reason: str, proposes: bool = True) -> Award:
    kept = bought.to_keep(award)
    held = ((MovementKind.RELEASE, award.reserved), (MovementKind.UNCOMMIT, award.committed - kept))
    award.outcome, award.ended_at = outcome, now()
    _drop_payments(actor, award, but_ticket=kept > 0)
    freed = [Line(award.envelope_id, kind, left, award.id) for kind, left in held if left]
    free(actor, award.application.call_id, freed, reason=reason)
    if _is_news(actor, award):
        promise("awards.ended", award_id=award.id)
    if proposes:
        propose_next(Left.by(award))
    db.session.flush()
    return award


def _drop_payments(actor: Person | None, award: Award, *, but_ticket: bool) -> None:
    """What waits to be paid is not paid any more: nobody could agree to it. Whoever asked for it gets a mail."""
    lines = select(AwardLine.id).where(AwardLine.award_id == award.id, *([~bought.IS_TICKET] if but_ticket else []))
    waits = Payment.line_id.in_(lines), Payment.paid_at.is_(None), Payment.dropped_at.is_(None)
    dropped = db.session.execute(update(Payment).where(*waits).values(dropped_at=now()).returning(Payment.id))
    for payment_id in dropped.scalars():
        audit.record("awards.payment_dropped", award, actor=actor, scope_id=award.application.call_id)
        promise("awards.payment_swept", payment_id=payment_id)


def _is_news(actor: Person | None, award: Award) -> bool:
    """Whether somebody else ended what the person was offered, who has to hear of it."""
    if award.offered_at is None:
        return False
    return award.outcome is Outcome.REPLACED or (actor is not None and actor.id != award.application.person_id)


def _demand_distance(actor: Person, applications: Sequence[Application]) -> None:
    if too_near(actor, applications):
        raise Forbidden


def _take_back_places(actor: Person, ids: Sequence[uuid.UUID]) -> None:
    """Whoever is offered a grant again stands in the place it left: a reserve who was only proposed for it is not any
    more. Raises PlaceTaken where a reserve was confirmed, or a slate has filled it.
    """
    if ids and queries.refilled(ids):
        raise PlaceTaken
    for proposal in queries.proposals_for(ids):
        if proposal.confirmed_at is not None:
            raise PlaceTaken
        proposal.dropped_at, proposal.decided_by_id = now(), actor.id
        audit.record("awards.proposal_dropped", proposal.application, actor=actor, scope_id=proposal.call_id)


def _let_see(ids: Sequence[uuid.UUID], state: State | None) -> None:
    if ids:
        seen = update(Application).where(Application.id.in_(ids)).values(outcome_seen=state)
        db.session.execute(seen, execution_options={"synchronize_session": "evaluate"})
