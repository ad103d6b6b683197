"""What may be read of a fund's money by those who see no persons: frozen, and still where few people moved.

SAFETY.md property 4. A sum over fewer than five people is not told, nor one that differs from what was told at any time
before by fewer than five, in one of its columns or in several together: the difference of two looks would be one
person's amount. Nor is a part told, or a whole, where what was told of the other at any time, less the parts that did
not change since, is of fewer than five.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import product
from operator import mul
from typing import Any

from sqlalchemy import select

from eventhub.awards import bought
from eventhub.awards.models import Award, AwardLine
from eventhub.awards.money_models import FundEnvelope
from eventhub.funding.models import Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.small_numbers import STEP

AMOUNTS = ("estimated", "approved", "actual", "authorised")
MOVING = ("reserved", "committed", "paid", "returned")
Marks = dict[str, list[str]]
"""Of each envelope or kind of cost: one mark for each award and what it holds. No page shows them."""
Sums = Sequence[Sequence[int]]
"""How often each column counts in what somebody may reckon from a line."""
HELD: Sums = [(a, b, c, -c) for a, b, c in product((0, 1), repeat=3) if a or b or c]
"""Of MOVING: what is reserved, committed and spent, each alone and together."""
ALONE: Sums = [[int(at == one) for at in range(len(AMOUNTS))] for one in range(len(AMOUNTS))]
"""Of AMOUNTS."""
Lines = Sequence[Collection[str]]
"""Which kinds of cost stand in one line, of each line."""


def published(
    call: Call, costs: Sequence[Sequence[Any]], before: Mapping[str, Any] | None, lines: Lines | None = None
) -> dict[str, Any]:
    """What of the money may be read by now, after what was told before: ``sums`` by envelope, "" for the whole, and
    ``costs`` as they were counted now, or before; ``at``: when the sums that are told were counted, of the whole and of
    its parts. Where they are the same again that instant stays: a newer one would tell that nobody moved since.
    ``lines``: which kinds stand together, else each alone. Three statements.
    """
    told: dict[str, Any] = dict(before or {"sums": {}, "costs": [], "people": 0, "marks": {}})
    known = told["sums"]
    envelopes = db.session.scalars(select(FundEnvelope).where(FundEnvelope.call_id == call.id)).all()
    by_envelope, by_kind = _marks(envelopes)
    marks = told["marks"]
    everybody = {"": [one for each in by_envelope.values() for one in each]}
    wholes, parts = marks.get("wholes", []), marks.get("parts", [])
    if (
        _many(everybody)
        and all(_apart(everybody, {"": [mark for each in one.values() for mark in each]}, HELD) for one in wholes)
        and all(_hides([list(by_envelope)], by_envelope, _each(one), one) for one in parts)
    ):
        told["sums"] = {"": [sum(getattr(row, name) for row in envelopes) for name in MOVING]}
        told["people"] = len(everybody[""])
        wholes = [*wholes, by_envelope]
        marks = marks | {"wholes": wholes}
        if (
            _many(by_envelope)
            and all(_apart(by_envelope, one, HELD) for one in parts)
            and all(_hides([list(one)], one, _each(by_envelope), by_envelope) for one in wholes)
        ):
            told["sums"] |= {row.key: [getattr(row, name) for name in MOVING] for row in envelopes}
            marks = marks | {"parts": [*parts, by_envelope]}
    if told["people"]:
        own = _each(by_kind) if lines is None else [sorted(one) for one in lines]
        former = marks.get("lines", [])
        if all(
            _apart(by_kind, one["marks"], ALONE)
            and _hides(own, by_kind, one["lines"], one["marks"])
            and _hides(one["lines"], one["marks"], own, by_kind)
            for one in former
        ):
            told["costs"] = [list(one) for one in costs]
            marks = marks | {"lines": [*former, {"lines": own, "marks": by_kind}]}
    at, moment = dict(told.get("at", {})), now().isoformat(timespec="minutes")
    for name, keys in (("whole", {""}), ("parts", told["sums"].keys() - {""})):
        if any(told["sums"].get(key) != known.get(key) for key in keys):
            at[name] = moment
    return told | {"marks": marks, "at": at}


def _each(marks: Marks) -> list[list[str]]:
    return [[key] for key in marks]


def _hides(lines: Lines, marks: Marks, others: Lines, known: Marks) -> bool:
    """Whether no line tells of fewer than five people when the other lines that did not change are taken from it."""
    same = {key for key in marks.keys() & known.keys() if set(marks[key]) == set(known[key])}
    for line in lines:
        left = set(line)
        for other in others:
            if same.issuperset(other) and left.issuperset(other) and left != set(other):
                left -= set(other)
        if len(left) < len(set(line)) and len({one for key in left for one in marks.get(key, ())}) in range(1, STEP):
            return False
    return True


def _many(marks: Marks) -> bool:
    return all(not one or len(one) >= STEP for one in marks.values())


def _apart(now: Marks, before: Marks, sums: Sums) -> bool:
    """Whether nothing, or five people at the least, made the difference in each line and in each of the sums."""
    return all(
        _enough(_worth(now.get(key, ()), weights), _worth(before.get(key, ()), weights))
        for key in now.keys() | before.keys()
        for weights in sums
    )


def _worth(marks: Collection[str], weights: Sequence[int]) -> set[tuple[str, int]]:
    """What each award has to do with a sum: those that have something."""
    found = (_read(mark) for mark in marks)
    return {(who, worth) for who, held in found if (worth := sum(map(mul, held, weights)))}


def _enough(now: set[tuple[str, int]], before: set[tuple[str, int]]) -> bool:
    return max(len(now - before), len(before - now)) not in range(1, STEP)


def _marks(envelopes: Sequence[FundEnvelope]) -> tuple[Marks, Marks]:
    keys = {row.id: row.key for row in envelopes}
    by_envelope: Marks = {key: [] for key in keys.values()}
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    held = [getattr(Award, name) for name in MOVING]
    for award_id, envelope_id, *amounts in db.session.execute(
        select(Award.id, Award.envelope_id, *held).where(Award.envelope_id.in_(keys))
    ):
        if any(amounts):
            by_envelope[keys[envelope_id]].append(_mark(award_id, amounts))
    lines = (
        select(AwardLine.kind, Award.id, *(getattr(AwardLine, name) for name in AMOUNTS))
        .join(Award, Award.id == AwardLine.award_id)
        .where(
            Award.envelope_id.in_(keys),
            Award.ended_at.is_(None) | (Award.paid > Award.returned) | (bought.held() & bought.IS_TICKET),
        )
    )
    for kind, award_id, *amounts in db.session.execute(lines):
        by_kind[kind.value].append(_mark(award_id, amounts))
    return by_envelope, dict(by_kind)


def _mark(award_id: object, amounts: Sequence[object]) -> str:
    who = hashlib.sha256(str(award_id).encode()).hexdigest()[:16]
    return f"{who} {' '.join(str(one or 0) for one in amounts)}"


@lru_cache(maxsize=20_000)
def _read(mark: str) -> tuple[str, tuple[int, ...]]:
    who, *amounts = mark.split(" ")
    return who, tuple(int(one) for one in amounts)
