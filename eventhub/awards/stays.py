"""What the officer knows of a stay, and the statement of the allowance that follows from it.

Days are those of the clock at the place of the event. Amounts follow the call's rules as they hold.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.awards import queries, statements
from eventhub.awards.models import Award, AwardLine, AwardStay, Outcome
from eventhub.funding import allowance
from eventhub.funding.allowance import CostKind, DailyRate, Given, Statement, Stay, terminal_lines
from eventhub.funding.models import Call
from eventhub.funding.moves import NotPossible
from eventhub.funding.rules import CostLine, Rules
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.money import Money, MoneyError
from eventhub.people.models import Person
from eventhub.programme.models import Event

LEGS = 4
"""Ways between a terminal and a dwelling on a return journey."""
LONGEST = timedelta(days=60)
ORDER = {one: place for place, one in enumerate(Given)}


class StayWrong(DomainError):
    """A stay that ends before it begins, or lasts longer than anybody is paid for."""

    status = 422
    field = "leaves"
    message = _l("Leaving comes after arriving, and at most 60 days later.")


def stay_of(award: Award) -> AwardStay | None:
    """The stay of an award, where it was entered."""
    return db.session.scalar(select(AwardStay).where(AwardStay.award_id == award.id))


def note(
    actor: Person,
    award: Award,
    arrives: datetime,
    leaves: datetime,
    given: Mapping[date, frozenset[Given]],
    *,
    driven: int,
) -> AwardStay:
    """Enter a stay by the clock of its place, what the host gives on each day, and on how many ways it drives. The
    award is held. Raises StayWrong, and NotPossible for a grant that nobody accepted, that ended, or whose person was
    erased.
    """
    if award.outcome is not Outcome.ACCEPTED or award.application.erased_at is not None:
        raise NotPossible
    if leaves <= arrives or leaves - arrives > LONGEST:
        raise StayWrong
    row = stay_of(award)
    if row is None:
        row = AwardStay(id=uuid.uuid4(), award_id=award.id)
        db.session.add(row)
    row.arrives, row.leaves, row.driven = arrives, leaves, driven
    row.given = {
        day.isoformat(): sorted((one.value for one in given[day]), key=lambda one: ORDER[Given(one)])
        for day in days_of(row)
        if given.get(day)
    }
    row.entered_by_id, row.entered_at = actor.id, now()
    statements.forget([row.id])
    audit.record("awards.stay_noted", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return row


def days_of(row: AwardStay) -> list[date]:
    """Every day from arriving to leaving."""
    first, last = row.arrives.date(), row.leaves.date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def given_of(row: AwardStay) -> dict[date, frozenset[Given]]:
    """What the host gives, by day."""
    return {date.fromisoformat(day): frozenset(Given(one) for one in what) for day, what in row.given.items()}


def statement(award: Award, row: AwardStay, rules: Rules, event: Event | None) -> Statement | None:
    """The lines of what is paid, each with its reason; None where the rules pay none, or contradict themselves."""
    currency, costs = award.envelope.currency, rules.costs
    stay = Stay(
        row.arrives,
        row.leaves,
        event.first_day if event else row.arrives.date(),
        event.last_day if event else row.leaves.date(),
        given_of(row),
    )
    rates = [DailyRate(Money(costs.dsa if CostLine.DSA in costs.lines else 0, currency), date.min)]
    # The call names one amount for the whole journey; less than one minor unit of a leg is not paid.
    leg = costs.terminal // LEGS if CostLine.TERMINAL in costs.lines else 0
    extras = terminal_lines(Money(leg, currency), LEGS, row.driven) if leg else []
    try:
        return allowance.statement(stay, rates, allowance.Rules(), currency, extras=extras)
    except MoneyError:
        return None


STATED = frozenset({CostKind.DSA, CostKind.TERMINAL})
"""What a statement tells of."""


def stated(award: Award, line: AwardLine) -> int | None:
    """What the statement gives for a cost line, in minor units; None where it says nothing of it, or no stay is
    entered.
    """
    row = stay_of(award) if line.kind in STATED else None
    if row is None:
        return None
    call = db.session.get_one(Call, award.application.call_id)
    event = db.session.get(Event, call.event_id) if call.event_id else None
    found = statement(award, row, queries.rules_of(call.id), event)
    return sum(one.amount.minor for one in found.lines if one.kind is line.kind) if found else None


def place_clock(award: Award, event: Event | None) -> str:
    """The zone by whose clock a stay is told."""
    return event.time_zone if event else award.application.call.time_zone
