"""What an ended grant leaves behind, what a statement of the allowance lets be paid, and steps that were mistakes."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from eventhub.awards import awarding, paying, queries, stays, travelling
from eventhub.awards.models import Award, AwardLine, Payment
from eventhub.awards.paying import OverLine
from eventhub.funding.allowance import Payee
from eventhub.funding.models import State
from eventhub.funding.moves import NotPossible
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.awards.test_console import deed, home, officer
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import sign_in
from tests.factories.programme import PDF_BYTES
from tests.house.grants_world import note_stay, own_line
from tests.programme.console import fields_of


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


@pytest.fixture
def award(fund: Money) -> Award:
    """A grant that was accepted: a ticket of 400 dollars, an allowance of 800."""
    return make_award(fund, State.ACCEPTED)


def bought(award: Award) -> AwardLine:
    """The ticket, which the fund buys."""
    return next(one for one in queries.lines([award.id]) if one.payee is Payee.SUPPLIER)


def a_day(fund: Money, award: Award) -> None:
    """There and back within a few hours: nothing is paid for it."""
    at = datetime.fromisoformat
    stays.note(fund.officer, award, at("2026-11-25T10:00"), at("2026-11-25T14:00"), {}, driven=0)


@pytest.mark.parametrize("way", [awarding.withdraw, awarding.cancel])
def test_a_payment_that_waits_is_dropped_with_its_grant(
    client: FlaskClient, fund: Money, award: Award, way: Callable[..., Award]
) -> None:
    paid = paying.agree(fund.second, award, paying.ask(fund.finance, award, own_line(award), 20_000))
    waits = paying.ask(fund.finance, award, own_line(award), 10_000)
    way(fund.officer, award, text="She told us so")
    db.session.expire_all()
    assert db.session.get_one(Payment, waits.id).dropped_at is not None
    assert db.session.get_one(Payment, paid.id).dropped_at is None
    officer(client, fund, Role.FINANCE)
    assert str(waits.id) not in client.get(f"{home(fund)}/payments").text
    assert "Payments to agree to" not in client.get("/en/console").text
    assert "Payment dropped" in client.get(f"{home(fund)}/{award.id}").text


def test_no_stay_is_entered_for_a_grant_that_ended(client: FlaskClient, fund: Money, award: Award) -> None:
    person = award.application.person
    note_stay(fund, award)
    own = f"/en/me/grants/{award.application.reference}/allowance"
    sign_in(client, person)
    assert client.get(own).status_code == 200
    officer(client, fund)
    url = f"{home(fund)}/{award.id}/allowance"
    fields = fields_of(client.get(url))
    awarding.cancel(fund.officer, queries.award(award.id, lock=True))
    assert "Enter the stay" not in client.get(url).text
    given = {"arrives": "2026-11-25T14:00", "leaves": "2026-12-05T10:00"}
    assert client.post(url, data=fields | given).status_code == 422
    row = stays.stay_of(award)
    assert row is not None
    assert row.leaves.day == 29
    with pytest.raises(NotPossible):
        note_stay(fund, make_award(fund))
    sign_in(client, person)
    assert client.get(own).status_code == 404
    assert own not in client.get(own.removesuffix("/allowance")).text


def test_a_traveller_sends_no_receipt_of_what_the_fund_buys(client: FlaskClient, fund: Money, award: Award) -> None:
    sign_in(client, award.application.person)
    receipts = f"/en/me/grants/{award.application.reference}/receipts"
    fields = fields_of(client.get(f"{receipts}/{own_line(award).id}"))
    assert client.get(f"{receipts}/{bought(award).id}").status_code == 404
    assert client.post(f"{receipts}/{bought(award).id}", data=fields | {"file": PDF_BYTES}).status_code == 404
    assert bought(award).receipt_id is None


def test_a_statement_of_nothing_says_so_and_lets_nothing_be_paid(
    client: FlaskClient, fund: Money, award: Award
) -> None:
    row = own_line(award)
    a_day(fund, award)
    with pytest.raises(OverLine):
        paying.ask(fund.finance, award, row, 1)
    officer(client, fund, Role.FINANCE)
    page = client.get(f"{home(fund)}/{award.id}/lines/{row.id}").text
    assert "By the statement of the allowance" in page
    assert "Ask for a payment" not in page
    assert "Nothing is paid for this stay." in client.get(f"{home(fund)}/{award.id}/allowance").text
    application = queries.award(award.id).application
    sign_in(client, application.person)
    own = client.get(f"/en/me/grants/{application.reference}/allowance").text
    assert "Nothing is paid for this stay." in own


def test_a_payment_asked_for_before_the_stay_goes_no_further_than_its_statement(
    client: FlaskClient, fund: Money, award: Award
) -> None:
    row = own_line(award)
    payment = paying.ask(fund.finance, award, row, 80_000)
    at = datetime.fromisoformat
    stays.note(fund.officer, award, at("2026-11-25T14:00"), at("2026-11-26T10:00"), {}, driven=0)
    assert stays.stated(award, row) == 30_000
    assert stays.stated(award, bought(award)) is None
    officer(client, fund, Role.FINANCE)
    url = f"{home(fund)}/{award.id}/payments/{payment.id}"
    page = client.get(url)
    assert "USD\u00a0300" in page.text
    assert client.post(f"{url}/agree", data=fields_of(page, action="/agree")).status_code == 422
    db.session.expire_all()
    assert db.session.get_one(Payment, payment.id).paid_at is None
    award = queries.award(award.id, lock=True)
    paying.drop(fund.finance, award, db.session.get_one(Payment, payment.id))
    assert paying.payable(award, own_line(award)) == 30_000
    assert paying.payable(award, bought(award)) == 40_000


def test_a_visa_noted_as_needed_by_mistake_is_undone(client: FlaskClient, fund: Money, award: Award) -> None:
    officer(client, fund)
    url = f"{home(fund)}/{award.id}"
    assert deed(client, url, "/visa", deed="needed") == 303
    page = client.get(url)
    assert "A ticket can be bought once the visa is granted." in page.text
    assert "No visa is needed after all" in page.text
    fields = fields_of(page, action="/visa") | {"deed": "not_needed"}
    for _ in range(2):
        assert client.post(f"{url}/visa", data=fields).status_code == 303
    award = queries.award(award.id)
    assert award.application.state is State.ACCEPTED
    assert travelling.visa_of(award) is None
    page = client.get(url)
    assert "/ticket" in page.text
    assert "No visa is needed after all" in page.text


@pytest.mark.parametrize("last", ["asked", "granted", "refused"])
def test_a_visa_that_was_asked_for_or_decided_on_stays(
    client: FlaskClient, fund: Money, award: Award, last: str
) -> None:
    officer(client, fund)
    url = f"{home(fund)}/{award.id}"
    assert deed(client, url, "/visa", deed="needed") == 303
    fields = fields_of(client.get(url), action="/visa")
    assert deed(client, url, "/visa", deed=last) == 303
    page = client.get(url).text
    assert "No visa is needed after all" not in page
    assert ("Waiting for the visa" in page.split("History")[0]) is (last == "asked")
    assert client.post(f"{url}/visa", data=fields | {"deed": "not_needed"}).status_code == 422
    assert travelling.visa_of(award) is not None
