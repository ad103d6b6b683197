"""Places that were left: two who want one reserve at once, and what the clock finds that nobody proposed."""

import uuid
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from eventhub.awards import awarding, queries, replacing, staging
from eventhub.awards.models import Proposal
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.funding.moves import move
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from eventhub.selecting.models import Slate, SlateState
from tests.awards import scene as scenes
from tests.factories.awards import make_application, make_award, make_fund, make_reserves
from tests.factories.people import make_organisation, sign_in
from tests.factories.releasing import Decided, make_decided, stage
from tests.factories.selecting import make_approver, reading
from tests.together import at_once


def test_two_nominators_name_the_same_reserve_at_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund, house = make_fund(), make_organisation()
        waiting = make_application(fund, State.RESERVE, nominated_by_id=house.id)
        reserve = scenes.confirmed(waiting).application_id
        secrets = []
        for _ in range(2):
            award = make_award(fund, State.ACCEPTED, nominated_by_id=house.id)
            db.session.add(
                Endorsement(
                    application_id=award.application_id,
                    role=Voucher.NOMINATOR,
                    name="A chair",
                    email="chair@example.org",
                    language="en",
                    salt=b"",
                    token_hash=digest(new_salt().hex()),
                    letter_due=now(),
                    outcome=Vouch.CONFIRMED,
                    answered_at=now(),
                )
            )
            db.session.flush()
            secrets.append(replacing.link(replacing.ask_nominator(fund.officer, award)))

    def naming(secret: str) -> str:
        replacing.name(secret, reserve)
        return "named"

    assert at_once(committed, [partial(naming, one) for one in secrets]) == {"named": 2}
    with committed.test_request_context():
        made = db.session.scalars(select(Proposal).where(Proposal.application_id == reserve)).all()
        assert sorted(one.dropped_at is None for one in made) == [False, True]


def next_up(call_id: uuid.UUID) -> list[uuid.UUID]:
    """Whom somebody is asked about."""
    return [one.application_id for one in queries.open_proposals(call_id)]


def test_a_reserve_that_somebody_holds_keeps_its_turn(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund = make_fund()
        first, _second = make_reserves(fund, [None, None])
        award = make_award(fund)
        call_id, first_id, award_id = fund.call.id, first.id, award.id
    with committed.test_request_context():
        here = db.engine.connect()
        here.execute(select(Application.id).where(Application.id == first_id).with_for_update())
        with unit_of_work():
            awarding.answer_held(None, queries.award(award_id, lock=True), accepts=False)
        with unit_of_work():
            assert awarding.propose_missed() == 0
            assert next_up(call_id) == []
        here.close()
        with unit_of_work():
            assert awarding.propose_missed() == 1
            assert next_up(call_id) == [first_id]
            assert awarding.propose_missed() == 0


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_proposed_reserve_that_leaves_gives_its_turn_to_the_next(confirmed: bool) -> None:
    fund = make_fund()
    first, second = make_reserves(fund, [None, None])
    awarding.withdraw(fund.officer, make_award(fund))
    assert next_up(fund.call.id) == [first.id]
    if confirmed:
        (proposal,) = queries.open_proposals(fund.call.id)
        awarding.confirm(fund.officer, proposal)
        db.session.flush()
    assert awarding.propose_missed() == 0
    move(first, State.WITHDRAWN, actor=None)
    db.session.flush()
    assert awarding.propose_missed() == 1
    assert next_up(fund.call.id) == [second.id]


def chosen_of(scene: Decided) -> list[Application]:
    """Whom the slate chose, the best first."""
    ids = {one["id"] for one in scene.slate.people if one["chosen"]}
    return [one for one in scene.files if str(one.id) in ids]


def in_line(scene: Decided) -> list[uuid.UUID]:
    """The reserves of the slate, the next one first."""
    return [uuid.UUID(one) for one in scene.slate.reserves["general"]]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("erased", [False, True])
def test_whoever_leaves_before_the_staging_leaves_a_place_to_a_reserve(erased: bool) -> None:
    scene = make_decided(6, 2)
    gone = chosen_of(scene)[0]
    if erased:
        gone.erased_at = now()
    else:
        move(gone, State.WITHDRAWN, actor=None)
    db.session.flush()
    assert stage(scene).failed is None
    (proposal,) = queries.open_proposals(scene.call.id)
    assert (proposal.application_id, proposal.freed_application_id) == (in_line(scene)[0], gone.id)
    stage(scene)
    assert staging.propose_missed() == 0
    awarding.confirm(scene.officer, proposal)
    assert (staging.propose_missed(), awarding.propose_missed()) == (0, 0)
    made = staging.approve_confirmed(
        make_approver(scene.call), scene.call, reading(scene.call).rules, [in_line(scene)[0]]
    )
    assert [one.application_id for one in made] == in_line(scene)[:1]
    assert staging.propose_missed() == 0


@pytest.mark.usefixtures("database")
def test_a_dropped_reserve_for_such_a_place_is_followed_by_the_next() -> None:
    scene = make_decided(6, 2)
    move(chosen_of(scene)[1], State.WITHDRAWN, actor=None)
    db.session.flush()
    stage(scene)
    (proposal,) = queries.open_proposals(scene.call.id)
    following = awarding.drop(scene.officer, proposal)
    assert following is not None
    assert (following.application_id, following.freed_application_id) == (in_line(scene)[1], chosen_of(scene)[1].id)
    move(db.session.get_one(Application, following.application_id), State.WITHDRAWN, actor=None)
    db.session.flush()
    awarding.propose_missed()
    assert staging.propose_missed() == 1
    assert next_up(scene.call.id) == in_line(scene)[2:3]


@pytest.mark.usefixtures("database")
def test_nobody_is_proposed_while_everybody_chosen_is_there() -> None:
    scene = make_decided(6, 2)
    stage(scene)
    assert (queries.open_proposals(scene.call.id), staging.propose_missed()) == ([], 0)


@pytest.mark.usefixtures("database")
def test_the_officer_reads_whose_place_it_is(client: FlaskClient) -> None:
    scene = make_decided(6, 2)
    gone = chosen_of(scene)[0]
    move(gone, State.WITHDRAWN, actor=None)
    db.session.flush()
    stage(scene)
    sign_in(client, scene.officer)
    page = client.get(f"/en/console/funds/{scene.call.slug}/grants/reserves").text
    assert db.session.get_one(Person, gone.person_id).name in page
    release = client.get(f"/en/console/funds/{scene.call.slug}/release").text
    assert "No longer chosen" in release
    assert "Somebody on the reserve list is proposed." in release
    assert f"/en/console/funds/{scene.call.slug}/grants/reserves" in release


@pytest.mark.usefixtures("database")
def test_the_approver_reads_that_somebody_chosen_has_left(client: FlaskClient) -> None:
    scene = make_decided(6, 2)
    db.session.execute(update(Slate).values(state=SlateState.RECOMMENDED, approved_by_id=None, approved_at=None))
    at = f"/en/console/funds/{scene.call.slug}/board/slates/{scene.slate.number}/decide"
    sign_in(client, make_approver(scene.call))
    assert "no longer chosen" not in client.get(at).text
    move(chosen_of(scene)[0], State.WITHDRAWN, actor=None)
    db.session.flush()
    assert "1 person is no longer chosen." in client.get(at).text
