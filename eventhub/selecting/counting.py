"""How many of the chosen stand in each cell, as numbers that tell nothing of one person.

A number from 1 to 4 of people in a sealed cell is left out, and with it enough others that it cannot be reckoned back
(SAFETY.md, property 4). Pure: no database, no web.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

FEWEST = 5
"""Smaller numbers of people in sealed cells are not shown."""


@dataclass(frozen=True)
class Count:
    """People of one cell: ``chosen`` of ``all``; None: not told. ``least`` and ``most``: what the rules ask for."""

    dimension: str
    cell: str
    chosen: int | None
    all: int | None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Bounds:
    """The cell that a rule is about, and how many people it asks for here."""

    cell: str
    least: int | None
    most: int | None


def balance(
    everybody: Iterable[Collection[str]],
    chosen: Iterable[Collection[str]],
    bounds: Iterable[Bounds],
    sealed: Collection[str],
) -> list[Count]:
    """The counts by dimension and cell; ``sealed`` names the dimensions whose small numbers are left out."""
    whole, taken = _counted(everybody), _counted(chosen)
    asked: dict[str, tuple[int | None, int | None]] = {}
    for one in bounds:
        least, most = asked.get(one.cell, (None, None))
        asked[one.cell] = (one.least if least is None else least, one.most if most is None else most)
    found = []
    for cell in sorted(whole.keys() | asked.keys()):
        dimension, _colon, name = cell.partition(":")
        least, most = asked.get(cell, (None, None))
        found.append(Count(dimension, name, taken[cell], whole[cell], least, most))
    return [one for group in _by_dimension(found) for one in (_told(group) if group[0].dimension in sealed else group)]


def as_data(counts: Iterable[Count]) -> list[dict[str, Any]]:
    """The counts as plain data for JSON."""
    return [asdict(one) for one in counts]


def _counted(people: Iterable[Collection[str]]) -> Counter[str]:
    return Counter(cell for cells in people for cell in set(cells))


def _by_dimension(counts: list[Count]) -> list[list[Count]]:
    groups: dict[str, list[Count]] = {}
    for one in counts:
        groups.setdefault(one.dimension, []).append(one)
    return list(groups.values())


def _told(group: list[Count]) -> list[Count]:
    """Small numbers left out, and the next smallest with a single one: else the sum tells it."""
    hidden_chosen = _hidden([one.chosen or 0 for one in group])
    hidden_all = _hidden([one.all or 0 for one in group])
    return [
        Count(
            one.dimension,
            one.cell,
            None if place in hidden_chosen else one.chosen,
            None if place in hidden_all else one.all,
            one.least,
            one.most,
        )
        for place, one in enumerate(group)
    ]


def _hidden(numbers: list[int]) -> set[int]:
    small = {place for place, number in enumerate(numbers) if 0 < number < FEWEST}
    if len(small) == 1:
        others = sorted((number, place) for place, number in enumerate(numbers) if number >= FEWEST)
        small |= {place for _number, place in others[:1]}
    return small
