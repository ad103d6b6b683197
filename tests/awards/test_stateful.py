"""A machine that approves, offers, answers, lapses, withdraws, asks for visas, refuses them, buys tickets, pays, takes
money back, cuts and raises at random: no sum is ever negative, every sum is the ledger's, nothing is lost between them,
nobody is paid more than was approved, and no application moves otherwise than the table says.
"""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import case, func, select

from eventhub.awards import awarding, ledger, leftovers, paying, queries, reporting, travelling
from eventhub.awards.models import Award, AwardLine, Outcome, Payment, Ticket
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import MOVES, Application, State
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.money import Money
from tests.factories.awards import grant_for, make_application, make_fund, make_reserves

KIND = MovementKind
SIGNS = {
    "budget": {KIND.RAISE: 1, KIND.CUT: -1},
    "reserved": {KIND.RESERVE: 1, KIND.RELEASE: -1, KIND.COMMIT: -1},
    "committed": {KIND.COMMIT: 1, KIND.UNCOMMIT: -1, KIND.PAY: -1},
    "paid": {KIND.PAY: 1},
    "returned": {KIND.RETURN: 1},
}
FREED = frozenset({State.WITHDRAWN, State.CANCELLED, State.LAPSED, State.DECLINED_BY_APPLICANT})
AMOUNTS = st.integers(min_value=1, max_value=90_000)
WHICH = st.integers(min_value=0, max_value=20)


def ledger_sums(column: object, row_id: uuid.UUID) -> dict[str, int]:
    """What the ledger says of an envelope or an award."""
    sums = [
        func.coalesce(
            func.sum(
                case({kind: Movement.amount * sign for kind, sign in signs.items()}, value=Movement.kind, else_=0)
            ),
            0,
        ).label(name)
        for name, signs in SIGNS.items()
    ]
    row = db.session.execute(select(*sums).where(column == row_id)).one()  # type: ignore[arg-type]
    return {name: int(value) for name, value in zip(SIGNS, row, strict=True)}


class Fund(RuleBasedStateMachine):
    """One envelope and those who want of it. Every step is undone whole when an expected error stops it."""

    @initialize(
        budget=st.integers(min_value=50_000, max_value=400_000),
        over=st.sampled_from([100, 110, 150]),
        reserves=st.lists(st.sampled_from([None, "a", "b"]), max_size=3),
    )
    def open(self, budget: int, over: int, reserves: list[str | None]) -> None:
        self.moment = now()
        self.fund = make_fund(budget, over_commit=over)
        self.applications = [make_application(self.fund).id for _ in range(5)]
        self.applications += [one.id for one in make_reserves(self.fund, reserves)]
        self.states = dict.fromkeys(self.applications)

    @rule(which=WHICH, amount=AMOUNTS, cell=st.sampled_from([None, "a", "b"]))
    def approve(self, which: int, amount: int, cell: str | None) -> None:
        with self.undone_on_error():
            one = db.session.get_one(Application, self.applications[which % len(self.applications)])
            grant = grant_for(self.fund, one, amount + 2, cell=cell)
            awarding.approve_all(self.fund.approver, self.fund.call, [grant], recommended_by=self.fund.board.id)

    @rule(which=WHICH, amount=AMOUNTS)
    def reprice(self, which: int, amount: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            line = queries.lines([award.id])[0]
            awarding.reprice(self.fund.officer, award, {line.kind: amount}, may_raise=True)

    @rule(which=WHICH)
    def offer(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            awarding.offer_all(self.fund.officer, [award], accept_days=7, at=self.moment)

    @rule(which=WHICH, accepts=st.sampled_from([True, True, True, False]), twice=st.booleans())
    def answer(self, which: int, accepts: bool, twice: bool) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            for _ in range(1 + twice):
                awarding.answer(awarding.link(award), accepts=accepts, moment=self.moment)

    @rule(days=st.integers(min_value=1, max_value=9))
    def time_passes(self, days: int) -> None:
        self.moment += timedelta(days=days)
        with self.undone_on_error():
            while awarding.lapse_due(self.moment):
                pass

    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            awarding.withdraw(self.fund.officer, award)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            awarding.cancel(self.fund.officer, award)

    @rule(which=WHICH, refused=st.booleans())
    def visa(self, which: int, refused: bool) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            visa = travelling.visa_needed(self.fund.officer, award)
            if refused:
                travelling.visa_refused(self.fund.officer, award, visa)
            else:
                travelling.visa_granted(self.fund.officer, award, visa)

    @rule(which=WHICH)
    def journey(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            today = now().date()
            travelling.ticketed(self.fund.officer, award, travels_on=today, returns_on=today)
            report = travelling.travelled(self.fund.officer, award, ended_on=today, report_days=30)
            said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
            reporting.file(award.application.person, award, report, said)

    @rule(which=WHICH)
    def buy(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            today = now().date()
            travelling.ticketed(self.fund.officer, award, travels_on=today, returns_on=today)

    @rule(which=WHICH)
    def let_the_ticket_go(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            leftovers.let_go(self.fund.finance, award)
            assert award.committed == 0

    @rule(which=WHICH)
    def let_it_stay_paid(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            leftovers.stay_paid(self.fund.finance, award)

    @rule(which=WHICH, line=st.integers(0, 1), amount=AMOUNTS, agreed=st.sampled_from([True, True, False]))
    def pay(self, which: int, line: int, amount: int, agreed: bool) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            asked = paying.ask(self.fund.finance, award, queries.lines([award.id])[line], amount)
            if agreed:
                paying.agree(self.fund.second, award, asked)

    @rule(which=WHICH, line=st.integers(0, 1), amount=AMOUNTS)
    def note_actual(self, which: int, line: int, amount: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            row = queries.lines([award.id])[line]
            paying.note_actual(self.fund.finance, award, row, Money(amount, "USD"), on=now().date())

    @rule(which=WHICH, amount=AMOUNTS, again=st.booleans(), all_of_it=st.booleans())
    def take_back(self, which: int, amount: int, again: bool, all_of_it: bool) -> None:
        with self.undone_on_error():
            rows = list(db.session.scalars(select(Payment.id).where(Payment.paid_at.is_not(None)).order_by(Payment.id)))
            if not rows:
                return
            row = queries.payment(rows[which % len(rows)])
            award = queries.award(row.award_id, lock=True)
            paying.take_back(self.fund.finance, award, row, row.amount if all_of_it else amount, pay_again=again)

    @rule(which=WHICH)
    def settle(self, which: int) -> None:
        with self.undone_on_error(), self.an_award(which) as award:
            paying.settle(self.fund.finance, award)

    @rule(which=WHICH, agrees=st.booleans())
    def decide_on_a_reserve(self, which: int, agrees: bool) -> None:
        with self.undone_on_error():
            found = queries.open_proposals(self.fund.call.id)
            if found:
                one = queries.proposal(found[which % len(found)].id, lock=True)
                (awarding.confirm if agrees else awarding.drop)(self.fund.officer, one)

    @rule(difference=st.integers(min_value=-150_000, max_value=150_000))
    def change_budget(self, difference: int) -> None:
        with self.undone_on_error():
            ledger.change_budget(self.fund.finance, self.fund.envelope, difference, reason="changed")

    @invariant()
    def sums_are_the_ledgers(self) -> None:
        columns = [getattr(FundEnvelope, name) for name in SIGNS]
        row = db.session.execute(select(*columns).where(FundEnvelope.id == self.fund.envelope.id)).one()
        kept = dict(row._mapping)
        assert kept == ledger_sums(Movement.envelope_id, self.fund.envelope.id)
        assert min(kept.values()) >= 0
        spent = kept["paid"] - kept["returned"]
        assert spent <= kept["budget"]
        promised = kept["reserved"] + kept["committed"] + spent
        assert promised * 100 <= kept["budget"] * self.fund.envelope.over_commit
        awards = db.session.execute(
            select(
                *(func.coalesce(func.sum(getattr(Award, name)), 0) for name in list(SIGNS)[1:]),
            ).where(Award.envelope_id == self.fund.envelope.id)
        ).one()
        assert [int(one) for one in awards] == [kept[name] for name in list(SIGNS)[1:]]

    @invariant()
    def nobody_has_more_than_was_approved(self) -> None:
        rows = (
            select(Award, Application.state).join(Award.application).where(Award.envelope_id == self.fund.envelope.id)
        )
        for award, state in db.session.execute(rows.execution_options(populate_existing=True)):
            said = ledger_sums(Movement.award_id, award.id)
            kept = {"reserved": award.reserved, "committed": award.committed}
            kept |= {"paid": award.paid, "returned": award.returned}
            assert kept == {name: said[name] for name in kept}
            assert award.spent <= award.amount
            assert award.spent + award.committed + award.reserved <= award.amount
            if state in FREED:
                assert award.reserved == 0
                assert award.committed <= self.owed_for_a_ticket(award)
            if state in {State.ACCEPTED, State.TICKETED}:
                assert award.outcome is Outcome.ACCEPTED
        lines = select(AwardLine.approved, func.sum(Payment.amount - Payment.returned)).join(
            Payment, Payment.line_id == AwardLine.id
        )
        for approved, paid in db.session.execute(lines.where(Payment.paid_at.is_not(None)).group_by(AwardLine.id)):
            assert paid <= approved

    def owed_for_a_ticket(self, award: Award) -> int:
        """What was approved for a ticket that is bought, less what was paid for it, ever."""
        bought = select(Ticket.id).where(Ticket.award_id == award.id)
        if db.session.scalar(bought) is None:
            return 0
        line = queries.lines([award.id])[-1]
        paid = select(func.coalesce(func.sum(Payment.amount), 0)).where(Payment.line_id == line.id)
        assert line.kind is CostKind.TICKET
        return (line.approved or 0) - int(db.session.scalar(paid.where(Payment.paid_at.is_not(None))) or 0)

    @invariant()
    def every_move_is_of_the_table(self) -> None:
        start = dict.fromkeys(self.applications[:5], State.RECOMMENDED)
        start |= dict.fromkeys(self.applications[5:], State.RESERVE)
        rows = select(AuditEntry.subject_id, AuditEntry.verb).where(
            AuditEntry.subject_id.in_(self.applications), AuditEntry.verb.like("funding.%")
        )
        for subject_id, verb in db.session.execute(rows.order_by(AuditEntry.id)):
            target = State(verb.removeprefix("funding."))
            assert target in MOVES[start[subject_id]]
            start[subject_id] = target
        states = select(Application.id, Application.state).where(Application.id.in_(self.applications))
        assert {row.id: row.state for row in db.session.execute(states)} == start

    @contextlib.contextmanager
    def an_award(self, which: int) -> Iterator[Award]:
        rows = select(Award.id).where(Award.envelope_id == self.fund.envelope.id).order_by(Award.approved_at, Award.id)
        ids = list(db.session.scalars(rows))
        if not ids:
            raise DomainError
        yield queries.award(ids[which % len(ids)], lock=True)

    @contextlib.contextmanager
    def undone_on_error(self) -> Iterator[None]:
        try:
            with db.session.begin_nested():
                yield
        except DomainError:
            pass


@pytest.mark.usefixtures("database")
def test_money_is_never_lost_and_never_below_zero(app: Flask) -> None:
    with app.app_context():
        run_state_machine_as_test(
            Fund,
            settings=settings(
                max_examples=15,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
