"""Steps of a scale joined so that no group of fewer than five people can be read. Pure: numbers in, numbers out.

Neighbours are joined until each band is empty or holds five people at the least, in as many bands as that allows; then
it is told how many chose a band at the least, in fives. How many left a question out is not told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from eventhub.kit.small_numbers import STEP


@dataclass(frozen=True)
class Band:
    """Steps ``low`` to ``high``, as they stand on the scale from 1, and how many chose one of them at the least."""

    low: int
    high: int
    at_least: int


def bands(counts: Sequence[int]) -> tuple[Band, ...]:
    """What may be read of how many chose each step, from the lowest on; nothing where all would be one band,
    or fewer than five people chose any.
    """
    if sum(counts) < STEP:
        return ()
    for cut in partitions(len(counts)):
        sums = [sum(counts[low:high]) for low, high in cut]
        if all(number == 0 or number >= STEP for number in sums):
            found = tuple(
                Band(low + 1, high, number - number % STEP) for (low, high), number in zip(cut, sums, strict=True)
            )
            return found if len(found) > 1 else ()
    return ()


@cache
def partitions(steps: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """All ways to join neighbours, those with the most bands first, and always in the same order."""
    return tuple(sorted(_cuts(0, steps), key=lambda cut: (-len(cut), cut)))


def _cuts(begin: int, end: int) -> Iterator[tuple[tuple[int, int], ...]]:
    if begin == end:
        yield ()
    for high in range(begin + 1, end + 1):
        for rest in _cuts(high, end):
            yield ((begin, high), *rest)
