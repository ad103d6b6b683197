"""From which envelope each grant is paid, where there are several and some are only for people of certain cells.

A grant is paid from one envelope as a whole; what that one lacks may come from another that serves the same person.
Amounts are integers in minor units of one currency.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

STEPS = 20_000
"""So many tries to find a way; in practice one for each grant."""


class NoRoom(ValueError):
    """The envelopes do not hold all grants: ``missing`` minor units, 0 where only their parts do not fit."""

    def __init__(self, missing: int) -> None:
        self.missing = missing
        super().__init__(f"{missing} missing")


@dataclass(frozen=True, slots=True)
class Purse:
    """An envelope: what is ``free``, and for whom; without cells for everybody."""

    id: str
    free: int
    cells: tuple[str, ...] = ()

    def serves(self, cells: Collection[str]) -> bool:
        """Whether people of these cells may be paid from it."""
        return not self.cells or not set(self.cells).isdisjoint(cells)


@dataclass(frozen=True, slots=True)
class Need:
    """A grant."""

    id: str
    amount: int
    cells: tuple[str, ...] = ()


def allot(needs: Iterable[Need], purses: Sequence[Purse]) -> Mapping[str, str]:
    """The envelope of each grant. The narrower envelopes are used first. Deterministic. Raises NoRoom."""
    known = {one.id: one for one in purses}
    width = {one.id: (not one.cells, len(one.cells), one.id) for one in purses}
    ways = [(one, sorted((p.id for p in purses if p.serves(one.cells)), key=width.__getitem__)) for one in needs]
    missing = missing_of([one for one, _open in ways], purses)
    if missing:
        raise NoRoom(missing)
    ways.sort(key=lambda way: (len(way[1]), -way[0].amount, way[0].id))
    left, found = {one.id: known[one.id].free for one in purses}, dict[str, str]()
    if not _placed(ways, 0, left, found, [STEPS]):
        raise NoRoom(0)
    return found


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money of one envelope that pays for a part of a grant which another one pays: ``amount`` goes over."""

    source: str
    target: str
    amount: int


def fitted(needs: Iterable[Need], purses: Sequence[Purse]) -> tuple[Mapping[str, str], tuple[Transfer, ...]]:
    """The envelope of each grant, and what goes from one envelope into another so that no grant is cut in two.

    The board's solver lets several envelopes of somebody pay one grant together. Where whole grants do not fit, the
    narrower envelope pays, and what it lacks comes from another one that may pay for the same person. Deterministic.
    Raises NoRoom.
    """
    needs = list(needs)
    try:
        return allot(needs, purses), ()
    except NoRoom as error:
        if error.missing:
            raise
    width = {one.id: (not one.cells, len(one.cells), one.id) for one in purses}
    ways = [(one, sorted((p.id for p in purses if p.serves(one.cells)), key=width.__getitem__)) for one in needs]
    ways.sort(key=lambda way: (len(way[1]), -way[0].amount, way[0].id))
    left, found, moved = {one.id: max(0, one.free) for one in purses}, dict[str, str](), list[Transfer]()
    for need, open_ones in ways:
        home = next((one for one in open_ones if left[one] > 0), open_ones[0] if open_ones else None)
        if home is None:
            raise NoRoom(need.amount)
        found[need.id], rest = home, need.amount - min(need.amount, left[home])
        left[home] -= need.amount - rest
        for other in open_ones:
            part = min(left[other], rest)
            if part:
                moved.append(Transfer(other, home, part))
                left[other] -= part
                rest -= part
        if rest:
            raise NoRoom(0)
    return found, tuple(moved)


def missing_of(needs: Sequence[Need], purses: Sequence[Purse]) -> int:
    """How much is missing at the least, were grants divisible: the worst shortfall of any set of envelopes (Gale and
    Hoffman's condition of a flow).
    """
    together: dict[frozenset[str], int] = {}
    for one in needs:
        key = frozenset(p.id for p in purses if p.serves(one.cells))
        together[key] = together.get(key, 0) + one.amount
    free = {one.id: max(0, one.free) for one in purses}
    keys, worst = list(together), 0
    for size in range(1, min(len(keys), 12) + 1):
        for chosen in combinations(keys, size):
            union = frozenset().union(*chosen)
            wanted = sum(amount for key, amount in together.items() if key <= union)
            worst = max(worst, wanted - sum(free[one] for one in union))
    return worst


def _placed(
    ways: Sequence[tuple[Need, Sequence[str]]], at: int, left: dict[str, int], found: dict[str, str], steps: list[int]
) -> bool:
    """Depth first, without recursion deeper than there are grants: each stands in the first envelope that holds it."""
    tried = [0] * len(ways)
    while 0 <= at < len(ways):
        need, open_ones = ways[at]
        if need.id in found:
            left[found.pop(need.id)] += need.amount
        while tried[at] < len(open_ones):
            purse = open_ones[tried[at]]
            tried[at] += 1
            if left[purse] >= need.amount:
                left[purse] -= need.amount
                found[need.id] = purse
                break
        if need.id in found:
            at += 1
        else:
            tried[at] = 0
            at -= 1
        steps[0] -= 1
        if steps[0] < 0:
            return False
    return at >= 0
