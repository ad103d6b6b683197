"""What a grant would cost, before anybody travels: fares by origin, the daily allowance, and what a person needs.

An estimate and a statement are made of the same lines, so that a board, an offer and a finance officer see one sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from eventhub.funding.allowance import (
    CostKind,
    DailyRate,
    Given,
    Line,
    Payee,
    Reason,
    Rules,
    Statement,
    Stay,
    statement,
    terminal_lines,
)
from eventhub.kit.money import Money, MoneyError, total

NOON = time(12)


class NoFare(MoneyError):
    """A country that has neither a fare nor a zone with one, in a table without a usual fare."""

    def __init__(self, country: str) -> None:
        self.country = country
        super().__init__(f"no fare from {country}")


class RiseWrong(MoneyError):
    """A rise of fares is above -100 and up to 500 per cent."""


class BasisWrong(MoneyError):
    """An amount below zero, or a flat one of a kind that has none."""


class Variant(StrEnum):
    """What of a grant the fund pays; the applicant pays the rest. A part of it is one of the two ``own_``."""

    FULL = "full"
    OWN_TICKET = "own_ticket"
    """The applicant pays the ticket."""
    OWN_STAY = "own_stay"
    """The applicant pays the stay."""
    WOULD_COME = "would_come"
    """The applicant would come without a grant."""


OWN: Mapping[Variant, frozenset[CostKind]] = {
    Variant.FULL: frozenset(),
    Variant.OWN_TICKET: frozenset({CostKind.TICKET}),
    Variant.OWN_STAY: frozenset({CostKind.DSA}),
    Variant.WOULD_COME: frozenset(CostKind) - {CostKind.ACCESSIBILITY, CostKind.COMPANION},
}
"""What the applicant pays in each variant. Whoever would come anyway still gets what a disability or a family makes
necessary: to come with it costs more than to come.
"""


@dataclass(frozen=True, slots=True)
class FareTable:
    """Fares of a return ticket in economy class by where a journey begins: the country's own where there is one, else
    that of its zone, else the usual one. Countries by ISO 3166-1 alpha-2. Raises RiseWrong and BasisWrong.
    """

    zones: Mapping[str, str] = field(default_factory=dict)
    """Country to zone."""
    of_zone: Mapping[str, Money] = field(default_factory=dict)
    of_country: Mapping[str, Money] = field(default_factory=dict)
    usual: Money | None = None
    """For every other country; without it such a country has no fare."""
    rise: Decimal = Decimal(0)
    """Per cent by which fares went up since the table was made. One number, always on the fares of the table: a second
    rise replaces it.
    """

    def __post_init__(self) -> None:
        if not self.rise.is_finite() or not -100 < self.rise <= 500:
            raise RiseWrong(f"{self.rise} per cent")
        fares = (*self.of_zone.values(), *self.of_country.values(), *([self.usual] if self.usual else []))
        if any(fare.minor < 0 for fare in fares):
            raise BasisWrong("a fare below zero")

    def lines(self, country: str) -> list[Line]:
        """The fare, and the rise as a line of its own. Raises NoFare."""
        steps = (
            (Reason.FARE_OF_COUNTRY, self.of_country.get(country)),
            (Reason.FARE_OF_ZONE, self.of_zone.get(self.zones.get(country, ""))),
            (Reason.USUAL_FARE, self.usual),
        )
        found = next(((reason, fare) for reason, fare in steps if fare is not None), None)
        if found is None:
            raise NoFare(country)
        reason, fare = found
        lines = [Line(CostKind.TICKET, reason, 1, fare, payee=Payee.SUPPLIER)]
        if self.rise:
            lines.append(Line(CostKind.TICKET, Reason.FARE_RISE, 1, fare, self.rise, Payee.SUPPLIER))
        return lines

    def raised(self, rise: Decimal) -> "FareTable":
        """The same fares with another rise. Raises RiseWrong."""
        return replace(self, rise=rise)


FLAT = frozenset({CostKind.VISA, CostKind.INSURANCE, CostKind.CONNECTIVITY})
"""What may have a flat amount."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a call pays, all in its currency. Raises BasisWrong."""

    currency: str
    first: date
    last: date
    """Days of the event."""
    fares: FareTable
    daily: tuple[DailyRate, ...]
    rules: Rules = field(default_factory=Rules)
    given: Mapping[date, frozenset[Given]] = field(default_factory=dict)
    """What the host gives to everybody."""
    leg: Money | None = None
    """Terminal expenses for one leg."""
    legs: int = 4
    flat: Mapping[CostKind, Money] = field(default_factory=dict)
    """Flat amounts, of FLAT."""
    kinds: frozenset[CostKind] = frozenset(CostKind)
    """What the call pays at all; a call for taking part from afar pays connectivity alone."""

    def __post_init__(self) -> None:
        if any(amount.minor < 0 for amount in (*self.flat.values(), *([self.leg] if self.leg else []))):
            raise BasisWrong("an amount below zero")
        if not self.flat.keys() <= FLAT:
            raise BasisWrong("only visa, insurance and connectivity are flat")


@dataclass(frozen=True, slots=True)
class Needs:
    """What one applicant's journey takes. Amounts are in the call's currency: ``exchange`` comes first."""

    country: str
    """Where the journey begins, ISO 3166-1 alpha-2: where somebody lives, which is not always the nationality."""
    visa: bool = True
    connectivity: bool = False
    accessibility: Money | None = None
    companion: Money | None = None
    """A companion or childcare."""
    ldc: bool = False
    """From ``allowance.ldc_at_call``."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Lines that the fund pays and lines that the applicant pays; both together are the full grant."""

    variant: Variant
    fund: Statement
    own: tuple[Line, ...]

    @property
    def total(self) -> Money:
        """What it costs the fund."""
        return self.fund.total

    @property
    def own_total(self) -> Money:
        """What it leaves to the applicant."""
        return total((line.amount for line in self.own), self.fund.currency)


def standard_stay(basis: Basis) -> Stay:
    """From noon of the first night that is paid to noon after the last one."""
    came = datetime.combine(basis.first - timedelta(days=basis.rules.nights_before), NOON)
    went = datetime.combine(basis.last + timedelta(days=basis.rules.nights_after), NOON)
    return Stay(came, went, basis.first, basis.last, basis.given)


def full(basis: Basis, needs: Needs) -> Statement:
    """A whole grant for one applicant. Raises NoFare, NoDailyRate, BasisWrong and CurrenciesDiffer."""
    extras: list[Line] = []
    if CostKind.TICKET in basis.kinds:
        extras += basis.fares.lines(needs.country)
    if basis.leg is not None:
        extras += terminal_lines(basis.leg, basis.legs)
    wanted = {CostKind.VISA: needs.visa, CostKind.INSURANCE: True, CostKind.CONNECTIVITY: needs.connectivity}
    for kind, amount in basis.flat.items():
        payee = Payee.SUPPLIER if kind is CostKind.INSURANCE else Payee.TRAVELLER
        if wanted.get(kind, False):
            extras.append(Line(kind, Reason.FLAT, 1, amount, payee=payee))
    for kind, asked in ((CostKind.ACCESSIBILITY, needs.accessibility), (CostKind.COMPANION, needs.companion)):
        if asked is not None:
            if asked.minor < 0:
                raise BasisWrong("an amount below zero")
            extras.append(Line(kind, Reason.ASKED, 1, asked))
    extras = [line for line in extras if line.kind in basis.kinds]
    stay = standard_stay(basis) if CostKind.DSA in basis.kinds else None
    return statement(stay, basis.daily, basis.rules, basis.currency, extras=extras, ldc=needs.ldc)


def estimate(basis: Basis, needs: Needs, variant: Variant = Variant.FULL) -> Estimate:
    """What a variant costs the fund, and what it leaves to the applicant. Raises what ``full`` raises."""
    whole = full(basis, needs)
    own = tuple(line for line in whole.lines if line.kind in OWN[variant])
    paid = tuple(line for line in whole.lines if line.kind not in OWN[variant])
    return Estimate(variant, Statement(paid, basis.currency), own)


def variants(basis: Basis, needs: Needs) -> dict[Variant, Estimate]:
    """Every variant of one application."""
    return {variant: estimate(basis, needs, variant) for variant in Variant}
