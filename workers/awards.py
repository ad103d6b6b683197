"""Mails about grants, and what the clock does with offers and reports."""

import uuid
from datetime import timedelta

from eventhub.awards import (
    awarding,
    dashboard,
    dashboard_counts,
    dashboard_orders,
    donors,
    ledger,
    letters,
    queries,
    refunds,
    releasing,
    replacing,
    reporting,
    staging,
    statement_paper,
    statements,
    stuck,
)
from eventhub.awards.letters import Kind
from eventhub.awards.models import Outcome, Replacement
from eventhub.awards.release_models import Release
from eventhub.funding.models import Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.people.models import Person
from workers.app import celery, mails, writes
from workers.papers_made import make_file
from workers.upkeep import by_the_clock

STANDS: dict[Kind, frozenset[State]] = {
    "offered": frozenset({State.OFFERED}),
    "accepted": frozenset({State.ACCEPTED, State.VISA_PENDING, State.TICKETED}),
    "lapsed": frozenset({State.LAPSED}),
    "ended": frozenset({State.CANCELLED, State.WITHDRAWN, State.DECLINED_BY_APPLICANT}),
    "visa_help": frozenset({State.VISA_PENDING, State.TICKETED}),
    "ticket": frozenset({State.TICKETED}),
    "report_due": frozenset({State.REPORT_DUE}),
    "report_reminder": frozenset({State.REPORT_DUE, State.REPORT_OVERDUE}),
    "report_overdue": frozenset({State.REPORT_OVERDUE}),
    "thanks": frozenset({State.CLOSED}),
}
"""In which states a letter is still true."""


@writes("funding.call_opened")
def call_opened(call_id: str) -> None:
    """A call was opened: its envelopes, with what the frozen rules put into each."""
    call = db.session.get_one(Call, uuid.UUID(call_id))
    ledger.open_envelopes(None, call, queries.rules_of(call.id))


@writes("selecting.approved")
def slate_approved(slate_id: str) -> None:
    """A slate was approved: its decisions are staged."""
    staging.stage(uuid.UUID(slate_id))


@writes("awards.release")
def release(release_id: str) -> None:
    """The instant of a release has come."""
    releasing.release_due(uuid.UUID(release_id))


@writes("awards.count_money")
def count_money(call_id: str) -> None:
    """Decisions were released: what may be read of the money follows."""
    dashboard.count_anew(uuid.UUID(call_id))


@mails("awards.release_failed")
def release_failed(release_id: str) -> Letter | None:
    """A release was not done, or not for everybody."""
    row = db.session.get_one(Release, uuid.UUID(release_id))
    return letters.release_failed(row, db.session.get_one(Person, row.made_by_id), queries.call(row.call_id))


@mails("awards.offered")
def offered(award_id: str) -> Letter | None:
    """A grant is offered."""
    return _about("offered", award_id)


@mails("awards.accepted")
def accepted(award_id: str) -> Letter | None:
    """A grant was accepted."""
    return _about("accepted", award_id)


@mails("awards.nominee_accepted")
def nominee_accepted(award_id: str) -> Letter | None:
    """A grant was accepted, for whoever nominated its holder. Nothing once it has ended."""
    award = queries.award(uuid.UUID(award_id))
    row = replacing.nominator_of(award)
    if row is None or award.outcome is not Outcome.ACCEPTED or award.application.erased_at is not None:
        return None
    return letters.nominee_accepted(award, row, queries.rules_of(award.application.call_id).report_days)


@mails("awards.lapsed")
def lapsed(award_id: str) -> Letter | None:
    """Nobody answered in time."""
    return _about("lapsed", award_id)


@mails("awards.ended")
def ended(award_id: str) -> Letter | None:
    """A grant has ended: by the fund, by the nominator who named another person, or by its holder."""
    return _about("ended", award_id)


@mails("awards.visa_help")
def visa_help(award_id: str) -> Letter | None:
    """What helps with a visa."""
    return _about("visa_help", award_id)


@mails("awards.ticket")
def ticket(award_id: str) -> Letter | None:
    """A ticket was bought: for which days."""
    return _about("ticket", award_id)


@mails("awards.report_due")
def report_due(award_id: str) -> Letter | None:
    """A report is due."""
    return _about("report_due", award_id)


@mails("awards.report_reminder")
def report_reminder(award_id: str, days: int) -> Letter | None:  # noqa: ARG001 (tells the four promises apart)
    """One of the four reminders."""
    return _about("report_reminder", award_id)


@mails("awards.report_overdue")
def report_overdue(award_id: str) -> Letter | None:
    """A report is overdue."""
    return _about("report_overdue", award_id)


@mails("awards.thanks")
def thanks(award_id: str) -> Letter | None:
    """A report is filed."""
    return _about("thanks", award_id)


@mails("awards.decided")
def decided(application_id: str, reason: str) -> Letter | None:
    """In reserve, or not selected. Nothing where that is not so any more as far as the person knows."""
    found = queries.application_told(uuid.UUID(application_id))
    if found is None or (found.outcome_seen or found.state) not in {State.RESERVE, State.NOT_RECOMMENDED}:
        return None
    return letters.decided(found, found.person, found.call, reason, releasing.words_told(found))


@mails("awards.payment_swept")
def payment_swept(payment_id: str) -> Letter | None:
    """A payment that waited was dropped, since its grant has ended."""
    payment = queries.payment(uuid.UUID(payment_id))
    return letters.payment_swept(
        queries.award(payment.award_id), payment, db.session.get_one(Person, payment.asked_by_id)
    )


@mails("awards.replace")
def replace(replacement_id: str) -> Letter | None:
    """To a nominator: who comes in somebody's place? Nothing once that was answered."""
    row = db.session.get(Replacement, uuid.UUID(replacement_id))
    if row is None or not replacing.is_open(row, now()):
        return None
    award = queries.award(row.award_id)
    return letters.replace(row, award.application.call)


@celery.task(name="awards.make_report")
def make_report(promise_id: int) -> None:
    """Make one report for donors."""
    make_file(
        promise_id,
        "awards.make_report",
        to_make=dashboard_orders.to_make,
        gather=donors.gather,
        make=lambda manuscript, _moment: donors.make(manuscript),
        keep=lambda order, _read, body, moment: dashboard_orders.keep(order, body, at=moment),
    )


@celery.task(name=statements.NAME)
def make_statement(promise_id: int) -> None:
    """Make one statement of an allowance as a file."""
    make_file(
        promise_id,
        statements.NAME,
        to_make=statements.to_make,
        gather=statement_paper.gather,
        make=statement_paper.make,
        keep=lambda one, _read, body, moment: statements.keep(one, statement_paper.owner_of(one), body, at=moment),
    )


@by_the_clock("awards.lapse", timedelta(minutes=5))
def lapse() -> None:
    """Offers that nobody answered in time, money of applications that ended by another door, places that were left
    without anybody proposed, releases that the worker gave up, and payments of grants that have ended.
    """
    stuck.stuck_due(now())
    while refunds.sweep():
        db.session.flush()
    while awarding.lapse_due(now()) or awarding.free_left():
        db.session.flush()
    awarding.propose_missed()
    staging.propose_missed()


@by_the_clock("awards.reports", timedelta(hours=1))
def reports() -> None:
    """Reminders of reports, and reports that are overdue."""
    while reporting.overdue_due(now()):
        db.session.flush()
    while reporting.remind_due(now().date()):
        db.session.flush()


@by_the_clock("awards.freeze_balance", timedelta(days=1))
def freeze_balance() -> None:
    """Count the balance of calls anew, without anybody."""
    dashboard_counts.freeze(now())


@by_the_clock("awards.sweep_reports", timedelta(hours=1))
def sweep_reports() -> None:
    """Reports for donors die after a day, and so do statements of allowances."""
    dashboard_orders.drop_outdated(now())
    statements.drop_outdated(now())


def _about(kind: Kind, award_id: str) -> Letter | None:
    """None where it is not true any more, or the person was erased."""
    award = queries.award(uuid.UUID(award_id))
    if award.application.state not in STANDS[kind] or award.application.erased_at is not None:
        return None
    return letters.about(kind, award, queries.report_of(award.id))
