"""A place that a newer slate has filled is nobody's any more: neither the clock nor an officer gives it twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, queries, releasing, staging
from eventhub.awards.awarding import PlaceFilled, PlaceTaken
from eventhub.awards.models import Award, Proposal
from eventhub.funding.models import Application, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.selecting import actions
from eventhub.selecting import queries as boards
from tests.factories.awards import make_award, make_fund, make_reserves
from tests.factories.releasing import Decided, make_staged, release, stage
from tests.factories.selecting import make_approver, make_member, make_slate, meet, reading

pytestmark = pytest.mark.usefixtures("database")


def one_place_left() -> tuple[Decided, Award]:
    """Two places: one has accepted, the other has declined, and the first in reserve is proposed."""
    scene = make_staged(8, 2)
    release(scene)
    first, second = db.session.scalars(queries.whole())
    awarding.answer_held(None, first, accepts=True)
    awarding.answer_held(None, second, accepts=False)
    return scene, second


def recommend_again(scene: Decided) -> None:
    meeting = boards.open_board(scene.call.id)
    assert meeting is not None
    actions.close_board(scene.member, meeting)
    member = make_member(scene.call)
    board = meet(scene.call, member, make_member(scene.call))
    scene.slate = make_slate(board, member)
    actions.recommend(member, reading(scene.call), board, scene.slate.number)


def approve_and_stage(scene: Decided) -> None:
    actions.approve(make_approver(scene.call), reading(scene.call), scene.slate.number)
    assert stage(scene).failed is None


def coming(scene: Decided) -> int:
    """How many have a grant, were approved for one, or are asked about for a place."""
    states = {State.RECOMMENDED, State.APPROVED, State.OFFERED, State.ACCEPTED}
    rows = select(Application.id).where(Application.call_id == scene.call.id, Application.state.in_(states))
    return len(db.session.scalars(rows).all()) + len(queries.open_proposals(scene.call.id))


def test_the_clock_proposes_nobody_for_a_place_that_a_slate_has_filled() -> None:
    scene, _left = one_place_left()
    recommend_again(scene)
    assert awarding.propose_missed() == 0
    approve_and_stage(scene)
    assert awarding.propose_missed() == 0
    assert coming(scene) == 2
    release(scene)
    newest = max(db.session.scalars(queries.whole()), key=lambda one: one.approved_at)
    awarding.answer_held(None, newest, accepts=False)
    assert len(queries.open_proposals(scene.call.id)) == 1, "a place that is left after the slate is one again"


def test_an_officer_confirms_nobody_for_a_place_that_the_board_has_filled() -> None:
    scene, left = one_place_left()
    (first,) = queries.open_proposals(scene.call.id)
    other = awarding.drop(scene.officer, first)
    assert other is not None
    recommend_again(scene)
    row = queries.proposal(other.id, lock=True)
    assert row.application.state is State.RESERVE
    with pytest.raises(PlaceFilled):
        awarding.confirm(scene.officer, row)
    approve_and_stage(scene)
    assert awarding.propose_missed() == 0
    db.session.refresh(row)
    assert row.dropped_at is not None
    assert not queries.open_proposals(scene.call.id)
    assert coming(scene) == 2
    assert left.outcome is not None


def test_whoever_drops_the_proposal_for_a_filled_place_gets_no_other() -> None:
    scene, _left = one_place_left()
    (first,) = queries.open_proposals(scene.call.id)
    other = awarding.drop(scene.officer, first)
    assert other is not None
    recommend_again(scene)
    assert awarding.drop(scene.officer, queries.proposal(other.id, lock=True)) is None


def test_a_slate_that_was_sent_back_has_filled_nothing() -> None:
    scene, _left = one_place_left()
    (first,) = queries.open_proposals(scene.call.id)
    other = awarding.drop(scene.officer, first)
    assert other is not None
    recommend_again(scene)
    actions.send_back(make_approver(scene.call), reading(scene.call), scene.slate.number, reason="Look again")
    row = queries.proposal(other.id, lock=True)
    assert awarding.confirm(scene.officer, row).state is State.RECOMMENDED


def test_after_a_slate_that_was_sent_back_the_approved_one_stands_again() -> None:
    scene, _left = one_place_left()

    def known() -> dict[object, tuple[State, State | None]]:
        rows = select(Application.id, Application.state, Application.outcome_seen)
        found = db.session.execute(rows.where(Application.call_id == scene.call.id)).all()
        return {row.id: (row.state, row.outcome_seen) for row in found}

    former, before = releasing.approved_slate(scene.call.id), known()
    assert former is not None
    recommend_again(scene)
    recommend_again(scene)
    assert releasing.approved_slate(scene.call.id) is None
    assert known() != before
    actions.send_back(make_approver(scene.call), reading(scene.call), scene.slate.number, reason="Look again")
    assert releasing.approved_slate(scene.call.id) is former
    assert known() == before
    assert awarding.propose_missed() == 0
    (proposed,) = queries.open_proposals(scene.call.id)
    assert awarding.confirm(scene.officer, queries.proposal(proposed.id, lock=True)).state is State.RECOMMENDED
    assert staging.confirmed(scene.call.id), "an approver can still let a reserve step in"
    recommend_again(scene)
    approve_and_stage(scene)
    assert releasing.approved_slate(scene.call.id) is scene.slate


def test_a_lapsed_offer_is_not_made_again_once_its_place_is_filled() -> None:
    scene = make_staged(8, 2)
    release(scene)
    first, second = db.session.scalars(queries.whole())
    awarding.answer_held(None, first, accepts=True)
    awarding.lapse_due(now() + timedelta(days=60))
    second.ended_at = now()
    db.session.flush()
    recommend_again(scene)
    approve_and_stage(scene)
    with pytest.raises(PlaceTaken):
        releasing.offer_again(scene.officer, scene.call, [queries.award(second.id, lock=True)], accept_days=7)


def test_a_place_that_was_left_long_ago_is_not_looked_at_for_ever() -> None:
    fund = make_fund()
    make_reserves(fund, [None, None])
    award = make_award(fund)
    awarding.withdraw(fund.officer, award)
    (row,) = db.session.scalars(select(Proposal))
    ago = now() - timedelta(days=300)
    award.ended_at = row.made_at = row.dropped_at = ago
    db.session.flush()
    assert queries.left_open(now() - awarding.LOOKS_BACK) == []
    assert awarding.propose_missed() == 0
