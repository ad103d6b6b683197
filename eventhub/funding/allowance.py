"""The statement of an allowance: what a grant pays for a journey, line by line, each line with its reason.

The daily subsistence allowance (DSA) is the total contribution to lodging, meals, gratuities and the like (staff rule
7.10; ST/AI/2014/2, System of daily subsistence allowance, which also covers travellers who are no staff). Its rates
are the International Civil Service Commission's, by place, revised monthly. It is paid by the night: a day with a night
away is a full day, the day of return none. A journey of a day without a night counts in part from a number of hours on.
What a host gives is taken off as per cent of the rate. All of it is data of the call (``Rules``); the defaults are the
usual ones of the United Nations, for the fund's finance office to confirm against the instruction in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from eventhub.kit.money import Money, MoneyError, nothing, total

ALL = Decimal(100)
NONE = Decimal(0)
LONGEST_STAY = 370
"""Days: a grant for longer is no travel grant, and a year typed wrong ends here."""


class CostKind(StrEnum):
    """What a line pays for: the code list ``fund_cost_line``."""

    TICKET = "economy_return_ticket"
    DSA = "dsa"
    TERMINAL = "terminal_expenses"
    VISA = "visa_fee"
    INSURANCE = "travel_insurance"
    ACCESSIBILITY = "accessibility_support"
    COMPANION = "childcare_or_companion"
    CONNECTIVITY = "data_or_connectivity_grant"


class Reason(StrEnum):
    """Why a line says what it says."""

    FULL_DAY = "full_day"
    """A day with a night away."""
    FIRST_DAY = "first_day"
    """The day of arrival, where the call pays it in part."""
    LAST_DAY = "last_day"
    """The day of return."""
    DAY_TRIP = "day_trip"
    """There and back on one day, long enough to count."""
    SHORT_TRIP = "short_trip"
    """There and back on one day, too short to count."""
    EARLY_ARRIVAL = "early_arrival"
    """A room for the night before, because somebody came after midnight and before the morning."""
    OUTSIDE_EVENT = "outside_event"
    """A night before or after those that the call pays around the event."""
    HOST_LODGING = "host_lodging"
    HOST_BREAKFAST = "host_breakfast"
    HOST_LUNCH = "host_lunch"
    HOST_DINNER = "host_dinner"
    LEG = "leg"
    """Between an airport or a station and a dwelling, once."""
    HOST_TRANSPORT = "host_transport"
    """A leg on which the host drives: nothing to pay."""
    FARE_OF_COUNTRY = "fare_of_country"
    """The country has a fare of its own in the table."""
    FARE_OF_ZONE = "fare_of_zone"
    USUAL_FARE = "usual_fare"
    """What the call reckons with for countries that its table does not name."""
    FARE_RISE = "fare_rise"
    """Fares went up since the table was made."""
    FLAT = "flat"
    """A flat amount of the call."""
    ASKED = "asked"
    """An amount asked for and agreed to."""
    LDC_ONLY = "ldc_only"
    """Paid only to people of a least developed country; this one was none on the day of the call."""


class Payee(StrEnum):
    """Whom a line is paid to."""

    TRAVELLER = "traveller"
    SUPPLIER = "supplier"
    """Bought by the fund: a ticket, an insurance."""


class Given(StrEnum):
    """What a host can give on a day; lodging is the night that begins on it."""

    LODGING = "lodging"
    BREAKFAST = "breakfast"
    LUNCH = "lunch"
    DINNER = "dinner"


DEDUCTIONS = {
    Given.LODGING: Reason.HOST_LODGING,
    Given.BREAKFAST: Reason.HOST_BREAKFAST,
    Given.LUNCH: Reason.HOST_LUNCH,
    Given.DINNER: Reason.HOST_DINNER,
}


MEAL_TIMES = {Given.BREAKFAST: time(8), Given.LUNCH: time(13), Given.DINNER: time(19)}
"""A meal is taken off from those who are there at its time: a lunch for everybody is none for who lands at night."""


class RulesWrong(MoneyError):
    """Rules that contradict themselves."""


class StayWrong(MoneyError):
    """A stay that ends before it begins, mixes clocks or lasts longer than LONGEST_STAY."""


class NoDailyRate(MoneyError):
    """No daily rate holds on a night."""

    def __init__(self, on: date) -> None:
        self.on = on
        super().__init__(f"no daily rate on {on}")


@dataclass(frozen=True, slots=True)
class DailyRate:
    """The allowance of one day at the place of the event, from a day on. Zero is a rate too. Raises RulesWrong."""

    amount: Money
    valid_from: date
    source: str = ""
    """Which circular or table it was taken from."""

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise RulesWrong("a daily rate below zero")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a call pays of the daily rate; all in per cent of it. Raises RulesWrong.

    The portions are the usual ones in the United Nations system: lodging 50, breakfast 6, lunch 12, dinner 12, and 20
    that are for incidentals and never taken off. ICSC's circular prints the portion for lodging of each place; a call
    that goes by it sets ``lodging``.
    """

    lodging: Decimal = Decimal(50)
    breakfast: Decimal = Decimal(6)
    lunch: Decimal = Decimal(12)
    dinner: Decimal = Decimal(12)
    first_day: Decimal = ALL
    """The day of arrival. A call that pays half days says 50 here and for the last day."""
    last_day: Decimal = NONE
    day_trip: Decimal = Decimal(40)
    day_trip_hours: int = 10
    early_until: time = time(6)
    """Who arrives after midnight and before this time had a room for the night before. Midnight switches it off."""
    nights_before: int = 1
    """Nights before the first day of the event."""
    nights_after: int = 1
    """Nights from the last day of the event on: with 1, people go home the day after."""
    ldc_only: frozenset[CostKind] = frozenset()
    """What is paid only to people of least developed countries."""

    def __post_init__(self) -> None:
        parts = (self.lodging, self.breakfast, self.lunch, self.dinner)
        days = (self.first_day, self.last_day, self.day_trip)
        if not all(NONE <= part <= ALL for part in (*parts, *days)) or sum(parts) > ALL:
            raise RulesWrong("portions of a day go from 0 to 100 per cent, and sum up to 100 at most")
        if min(self.nights_before, self.nights_after, self.day_trip_hours) < 0:
            raise RulesWrong("nights and hours are not below zero")

    def portion(self, given: Given) -> Decimal:
        """What is taken off for it."""
        portions = {Given.LODGING: self.lodging, Given.BREAKFAST: self.breakfast, Given.LUNCH: self.lunch}
        return portions.get(given, self.dinner)


@dataclass(frozen=True, slots=True)
class Stay:
    """From arriving to leaving the place of the event, both by the clock there; and the days of the event. Raises
    StayWrong.
    """

    arrives: datetime
    leaves: datetime
    first: date
    last: date
    given: Mapping[date, frozenset[Given]] = field(default_factory=dict)
    """What the host gives on each day, be it to everybody: nights and meals before arriving and after leaving do not
    matter.
    """

    def __post_init__(self) -> None:
        if (self.arrives.tzinfo is None) != (self.leaves.tzinfo is None):
            raise StayWrong("one clock for both ends")
        if self.leaves < self.arrives or self.last < self.first or (self.leaves - self.arrives).days > LONGEST_STAY:
            raise StayWrong("ends before it begins, or lasts too long")


@dataclass(frozen=True, slots=True)
class Line:
    """``quantity`` times ``unit``: the unit is ``percent`` of ``rate``, rounded half to even, below zero when it is
    taken off.
    """

    kind: CostKind
    reason: Reason
    quantity: int
    rate: Money
    percent: Decimal = ALL
    payee: Payee = Payee.TRAVELLER
    days: tuple[date, ...] = ()
    """The days it speaks of, for the daily allowance."""
    limited: Money | None = None
    """The unit where a deduction ends at zero, since a part of a day has less than what was given."""

    @property
    def unit(self) -> Money:
        """What one of it comes to."""
        return self.rate.percent(self.percent) if self.limited is None else self.limited

    @property
    def amount(self) -> Money:
        """What the line comes to."""
        return self.unit * self.quantity


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one journey, and what they sum up to. Raises CurrenciesDiffer when one has another currency."""

    lines: tuple[Line, ...]
    currency: str

    def __post_init__(self) -> None:
        for line in self.lines:
            line.rate.same(nothing(self.currency))

    @property
    def total(self) -> Money:
        """Everything."""
        return total((line.amount for line in self.lines), self.currency)

    @property
    def to_traveller(self) -> Money:
        """Without what the fund buys itself."""
        return total((line.amount for line in self.lines if line.payee is Payee.TRAVELLER), self.currency)

    def of(self, kind: CostKind) -> Money:
        """What all lines of a kind come to."""
        return total((line.amount for line in self.lines if line.kind is kind), self.currency)


def ldc_at_call(listed: bool, until: date | None, call_opened: date) -> bool:
    """Whether a country counts as a least developed one: by the day the call opened, also when its status ends before
    the journey. ``until`` is the first day without the status.
    """
    return listed and (until is None or call_opened < until)


def statement(
    stay: Stay | None,
    rates: Sequence[DailyRate],
    rules: Rules,
    currency: str,
    *,
    extras: Iterable[Line] = (),
    ldc: bool = False,
) -> Statement:
    """What is paid for one journey; without a stay only the extras (a grant for taking part from afar).

    ``ldc`` comes from ``ldc_at_call``. Raises NoDailyRate, RulesWrong, StayWrong and CurrenciesDiffer.
    """
    lines = [*([] if stay is None else daily_lines(stay, rates, rules)), *extras]
    return Statement(
        tuple(_withheld(line) if line.kind in rules.ldc_only and not ldc else line for line in lines), currency
    )


def terminal_lines(leg: Money, legs: int, driven_by_host: int = 0) -> list[Line]:
    """Terminal expenses: an amount for each leg between a terminal and a dwelling, four on a return journey where both
    ends are paid; none for those on which the host drives.
    """
    if not 0 <= driven_by_host <= legs:
        raise StayWrong("more legs driven than travelled")
    lines = [Line(CostKind.TERMINAL, Reason.LEG, legs - driven_by_host, leg)] if legs > driven_by_host else []
    if driven_by_host:
        lines.append(Line(CostKind.TERMINAL, Reason.HOST_TRANSPORT, driven_by_host, leg, NONE))
    return lines


def daily_lines(stay: Stay, rates: Sequence[DailyRate], rules: Rules) -> list[Line]:
    """The daily allowance alone: days of one rate and reason in one line, then what is taken off."""
    days = _days(stay, rules)
    priced = [(day, reason, percent, _rate(rates, day, percent)) for day, reason, percent in days]
    lines = [
        Line(CostKind.DSA, reason, len(group), rate, percent, days=tuple(day for day, *_ in group))
        for (reason, percent, rate), group in _grouped(priced)
    ]
    return lines + _deductions(priced, stay, rules)


_Day = tuple[date, Reason, Decimal]
_Priced = tuple[date, Reason, Decimal, Money]


def _days(stay: Stay, rules: Rules) -> list[_Day]:
    """Every day of a stay with what it counts."""
    came, went = stay.arrives.date(), stay.leaves.date()
    opens = stay.first - timedelta(days=rules.nights_before)
    closes = stay.last + timedelta(days=rules.nights_after)
    days: list[_Day] = []
    if stay.arrives.time() < rules.early_until and opens < came <= closes:
        days.append((came - timedelta(days=1), Reason.EARLY_ARRIVAL, rules.lodging))
    if came == went:
        enough = stay.leaves - stay.arrives >= timedelta(hours=rules.day_trip_hours)
        inside = opens <= came <= closes
        reason = Reason.DAY_TRIP if enough else Reason.SHORT_TRIP
        days.append((came, reason if inside else Reason.OUTSIDE_EVENT, rules.day_trip if enough and inside else NONE))
        return days
    for number in range((went - came).days):
        day = came + timedelta(days=number)
        if not opens <= day < closes:
            days.append((day, Reason.OUTSIDE_EVENT, NONE))
        elif number == 0 and rules.first_day != ALL:
            days.append((day, Reason.FIRST_DAY, rules.first_day))
        else:
            days.append((day, Reason.FULL_DAY, ALL))
    inside = opens < went <= closes
    days.append((went, Reason.LAST_DAY if inside else Reason.OUTSIDE_EVENT, rules.last_day if inside else NONE))
    return days


def _rate(rates: Sequence[DailyRate], on: date, percent: Decimal) -> Money:
    """The newest rate in force on a day; a day that pays nothing needs none. Raises NoDailyRate."""
    valid = [rate for rate in rates if rate.valid_from <= on]
    if not valid and rates and not percent:
        return nothing(rates[0].amount.currency)
    if not valid:
        raise NoDailyRate(on)
    return max(valid, key=lambda rate: rate.valid_from).amount


def _grouped(priced: Sequence[_Priced]) -> list[tuple[tuple[Reason, Decimal, Money], list[_Priced]]]:
    """Neighbouring days that count alike."""
    found = groupby(priced, key=lambda row: (row[1], row[2], row[3]))
    return [(key, list(group)) for key, group in found]


def _deductions(priced: Sequence[_Priced], stay: Stay, rules: Rules) -> list[Line]:
    """What the host gave, by kind and rate; a day never goes below zero."""
    taken: dict[tuple[Given, Money, Money], list[date]] = {}
    for day, reason, percent, rate in priced:
        left = rate.percent(percent)
        for one in Given:
            if one not in stay.given.get(day, frozenset()) or not _had(one, day, reason, stay):
                continue
            unit = min(rate.percent(rules.portion(one)), left)
            if unit.minor:
                taken.setdefault((one, rate, unit), []).append(day)
                left -= unit
    lines = []
    for (one, rate, unit), days in taken.items():
        portion, reason = -rules.portion(one), DEDUCTIONS[one]
        limited = None if rate.percent(portion) == -unit else -unit
        lines.append(Line(CostKind.DSA, reason, len(days), rate, portion, days=tuple(days), limited=limited))
    return lines


def _had(one: Given, day: date, reason: Reason, stay: Stay) -> bool:
    """Whether somebody was there for it."""
    if one is Given.LODGING:
        return reason not in WITHOUT_NIGHT
    came, went = ((end.date(), end.time()) for end in (stay.arrives, stay.leaves))
    return came <= (day, MEAL_TIMES[one]) <= went


WITHOUT_NIGHT = frozenset({Reason.LAST_DAY, Reason.DAY_TRIP, Reason.SHORT_TRIP})
"""Days on which nobody sleeps there."""


def _withheld(line: Line) -> Line:
    return Line(line.kind, Reason.LDC_ONLY, line.quantity, line.rate, NONE, line.payee, line.days)
