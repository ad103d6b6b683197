"""Rates of exchange: of one call, typed without doubt, and put right while nothing was reckoned by them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventhub.awards import console_queries, dashboard, ledger, paying, queries
from eventhub.awards.ledger import NoRateYet, RateKnown
from eventhub.awards.models import Award, AwardLine
from eventhub.awards.money_models import ExchangeRate
from eventhub.funding.models import Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.money import Money as Amount
from eventhub.people.models import Person, Role
from tests.awards.test_console import home, officer
from tests.factories.awards import Money, make_award, make_fund
from tests.house.grants_world import own_line
from tests.programme.console import fields_of
from tests.together import at_once

TODAY = now().date()
FROM = (TODAY - timedelta(days=22)).isoformat()


def enter(client: FlaskClient, url: str, given: dict[str, str]) -> TestResponse:
    """A rate is sent, and sent once more where it was only said back."""
    said = client.post(url, data=fields_of(client.get(url)) | given)
    return said if said.status_code != 200 else client.post(url, data=fields_of(said) | given)


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


def test_a_rate_that_cannot_be_is_told_at_its_field(client: FlaskClient, fund: Money) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"/en/console/funds/{fund.call.slug}/money/rates"
    good = {"currency": "chf", "units": "0.8", "valid_from": FROM, "source": "UN Treasury"}
    for name, wrong in (
        ("units", "0"),
        ("units", "-1"),
        ("units", "x"),
        ("units", "1e5"),
        ("units", "1,234"),
        ("units", "42,105"),
        ("units", "1.23456789012"),
        ("currency", "USD"),
        ("source", ""),
        ("valid_from", (TODAY + timedelta(days=40)).isoformat()),
    ):
        assert client.post(url, data=fields_of(client.get(url)) | good | {name: wrong}).status_code == 422, wrong
    assert enter(client, url, good).status_code == 303
    page = client.get(url).text
    assert "CHF" in page
    assert "UN Treasury" in page


@pytest.mark.parametrize(
    ("lang", "typed", "units"),
    [
        ("en", "1,234.5", "1234.5"),
        ("en", "1.234", "1.234"),
        ("en", "0,85", "0.85"),
        ("fr", "1,234", "1.234"),
        ("fr", "42 105,5", "42105.5"),
        ("ar", "١٢٣٤٫٥", "1234.5"),
        ("ru", "1.234", None),
        ("zh", "1,234", None),
    ],
)
def test_a_rate_is_never_read_a_thousand_times_off(
    client: FlaskClient, fund: Money, lang: str, typed: str, units: str | None
) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"/{lang}/console/funds/{fund.call.slug}/money/rates"
    given = {"currency": "KES", "units": typed, "valid_from": FROM, "source": "UN Treasury"}
    answer = enter(client, url, given)
    found = [row.units for row in console_queries.rates(fund.call)]
    if units is None:
        assert (answer.status_code, found) == (422, [])
        assert 'id="units-e"' in answer.text
        assert typed in answer.text
    else:
        assert (answer.status_code, found) == (303, [Decimal(units)])


def test_a_rate_is_said_back_in_words_before_it_holds(client: FlaskClient, fund: Money) -> None:
    ledger.enter_rate(fund.finance, fund.call, "LBP", Decimal(89_500), TODAY - timedelta(days=30))
    officer(client, fund, Role.FINANCE)
    url = f"/en/console/funds/{fund.call.slug}/money/rates"
    given = {"currency": "LBP", "units": "89.500", "valid_from": FROM, "source": "UN Treasury"}
    said = client.post(url, data=fields_of(client.get(url)) | given)
    assert (said.status_code, len(console_queries.rates(fund.call))) == (200, 1)
    for words in ("1 USD = 89.5 LBP", "LBP\u00a01,000,000 counts as USD\u00a011,173.18", "The rate before was 89,500"):
        assert words in said.text, words
    other = client.post(url, data=fields_of(said) | given | {"units": "89500.5"})
    assert (other.status_code, len(console_queries.rates(fund.call))) == (200, 1)
    assert "1 USD = 89,500.5 LBP" in other.text
    assert "The rate before" not in other.text
    assert client.post(url, data=fields_of(other) | given | {"units": "89500.5"}).status_code == 303
    assert console_queries.rates(fund.call)[0].units == Decimal("89500.5")


def francs(fund: Money, award: Award) -> AwardLine:
    """A real cost of 80 francs."""
    held = queries.award(award.id, lock=True)
    return paying.note_actual(fund.officer, held, own_line(held), Amount(8_000, "CHF"), on=TODAY)


def test_a_wrong_rate_is_put_right_on_the_same_day_and_stays_in_the_list(client: FlaskClient, fund: Money) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"/en/console/funds/{fund.call.slug}/money/rates"
    good = {"currency": "CHF", "units": "8", "valid_from": TODAY.isoformat(), "source": "UN Treasury"}
    assert enter(client, url, good).status_code == 303
    right = good | {"units": "0.8"}
    right = fields_of(client.post(url, data=fields_of(client.get(url)) | right)) | right
    for _ in range(2):  # the same form twice is entered once
        assert client.post(url, data=right).status_code == 303
    assert [row.units for row in console_queries.rates(fund.call)] == [Decimal("0.8"), Decimal(8)]
    assert client.get(url).text.count(">Replaced<") == 1
    assert [row.units for row in dashboard.rates(fund.call)] == [Decimal("0.8")]
    award = make_award(fund, State.ACCEPTED)
    assert francs(fund, award).actual == 10_000
    late = enter(client, url, good | {"units": "0.9"})
    assert late.status_code == 422
    assert 'id="valid_from-e"' in late.text
    assert "A cost was reckoned by the rate" in late.text
    db.session.expire_all()
    assert own_line(queries.award(award.id)).actual == 10_000
    tomorrow = good | {"units": "0.9", "valid_from": (TODAY + timedelta(days=1)).isoformat()}
    assert enter(client, url, tomorrow).status_code == 303
    assert "0.8" in client.get(f"{home(fund)}/{award.id}/lines/{own_line(award).id}").text


def test_a_rate_of_one_call_is_none_of_another(client: FlaskClient, fund: Money) -> None:
    other = make_fund()
    ledger.enter_rate(other.finance, other.call, "CHF", Decimal("0.001"), TODAY)
    award = make_award(fund, State.ACCEPTED)
    with pytest.raises(NoRateYet):
        francs(fund, award)
    ledger.enter_rate(fund.finance, fund.call, "CHF", Decimal("0.8"), TODAY)
    assert francs(fund, award).actual == 10_000
    officer(client, fund, Role.FINANCE)
    assert "0.001" not in client.get(f"/en/console/funds/{fund.call.slug}/money/rates").text
    assert [row.units for row in dashboard.rates(fund.call)] == [Decimal("0.8")]


def test_a_rate_of_all_calls_holds_until_a_call_has_its_own(fund: Money) -> None:
    shared = ExchangeRate(base="USD", currency="CHF", units=Decimal("0.5"), valid_from=TODAY, source="UN", entry=1)
    db.session.add(shared)
    db.session.flush()
    award = make_award(fund, State.ACCEPTED)
    other = make_fund()
    ledger.enter_rate(other.finance, other.call, "CHF", Decimal("0.8"), TODAY)
    assert francs(fund, award).actual == 16_000
    assert francs(other, make_award(other, State.ACCEPTED)).actual == 10_000
    with pytest.raises(RateKnown):
        ledger.enter_rate(fund.finance, fund.call, "CHF", Decimal("0.8"), TODAY)


@pytest.mark.lane
def test_no_cost_is_reckoned_by_a_rate_that_is_replaced_at_that_moment(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        fund = make_fund()
        ledger.enter_rate(fund.finance, fund.call, "CHF", Decimal(8), TODAY)
        award = make_award(fund, State.ACCEPTED)
        ids = fund.call.id, fund.finance.id, fund.officer.id, award.id

    def enter() -> str:
        call, person = db.session.get_one(Call, ids[0]), db.session.get_one(Person, ids[1])
        ledger.enter_rate(person, call, "CHF", Decimal("0.8"), TODAY)
        return "entered"

    def reckon() -> str:
        held = queries.award(ids[3], lock=True)
        person = db.session.get_one(Person, ids[2])
        paying.note_actual(person, held, own_line(held), Amount(8_000, "CHF"), on=TODAY)
        return "reckoned"

    ended = at_once(committed, [enter, reckon])
    with committed.app_context():
        line = own_line(queries.award(ids[3]))
        newest = console_queries.rates(db.session.get_one(Call, ids[0]))[0]
        assert ended in ({"entered": 1, "reckoned": 1}, {"RateKnown": 1, "reckoned": 1})
        assert line.rate_id == newest.id
