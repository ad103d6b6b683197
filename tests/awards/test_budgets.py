"""Budgets changed by hand: nobody of finance alone has more money to give, or less."""

import pytest
from flask.testing import FlaskClient

from eventhub.awards import budgets, console_queries
from eventhub.awards.money_models import BudgetChange, FundEnvelope
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.awards.test_console import officer
from tests.factories.awards import Money, make_award, make_fund
from tests.programme.console import error_at, fields_of


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


def budget(fund: Money) -> int:
    """What the envelope holds now, in cents."""
    db.session.expire_all()
    return db.session.get_one(FundEnvelope, fund.envelope.id).budget


def money(fund: Money) -> str:
    return f"/en/console/funds/{fund.call.slug}/money"


def test_one_person_of_finance_alone_changes_no_budget(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    url = f"{money(fund)}/{fund.envelope.id}/budget"
    assert client.get(url).status_code == 404
    first = officer(client, fund, Role.FINANCE)
    more = {"direction": "raise", "amount": "1,000", "reason": "A donor gives more"}
    data = fields_of(client.get(url)) | more
    for _ in range(2):  # the same form twice asks once
        assert client.post(url, data=data).status_code == 303
    assert budget(fund) == 1_000_000
    (asked,) = console_queries.budget_changes(fund.call.id)
    page = client.get(money(fund))
    assert "A donor gives more" in page.text
    assert "A colleague of finance has to agree to it." in page.text
    agree = f"{money(fund)}/changes/{asked.id}/agree"
    assert agree not in page.text
    own = client.post(agree, data=fields_of(page, action="/drop"))
    assert own.status_code == 422
    assert budget(fund) == 1_000_000
    officer(client, fund)
    assert client.post(agree, data={}).status_code == 404
    officer(client, fund, Role.APPROVER)
    assert client.post(agree, data={}).status_code == 404
    second = officer(client, fund, Role.FINANCE)
    assert "Budget changes to agree to" in client.get("/en/console").text
    data = fields_of(client.get(money(fund)), action="/agree")
    for _ in range(2):
        assert client.post(agree, data=data).status_code == 303
    assert budget(fund) == 1_100_000
    told = client.get(money(fund)).text
    assert "waits for a second person" not in told
    for words in (first.public_name, second.public_name, "A donor gives more"):
        assert words in told
    assert client.post(f"{money(fund)}/changes/{asked.id}/drop", data=data).status_code == 422


def test_a_change_that_was_dropped_is_not_agreed_to(client: FlaskClient, fund: Money) -> None:
    asked = budgets.ask(fund.finance, fund.envelope, -10_000, why="The donor has less")
    officer(client, fund, Role.FINANCE)
    fields = fields_of(client.get(money(fund)), action="/agree")
    for _ in range(2):
        assert client.post(f"{money(fund)}/changes/{asked.id}/drop", data=fields).status_code == 303
    assert "The donor has less" not in client.get(money(fund)).text
    assert client.post(f"{money(fund)}/changes/{asked.id}/agree", data=fields).status_code == 422
    assert budget(fund) == 1_000_000


def test_changes_of_another_call_are_not_found_under_this_one(client: FlaskClient, fund: Money) -> None:
    other = make_fund()
    asked = budgets.ask(other.finance, other.envelope, 10_000, why="More")
    officer(client, fund, Role.FINANCE)
    assert client.post(f"{money(fund)}/changes/{asked.id}/agree", data={}).status_code == 404


def test_a_bad_amount_is_told_at_its_field_and_nothing_waits(client: FlaskClient, fund: Money) -> None:
    make_award(fund)
    officer(client, fund, Role.FINANCE)
    url = f"{money(fund)}/{fund.envelope.id}/budget"
    cut = {"direction": "cut", "amount": "9,000", "reason": "The donor has less"}
    over = client.post(url, data=fields_of(client.get(url)) | cut)
    assert over.status_code == 422
    assert "USD\u00a0200 are missing" in over.text
    assert "The donor has less" in over.text
    for wrong in ("-1", "0", "", "99999999999999"):
        assert client.post(url, data=fields_of(client.get(url)) | cut | {"amount": wrong}).status_code == 422
    assert client.post(url, data=fields_of(client.get(url)) | cut | {"reason": ""}).status_code == 422
    assert console_queries.budget_changes(fund.call.id) == []


def test_a_cut_that_the_envelope_does_not_bear_any_more_is_refused(client: FlaskClient, fund: Money) -> None:
    asked = budgets.ask(fund.finance, fund.envelope, -900_000, why="The donor has less")
    make_award(fund)
    officer(client, fund, Role.FINANCE)
    fields = fields_of(client.get(money(fund)), action="/agree")
    refused = client.post(f"{money(fund)}/changes/{asked.id}/agree", data=fields)
    assert refused.status_code == 422
    assert "USD\u00a0200 are missing" in refused.text
    assert budget(fund) == 1_000_000
    assert db.session.get_one(BudgetChange, asked.id).agreed_at is None


def test_a_cut_by_more_than_the_budget_says_so_and_large_amounts_are_read_easily(
    client: FlaskClient, fund: Money
) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"{money(fund)}/{fund.envelope.id}/budget"
    fields = fields_of(client.get(url)) | {"reason": "Why not"}
    for direction, amount, said in (
        ("cut", "999,999,999", "This is more than the whole budget of USD 10,000."),
        ("raise", "999,999,999,999", "This amount is too large: at most 1,000,000,000"),
        ("raise", "2.500", "This can be read in two ways."),
        ("raise", "0", "An amount is more than nothing."),
    ):
        page = client.post(url, data=fields | {"direction": direction, "amount": amount})
        assert page.status_code == 422
        assert said in error_at(page, "amount").replace("\u00a0", " "), amount
    assert not console_queries.budget_changes(fund.call.id)
