"""Money follows the call: none is cancelled over a grant, and an envelope that comes back has its budget again."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, queries, rule_budgets, travelling
from eventhub.awards.models import Outcome, Ticket
from eventhub.awards.money_models import FundEnvelope
from eventhub.funding import opening
from eventhub.funding.models import CallRules, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.awards import RULES, Money, make_application, make_award, make_fund, make_reserves
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("state", [State.VISA_REFUSED, State.REPORT_OVERDUE])
def test_a_call_is_not_cancelled_over_somebody_who_holds_a_grant(state: State) -> None:
    fund = make_fund()
    make_application(fund, state)
    with pytest.raises(opening.GrantsGiven):
        opening.cancel(fund.officer, fund.call, reason={"en": "No money"})


def test_what_was_approved_and_told_to_nobody_is_free_again_when_a_call_is_cancelled() -> None:
    fund = make_fund()
    award = make_award(fund, State.APPROVED)
    make_reserves(fund, [None])
    assert db.session.get_one(FundEnvelope, fund.envelope.id).reserved == 120_000
    assert awarding.free_left() == 0
    opening.cancel(fund.officer, fund.call, reason={"en": "No money"})
    assert awarding.free_left() == 1
    assert awarding.free_left() == 0
    db.session.expire_all()
    assert db.session.get_one(FundEnvelope, fund.envelope.id).reserved == 0
    assert queries.award(award.id).outcome is Outcome.CANCELLED
    assert queries.open_proposals(fund.call.id) == []


def test_a_journey_does_not_end_before_it_began() -> None:
    fund = make_fund()
    award, today = make_award(fund, State.ACCEPTED), now().date()
    first = today - timedelta(days=3)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=today)
    with pytest.raises(travelling.NotBegun):
        travelling.travelled(fund.officer, award, ended_on=first - timedelta(days=1), report_days=30)
    assert award.application.state is State.TICKETED
    assert travelling.travelled(fund.officer, award, ended_on=first, report_days=30).due == first + timedelta(days=30)


@pytest.mark.parametrize("of_event", [True, False])
def test_a_journey_of_another_year_is_refused_at_its_field(of_event: bool) -> None:
    fund = make_fund(event=make_event() if of_event else None)
    award, today = make_award(fund, State.ACCEPTED), now().date()
    first, last = travelling.days_of(award)
    for days, field in (
        ((date(2020, 1, 1), date(2020, 1, 5)), "travels_on"),
        ((first - timedelta(days=1), last), "travels_on"),
        ((today, last + timedelta(days=1)), "returns_on"),
    ):
        with pytest.raises(travelling.FarFromEvent) as refused:
            travelling.ticketed(fund.officer, award, travels_on=days[0], returns_on=days[1])
        assert refused.value.field == field
    assert award.application.state is State.ACCEPTED
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=last)
    ticket = db.session.scalars(select(Ticket)).one()
    ticket.travels_on = date(2020, 1, 1)
    db.session.flush()
    with pytest.raises(travelling.FarFromEvent):
        travelling.travelled(fund.officer, award, ended_on=date(2020, 1, 5), report_days=30)
    assert award.application.state is State.TICKETED


def agree(fund: Money, number: int, **amounts: int) -> None:
    envelopes = [{"id": key, "title": {"en": key}, "amount": amount} for key, amount in amounts.items()]
    rules: dict[str, Any] = RULES | {"envelopes": envelopes, "over_commit": 100}
    db.session.add(
        CallRules(
            call_id=fund.call.id,
            number=number,
            rules=rules,
            digest=f"{number}",
            proposed_by_id=fund.officer.id,
            agreed_by_id=fund.approver.id,
            agreed_at=now(),
        )
    )
    db.session.flush()


def test_an_envelope_that_left_the_rules_comes_back_with_its_budget() -> None:
    fund = make_fund()
    budgets = []
    told = [{"main": 1_000_000, "extra": 400_000}, {"main": 1_000_000}, {"main": 1_000_000, "extra": 500_000}]
    for number, amounts in enumerate(told, 7):
        agree(fund, number, **amounts)
        assert rule_budgets.follow(fund.call.id, number)
        assert rule_budgets.lagging(fund.call.id) == []
        rows = select(FundEnvelope.budget).where(FundEnvelope.call_id == fund.call.id, FundEnvelope.key == "extra")
        budgets.append(db.session.scalars(rows).one())
    assert budgets == [400_000, 0, 500_000]
