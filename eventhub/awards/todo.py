"""What grants wait for, and from whom: receipts, visas and tickets, journeys, reports, money of those that ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, literal, or_, select

from eventhub.awards import bought
from eventhub.awards.console_queries import reach_of
from eventhub.awards.models import Award, AwardLine, Outcome, Ticket, Visa, VisaState
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.funding.nearness import aside_of
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.programme.models import Event


class Todo(StrEnum):
    """One kind of things to do."""

    RECEIPTS = "receipts"
    TICKETS = "tickets"
    REFUSED = "refused"
    THERE = "there"
    SETTLE = "settle"
    BOUGHT = "bought"
    PAID_OUT = "paid_out"


WHOSE: Mapping[Todo, tuple[Role, ...]] = {
    Todo.RECEIPTS: (Role.FUND_OFFICER, Role.FINANCE),
    Todo.TICKETS: (Role.FUND_OFFICER,),
    Todo.REFUSED: (Role.FUND_OFFICER,),
    Todo.THERE: (Role.FUND_OFFICER,),
    Todo.SETTLE: (Role.FINANCE,),
    Todo.BOUGHT: (Role.FINANCE,),
    Todo.PAID_OUT: (Role.FINANCE,),
}
"""Who may do it."""


@dataclass(frozen=True)
class Due:
    """A call where somebody has so many grants to see to, by kind."""

    slug: str
    title: Texts
    original_language: str
    numbers: Mapping[Todo, int]


def of_kind(kind: Todo, today: date) -> ColumnElement[bool]:
    """Which awards, of those that were accepted or ended: ``Award`` and ``Application`` are in the statement."""
    state = Application.state
    stands = and_(Award.outcome == Outcome.ACCEPTED, Application.erased_at.is_(None))
    match kind:
        case Todo.RECEIPTS:
            came = AwardLine.award_id == Award.id, AwardLine.receipt_id.is_not(None), AwardLine.actual.is_(None)
            return and_(stands, Award.settled_at.is_(None), select(AwardLine.id).where(*came).correlate(Award).exists())
        case Todo.TICKETS:
            there = (
                select(Visa.id)
                .where(Visa.award_id == Award.id, Visa.state == VisaState.GRANTED)
                .correlate(Award)
                .exists()
            )
            return and_(stands, or_(state == State.ACCEPTED, and_(state == State.VISA_PENDING, there)))
        case Todo.REFUSED:
            refused = (
                select(Visa.id)
                .where(Visa.award_id == Award.id, Visa.state == VisaState.REFUSED)
                .correlate(Award)
                .exists()
            )
            return and_(stands, or_(state == State.VISA_REFUSED, and_(state == State.TICKETED, refused)))
        case Todo.THERE:
            back = (
                select(Ticket.id)
                .where(Ticket.award_id == Award.id, Ticket.returns_on < today)
                .correlate(Award)
                .exists()
            )
            return and_(stands, state == State.TICKETED, back)
        case Todo.SETTLE:
            return and_(stands, state == State.CLOSED, Award.settled_at.is_(None))
        case Todo.BOUGHT:
            return and_(bought.held(), Application.erased_at.is_(None))
        case Todo.PAID_OUT:
            out = Award.ended_at.is_not(None), Award.paid > Award.returned, Award.settled_at.is_(None)
            return and_(*out, Application.erased_at.is_(None))


def due(grants: Iterable[RoleGrant], person: Person) -> list[Due]:
    """What waits within somebody's reach, without awards that the person is near to. Three statements, none for whoever
    is neither officer nor of finance.
    """
    mine, today = list(grants), now().date()
    reach = {role: reach_of(mine, role) for role in (Role.FUND_OFFICER, Role.FINANCE)}
    if all(one is None for one in reach.values()):
        return []
    within = {
        kind: or_(*(one for role in roles if (one := reach[role]) is not None))
        if any(reach[role] is not None for role in roles)
        else literal(False)
        for kind, roles in WHOSE.items()
    }
    numbers = [func.count().filter(and_(within[kind], of_kind(kind, today))) for kind in Todo]
    rows = (
        select(Call.slug, Call.title, Call.original_language, *numbers)
        .join(Application, Application.call_id == Call.id)
        .join(Award, Award.application_id == Application.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(Call.stand != Stand.DRAFT, or_(*within.values()), aside_of(person).others())
        .group_by(Call.id)
        .order_by(Call.slug)
    )
    found = [Due(*row[:3], dict(zip(Todo, row[3:], strict=True))) for row in db.session.execute(rows)]
    return [one for one in found if any(one.numbers.values())]
