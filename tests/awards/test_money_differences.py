"""What the published money of a fund tells by the difference of two looks: never one person's amount."""

import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from eventhub.awards import awarding, dashboard, dashboard_money, ledger, queries
from eventhub.awards.awarding import Cost
from eventhub.awards.money_models import FundEnvelope
from eventhub.funding.allowance import CostKind
from eventhub.kit.db import db
from tests.factories.awards import Money, grant_for, make_application, make_fund

pytestmark = pytest.mark.usefixtures("database")


def _other(fund: Money, budget: int = 1_000_000) -> FundEnvelope:
    row = FundEnvelope(id=uuid.uuid4(), call_id=fund.call.id, key="other", currency=fund.envelope.currency)
    db.session.add(row)
    db.session.flush()
    ledger.change_budget(fund.officer, row, budget, reason="found")
    ledger.change_budget(fund.officer, fund.envelope, budget, reason="found")
    return row


def _give(fund: Money, number: int, envelope: FundEnvelope | None = None, *, amount: int = 50_000) -> list[Any]:
    held = (envelope or fund.envelope).id
    grants = [replace(grant_for(fund, make_application(fund), amount), envelope_id=held) for _ in range(number)]
    return awarding.approve_all(fund.approver, fund.call, grants, recommended_by=fund.board.id)


def _pay_for(fund: Money, number: int, kind: CostKind, amount: int) -> None:
    costs = [Cost(CostKind.TICKET, 10_000), Cost(kind, amount)]
    grants = [replace(grant_for(fund, make_application(fund)), costs=costs) for _ in range(number)]
    awarding.approve_all(fund.approver, fund.call, grants, recommended_by=fund.board.id)


def _told(fund: Money, before: Any = None) -> dict[str, Any]:
    db.session.expire_all()
    return dashboard_money.published(fund.call, [], before)


def test_an_envelope_of_one_person_is_not_what_is_missing_from_an_earlier_whole() -> None:
    fund = make_fund()
    other = _other(fund)
    _give(fund, 6)
    _give(fund, 1, other, amount=77_777)
    first = _told(fund)
    assert first["sums"] == {"": [377_777, 0, 0, 0]}
    _give(fund, 5, other)
    second = _told(fund, first)
    assert second["sums"] == {"": [627_777, 0, 0, 0]}
    _give(fund, 5)
    third = _told(fund, second)
    assert third["sums"] == {"": [877_777, 0, 0, 0], "main": [550_000, 0, 0, 0], "other": [327_777, 0, 0, 0]}


def test_a_whole_is_not_told_that_says_what_is_left_in_an_envelope() -> None:
    fund = make_fund()
    other = _other(fund)
    _give(fund, 6)
    theirs = _give(fund, 6, other)
    first = _told(fund)
    assert set(first["sums"]) == {"", "main", "other"}
    gone = [queries.award(one.id, lock=True) for one in theirs[:5]]
    awarding.offer_all(fund.officer, gone, accept_days=7)
    for award in gone:
        awarding.answer(awarding.link(award), accepts=False)
    assert _told(fund, first)["sums"] == first["sums"]


def _frozen(fund: Money, row: Any) -> dict[CostKind | None, int]:
    db.session.expire_all()
    dashboard.freeze(fund.call, row)
    kept = [dashboard.Cost(CostKind(kind), *numbers) for kind, *numbers in row.numbers["money"]["costs"]]
    return {one.kind: one.approved for one in dashboard.together(kept)}


def test_a_kind_of_cost_of_one_person_is_not_what_is_missing_from_an_earlier_line() -> None:
    fund, row = make_fund(3_000_000), SimpleNamespace(numbers={})
    _pay_for(fund, 5, CostKind.VISA, 100)
    _pay_for(fund, 1, CostKind.ACCESSIBILITY, 777)
    first = _frozen(fund, row)
    assert first == {CostKind.TICKET: 60_000, None: 1_277}
    _pay_for(fund, 5, CostKind.ACCESSIBILITY, 200)
    assert _frozen(fund, row) == first
    _pay_for(fund, 5, CostKind.VISA, 100)
    third = _frozen(fund, row)
    assert third == {CostKind.TICKET: 160_000, CostKind.VISA: 1_000, CostKind.ACCESSIBILITY: 1_777}


def test_two_looks_with_another_between_them_do_not_tell_of_one_person() -> None:
    fund = make_fund()
    _give(fund, 6)
    first = _told(fund)
    more = _give(fund, 5, amount=70_000)
    second = _told(fund, first)
    assert second["sums"] == {"": [650_000, 0, 0, 0], "main": [650_000, 0, 0, 0]}
    for award in more[1:]:
        awarding.withdraw(fund.officer, queries.award(award.id, lock=True))
    stays = queries.award(more[0].id, lock=True)
    awarding.offer_all(fund.officer, [stays], accept_days=7)
    third = _told(fund, second)
    assert third["sums"] == second["sums"]


def test_whoever_goes_is_not_what_changed_of_all_while_others_only_accept() -> None:
    fund = make_fund(10_000_000)
    given = _give(fund, 40)
    first = _told(fund)
    offered = [queries.award(one.id, lock=True) for one in given]
    awarding.offer_all(fund.officer, offered, accept_days=7)
    for award in offered[:39]:
        awarding.answer(awarding.link(award), accepts=True)
    awarding.answer(awarding.link(offered[39]), accepts=False)
    assert _told(fund, first)["sums"] == first["sums"]
