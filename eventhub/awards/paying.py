"""Paying: what a line may be paid, by two people of finance, and money that comes back.

Neither of the two recommended or approved the grant. Amounts are minor units of the envelope's currency.

A line without an actual amount is paid in advance, up to what is approved; with one up to what is authorised, the
lesser of both. Savings on one line never pay for another.
"""

import json
import uuid
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.awards import bought, queries, stays
from eventhub.awards.ledger import AmountWrong, Line, converted, free, write
from eventhub.awards.models import Award, AwardLine, Outcome, Payment
from eventhub.awards.money_models import MovementKind
from eventhub.awards.recommending import recommenders_of
from eventhub.funding import looking
from eventhub.funding.models import State
from eventhub.funding.moves import NotPossible
from eventhub.funding.nearness import too_near
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, means
from eventhub.kit.money import Money
from eventhub.kit.sealed import Place, open_sealed, place, seal
from eventhub.people.models import Person

PAYABLE = frozenset(
    {
        *(State.ACCEPTED, State.VISA_PENDING, State.TICKETED, State.TRAVELLED),
        *(State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED),
    }
)


class OverLine(DomainError):
    """More than the line may be paid: ``left`` is what may."""

    status = 422
    field = "amount"
    message = _l("This line may not be paid so much. Look at what is approved and what was paid.")

    def __init__(self, left: int = 0) -> None:
        self.left = left
        super().__init__()


class OverPaid(OverLine):
    """More is said to have come back than was paid and is not back yet."""

    field = "back"
    message = _l("This is more than was paid.")


class ThreePeople(DomainError):
    """Recommending, approving and paying are three people, and two people of finance pay."""

    status = 403
    message = _l("Whoever recommended or approved this grant, or asked for the payment, may not pay it.")


class PayeeUnread(DomainError):
    """Money that goes to somebody else is agreed to by whoever has looked to whom."""

    message = _l("This goes to somebody else. Open first who that is and how that person is paid.")


means("ck_fund_payment_two_people", ThreePeople())
means("ck_fund_payment_three_people", ThreePeople())


def note_actual(
    actor: Person,
    award: Award,
    line: AwardLine,
    given: Money,
    *,
    on: date,
    receipt_id: uuid.UUID | None = None,
) -> AwardLine:
    """What a line really cost, by the rate of that day; what is authorised follows. The award is held.

    Raises NoRateYet, and NotPossible for a grant that nobody accepted, that ended (but for its ticket), or whose person
    was erased.
    """
    if not bought.takes_cost(award, line):
        raise NotPossible
    amount, rate = converted(award.application.call_id, given, award.envelope.currency, on)
    line.actual, line.rate_id = amount.minor, rate.id if rate else None
    line.given, line.given_currency = (given.minor, given.currency) if rate else (None, None)
    line.receipt_id = receipt_id or line.receipt_id
    db.session.flush()
    db.session.refresh(line, ["authorised"])
    audit.record(
        "awards.actual_noted",
        award,
        actor=actor,
        scope_id=award.application.call_id,
        line=line.kind.value,
        amount=amount.minor,
        rate=rate.id if rate else None,
    )
    return line


def is_payable(award: Award, line: AwardLine) -> bool:
    """Whether anything is paid for a line at all: not once the grant was settled, once it ended for a bought ticket
    alone, and never after an erasure, since who would be paid is not known.
    """
    application = award.application
    if bought.is_of_ticket(award, line):
        return application.erased_at is None
    stands = award.outcome is Outcome.ACCEPTED and award.settled_at is None
    return stands and application.state in PAYABLE and application.erased_at is None


def payable(award: Award, line: AwardLine, *, but: uuid.UUID | None = None) -> int:
    """What a line may still be paid: never more than the statement of the allowance gives, once there is one, nor than
    stands committed for the grant and is not asked for: what came back is free, unless it is to be paid again. What is
    asked for already counts as paid. Below zero: so much comes back.
    """
    asked = select(func.coalesce(func.sum(Payment.amount - Payment.returned), 0)).where(
        Payment.line_id == line.id, Payment.dropped_at.is_(None), Payment.id != (but or uuid.UUID(int=0))
    )
    limit = line.authorised if line.actual is not None else line.approved
    stated = stays.stated(award, line)
    most = min(limit or 0, stated) if stated is not None else limit or 0
    waiting = select(func.coalesce(func.sum(Payment.amount), 0)).where(
        Payment.award_id == award.id,
        Payment.paid_at.is_(None),
        Payment.dropped_at.is_(None),
        Payment.id != (but or uuid.UUID(int=0)),
    )
    is_held = award.ended_at is None or bought.is_of_ticket(award, line)
    held = award.committed - (db.session.scalar(waiting) or 0) if is_held else 0
    return min(int(most - (db.session.scalar(asked) or 0)), max(0, int(held)))


def ask(actor: Person, award: Award, line: AwardLine, amount: int, *, payee: dict[str, str] | None = None) -> Payment:
    """Somebody of finance asks for a payment. ``payee``: who is paid in the traveller's place, and how.

    The award is held. Raises NotPossible, ThreePeople, Forbidden, AmountWrong, OverLine with what is left.
    """
    _demand_payer(actor, award)
    if not is_payable(award, line):
        raise NotPossible
    if amount <= 0:
        raise AmountWrong
    left = payable(award, line)
    if amount > left:
        raise OverLine(left)
    row = Payment(id=uuid.uuid4(), award_id=award.id, line=line, amount=amount, asked_by_id=actor.id)
    if payee:
        row.payee = seal(award.application.person.seal_key, _payee(row), json.dumps(payee, ensure_ascii=False))
    db.session.add(row)
    db.session.flush()
    audit.record("awards.payment_asked", award, actor=actor, scope_id=award.application.call_id, amount=amount)
    return row


def agree(actor: Person, award: Award, payment: Payment) -> Payment:
    """Another one of finance agrees, and it is paid. The same press again changes nothing.

    Award and payment are held. Raises ThreePeople, Forbidden, NotPossible, PayeeUnread, OverLine, EnvelopeBroken.
    """
    if payment.paid_at is not None and payment.agreed_by_id == actor.id:
        return payment
    _demand_payer(actor, award)
    if actor.id == payment.asked_by_id:
        raise ThreePeople
    if payment.paid_at or payment.dropped_at or not is_payable(award, payment.line):
        raise NotPossible
    if payment.payee is not None and not knows_payee(actor, payment):
        raise PayeeUnread
    left = payable(award, payment.line, but=payment.id)
    if payment.amount > left:
        raise OverLine(left)
    payment.agreed_by_id, payment.paid_at = actor.id, now()
    write(
        actor,
        [Line(award.envelope_id, MovementKind.PAY, payment.amount, award.id, payment.id)],
        reason="paid",
    )
    audit.record("awards.paid", award, actor=actor, scope_id=award.application.call_id, amount=payment.amount)
    return payment


def drop(actor: Person, award: Award, payment: Payment) -> Payment:
    """A payment that is not made after all. Raises NotPossible."""
    if payment.paid_at:
        raise NotPossible
    payment.dropped_at = payment.dropped_at or now()
    audit.record("awards.payment_dropped", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return payment


def take_back(actor: Person, award: Award, payment: Payment, amount: int, *, pay_again: bool = False) -> Payment:
    """Money came back, at most what was paid. It is free again, or with ``pay_again`` (a bank sent it back) stands
    committed for the same person, and a grant that was settled is settled anew.

    Raises NotPossible, OverPaid, EnvelopeBroken.
    """
    if payment.paid_at is None:
        raise NotPossible
    if not 0 < amount <= payment.amount - payment.returned:
        raise OverPaid(payment.amount - payment.returned)
    payment.returned += amount
    lines = [Line(award.envelope_id, MovementKind.RETURN, amount, award.id, payment.id)]
    if pay_again and award.outcome is Outcome.ACCEPTED and award.application.erased_at is None:
        award.settled_at = None
        lines += [
            Line(award.envelope_id, kind, amount, award.id) for kind in (MovementKind.RESERVE, MovementKind.COMMIT)
        ]
    free(actor, award.application.call_id, lines, reason="came_back")
    audit.record("awards.came_back", award, actor=actor, scope_id=award.application.call_id, amount=amount)
    return payment


def settle(actor: Person, award: Award) -> Award:
    """Everything is paid: what is still committed is free again. Raises NotPossible before the report is in, or while
    a payment waits for somebody's word.
    """
    waiting = [one for one in queries.payments(award.id) if one.paid_at is None]
    if award.application.state is not State.CLOSED or waiting:
        raise NotPossible
    if award.committed:
        freed = [Line(award.envelope_id, MovementKind.UNCOMMIT, award.committed, award.id)]
        free(actor, award.application.call_id, freed, reason="settled")
    award.settled_at = award.settled_at or now()
    audit.record("awards.settled", award, actor=actor, scope_id=award.application.call_id)
    db.session.flush()
    return award


def read_payee(actor: Person, award: Award, payment: Payment, *, reason: str) -> dict[str, str]:
    """Who is paid in the traveller's place, and how: a sealed read, with its reason in the audit."""
    call_id = award.application.call_id
    looking.note_grant_read("awards.payee_read", actor, award, call_id, reason, payment=str(payment.id))
    db.session.flush()
    if payment.payee is None:
        return {}
    found: dict[str, str] = json.loads(open_sealed(award.application.person.seal_key, _payee(payment), payment.payee))
    return found


def knows_payee(actor: Person, payment: Payment) -> bool:
    """Whether somebody has opened who is paid in the traveller's place."""
    rows = select(AuditEntry.id).where(
        AuditEntry.verb == "awards.payee_read",
        AuditEntry.subject_id == payment.award_id,
        AuditEntry.actor_id == actor.id,
        AuditEntry.detail["payment"].astext == str(payment.id),
    )
    return db.session.scalar(rows.limit(1)) is not None


def _payee(payment: Payment) -> Place:
    return place("fund_payment", "payee", payment.id)


def deciders(award: Award) -> set[uuid.UUID]:
    """Who recommended or approved a grant, and so never pays it: all who recommended it (recommending.py); the
    approver, and whoever changed the amount before the offer.
    """
    priced = select(AuditEntry.actor_id).where(
        AuditEntry.subject_kind == Award.__tablename__,
        AuditEntry.subject_id == award.id,
        AuditEntry.verb == "awards.repriced",
    )
    found = {*recommenders_of(award), award.approved_by_id, *db.session.scalars(priced)}
    return {one for one in found if one}


def _demand_payer(actor: Person, award: Award) -> None:
    if actor.id in deciders(award):
        raise ThreePeople
    if too_near(actor, [award.application]):
        raise Forbidden
