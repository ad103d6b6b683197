"""Grants of the fund in the small world: in all states, with payments, a receipt, a stay and a proposed reserve."""

from datetime import date, datetime, time, timedelta

from eventhub.awards import (
    awarding,
    budgets,
    paying,
    queries,
    receipts,
    refunds,
    reporting,
    statements,
    stays,
    travelling,
)
from eventhub.awards.models import Award, AwardLine, Proposal
from eventhub.funding import rules as rules_of
from eventhub.funding.models import CallRules, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event
from tests.awards import scene
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.programme import PDF_BYTES


def own_line(award: Award) -> AwardLine:
    """The line that the traveller gets."""
    return next(one for one in queries.lines([award.id]) if one.payee == "traveller")


def note_stay(fund: Money, award: Award) -> None:
    """Four nights: from the day before the event where there is one, since no other days are paid."""
    event = db.session.get(Event, fund.call.event_id) if fund.call.event_id else None
    first = event.first_day - timedelta(days=1) if event else date(2026, 11, 25)
    arrives, leaves = datetime.combine(first, time(14)), datetime.combine(first + timedelta(days=4), time(10))
    stays.note(fund.officer, award, arrives, leaves, {}, driven=0)


def keep_statement(award: Award) -> None:
    """The statement of the allowance as a file, as a worker keeps it."""
    stay = stays.stay_of(award)
    assert stay is not None
    paper = statements.to_make(statements.ask(stay, "en").id)
    assert paper is not None
    statements.keep(paper, award.application.person, PDF_BYTES, at=now())


def a_change_of_rules(fund: Money, amount: int) -> None:
    """A second person agreed to another amount; the ledger has not followed yet."""
    data = fund.call.rules | {"envelopes": [{"id": "main", "title": {"en": "Voluntary fund"}, "amount": amount}]}
    standing = rules_of.read(data)
    db.session.add(
        CallRules(
            call_id=fund.call.id,
            number=2,
            rules=rules_of.to_json(standing),
            digest="2",
            proposed_by_id=fund.officer.id,
            agreed_by_id=fund.approver.id,
            agreed_at=now(),
        )
    )
    db.session.flush()


def ended_with_a_ticket(fund: Money) -> Award:
    """A grant whose ticket is bought and not paid yet, given up after some of the allowance was paid."""
    award, today = make_award(fund, State.ACCEPTED), now().date()
    paying.agree(fund.second, award, paying.ask(fund.finance, award, own_line(award), 11_000))
    last = travelling.days_of(award)[1] - travelling.AROUND
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=last)
    return awarding.withdraw(award.application.person, award)


def grant_parts(event: Event) -> dict[str, str]:
    """The words of their addresses."""
    fund = make_fund(2_000_000, event=event)
    award = make_award(fund, State.ACCEPTED)
    line = own_line(award)
    receipts.attach(award.application.person, award, line, PDF_BYTES)
    note_stay(fund, award)
    waiting = paying.ask(fund.finance, award, line, 10_000, payee={"name": "An aunt", "account": "Post office"})
    simple = paying.ask(fund.finance, award, line, 5_000)
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 20_000))
    returned = paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 3_000))
    refunds.ask(fund.finance, award, returned, 1_000)
    lapsed, approved = make_award(fund, State.LAPSED), make_award(fund, State.APPROVED)
    pending, bound = make_award(fund, State.ACCEPTED), make_award(fund, State.ACCEPTED)
    today = now().date()
    last = travelling.days_of(bound)[1] - travelling.AROUND
    travelling.ticketed(fund.officer, bound, travels_on=today, returns_on=last)
    closed = scene.came_home(fund)
    report = queries.report_of(closed.id)
    assert report is not None
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(closed.application.person, closed, report, said)
    nominated, _row = scene.nominated(fund, "chair-of-grants@example.org")
    make_reserves(fund, [None])
    left = make_award(fund, State.ACCEPTED)
    awarding.withdraw(left.application.person, left)
    proposal = db.session.query(Proposal).filter_by(call_id=fund.call.id).one()
    flown = ended_with_a_ticket(fund)
    a_change_of_rules(fund, 2_500_000)
    change = budgets.ask(fund.finance, fund.envelope, 100_000, why="A donor gives more")
    return {
        "grants": fund.call.slug,
        "grant_accepted": str(award.id),
        "grant_line": str(line.id),
        "grant_payment": str(waiting.id),
        "grant_simple": str(simple.id),
        "grant_paid": str(paid.id),
        "grant_returned": str(returned.id),
        "grant_lapsed": str(lapsed.id),
        "grant_approved": str(approved.id),
        "grant_priced": str(own_line(approved).id),
        "grant_awaited": str(make_award(fund).id),
        "grant_pending": str(pending.id),
        "grant_bound": str(bound.id),
        "grant_closed": str(closed.id),
        "grant_left": str(flown.id),
        "grant_nominated": str(nominated.id),
        "grant_proposal": str(proposal.id),
        "grant_envelope": str(fund.envelope.id),
        "grant_change": str(change.id),
    }
