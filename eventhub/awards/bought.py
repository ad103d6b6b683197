"""The ticket of a grant that ended: what the fund bought is paid all the same, out of what stays committed."""

from sqlalchemy import ColumnElement, and_, func, select

from eventhub.awards.models import Award, AwardLine, Outcome, Payment, Ticket
from eventhub.funding.allowance import CostKind
from eventhub.kit.db import db

IS_TICKET = AwardLine.kind == CostKind.TICKET


def to_keep(award: Award) -> int:
    """What stays committed when a grant ends, in minor units: the part of a bought ticket that is not paid yet."""
    has_ticket = select(Ticket.id).where(Ticket.award_id == award.id).exists()
    row = db.session.scalar(select(AwardLine).where(AwardLine.award_id == award.id, IS_TICKET, has_ticket))
    if row is None:
        return 0
    most = row.authorised if row.actual is not None else row.approved
    return max(0, min((most or 0) - spent_on(row), award.committed))


def spent_on(line: AwardLine) -> int:
    """What was paid for a line and did not come back, in minor units."""
    spent = func.coalesce(func.sum(Payment.amount - Payment.returned), 0)
    return int(db.session.scalar(select(spent).where(Payment.line_id == line.id, Payment.paid_at.is_not(None))) or 0)


def is_held(award: Award) -> bool:
    """Whether a grant has ended and still holds money: for its ticket alone."""
    return award.ended_at is not None and award.committed > 0


def held() -> ColumnElement[bool]:
    """The same in SQL."""
    return and_(Award.ended_at.is_not(None), Award.committed > 0)


def is_of_ticket(award: Award, line: AwardLine) -> bool:
    """Whether a line is the ticket of a grant that ended and still holds money for it."""
    return is_held(award) and line.kind is CostKind.TICKET


def takes_cost(award: Award, line: AwardLine) -> bool:
    """Whether the real cost of a line is entered: of a grant that was accepted, and after its end of the ticket that
    is still to be paid, or was.
    """
    if award.application.erased_at is not None:
        return False
    if award.outcome is Outcome.ACCEPTED:
        return True
    is_paid = award.ended_at is not None and line.kind is CostKind.TICKET and spent_on(line) > 0
    return is_paid or is_of_ticket(award, line)
