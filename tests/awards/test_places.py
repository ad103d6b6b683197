"""Places that were left: two who want one reserve at once, and what the clock finds that nobody proposed."""

import uuid
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.awards import awarding, queries, replacing
from eventhub.awards.models import Proposal
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.funding.moves import move
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.tokens import digest, new_salt
from tests.awards import scene
from tests.factories.awards import make_application, make_award, make_fund, make_reserves
from tests.factories.people import make_organisation
from tests.together import at_once


def test_two_nominators_name_the_same_reserve_at_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund, house = make_fund(), make_organisation()
        waiting = make_application(fund, State.RESERVE, nominated_by_id=house.id)
        reserve = scene.confirmed(waiting).application_id
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
