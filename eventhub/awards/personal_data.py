"""A person's copy of all that is kept about grants, and what erasing does: the money stays, without a person."""

import uuid
from typing import Any

from sqlalchemy import delete, select, update

from eventhub.awards import awarding, queries, receipts, releasing, reporting, statements, stays
from eventhub.awards.ledger import Line, free
from eventhub.awards.models import (
    Award,
    AwardLine,
    AwardStay,
    Outcome,
    Payment,
    Replacement,
    Ticket,
    TravelReport,
    Visa,
)
from eventhub.awards.money_models import MovementKind
from eventhub.awards.release_models import Decision
from eventhub.funding import behalf
from eventhub.funding.models import MOVES, Application, State
from eventhub.kit import files
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.kit.sealed import SealKey, place, resealed
from eventhub.people.models import Person
from eventhub.programme.models import Event

REPORT, PAYEE, WORDS = ("fund_travel_report", "answers"), ("fund_payment", "payee"), ("fund_decision", "words")
"""Where the sealed texts stand, as ``reporting``, ``paying`` and ``releasing`` seal them."""


def own_data(person: Person) -> list[dict[str, Any]]:
    """Somebody's grants with their lines, visa and report. What was not offered is not told yet."""
    found = []
    rows = queries.whole().where(Application.person_id == person.id, Award.offered_at.is_not(None))
    for award in db.session.scalars(rows):
        report = queries.report_of(award.id)
        visa = db.session.scalar(select(Visa).where(Visa.award_id == award.id))
        stay = stays.stay_of(award)
        found.append(
            {
                "reference": award.application.reference,
                "state": (award.application.outcome_seen or award.application.state).value,
                "currency": award.envelope.currency,
                "approved": award.amount,
                "paid": award.paid,
                "returned": award.returned,
                "offered": award.offered_at,
                "answered": award.answered_at,
                "lines": {row.kind.value: row.authorised or row.approved for row in queries.lines([award.id])},
                "visa": visa.state.value if visa else None,
                "stay": {"arrives": stay.arrives, "leaves": stay.leaves, "given": stay.given} if stay else None,
                "report": reporting.answers(award, report) if report else {},
            }
        )
    return found


def decisions(person: Person) -> list[dict[str, Any]]:
    """What somebody was told beside an outcome: the code of the reason, and plain words."""
    rows = (
        select(Decision, Application.reference)
        .join(Application, Application.id == Decision.application_id)
        .where(Application.person_id == person.id, Decision.told_at.is_not(None))
        .order_by(Decision.told_at, Decision.id)
    )
    return [
        {
            "reference": reference,
            "reason": row.reason_told,
            "words": releasing.words_of(person, row, row.words_told),
            "told": row.told_at,
        }
        for row, reference in db.session.execute(rows)
    ]


def erase(person: Person) -> int:
    """Take a person out of all grants; how many. What is not paid is free again; lines of the ledger stay, since money
    moved. Safe to repeat.
    """
    mine = select(Application.id).where(Application.person_id == person.id)
    db.session.execute(update(Decision).where(Decision.application_id.in_(mine)).values(words=None, told_words=None))
    ids = list(db.session.scalars(select(Award.id).join(Award.application).where(Application.person_id == person.id)))
    if not ids:
        return 0
    for award in queries.awards(ids, lock=True):
        _let_go(award)
        # The mailed link of an offer opens nothing any more.
        award.token_hash = None
        _forget_days(award)
    waits = Payment.award_id.in_(ids), Payment.paid_at.is_(None), Payment.dropped_at.is_(None)
    db.session.execute(update(Payment).where(*waits).values(dropped_at=now()))
    db.session.execute(update(Payment).where(Payment.award_id.in_(ids)).values(payee=None))
    db.session.execute(update(AwardLine).where(AwardLine.award_id.in_(ids)).values(receipt_id=None))
    sent = StoredFile.owner_id == person.id, StoredFile.purpose == receipts.PURPOSE, StoredFile.deleted_at.is_(None)
    for file in db.session.scalars(select(StoredFile).where(*sent)):
        files.remove(file)
    statements.forget(list(db.session.scalars(select(AwardStay.id).where(AwardStay.award_id.in_(ids)))))
    for table in (Visa, Ticket, Replacement, AwardStay):
        db.session.execute(delete(table).where(table.award_id.in_(ids)))
    _forget_words(ids)
    db.session.flush()
    return len(ids)


def hand_on(application: Application, before: SealKey, after: SealKey) -> None:
    """An application is somebody else's: the decision's words, report, another payee and receipts are sealed anew."""
    for told in db.session.scalars(select(Decision).where(Decision.application_id == application.id)).all():
        told.words = resealed(before, after, place(*WORDS, told.id), told.words)
        told.told_words = resealed(before, after, place(*WORDS, told.id), told.told_words)
    mine = select(Award.id).where(Award.application_id == application.id)
    for report in db.session.scalars(select(TravelReport).where(TravelReport.award_id.in_(mine))).all():
        report.answers = resealed(before, after, place(*REPORT, report.id), report.answers)
    for payment in db.session.scalars(select(Payment).where(Payment.award_id.in_(mine))).all():
        payment.payee = resealed(before, after, place(*PAYEE, payment.id), payment.payee)
    for line in db.session.scalars(select(AwardLine).where(AwardLine.award_id.in_(mine))).all():
        line.receipt_id = files.handed_over(line.receipt_id, application.person_id, after)


behalf.HANDED_ON.append(hand_on)


def _let_go(award: Award) -> None:
    ways = MOVES[award.application.state]
    if State.DECLINED_BY_APPLICANT in ways:
        awarding.end(None, award, State.DECLINED_BY_APPLICANT, Outcome.DECLINED, reason="erased")
    elif State.WITHDRAWN in ways:
        awarding.end(None, award, State.WITHDRAWN, Outcome.WITHDRAWN, reason="erased")
    elif State.CANCELLED in ways:
        awarding.end(None, award, State.CANCELLED, Outcome.CANCELLED, reason="erased")
    elif award.outcome is Outcome.ACCEPTED:
        award.settled_at = award.settled_at or now()
    if award.committed:
        freed = [Line(award.envelope_id, MovementKind.UNCOMMIT, award.committed, award.id)]
        free(None, award.application.call_id, freed, reason="erased")


def _forget_days(award: Award) -> None:
    """That a report was filed is counted; the days of the journey, and what is not owed any more, are not kept."""
    db.session.execute(delete(TravelReport).where(TravelReport.award_id == award.id, TravelReport.filed_at.is_(None)))
    call = award.application.call
    event = db.session.get(Event, call.event_id) if call.event_id else None
    nobodys = event.last_day if event is not None else call.closes_at.date()
    mine = update(TravelReport).where(TravelReport.award_id == award.id)
    db.session.execute(mine.values(answers=None, ended_on=nobodys, due=nobodys))


def _forget_words(ids: list[uuid.UUID]) -> None:
    about = select(AuditEntry.id).where(AuditEntry.subject_kind == Award.__tablename__, AuditEntry.subject_id.in_(ids))
    db.session.execute(delete(AuditText).where(AuditText.entry_id.in_(about)))
