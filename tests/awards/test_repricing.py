"""Fares change before the offer: an officer cuts what is approved, an approver raises it, and neither pays it then."""

import uuid

import pytest
from flask.testing import FlaskClient

from eventhub.awards import paying, queries
from eventhub.awards.awarding import TwoPeople, reprice
from eventhub.awards.models import Award
from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.kit.errors import Forbidden
from eventhub.people.models import Role
from tests.awards.test_console import home, officer
from tests.awards.test_payments import own_line
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import sign_in
from tests.programme.console import fields_of


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 2,000 dollars, and somebody of each role."""
    return make_fund(200_000)


def entered(client: FlaskClient, fund: Money, award: Award, amount: str) -> int:
    """The status of the answer to another amount of the allowance, which was 800 dollars."""
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    fields = fields_of(client.get(url), action="/approved")
    return client.post(f"{url}/approved", data=fields | {"approved": amount}).status_code


def held(award: Award) -> tuple[int, int]:
    """What is approved in all, and reserved."""
    found = queries.award(award.id)
    return found.amount, found.reserved


def test_an_officer_cuts_and_an_approver_raises_within_the_envelope(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.APPROVED)
    officer(client, fund)
    assert entered(client, fund, award, "800.01") in {403, 422}
    for wrong in ("-1", "", "x", "99999999999999"):
        assert entered(client, fund, award, wrong) == 422
    assert held(award) == (120_000, 120_000)
    assert entered(client, fund, award, "700") == 303
    assert held(award) == (110_000, 110_000)
    approver = officer(client, fund, Role.APPROVER)
    assert entered(client, fund, award, "1,700") == 422  # 2,100 in all
    assert held(award) == (110_000, 110_000)
    assert entered(client, fund, award, "850") == 303
    assert held(award) == (125_000, 125_000)
    found = queries.award(award.id, lock=True)
    assert approver.id in paying.deciders(found)
    with pytest.raises(TwoPeople):
        reprice(fund.board, found, {own_line(found).kind: 90_000}, may_raise=True)


def test_nobody_else_changes_an_amount_and_nothing_after_the_offer(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.APPROVED)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    approver = officer(client, fund, Role.APPROVER)
    fields = fields_of(client.get(url), action="/approved") | {"approved": "5"}
    officer(client, fund, Role.FINANCE)
    assert "/approved" not in client.get(url).text
    assert client.post(f"{url}/approved", data=fields).status_code == 404
    offered = make_award(fund, amount=30_000)
    sign_in(client, approver, second_factor=True)
    there = f"{home(fund)}/{offered.id}/lines/{own_line(offered).id}/approved"
    assert client.post(there, data=fields | {"form_key": str(uuid.uuid4())}).status_code == 422
    assert held(offered)[0] == 30_000
    award = queries.award(award.id)
    award.application.filed_by_id = approver.id
    db.session.flush()
    assert client.post(f"{url}/approved", data=fields | {"form_key": str(uuid.uuid4())}).status_code == 404
    with pytest.raises(Forbidden):
        reprice(approver, queries.award(award.id, lock=True), {own_line(award).kind: 1}, may_raise=True)
    assert held(award) == (120_000, 120_000)
