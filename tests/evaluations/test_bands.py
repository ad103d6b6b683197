"""What is told of a scale never tells of fewer than five people: all that could be behind it is tried."""

from collections import defaultdict
from collections.abc import Iterator

from eventhub.evaluations.bands import Band, bands

WORLDS = (5, 9, 14, 19)


def vectors(people: int, steps: int) -> Iterator[tuple[int, ...]]:
    """Every way in which so many people can have chosen, the last ones leaving the question out."""
    if steps == 0:
        yield ()
        return
    for number in range(people + 1):
        for rest in vectors(people - number, steps - 1):
            yield (number, *rest)


def test_no_small_group_can_be_reckoned_from_what_is_told() -> None:
    """Whoever reads knows how many people answered in all, and the rule. No step of one to four people has one value
    alone, in any world that looks the same.
    """
    for people in WORLDS:
        possible: dict[tuple[Band, ...], list[set[int]]] = defaultdict(lambda: [set() for _ in range(6)])
        for counts in vectors(people, 5):
            seen = possible[bands(counts)]
            for place, number in enumerate((*counts, people - sum(counts))):
                seen[place].add(number)
        for told, values in possible.items():
            for place, number in enumerate(values):
                assert len(number) > 1 or not number & {1, 2, 3, 4}, (people, told, place, number)


def test_neighbours_are_joined_until_each_band_holds_five() -> None:
    assert bands((1, 4, 9, 20, 25)) == (Band(1, 2, 5), Band(3, 3, 5), Band(4, 4, 20), Band(5, 5, 25))
    assert bands((0, 0, 0, 0, 26)) == (*(Band(step, step, 0) for step in range(1, 5)), Band(5, 5, 25))
    assert bands((2, 0, 0, 0, 24)) == ()
    assert bands((0, 0, 0, 2, 2)) == ()
    assert bands((3, 3, 3, 3, 3)) == (Band(1, 2, 5), Band(3, 5, 5))
