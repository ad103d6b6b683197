"""How many of the chosen stand in each cell, as numbers that tell nothing of one person.

Numbers of people in sealed cells are rounded down, small ones are left out, and they stand still between slates in
which few people differ (SAFETY.md, property 4). Pure: no database, no web.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from eventhub.kit import small_numbers

FEWEST = small_numbers.MOVED
"""So many people at the least make a question or a difference that tells nothing of one of them."""
OF = "of"
"""In the kept counts of a sealed dimension: the number of the slate whose counts they are."""


@dataclass(frozen=True)
class Count:
    """People of one cell: ``chosen`` of ``all``, in sealed cells at least so many; None: not told. ``least`` and
    ``most``: what the rules ask for.
    """

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


@dataclass(frozen=True)
class Told:
    """A slate as far as its sealed counts go: its number, who is chosen, the kept counts."""

    number: int
    chosen: frozenset[str]
    counts: list[dict[str, Any]]


def still(
    counts: list[dict[str, Any]], chosen: Collection[str], before: Iterable[Told], sealed: Collection[str]
) -> list[dict[str, Any]]:
    """The counts of a new slate with the sealed ones as they were, where fewer than five of the chosen differ from a
    slate that told its own. ``before``: the slates of the call, the newest first.

    Two slates that differ in one person would otherwise say together in which cell that person stands.
    """
    now = frozenset(chosen)
    for one in before:
        if len(now - one.chosen) >= FEWEST or len(one.chosen - now) >= FEWEST or _is_taken_over(one, sealed):
            continue
        former = {(row["dimension"], row["cell"]): row for row in one.counts}
        return [_as_before(row, former, one.number) if row["dimension"] in sealed else row for row in counts]
    return counts


def _is_taken_over(one: Told, sealed: Collection[str]) -> bool:
    return any(OF in row for row in one.counts if row["dimension"] in sealed)


def _as_before(
    row: Mapping[str, Any], former: Mapping[tuple[str, str], Mapping[str, Any]], number: int
) -> dict[str, Any]:
    known = former.get((row["dimension"], row["cell"]), {})
    return {**row, "chosen": known.get("chosen"), "all": known.get("all"), OF: number}


def _counted(people: Iterable[Collection[str]]) -> Counter[str]:
    return Counter(cell for cells in people for cell in set(cells))


def _by_dimension(counts: list[Count]) -> list[list[Count]]:
    groups: dict[str, list[Count]] = {}
    for one in counts:
        groups.setdefault(one.dimension, []).append(one)
    return list(groups.values())


def _told(group: list[Count]) -> list[Count]:
    """At least how many, small numbers left out with enough others that no sum tells them."""
    chosen = small_numbers.told({one.cell: one.chosen or 0 for one in group})
    everybody = small_numbers.told({one.cell: one.all or 0 for one in group})
    return [replace(one, chosen=chosen[one.cell], all=everybody[one.cell]) for one in group]
