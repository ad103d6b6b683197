"""What the board chooses from, and under which rules: plain data, exact integers.

Points are floats from 0 to 100 and are counted in thousandths; money is an integer number of minor units of one
currency; shares are basis points (4000 is 40 %). Ids are plain strings. Source: FUNDING.md, "Selecting".
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from statistics import median_low
from typing import Any

WHOLE = 10_000
"""Basis points of the whole."""
ORGANISATION = "organisation"
"""What a cap is per, when it is not the beginning of a cell."""
MOST_PURSES = 20
PLACES, BUDGET = "places", "budget"
"""What binds beside the rules; no rule may bear these names."""


class NotAProblem(ValueError):
    """The data contradict themselves. The message is one of a few fixed words and names no person."""


@dataclass(frozen=True)
class Variant:
    """A way of funding that the applicant accepted: full, partial, or coming anyway, which costs 0."""

    id: str
    cost: int


@dataclass(frozen=True)
class Candidate:
    """An application that may be chosen.

    ``score`` is what the selection maximises: calibrated points, made equal inside the band of a tie (ties.levelled).
    ``rank_score`` orders the list on which the line at rank 3K is drawn; where it is absent, ``score`` does.
    ``variants`` stand in the applicant's own order; the first is what was asked for. ``cells`` are keys like
    ``gender:woman``; somebody who does not disclose stands in none. ``organisations`` are all that the person counts
    under.
    """

    id: str
    score: float
    variants: tuple[Variant, ...]
    rank_score: float | None = None
    organisations: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """The score in thousandths of a point."""
        return round(self.score * 1000)

    @property
    def rank_points(self) -> int:
        """The rank score in thousandths of a point."""
        return self.points if self.rank_score is None else round(self.rank_score * 1000)

    @property
    def cheapest(self) -> int:
        """The least that this person costs, in minor units."""
        return min(variant.cost for variant in self.variants)


@dataclass(frozen=True)
class Pin:
    """The board says that somebody must (or must not) be chosen; why is kept elsewhere, under ``reason``."""

    candidate: str
    must: bool
    reason: str
    variant: str | None = None
    """The only way of funding that is still open, as for somebody who accepted an offer."""


@dataclass(frozen=True)
class Rule:
    """So many of the chosen stand in one of these cells, at least or at most; each person counts once.

    Shares are of the places K, and of all chosen once people beyond K join. Each becomes a whole number of people in
    favour of what the rule is for: the least is rounded up, the most is rounded down. Where fewer than K can be chosen
    the least stays that of K, and the most is of the people chosen.
    """

    id: str
    cells: tuple[str, ...]
    min_count: int | None = None
    max_count: int | None = None
    min_share: int | None = None
    max_share: int | None = None

    def least(self, people: int) -> int:
        """How many it asks for among so many people."""
        return max(self.min_count or 0, -(-(self.min_share or 0) * people // WHOLE))

    def most(self, people: int) -> int | None:
        """How many it allows among so many people; None: any number."""
        share = None if self.max_share is None else self.max_share * people // WHOLE
        return min((one for one in (share, self.max_count) if one is not None), default=None)


@dataclass(frozen=True)
class Cap:
    """At most so many of each organisation, or of each cell whose key begins with ``per`` and a colon.

    ``exceptions`` name the groups that may be larger, and how large.
    """

    id: str
    most: int
    per: str = ORGANISATION
    exceptions: tuple[tuple[str, int], ...] = ()

    def groups(self, candidate: Candidate) -> tuple[str, ...]:
        """The groups in which a person counts."""
        if self.per == ORGANISATION:
            return candidate.organisations
        return tuple(cell for cell in candidate.cells if cell.startswith(f"{self.per}:"))

    def limit(self, group: str) -> int:
        """How many of this group."""
        return dict(self.exceptions).get(group, self.most)


@dataclass(frozen=True)
class Purse:
    """An envelope of the budget: ``amount`` in minor units, only for people of one of ``cells``, or for everybody."""

    id: str
    amount: int
    cells: tuple[str, ...] = ()

    def pays(self, candidate: Candidate) -> bool:
        """Whether somebody may be paid from it."""
        return not self.cells or not set(self.cells).isdisjoint(candidate.cells)


@dataclass(frozen=True)
class Bound:
    """These people together cost ``amount`` minor units at the most: no envelope but certain ones pays for them."""

    people: frozenset[str]
    amount: int


@dataclass(frozen=True)
class Problem:
    """Everything that decides a slate.

    ``places`` is K (None: what the budget pays at the median cost). ``budget`` in minor units (None: no bound, then
    ``places`` must be said). ``lottery`` is the committed order that decides among equals; whoever is missing in it
    comes after all others, by id. ``beyond``: what is left may bring people beyond K. ``purses``: the envelopes, where
    some are not for everybody; what several of them pay for one person is one sum.
    """

    candidates: tuple[Candidate, ...]
    budget: int | None = None
    places: int | None = None
    rules: tuple[Rule, ...] = ()
    caps: tuple[Cap, ...] = ()
    pins: tuple[Pin, ...] = ()
    lottery: tuple[str, ...] = ()
    beyond: bool = True
    purses: tuple[Purse, ...] = ()

    def ordered(self) -> "Problem":
        """The same problem in the one order in which it is solved and hashed."""
        candidates = [
            Candidate(
                one.id,
                one.score,
                one.variants,
                one.rank_score,
                tuple(sorted(set(one.organisations))),
                tuple(sorted(set(one.cells))),
            )
            for one in sorted(self.candidates, key=lambda one: one.id)
        ]
        rules = [
            Rule(one.id, tuple(sorted(set(one.cells))), one.min_count, one.max_count, one.min_share, one.max_share)
            for one in sorted(self.rules, key=lambda one: one.id)
        ]
        caps = [
            Cap(one.id, one.most, one.per, tuple(sorted(one.exceptions)))
            for one in sorted(self.caps, key=lambda one: one.id)
        ]
        pins = sorted(self.pins, key=lambda one: (one.candidate, one.must, one.reason, one.variant or ""))
        return Problem(
            tuple(candidates),
            self.budget,
            self.places,
            tuple(rules),
            tuple(caps),
            tuple(pins),
            self.lottery,
            self.beyond,
            tuple(
                Purse(one.id, one.amount, tuple(sorted(set(one.cells))))
                for one in sorted(self.purses, key=lambda one: one.id)
            ),
        )

    def bounds(self) -> tuple[Bound, ...]:
        """What the envelopes allow, in a fixed order: for each set of envelopes that is all that some people have, the
        costs of whoever has no other are within it (Gale and Hoffman's condition of a flow).
        """
        if not self.purses:
            return ()
        open_to = {one.id: frozenset(purse.id for purse in self.purses if purse.pays(one)) for one in self.candidates}
        unions: set[frozenset[str]] = set()
        for key in sorted(set(open_to.values()), key=sorted):
            unions |= {key | one for one in unions} | {key}
        amounts = {one.id: one.amount for one in self.purses}
        return tuple(
            Bound(
                frozenset(one for one, key in open_to.items() if key <= union), sum(amounts[purse] for purse in union)
            )
            for union in sorted(unions, key=sorted)
        )

    def turns(self) -> dict[str, int]:
        """The place of everybody in the order that decides among equals."""
        known = {one.id for one in self.candidates}
        drawn = list(dict.fromkeys(one for one in self.lottery if one in known))
        rest = sorted(known.difference(drawn))
        return {one: turn for turn, one in enumerate([*drawn, *rest])}

    def pinned(self, *, must: bool) -> frozenset[str]:
        """Who must (or must not) be chosen."""
        return frozenset(pin.candidate for pin in self.pins if pin.must is must)

    def open_variants(self, candidate: Candidate) -> tuple[Variant, ...]:
        """The ways of funding that the pins leave to somebody."""
        only = {pin.variant for pin in self.pins if pin.candidate == candidate.id and pin.must and pin.variant}
        return tuple(one for one in candidate.variants if not only or only == {one.id})

    def ways(self) -> dict[str, tuple[Variant, ...]]:
        """The open variants of everybody."""
        told = {pin.candidate for pin in self.pins if pin.must and pin.variant}
        return {one.id: self.open_variants(one) if one.id in told else one.variants for one in self.candidates}

    def size(self) -> int:
        """K: the places asked for, or what the budget pays at the median of the first variants' costs.

        Never more than there are people, nor fewer than must be chosen when nobody said a number.
        """
        out = self.pinned(must=False)
        free = [one for one in self.candidates if one.id not in out]
        if self.places is not None:
            return min(self.places, len(free))
        if not free or self.budget is None:
            return 0
        middle = median_low(one.variants[0].cost for one in free)
        paid = self.budget // middle if middle else len(free)
        return min(len(free), max(paid, len(self.pinned(must=True))))


def checked(problem: Problem) -> Problem:
    """The problem in its order. Raises NotAProblem for data that mean nothing; pins that contradict are answered
    later."""
    ids = [one.id for one in problem.candidates]
    if len(set(ids)) != len(ids):
        raise NotAProblem("two candidates with one id")
    if problem.budget is None and problem.places is None:
        raise NotAProblem("neither budget nor places")
    if any(number is not None and number < 0 for number in (problem.budget, problem.places)):
        raise NotAProblem("negative budget or places")
    _check_candidates(problem.candidates)
    _check_purses(problem.purses)
    names = [rule.id for rule in problem.rules] + [cap.id for cap in problem.caps]
    if len(set(names)) != len(names) or {PLACES, BUDGET}.intersection(names):
        raise NotAProblem("names of rules")
    numbers = [number for rule in problem.rules for number in (rule.min_count, rule.max_count)]
    shares = [share for rule in problem.rules for share in (rule.min_share, rule.max_share)]
    if any(number is not None and number < 0 for number in (*numbers, *(cap.most for cap in problem.caps))):
        raise NotAProblem("negative number in a rule")
    if any(share is not None and not 0 <= share <= WHOLE for share in shares):
        raise NotAProblem("share outside 0 to 100 %")
    variants = {one.id: {variant.id for variant in one.variants} for one in problem.candidates}
    for pin in problem.pins:
        if pin.candidate not in variants or (pin.variant and pin.variant not in variants[pin.candidate]):
            raise NotAProblem("pin of nobody")
    return problem.ordered()


def _check_candidates(candidates: Iterable[Candidate]) -> None:
    for one in candidates:
        if not one.variants or len({variant.id for variant in one.variants}) != len(one.variants):
            raise NotAProblem("variants of a candidate")
        if any(variant.cost < 0 for variant in one.variants):
            raise NotAProblem("negative cost")
        scores = (one.score, one.score if one.rank_score is None else one.rank_score)
        if not all(isfinite(score) and 0 <= score <= 100 for score in scores):
            raise NotAProblem("score outside 0 to 100")


def _check_purses(purses: Iterable[Purse]) -> None:
    known = [one.id for one in purses]
    if len(set(known)) != len(known) or len(known) > MOST_PURSES:
        raise NotAProblem("envelopes")
    if any(one.amount < 0 for one in purses):
        raise NotAProblem("negative envelope")


def as_data(problem: Problem) -> dict[str, Any]:
    """The problem as plain data for JSON. Without envelopes it is what it was before there were any."""
    data = asdict(problem)
    if not problem.purses:
        del data["purses"]
    return data


def from_data(data: Mapping[str, Any]) -> Problem:
    """The problem out of plain data. Raises NotAProblem, also where a part is missing."""
    try:
        return Problem(
            candidates=tuple(
                Candidate(
                    id=one["id"],
                    score=one["score"],
                    variants=tuple(Variant(variant["id"], variant["cost"]) for variant in one["variants"]),
                    rank_score=one.get("rank_score"),
                    organisations=tuple(one.get("organisations", ())),
                    cells=tuple(one.get("cells", ())),
                )
                for one in data["candidates"]
            ),
            budget=data.get("budget"),
            places=data.get("places"),
            rules=tuple(Rule(**{**one, "cells": tuple(one["cells"])}) for one in data.get("rules", ())),
            caps=tuple(
                Cap(**{**one, "exceptions": tuple((group, most) for group, most in one.get("exceptions", ()))})
                for one in data.get("caps", ())
            ),
            pins=tuple(Pin(**one) for one in data.get("pins", ())),
            lottery=tuple(data.get("lottery", ())),
            beyond=data.get("beyond", True),
            purses=tuple(Purse(**{**one, "cells": tuple(one["cells"])}) for one in data.get("purses", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAProblem("not the data of a problem") from None
