"""What a journey is reckoned at, from the cost basis of a call: pure, and the same for the same journey.

Amounts are integers in minor units of the call's currency (cents). It is made of the lines that a statement is made of
(``estimates``, ``allowance``), so that the applicant, the board and whoever pays see one sum. What somebody needs is
reckoned at the most that the call pays for it: a board that sees too little would promise too much.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eventhub.funding.allowance import CostKind, Reason, Statement, terminal_lines
from eventhub.funding.allowance import Line as Stated
from eventhub.funding.estimates import OWN, FareTable, Variant
from eventhub.funding.rules import CostLine, Costs, Support
from eventhub.kit.money import Money

ONE_CURRENCY = "USD"
"""A basis has one currency, whichever it is: no number depends on it."""
WHOLE_WAY = 1
"""The call's amount for terminals is for the whole journey, as its page says."""

OWN_WAY = frozenset(kind.value for kind in OWN[Variant.WOULD_COME])
"""Codes of the lines that whoever would come anyway pays alone."""

OF_NEEDS = frozenset({CostLine.ACCESS, CostLine.COMPANION, CostLine.CONNECTIVITY})
"""Lines of whoever needs something: beside a fare table that everybody reads they tell of a disability or a family."""


class Need(StrEnum):
    """What somebody cannot come without."""

    ACCESS = "access"
    COMPANION = "companion"
    CONNECTIVITY = "connectivity"


@dataclass(frozen=True)
class Journey:
    """One person's way there and back. ``origin``: ISO 3166-1 alpha-2 of the country it begins in, None where it is not
    known; ``days`` with a daily allowance; ``needs`` as the person says them.
    """

    origin: str | None
    days: int
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True)
class Line:
    """One line of an estimate; ``amount`` in minor units."""

    code: CostLine
    amount: int


def fares(costs: Costs) -> FareTable:
    """The fare table of a call: a country's own fare, else that of the first zone that lists it, else the usual one."""
    zones: dict[str, str] = {}
    for one in costs.fares:
        for country in one.countries:
            zones.setdefault(country, one.origin)
    own = {one.origin: _money(one.amount) for one in reversed(costs.fares)}
    return FareTable(zones=zones, of_zone=own, of_country=own, usual=_money(costs.usual_fare))


def fare(costs: Costs, origin: str | None) -> int:
    """The return ticket from a country, in minor units."""
    return sum(line.amount.minor for line in fares(costs).lines(origin or ""))


def stated(costs: Costs, journey: Journey) -> Statement:
    """A journey line by line, as statements are."""
    needs, days = journey.needs, max(0, journey.days)
    is_afar = CostLine.TICKET not in costs.lines
    lines = [*fares(costs).lines(journey.origin or ""), *terminal_lines(_money(costs.terminal), WHOLE_WAY)]
    if days:
        lines.append(Stated(CostKind.DSA, Reason.FULL_DAY, days, _money(costs.dsa)))
    flat = {CostKind.VISA: costs.visa, CostKind.INSURANCE: costs.insurance}
    if is_afar or Need.CONNECTIVITY in needs:
        flat[CostKind.CONNECTIVITY] = costs.connectivity
    lines += [Stated(kind, Reason.FLAT, 1, _money(amount)) for kind, amount in flat.items()]
    asked = {
        Need.ACCESS: (CostKind.ACCESSIBILITY, costs.access_most),
        Need.COMPANION: (CostKind.COMPANION, costs.companion_most),
    }
    lines += [Stated(kind, Reason.ASKED, 1, _money(most)) for need, (kind, most) in asked.items() if need in needs]
    paid = {one.value for one in costs.lines}
    return Statement(tuple(one for one in lines if one.kind.value in paid), ONE_CURRENCY)


def estimate(costs: Costs, journey: Journey) -> tuple[Line, ...]:
    """The lines that the call pays of a journey, in its own order, without those that cost nothing."""
    made = stated(costs, journey)
    found = [Line(code, made.of(CostKind(code.value)).minor) for code in costs.lines]
    return tuple(one for one in found if one.amount)


def amounts(whole: int, lines: Mapping[str, int], asked: int | None) -> dict[Support, int]:
    """What each way of funding costs the fund, in minor units. A part is what was asked for, at the most the whole; who
    would come anyway still gets what a disability or a family makes necessary. ``lines`` by code.
    """
    needed = sum(amount for code, amount in lines.items() if code not in OWN_WAY)
    return {
        Support.FULL: whole,
        Support.PARTIAL: min(whole, whole if asked is None else asked),
        Support.WOULD_COME: min(whole, needed),
    }


def without_needs(costs: Costs, whole: int, lines: Mapping[str, int], asked: int | None) -> dict[Support, int]:
    """The same as ``amounts`` as it would be for somebody who needs nothing: what readers and the board see of one
    person. A call that pays no tickets pays everybody's connection, which tells nothing then.
    """
    is_afar = CostLine.TICKET not in costs.lines
    hidden = {line.value for line in OF_NEEDS if not (is_afar and line is CostLine.CONNECTIVITY)}
    left = {code: amount for code, amount in lines.items() if code not in hidden}
    return amounts(max(0, whole - sum(lines.values()) + sum(left.values())), left, asked)


def total(lines: Collection[Line]) -> int:
    """All lines together, in minor units."""
    return sum(one.amount for one in lines)


def to_json(lines: Collection[Line]) -> list[dict[str, object]]:
    """The lines as the application keeps them: code and amount."""
    return [{"code": one.code.value, "amount": one.amount} for one in lines]


def _money(minor: int) -> Money:
    return Money(minor, ONE_CURRENCY)
