"""Reserves who were proposed or confirmed, while the board recommends another slate: one of the two decides on them."""

import uuid

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, ledger, queries, staging, stepping
from eventhub.awards.models import Proposal
from eventhub.awards.refusals import PlaceFilled, SlateFirst
from eventhub.awards.release_models import Staging
from eventhub.funding.models import Application, State
from eventhub.funding.moves import move
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from eventhub.selecting import actions
from eventhub.selecting import queries as board_queries
from eventhub.selecting.models import Slate, SlateState
from tests.factories.people import make_person
from tests.factories.releasing import Decided, make_decided, make_staged, release, stage
from tests.factories.selecting import make_member, make_slate, meet, reading, role

pytestmark = pytest.mark.usefixtures("database")


def meet_again(scene: Decided, must: uuid.UUID | None = None) -> tuple[Slate, list[Person]]:
    """Another board recommends another slate, on which ``must`` stands; who was there."""
    former = board_queries.open_board(scene.call.id)
    assert former is not None
    actions.close_board(scene.member, former)
    members = [make_member(scene.call), make_member(scene.call)]
    board = meet(scene.call, *members)
    if must:
        file = board_queries.file(reading(scene.call), must)
        actions.pin(members[0], board, file, must=True, reason="Speaks for many")
    slate = make_slate(board, members[0])
    actions.recommend(members[0], reading(scene.call), board, slate.number)
    db.session.expire_all()
    return slate, members


def states(scene: Decided) -> list[State]:
    return [db.session.get_one(Application, one.id).state for one in scene.files]


def test_nobody_approves_a_confirmed_reserve_past_a_newer_slate() -> None:
    scene = make_staged(10, 3)
    release(scene)
    offered = queries.award_of(next(one for one in scene.files if one.state is State.OFFERED).id)
    assert offered is not None
    awarding.answer(awarding.link(offered), accepts=False)
    proposal = queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)
    awarding.confirm(scene.officer, proposal)
    chosen = proposal.application_id
    assert [one.id for one, _proposal, _place in staging.confirmed(scene.call.id)] == [chosen]
    slate, members = meet_again(scene)
    assert next(one["chosen"] for one in slate.people if one["id"] == str(chosen))
    both = role(members[1], Role.APPROVER, scene.call)
    with pytest.raises(actions.OwnSlate):
        actions.approve(both, reading(scene.call), slate.number)
    rules = reading(scene.call).rules
    for approver in (both, scene.approver):
        with pytest.raises(SlateFirst):
            staging.approve_confirmed(approver, scene.call, rules, [chosen])
        assert stepping.to_approve(grants_of(approver.id), approver) == []
    assert staging.confirmed(scene.call.id) == []
    actions.send_back(scene.approver, reading(scene.call), slate.number, reason="Too early")
    assert [one.id for one, _proposal, _place in staging.confirmed(scene.call.id)] == [chosen], "it waits as before"
    (made,) = staging.approve_confirmed(scene.approver, scene.call, rules, [chosen])
    assert made.application_id == chosen


def left_before_the_grant() -> tuple[Decided, Proposal]:
    """A slate was approved, one of its people left, and it was staged and released: a reserve is proposed."""
    scene = make_decided(10, 3)
    move(next(one for one in scene.files if one.state is State.RECOMMENDED), State.WITHDRAWN, actor=None)
    db.session.flush()
    assert stage(scene).failed is None
    proposal = db.session.scalars(select(Proposal)).one()
    release(scene)
    db.session.expire_all()
    return scene, proposal


def test_a_place_left_before_the_grant_is_given_once() -> None:
    scene, proposal = left_before_the_grant()
    waiting = [one for one in scene.files if db.session.get_one(Application, one.id).state is State.RESERVE]
    slate, _members = meet_again(scene, waiting[2].id)
    assert db.session.get_one(Application, proposal.application_id).state is State.RESERVE
    assert staging.propose_missed() == 0, "the newer slate decides on this place"
    with pytest.raises(PlaceFilled):
        awarding.confirm(scene.officer, queries.proposal(proposal.id, lock=True))
    actions.approve(scene.approver, reading(scene.call), slate.number)
    with pytest.raises(PlaceFilled):
        awarding.confirm(scene.officer, queries.proposal(proposal.id, lock=True))
    done = staging.stage(slate.id)
    assert done is not None
    assert done.failed is None
    db.session.expire_all()
    assert sum(one in {State.OFFERED, State.APPROVED} for one in states(scene)) == 3
    assert staging.confirmed(scene.call.id) == []


def test_one_confirmed_in_a_place_that_a_slate_has_filled_is_dropped_not_approved() -> None:
    scene, proposal = left_before_the_grant()
    waiting = [one for one in scene.files if db.session.get_one(Application, one.id).state is State.RESERVE]
    slate, _members = meet_again(scene, waiting[2].id)
    # As it could be before confirming asked for newer slates.
    stepped = db.session.get_one(Application, proposal.application_id)
    stepped.state, stepped.outcome_seen = State.RECOMMENDED, State.RESERVE
    proposal.confirmed_at, proposal.decided_by_id = slate.recommended_at, scene.officer.id
    db.session.flush()
    actions.approve(scene.approver, reading(scene.call), slate.number)
    staging.stage(slate.id)
    ledger.change_budget(make_person(), queries.envelopes(scene.call.id)[0], 10**6, reason="raised")
    with pytest.raises(PlaceFilled):
        staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [stepped.id])
    stepping.drop(scene.officer, queries.proposal(proposal.id, lock=True))
    assert stepped.state is State.RESERVE


def test_an_approved_slate_that_stands_again_is_staged() -> None:
    scene = make_decided(8, 2)
    slate, _members = meet_again(scene)
    assert staging.stage(scene.slate.id) is None, "another one has taken its place"
    db.session.execute(Promise.__table__.delete())  # type: ignore[attr-defined]
    actions.send_back(scene.approver, reading(scene.call), slate.number, reason="Look again")
    db.session.expire_all()
    assert db.session.get_one(Slate, scene.slate.id).state is SlateState.APPROVED
    owed = [one.payload for one in db.session.scalars(select(Promise)) if one.task == "selecting.approved"]
    assert owed == [{"slate_id": str(scene.slate.id)}]
    assert stage(scene).failed is None
    assert db.session.scalars(select(Staging.done_at)).one() is not None
