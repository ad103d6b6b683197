"""The allowance, against examples worked by hand: USD 400.00 a day, an event in Geneva on 26 and 27 November 2026."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.awards.exchange import Rate, Rates
from eventhub.funding.allowance import (
    CostKind,
    DailyRate,
    Given,
    Line,
    NoDailyRate,
    Payee,
    Reason,
    Rules,
    RulesWrong,
    Statement,
    Stay,
    StayWrong,
    daily_lines,
    ldc_at_call,
    statement,
    terminal_lines,
)
from eventhub.funding.rules import CostLine
from eventhub.kit.codes import codes
from eventhub.kit.money import CurrenciesDiffer, Money

FIRST, LAST = date(2026, 11, 26), date(2026, 11, 27)
RULES = Rules()


def usd(units: str) -> Money:
    return Money(int(Decimal(units) * 100), "USD")


RATE = [DailyRate(usd("400"), date(2026, 11, 1), "circular of November")]
EVERY_NIGHT = {date(2026, 11, day): frozenset({Given.LODGING}) for day in range(20, 31)}


def stay(came: str, went: str, given_then: dict[int, set[Given]] | None = None) -> Stay:
    """Days of November 2026: ``25 14:00``."""
    ends = [datetime.strptime(f"2026-11-{end}", "%Y-%m-%d %H:%M") for end in (came, went)]  # noqa: DTZ007
    return Stay(*ends, FIRST, LAST, {date(2026, 11, day): frozenset(what) for day, what in (given_then or {}).items()})


def said(lines: list[Line]) -> list[tuple[str, int, str]]:
    return [(line.reason.value, line.quantity, str(line.amount.decimal)) for line in lines]


def summed(lines: list[Line]) -> str:
    return str(Statement(tuple(lines), "USD").total.decimal)


def test_the_kinds_are_those_of_the_code_list() -> None:
    assert {kind.value for kind in CostKind} == set(codes("fund_cost_line")) == {line.value for line in CostLine}


def test_three_nights_around_two_days() -> None:
    """Nights of 25, 26, 27: 3 x 400. The day of return, 28: nothing."""
    lines = daily_lines(stay("25 14:00", "28 10:00"), RATE, RULES)
    assert said(lines) == [("full_day", 3, "1200.00"), ("last_day", 1, "0.00")]
    assert lines[0].days == (date(2026, 11, 25), FIRST, LAST)


def test_what_the_host_gives_is_taken_off_by_kind() -> None:
    """3 x 400, less a night (50 % = 200) and two lunches (12 % = 48): 1200 - 200 - 96 = 904."""
    given_then = {26: {Given.LODGING, Given.LUNCH}, 27: {Given.LUNCH}}
    lines = daily_lines(stay("25 14:00", "28 10:00", given_then), RATE, RULES)
    assert said(lines)[2:] == [("host_lodging", 1, "-200.00"), ("host_lunch", 2, "-96.00")]
    assert summed(lines) == "904.00"
    assert lines[3].days == (FIRST, LAST)


def test_all_meals_and_every_night_leave_a_fifth() -> None:
    """Lodging 50, breakfast 6, lunch 12, dinner 12: of 400 there stay 80 for incidentals, on 26 and 27. Who came on 25
    at 14:00 had neither breakfast nor lunch that day: 400 - 200 - 48 = 152.
    """
    everything = {day: set(Given) for day in range(24, 30)}
    lines = daily_lines(stay("25 14:00", "28 10:00", everything), RATE, RULES)
    assert [(line.reason.value, line.quantity) for line in lines[2:]] == [
        ("host_lodging", 3),
        ("host_dinner", 3),
        ("host_breakfast", 2),
        ("host_lunch", 2),
    ]
    assert summed(lines) == "312.00"


def test_a_dinner_before_an_arrival_after_midnight_is_nobodys() -> None:
    """The room of 25 is paid, 200; the host's dinner of that evening took place without this traveller."""
    lines = daily_lines(stay("26 00:40", "28 10:00", {25: {Given.DINNER}}), RATE, RULES)
    assert summed(lines) == "1000.00"


def test_arrival_after_midnight_has_a_room_for_the_night_before() -> None:
    """At 00:40 on 26: half of 400 for the room of 25; then 26 and 27: 200 + 800."""
    lines = daily_lines(stay("26 00:40", "28 10:00"), RATE, RULES)
    assert said(lines) == [("early_arrival", 1, "200.00"), ("full_day", 2, "800.00"), ("last_day", 1, "0.00")]
    assert lines[0].days == (date(2026, 11, 25),)
    assert summed(daily_lines(stay("26 06:00", "28 10:00"), RATE, RULES)) == "800.00"
    assert summed(daily_lines(stay("26 00:40", "28 10:00"), RATE, Rules(early_until=time(0)))) == "800.00"
    first_paid_night = daily_lines(stay("25 00:40", "28 10:00"), RATE, RULES)
    assert summed(first_paid_night) == "1200.00", "the night of 24 is not one of the event"


def test_host_lodging_every_night() -> None:
    """200 each night; and the room before an arrival after midnight is the host's as well."""
    usual, early = (
        Stay(datetime(2026, 11, *came), datetime(2026, 11, 28, 10), FIRST, LAST, EVERY_NIGHT)  # noqa: DTZ001
        for came in ((25, 14), (26, 1))
    )
    assert summed(daily_lines(usual, RATE, RULES)) == "600.00"
    assert summed(daily_lines(early, RATE, RULES)) == "400.00"


def test_one_day_there_and_back() -> None:
    """Twelve hours: 40 % = 160, less lunch 48 = 112. Nobody slept, so nothing for a room. Eight hours: nothing."""
    given_then = {26: {Given.LODGING, Given.LUNCH}}
    lines = daily_lines(stay("26 08:00", "26 20:00", given_then), RATE, RULES)
    assert said(lines) == [("day_trip", 1, "160.00"), ("host_lunch", 1, "-48.00")]
    short = daily_lines(stay("26 09:00", "26 17:00", given_then), RATE, RULES)
    assert said(short) == [("short_trip", 1, "0.00")]
    ten = daily_lines(stay("26 09:00", "26 19:00"), RATE, RULES)
    assert summed(ten) == "160.00"


def test_a_call_may_pay_half_days() -> None:
    """200 + 400 + 400 + 200; breakfast on the day of return costs 24 of it."""
    halves = Rules(first_day=Decimal(50), last_day=Decimal(50))
    lines = daily_lines(stay("25 14:00", "28 10:00", {28: {Given.BREAKFAST}}), RATE, halves)
    assert said(lines) == [
        ("first_day", 1, "200.00"),
        ("full_day", 2, "800.00"),
        ("last_day", 1, "200.00"),
        ("host_breakfast", 1, "-24.00"),
    ]


def test_a_part_of_a_day_never_goes_below_zero() -> None:
    """10 % of 400 is 40; breakfast takes 24, lunch would take 48 and takes the 16 that are left."""
    tenth = Rules(last_day=Decimal(10))
    lines = daily_lines(stay("27 14:00", "28 15:00", {28: {Given.BREAKFAST, Given.LUNCH}}), RATE, tenth)
    assert said(lines)[1:] == [("last_day", 1, "40.00"), ("host_breakfast", 1, "-24.00"), ("host_lunch", 1, "-16.00")]


def test_a_rate_that_changes_during_the_stay() -> None:
    """400 on 25 and 26, 380.55 from 27 on; half of that is 190.275, rounded to even: 190.28."""
    rates = [DailyRate(usd("380.55"), LAST, "correction"), *RATE]
    lines = daily_lines(stay("25 14:00", "28 10:00", {27: {Given.LODGING}}), rates, RULES)
    assert said(lines) == [
        ("full_day", 2, "800.00"),
        ("full_day", 1, "380.55"),
        ("last_day", 1, "0.00"),
        ("host_lodging", 1, "-190.28"),
    ]


def test_nights_that_have_nothing_to_do_with_the_event() -> None:
    """Nights of 20 to 24 and from 28 on are the traveller's own; no rate is needed for them."""
    rates = [DailyRate(usd("400"), date(2026, 11, 25))]
    lines = daily_lines(stay("20 14:00", "30 10:00"), rates, RULES)
    assert said(lines) == [("outside_event", 5, "0.00"), ("full_day", 3, "1200.00"), ("outside_event", 3, "0.00")]
    assert summed(daily_lines(stay("20 08:00", "20 20:00"), rates, RULES)) == "0.00"


def test_a_night_without_a_rate_is_named() -> None:
    with pytest.raises(NoDailyRate) as found:
        daily_lines(stay("25 14:00", "28 10:00"), [DailyRate(usd("400"), FIRST)], RULES)
    assert found.value.on == date(2026, 11, 25)
    with pytest.raises(NoDailyRate):
        daily_lines(stay("25 14:00", "28 10:00"), [], RULES)


def test_a_rate_of_zero_pays_nothing_and_takes_nothing_off() -> None:
    free = [DailyRate(usd("0"), date(2026, 11, 1))]
    lines = daily_lines(stay("25 14:00", "28 10:00", {26: set(Given)}), free, RULES)
    assert said(lines) == [("full_day", 3, "0.00"), ("last_day", 1, "0.00")]


def test_a_currency_without_decimals() -> None:
    """30,001 yen: half is 15,000.5, to even 15,000; breakfast 1,800.06, so 1,800."""
    yen = [DailyRate(Money(30_001, "JPY"), date(2026, 11, 1))]
    lines = daily_lines(stay("25 07:00", "26 10:00", {25: {Given.LODGING, Given.BREAKFAST}}), yen, RULES)
    assert [line.amount.minor for line in lines] == [30_001, 0, -15_000, -1_800]


def test_two_currencies_are_converted_first_or_refused() -> None:
    visa = Line(CostKind.VISA, Reason.ASKED, 1, Money(8_000, "CHF"))
    with pytest.raises(CurrenciesDiffer):
        statement(stay("25 14:00", "28 10:00"), RATE, RULES, "USD", extras=[visa])
    rates = Rates("USD", [Rate("CHF", Decimal("0.8"), date(2026, 11, 1))])
    made = Line(CostKind.VISA, Reason.ASKED, 1, rates.to_fund(visa.rate, FIRST).money)
    assert statement(stay("25 14:00", "28 10:00"), RATE, RULES, "USD", extras=[made]).total == usd("1300")


def test_a_whole_journey_line_by_line() -> None:
    """Allowance 904, four legs less one in the host's car 3 x 47 = 141, ticket 850 bought by the fund, visa 90,
    insurance 35 bought by the fund, sign language 600, childcare 300, data 40: 2960, and 2075 of it to the traveller.
    """
    extras = [
        *terminal_lines(usd("47"), 4, driven_by_host=1),
        Line(CostKind.TICKET, Reason.FARE_OF_COUNTRY, 1, usd("850"), payee=Payee.SUPPLIER),
        Line(CostKind.VISA, Reason.FLAT, 1, usd("90")),
        Line(CostKind.INSURANCE, Reason.FLAT, 1, usd("35"), payee=Payee.SUPPLIER),
        Line(CostKind.ACCESSIBILITY, Reason.ASKED, 2, usd("300")),
        Line(CostKind.COMPANION, Reason.ASKED, 1, usd("300")),
        Line(CostKind.CONNECTIVITY, Reason.FLAT, 1, usd("40")),
    ]
    given_then = {26: {Given.LODGING, Given.LUNCH}, 27: {Given.LUNCH}}
    made = statement(stay("25 14:00", "28 10:00", given_then), RATE, RULES, "USD", extras=extras)
    assert made.total == usd("2960")
    assert made.to_traveller == usd("2075")
    assert {kind: made.of(kind) for kind in (CostKind.DSA, CostKind.TERMINAL)} == {
        CostKind.DSA: usd("904"),
        CostKind.TERMINAL: usd("141"),
    }
    driven = next(line for line in made.lines if line.reason is Reason.HOST_TRANSPORT)
    assert (driven.quantity, driven.amount) == (1, usd("0"))


def test_taking_part_from_afar_has_no_stay() -> None:
    data = Line(CostKind.CONNECTIVITY, Reason.FLAT, 1, usd("40"))
    assert statement(None, [], RULES, "USD", extras=[data]).total == usd("40")


def test_a_least_developed_country_is_one_by_the_day_of_the_call() -> None:
    """Bangladesh leaves the list on 24 November 2026; the call opened in June, the journey begins on 25."""
    ends = date(2026, 11, 24)
    assert ldc_at_call(True, ends, date(2026, 6, 1))
    assert ldc_at_call(True, None, date(2026, 12, 1))
    assert not ldc_at_call(True, ends, ends)
    assert not ldc_at_call(False, None, date(2026, 6, 1))
    rules = Rules(ldc_only=frozenset({CostKind.CONNECTIVITY}))
    data = Line(CostKind.CONNECTIVITY, Reason.FLAT, 1, usd("40"))
    there = statement(None, [], rules, "USD", extras=[data], ldc=ldc_at_call(True, ends, date(2026, 6, 1)))
    assert there.total == usd("40")
    elsewhere = statement(None, [], rules, "USD", extras=[data])
    assert [(line.reason, line.amount) for line in elsewhere.lines] == [(Reason.LDC_ONLY, usd("0"))]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Rules(lodging=Decimal(80)),
        lambda: Rules(lunch=Decimal(-1)),
        lambda: Rules(last_day=Decimal(101)),
        lambda: Rules(nights_before=-1),
    ],
)
def test_rules_that_contradict_themselves(wrong: object) -> None:
    with pytest.raises(RulesWrong):
        wrong()  # type: ignore[operator]


def test_stays_that_cannot_be() -> None:
    with pytest.raises(RulesWrong):
        DailyRate(usd("-1"), FIRST)
    with pytest.raises(StayWrong):
        stay("28 10:00", "25 14:00")
    with pytest.raises(StayWrong):
        Stay(datetime(2026, 11, 25), datetime(2027, 12, 1), FIRST, LAST)  # noqa: DTZ001
    with pytest.raises(StayWrong):
        terminal_lines(usd("47"), 2, 3)


PER_CENT = st.integers(0, 100).map(Decimal)
STAYS = st.tuples(
    st.datetimes(datetime(2026, 11, 15), datetime(2026, 12, 5)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 11, 15), datetime(2026, 12, 5)),  # noqa: DTZ001
    st.dictionaries(st.dates(date(2026, 11, 14), date(2026, 12, 6)), st.frozensets(st.sampled_from(Given))),
).map(lambda row: Stay(min(row[:2]), max(row[:2]), FIRST, LAST, row[2]))


@given(STAYS, st.integers(0, 100_000), PER_CENT, PER_CENT, PER_CENT)
def test_no_day_is_paid_twice_nor_below_zero(it: Stay, rate: int, first: Decimal, last: Decimal, trip: Decimal) -> None:
    rules = Rules(first_day=first, last_day=last, day_trip=trip)
    lines = daily_lines(it, [DailyRate(Money(rate, "USD"), date(2026, 1, 1))], rules)
    by_day: dict[date, int] = {}
    counted: list[date] = []
    for line in lines:
        assert line.amount == line.unit * line.quantity
        assert len(line.days) == line.quantity
        for day in line.days:
            by_day[day] = by_day.get(day, 0) + line.unit.minor
        counted += line.days if line.unit.minor > 0 else ()
    assert len(counted) == len(set(counted))
    assert all(0 <= minor <= rate for minor in by_day.values())
    assert sum(by_day.values()) == Statement(tuple(lines), "USD").total.minor
