"""What a journey is reckoned at, from the cost basis of a call: pure, and the same for the same journey.

Amounts are integers in minor units of the call's currency (cents). What somebody needs is reckoned at the most that the
call pays for it: a board that sees too little would promise too much.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eventhub.funding.rules import CostLine, Costs

WAYS_TO_TERMINALS = 2
"""To the airport or station and from it: paid for the journey there and for the way back."""


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


def fare(costs: Costs, origin: str | None) -> int:
    """The return ticket: of the country, else of the first zone that lists it, else the usual one; in minor units."""
    for one in costs.fares:
        if one.origin == origin:
            return one.amount
    for one in costs.fares:
        if origin in one.countries:
            return one.amount
    return costs.usual_fare


def estimate(costs: Costs, journey: Journey) -> tuple[Line, ...]:
    """The lines that the call pays of a journey, in its own order, without those that cost nothing."""
    wanted: Mapping[CostLine, int] = {
        CostLine.TICKET: fare(costs, journey.origin),
        CostLine.DSA: costs.dsa * max(0, journey.days),
        CostLine.TERMINAL: costs.terminal * WAYS_TO_TERMINALS,
        CostLine.VISA: costs.visa,
        CostLine.INSURANCE: costs.insurance,
        CostLine.ACCESS: costs.access_most if Need.ACCESS in journey.needs else 0,
        CostLine.COMPANION: costs.companion_most if Need.COMPANION in journey.needs else 0,
        CostLine.CONNECTIVITY: costs.connectivity,
    }
    return tuple(Line(code, wanted[code]) for code in costs.lines if wanted[code])


def total(lines: Collection[Line]) -> int:
    """All lines together, in minor units."""
    return sum(one.amount for one in lines)


def to_json(lines: Collection[Line]) -> list[dict[str, object]]:
    """The lines as the application keeps them: code and amount."""
    return [{"code": one.code.value, "amount": one.amount} for one in lines]
