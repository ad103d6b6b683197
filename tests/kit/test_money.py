"""Amounts: read as people type them in six languages, written as the house does, never a thousand times off."""

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from eventhub.kit.i18n import LANGUAGES, show_amount, show_money
from eventhub.kit.money import (
    ISO_NOT_CLDR,
    LARGEST,
    AmountWrong,
    CurrenciesDiffer,
    Money,
    TooLarge,
    UnknownCurrency,
    Why,
    currencies,
    digits_of,
    nothing,
    parse_amount,
    total,
)

NONE_OR_THREE = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
AMOUNTS = st.builds(Money, st.integers(0, LARGEST), st.sampled_from(currencies()))
ARABIC = str.maketrans("0123456789,.", "٠١٢٣٤٥٦٧٨٩٬٫")


def test_each_currency_has_the_decimals_of_iso_4217() -> None:
    """Spelled out here, so that newer data of Babel cannot change what a stored amount is worth."""
    wanted = {code: digits for digits, codes in NONE_OR_THREE.items() for code in codes.split()}
    assert {code: digits_of(code) for code in currencies()} == {code: wanted.get(code, 2) for code in currencies()}
    assert len(currencies()) > 150
    assert all(get_currency_precision(code) == 0 for code in ISO_NOT_CLDR)


def test_former_currencies_are_still_amounts_but_no_choice() -> None:
    assert Money(100, "HRK").digits == 2
    assert "HRK" not in currencies()


@pytest.mark.parametrize("code", ["", "usd", "XYZ", "XAU"])
def test_what_nobody_pays_with_is_no_currency(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, code)


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_minor_units_are_whole(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "USD")  # type: ignore[arg-type]


def test_floats_get_in_nowhere() -> None:
    for wrong in (lambda: Money(1, "USD") * 0.5, lambda: Money(1, "USD").percent(0.5)):  # type: ignore[arg-type, operator]
        with pytest.raises(TypeError):
            wrong()


def test_two_currencies_do_not_add_up() -> None:
    for wrong in (
        lambda: Money(1, "USD") + Money(1, "EUR"),
        lambda: Money(1, "USD") - Money(1, "EUR"),
        lambda: Money(1, "USD") < Money(1, "EUR"),
        lambda: Money(1, "USD") >= Money(1, "EUR"),
        lambda: total([Money(1, "USD")], "EUR"),
    ):
        with pytest.raises(CurrenciesDiffer) as found:
            wrong()
        assert {found.value.one, found.value.other} == {"USD", "EUR"}
    assert total([], "JPY") == nothing("JPY")


def test_sums_are_bounded() -> None:
    with pytest.raises(TooLarge):
        Money(LARGEST, "USD") + Money(1, "USD")


@given(AMOUNTS, st.sampled_from(LANGUAGES))
def test_what_is_written_is_read_again(amount: Money, language: str) -> None:
    shown = show_amount(amount, language)
    assert parse_amount(shown, amount.currency, language) == amount
    if language in {"en", "fr", "es"}:
        assert parse_amount(show_money(amount, language), amount.currency, language) == amount


@given(AMOUNTS, st.sampled_from(LANGUAGES))
def test_digits_of_another_script_are_digits(amount: Money, language: str) -> None:
    shown = show_amount(amount, "ar").translate(ARABIC)
    assert parse_amount(shown, amount.currency, language) == amount


@given(st.text(alphabet="0123456789٣९.,٫٬ '’-()eE$€\u00a0\u202f\u200fUSD", max_size=14), st.sampled_from(LANGUAGES))
def test_whatever_is_typed_is_an_amount_or_told_why_not(typed: str, language: str) -> None:
    try:
        read = parse_amount(typed, "USD", language)
    except AmountWrong:
        return
    assert 0 <= read.minor <= LARGEST
    assert sum(sign.isdigit() for sign in typed) >= 1


@pytest.mark.parametrize(
    ("typed", "currency", "language", "minor"),
    [
        ("1200", "USD", "en", 120_000),
        ("1 200,50", "USD", "fr", 120_050),
        ("1\u202f200,50", "USD", "fr", 120_050),
        ("1\u00a0200,50", "USD", "ru", 120_050),
        ("1,200.50", "USD", "en", 120_050),
        ("1,200.50", "USD", "fr", 120_050),
        ("1.200,50", "USD", "en", 120_050),
        ("1.200", "USD", "es", 120_000),
        ("1,200", "USD", "ar", 120_000),
        ("12,50", "USD", "en", 1_250),
        ("12.50", "USD", "fr", 1_250),
        ("1.5", "USD", "fr", 150),
        ("1,5", "USD", "fr", 150),
        ("1’200.50", "CHF", "fr", 120_050),
        ("1,00,000", "INR", "en", 10_000_000),
        ("١٢٠٠", "USD", "ar", 120_000),
        ("١٬٢٠٠٫٥٠", "USD", "ar", 120_050),
        ("\u200f١٢٠٠\u200f", "USD", "ar", 120_000),
        ("１，２００", "USD", "zh", 120_000),
        ("USD 1,200", "USD", "en", 120_000),
        ("1 200 usd", "USD", "es", 120_000),
        ("0", "USD", "en", 0),
        (".5", "USD", "en", 50),
        ("007", "USD", "en", 700),
        ("1 200 000", "XAF", "fr", 1_200_000),
        ("1.200", "JPY", "es", 1_200),
        ("1.2", "KWD", "en", 1_200),
        ("1,200", "KWD", "fr", 1_200),
        ("1 200,000", "TND", "fr", 1_200_000),
    ],
)
def test_as_people_type(typed: str, currency: str, language: str, minor: int) -> None:
    assert parse_amount(typed, currency, language) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "language", "why"),
    [
        ("", "USD", "en", Why.EMPTY),
        (" \u200f\u00a0", "USD", "en", Why.EMPTY),
        ("-5", "USD", "en", Why.NEGATIVE),
        ("−5", "USD", "en", Why.NEGATIVE),
        ("5-", "USD", "ar", Why.NEGATIVE),
        ("(5)", "USD", "en", Why.NEGATIVE),
        ("1.234", "USD", "en", Why.AMBIGUOUS),
        ("1,200", "USD", "fr", Why.AMBIGUOUS),
        ("0,125", "USD", "en", Why.DECIMALS),
        ("12.5", "JPY", "en", Why.DECIMALS),
        ("1 200.300", "USD", "es", Why.DECIMALS),
        ("1e5", "USD", "en", Why.LETTERS),
        ("twelve", "USD", "en", Why.LETTERS),
        ("$5", "USD", "en", Why.LETTERS),
        ("1²", "USD", "en", Why.LETTERS),
        ("5 KILO", "USD", "en", Why.LETTERS),
        ("USD", "USD", "en", Why.LETTERS),
        ("5 EUR", "USD", "en", Why.OTHER_CURRENCY),
        ("12 50", "USD", "en", Why.GROUPS),
        ("1,2,3", "USD", "en", Why.GROUPS),
        ("5.", "USD", "en", Why.GROUPS),
        (",", "USD", "en", Why.GROUPS),
        ("1.200 300,5", "USD", "fr", Why.GROUPS),
        ("1.200", "KWD", "fr", Why.AMBIGUOUS),
        ("1,200", "TND", "ar", Why.AMBIGUOUS),
        ("1,5", "USD", "en", Why.AMBIGUOUS),
        ("1،5", "USD", "ar", Why.AMBIGUOUS),
        ("2.500", "USD", "en", Why.AMBIGUOUS),
        ("2,500", "USD", "fr", Why.AMBIGUOUS),
        ("9" * 14, "USD", "en", Why.TOO_LARGE),
        ("9" * 61, "USD", "en", Why.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_says_why(typed: str, currency: str, language: str, why: Why) -> None:
    with pytest.raises(AmountWrong) as found:
        parse_amount(typed, currency, language)
    assert found.value.why is why


def test_per_cent_is_rounded_half_to_even() -> None:
    assert [Money(minor, "USD").percent(Decimal(50)).minor for minor in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
