"""Which reviewer reads which file: a linear assignment that holds every rule or says why none can.

Files ask for readings and reviewers have room for them; who reads a file from the applicant's own region is a part of
who reads it. Rules of this shape make a network, so the linear programme's corner is whole numbers by itself
(Ahuja, Magnanti and Orlin, Network Flows, 1993, ch. 9 and 11). Conflicts, a reviewer's most, and languages where the
call says so are never broken; the wishes have prices (see WEIGHTS). If no assignment exists, the smallest cut of the
network names the cause.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow, minimum_spanning_tree

from eventhub.reviewing.terms import Assigned, Crowded, Held, Pair, Panel, Refused, TooFew

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

OUTSIDER = 1000.0
"""A file that nobody from another region reads. Calibration without such readers harms (see calibration.py)."""
LEAST = 200.0
"""A reading that a reviewer lacks to the least that was promised."""
LANGUAGE = 100.0
"""A pair without a common language, where that is allowed."""
UNEVEN = 5.0
"""Each further step of a reviewer's load away from an equal share; the steps are STEPS."""
EXPERTISE = 10.0
"""A pair of affinity 1 is cheaper by so much than one of 0."""
LOTTERY = 0.1
"""Below every wish: what the seed adds, so that equals are mixed and there is one best answer."""
MOVED = 10_000.0
"""Above every wish: a pair that was held and is given up."""
STEPS = (0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2.0)
"""Shares of an equal load at which one more reading costs more."""
BLOCK = 256
"""Pairs compared at once when groups are joined."""


@dataclass(frozen=True)
class _Table:
    """The panel as arrays: files down, reviewers across, both in the order of their ids."""

    files: list[str]
    reviewers: list[str]
    needs: Whole
    most: Whole
    least: Whole
    away: Flags
    conflict: Flags
    """The pair is a conflict."""
    foreign: Flags
    """The pair has no language in common."""
    shut: Flags
    """The pair may not be: conflict, language where that is hard, reviewer away."""
    wishes: Flags
    """The file's region is known, so a reader from another is wished for."""
    outside: Flags
    """The reviewer is known to be of another region than the file."""
    price: Real


@dataclass(frozen=True)
class _Gap:
    """What is still to be given, beside ``kept`` pairs that stay."""

    kept: Flags
    open: Flags
    needs: Whole
    room: Whole


def assign(panel: Panel) -> Assigned | Refused:
    """Give every file its readers, all files at once.

    Raises ValueError for a panel that contradicts itself (an id twice, a number below zero).
    """
    table = _table(panel)
    gap = _gap(table, np.zeros_like(table.shut))
    given = _solve(table, gap, table.price)
    if given is None:
        return _refusal(table, gap)
    return _answer(table, _joined(table, given), ())


def reassign(panel: Panel, held: Sequence[Held]) -> Assigned | Refused:
    """Mend what a change broke: somebody left, a recusal, a file that needs one more reader, a new file.

    ``panel`` is as it shall be now, ``held`` what was. Only what is missing is given; a pair that was held and not
    begun moves only where there is no other way, as few as possible. Raises ValueError as ``assign`` does, and for a
    pair held twice or by somebody whom the panel does not know.
    """
    table = _table(panel)
    stays, begun = _held(table, held)
    if not (stays.sum(0) > np.maximum(table.most, begun.sum(0))).any():
        gap = _gap(table, stays)
        given = _solve(table, gap, table.price)
        if given is not None:
            return _answer(table, given, held)
    gap = _gap(table, begun)
    given = _solve(table, gap, table.price - MOVED * (stays & ~begun))
    if given is None:
        return _refusal(table, gap)
    return _answer(table, given, held)


def _table(panel: Panel) -> _Table:
    files, reviewers = sorted(panel.files, key=lambda one: one.id), sorted(panel.reviewers, key=lambda one: one.id)
    rows, columns = [one.id for one in files], [one.id for one in reviewers]
    if len(set(rows)) < len(rows) or len(set(columns)) < len(columns):
        raise ValueError("an id stands twice")
    if any(one.needs < 0 for one in files) or any(min(one.most, one.least) < 0 for one in reviewers):
        raise ValueError("a number below zero")
    row, column = _places(rows), _places(columns)
    conflict = np.zeros((len(rows), len(columns)), bool)
    for at, file in enumerate(files):
        conflict[at, [column[one] for one in file.conflicts if one in column]] = True
    speaks_nothing = np.array([not one.languages for one in files], bool)[:, None]
    foreign = ~speaks_nothing & ~_common([one.languages for one in files], [one.languages for one in reviewers])
    home = [frozenset({one.region}) for one in files], [frozenset({one.region}) for one in reviewers]
    known = np.array([one.region is not None for one in files], bool)
    outside = ~_common(*home) & known[:, None] & np.array([one.region is not None for one in reviewers], bool)
    price = LOTTERY * _lots(panel.seed, rows, columns) + LANGUAGE * foreign
    for one in panel.affinities:
        if not 0 <= one.value <= 1:
            raise ValueError("an affinity outside 0 to 1")
        if one.file in row and one.reviewer in column:
            price[row[one.file], column[one.reviewer]] -= EXPERTISE * one.value
    away = np.array([one.away for one in reviewers], bool)
    return _Table(
        rows,
        columns,
        np.array([one.needs for one in files], np.int64),
        np.array([one.most for one in reviewers], np.int64),
        np.array([min(one.least, one.most) for one in reviewers], np.int64),
        away,
        conflict,
        foreign,
        conflict | away | (foreign & panel.languages_hard),
        known,
        outside,
        price,
    )


def _common(left: Sequence[frozenset[str | None]], right: Sequence[frozenset[str | None]]) -> Flags:
    """Which sets on the left share a member with which on the right."""
    place = _places(sorted(one for one in frozenset[str | None]().union(*left, *right) if one is not None))
    marks = [np.zeros((len(side), len(place)), np.float32) for side in (left, right)]
    for side, mark in zip((left, right), marks, strict=True):
        for at, members in enumerate(side):
            mark[at, [place[one] for one in members if one is not None]] = 1
    return np.asarray(marks[0] @ marks[1].T > 0)


def _places(ids: Iterable[str]) -> dict[str, int]:
    return {one: place for place, one in enumerate(ids)}


def _lots(seed: str, rows: Sequence[str], columns: Sequence[str]) -> Real:
    """Numbers in 0 to 1 that depend on the seed and the two ids alone (mixed as in splitmix64, Steele 2014)."""
    across = _digests(f"{seed}/reviewer/", columns)[None, :]
    mixed = _digests(f"{seed}/file/", rows)[:, None] ^ across
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)


def _digests(before: str, ids: Iterable[str]) -> npt.NDArray[np.uint64]:
    digests = [hashlib.blake2b(f"{before}{one}".encode(), digest_size=8).digest() for one in ids]
    return np.array([int.from_bytes(one) for one in digests], np.uint64)


def _held(table: _Table, held: Sequence[Held]) -> tuple[Flags, Flags]:
    """Which held pairs may stay as they are, and which of them must."""
    row, column = _places(table.files), _places(table.reviewers)
    stays, begun = np.zeros_like(table.shut), np.zeros_like(table.shut)
    seen: set[tuple[str, str]] = set()
    for one in held:
        if (one.file, one.reviewer) in seen or one.reviewer not in column:
            raise ValueError("a pair is held twice, or by nobody")
        seen.add((one.file, one.reviewer))
        if one.file not in row:
            continue
        at = row[one.file], column[one.reviewer]
        begun[at] = one.begun and not table.conflict[at]
        stays[at] = begun[at] or not table.shut[at]
    return stays, begun


def _gap(table: _Table, kept: Flags) -> _Gap:
    return _Gap(
        kept,
        ~table.shut & ~kept,
        np.maximum(table.needs - kept.sum(1), 0),
        np.where(table.away, 0, np.maximum(table.most - kept.sum(0), 0)),
    )


def _solve(table: _Table, gap: _Gap, price: Real) -> Flags | None:
    """The cheapest way to fill the gap, with what is kept; None if there is none.

    Of the files only those that need something are looked at. Unknowns: the pairs, then one per file that wishes for
    an outsider (1 where it gets none), then the steps of each reviewer's load.
    """
    wanting = np.flatnonzero(gap.needs)
    if not len(wanting):
        return gap.kept
    if not len(table.reviewers):
        return None
    at_file, at_reviewer = np.nonzero(gap.open[wanting])
    file = wanting[at_file]
    pairs, reviewers = len(file), len(table.reviewers)
    wishing = np.flatnonzero(table.wishes[wanting] & ~(gap.kept & table.outside)[wanting].any(1))
    wish = np.full(len(wanting), -1)
    wish[wishing] = np.arange(len(wishing))
    inside = np.flatnonzero(~table.outside[file, at_reviewer] & (wish[at_file] >= 0))
    width, cost = _steps(table, gap)
    steps = width.shape[1]
    loads = pairs + len(wishing) + np.arange(reviewers * steps)
    total = pairs + len(wishing) + reviewers * steps
    equal = csr_array(
        (
            np.r_[np.ones(2 * pairs), -np.ones(len(loads))],
            (
                np.r_[at_file, len(wanting) + at_reviewer, len(wanting) + np.repeat(np.arange(reviewers), steps)],
                np.r_[np.arange(pairs), np.arange(pairs), loads],
            ),
        ),
        shape=(len(wanting) + reviewers, total),
    )
    below = csr_array(
        (
            np.r_[np.ones(len(inside)), -np.ones(len(wishing))],
            (np.r_[wish[at_file[inside]], np.arange(len(wishing))], np.r_[inside, pairs + np.arange(len(wishing))]),
        ),
        shape=(len(wishing), total),
    )
    found = linprog(
        np.r_[price[file, at_reviewer], np.full(len(wishing), OUTSIDER), cost.ravel()],
        A_ub=below if len(wishing) else None,
        b_ub=gap.needs[wanting][wishing] - 1.0 if len(wishing) else None,
        A_eq=equal,
        b_eq=np.r_[gap.needs[wanting], np.zeros(reviewers)].astype(float),
        bounds=np.c_[np.zeros(total), np.r_[np.ones(pairs + len(wishing)), width.ravel()]],
        # The dual simplex ends in a corner of the programme; an interior point would not be whole.
        method="highs-ds",
    )
    if found.status == 2:
        return None
    if found.status != 0:
        raise RuntimeError("the linear programme ended without an answer")
    chosen = found.x[:pairs] > 0.5
    given = gap.kept.copy()
    given[file[chosen], at_reviewer[chosen]] = True
    new = given & ~gap.kept
    if (new.sum(1) != gap.needs).any() or (new.sum(0) > gap.room).any():
        raise RuntimeError("the linear programme's answer is not whole")
    return given


def _steps(table: _Table, gap: _Gap) -> tuple[Whole, Real]:
    """How many readings each reviewer may get at which price, the cheap ones first: widths and prices by step."""
    load = gap.kept.sum(0)
    top = load + gap.room
    level = _level(top, int(gap.needs.sum() + load.sum()))
    share = np.minimum(level, top)
    marks = [
        *(np.floor(share * part) for part in STEPS if part < 1),
        np.floor(share),
        np.ceil(share),
        *(np.ceil(share * part) for part in STEPS if part > 1),
    ]
    edges = np.sort(np.stack([np.zeros_like(share), table.least, *marks, np.full_like(share, 2.0**40)]), axis=0)
    edges = np.clip(edges, load, top)
    edges[-1] = top
    width = np.diff(edges, axis=0).T.astype(np.int64)
    middle = (edges[1:] + edges[:-1]).T / 2
    step = sum((middle > mark[:, None]).astype(float) for mark in marks)
    return width, UNEVEN * step - LEAST * (middle < table.least[:, None])


def _level(top: Whole, total: int) -> float:
    """The equal load at which all together give ``total`` readings, where nobody gives more than ``top``."""
    left, among = float(total), len(top)
    for one in np.sort(top):
        if one * among >= left:
            return left / among
        left -= float(one)
        among -= 1
    return float(top.max(initial=0))


def _joined(table: _Table, given: Flags) -> Flags:
    """Join groups of reviewers that share no file, by exchanging two readers; loads stay as they are.

    A pair that is not needed to hold its own group together takes the reader of a pair of another group: the two are
    one then. The cheapest such exchange is taken, and none that costs a file its outsider or makes a pair without a
    common language. What cannot be joined stays apart, and the answer says so.
    """
    while True:
        number, label = _groups(given)
        spare = _spare(given) if number > 1 else np.zeros_like(given)
        if not spare.any():
            return given
        for one in range(number):
            better = _exchange(table, given, spare, label == one)
            if better is not None:
                given = better
                break
        else:
            return given


def _spare(given: Flags) -> Flags:
    """Pairs outside one spanning forest of files and reviewers: without any one of them no group falls apart."""
    files, reviewers = given.shape
    at_file, at_reviewer = np.nonzero(given)
    size = files + reviewers
    links = csr_array((np.ones(len(at_file)), (at_file, files + at_reviewer)), shape=(size, size))
    row, column = minimum_spanning_tree(links).nonzero()
    spare = given.copy()
    spare[np.minimum(row, column), np.maximum(row, column) - files] = False
    return spare


def _groups(given: Flags) -> tuple[int, Whole]:
    """How many groups of reviewers there are, and the group of each; -1 for those without a file."""
    used = np.flatnonzero(given.any(0))
    shared = csr_array(given[:, used].T.astype(np.int64) @ given[:, used].astype(np.int64))
    number, found = connected_components(shared, directed=False)
    label = np.full(given.shape[1], -1)
    label[used] = found
    return number, label


def _exchange(table: _Table, given: Flags, spare: Flags, group: Flags) -> Flags | None:
    # Of each side the files that somebody of the other side may read.
    going, coming = (
        np.any(~table.shut & ~group, axis=1, keepdims=True),
        np.any(~table.shut & group, axis=1, keepdims=True),
    )
    mine, others = np.argwhere(spare & group & going), np.argwhere(given & ~group & coming)
    for start in range(0, len(mine), BLOCK):
        for begin in range(0, len(others), BLOCK):
            left, right = mine[start : start + BLOCK], others[begin : begin + BLOCK]
            added = _added(table, given, left, right)
            place = int(added.argmin())
            if np.isfinite(added.ravel()[place]):
                (file, reviewer), (file_2, reviewer_2) = left[place // len(right)], right[place % len(right)]
                joined = given.copy()
                joined[file, reviewer] = joined[file_2, reviewer_2] = False
                joined[file, reviewer_2] = joined[file_2, reviewer] = True
                return joined
    return None


def _added(table: _Table, given: Flags, left: Whole, right: Whole) -> Real:
    """What each exchange of two pairs would cost more; infinite where it breaks a rule or takes a wish away."""
    (file, reviewer), (file_2, reviewer_2) = left.T[:, :, None], right.T[:, None, :]
    change = (
        table.price[file, reviewer_2]
        + table.price[file_2, reviewer]
        - table.price[file, reviewer]
        - table.price[file_2, reviewer_2]
    )
    outsiders = (given & table.outside).sum(1)
    unfit = table.shut | table.foreign
    worse = unfit[file, reviewer_2] | unfit[file_2, reviewer]
    for mine, leaves, comes in ((file, reviewer, reviewer_2), (file_2, reviewer_2, reviewer)):
        last = table.outside[mine, leaves] & (outsiders[mine] == 1)
        worse = worse | (last & ~table.outside[mine, comes])
    return np.asarray(np.where(worse, np.inf, change))


def _answer(table: _Table, given: Flags, held: Sequence[Held]) -> Assigned:
    pairs = _pairs(table, given)
    loads = given.sum(0)
    number, label = _groups(given)
    groups = [tuple(np.array(table.reviewers)[label == one].tolist()) for one in range(number)]
    before = {Pair(one.file, one.reviewer) for one in held}
    lacking = table.wishes & given.any(1) & ~(given & table.outside).any(1)
    return Assigned(
        pairs,
        dict(zip(table.reviewers, loads.tolist(), strict=True)),
        tuple(table.files[at] for at in np.flatnonzero(lacking)),
        _pairs(table, given & table.foreign),
        {
            table.reviewers[at]: int(table.least[at] - loads[at])
            for at in np.flatnonzero((loads < table.least) & ~table.away)
        },
        tuple(sorted(groups)),
        tuple(one for one in pairs if one not in before),
        tuple(sorted(before.difference(pairs), key=lambda one: (one.file, one.reviewer))),
    )


def _pairs(table: _Table, flags: Flags) -> tuple[Pair, ...]:
    return tuple(Pair(table.files[file], table.reviewers[reviewer]) for file, reviewer in np.argwhere(flags))


def _refusal(table: _Table, gap: _Gap) -> Refused:
    """Why the gap cannot be filled: the smallest cut between needs and room (Ford and Fulkerson, 1956)."""
    free = gap.open & (gap.room > 0)
    files, reviewers = free.shape
    start, end = files + reviewers, files + reviewers + 1
    file, reviewer = np.nonzero(free)
    network = csr_array(
        (
            np.r_[gap.needs, np.ones(len(file)), gap.room].astype(np.int32),
            (
                np.r_[np.full(files, start), file, files + np.arange(reviewers)],
                np.r_[np.arange(files), files + reviewer, np.full(reviewers, end)],
            ),
        ),
        shape=(end + 1, end + 1),
    )
    flow = maximum_flow(network, start, end)
    short = int(gap.needs.sum() - flow.flow_value)
    if not short:
        raise RuntimeError("the linear programme found no answer where there is one")
    reached = _reached(network - flow.flow, start)
    crowd, full = np.flatnonzero(reached[:files]), np.flatnonzero(reached[files:start])
    crowded = None
    capacity_short = max(0, int(gap.needs.sum() - gap.room.sum()))
    # Where all room together is too little, and nothing else, that is said already.
    if len(full) and not (short == capacity_short and gap.needs[crowd].sum() == gap.needs.sum()):
        others = free[crowd].sum(1) - free[np.ix_(crowd, full)].sum(1)
        places = int(gap.room[full].sum() + others.sum())
        crowded = Crowded(
            tuple(table.files[at] for at in crowd),
            tuple(table.reviewers[at] for at in full),
            int(gap.needs[crowd].sum()),
            places,
        )
    return Refused(short, capacity_short, _too_few(table, gap), crowded)


def _reached(residual: csr_array, start: int) -> Flags:
    """The nodes to which something more could flow from ``start``."""
    left = csr_array(residual > 0)
    reached = np.zeros(left.shape[0], bool)
    order = breadth_first_order(left, start, return_predecessors=False)
    reached[order] = True
    return reached


def _too_few(table: _Table, gap: _Gap) -> tuple[TooFew, ...]:
    full = gap.room == 0
    language = table.foreign & table.shut & ~table.conflict
    left = ~gap.kept & ~table.conflict & ~language
    possible = (left & ~full).sum(1) + gap.kept.sum(1)
    return tuple(
        TooFew(
            table.files[at],
            int(table.needs[at]),
            int(possible[at]),
            int((table.conflict[at] & ~gap.kept[at]).sum()),
            int((language[at] & ~gap.kept[at]).sum()),
            int((left[at] & full).sum()),
        )
        for at in np.flatnonzero((possible < table.needs) & (gap.needs > 0))
    )
