"""Estimates: fares by origin, a rise before the offer, variants whose parts are the whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.funding.allowance import CostKind, DailyRate, Given, NoDailyRate, Payee, Reason, Rules
from eventhub.funding.estimates import (
    Basis,
    BasisWrong,
    FareTable,
    Needs,
    NoFare,
    RiseWrong,
    Variant,
    estimate,
    full,
    variants,
)
from eventhub.kit.money import CurrenciesDiffer, Money


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


FARES = FareTable(
    zones={"KE": "east_africa", "UG": "east_africa", "FR": "europe", "FJ": "pacific"},
    of_zone={"east_africa": usd(900), "europe": usd(250)},
    of_country={"UG": usd(1_050), "PG": usd(2_400)},
)
BASIS = Basis(
    currency="USD",
    first=date(2026, 11, 26),
    last=date(2026, 11, 27),
    fares=FARES,
    daily=(DailyRate(usd(400), date(2026, 11, 1)),),
    leg=usd(47),
    flat={CostKind.VISA: usd(90), CostKind.INSURANCE: usd(35), CostKind.CONNECTIVITY: usd(40)},
)
NEEDS = Needs("KE", accessibility=usd(600), companion=usd(300))


def test_a_full_grant() -> None:
    """Ticket 900, three nights 1200, four legs 188, visa 90, insurance 35, accessibility 600, companion 300: 3313."""
    made = full(BASIS, NEEDS)
    assert made.total == usd(3_313)
    assert made.of(CostKind.CONNECTIVITY) == usd(0)
    bought = {line.kind for line in made.lines if line.payee is Payee.SUPPLIER}
    assert bought == {CostKind.TICKET, CostKind.INSURANCE}


@pytest.mark.parametrize(
    ("country", "fare", "reason"),
    [
        ("KE", 900, Reason.FARE_OF_ZONE),
        ("UG", 1_050, Reason.FARE_OF_COUNTRY),
        ("PG", 2_400, Reason.FARE_OF_COUNTRY),
        ("FR", 250, Reason.FARE_OF_ZONE),
    ],
)
def test_the_own_fare_goes_before_that_of_the_zone(country: str, fare: int, reason: Reason) -> None:
    (line,) = FARES.lines(country)
    assert (line.amount, line.reason) == (usd(fare), reason)


@pytest.mark.parametrize("country", ["FJ", "XX", ""])
def test_a_country_without_a_fare_is_named(country: str) -> None:
    with pytest.raises(NoFare) as found:
        FARES.lines(country)
    assert found.value.country == country


def test_a_usual_fare_is_for_countries_that_the_table_does_not_name() -> None:
    table = replace(FARES, usual=usd(1_300))
    assert [(line.reason, line.amount) for line in table.lines("FJ")] == [(Reason.USUAL_FARE, usd(1_300))]
    assert table.lines("KE") == FARES.lines("KE")
    with pytest.raises(BasisWrong):
        FareTable(usual=usd(-1))


def test_fares_rise_by_six_per_cent_before_the_offer() -> None:
    """6 % of 900 is 54; a second rise counts from the table again, not from the first."""
    risen = replace(BASIS, fares=FARES.raised(Decimal(6)))
    lines = [line for line in full(risen, NEEDS).lines if line.kind is CostKind.TICKET]
    assert [(line.reason, line.amount) for line in lines] == [
        (Reason.FARE_OF_ZONE, usd(900)),
        (Reason.FARE_RISE, usd(54)),
    ]
    assert full(risen, NEEDS).total == usd(3_367)
    again = replace(BASIS, fares=FARES.raised(Decimal(6)).raised(Decimal(10)))
    assert full(again, NEEDS).of(CostKind.TICKET) == usd(990)
    for rise in ("-100", "501", "NaN"):
        with pytest.raises(RiseWrong):
            FARES.raised(Decimal(rise))


def test_parts_of_a_grant() -> None:
    found = {variant: made.total for variant, made in variants(BASIS, NEEDS).items()}
    assert found == {
        Variant.FULL: usd(3_313),
        Variant.OWN_TICKET: usd(2_413),
        Variant.OWN_STAY: usd(2_113),
        Variant.WOULD_COME: usd(900),
    }


@given(
    st.sampled_from(["KE", "UG", "PG", "FR"]),
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
    st.integers(-50, 100).map(Decimal),
    st.sampled_from(Variant),
    st.booleans(),
)
def test_fund_and_applicant_together_pay_the_whole(
    country: str,
    visa: bool,
    connectivity: bool,
    accessibility: int | None,
    companion: int | None,
    rise: Decimal,
    variant: Variant,
    ldc: bool,
) -> None:
    asked = [None if minor is None else Money(minor, "USD") for minor in (accessibility, companion)]
    needs = Needs(country, visa, connectivity, asked[0], asked[1], ldc)
    basis = replace(BASIS, fares=FARES.raised(rise), rules=Rules(ldc_only=frozenset({CostKind.VISA})))
    made, whole = estimate(basis, needs, variant), full(basis, needs)
    assert made.total + made.own_total == whole.total
    assert sorted(map(repr, (*made.fund.lines, *made.own))) == sorted(map(repr, whole.lines))
    assert min(made.total.minor, made.own_total.minor) >= 0


def test_host_lodging_makes_every_estimate_cheaper() -> None:
    nights = {date(2026, 11, day): frozenset({Given.LODGING}) for day in (25, 26, 27)}
    assert full(replace(BASIS, given=nights), NEEDS).total == usd(3_313 - 600)


def test_a_call_for_taking_part_from_afar_pays_the_connection_alone() -> None:
    afar = replace(BASIS, kinds=frozenset({CostKind.CONNECTIVITY}), fares=FareTable(), daily=())
    assert full(afar, Needs("FJ", connectivity=True)).total == usd(40)


def test_what_cannot_be_estimated() -> None:
    with pytest.raises(NoDailyRate):
        full(replace(BASIS, daily=()), NEEDS)
    with pytest.raises(CurrenciesDiffer):
        full(BASIS, replace(NEEDS, accessibility=Money(1, "EUR")))
    with pytest.raises(BasisWrong):
        full(BASIS, replace(NEEDS, companion=Money(-1, "USD")))
    with pytest.raises(BasisWrong):
        replace(BASIS, leg=usd(-1))
    with pytest.raises(BasisWrong):
        FareTable(of_country={"KE": usd(-1)})
    with pytest.raises(BasisWrong):
        replace(BASIS, flat={CostKind.TICKET: usd(1)})
