"""All who recommended a grant keep away from it: members who were present, and whoever confirmed a reserve."""

import uuid

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, ledger, paying, queries, recommending, staging
from eventhub.awards.awarding import TwoPeople
from eventhub.awards.models import Award, Proposal
from eventhub.awards.paying import ThreePeople
from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from tests.factories.people import make_person
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import COST, make_approver, reading, role

pytestmark = pytest.mark.usefixtures("database")


def present(scene: Decided) -> Person:
    """A member who was there when the board recommended, and did not sign."""
    (other,) = [one for one in scene.slate.minutes["present"] if one != str(scene.member.id)]
    return db.session.get_one(Person, uuid.UUID(other))


def stepping_in(scene: Decided) -> Proposal:
    """Somebody declines, and a reserve is proposed."""
    release(scene)
    award = queries.award_of(next(one for one in scene.files if one.state is State.OFFERED).id)
    assert award is not None
    awarding.answer(awarding.link(award), accepts=False)
    return queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)


def raised(who: Person, award: Award) -> Award:
    """A dollar more for somebody, with money enough."""
    ledger.change_budget(make_person(), award.envelope, COST, reason="by_hand")
    line = queries.lines([award.id])[0]
    return awarding.reprice(who, award, {line.kind: (line.approved or 0) + 100}, may_raise=True)


def test_a_member_who_was_present_neither_raises_nor_pays_what_the_board_recommended() -> None:
    scene = make_staged()
    member = role(role(present(scene), Role.APPROVER, scene.call), Role.FINANCE, scene.call)
    award = queries.award_of(next(one for one in scene.files if one.state is State.APPROVED).id)
    assert award is not None
    with pytest.raises(TwoPeople), db.session.begin_nested():
        raised(member, award)
    assert raised(make_approver(scene.call), award).amount == COST + 100
    release(scene)
    awarding.answer(awarding.link(award), accepts=True)
    assert member.id in paying.deciders(award)
    with pytest.raises(ThreePeople):
        paying.ask(member, award, queries.lines([award.id])[0], 1)
    assert paying.ask(role(make_person(), Role.FINANCE, scene.call), award, queries.lines([award.id])[0], 1).id


def test_a_member_who_was_present_approves_no_reserve_of_the_same_slate() -> None:
    scene = make_staged()
    member = role(present(scene), Role.APPROVER, scene.call)
    proposal = stepping_in(scene)
    awarding.confirm(scene.officer, proposal)
    rules = reading(scene.call).rules
    with pytest.raises(TwoPeople):
        staging.approve_confirmed(member, scene.call, rules, [proposal.application_id])
    (award,) = staging.approve_confirmed(scene.approver, scene.call, rules, [proposal.application_id])
    assert {member.id, scene.member.id, scene.officer.id, scene.approver.id} <= paying.deciders(award)


def test_whoever_confirmed_a_reserve_does_not_raise_the_amount() -> None:
    scene = make_staged()
    proposal = stepping_in(scene)
    both = role(make_approver(scene.call), Role.FUND_OFFICER, scene.call)
    awarding.confirm(both, proposal)
    (made,) = staging.approve_confirmed(
        scene.approver, scene.call, reading(scene.call).rules, [proposal.application_id]
    )
    award = queries.award(made.id)
    with pytest.raises(TwoPeople), db.session.begin_nested():
        raised(both, award)
    assert queries.award(made.id).amount == made.amount


def test_who_was_present_is_said_of_the_slate_that_put_the_file_forward_alone() -> None:
    scene, other = make_staged(40, 2), make_staged()
    chosen = next(one for one in scene.files if one.state is State.APPROVED)
    refused = next(one for one in scene.files if one.state is State.NOT_RECOMMENDED)
    signer = scene.member.id
    found = recommending.recommenders({chosen.id: signer, refused.id: signer})
    assert found == {chosen.id: {signer, present(scene).id}, refused.id: {signer}}
    stranger = recommending.recommenders({chosen.id: other.member.id})
    assert stranger == {chosen.id: {other.member.id}}
