"""What speaks for two registrations of one event being those of one person.

Names are compared as the desk reads them. A date of birth and the number of a document are compared by digests: keyed
by the house, made for one event, sealed with the person's key. Nobody sees them, and the pages say of them only that a
document is the same: that a date of birth agrees raises a pair that little speaks for, and is never told, or somebody
could try dates out on a person without a reason that is recorded.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from eventhub.kit.likeness import is_part, pairs, slips, words
from eventhub.kit.normal import plain
from eventhub.kit.tokens import blind

ENOUGH = 3
BIRTH = 2
"""What the same date of birth adds."""
LEAST_SIGNS = 5
"""A shorter number of a document tells too little."""


class Likeness(StrEnum):
    """What the desk reads of a pair."""

    DOCUMENT = "document"
    NAME = "name"
    ONE_WORD = "one_word"
    SPELLING = "spelling"
    NAME_PART = "name_part"
    ORGANISATION = "organisation"
    COUNTRY = "country"


WEIGHT = {
    Likeness.DOCUMENT: 4,
    Likeness.NAME: 3,
    Likeness.ONE_WORD: 1,
    Likeness.SPELLING: 1,
    Likeness.NAME_PART: 1,
    Likeness.ORGANISATION: 1,
    Likeness.COUNTRY: 1,
}
NAMES = (Likeness.NAME, Likeness.ONE_WORD, Likeness.SPELLING, Likeness.NAME_PART)


@dataclass(frozen=True)
class Twin:
    """A registration as far as it is compared. ``names``: in its own script, in Latin letters, of the account."""

    id: uuid.UUID
    names: tuple[tuple[str, ...], ...]
    organisation: str | None
    country: str | None
    birth: bytes | None
    document: bytes | None


@dataclass(frozen=True)
class Found:
    """What speaks for a pair, the smaller id first."""

    first: uuid.UUID
    second: uuid.UUID
    reasons: list[Likeness]
    score: int


def names(*given: str | None) -> tuple[tuple[str, ...], ...]:
    """Names made comparable, each once."""
    return tuple(dict.fromkeys(known for name in given if (known := words(name))))


def digest_of_birth(event_id: uuid.UUID, day: object) -> bytes | None:
    """Of a date as forms keep it (1990-11-26)."""
    return blind("birth", event_id, day) if isinstance(day, str) and day else None


def digest_of_document(event_id: uuid.UUID, number: object) -> bytes | None:
    """Of a number as people write it: spaces, dashes and case do not count."""
    signs = "".join(sign for sign in plain(number) if sign.isalnum()) if isinstance(number, str) else ""
    return blind("document", event_id, signs) if len(signs) >= LEAST_SIGNS else None


def found(everybody: Collection[Twin], fresh: Collection[uuid.UUID]) -> list[Found]:
    """The pairs among everybody of an event that have somebody ``fresh`` and enough that speaks for them."""
    known = {one.id: one for one in everybody}
    seen, result = set(), []
    for one, other in pairs({one.id: _keys(one) for one in everybody}):
        both = (min(one, other), max(one, other))
        if both in seen or not (one in fresh or other in fresh):
            continue
        seen.add(both)
        if (pair := _compared(known[both[0]], known[both[1]])) is not None:
            result.append(pair)
    return result


def _compared(one: Twin, other: Twin) -> Found | None:
    reasons = []
    if one.document is not None and one.document == other.document:
        reasons.append(Likeness.DOCUMENT)
    if (name := _name(one, other)) is not None:
        reasons.append(name)
    if not reasons:
        return None
    if one.organisation and one.organisation == other.organisation:
        reasons.append(Likeness.ORGANISATION)
    if one.country and one.country == other.country:
        reasons.append(Likeness.COUNTRY)
    score = sum(WEIGHT[reason] for reason in reasons)
    score += BIRTH if one.birth is not None and one.birth == other.birth else 0
    return Found(one.id, other.id, reasons, score) if score >= ENOUGH else None


def _name(one: Twin, other: Twin) -> Likeness | None:
    alike = [_alike(mine, theirs) for mine in one.names for theirs in other.names]
    return next((kind for kind in NAMES if kind in alike), None)


def _alike(mine: tuple[str, ...], theirs: tuple[str, ...]) -> Likeness | None:
    if mine == theirs:
        return Likeness.NAME if len(mine) > 1 else Likeness.ONE_WORD
    if not slips(mine).isdisjoint(slips(theirs)):
        return Likeness.SPELLING
    return Likeness.NAME_PART if is_part(mine, theirs) else None


def _keys(one: Twin) -> set[str]:
    found = {f"document {one.document.hex()}"} if one.document else set()
    for name in one.names:
        found |= {" ".join(name), *slips(name)}
        found |= {f"part {' '.join(two)}" for two in combinations(name[:6], 2)}
    return found
