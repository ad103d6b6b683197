"""Dated rates of exchange, and converting by them.

The rates meant are the United Nations operational rates of exchange (UN Treasury, treasury.un.org/operationalrates):
units of a currency to one dollar, published about the end of each month and sometimes in the middle of one. The rate
with the newest effective date replaces the one before and holds until further notice, forward only. A fund that
counts in another currency, or goes by another bank, enters rates of that kind with their own source.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from eventhub.kit.money import Money, MoneyError, digits_of

UN_OPERATIONAL = "UN operational rate of exchange"
"""The usual source."""


class NoRate(MoneyError):
    """A currency that has no rate in force on a day."""

    def __init__(self, currency: str, on: date) -> None:
        self.currency, self.on = currency, on
        super().__init__(f"no rate for {currency} on {on}")


class RateWrong(MoneyError):
    """A rate that cannot be: not above zero, of the fund's own currency, or the second of one day."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``units`` of ``currency`` for one unit of the fund's currency, from a day on. Raises RateWrong."""

    currency: str
    units: Decimal
    valid_from: date
    source: str = UN_OPERATIONAL

    def __post_init__(self) -> None:
        digits_of(self.currency)
        if not isinstance(self.units, Decimal) or not self.units.is_finite() or self.units <= 0:
            raise RateWrong(f"{self.units!r} units of {self.currency}")


@dataclass(frozen=True, slots=True)
class Converted:
    """What an amount became, by which rates. Nothing converts it further: whoever needs a third currency converts
    ``given`` again, so that no amount is rounded twice.
    """

    given: Money
    money: Money
    rates: tuple[Rate, ...]
    """None when both are one currency, two when neither is the fund's."""


class Rates:
    """All rates of a fund that counts in ``currency``. Raises RateWrong."""

    def __init__(self, currency: str, rates: Iterable[Rate]) -> None:
        digits_of(currency)
        self.currency = currency
        self._by_currency: dict[str, list[Rate]] = {}
        for rate in sorted(rates, key=lambda one: one.valid_from):
            rows = self._by_currency.setdefault(rate.currency, [])
            if rate.currency == currency:
                raise RateWrong(f"{currency} is the fund's own currency")
            if rows and rows[-1].valid_from == rate.valid_from:
                raise RateWrong(f"two rates for {rate.currency} from {rate.valid_from}")
            rows.append(rate)

    def in_force(self, currency: str, on: date) -> Rate:
        """The newest rate that holds by a day. Raises NoRate."""
        rows = [rate for rate in self._by_currency.get(currency, ()) if rate.valid_from <= on]
        if not rows:
            raise NoRate(currency, on)
        return rows[-1]

    def convert(self, given: Money, currency: str, on: date) -> Converted:
        """Into another currency by the rates of a day; exact until the end, then rounded once, half to even, to the
        minor unit. Between two foreign currencies it goes through the fund's own without rounding there. There and
        back differs by half a minor unit, and by what half a minor unit of the other currency is worth, at most.
        Raises NoRate, and TooLarge.
        """
        if given.currency == currency:
            return Converted(given, given, ())
        rates: list[Rate] = []
        value = Fraction(given.minor, 10**given.digits)
        if given.currency != self.currency:
            rates.append(self.in_force(given.currency, on))
            value /= Fraction(rates[-1].units)
        if currency != self.currency:
            rates.append(self.in_force(currency, on))
            value *= Fraction(rates[-1].units)
        minor = round(value * 10 ** digits_of(currency))
        return Converted(given, Money(minor, currency), tuple(rates))

    def to_fund(self, given: Money, on: date) -> Converted:
        """Into the fund's currency. Raises NoRate."""
        return self.convert(given, self.currency, on)
