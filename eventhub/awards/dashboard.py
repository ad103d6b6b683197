"""What organisers see of a fund: its money, and what happens when. Amounts are minor units of the call's currency.

Whoever may see persons reads exact amounts. For all others, and for donors, amounts of fewer than five people are not
told apart: the smallest kinds of cost go into one line together (SAFETY.md property 4).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, true

from eventhub.awards import bought, console_queries, dashboard_money, ledger
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.awards.dashboard_money import MOVING
from eventhub.awards.models import Award, AwardLine, Ticket, TravelReport
from eventhub.awards.money_models import ExchangeRate, FundEnvelope
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import Application, Call, CallDeadline
from eventhub.kit.db import db
from eventhub.kit.small_numbers import STEP
from eventhub.reviewing.models import Review, Standing
from eventhub.reviewing.queries import Reading
from eventhub.selecting.models import Board, Slate, SlateState

RATES = 60
"""So many rates are listed at the most, the newest."""


@dataclass(frozen=True)
class Sum:
    """An envelope, or all of them (``key`` is empty), in minor units; None where it is not told. ``counted``: when what
    is told of it was counted; None where it is of this minute, or that is not known.
    """

    key: str
    budget: int
    reserved: int | None
    committed: int | None
    paid: int | None
    returned: int | None
    free: int | None
    counted: datetime | None = None

    @property
    def spent(self) -> int | None:
        """What left and did not come back."""
        return None if self.paid is None or self.returned is None else self.paid - self.returned


@dataclass(frozen=True)
class Cost:
    """What one kind of cost comes to, over so many people; ``kind`` None: several small kinds together."""

    kind: CostKind | None
    people: int
    estimated: int
    approved: int
    actual: int
    authorised: int


@dataclass(frozen=True)
class Money:
    """The money of a call. ``people``: those with money that is reserved, promised or spent; ``each``: what that comes
    to for one of them, None where they are too few to be told apart from one person.
    """

    currency: str
    envelopes: tuple[Sum, ...]
    whole: Sum
    costs: tuple[Cost, ...]
    people: int
    each: int | None

    @property
    def is_older(self) -> bool:
        """Whether money has moved since the envelopes were counted: together they are not the whole."""
        return any(_together(self.envelopes, name) not in {None, getattr(self.whole, name)} for name in MOVING)


def money(call: Call, *, exact: bool, tells: bool = False) -> Money:
    """Envelopes and costs; ``exact``: for whoever may see persons, of this minute. For all others as of the last count
    of a worker, and only what tells of five people at the least (dashboard_money.py); for everybody so each envelope
    where envelopes tell of sealed answers (``tells``), not their sum. Three statements.
    """
    rows = db.session.scalars(
        select(FundEnvelope).where(FundEnvelope.call_id == call.id).order_by(FundEnvelope.key)
    ).all()
    if not exact:
        return _frozen(call, rows)
    envelopes = tuple(
        Sum(row.key, row.budget, row.reserved, row.committed, row.paid, row.returned, ledger.pure(row).free)
        for row in rows
    )
    names = ("budget", "reserved", "committed", "paid", "returned", "free")
    whole = Sum("", *(sum(getattr(one, name) for one in envelopes) for name in names))
    if tells and len(rows) > 1:
        envelopes = _of_one_count(_frozen(call, rows).envelopes, whole)
    people = _people(call.id)
    return Money(call.currency, envelopes, whole, _costs(call.id), people, _each(whole, people))


def freeze(call: Call, row: FrozenBalance) -> None:
    """Keep what may be read of the money by now beside the balance. Safe to repeat."""
    found = _costs(call.id)
    costs = [(one.kind, one.people, one.estimated, one.approved, one.actual, one.authorised) for one in found]
    money = dashboard_money.published(call, costs, row.numbers.get("money"), lines_of(found))
    row.numbers = row.numbers | {"money": money}


def count_anew(call_id: uuid.UUID) -> None:
    """Decisions were released: what may be read of the money follows at once, where it tells of five people at the
    least (dashboard_money.py). Safe to repeat; nothing where no night has counted the call yet.
    """
    row = db.session.get(FrozenBalance, call_id, with_for_update=True)
    if row is not None:
        freeze(db.session.get_one(Call, call_id), row)
        db.session.flush()


def _together(envelopes: Sequence[Sum], name: str) -> int | None:
    found = [getattr(one, name) for one in envelopes]
    return None if None in found else sum(found)


def _of_one_count(envelopes: tuple[Sum, ...], whole: Sum) -> tuple[Sum, ...]:
    """Without what is free in each where they were counted before the whole: more would seem free than is."""
    if _together(envelopes, "free") in {None, whole.free}:
        return envelopes
    return tuple(replace(one, free=None) for one in envelopes)


def _frozen(call: Call, rows: Sequence[FundEnvelope]) -> Money:
    row = db.session.get(FrozenBalance, call.id)
    lent = ledger.lent(rows)
    told: dict[str, Any] = (row.numbers.get("money") if row else None) or {"sums": {}, "costs": [], "people": 0}
    sums = told["sums"]
    ceilings = {one.key: ledger.pure(one).ceiling for one in rows}

    def as_told(key: str, budget: int, ceiling: int) -> Sum:
        if key not in sums:
            return Sum(key, budget, None, None, None, None, None)
        reserved, committed, paid, returned = sums[key]
        free = ceiling - reserved - committed - paid + returned
        at = told.get("at", {}).get("parts" if key else "whole")
        counted = datetime.fromisoformat(at) if at else None
        return Sum(key, budget, reserved, committed, paid, returned, free, counted)

    envelopes = tuple(as_told(one.key, one.budget - lent.get(one.id, 0), ceilings[one.key]) for one in rows)
    if any(one.kept is not None for one in rows) and len(rows) > 1:
        envelopes = tuple(replace(one, free=None) for one in envelopes)
    whole = as_told("", sum(one.budget for one in rows), sum(ceilings.values()))
    envelopes = (replace(whole, key=rows[0].key),) if len(rows) == 1 else _of_one_count(envelopes, whole)
    costs = tuple(Cost(CostKind(kind), *numbers) for kind, *numbers in told["costs"])
    return Money(call.currency, envelopes, whole, together(costs), told["people"], _each(whole, told["people"]))


def _each(whole: Sum, people: int) -> int | None:
    if not people or whole.reserved is None or whole.committed is None or whole.spent is None:
        return None
    return (whole.reserved + whole.committed + whole.spent) // people


def together(costs: Sequence[Cost]) -> tuple[Cost, ...]:
    """The costs with no kind of fewer than five people: such kinds stand in one line, with the next smallest until five
    people are behind it, and never one alone. Nothing where all together are too few.
    """
    order = sorted(costs, key=lambda one: (one.people, one.kind or ""))
    small = [one for one in order if one.people < STEP]
    rest = order[len(small) :]
    while small and (len(small) < 2 or max(one.people for one in small) < STEP):
        if not rest:
            return ()
        small.append(rest.pop(0))
    told = tuple(one for one in costs if one not in small)
    if not small:
        return told
    names = ("estimated", "approved", "actual", "authorised")
    merged = Cost(None, max(one.people for one in small), *(sum(getattr(one, name) for one in small) for name in names))
    return (*told, merged)


def lines_of(costs: Sequence[Cost]) -> list[list[str]]:
    """Which kinds stand in one line when the small ones stand together: none where nothing is told."""
    told = together(costs)
    alone = [str(one.kind) for one in told if one.kind is not None]
    merged = [str(one.kind) for one in costs if one.kind is not None and str(one.kind) not in alone]
    return [[one] for one in alone] + ([merged] if told and merged else [])


def rates(call: Call) -> list[ExchangeRate]:
    """The rates for the call's currency that held at some time since it opened: all of them, whoever needed one."""
    since = (call.opened_at or call.opens_at).date()
    found: list[ExchangeRate] = []
    for row in console_queries.rates(call):
        before = found[-1] if found and found[-1].currency == row.currency else None
        if before is None or (before.valid_from > since and before.valid_from != row.valid_from):
            found.append(row)
    return found[:RATES]


def _people(call_id: uuid.UUID) -> int:
    held = Award.reserved + Award.committed + Award.paid - Award.returned > 0
    rows = select(func.count()).select_from(Award).join(Award.application)
    return db.session.scalar(rows.where(Application.call_id == call_id, held)) or 0


def _costs(call_id: uuid.UUID) -> tuple[Cost, ...]:
    """Awards that ended count where something was spent, and with the ticket alone that is still to be paid."""
    sums = [func.coalesce(func.sum(one), 0) for one in (AwardLine.estimated, AwardLine.approved, AwardLine.actual)]
    rows = (
        select(AwardLine.kind, func.count(), *sums, func.coalesce(func.sum(AwardLine.authorised), 0))
        .join(Award, Award.id == AwardLine.award_id)
        .join(Award.application)
        .where(
            Application.call_id == call_id,
            (Award.ended_at.is_(None)) | (Award.paid > Award.returned) | (bought.held() & bought.IS_TICKET),
        )
        .group_by(AwardLine.kind)
    )
    found = {
        CostKind(row[0]): Cost(CostKind(row[0]), *(int(value or 0) for value in row[1:]))
        for row in db.session.execute(rows)
    }
    return tuple(found[kind] for kind in CostKind if kind in found)


class Happening(StrEnum):
    """What happens in the life of a call, in its order."""

    OPENS = "opens"
    DEADLINE = "deadline"
    READING = "reading"
    BOARD = "board"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    OFFERS = "offers"
    ACCEPT_BY = "accept_by"
    TRAVEL = "travel"
    REPORTS = "reports"


@dataclass(frozen=True)
class Span:
    """From a day to a day, by the clock of the call. ``done`` of ``all``: how far it is, where that can be said;
    ``late``: reports that are overdue. ``was``: a deadline that a later one replaced. ``people``: whose days these are,
    None for days of the call itself.
    """

    what: Happening
    first: date
    last: date
    done: int | None = None
    of_all: int | None = None
    late: int = 0
    was: bool = False
    people: int | None = None


def timeline(reading: Reading, today: date) -> list[Span]:
    """What happened and what is due, in the order of a call. Three statements."""
    call, zone = reading.call, ZoneInfo(reading.call.time_zone)

    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    opened = day(call.opened_at or call.opens_at)
    found = [Span(Happening.OPENS, min(opened, day(call.opens_at)), day(call.opens_at))]
    former = db.session.scalars(
        select(CallDeadline).where(CallDeadline.call_id == call.id).order_by(CallDeadline.announced_at, CallDeadline.id)
    )
    ends = dict.fromkeys([*(day(one.closes_at) for one in former), day(call.closes_at)])
    found += [Span(Happening.DEADLINE, one, one, was=one != day(call.closes_at)) for one in ends]
    chosen = db.session.execute(_choosing(call.id)).one()
    if chosen.assigned is not None:
        until = day(chosen.assigned) + timedelta(days=reading.rules.reviewing.ends_after_days)
        last = max(until, day(chosen.read)) if chosen.read else until
        found.append(Span(Happening.READING, day(chosen.assigned), last, chosen.handed_in, chosen.reviews))
    if chosen.met is not None:
        # A meeting that nobody closed ended with the choice at the latest.
        parted = chosen.parted if not chosen.meets else chosen.approved
        found.append(Span(Happening.BOARD, day(chosen.met), max(day(chosen.met), day(parted)) if parted else today))
    for what, moment in ((Happening.RECOMMENDED, chosen.recommended), (Happening.APPROVED, chosen.approved)):
        if moment is not None:
            found.append(Span(what, day(moment), day(moment)))
    gone = db.session.execute(_going(call.id, today)).one()
    if gone.offered is not None:
        found.append(Span(Happening.OFFERS, day(gone.offered), day(gone.offered_last), people=gone.offers))
        until, last = day(gone.until), day(gone.until_last)
        found.append(Span(Happening.ACCEPT_BY, until, last, gone.answered, gone.offers, people=gone.offers))
    if gone.leaves is not None:
        found.append(Span(Happening.TRAVEL, gone.leaves, gone.returns, None, gone.tickets, people=gone.tickets))
    if gone.ended is not None:
        report = Span(Happening.REPORTS, gone.ended, gone.due, gone.filed, gone.reports, gone.late, people=gone.reports)
        found.append(report)
    return found


def _choosing(call_id: uuid.UUID) -> Any:
    """Reviews, meetings and the slate that stands, as one row."""
    open_too = Review.state.in_([Standing.ASSIGNED, Standing.BEGUN, Standing.HANDED_IN])
    reviews = (
        select(
            func.min(Review.assigned_at).label("assigned"),
            func.max(Review.ended_at).label("read"),
            func.count().filter(Review.state == Standing.HANDED_IN).label("handed_in"),
            func.count().filter(open_too).label("reviews"),
        )
        .where(Review.call_id == call_id)
        .subquery()
    )
    boards = (
        select(
            func.min(Board.opened_at).label("met"),
            func.max(Board.closed_at).label("parted"),
            func.count().filter(Board.closed_at.is_(None)).label("meets"),
        )
        .where(Board.call_id == call_id)
        .subquery()
    )
    slates = (
        select(func.max(Slate.recommended_at).label("recommended"), func.max(Slate.approved_at).label("approved"))
        .where(Slate.call_id == call_id, Slate.state.in_([SlateState.RECOMMENDED, SlateState.APPROVED]))
        .subquery()
    )
    return select(reviews, boards, slates).select_from(reviews.join(boards, true()).join(slates, true()))


def _going(call_id: uuid.UUID, today: date) -> Any:
    """Offers, journeys and reports, as one row."""
    late = TravelReport.filed_at.is_(None) & (TravelReport.due < today)
    return (
        select(
            func.min(Award.offered_at).label("offered"),
            func.max(Award.offered_at).label("offered_last"),
            func.min(Award.accept_by).label("until"),
            func.max(Award.accept_by).label("until_last"),
            func.count(Award.answered_at).label("answered"),
            func.count(Award.offered_at).label("offers"),
            func.min(Ticket.travels_on).label("leaves"),
            func.max(Ticket.returns_on).label("returns"),
            func.count(Ticket.id).label("tickets"),
            func.min(TravelReport.ended_on).label("ended"),
            func.max(TravelReport.due).label("due"),
            func.count(TravelReport.filed_at).label("filed"),
            func.count(TravelReport.id).label("reports"),
            func.count().filter(late).label("late"),
        )
        .select_from(Award)
        .join(Award.application)
        .outerjoin(Ticket, Ticket.award_id == Award.id)
        .outerjoin(TravelReport, TravelReport.award_id == Award.id)
        .where(Application.call_id == call_id)
    )
