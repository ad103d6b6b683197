"""Amounts of money: whole minor units with a currency, and how to read what people type. Never floats.

Which currencies there are comes from CLDR, as Babel carries it. How many decimals one has is ISO 4217's word, as banks
settle it; CLDR says how many are usually shown. Where the two differ ``ISO_NOT_CLDR`` holds: a stored amount must not
change its value because a habit of writing did.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision

LARGEST = 999_999_999_999_999
"""Minor units: fits a bigint a thousand times over, and an integer of JavaScript."""
LONGEST = 60
"""Signs of a typed amount."""

ISO_NOT_CLDR = {"IQD": 3} | dict.fromkeys(
    ("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"), 2
)
"""Decimals in ISO 4217 (list one, maintained by SIX) where CLDR says 0 because nobody shows them."""

COMMA_DECIMALS = frozenset({"fr", "ru", "es"})
"""Languages whose decimal mark is a comma; in the other three it is a full stop."""

INVISIBLE = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
GROUP_SIGNS = re.compile("[\\s'\u2019\u066c_]")
MARKS = str.maketrans({"\u060c": ",", "\uff0c": ",", "\uff0e": ".", "\u3002": "."})
MINUSES = ("-", "\u2212", "\u2013", "\ufe63", "\uff0d")
CODE = re.compile(r"(?P<before>[A-Za-z]{3})?\s*(?P<number>[^A-Za-z]*?)\s*(?P<after>[A-Za-z]{3})?")
THREES = re.compile(r"[1-9]\d{0,2}(S\d{3})+")
INDIAN = re.compile(r"[1-9]\d?(S\d{2})+S\d{3}")
ONE_AFTER_COMMA = re.compile(r"\d*,\d")
"""1,5: where a comma stands between thousands, somebody who typed two digits too few, or decimals of another habit."""


class MoneyError(ValueError):
    """Something about amounts that does not hold."""


class CurrenciesDiffer(MoneyError):
    """Two currencies where one is needed: convert first (``exchange``)."""

    def __init__(self, one: str, other: str) -> None:
        self.one, self.other = one, other
        super().__init__(f"{one} and {other} are two currencies")


class UnknownCurrency(MoneyError):
    """No country pays, or ever paid, with it."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"{currency!r} is no currency of ISO 4217")


class TooLarge(MoneyError):
    """More than LARGEST minor units."""

    def __init__(self) -> None:
        super().__init__(f"more than {LARGEST} minor units")


class Why(StrEnum):
    """Why a typed amount cannot be taken."""

    EMPTY = "empty"
    NEGATIVE = "negative"
    LETTERS = "letters"
    """Anything that is neither digit nor separator."""
    OTHER_CURRENCY = "other_currency"
    """Another currency's code stands beside the number."""
    DECIMALS = "decimals"
    """More decimals than the currency has."""
    GROUPS = "groups"
    """Separators that group nothing: 12 50, 1,2,3."""
    AMBIGUOUS = "ambiguous"
    """1,200 of a currency with three decimals, where the page's language would write 1.200 or 1 200; 1.200 of one with
    two, where that language puts a full stop before decimals; 1,5 where a comma stands between thousands.
    """
    TOO_LARGE = "too_large"


class AmountWrong(MoneyError):
    """A typed amount that cannot be taken; ``why`` is for the message to the person, ``digits`` how many decimals the
    currency has.
    """

    def __init__(self, why: Why, currency: str) -> None:
        self.why, self.currency, self.digits = why, currency, digits_of(currency)
        super().__init__(f"an amount in {currency}: {why}")


@lru_cache(maxsize=1)
def _ever() -> frozenset[str]:
    rows = (row for rows in get_global("territory_currencies").values() for row in rows)
    return frozenset(code for code, _start, _end, tender in rows if tender)


@lru_cache(maxsize=1)
def currencies() -> tuple[str, ...]:
    """Codes of all that is legal tender somewhere today, by the data Babel carries, in their order."""
    rows = (row for rows in get_global("territory_currencies").values() for row in rows)
    return tuple(sorted({code for code, _start, end, tender in rows if tender and end is None}))


@lru_cache(maxsize=512)
def digits_of(currency: str) -> int:
    """How many decimals a currency has. Raises UnknownCurrency."""
    if currency not in _ever():
        raise UnknownCurrency(currency)
    return ISO_NOT_CLDR.get(currency, get_currency_precision(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` units (cents; whole yen; fils, a thousand to the dinar) of a ``currency`` of ISO 4217.

    May be negative: a deduction is. Raises UnknownCurrency, TooLarge, and TypeError for anything but an int.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are whole: {self.minor!r}")
        digits_of(self.currency)
        if abs(self.minor) > LARGEST:
            raise TooLarge

    @property
    def digits(self) -> int:
        """Decimals of its currency."""
        return digits_of(self.currency)

    @property
    def decimal(self) -> Decimal:
        """In units of the currency, exactly: 12.50."""
        return Decimal(self.minor).scaleb(-self.digits)

    def same(self, other: "Money") -> None:
        """Raises CurrenciesDiffer unless both are of one currency."""
        if self.currency != other.currency:
            raise CurrenciesDiffer(self.currency, other.currency)

    def __add__(self, other: "Money") -> "Money":
        self.same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self.same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self.same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self.same(other)
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def percent(self, share: Decimal) -> "Money":
        """So many per cent of it, rounded half to even to the minor unit. Raises TypeError for a float."""
        if not isinstance(share, Decimal):
            raise TypeError(f"per cent are decimals: {share!r}")
        return Money(round(Fraction(self.minor) * Fraction(share) / 100), self.currency)


def nothing(currency: str) -> Money:
    """Zero of a currency."""
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, zero for none. Raises CurrenciesDiffer."""
    return sum(amounts, nothing(currency))


def parse_amount(typed: str, currency: str, language: str) -> Money:
    """What somebody typed in a field for amounts of ``currency``, zero or more.

    Takes digits of every script, no-break spaces, Swiss apostrophes, Arabic separators, Indian groups, and the code of
    the currency before or after. Where a lone mark may be read in two ways the ``language`` of the page decides; a
    reading that is a thousand times off is refused, never guessed, and so are 1,5 where a comma stands between
    thousands and 2.500 where a full stop does not. Raises AmountWrong.
    """
    text = _number(typed, currency)
    whole, decimals = _split(text, currency, language, digits_of(currency))
    if len(decimals) > digits_of(currency):
        raise AmountWrong(Why.DECIMALS, currency)
    minor = int((whole or "0") + decimals.ljust(digits_of(currency), "0"))
    if minor > LARGEST:
        raise AmountWrong(Why.TOO_LARGE, currency)
    return Money(minor, currency)


def parse_units(typed: str, currency: str, language: str, digits: int) -> Decimal:
    """What somebody typed as units of ``currency`` for one of another, with at most so many ``digits`` after the mark:
    read as amounts are. Raises AmountWrong, AMBIGUOUS for 1,234 where the page's language would write 1.234.
    """
    whole, decimals = _split(_number(typed, currency), currency, language, digits)
    if len(decimals) > digits:
        raise AmountWrong(Why.DECIMALS, currency)
    if len(whole) > len(str(LARGEST)):
        raise AmountWrong(Why.TOO_LARGE, currency)
    return Decimal(f"{whole or '0'}.{decimals or '0'}")


def _number(typed: str, currency: str) -> str:
    """Only ASCII digits and separators: ``S`` groups, ``D`` is surely the decimal mark, a comma or full stop open."""
    text = INVISIBLE.sub("", typed).translate(MARKS).strip()
    if not text:
        raise AmountWrong(Why.EMPTY, currency)
    if len(text) > LONGEST:
        raise AmountWrong(Why.TOO_LARGE, currency)
    found = CODE.fullmatch(text)
    if found is None or not found["number"] or (found["before"] and found["after"]):
        raise AmountWrong(Why.LETTERS, currency)
    code, number = found["before"] or found["after"], found["number"]
    if code and code.upper() != currency:
        raise AmountWrong(Why.OTHER_CURRENCY if code.upper() in _ever() else Why.LETTERS, currency)
    if number.startswith((*MINUSES, "(")) or number.endswith(MINUSES):
        raise AmountWrong(Why.NEGATIVE, currency)
    signs = [_sign(sign) for sign in number]
    if None in signs:
        raise AmountWrong(Why.LETTERS, currency)
    return "".join(sign for sign in signs if sign)


def _sign(sign: str) -> str | None:
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if GROUP_SIGNS.match(sign):
        return "S"
    return {"\u066b": "D", ",": ",", ".": "."}.get(sign)


def _split(text: str, currency: str, language: str, digits: int) -> tuple[str, str]:
    """Digits before and after the decimal mark."""
    mark = _decimal_mark(text, currency, language, digits)
    whole, decimals = text, ""
    if mark:
        whole, _, decimals = text.rpartition(mark)
        if not decimals.isdigit():
            raise AmountWrong(Why.GROUPS, currency)
    kinds = set(whole) - set("0123456789")
    if len(kinds) > 1 or (mark and mark in kinds):
        raise AmountWrong(Why.GROUPS, currency)
    if kinds:
        plain = whole.replace(kinds.pop(), "S")
        if not (THREES.fullmatch(plain) or INDIAN.fullmatch(plain)):
            raise AmountWrong(Why.GROUPS, currency)
        whole = plain.replace("S", "")
    return whole, decimals


def _decimal_mark(text: str, currency: str, language: str, digits: int) -> str:
    """Which sign of the text is its decimal mark; none when all of them group."""
    if "D" in text:
        return "D"
    commas, stops = text.count(","), text.count(".")
    if commas and stops:
        return "," if text.rindex(",") > text.rindex(".") else "."
    if commas + stops != 1 or "S" in text:
        return "" if commas + stops != 1 else ("," if commas else ".")
    mark, own = "," if commas else ".", "," if language in COMMA_DECIMALS else "."
    if mark != own and ONE_AFTER_COMMA.fullmatch(text):
        raise AmountWrong(Why.AMBIGUOUS, currency)
    if not THREES.fullmatch(text.replace(mark, "S")):
        return mark
    if (mark == own) is (digits >= 3):
        return mark if mark == own else ""
    raise AmountWrong(Why.AMBIGUOUS, currency)
