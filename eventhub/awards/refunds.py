"""Money that came back: one person of finance says so, another one agrees, and the ledger follows.

And payments that wait for a grant that ended without dropping them (``awarding`` does since): they are dropped, and
whoever asked hears. One for a ticket that is still to be paid waits on.
"""

import uuid
from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.awards import bought, paying
from eventhub.awards.models import Award, Outcome, Payment, Refund
from eventhub.funding.models import Application
from eventhub.funding.moves import NotPossible
from eventhub.funding.nearness import Aside
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.people.models import Person


class TwoOfFinance(DomainError):
    """Whoever noted that money came back does not agree to it."""

    status = 403
    message = _l("You noted this yourself. A colleague of finance has to agree to it.")


class WaitsAlready(DomainError):
    """One at a time for a payment."""

    field = "back"
    message = _l("Money of this payment that came back waits for a second person already.")


means("ck_fund_refund_two_people", TwoOfFinance())
means("ix_fund_refund_waiting", WaitsAlready())


def waiting_for(payment_id: uuid.UUID, *, lock: bool = False) -> Refund | None:
    """What waits for a second person. One statement."""
    rows = select(Refund).where(Refund.payment_id == payment_id, Refund.agreed_at.is_(None))
    rows = rows.where(Refund.dropped_at.is_(None))
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(rows)


def waiting(call_id: uuid.UUID, aside: Aside) -> list[Refund]:
    """All of a call that waits for a second person, the oldest first. One statement."""
    rows = (
        select(Refund)
        .join(Refund.payment)
        .join(Payment.award)
        .join(Award.application)
        .join(Application.person)
        .join(Award.envelope)
        .options(
            contains_eager(Refund.payment).options(
                contains_eager(Payment.award).options(
                    contains_eager(Award.application).contains_eager(Application.person),
                    contains_eager(Award.envelope),
                ),
                joinedload(Payment.line),
            )
        )
        .where(Application.call_id == call_id, Refund.agreed_at.is_(None), Refund.dropped_at.is_(None), aside.others())
        .order_by(Refund.asked_at, Refund.id)
    )
    return list(db.session.scalars(rows))


def ask(actor: Person, award: Award, payment: Payment, amount: int, *, again: bool = False) -> Refund:
    """Somebody of finance notes that money came back; nothing moves yet. Award and payment are held.

    Raises NotPossible, OverPaid with what may come back at most, WaitsAlready.
    """
    if payment.paid_at is None:
        raise NotPossible
    if not 0 < amount <= payment.amount - payment.returned:
        raise paying.OverPaid(payment.amount - payment.returned)
    if waiting_for(payment.id) is not None:
        raise WaitsAlready
    row = Refund(id=uuid.uuid4(), payment=payment, amount=amount, again=again, asked_by_id=actor.id)
    db.session.add(row)
    db.session.flush()
    audit.record("awards.back_noted", award, actor=actor, scope_id=award.application.call_id, amount=amount)
    return row


def agree(actor: Person, award: Award, payment: Payment, refund: Refund) -> Refund:
    """Another one of finance agrees: the money is there. Award, payment and refund are held.

    Raises TwoOfFinance, and what ``paying.take_back`` raises.
    """
    if actor.id == refund.asked_by_id:
        raise TwoOfFinance
    refund.agreed_by_id, refund.agreed_at = actor.id, now()
    paying.take_back(actor, award, payment, refund.amount, pay_again=refund.again)
    return refund


def drop(actor: Person, award: Award, refund: Refund) -> Refund:
    """It did not come back after all. The refund is held."""
    refund.dropped_at = now()
    audit.record("awards.back_dropped", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return refund


def sweep(limit: int = 200) -> int:
    """Drop payments that wait though their grant has ended, or its person was erased: nobody can agree to them. Whoever
    asked gets a mail. How many. Safe to repeat.
    """
    over = or_(
        Award.ended_at.is_not(None),
        Award.outcome.is_distinct_from(Outcome.ACCEPTED),
        Application.erased_at.is_not(None),
    )
    rows = (
        select(Payment.id, Payment.award_id)
        .join(Payment.award)
        .join(Award.application)
        .join(Payment.line)
        .where(Payment.paid_at.is_(None), Payment.dropped_at.is_(None), over, not_(_is_owed()))
    )
    found = db.session.execute(rows.order_by(Payment.award_id, Payment.id).limit(limit)).all()
    _drop({row.award_id for row in found}, {row.id for row in found})
    return len(found)


def _is_owed() -> ColumnElement[bool]:
    return and_(bought.held(), bought.IS_TICKET, Application.erased_at.is_(None))


def _drop(award_ids: Collection[uuid.UUID], ids: Collection[uuid.UUID]) -> None:
    """These payments, as far as they wait, of these grants, held in one order."""
    held = select(Award).where(Award.id.in_(award_ids)).options(joinedload(Award.application)).order_by(Award.id)
    for award in db.session.scalars(held.with_for_update(of=Award)).all():
        waits = (
            Payment.award_id == award.id,
            Payment.paid_at.is_(None),
            Payment.dropped_at.is_(None),
            Payment.id.in_(ids),
        )
        for payment in db.session.scalars(select(Payment).where(*waits).order_by(Payment.id).with_for_update()).all():
            payment.dropped_at = now()
            audit.record(
                "awards.payment_swept", award, actor=None, scope_id=award.application.call_id, amount=payment.amount
            )
            promise("awards.payment_swept", payment_id=payment.id)
    db.session.flush()
