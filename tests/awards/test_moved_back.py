"""What went from one envelope into another for somebody goes back when that grant ends or is cut; what a traveller sent
back is free.
"""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, ledger, paying, queries, staging
from eventhub.awards.models import Award, Proposal
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.funding.models import Application, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.awards import make_award, make_fund
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import COST, REGIONS

pytestmark = pytest.mark.usefixtures("database")

HALF = COST // 2


@pytest.fixture
def lent() -> Decided:
    """Two people are chosen, and half of what the one of a region costs came from what is for everybody."""
    envelopes: list[dict[str, Any]] = [
        {"id": "main", "title": {"en": "All"}, "amount": COST + HALF},
        {"id": "near", "title": {"en": "Near"}, "amount": HALF, "cells": [f"region:{REGIONS[0]}"]},
    ]
    scene = make_staged(6, 2, envelopes=envelopes)
    assert _budgets(scene) == {"main": COST, "near": COST}
    return scene


def _budgets(scene: Decided) -> dict[str, int]:
    rows = select(FundEnvelope.key, FundEnvelope.budget).where(FundEnvelope.call_id == scene.call.id)
    return {one.key: one.budget for one in db.session.execute(rows)}


def _mine(scene: Decided) -> Application:
    chosen = {State.APPROVED, State.OFFERED}
    return next(one for one in scene.files if one.state in chosen and one.region == REGIONS[0])


def _held(application: Application) -> Award:
    return queries.award(queries.award_of(application.id).id, lock=True)


def _moves(reason: str) -> list[tuple[MovementKind, int, uuid.UUID | None]]:
    rows = select(Movement.kind, Movement.amount, Movement.award_id).where(Movement.reason == reason)
    return [tuple(row) for row in db.session.execute(rows.order_by(Movement.id))]


def test_it_goes_back_when_the_grant_is_declined_and_pays_for_the_next_reserve(lent: Decided) -> None:
    release(lent)
    awarding.answer(awarding.link(queries.award_of(_mine(lent).id)), accepts=False)
    assert _budgets(lent) == {"main": COST + HALF, "near": HALF}
    assert _moves(ledger.BACK) == [(MovementKind.CUT, HALF, None), (MovementKind.RAISE, HALF, None)]
    proposal = queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)
    assert proposal.application.region != REGIONS[0]
    awarding.confirm(lent.officer, proposal)
    main = next(one for one in queries.envelopes(lent.call.id) if one.key == "main")
    ledger.change_budget(lent.officer, main, HALF, reason="found")
    made = staging.approve_confirmed(
        lent.approver, lent.call, queries.rules_of(lent.call.id), {proposal.application_id}
    )
    assert [one.application_id for one in made] == [proposal.application_id]


@pytest.mark.parametrize("way", ["withdrawn", "cancelled", "lapsed"])
def test_it_goes_back_however_the_grant_ends(lent: Decided, way: str) -> None:
    release(lent)
    award = _held(_mine(lent))
    if way == "lapsed":
        assert award.accept_by is not None
        award.accept_by = now()
        db.session.flush()
        awarding.lapse_due(now())
    else:
        awarding.answer(awarding.link(award), accepts=True)
        award = _held(award.application)
        (awarding.cancel if way == "cancelled" else awarding.withdraw)(lent.officer, award)
    assert _budgets(lent) == {"main": COST + HALF, "near": HALF}


def test_an_offer_that_lapsed_is_made_again_with_what_went_back(lent: Decided) -> None:
    release(lent)
    award = _held(_mine(lent))
    award.accept_by = now()
    db.session.flush()
    awarding.lapse_due(now())
    award = _held(award.application)
    awarding.offer_all(lent.officer, [award], accept_days=7)
    assert _budgets(lent) == {"main": COST, "near": COST}
    assert _held(award.application).committed == COST
    awarding.answer(awarding.link(award), accepts=False)
    assert _budgets(lent) == {"main": COST + HALF, "near": HALF}


def test_a_cut_gives_back_what_is_not_needed_and_a_raise_fetches_it_again(lent: Decided) -> None:
    award = _held(_mine(lent))
    kinds = {one.kind: one.approved or 0 for one in queries.lines([award.id])}
    most = max(kinds, key=lambda kind: kinds[kind])
    cut = min(HALF // 2, kinds[most] - 1)
    awarding.reprice(lent.officer, award, {most: kinds[most] - cut}, may_raise=False)
    assert _budgets(lent) == {"main": COST + cut, "near": COST - cut}
    awarding.reprice(lent.officer, _held(award.application), {most: kinds[most]}, may_raise=True)
    assert _budgets(lent) == {"main": COST, "near": COST}


def test_nobody_s_money_goes_back_while_it_is_needed(lent: Decided) -> None:
    release(lent)
    other = next(one for one in lent.files if one.state is State.OFFERED and one.region != REGIONS[0])
    awarding.answer(awarding.link(queries.award_of(other.id)), accepts=False)
    assert _budgets(lent) == {"main": COST, "near": COST}


def test_what_came_back_is_offered_to_be_paid_again_only_where_it_stands_committed() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    ticket, allowance = queries.lines([award.id])
    assert (paying.payable(award, ticket), paying.payable(award, allowance)) == (ticket.approved, allowance.approved)
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, allowance, allowance.approved or 0))
    assert paying.payable(award, allowance) == 0
    paying.take_back(fund.finance, award, paid, 1_000)
    assert paying.payable(award, ticket) == ticket.approved
    waiting = paying.ask(fund.finance, award, ticket, ticket.approved or 0)
    assert paying.payable(award, ticket, but=waiting.id) == ticket.approved
    assert paying.payable(award, allowance) == 0
    with pytest.raises(paying.OverLine) as refused:
        paying.ask(fund.finance, award, allowance, 1_000)
    assert refused.value.left == 0
    paying.agree(fund.second, award, waiting)
    assert paying.payable(award, allowance) == 0
    paying.take_back(fund.finance, award, paid, 2_000, pay_again=True)
    assert paying.payable(award, allowance) == 2_000
    again = paying.agree(fund.second, award, paying.ask(fund.finance, award, allowance, 2_000))
    assert again.paid_at is not None
