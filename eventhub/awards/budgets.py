"""Budgets that are changed by hand: one person of finance asks, another one agrees, and the ledger follows.

The rules of a call are changed by two people too; so nobody alone has more money to give than was agreed to.
"""

import uuid

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from eventhub.awards import queries
from eventhub.awards.ledger import AmountWrong, change_budget, demand_cut, lent, shown
from eventhub.awards.money_models import BudgetChange, FundEnvelope
from eventhub.funding.moves import NotPossible
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.i18n import language
from eventhub.people.models import Person

MARK = "budget:"
"""With what the reason of a movement begins that a change wrote; the change's id follows."""


class TwoOfFinance(DomainError):
    """Whoever asked for a change of a budget agrees to it."""

    status = 403
    message = _l("You asked for this change. A colleague of finance has to agree to it.")


class MoreThanBudget(DomainError):
    """A cut by more than the budget is, as the page shows it."""

    status = 422
    field = "amount"

    def __init__(self, row: FundEnvelope, budget: int) -> None:
        said = LazyString(lambda: shown(row, budget, language()))
        super().__init__(_l("This is more than the whole budget of %(amount)s.", amount=said))


means("ck_fund_budget_change_two_people", TwoOfFinance())


def ask(actor: Person, row: FundEnvelope, difference: int, *, why: str) -> BudgetChange:
    """Somebody of finance wants another budget: more, or less by a negative ``difference`` (minor units). Nothing
    changes yet. Raises AmountWrong, MoreThanBudget, and EnvelopeBroken for a cut that the envelope does not bear.
    """
    if not difference:
        raise AmountWrong
    if difference < 0:
        budget = row.budget - lent(queries.envelopes(row.call_id)).get(row.id, 0)
        if -difference > budget:
            raise MoreThanBudget(row, budget)
        demand_cut(row, -difference)
    made = BudgetChange(id=uuid.uuid4(), envelope=row, difference=difference, why=why, asked_by_id=actor.id)
    db.session.add(made)
    db.session.flush()
    audit.record(
        "awards.budget_asked", row, actor=actor, scope_id=row.call_id, change=str(made.id), difference=difference
    )
    return made


def agree(actor: Person, change: BudgetChange) -> BudgetChange:
    """Another one of finance agrees, and the budget is changed. The same press again changes nothing. The change is
    held. Raises TwoOfFinance, NotPossible, EnvelopeBroken.
    """
    if change.agreed_at is not None and change.agreed_by_id == actor.id:
        return change
    if actor.id == change.asked_by_id:
        raise TwoOfFinance
    if change.agreed_at or change.dropped_at:
        raise NotPossible
    change.agreed_by_id, change.agreed_at = actor.id, now()
    change_budget(actor, change.envelope, change.difference, reason=f"{MARK}{change.id}", text=change.why)
    return change


def drop(actor: Person, change: BudgetChange) -> BudgetChange:
    """The budget stays as it is. The same press again changes nothing. The change is held. Raises NotPossible."""
    if change.agreed_at:
        raise NotPossible
    if change.dropped_at is None:
        change.dropped_at = now()
        row = change.envelope
        audit.record("awards.budget_dropped", row, actor=actor, scope_id=row.call_id, change=str(change.id))
        db.session.flush()
    return change
