"""A solver that knows every total recovers no small cell: not from one stage, not from two, not over two days."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from eventhub.awards import dashboard_counts
from eventhub.awards.dashboard_counts import Stage
from eventhub.awards.dashboard_hiding import Chance, Column, apart, leaves_room, publish, ranges, read
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.awards_numbers import apply, come_home, give, make_history

World = tuple[int, ...]
View = tuple[int | None, ...] | None
NAMES = "abcd"


def worlds(total: int, cells: int) -> Iterator[World]:
    """All ways in which so many people may stand in so many cells."""
    for cut in itertools.combinations(range(total + cells - 1), cells - 1):
        ends = (-1, *cut, total + cells - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(ends))


def named(world: World) -> dict[str, int]:
    return dict(zip(NAMES, world, strict=False))


def view(column: Column | None) -> View:
    return None if column is None else tuple(column.told.values())


def chances(cells: int) -> Iterator[Chance]:
    for order in itertools.permutations(NAMES[:cells]):
        yield from (Chance(order, needless) for needless in range(cells + 1))


@cache
def firsts(world: World, stage: int) -> dict[View, Column | None]:
    """What may be published of a world, whatever chance draws."""
    drawn = (publish([], stage, 1, named(world), one) for one in chances(len(world)))
    return {view(column): column for column in drawn}


def seconds(first: Column | None, world: World, stage: int, day: int, known: dict[object, set[View]]) -> set[View]:
    key = (view(first), first.total if first else 0, world)
    if key not in known:
        before = [first] if first else []
        known[key] = {view(publish(before, stage, day, named(world), one)) for one in chances(len(world))}
    return known[key]


def assert_nothing_recovered(
    totals: tuple[int, int], cells: int, stages: tuple[int, int], *, larger_first: bool
) -> None:
    """Everything that may give the same two tables is one to the reader: each hidden cell could be several numbers."""
    behind: dict[tuple[View, View], list[set[int]]] = defaultdict(lambda: [set() for _ in range(2 * cells)])
    known: dict[object, set[View]] = {}
    for outer in worlds(totals[0], cells):
        for inner in worlds(totals[1], cells):
            if any(b > a for a, b in zip(outer, inner, strict=True)):
                continue
            one, other = (outer, inner) if larger_first else (inner, outer)
            may = apart({"x": named(other)}, {"x": named(one)})
            for told, column in firsts(one, stages[0]).items():
                for then in seconds(column, other, stages[1], 1 if larger_first else 2, known) if may else {None}:
                    for place, number in enumerate((*one, *other)):
                        behind[told, then][place].add(number)
    assert behind
    for (told, then), possible in behind.items():
        for table, numbers in ((told, possible[:cells]), (then, possible[cells:])):
            for shown, each in zip(table or (), numbers, strict=False):
                assert shown is None or min(each) >= shown >= 5
                assert shown is not None or len(each) > 1, (told, then, possible)


@pytest.mark.parametrize("totals", [(12, 7), (16, 10), (20, 13), (21, 15), (22, 17)])
def test_two_stages_give_no_hidden_cell_away(totals: tuple[int, int]) -> None:
    """16 and 10 were recovered when each table was hidden by itself."""
    assert_nothing_recovered(totals, 3, (0, 2), larger_first=True)


@pytest.mark.parametrize("totals", [(12, 7), (16, 10), (21, 15)])
def test_two_days_give_no_hidden_cell_away(totals: tuple[int, int]) -> None:
    assert_nothing_recovered(totals, 3, (0, 0), larger_first=False)


def test_fewer_than_five_people_between_two_tables_are_not_told_of() -> None:
    assert apart({"x": {"a": 9, "b": 9}}, {"x": {"a": 9, "b": 9}})
    assert not apart({"x": {"a": 9, "b": 9}}, {"x": {"a": 10, "b": 12}})
    assert apart({"x": {"a": 9, "b": 9}}, {"x": {"a": 9, "b": 14}})
    assert not apart({"x": {"a": 9}, "y": {"a": 3}}, {"x": {"a": 14}, "y": {"a": 4}})


def test_a_column_stands_for_the_next_stage_less_those_who_are_missing() -> None:
    columns = [Column(0, 1, 30, {"a": 20, "b": None}), Column(2, 1, 12, {"a": 5, "b": 5})]
    assert read(columns, [30, 28, 14, 11]) == [
        {"a": 20, "b": None},
        {"a": 18, "b": None},
        {"a": 5, "b": 5},
        {"a": None, "b": None},
    ]


def test_a_bound_that_many_who_are_missing_made_is_no_number() -> None:
    columns = [Column(0, 1, 120, {"a": 60, "b": 50})]
    assert read(columns, [120, 68]) == [{"a": 60, "b": 50}, {}]
    assert read(columns, [120, 116]) == [{"a": 60, "b": 50}, {"a": 56, "b": 46}]


def solved(columns: list[Column]) -> list[dict[str, tuple[int, int]]]:
    """The least and the most that each cell can be, by a solver that knows all columns, days and totals."""
    places = {
        (at, code): number
        for number, (at, code) in enumerate((at, code) for at, one in enumerate(columns) for code in one.told)
    }
    low = [columns[at].told[code] or 0 for at, code in places]
    high = [
        columns[at].total if columns[at].told[code] is None else (columns[at].told[code] or 0) + 4
        for at, code in places
    ]
    rows, least, most = [], [], []
    for at, column in enumerate(columns):
        rows.append([float(key[0] == at) for key in places])
        least.append(column.total)
        most.append(column.total)
    for (at, one), (of, other) in itertools.permutations(enumerate(columns), 2):
        if one.stage >= other.stage and one.day <= other.day:
            for code in one.told:
                row = [0.0] * len(places)
                row[places[of, code]], row[places[at, code]] = 1.0, -1.0
                rows.append(row)
                least.append(0)
                most.append(10**6)
    found: list[dict[str, tuple[int, int]]] = [{} for _ in columns]
    for (at, code), place in places.items():
        ends = []
        for sign in (1, -1):
            cost = [0] * len(places)
            cost[place] = sign
            answer = milp(
                cost,
                constraints=LinearConstraint(rows, least, most),
                bounds=Bounds(low, high),
                integrality=[1] * len(places),
            )
            assert answer.success
            ends.append(round(sign * answer.fun))
        found[at][code] = (ends[0], ends[1])
    return found


def test_a_solver_over_all_stages_and_days_recovers_no_cell(database: None) -> None:
    """The whole way from rows to tables: four stages, and again after more people came."""
    fund = make_history()
    dashboard_counts.freeze(now())
    apply(fund, range(7), State.INELIGIBLE)
    come_home(fund, give(fund, range(7, 19)))
    dashboard_counts.freeze(now() + timedelta(days=1))
    family = db.session.get_one(FrozenBalance, fund.call.id).numbers["people"]
    assert family["totals"] == [67, 42, 30, 24]
    hidden = 0
    for name in family["columns"]:
        columns = dashboard_counts.columns_of(family, name)
        assert {one.stage for one in columns} <= set(Stage)
        if not columns:
            continue
        assert leaves_room(columns)
        by_hand = ranges(columns)
        assert by_hand is not None
        for column, bounds, guessed in zip(columns, solved(columns), by_hand, strict=True):
            for code, (least, most) in bounds.items():
                assert guessed[code][0] <= least <= most <= guessed[code][1]
                if column.told[code] is None:
                    hidden += 1
                    assert most - least >= 4, (name, code, columns)
    assert hidden
