"""What finance says of a grant that ended: that nothing more is paid for its ticket, that what was paid stays paid."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.awards import queries
from eventhub.awards.awarding import propose_next
from eventhub.awards.ledger import Line, free, shown
from eventhub.awards.models import Award, AwardLine, Payment
from eventhub.awards.money_models import MovementKind
from eventhub.awards.queries import Left
from eventhub.funding.allowance import Payee
from eventhub.funding.moves import NotPossible
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person


class StillAsked(DomainError):
    """Two of finance who say two things of one ticket."""

    message = _l("A payment for the ticket waits for a second person. Agree to it or drop it first.")


def let_go(actor: Person, award: Award) -> Award:
    """Nothing more is paid for the ticket of a grant that ended: what stood committed for it is free, and the next
    reserve is proposed where nobody is. The award is held; the same press again changes nothing.

    Raises NotPossible for a grant that did not end, and StillAsked.
    """
    if award.ended_at is None:
        raise NotPossible
    if not award.committed:
        return award
    if is_asked(award):
        raise StillAsked
    call_id = award.application.call_id
    freed = [Line(award.envelope_id, MovementKind.UNCOMMIT, award.committed, award.id)]
    free(actor, call_id, freed, reason="ticket_over")
    audit.record("awards.ticket_over", award, actor=actor, scope_id=call_id, amount=freed[0].amount)
    db.session.flush()
    for one in queries.left_open(award.ended_at, only=award.id):
        propose_next(Left.by(one))
    return award


def is_asked(award: Award) -> bool:
    """Whether a payment for a grant waits for a second person."""
    return any(one.paid_at is None for one in queries.payments(award.id))


def is_out(award: Award) -> bool:
    """Whether a grant has ended with money paid out that neither came back nor is said to stay paid."""
    is_open = award.settled_at is None and award.application.erased_at is None
    return award.ended_at is not None and award.spent > 0 and is_open


def stay_paid(actor: Person, award: Award) -> Award:
    """What was paid before a grant ended is not asked back: it is settled. The award is held; the same press again
    changes nothing. Raises NotPossible where nothing is paid out.
    """
    if award.ended_at is None or award.spent == 0:
        raise NotPossible
    if award.settled_at is None:
        award.settled_at = now()
        audit.record("awards.stays_paid", award, actor=actor, scope_id=award.application.call_id, amount=award.spent)
        db.session.flush()
    return award


def told(award: Award, lang: str) -> list[Any]:
    """To whoever held a grant, or gives it up: that the fund writes about what was paid to her; nothing where nothing
    was, or once that is settled. The award is loaded whole. One statement.
    """
    amount = func.coalesce(func.sum(Payment.amount - Payment.returned), 0)
    rows = select(amount).join(AwardLine, AwardLine.id == Payment.line_id).where(Payment.award_id == award.id)
    hers = rows.where(Payment.paid_at.is_not(None), AwardLine.payee == Payee.TRAVELLER)
    paid = int(db.session.scalar(hers) or 0) if award.settled_at is None else 0
    if not paid:
        return []
    said = shown(award.envelope, paid, lang)
    return [
        _l("%(amount)s of the grant was paid to you already. The fund writes to you about that money.", amount=said)
    ]
