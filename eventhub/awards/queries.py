"""Awards as actions, letters and pages read them. Applications are held before envelopes, always."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload

from eventhub.awards.models import (
    Award,
    AwardLine,
    Outcome,
    Payment,
    Proposal,
    Replacement,
    ReservePlace,
    Ticket,
    TravelReport,
)
from eventhub.awards.money_models import FundEnvelope
from eventhub.awards.refusals import LinkUnknown
from eventhub.awards.release_models import Staging
from eventhub.funding.models import Application, Call, CallRules, Stand, State
from eventhub.funding.rules import Rules, read
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.registration import latecomers
from eventhub.selecting.models import Slate, SlateState

BEFORE_JOURNEY = frozenset({State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED})
"""States of a grant that was accepted and whose journey lies ahead."""


def whole(*, lock: bool = False) -> Select[Award]:
    """Awards with application, call, person and envelope; ``lock`` holds the applications."""
    rows = (
        select(Award)
        .join(Award.application)
        .join(Application.call)
        .join(Application.person)
        .join(Award.envelope)
        .options(
            contains_eager(Award.application).options(
                contains_eager(Application.call), contains_eager(Application.person).joinedload(Person.seal_key)
            ),
            contains_eager(Award.envelope),
        )
        .order_by(Application.id)
    )
    if lock:
        rows = rows.with_for_update(of=[Application, Award]).execution_options(populate_existing=True)
    return rows


def awards(ids: Collection[uuid.UUID], *, lock: bool = False) -> list[Award]:
    """Awards by id, in the order of their applications. One statement. Raises NotFound where one is missing."""
    found = list(db.session.scalars(whole(lock=lock).where(Award.id.in_(set(ids)))))
    if len(found) != len(set(ids)):
        raise NotFound
    return found


def award(award_id: uuid.UUID, *, lock: bool = False) -> Award:
    """One award. Raises NotFound."""
    return awards([award_id], lock=lock)[0]


def award_of(application_id: uuid.UUID) -> Award | None:
    """The award of an application."""
    return db.session.scalar(whole().where(Award.application_id == application_id))


def own_award(person: Person, reference: str, *, lock: bool = False) -> Award:
    """Somebody's own award by the reference of the application. Raises NotFound."""
    mine = whole(lock=lock).where(Application.reference == reference, Application.person_id == person.id)
    found = db.session.scalar(mine.where(Award.offered_at.is_not(None)))
    return or_not_found(found)


def comes_with_a_grant(person_id: ColumnElement[uuid.UUID], event_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """Whether somebody has accepted a grant for the journey to an event that lies ahead, in SQL."""
    rows = select(Award.id).join(Application, Application.id == Award.application_id)
    rows = rows.join(Call, Call.id == Application.call_id)
    ahead = Application.state.in_(BEFORE_JOURNEY), Application.erased_at.is_(None)
    mine = Application.person_id == person_id, Call.event_id == event_id
    return rows.where(*mine, *ahead, Award.outcome == Outcome.ACCEPTED).exists()


latecomers.ADMITTED.append(comes_with_a_grant)


def is_offered(application_id: uuid.UUID) -> bool:
    """Whether a grant was offered for an application."""
    rows = select(Award.id).where(Award.application_id == application_id, Award.offered_at.is_not(None))
    return db.session.scalar(rows) is not None


def of_person(person_id: uuid.UUID) -> list[Award]:
    """Somebody's awards that were offered, the newest first."""
    rows = select(Award).join(Award.application).join(Application.call)
    rows = rows.options(contains_eager(Award.application).contains_eager(Application.call))
    mine = rows.where(Application.person_id == person_id, Award.offered_at.is_not(None))
    return list(db.session.scalars(mine.order_by(Award.offered_at.desc(), Award.id)))


def application_told(application_id: uuid.UUID) -> Application | None:
    """An application with its call and person, unless the person was erased."""
    rows = select(Application).options(joinedload(Application.call), joinedload(Application.person))
    return db.session.scalar(rows.where(Application.id == application_id, Application.erased_at.is_(None)))


def behind(token: str, *, lock: bool = False) -> Award:
    """The award behind the link of an offer. Raises LinkUnknown."""
    found: Award | None = db.session.scalar(whole(lock=lock).where(Award.token_hash == digest(token)))
    if found is None:
        raise LinkUnknown
    return found


def linked(person_id: uuid.UUID) -> list[Award]:
    """Somebody's awards that a mailed link opens; both held."""
    rows = whole(lock=True).where(Application.person_id == person_id, Award.token_hash.is_not(None))
    return list(db.session.scalars(rows))


def unanswered(moment: datetime, limit: int) -> list[Award]:
    """Offers whose days are over, the oldest first; one being answered right now is left."""
    due = select(Application.id).join(Award, Award.application_id == Application.id)
    due = (
        due.where(Application.state == State.OFFERED, Award.accept_by < moment)
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application, skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if not ids:
        return []
    rows = whole(lock=True).where(Award.application_id.in_(ids), Application.state == State.OFFERED)
    return list(db.session.scalars(rows.where(Award.accept_by < moment)))


def left_behind(limit: int) -> list[Award]:
    """Awards that nobody ended though their application has, or the call before anything was offered; both held."""
    ended = Application.state.in_((State.WITHDRAWN, State.CANCELLED, State.DECLINED_BY_APPLICANT))
    called_off = and_(Application.state == State.APPROVED, Call.stand == Stand.CANCELLED)
    rows = whole(lock=True).where(or_(ended, called_off), Award.ended_at.is_(None))
    return list(db.session.scalars(rows.limit(limit)))


def lines(award_ids: Collection[uuid.UUID]) -> list[AwardLine]:
    """The cost lines of awards, by kind."""
    rows = select(AwardLine).where(AwardLine.award_id.in_(set(award_ids))).order_by(AwardLine.award_id, AwardLine.kind)
    return list(db.session.scalars(rows))


def line(award_id: uuid.UUID, line_id: uuid.UUID) -> AwardLine:
    """One cost line of an award. Raises NotFound."""
    rows = select(AwardLine).where(AwardLine.id == line_id, AwardLine.award_id == award_id)
    return or_not_found(db.session.scalar(rows))


def payments(award_id: uuid.UUID) -> list[Payment]:
    """What was asked for and paid of an award, the oldest first."""
    rows = select(Payment).where(Payment.award_id == award_id, Payment.dropped_at.is_(None))
    return list(db.session.scalars(rows.order_by(Payment.asked_at, Payment.id)))


def all_payments(award_id: uuid.UUID) -> list[Payment]:
    """Every payment of an award with its line, also those that were dropped, the newest first."""
    rows = select(Payment).where(Payment.award_id == award_id).options(joinedload(Payment.line))
    return list(db.session.scalars(rows.order_by(Payment.asked_at.desc(), Payment.id)))


def payment(payment_id: uuid.UUID, *, lock: bool = False) -> Payment:
    """One payment; with ``lock`` its award is held by the caller first. Raises NotFound."""
    rows = select(Payment).where(Payment.id == payment_id).options(joinedload(Payment.line))
    if lock:
        rows = rows.with_for_update(of=Payment).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def envelopes(call_id: uuid.UUID) -> list[FundEnvelope]:
    """The envelopes of a call."""
    rows = select(FundEnvelope).where(FundEnvelope.call_id == call_id).order_by(FundEnvelope.key)
    return list(db.session.scalars(rows))


def people_of(envelope_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """For how many people each envelope holds or paid something. One statement."""
    held = Award.reserved + Award.committed + Award.paid - Award.returned > 0
    number = func.count().label("people")
    rows = select(Award.envelope_id, number).where(Award.envelope_id.in_(list(envelope_ids)), held)
    return {row.envelope_id: row.people for row in db.session.execute(rows.group_by(Award.envelope_id))}


def rules_of(call_id: uuid.UUID) -> Rules:
    """The rules that hold for a call: the newest that were agreed to. Raises NotFound."""
    agreed = select(CallRules.rules).where(CallRules.call_id == call_id, CallRules.agreed_at.is_not(None))
    return read(or_not_found(db.session.scalar(agreed.order_by(CallRules.number.desc()).limit(1))))


@dataclass(frozen=True)
class Left:
    """A place that somebody left: with an award, or, ``application_id``, before there was one."""

    call_id: uuid.UUID
    award_id: uuid.UUID | None
    application_id: uuid.UUID | None
    cell: str | None

    @classmethod
    def by(cls, award: Award) -> "Left":
        """The place of an award that ended."""
        return cls(award.application.call_id, award.id, None, award.cell)

    def proposals(self) -> ColumnElement[bool]:
        """Who was proposed for it."""
        if self.award_id is not None:
            return Proposal.freed_award_id == self.award_id
        return Proposal.freed_application_id == self.application_id


def next_reserve(left: Left, but: Collection[uuid.UUID] = ()) -> ReservePlace | None:
    """Who is next for a place: of its cell, else of those whom any place serves, by their order; none of ``but``, and
    never one that is proposed already, or was refused for this place. The application is held; where somebody else
    holds it nobody is proposed out of turn, and the clock asks again.
    """
    call_id, cell = left.call_id, left.cell
    waiting = and_(Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None))
    refused = and_(left.proposals(), Proposal.dropped_at.is_not(None))
    passed = select(Proposal.application_id).where(Proposal.call_id == call_id, or_(waiting, refused))
    rows = (
        select(ReservePlace)
        .join(Application, Application.id == ReservePlace.application_id)
        .where(
            ReservePlace.call_id == call_id,
            Application.state == State.RESERVE,
            Application.erased_at.is_(None),
            ReservePlace.application_id.not_in(passed),
            ReservePlace.application_id.not_in(but),
        )
        .order_by(
            func.coalesce(ReservePlace.cell == cell, false()).desc(),
            ReservePlace.cell.is_(None).desc(),
            ReservePlace.place,
            ReservePlace.id,
        )
    )
    first = db.session.scalars(rows.limit(1)).first()
    if first is None:
        return None
    alone = rows.where(ReservePlace.id == first.id).with_for_update(of=Application, skip_locked=True)
    return db.session.scalars(alone).first()


def left_open(since: datetime, *, only: uuid.UUID | None = None) -> list[Award]:
    """Awards whose place nobody is proposed for, the one that ended first before others: that ended after ``since``, or
    whose reserve went away after it before there was an award for it. Both held, only in calls that are not cancelled
    and have somebody in line; one that somebody else holds is looked at another time. Never a place that a slate has
    filled since. ``only``: this award at the most, also where it ended at ``since``.
    """
    proposed = aliased(Application)
    has_award = select(Award.id).where(Award.application_id == Proposal.application_id).correlate(Proposal)
    of_place = (
        select(Proposal.id)
        .join(proposed, proposed.id == Proposal.application_id)
        .where(Proposal.freed_award_id == Award.id)
        .correlate(Award)
    )
    left = proposed.state.in_({State.WITHDRAWN, State.NOT_RECOMMENDED})
    stands = of_place.where(Proposal.dropped_at.is_(None), or_(~left, has_award.exists()))
    lately = of_place.where(or_(Proposal.dropped_at > since, and_(left, proposed.changed_at > since)))
    waits = select(ReservePlace.call_id).join(proposed, proposed.id == ReservePlace.application_id)
    rows = whole().where(
        Award.ended_at.is_not(None),
        or_(Award.ended_at > since, lately.exists()) if only is None else Award.id == only,
        ~stands.exists(),
        ~_refilled(Application.call_id),
        Call.stand != Stand.CANCELLED,
        Application.call_id.in_(waits.where(proposed.state == State.RESERVE)),
    )
    held = rows.with_for_update(of=[Application, Award], skip_locked=True).execution_options(populate_existing=True)
    found = [(one.ended_at, one.id, one) for one in db.session.scalars(held) if one.ended_at is not None]
    return [one for _ended, _id, one in sorted(found)]


def refilled(award_ids: Collection[uuid.UUID]) -> bool:
    """Whether a slate has filled the place of one of these awards since it ended."""
    rows = select(Award.id).join(Award.application).where(Award.id.in_(award_ids), _refilled(Application.call_id))
    return db.session.scalar(rows.limit(1)) is not None


def is_pending(call_id: ColumnElement[uuid.UUID] | InstrumentedAttribute[uuid.UUID] | uuid.UUID) -> ColumnElement[bool]:
    """Whether a slate of this call was recommended that nobody has approved yet, or that is not staged yet: it says
    what becomes of everybody in line.
    """
    done = select(Staging.id).where(Staging.slate_id == Slate.id, Staging.done_at.is_not(None)).correlate(Slate)
    waits = select(Slate.id).where(
        Slate.call_id == call_id, Slate.state.in_([SlateState.RECOMMENDED, SlateState.APPROVED]), ~done.exists()
    )
    return waits.exists()


def filled(proposal_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Of which proposals a slate has filled the place, or is about to. A place that was left before there was an award
    is one that each slate after it reckons with.
    """
    newer = select(Slate.id).join(Staging, Staging.slate_id == Slate.id)
    newer = newer.where(Slate.call_id == Proposal.call_id, Slate.recommended_at > Proposal.made_at)
    newer = newer.where(Staging.done_at.is_not(None)).correlate(Proposal)
    before = and_(Proposal.freed_application_id.is_not(None), or_(newer.exists(), is_pending(Proposal.call_id)))
    rows = select(Proposal.id).outerjoin(Award, Award.id == Proposal.freed_award_id)
    rows = rows.where(Proposal.id.in_(proposal_ids), or_(_refilled(Proposal.call_id), before))
    return set(db.session.scalars(rows))


def _refilled(call_id: InstrumentedAttribute[uuid.UUID], *, staged: bool = False) -> ColumnElement[bool]:
    """Whether an award's place is filled: the board recommended a slate after the award had ended, which reckoned with
    the place, and that slate stands or was staged. ``staged``: these alone.
    """
    done = Staging.done_at.is_not(None)
    holds = done if staged else or_(done, Slate.state.in_([SlateState.RECOMMENDED, SlateState.APPROVED]))
    newer = select(Slate.id).outerjoin(Staging, Staging.slate_id == Slate.id)
    newer = newer.where(Slate.call_id == call_id, Slate.recommended_at > Award.ended_at, holds)
    return newer.correlate(Award, call_id.class_).exists()


def for_places(application_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime | None]:
    """For which places, left by these applications before there was an award, a proposal stands, and when it was
    confirmed. One whose reserve went away before there was an award stands no more.
    """
    proposed = aliased(Application)
    granted = select(Award.id).where(Award.application_id == Proposal.application_id).correlate(Proposal)
    rows = (
        select(Proposal.freed_application_id, Proposal.confirmed_at)
        .join(proposed, proposed.id == Proposal.application_id)
        .where(
            Proposal.freed_application_id.in_(application_ids),
            Proposal.dropped_at.is_(None),
            or_(proposed.state.not_in({State.WITHDRAWN, State.NOT_RECOMMENDED}), granted.exists()),
        )
    )
    return {left: confirmed for left, confirmed in db.session.execute(rows) if left is not None}


def gone_proposals() -> list[Proposal]:
    """What waits for somebody's word about an application that is not in reserve any more, or about a place that a
    staged slate has filled. Held; what somebody else holds is looked at another time.
    """
    rows = select(Proposal).join(Proposal.application).outerjoin(Award, Award.id == Proposal.freed_award_id)
    rows = rows.where(Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None))
    gone = rows.where(or_(Application.state != State.RESERVE, _refilled(Proposal.call_id, staged=True)))
    held = gone.order_by(Proposal.id).with_for_update(of=Proposal, skip_locked=True)
    return list(db.session.scalars(held.execution_options(populate_existing=True)))


def held_reserve(application_id: uuid.UUID) -> Application | None:
    """An application, held, if it is in reserve still: whoever proposes it looks at it under its lock."""
    rows = select(Application).where(Application.id == application_id, Application.erased_at.is_(None))
    held = rows.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(held)
    return found if found is not None and found.state is State.RESERVE else None


def proposal(proposal_id: uuid.UUID, *, lock: bool = False) -> Proposal:
    """A proposal with its application, which ``lock`` holds. Raises NotFound."""
    rows = (
        select(Proposal)
        .join(Proposal.application)
        .options(contains_eager(Proposal.application))
        .where(Proposal.id == proposal_id)
    )
    if lock:
        rows = rows.with_for_update(of=[Application, Proposal]).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def open_proposals(call_id: uuid.UUID) -> list[Proposal]:
    """What waits for somebody's word."""
    rows = (
        select(Proposal)
        .join(Proposal.application)
        .options(contains_eager(Proposal.application))
        .where(Proposal.call_id == call_id, Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None))
    )
    return list(db.session.scalars(rows.order_by(Proposal.made_at, Proposal.id)))


def proposals_for(award_ids: Collection[uuid.UUID]) -> list[Proposal]:
    """Who was proposed, and not dropped, for the places that awards left; held. None costs no statement."""
    if not award_ids:
        return []
    rows = (
        select(Proposal)
        .join(Proposal.application)
        .options(contains_eager(Proposal.application))
        .where(Proposal.freed_award_id.in_(award_ids), Proposal.dropped_at.is_(None))
        .order_by(Proposal.id)
        .with_for_update(of=Proposal)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def report_of(award_id: uuid.UUID) -> TravelReport | None:
    """The report on the journey of an award."""
    return db.session.scalar(select(TravelReport).where(TravelReport.award_id == award_id))


def ticket_of(award_id: uuid.UUID) -> Ticket | None:
    """The ticket of an award."""
    return db.session.scalar(select(Ticket).where(Ticket.award_id == award_id))


def replacement(token: str) -> Replacement | None:
    """What is asked behind a nominator's link."""
    return db.session.scalar(select(Replacement).where(Replacement.token_hash == digest(token)))


def taken_by(call_id: uuid.UUID) -> Sequence[Award]:
    """All awards of a call that were accepted and not ended."""
    rows = whole().where(Application.call_id == call_id, Award.outcome == Outcome.ACCEPTED)
    return list(db.session.scalars(rows))


def call(call_id: uuid.UUID) -> Call:
    """A call. Raises NotFound."""
    return or_not_found(db.session.get(Call, call_id))
