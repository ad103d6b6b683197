"""One grant for one person in the months that the rules name, and of one organization as many as they allow."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.awards import awarding, considering, queries
from eventhub.awards.considering import NotConsidered, OtherGrant
from eventhub.awards.houses import HouseFull
from eventhub.awards.models import Outcome, Proposal
from eventhub.funding.models import State
from eventhub.kit.db import db, unit_of_work
from tests.factories.awards import make_award, make_fund, make_reserves
from tests.factories.people import make_organisation, make_person
from tests.together import at_once


@pytest.mark.usefixtures("database")
def test_whoever_takes_another_grant_is_neither_offered_nor_takes_a_second_one() -> None:
    person = make_person()
    fund = make_fund()
    offer, approved = make_award(fund, person=person), make_award(make_fund(), State.APPROVED, person=person)
    assert considering.standing_against([approved.application]) == []
    first = make_award(make_fund(), State.ACCEPTED, person=person)
    assert considering.standing_against([approved.application]) == [approved.application]
    with pytest.raises(NotConsidered):
        awarding.offer_all(fund.officer, [approved], accept_days=7)
    with pytest.raises(OtherGrant):
        awarding.answer(awarding.link(offer), accepts=True)
    assert offer.application.state is State.OFFERED
    awarding.withdraw(fund.officer, first)
    assert awarding.answer(awarding.link(offer), accepts=True).outcome is Outcome.ACCEPTED


@pytest.mark.usefixtures("database")
def test_a_call_without_such_a_rule_looks_at_no_other_grant() -> None:
    person, free = make_person(), {"limits": {"months_between_grants": 0}}
    offer = make_award(make_fund(**free), person=person)
    make_award(make_fund(), State.ACCEPTED, person=person)
    assert awarding.answer(awarding.link(offer), accepts=True).outcome is Outcome.ACCEPTED


@pytest.mark.usefixtures("database")
def test_a_reserve_whose_organization_has_its_grants_is_passed_over() -> None:
    fund, house = make_fund(), make_organisation()
    make_award(fund, State.ACCEPTED, nominated_by_id=house.id)
    leaves = make_award(fund)
    ours, next_one = make_reserves(fund, [None, None])
    ours.nominated_by_id = house.id
    db.session.flush()
    awarding.answer(awarding.link(leaves), accepts=False)
    proposal = db.session.scalars(select(Proposal).where(Proposal.freed_award_id == leaves.id)).one()
    assert proposal.application_id == next_one.id


@pytest.mark.usefixtures("database")
def test_the_grant_that_ended_makes_room_for_another_of_its_organization() -> None:
    fund, house = make_fund(), make_organisation()
    leaves = make_award(fund, organisation_id=house.id)
    ours, _next = make_reserves(fund, [None, None])
    ours.nominated_by_id = house.id
    db.session.flush()
    awarding.answer(awarding.link(leaves), accepts=False)
    proposal = db.session.scalars(select(Proposal).where(Proposal.freed_award_id == leaves.id)).one()
    assert proposal.application_id == ours.id
    other = make_award(fund, nominated_by_id=house.id)
    with pytest.raises(HouseFull):
        awarding.confirm(fund.officer, queries.proposal(proposal.id, lock=True))
    assert other.application.state is State.OFFERED


def test_two_offers_accepted_at_the_same_moment_are_one_grant(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        person = make_person()
        offers = [make_award(make_fund(), person=person).id for _ in range(2)]

    def accept(award_id: uuid.UUID) -> str:
        awarding.answer(awarding.link(queries.award(award_id)), accepts=True)
        return "accepted"

    assert at_once(committed, [lambda which=which: accept(which) for which in offers]) == {
        "accepted": 1,
        "OtherGrant": 1,
    }
