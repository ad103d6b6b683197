"""Whether two names may mean the same: word order, case, accents and forms of letters aside, and slips of a finger."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from eventhub.kit.normal import plain

Key = TypeVar("Key", bound=Hashable)

SHORTEST = 8
"""So many letters a name has at the least before a slip in it counts for little."""
CROWD = 5
"""With so many of one group each other one is compared: of a hundred that are called alike not each two are a pair."""


def words(name: str | None) -> tuple[str, ...]:
    """The words of a name, comparable and in one order; a word that stands twice counts once."""
    letters = "".join(sign if sign.isalnum() else " " for sign in plain(name or "").replace("'", "").replace("’", ""))
    return tuple(sorted(set(letters.split())))


def slips(name: tuple[str, ...]) -> set[str]:
    """What is left of a name when any one letter of it is missing: two that share something here differ by a slip."""
    joined = " ".join(name)
    if len(joined) < SHORTEST:
        return set()
    return {joined, *(joined[:place] + joined[place + 1 :] for place in range(len(joined)))}


def grouped(keys: Mapping[Key, Iterable[str]]) -> dict[str, list[Key]]:
    """Who shares what: for each text those who have it, in the order in which they were named."""
    found: dict[str, list[Key]] = {}
    for one, texts in keys.items():
        for text in texts:
            found.setdefault(text, []).append(one)
    return found


def pairs(keys: Mapping[Key, Iterable[str]]) -> Iterator[tuple[Key, Key]]:
    """Each two that share something, in the order in which they were named; of a crowd each with the first ones."""
    for group in grouped(keys).values():
        for place, one in enumerate(group[1:], 1):
            for other in group[: min(place, CROWD)]:
                yield other, one


def is_part(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one name is a part of the other one, two words of it at the least."""
    shorter, longer = sorted((one, other), key=len)
    return 2 <= len(shorter) < len(longer) and set(shorter) <= set(longer)
