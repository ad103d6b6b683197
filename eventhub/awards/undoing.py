"""Steps of a grant that were noted by mistake: a ticket, a journey. The table of moves knows no way back."""

from sqlalchemy import delete, select, update

from eventhub.awards import queries, travelling
from eventhub.awards.models import Award, Ticket, VisaState
from eventhub.funding.models import Debt, Owed, State
from eventhub.funding.moves import NotPossible
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person

HOME = frozenset({State.REPORT_DUE, State.REPORT_OVERDUE})
"""After the journey, before the report."""


def may_undo(award: Award) -> bool:
    """Whether the last step of a grant is one that can be taken back: a ticket, or a journey without a report."""
    return award.application.state in {State.TICKETED, *HOME} and award.application.erased_at is None


def undo(actor: Person, award: Award, *, text: str | None) -> Award:
    """Take back the ticket, or that the person was there. ``text``: why; it stands in the audit. The award is held.

    Raises NotPossible: nothing of the sort was noted, the report is filed, or the person was erased.
    """
    if not may_undo(award):
        raise NotPossible
    if award.application.state is State.TICKETED:
        return _ticket(actor, award, text)
    return _journey(actor, award, text)


def _ticket(actor: Person, award: Award, text: str | None) -> Award:
    """Where the grant was before: with the visa that is there, which may be refused, or accepted."""
    application, visa = award.application, travelling.visa_of(award)
    before = State.VISA_PENDING if visa else State.ACCEPTED
    if visa is not None and visa.state is VisaState.REFUSED:
        before = State.VISA_REFUSED
    db.session.execute(delete(Ticket).where(Ticket.award_id == award.id))
    application.state, application.changed_at = before, now()
    audit.record("awards.ticket_undone", award, actor=actor, scope_id=application.call_id, text=text)
    db.session.flush()
    return award


def _journey(actor: Person, award: Award, text: str | None) -> Award:
    """With a ticket, as before: the report is not asked for any more, and what was owed for it is not owed."""
    report = queries.report_of(award.id)
    if report is None or report.filed_at is not None:
        raise NotPossible
    application, moment = award.application, now()
    owed = update(Debt).where(Debt.application_id == application.id, Debt.kind == Owed.REPORT)
    db.session.execute(owed.where(Debt.cleared_at.is_(None)).values(cleared_at=moment, cleared_by_id=actor.id))
    db.session.delete(report)
    has_ticket = db.session.scalar(select(Ticket.id).where(Ticket.award_id == award.id)) is not None
    application.state, application.changed_at = State.TICKETED if has_ticket else State.ACCEPTED, moment
    audit.record("awards.travelled_undone", award, actor=actor, scope_id=application.call_id, text=text)
    db.session.flush()
    return award
