"""Rates by their day, conversion rounded once, there and back within a bound that is said."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.awards.exchange import UN_OPERATIONAL, NoRate, Rate, Rates, RateWrong
from eventhub.kit.money import Money

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
RATES = Rates(
    "USD",
    [
        Rate("CHF", Decimal("0.80"), NOVEMBER),
        Rate("CHF", Decimal("0.85"), OCTOBER),
        Rate("EUR", Decimal("0.92"), OCTOBER),
        Rate("XAF", Decimal("603.5"), OCTOBER),
        Rate("JPY", Decimal(150), OCTOBER, "Bank of Japan"),
    ],
)


@pytest.mark.parametrize(
    ("on", "units"), [(OCTOBER, "0.85"), (date(2026, 10, 31), "0.85"), (NOVEMBER, "0.80"), (date(2030, 1, 1), "0.80")]
)
def test_the_newest_rate_holds_until_further_notice(on: date, units: str) -> None:
    assert RATES.in_force("CHF", on).units == Decimal(units)


def test_a_currency_without_a_rate_is_named() -> None:
    for currency, on in (("GBP", NOVEMBER), ("CHF", OCTOBER - timedelta(days=1))):
        with pytest.raises(NoRate) as found:
            RATES.to_fund(Money(1, currency), on)
        assert (found.value.currency, found.value.on) == (currency, on)
        assert currency in str(found.value)


def test_an_amount_keeps_what_it_was_and_by_which_rate() -> None:
    made = RATES.to_fund(Money(8_000, "CHF"), NOVEMBER)
    assert made.money == Money(10_000, "USD")
    assert made.given == Money(8_000, "CHF")
    assert [(rate.units, rate.source) for rate in made.rates] == [(Decimal("0.80"), UN_OPERATIONAL)]


def test_the_funds_own_currency_needs_no_rate() -> None:
    made = Rates("USD", []).to_fund(Money(101, "USD"), OCTOBER)
    assert (made.money, made.rates) == (Money(101, "USD"), ())


@pytest.mark.parametrize(
    ("units", "given_minor", "minor"),
    [("2", 1, 0), ("2", 3, 2), ("2", 5, 2), ("8", 100, 12), ("0.4", 1, 2)],
)
def test_halves_go_to_the_even_cent(units: str, given_minor: int, minor: int) -> None:
    rates = Rates("USD", [Rate("CHF", Decimal(units), OCTOBER)])
    assert rates.to_fund(Money(given_minor, "CHF"), OCTOBER).money.minor == minor


def test_between_two_foreign_currencies_it_is_rounded_once() -> None:
    """One franc CFA is USD 0.001657: rounded to cents on the way it would be nothing, and a million of them less."""
    made = RATES.convert(Money(1_000_001, "XAF"), "EUR", NOVEMBER)
    exact = Fraction(1_000_001) / Fraction("603.5") * Fraction("0.92") * 100
    assert made.money == Money(round(exact), "EUR")
    assert [rate.currency for rate in made.rates] == ["XAF", "EUR"]
    assert RATES.convert(Money(3, "XAF"), "JPY", NOVEMBER).money == Money(1, "JPY")


def test_currencies_without_decimals() -> None:
    assert RATES.to_fund(Money(15_000, "JPY"), NOVEMBER).money == Money(10_000, "USD")
    assert RATES.convert(Money(10_000, "USD"), "JPY", NOVEMBER).money == Money(15_000, "JPY")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Rate("CHF", Decimal(0), OCTOBER),
        lambda: Rate("CHF", Decimal(-1), OCTOBER),
        lambda: Rate("CHF", Decimal("NaN"), OCTOBER),
        lambda: Rate("CHF", 0.8, OCTOBER),  # type: ignore[arg-type]
        lambda: Rates("USD", [Rate("USD", Decimal(1), OCTOBER)]),
        lambda: Rates("USD", [Rate("CHF", Decimal(1), OCTOBER), Rate("CHF", Decimal(2), OCTOBER)]),
    ],
)
def test_rates_that_cannot_be(wrong: object) -> None:
    with pytest.raises(RateWrong):
        wrong()  # type: ignore[operator]


@given(
    st.integers(0, 10**8),
    st.decimals(Decimal("0.0001"), Decimal(100_000), places=4),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_there_and_back_stays_within_its_bound(minor: int, units: Decimal, currency: str) -> None:
    rates = Rates("USD", [Rate(currency, units, OCTOBER)])
    given_money = Money(minor, currency)
    back = rates.convert(rates.to_fund(given_money, OCTOBER).money, currency, OCTOBER).money
    half_a_cent = Fraction(units) / 200 * 10**given_money.digits
    assert abs(back.minor - minor) <= half_a_cent + Fraction(1, 2)
