"""The life of an award: approving, offering, answering, lapsing, reserves, and what the money does with it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from eventhub.awards import awarding, ledger, paying, personal_data, queries, replacing, reporting, travelling
from eventhub.awards.ledger import EnvelopeBroken, Line
from eventhub.awards.models import Award, AwardLine, Outcome, Payment, Proposal, TravelReport
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import Application, Debt, State
from eventhub.funding.moves import NotPossible, move
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of, unit_of_work
from eventhub.kit.errors import Forbidden, NotFound
from eventhub.kit.money import Money
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation
from tests.awards import scene
from tests.factories.awards import (
    approve,
    grant_for,
    make_application,
    make_award,
    make_fund,
    make_reserves,
)
from tests.factories.people import make_organisation, make_person
from tests.together import at_once

one_test = pytest.mark.usefixtures("database")


def sums(envelope_id: uuid.UUID) -> Row[int, int, int, int, int]:
    """Budget, reserved, committed, paid, returned."""
    one = FundEnvelope
    columns = select(one.budget, one.reserved, one.committed, one.paid, one.returned)
    return db.session.execute(columns.where(one.id == envelope_id)).one()


def owed(task: str) -> list[dict[str, object]]:
    """What is promised under that name."""
    db.session.flush()
    return list(db.session.scalars(select(Promise.payload).where(Promise.task == task)))


@one_test
def test_a_grant_from_approval_to_the_report() -> None:
    fund = make_fund()
    application = make_application(fund)
    award = approve(fund, application)
    assert sums(fund.envelope.id) == (1_000_000, 120_000, 0, 0, 0)
    assert (application.state, application.outcome_seen) == (State.APPROVED, State.UNDER_REVIEW)
    awarding.offer_all(fund.officer, [award], accept_days=7)
    assert sums(fund.envelope.id) == (1_000_000, 0, 120_000, 0, 0)
    assert (application.state, application.outcome_seen) == (State.OFFERED, None)
    award = awarding.answer(awarding.link(award), accepts=True)
    assert application.state is State.ACCEPTED
    assert owed("awards.offered") == owed("awards.accepted") == [{"award_id": str(award.id)}]
    visa = travelling.visa_needed(fund.officer, award)
    with pytest.raises(NotPossible):
        travelling.ticketed(fund.officer, award, travels_on=now().date(), returns_on=now().date())
    travelling.visa_refused(fund.officer, award, visa)
    travelling.visa_needed(fund.officer, award)
    travelling.visa_granted(fund.officer, award, visa)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today - timedelta(days=9), returns_on=today)
    ticket, allowance = sorted(queries.lines([award.id]), key=lambda row: row.kind != CostKind.TICKET)
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, allowance, 80_000))
    assert paid.paid_at is not None
    assert sums(fund.envelope.id) == (1_000_000, 0, 40_000, 80_000, 0)
    ledger.enter_rate(fund.finance, fund.call, "CHF", Decimal("0.80"), today - timedelta(days=20))
    ticket = paying.note_actual(fund.finance, award, ticket, Money(28_000, "CHF"), on=today)
    assert (ticket.actual, ticket.authorised) == (35_000, 35_000)
    with pytest.raises(paying.OverLine) as refused:
        paying.ask(fund.finance, award, ticket, 36_000)
    assert refused.value.left == 35_000
    asked = paying.ask(fund.finance, award, ticket, 35_000, payee={"name": "A cousin"})
    with pytest.raises(paying.PayeeUnread):
        paying.agree(fund.second, award, asked)
    assert paying.read_payee(fund.second, award, asked, reason="to pay") == {"name": "A cousin"}
    paying.agree(fund.second, award, asked)
    assert b"cousin" not in bytes(asked.payee or b"")
    report = travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    assert (application.state, report.due) == (State.REPORT_DUE, today + timedelta(days=30))
    with pytest.raises(reporting.Gaps):
        reporting.file(make_person(), award, report, {})
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(make_person(), award, report, said)
    assert application.state is State.CLOSED
    assert reporting.answers(award, report)["spoke"] == "Much"
    paying.settle(fund.finance, award)
    assert sums(fund.envelope.id) == (1_000_000, 0, 0, 115_000, 0)


@one_test
def test_an_offer_that_breaks_the_envelope_says_by_how_much() -> None:
    fund = make_fund(200_000)
    approve(fund, make_application(fund))
    second = make_application(fund)
    effect = ledger.offer_effect(fund.envelope, 120_000)
    assert (effect.fits, effect.breaks_by.minor) == (False, 40_000)
    with pytest.raises(EnvelopeBroken) as broken:
        approve(fund, second)
    assert broken.value.by == Money(40_000, "USD")
    assert broken.value.envelope_id == fund.envelope.id
    assert "400" in str(broken.value.message)


@one_test
def test_fares_that_rose_are_reserved_before_the_offer() -> None:
    fund = make_fund(130_000)
    award = approve(fund, make_application(fund))
    awarding.reprice(fund.approver, award, {CostKind.TICKET: 42_400}, may_raise=True)
    assert (award.amount, sums(fund.envelope.id)[1]) == (122_400, 122_400)
    with pytest.raises(EnvelopeBroken) as broken:
        awarding.reprice(fund.approver, award, {CostKind.TICKET: 60_000}, may_raise=True)
    assert broken.value.by == Money(10_000, "USD")


@one_test
def test_over_commitment_is_the_calls_and_payments_never_pass_the_budget() -> None:
    fund = make_fund(200_000, over_commit=120)
    first, second = make_award(fund, State.ACCEPTED), make_award(fund, State.ACCEPTED)
    assert sums(fund.envelope.id)[2] == 240_000
    for award, kind in ((first, CostKind.DSA), (first, CostKind.TICKET), (second, CostKind.DSA)):
        line = next(row for row in queries.lines([award.id]) if row.kind is kind)
        paying.agree(fund.second, award, paying.ask(fund.finance, award, line, line.approved or 0))
    line = next(row for row in queries.lines([second.id]) if row.kind is CostKind.TICKET)
    asked = paying.ask(fund.finance, second, line, 40_000)
    with pytest.raises(EnvelopeBroken) as broken:
        paying.agree(fund.second, second, asked)
    assert (broken.value.of, broken.value.by) == ("budget", Money(40_000, "USD"))


@one_test
def test_recommending_approving_and_paying_are_three_people() -> None:
    fund = make_fund()
    application = make_application(fund)
    with pytest.raises(awarding.TwoPeople):
        awarding.approve_all(fund.board, fund.call, [grant_for(fund, application)], recommended_by=fund.board.id)
    award = make_award(fund, State.ACCEPTED)
    line = queries.lines([award.id])[0]
    for who in (fund.board, fund.approver):
        with pytest.raises(paying.ThreePeople):
            paying.ask(who, award, line, 100)
    asked = paying.ask(fund.finance, award, line, 100)
    with pytest.raises(paying.ThreePeople):
        paying.agree(fund.finance, award, asked)
    for who in (fund.board, fund.approver):  # whoever goes past the action
        with pytest.raises(IntegrityError, match="three people"), db.session.begin_nested():
            db.session.execute(update(Payment).where(Payment.id == asked.id).values(agreed_by_id=who.id, paid_at=now()))


@one_test
def test_nobody_approves_an_own_file_or_one_of_the_own_organization() -> None:
    fund = make_fund()
    with pytest.raises(Forbidden):
        approve(fund, make_application(fund, person=fund.approver))
    organisation = make_organisation()
    db.session.add(Affiliation(person_id=fund.approver.id, organisation_id=organisation.id))
    db.session.flush()
    with pytest.raises(Forbidden):
        approve(fund, make_application(fund, nominated_by_id=organisation.id))
    assert sums(fund.envelope.id)[1] == 0


@one_test
def test_the_same_answer_twice_is_one_and_another_one_is_refused() -> None:
    fund = make_fund()
    award = make_award(fund)
    secret = awarding.link(award)
    assert awarding.answer(secret, accepts=True).answered_at == awarding.answer(secret, accepts=True).answered_at
    assert len(owed("awards.accepted")) == 1
    with pytest.raises(awarding.Answered):
        awarding.answer(secret, accepts=False)
    with pytest.raises(NotFound):
        awarding.answer("somebody else's", accepts=True)
    late = make_award(fund)
    with pytest.raises(awarding.TooLate):
        awarding.answer(awarding.link(late), accepts=True, moment=now() + timedelta(days=8))


@one_test
def test_no_answer_lapses_frees_the_money_and_proposes_the_next_of_the_cell() -> None:
    fund = make_fund()
    _other, of_cell, anybody = make_reserves(fund, ["region:asia", "region:africa", None])
    award = make_award(fund)
    award.cell = "region:africa"
    assert awarding.lapse_due(now()) == 0
    assert awarding.lapse_due(now() + timedelta(days=8)) == 1
    assert awarding.lapse_due(now() + timedelta(days=8)) == 0
    assert sums(fund.envelope.id) == (1_000_000, 0, 0, 0, 0)
    assert (award.application.state, award.outcome) == (State.LAPSED, Outcome.LAPSED)
    assert owed("awards.lapsed") == [{"award_id": str(award.id)}]
    (proposal,) = queries.open_proposals(fund.call.id)
    assert proposal.application_id == of_cell.id
    assert of_cell.state is State.RESERVE  # nothing moves before a person has confirmed
    following = awarding.drop(fund.officer, proposal)
    assert following is not None
    assert following.application_id == anybody.id
    confirmed = awarding.confirm(fund.officer, queries.proposal(following.id, lock=True))
    assert confirmed.state is State.RECOMMENDED
    with pytest.raises(NotPossible):
        awarding.confirm(fund.officer, queries.proposal(following.id, lock=True))
    with pytest.raises(awarding.PlaceTaken):
        awarding.offer_all(fund.officer, [queries.award(award.id)], accept_days=3)
    assert sums(fund.envelope.id)[2] == 0


@one_test
@pytest.mark.parametrize(
    ("start", "target"), [(State.APPROVED, State.WITHDRAWN), (State.OFFERED, State.DECLINED_BY_APPLICANT)]
)
def test_whoever_withdraws_frees_the_money(start: State, target: State) -> None:
    fund = make_fund()
    award = make_award(fund, start)
    awarding.withdraw(make_person(), award)
    assert award.application.state is target
    assert sums(fund.envelope.id) == (1_000_000, 0, 0, 0, 0)


@one_test
def test_a_visa_refused_nine_days_before_frees_what_is_not_paid() -> None:
    fund = make_fund()
    (reserve,) = make_reserves(fund, [None])
    award = make_award(fund, State.ACCEPTED)
    line = next(row for row in queries.lines([award.id]) if row.kind is CostKind.TICKET)
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 40_000))
    visa = travelling.visa_needed(fund.officer, award)
    travelling.visa_refused(fund.officer, award, visa)
    assert sums(fund.envelope.id) == (1_000_000, 0, 80_000, 40_000, 0)
    travelling.cancelled_by_refusal(fund.officer, award)
    assert sums(fund.envelope.id) == (1_000_000, 0, 0, 40_000, 0)
    assert [one.application_id for one in queries.open_proposals(fund.call.id)] == [reserve.id]
    paying.take_back(fund.finance, award, paid, 30_000)
    assert sums(fund.envelope.id) == (1_000_000, 0, 0, 40_000, 30_000)
    with pytest.raises(paying.OverLine):
        paying.take_back(fund.finance, award, paid, 10_001)


@one_test
def test_money_that_a_bank_sent_back_is_paid_again() -> None:
    fund = make_fund(120_000)
    award = make_award(fund, State.ACCEPTED)
    line = next(row for row in queries.lines([award.id]) if row.kind is CostKind.DSA)
    first = paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 80_000))
    paying.take_back(fund.finance, award, first, 80_000, pay_again=True)
    again = paying.ask(fund.finance, award, line, 80_000, payee={"name": "A cousin"})
    paying.read_payee(fund.second, award, again, reason="to pay")
    paying.agree(fund.second, award, again)
    assert sums(fund.envelope.id) == (120_000, 0, 40_000, 160_000, 80_000)


@one_test
def test_a_budget_is_cut_only_to_what_is_promised() -> None:
    fund = make_fund(1_000_000)
    make_award(fund, State.ACCEPTED)
    with pytest.raises(EnvelopeBroken) as broken:
        ledger.change_budget(fund.finance, fund.envelope, -900_000, reason="less_given")
    assert broken.value.by == Money(20_000, "USD")
    ledger.change_budget(fund.finance, fund.envelope, -880_000, reason="less_given")
    ledger.change_budget(fund.finance, fund.envelope, 5, reason="more_given")
    assert sums(fund.envelope.id)[0] == 120_005


@one_test
def test_the_ledger_is_never_changed_and_sums_are_its_own() -> None:
    fund = make_fund()
    award = make_award(fund)
    wrongs: list[Callable[[], object]] = [
        lambda: db.session.execute(update(Movement).values(amount=1)),
        lambda: db.session.execute(text("DELETE FROM fund_movement")),
        lambda: db.session.execute(update(FundEnvelope).values(committed=0)),
        lambda: db.session.execute(update(FundEnvelope).values(budget=9)),
        lambda: db.session.execute(update(Award).values(committed=0)),
        lambda: db.session.execute(
            insert(table_of(FundEnvelope)).values(
                id=uuid.uuid4(), call_id=fund.call.id, key="x", currency="USD", budget=5, created_at=now()
            )
        ),
        lambda: db.session.execute(_movement(make_fund().envelope.id, award.id, MovementKind.COMMIT, 1)),
    ]
    for wrong in wrongs:
        with pytest.raises(DBAPIError), db.session.begin_nested():
            wrong()
    assert sums(fund.envelope.id) == (1_000_000, 0, 120_000, 0, 0)


def _movement(envelope_id: uuid.UUID, award_id: uuid.UUID | None, kind: MovementKind, amount: int) -> object:
    return insert(table_of(Movement)).values(
        envelope_id=envelope_id, award_id=award_id, kind=kind, amount=amount, reason="raw", at=now()
    )


@one_test
@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (MovementKind.RESERVE, 1_000_001),
        (MovementKind.RELEASE, 1),
        (MovementKind.UNCOMMIT, 120_001),
        (MovementKind.COMMIT, 1),
        (MovementKind.CUT, 880_001),
        (MovementKind.RAISE, 0),
    ],
)
def test_the_database_refuses_what_no_action_may_write(kind: MovementKind, amount: int) -> None:
    fund = make_fund()
    award = make_award(fund)
    award_id = None if kind in {MovementKind.CUT, MovementKind.RAISE} else award.id
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(_movement(fund.envelope.id, award_id, kind, amount))


@one_test
def test_a_nominator_names_somebody_else_before_a_ticket_is_bought() -> None:
    fund, organisation = make_fund(), make_organisation()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=organisation.id)
    other = make_application(fund, State.RESERVE, nominated_by_id=organisation.id)
    stranger = make_application(fund, State.RESERVE)
    with pytest.raises(replacing.NoNominator):
        replacing.ask_nominator(fund.officer, award)
    scene.confirmed(award.application, language="fr")
    scene.confirmed(other)
    secret = replacing.link(replacing.ask_nominator(fund.officer, award))
    assert [one.id for one in replacing.candidates(award)] == [other.id]
    with pytest.raises(NotFound):
        replacing.name(secret, stranger.id)
    debt = Debt(kind="report", organisation_id=organisation.id)
    db.session.add(debt)
    db.session.flush()
    with pytest.raises(replacing.NotEligible) as refused:
        replacing.name(secret, other.id)
    assert refused.value.why == "report_owed"
    debt.cleared_at = now()
    db.session.flush()
    proposal = replacing.name(secret, other.id)
    assert replacing.name(secret, other.id).id == proposal.id
    assert (award.outcome, award.application.state) == (Outcome.REPLACED, State.CANCELLED)
    assert sums(fund.envelope.id)[2] == 0
    assert awarding.confirm(fund.officer, queries.proposal(proposal.id, lock=True)).state is State.RECOMMENDED
    ticketed = make_award(fund, State.ACCEPTED, nominated_by_id=organisation.id)
    travelling.ticketed(fund.officer, ticketed, travels_on=now().date(), returns_on=now().date())
    with pytest.raises(NotPossible):
        replacing.ask_nominator(fund.officer, ticketed)


@one_test
def test_reminders_go_once_and_a_report_that_does_not_come_is_owed_by_two() -> None:
    fund, organisation = make_fund(), make_organisation()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=organisation.id)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    report = travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    sent = []
    for day in range(60):
        reporting.remind_due(today + timedelta(days=day))
        sent += [day] * (len(owed("awards.report_reminder")) - len(sent))
        reporting.overdue_due(now() + timedelta(days=day))
        if day <= 30:
            assert award.application.state is State.REPORT_DUE
    assert sent == [7, 21, 30, 45]
    assert award.application.state is State.REPORT_OVERDUE
    assert len(owed("awards.report_overdue")) == 1
    debts = list(db.session.scalars(select(Debt).where(Debt.application_id == award.application_id)))
    assert {(one.person_id, one.organisation_id) for one in debts} == {
        (award.application.person_id, None),
        (None, organisation.id),
    }
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    report = db.session.get_one(TravelReport, report.id)
    reporting.file(make_person(), queries.award(award.id, lock=True), report, said)
    reporting.file(make_person(), queries.award(award.id, lock=True), report, said)
    db.session.expire_all()
    assert all(one.cleared_at for one in debts)
    assert len(owed("awards.thanks")) == 1


@one_test
def test_reminders_that_were_missed_come_as_one() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    assert reporting.remind_due(today + timedelta(days=29)) == 1
    assert [one["days"] for one in owed("awards.report_reminder")] == [21]


@one_test
def test_a_hundred_decisions_cost_as_many_statements_as_three(statements: list[str]) -> None:
    costs = []
    for count in (3, 100):
        fund = make_fund(100_000_000)
        grants = [grant_for(fund, make_application(fund)) for _ in range(count)]
        statements.clear()
        made = awarding.approve_all(fund.approver, fund.call, grants, recommended_by=fund.board.id)
        approving = len(statements)
        ids = [one.id for one in made]
        statements.clear()
        awarding.offer_all(fund.officer, queries.awards(ids), accept_days=7)
        costs.append((approving, len(statements)))
        assert sums(fund.envelope.id)[2] == count * 120_000
    assert costs[0] == costs[1]
    assert max(costs[1]) < 20


def test_two_offers_at_once_never_break_the_envelope(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund = make_fund(300_000)
        grants = [grant_for(fund, make_application(fund)) for _ in range(6)]
        call, approver, board, envelope_id = fund.call.id, fund.approver.id, fund.board.id, fund.envelope.id
        ids = [one.application.id for one in grants]

    def give(application_id: uuid.UUID) -> str:
        here = db.session.get_one(Application, application_id)
        grant = awarding.Grant(here, envelope_id, grants[0].costs)
        who, of = db.session.get_one(type(fund.approver), approver), db.session.get_one(type(fund.call), call)
        awarding.approve_all(who, of, [grant], recommended_by=board)
        return "approved"

    assert at_once(committed, [partial(give, one) for one in ids]) == {"approved": 2, "EnvelopeBroken": 4}
    with committed.test_request_context():
        assert sums(envelope_id) == (300_000, 240_000, 0, 0, 0)


def test_the_database_itself_refuses_the_second_of_two(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund = make_fund(300_000)
        awards = [approve(fund, make_application(fund), 50_000) for _ in range(4)]
        for one in awards:  # room for what nobody counts first
            one.amount = 1_000_000
        ids, envelope_id = [one.id for one in awards], fund.envelope.id

    def reserve(award_id: uuid.UUID) -> str:
        db.session.execute(_movement(envelope_id, award_id, MovementKind.RESERVE, 60_000))  # type: ignore[call-overload]
        return "reserved"

    assert at_once(committed, [partial(reserve, one) for one in ids]) == {"reserved": 1, "EnvelopeBroken": 3}


def test_yes_and_no_and_the_clock_at_once_are_one_end(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund = make_fund(300_000)
        award = make_award(fund)
        secret, envelope_id, award_id = awarding.link(award), fund.envelope.id, award.id

    def press(accepts: bool) -> str:
        awarding.answer(secret, accepts=accepts)
        return "yes" if accepts else "no"

    def clock() -> str:
        return f"lapsed {awarding.lapse_due(now() + timedelta(days=8))}"

    ended = at_once(committed, [partial(press, True), partial(press, False), clock] * 2)
    with committed.test_request_context():
        outcome = db.session.scalars(select(Award.outcome).where(Award.id == award_id)).one()
        committed_sum = sums(envelope_id)[2]
    assert committed_sum == (120_000 if outcome is Outcome.ACCEPTED else 0)
    assert ended["yes"] == (2 if outcome is Outcome.ACCEPTED else 0)
    assert ended["no"] == (2 if outcome is Outcome.DECLINED else 0)
    assert ended["lapsed 1"] == (1 if outcome is Outcome.LAPSED else 0)
    assert ended["Answered"] + ended["TooLate"] == (4 if outcome is Outcome.LAPSED else 2)


def test_a_payment_agreed_to_twice_at_once_is_paid_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund = make_fund()
        award = make_award(fund, State.ACCEPTED)
        line = queries.lines([award.id])[0]
        asked = paying.ask(fund.finance, award, line, 1_000)
        second, third = fund.second.id, make_person().id
        award_id, payment_id, envelope_id = award.id, asked.id, fund.envelope.id

    def pay(who: uuid.UUID) -> str:
        held = queries.award(award_id, lock=True)
        person = db.session.get_one(type(fund.second), who)
        paying.agree(person, held, queries.payment(payment_id, lock=True))
        return "paid"

    ended = at_once(committed, [partial(pay, who) for who in (second, third) * 2])
    assert ended == {"paid": 2, "NotPossible": 2}
    with committed.test_request_context():
        assert sums(envelope_id)[3] == 1_000
        assert db.session.scalar(select(func.count()).select_from(Movement).where(Movement.kind == "pay")) == 1


@one_test
def test_authorised_is_the_databases_own_word() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    line = queries.lines([award.id])[0]
    for actual, authorised in ((1, 1), (10**6, line.approved), (None, None)):
        line.actual = actual
        db.session.flush()
        found = db.session.scalar(select(AwardLine.authorised).where(AwardLine.id == line.id))
        assert found == authorised


@one_test
def test_one_open_proposal_for_each_reserve() -> None:
    fund = make_fund()
    make_reserves(fund, [None])
    first, second = make_award(fund), make_award(fund)
    awarding.withdraw(make_person(), first)
    awarding.withdraw(make_person(), second)
    assert db.session.scalar(select(func.count()).select_from(Proposal)) == 1


@one_test
def test_a_movement_of_nothing_is_refused() -> None:
    fund = make_fund()
    with pytest.raises(ledger.AmountWrong):
        ledger.write(None, [Line(fund.envelope.id, MovementKind.RAISE, 0)], reason="x")


@one_test
@pytest.mark.parametrize("start", [State.APPROVED, State.ACCEPTED])
def test_an_application_that_ended_by_another_door_holds_no_money(start: State) -> None:
    fund = make_fund()
    (reserve,) = make_reserves(fund, [None])
    award = make_award(fund, start)
    move(award.application, State.WITHDRAWN, actor=None)
    db.session.flush()
    assert sum(sums(fund.envelope.id)[1:]) == 120_000
    assert awarding.free_left() == 1
    assert awarding.free_left() == 0
    assert sum(sums(fund.envelope.id)[1:]) == 0
    assert [one.application_id for one in queries.open_proposals(fund.call.id)] == [reserve.id]


@one_test
@pytest.mark.parametrize("start", [State.APPROVED, State.OFFERED, State.ACCEPTED])
def test_erasing_frees_what_is_not_paid_and_leaves_the_ledger(start: State) -> None:
    fund = make_fund()
    award = make_award(fund, start)
    person = award.application.person
    before = db.session.scalar(select(func.count()).select_from(Movement)) or 0
    assert personal_data.erase(person) == 1
    assert sum(sums(fund.envelope.id)[1:]) == 0
    assert (db.session.scalar(select(func.count()).select_from(Movement)) or 0) == before + 1
    assert personal_data.erase(person) == 1
    assert personal_data.erase(make_person()) == 0


@one_test
def test_erasing_wipes_the_report_and_the_other_payee() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    line = queries.lines([award.id])[0]
    asked = paying.ask(fund.finance, award, line, 100, payee={"name": "A cousin"})
    paying.read_payee(fund.second, award, asked, reason="to pay")
    paying.agree(fund.second, award, asked)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    report = travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    reporting.keep(award, report, {"spoke": "Of water"})
    assert personal_data.own_data(award.application.person)[0]["report"]["spoke"] == "Of water"
    personal_data.erase(award.application.person)
    db.session.expire_all()
    # A report that was not filed is owed by nobody any more, and goes whole.
    assert (queries.report_of(award.id), asked.payee) == (None, None)
    assert sums(fund.envelope.id)[3] == 100
