"""Places that were left: two who want one reserve at once, and what the clock finds that nobody proposed."""

import uuid
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.awards import awarding, queries, replacing
from eventhub.awards.models import Proposal
from eventhub.funding.models import Application, Endorsement, State, Vouch, Voucher
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.tokens import digest, new_salt
from tests.factories.awards import make_application, make_award, make_fund, make_reserves
from tests.factories.people import make_organisation
from tests.together import at_once


def test_two_nominators_name_the_same_reserve_at_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        fund, house = make_fund(), make_organisation()
        reserve = make_application(fund, State.RESERVE, nominated_by_id=house.id).id
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
