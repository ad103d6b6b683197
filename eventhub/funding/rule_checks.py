"""What is wrong with rules that hold by themselves: quotas nobody could fill, money that pays for nobody, empty lists.

Pure: rules in, problems out. Each problem names the page of the console where it is put right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from eventhub.funding.costs import Journey, estimate, total
from eventhub.funding.rules import AGE_CELLS, Balance, Bound, Costs, Dimension, Rules, Unit, no_words
from eventhub.kit import codes
from eventhub.kit.i18n import LANGUAGES

SHARED = frozenset({Dimension.REGION, Dimension.GENDER, Dimension.AGE, Dimension.FIRST_TIME, Dimension.COUNTRY})
"""Of these a person is in one cell at the most, so that the least of all cells add up."""


VOCABULARIES = {
    Dimension.REGION: "forum_region",
    Dimension.GENDER: "gender",
    Dimension.MINORITY: "minority_basis",
}
"""Dimensions whose groups are a code list."""
NO_CELL = frozenset({"prefer_not_to_say", "self_described"})
"""Codes that put nobody into a group."""


class Problem(StrEnum):
    """What can be wrong."""

    NO_GUIDE = "no_guide"
    NO_WORDS = "no_words"
    NO_MONEY = "no_money"
    NO_LINES = "no_lines"
    NOTHING_PAID = "nothing_paid"
    TOO_DEAR = "too_dear"
    MORE_THAN_PLACES = "more_than_places"
    LEAST_ABOVE_MOST = "least_above_most"
    LEAST_TOGETHER = "least_together"
    NEVER_NONE = "never_none"
    NO_SUCH_CELL = "no_such_cell"


@dataclass(frozen=True)
class Finding:
    """A problem, the part of the rules it is in, and the id of the one thing it is about."""

    problem: Problem
    part: str
    item: str = ""


def findings(rules: Rules, original: str) -> list[Finding]:
    """All that keeps a call from opening, in the order of the console's pages."""
    found = [] if rules.guide else [Finding(Problem.NO_GUIDE, "guide")]
    found += [Finding(Problem.NO_WORDS, _part_of(place), place) for place in no_words(rules, original)]
    found += _money(rules)
    return found + balance_findings(rules.balance, rules.places)


def balance_findings(balance: Sequence[Balance], places: int | None) -> list[Finding]:
    """Rules of balance that can never be met together, each at the rule that breaks it.

    ``places``: how many are chosen; None where only the money limits them, and people are not compared with shares.
    """
    found = []
    for one in balance:
        if one.bound is Bound.LEAST and one.unit is Unit.PEOPLE and places is not None and one.value > places:
            found.append(Finding(Problem.MORE_THAN_PLACES, "balance", one.id))
        if not is_cell(one.dimension, one.cell):
            found.append(Finding(Problem.NO_SUCH_CELL, "balance", one.id))
        if one.bound is Bound.MOST and one.value == 0:
            found.append(Finding(Problem.NEVER_NONE, "balance", one.id))
    by_cell = sorted(balance, key=lambda one: one.key)
    for _key, group in groupby(by_cell, key=lambda one: one.key):
        found += _crossed(list(group), places)
    for dimension in SHARED:
        least = [one for one in balance if one.dimension is dimension and one.bound is Bound.LEAST]
        if _together(least, places):
            found.append(Finding(Problem.LEAST_TOGETHER, "balance", least[-1].id))
    return found


def is_cell(dimension: Dimension, cell: str) -> bool:
    """Whether anybody could ever stand in a cell: the words of rules are those that answers are counted by."""
    if dimension is Dimension.COUNTRY:
        return codes.is_country(cell)
    return cell in cells_of(dimension)


def cells_of(dimension: Dimension) -> tuple[str, ...]:
    """The groups of a dimension, in the order of their list; of countries none, since each is one."""
    if dimension in VOCABULARIES:
        return tuple(one for one in codes.codes(VOCABULARIES[dimension]) if one not in NO_CELL)
    known = {Dimension.AGE: AGE_CELLS, Dimension.LANGUAGE: LANGUAGES, Dimension.COUNTRY: ()}
    return known.get(dimension, ("yes", "no"))


def usual_cost(costs: Costs) -> int:
    """What a journey of the usual fare costs without special needs, in minor units: the same lines that are paid."""
    usual = costs.usual_fare or _middle(one.amount for one in costs.fares)
    basis = costs.model_copy(update={"usual_fare": usual})
    return total(estimate(basis, Journey(None, costs.dsa_days)))


def _money(rules: Rules) -> list[Finding]:
    found = []
    if rules.budget == 0:
        found.append(Finding(Problem.NO_MONEY, "money"))
    if not rules.costs.lines:
        found.append(Finding(Problem.NO_LINES, "money"))
    cost = usual_cost(rules.costs)
    most = rules.costs.access_most + rules.costs.companion_most
    if rules.costs.lines and not cost and not most:
        found.append(Finding(Problem.NOTHING_PAID, "money"))
    if 0 < rules.budget < cost:
        found.append(Finding(Problem.TOO_DEAR, "money"))
    return found


def _crossed(group: list[Balance], places: int | None) -> list[Finding]:
    """Within one cell: the least of it is more than the most of it."""
    least = [one for one in group if one.bound is Bound.LEAST]
    most = [one for one in group if one.bound is Bound.MOST]
    return [
        Finding(Problem.LEAST_ABOVE_MOST, "balance", low.id)
        for low in least
        if any(_above(low, high, places) for high in most)
    ]


def _above(low: Balance, high: Balance, places: int | None) -> bool:
    if low.unit is high.unit:
        return low.value > high.value
    if places is None:
        return False
    return _people(low, places) > _people(high, places)


def _together(least: list[Balance], places: int | None) -> bool:
    if len({one.key for one in least}) < 2:
        return False
    if all(one.unit is Unit.PERCENT for one in least):
        return sum(one.value for one in least) > 100
    return places is not None and sum(_people(one, places) for one in least) > places


def _people(one: Balance, places: int) -> float:
    return one.value if one.unit is Unit.PEOPLE else one.value * places / 100


def _middle(amounts: Iterable[int]) -> int:
    ordered = sorted(amounts)
    return ordered[len(ordered) // 2] if ordered else 0


def _part_of(place: str) -> str:
    return {"guide": "guide", "rubric": "rubric", "envelopes": "money"}[place.partition(".")[0]]
