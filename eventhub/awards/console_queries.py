"""What the pages of staff ask about the awards of a call: the list, the ledger, who has something to do."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, joinedload

from eventhub.awards.models import (
    Award,
    AwardLine,
    Outcome,
    Payment,
    Proposal,
    Refund,
    ReservePlace,
    Ticket,
    TravelReport,
    Visa,
)
from eventhub.awards.money_models import BudgetChange, ExchangeRate, FundEnvelope, Movement
from eventhub.funding.access import reached
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.nearness import Aside, aside_of
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import or_not_found
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.programme.models import Event

VIEWS: dict[str, frozenset[State]] = {
    "approved": frozenset({State.APPROVED}),
    "offered": frozenset({State.OFFERED}),
    "accepted": frozenset({State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED}),
    "home": frozenset({State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE}),
    "closed": frozenset({State.CLOSED}),
    "ended": frozenset({State.DECLINED_BY_APPLICANT, State.LAPSED, State.CANCELLED, State.WITHDRAWN}),
}
"""Ready-made filters of the list, each with its states."""
SHOWN_LINES = 200
SHOWN_CALLS = 5
SHOWN_AFTER = timedelta(days=180)
"""So long after its event the calls of an event stand on an organiser's start page."""
SIZE = 25


def visible(aside: Aside) -> ColumnElement[bool]:
    """The awards that exist for the reader: of files that this person is not near to; to whoever waits for word of a
    near file those alone that were offered, since the places are known, and one less than these were the own decision.
    """
    return and_(aside.others(), Award.offered_at.is_not(None)) if aside.waits else aside.others()


@dataclass(frozen=True)
class Row:
    """One award in the list."""

    award: Award
    visa: Visa | None
    ticket: Ticket | None
    report: TravelReport | None


def rows(
    call_id: uuid.UUID,
    aside: Aside,
    states: Collection[State] | None,
    *,
    page: int,
    only: ColumnElement[bool] | None = None,
) -> list[Row]:
    """A page of the list, by application number. One statement."""
    found = (
        select(Award, Visa, Ticket, TravelReport)
        .join(Award.application)
        .join(Application.person)
        .join(Award.envelope)
        .outerjoin(Visa, Visa.award_id == Award.id)
        .outerjoin(Ticket, Ticket.award_id == Award.id)
        .outerjoin(TravelReport, TravelReport.award_id == Award.id)
        .options(contains_eager(Award.application).contains_eager(Application.person), contains_eager(Award.envelope))
        .where(Application.call_id == call_id, visible(aside))
        .order_by(Application.number, Award.id)
    )
    if states is not None:
        found = found.where(Application.state.in_(states))
    if only is not None:
        found = found.where(only)
    found = found.limit(SIZE).offset((page - 1) * SIZE)
    return [Row(*row) for row in db.session.execute(found)]


def counts(call_id: uuid.UUID, aside: Aside) -> dict[State, int]:
    """How many awards stand where. One statement."""
    found = (
        select(Application.state, func.count())
        .join(Award, Award.application_id == Application.id)
        .where(Application.call_id == call_id, visible(aside))
        .group_by(Application.state)
    )
    return {row[0]: row[1] for row in db.session.execute(found)}


def number(call_id: uuid.UUID, aside: Aside, only: ColumnElement[bool]) -> int:
    """How many awards of the list there are of a kind. One statement."""
    found = select(func.count()).select_from(Award).join(Award.application)
    return db.session.scalar(found.where(Application.call_id == call_id, aside.others(), only)) or 0


def chosen(call_id: uuid.UUID, aside: Aside, ids: Collection[uuid.UUID], *, lock: bool = False) -> list[Award]:
    """Awards that were marked in the list of this call. One statement."""
    found = (
        select(Award)
        .join(Award.application)
        .join(Application.person)
        .join(Award.envelope)
        .options(contains_eager(Award.application).contains_eager(Application.person), contains_eager(Award.envelope))
        .where(Application.call_id == call_id, Award.id.in_(list(ids)), visible(aside))
        .order_by(Application.id)
    )
    if lock:
        found = found.with_for_update(of=[Application, Award]).execution_options(populate_existing=True)
    return list(db.session.scalars(found))


def line(award_id: uuid.UUID, line_id: uuid.UUID) -> AwardLine:
    """One cost line with its receipt and its rate. Raises NotFound."""
    found = select(AwardLine).where(AwardLine.id == line_id, AwardLine.award_id == award_id)
    return or_not_found(db.session.scalar(found.options(joinedload(AwardLine.receipt), joinedload(AwardLine.rate))))


def whole_lines(award_id: uuid.UUID) -> list[AwardLine]:
    """The cost lines of an award with their receipts, by kind."""
    found = select(AwardLine).where(AwardLine.award_id == award_id).options(joinedload(AwardLine.receipt))
    return list(db.session.scalars(found.order_by(AwardLine.kind)))


def envelope(call_id: uuid.UUID, envelope_id: uuid.UUID) -> FundEnvelope:
    """One envelope of a call. Raises NotFound."""
    found = select(FundEnvelope).where(FundEnvelope.id == envelope_id, FundEnvelope.call_id == call_id)
    return or_not_found(db.session.scalar(found))


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. ``application``: None for a budget."""

    movement: Movement
    award_id: uuid.UUID | None
    application: Application | None


def ledger_lines(call_id: uuid.UUID, aside: Aside) -> list[Entry]:
    """The newest lines of the ledger of a call. One statement. Lines of awards that do not exist for the reader are
    left out: an amount and an hour would tell a decision before the release.
    """
    found = (
        select(Movement, Award.id, Application)
        .join(FundEnvelope, FundEnvelope.id == Movement.envelope_id)
        .outerjoin(Award, Award.id == Movement.award_id)
        .outerjoin(Application, Application.id == Award.application_id)
        .where(FundEnvelope.call_id == call_id, or_(Application.id.is_(None), visible(aside)))
        .order_by(Movement.id.desc())
        .limit(SHOWN_LINES)
    )
    return [Entry(*row) for row in db.session.execute(found)]


def reasons(envelope_ids: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, str, int], list[str]]:
    """What finance wrote about changed budgets, by envelope, deed and amount, the newest first. One statement."""
    found = (
        select(AuditEntry.subject_id, AuditEntry.verb, AuditEntry.detail["amount"].as_integer(), AuditText.text)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(
            AuditEntry.subject_kind == FundEnvelope.__tablename__,
            AuditEntry.subject_id.in_(list(envelope_ids)),
            AuditEntry.verb.in_(("awards.budget_raise", "awards.budget_cut")),
        )
        .order_by(AuditEntry.id.desc())
    )
    words: dict[tuple[uuid.UUID, str, int], list[str]] = {}
    for subject_id, verb, amount, text in db.session.execute(found):
        words.setdefault((subject_id, verb.removeprefix("awards.budget_"), amount), []).append(text or "")
    return words


def budget_changes(call_id: uuid.UUID) -> list[BudgetChange]:
    """The changes of budgets that wait or were agreed to, with their envelopes, the oldest first. One statement."""
    found = select(BudgetChange).join(BudgetChange.envelope).options(contains_eager(BudgetChange.envelope))
    found = found.where(FundEnvelope.call_id == call_id, BudgetChange.dropped_at.is_(None))
    return list(db.session.scalars(found.order_by(BudgetChange.asked_at, BudgetChange.id)))


def budget_change(call_id: uuid.UUID, change_id: uuid.UUID) -> BudgetChange:
    """One change of a budget of this call, held. Raises NotFound."""
    found = select(BudgetChange).join(BudgetChange.envelope).options(contains_eager(BudgetChange.envelope))
    found = found.where(BudgetChange.id == change_id, FundEnvelope.call_id == call_id)
    held = found.with_for_update(of=BudgetChange).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(held))


def rates(call: Call) -> list[ExchangeRate]:
    """The rates of a call, those of all calls too: the newest of each currency first, and of a day the one that holds
    before those that it replaced.
    """
    found = select(ExchangeRate).where(
        ExchangeRate.base == call.currency, or_(ExchangeRate.call_id == call.id, ExchangeRate.call_id.is_(None))
    )
    newest = (
        *(ExchangeRate.currency, ExchangeRate.valid_from.desc()),
        *(ExchangeRate.call_id.asc().nulls_last(), ExchangeRate.entry.desc()),
    )
    return list(db.session.scalars(found.order_by(*newest)))


def waiting_payments(call_id: uuid.UUID, aside: Aside) -> list[Payment]:
    """Payments of a call that wait for a second person, the oldest first. One statement."""
    found = (
        select(Payment)
        .join(Payment.award)
        .join(Award.application)
        .join(Application.person)
        .join(Award.envelope)
        .options(
            contains_eager(Payment.award).options(
                contains_eager(Award.application).contains_eager(Application.person), contains_eager(Award.envelope)
            ),
            joinedload(Payment.line),
        )
        .where(Application.call_id == call_id, Payment.paid_at.is_(None), Payment.dropped_at.is_(None), visible(aside))
        .order_by(Payment.asked_at, Payment.id)
    )
    return list(db.session.scalars(found))


@dataclass(frozen=True)
class Proposed:
    """A reserve that is proposed for a place. ``freed`` left it, with an award or before there was one."""

    proposal: Proposal
    application: Application
    freed: Application
    outcome: Outcome | None
    place: ReservePlace | None


def proposals(call_id: uuid.UUID, aside: Aside) -> list[Proposed]:
    """What waits for somebody's word, each once, with who left. One statement. A reserve stands in several lists: in
    that of the cell that was left, in the general one, in others.
    """
    freed = aliased(Application)
    found = (
        select(Proposal, Application, freed, Award.outcome, ReservePlace)
        .join(Application, Application.id == Proposal.application_id)
        .join(Application.person)
        .outerjoin(Award, Award.id == Proposal.freed_award_id)
        .join(freed, freed.id == func.coalesce(Award.application_id, Proposal.freed_application_id))
        .outerjoin(ReservePlace, ReservePlace.application_id == Application.id)
        .options(contains_eager(Application.person), joinedload(freed.person))
        .where(
            Proposal.call_id == call_id,
            Proposal.confirmed_at.is_(None),
            Proposal.dropped_at.is_(None),
            aside.others(),
        )
        .order_by(
            Proposal.made_at,
            Proposal.id,
            func.coalesce(ReservePlace.cell == func.coalesce(Award.cell, Proposal.cell), false()).desc(),
            ReservePlace.cell.is_(None).desc(),
            ReservePlace.place,
        )
    )
    rows: dict[uuid.UUID, Proposed] = {}
    for row in db.session.execute(found):
        rows.setdefault(row[0].id, Proposed(*row))
    return list(rows.values())


@dataclass(frozen=True)
class Waiting:
    """A call with something to do: reserves that are proposed, payments and changes of budgets that wait for a second
    person.
    """

    slug: str
    title: Texts
    original_language: str
    proposed: int
    to_pay: int
    to_change: int


def waiting(grants: Iterable[RoleGrant], person: Person) -> list[Waiting]:
    """What waits within reach of officers and of finance, without what does not exist for this person: a number would
    tell of it. No reserves of a call in which a near file waits for word. Five statements at the most, none for whoever
    is neither.
    """
    mine = list(grants)
    offers, pays = reach_of(mine, Role.FUND_OFFICER), reach_of(mine, Role.FINANCE)
    if offers is None and pays is None:
        return []
    aside = aside_of(person)
    others = aside.others()
    proposed = (
        select(func.count())
        .select_from(Proposal)
        .join(Application, Application.id == Proposal.application_id)
        .where(Proposal.call_id == Call.id, Proposal.confirmed_at.is_(None), Proposal.dropped_at.is_(None), others)
    )
    to_pay = (
        select(func.count())
        .select_from(Payment)
        .join(Award, Award.id == Payment.award_id)
        .join(Application, Application.id == Award.application_id)
        .where(
            Application.call_id == Call.id,
            Payment.paid_at.is_(None),
            Payment.dropped_at.is_(None),
            Payment.asked_by_id != person.id,
            others,
        )
    )

    came_back = (
        select(func.count())
        .select_from(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Award, Award.id == Payment.award_id)
        .join(Application, Application.id == Award.application_id)
        .where(
            Application.call_id == Call.id,
            Refund.agreed_at.is_(None),
            Refund.dropped_at.is_(None),
            Refund.asked_by_id != person.id,
            others,
        )
    )
    to_change = (
        select(func.count())
        .select_from(BudgetChange)
        .join(FundEnvelope, FundEnvelope.id == BudgetChange.envelope_id)
        .where(
            FundEnvelope.call_id == Call.id,
            BudgetChange.agreed_at.is_(None),
            BudgetChange.dropped_at.is_(None),
            BudgetChange.asked_by_id != person.id,
        )
    )

    def within(reach: ColumnElement[bool] | None, *numbers: Any) -> Any:
        counted = sum((one.correlate(Call).scalar_subquery() for one in numbers), literal(0))
        return case((reach, counted), else_=0) if reach is not None else literal(0)

    found = (
        select(
            *(Call.id, Call.slug, Call.title, Call.original_language),
            *(within(offers, proposed).label("proposed"), within(pays, to_pay, came_back), within(pays, to_change)),
        )
        .outerjoin(Event, Event.id == Call.event_id)
        .where(Call.stand != Stand.DRAFT, or_(*(one for one in (offers, pays) if one is not None)))
        .order_by(Call.slug)
    )
    counted = db.session.execute(found).all()
    near = aside.waiting([row.id for row in counted if row.proposed])
    listed = [
        Waiting(slug, title, lang, 0 if call_id in near else proposed, to_pay, to_change)
        for call_id, slug, title, lang, proposed, to_pay, to_change in counted
    ]
    return [one for one in listed if one.proposed or one.to_pay or one.to_change]


def overseen(grants: Iterable[RoleGrant], role: Role) -> list[Call]:
    """Public calls of events within reach of a role that is not over everything, the nearest deadline last. One
    statement, or none.
    """
    reach = reach_of([one for one in grants if one.role is role], role)
    if reach is None:
        return []
    found = select(Call).outerjoin(Event, Event.id == Call.event_id).where(Call.stand == Stand.OPEN, reach)
    found = found.where(or_(Event.id.is_(None), Event.last_day > now().date() - SHOWN_AFTER))
    return list(db.session.scalars(found.order_by(Call.closes_at.desc(), Call.id).limit(SHOWN_CALLS)))


def owed_reports(person_id: uuid.UUID) -> list[str]:
    """The references of somebody's journeys whose report is not filed. One statement."""
    found = (
        select(Application.reference)
        .join(Award, Award.application_id == Application.id)
        .join(TravelReport, TravelReport.award_id == Award.id)
        .where(Application.person_id == person_id, TravelReport.filed_at.is_(None))
        .order_by(TravelReport.due, TravelReport.id)
    )
    return [str(one) for one in db.session.scalars(found)]


def event_of(call: Call) -> Event | None:
    """The event that people travel to."""
    return db.session.get(Event, call.event_id) if call.event_id else None


def deeds(award: Award, limit: int = 200) -> list[tuple[AuditEntry, str | None]]:
    """What was done to an award and to its application, the newest first. One statement.

    What was written is told of deeds on the award and of moves; notes of the fund's desk and its reasons for opening
    sealed answers stay with the desk, whose file approvers and finance may not see.
    """
    told = or_(AuditEntry.verb.startswith("awards."), AuditEntry.verb.in_([f"funding.{one.value}" for one in State]))
    found = (
        select(AuditEntry, AuditText.text)
        .outerjoin(AuditText, and_(AuditText.entry_id == AuditEntry.id, told))
        .where(
            or_(
                and_(AuditEntry.subject_kind == Award.__tablename__, AuditEntry.subject_id == award.id),
                and_(
                    AuditEntry.subject_kind == Application.__tablename__,
                    AuditEntry.subject_id == award.application_id,
                    AuditEntry.at >= award.approved_at,
                ),
            )
        )
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [(entry, text) for entry, text in db.session.execute(found)]


def reach_of(grants: list[RoleGrant], role: Role) -> ColumnElement[bool] | None:
    """The calls within reach of a role; None: none."""
    series, events, calls = reached(grants, role)
    if series is None:
        return true()
    if not (series or events or calls):
        return None
    return or_(Event.series_id.in_(series), Call.event_id.in_(events), Call.id.in_(calls))
