"""A slate again after withdrawals, a refused visa, a cut or a rise of the budget: as little as possible changes.

Each step keeps what the one before has decided:

1. Whoever has accepted stays, in the way of funding that was accepted. Whoever is gone is gone.
2. As many as possible of the former slate stay.
3. As many as possible of the K places are filled (or of those who stay, where they are more than K).
4. The greatest sum of scores, then the lottery, then people beyond K, as selection.py says. Whoever stays keeps the
   former way of funding where that is possible, before anybody gets an earlier choice.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from eventhub.selecting.engine import Clock
from eventhub.selecting.model import board, decide, draw, program
from eventhub.selecting.problem import Pin, Problem, checked
from eventhub.selecting.relaxing import Asked, contradictions, least_easing
from eventhub.selecting.selection import SECONDS, Places, finish
from eventhub.selecting.slate import Impossible, Seat, Slate

GONE, ACCEPTED = "gone", "accepted"
"""The reasons of the pins that this module sets."""


@dataclass(frozen=True)
class Change:
    """The new slate beside the former one. ``leaves`` are dropped though they are not gone; ``other_way`` stay and
    are funded in another way than they were told."""

    slate: Slate
    stays: tuple[str, ...]
    leaves: tuple[str, ...]
    joins: tuple[str, ...]
    other_way: tuple[str, ...]


def resolve(
    problem: Problem,
    former: Iterable[Seat],
    *,
    accepted: Collection[str] = (),
    gone: Collection[str] = (),
    seconds: float = SECONDS,
) -> Change | Impossible:
    """The slate that changes the least. ``problem`` bears the money and the costs of now. Raises NotAProblem.

    ``accepted`` and ``gone`` are ids; somebody who is both is gone. Of the former seats only those of candidates count.
    """
    clock, told = Clock.of(seconds), {seat.candidate: seat.variant for seat in former}
    now = _pinned(problem, told, frozenset(accepted), frozenset(gone))
    places = now.size()
    facts = contradictions(replace(now, places=max(places, len(now.pinned(must=True)))))
    if facts:
        return Impossible(facts)
    room = board(now)
    stay = frozenset(told) & {one.id for one in now.candidates} - now.pinned(must=False)
    inside = np.array([one in stay for one, _variant in room.names], dtype=np.int64)
    every, columns = np.ones(len(room.who), np.int64), np.arange(len(room.who))
    made, _ = program(room, places, None)
    most = max(places, len(stay), len(now.pinned(must=True)))
    made.add("", columns, 1, most=most)
    kept = decide(made, inside, clock)
    if kept is None:
        late = Impossible(("time",), proven=False)
        return late if clock.over else least_easing(room, Asked(places, most=most), clock)
    made.add("", columns, 1, most=max(places, kept.value, len(now.pinned(must=True))))
    filled = decide(made, every, clock) or kept
    size = int(filled.at.sum())
    made, _ = program(room, places, size)
    made.add("", columns, inside, least=kept.value)
    found = decide(made, room.points, clock)
    if found is None:
        return Impossible(("time",), proven=False)
    at = draw(room, made, found.at, clock) if found.proven else found.at
    slate = finish(room, places, Places(made, found, size), at, clock, frozenset(told.items()))
    slate = replace(slate, proven=slate.proven and kept.proven and filled.proven)
    return _change(slate, told, stay)


def _pinned(problem: Problem, told: dict[str, str], accepted: frozenset[str], gone: frozenset[str]) -> Problem:
    known = {one.id: one for one in problem.candidates}
    pins = [pin for pin in problem.pins if not (pin.must and pin.candidate in gone)]
    pins += [Pin(one, False, GONE) for one in sorted(gone & known.keys())]
    for one in sorted((accepted & known.keys()) - gone):
        pins.append(Pin(one, True, ACCEPTED, told.get(one)))
    return checked(replace(problem, pins=tuple(pins)))


def _change(slate: Slate, told: dict[str, str], stay: frozenset[str]) -> Change:
    now = {seat.candidate: seat.variant for seat in slate.seats}
    return Change(
        slate,
        stays=tuple(sorted(stay & now.keys())),
        leaves=tuple(sorted(stay - now.keys())),
        joins=tuple(sorted(now.keys() - told.keys())),
        other_way=tuple(sorted(one for one in stay & now.keys() if now[one] != told[one])),
    )
