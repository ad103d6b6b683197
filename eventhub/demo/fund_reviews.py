"""What the demo's twelve readers did: given out, handed in, stepped back from; and what it says together."""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from eventhub.demo.crowd import plain
from eventhub.demo.documents import text
from eventhub.demo.fund_files import NAMESPACE, Filed, day
from eventhub.demo.fund_plan import PANEL, SPREAD, marks, readers_of
from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.kit.sealed import place, seal
from eventhub.people.models import Person
from eventhub.reviewing import asking, scoring, ties
from eventhub.reviewing.models import Conflict, Gate, PanelMember, Review, Standing, Tie
from eventhub.reviewing.queries import Reading
from eventhub.reviewing.reading import points_of

GIVEN, STARTED, ENDED = 27.0, 25.0, 4.0
"""Days ago on which files were given out, and between which they were handed in."""
OURS = 0
"""The place on the panel of the reader whom one can be in the demo."""
BEHIND_GATE, BEGUN, UNTOUCHED = 3, 1, 2
"""How many files wait for that reader: behind a gate, half written, not opened yet."""
WITHOUT_MORE = 5
"""Files whose readers are far apart and that still lack another one."""


@dataclass
class Work:
    """What is written at the end. ``gates``: of each reader the one that is passed."""

    reading: Reading
    panel: Sequence[uuid.UUID]
    languages: Sequence[str]
    gates: Sequence[uuid.UUID]
    reviews: list[dict[str, Any]] = field(default_factory=list)
    ties: list[dict[str, Any]] = field(default_factory=list)


def make_reviews(reading: Reading, files: Sequence[Filed], panel: Sequence[uuid.UUID]) -> None:
    """Three reviews of each file, one more where readers are far apart, and a few that are still to come."""
    _seat(reading, panel)
    known = ties.conflicts([reading], set(panel))
    shut: dict[uuid.UUID, set[int]] = defaultdict(set)
    for file, person in known:
        shut[file].add(panel.index(person))
    spoken = {one.id: one.language for one in db.session.scalars(select(Person).where(Person.id.in_(panel)))}
    work = Work(reading, panel, [spoken[one] for one in panel], [uuid.uuid4() for _ in panel])
    read = [one for one in files if one.known.state is State.UNDER_REVIEW]
    loads: Counter[int] = Counter()
    wide = 0
    waiting = 0
    for place_of, one in enumerate(read):
        readers = readers_of(one.one.known.language, one.region, shut[one.id], loads)
        if OURS in readers and waiting < BEHIND_GATE + BEGUN + UNTOUCHED and place_of > 60:
            _to_come(work, one, waiting)
            waiting += 1
            readers = [reader for reader in readers if reader != OURS]
        given = [_handed_in(work, one, reader) for reader in readers]
        if place_of in _SPECIAL:
            _stepped_back(work, one, readers, shut[one.id], loads, _SPECIAL[place_of])
        elif len(given) > 2 and max(given) - min(given) > SPREAD:
            wide += 1
            if wide > WITHOUT_MORE:
                more = readers_of(one.one.known.language, None, {*shut[one.id], *readers}, loads, 1)
                for reader in more:
                    _handed_in(work, one, reader, extra=True)
    _write(work)
    ties.record(reading.call, known)
    db.session.flush()
    found = scoring.due(reading.call.id)
    if found is not None:
        scoring.keep(reading.call.id, found[1], asking.calibrated(found[0]))


_SPECIAL: Mapping[int, Standing] = {12: Standing.RECUSED, 33: Standing.VOIDED, 57: Standing.ABSTAINED}
"""By place among the files: one reader stepped back before, one after the score, one could not judge."""


def _seat(reading: Reading, panel: Sequence[uuid.UUID]) -> None:
    countries = {one.id: one.residence for one in db.session.scalars(select(Person).where(Person.id.in_(panel)))}
    db.session.add_all(
        PanelMember(
            id=uuid.uuid4(),
            call_id=reading.call.id,
            person_id=person,
            languages=list(known.languages),
            region=known.region,
            country=countries[person],
            most=60,
            fewest=8,
            joined_at=day(40),
        )
        for person, known in zip(panel, PANEL, strict=True)
    )
    db.session.flush()


def _row(work: Work, one: Filed, reader: int, state: Standing, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": uuid.uuid5(NAMESPACE, f"{one.id}:{reader}"),
        "call_id": work.reading.call.id,
        "application_id": one.id,
        "person_id": work.panel[reader],
        "gate_id": work.gates[reader],
        "state": state,
        "marks": {},
        "words": None,
        "confidence": None,
        "points": None,
        "extra": False,
        "assigned_at": day(GIVEN),
        "saved_at": None,
        "typed_in": None,
        "ended_at": None,
        "version": 1,
    }
    row |= values
    work.reviews.append(row)
    return row


def _handed_in(work: Work, one: Filed, reader: int, *, extra: bool = False) -> float:
    given = marks(one.number or 0, reader, one.known.quality)
    points = points_of(work.reading.rules, given)
    row = _row(work, one, reader, Standing.HANDED_IN, marks=dict(given), points=points, extra=extra)
    row["words"] = _words(work, one, reader, row["id"], given)
    row["confidence"] = 1 + (one.number or 0) * (reader + 2) % 3
    row["saved_at"] = row["ended_at"] = _when(one, reader)
    return points


def _words(work: Work, one: Filed, reader: int, review: uuid.UUID, given: Mapping[str, int]) -> bytes:
    found = text("fund")["words"]
    said = {name: found[name][points][work.languages[reader]] for name, points in given.items()}
    return seal(one.one.key, place("fund_review", "words", review), json.dumps(said, ensure_ascii=False))


def _when(one: Filed, reader: int) -> datetime:
    share = ((one.number or 0) * 7 + reader * 13) % 100 / 100
    return day(STARTED - share * (STARTED - ENDED)) + timedelta(minutes=reader)


def _to_come(work: Work, one: Filed, place_of: int) -> None:
    """A file that waits for the reader of the cast: behind a gate, begun, or not opened."""
    if place_of < BEHIND_GATE:
        _row(work, one, OURS, Standing.ASSIGNED, gate_id=_second_gate(work), assigned_at=day(1.2))
    elif place_of < BEHIND_GATE + BEGUN:
        given = {"need": 3, "voice": 2}
        row = _row(work, one, OURS, Standing.BEGUN, marks=given, confidence=2, saved_at=day(0.4))
        row["words"] = _words(work, one, OURS, row["id"], given)
    else:
        _row(work, one, OURS, Standing.ASSIGNED)


def _second_gate(work: Work) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"gate:{work.reading.call.id}")


def _stepped_back(
    work: Work, one: Filed, readers: Sequence[int], shut: set[int], loads: Counter[int], state: Standing
) -> None:
    """One of the readers does not judge after all; another one reads in that place."""
    reader = next(each for each in readers if each != OURS)
    row = next(each for each in work.reviews if each["id"] == uuid.uuid5(NAMESPACE, f"{one.id}:{reader}"))
    row["state"] = state
    if state is not Standing.VOIDED:
        row |= {"marks": {}, "words": None, "points": None, "confidence": None}
    if state is not Standing.ABSTAINED:
        work.ties.append(
            {
                "id": uuid.uuid4(),
                "call_id": work.reading.call.id,
                "person_id": work.panel[reader],
                "kind": Conflict.FAMILY if state is Standing.RECUSED else Conflict.SUPERVISOR,
                "derived": False,
                "application_id": one.id,
                "made_at": row["ended_at"],
            }
        )
    for more in readers_of(one.one.known.language, None, {*shut, *readers}, loads, 1):
        _handed_in(work, one, more)


def _write(work: Work) -> None:
    call_id = work.reading.call.id
    gates = [
        {"id": gate, "call_id": call_id, "person_id": person, "made_at": day(GIVEN), "declared_at": day(GIVEN - 1)}
        for gate, person in zip(work.gates, work.panel, strict=True)
    ]
    second = {"id": _second_gate(work), "call_id": call_id, "person_id": work.panel[OURS], "made_at": day(1.2)}
    gates.append(second | {"declared_at": None})
    for table, lines in ((Gate, gates), (Review, work.reviews), (Tie, work.ties)):
        db.session.execute(insert(plain(table)), lines)
    db.session.flush()
