"""Integer programs, solved by HiGHS to a proven optimum: the one module that talks to it.

A program is first relaxed to fractions. What each person would cost to move from there (the reduced cost) bounds every
whole solution, so nearly everybody is settled before the search begins, and the search among the few that are left
is short. That is a proof, not a guess: the core is widened to all whose reduced cost is within the gap found.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SMALL = 120
"""So many open columns are searched without asking for a core first."""
FIRST_CORE = 60
WIDER = 3
MARGIN = 0.5
"""Objectives are whole numbers: half of one is more than the relaxation's rounding and less than a difference."""
VERSION = ".".join(
    str(part) for part in (highspy.HIGHS_VERSION_MAJOR, highspy.HIGHS_VERSION_MINOR, highspy.HIGHS_VERSION_PATCH)
)


class SolverWrong(RuntimeError):
    """HiGHS gave an answer that breaks a row when it is counted with whole numbers."""


@dataclass
class Program:
    """Rows over columns that are whole numbers between ``lower`` and ``upper``; everything is an integer."""

    lower: Ints
    upper: Ints
    rows: list[Ints] = field(default_factory=list)
    columns: list[Ints] = field(default_factory=list)
    values: list[Ints] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    _kept: tuple[int, tuple[Ints, Ints, Ints]] | None = None

    def add(self, name: str, columns: Any, values: Any, least: float = -np.inf, most: float = np.inf) -> int:
        """One more row; returns its number."""
        columns = np.asarray(columns, dtype=np.int64)
        values = np.broadcast_to(np.asarray(values, dtype=np.int64), columns.shape)
        used = values != 0
        number = len(self.names)
        self.rows.append(np.full(int(used.sum()), number, dtype=np.int64))
        self.columns.append(columns[used])
        self.values.append(values[used])
        self.least.append(least)
        self.most.append(most)
        self.names.append(name)
        return number

    def copy(self) -> "Program":
        """A program of its own to narrow further."""
        return Program(
            self.lower.copy(),
            self.upper.copy(),
            list(self.rows),
            list(self.columns),
            list(self.values),
            list(self.least),
            list(self.most),
            list(self.names),
        )

    def entries(self) -> tuple[Ints, Ints, Ints]:
        """Rows, columns and values of all that is not zero, row by row."""
        if not self.rows:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, empty
        if self._kept is None or self._kept[0] != len(self.rows):
            joined = np.concatenate(self.rows), np.concatenate(self.columns), np.concatenate(self.values)
            self._kept = len(self.rows), joined
        return self._kept[1]


@dataclass(frozen=True)
class Relaxed:
    """The optimum in fractions: an upper ``bound``, what each column would cost to move, and the rows' prices."""

    bound: float
    at: Floats
    moving: Floats
    prices: Floats


@dataclass(frozen=True)
class Found:
    """The best solution found; ``spare`` is by how much a better one might be better, 0 where none is."""

    at: Ints
    value: int
    spare: int
    lower: Ints
    upper: Ints
    """Every solution of at least this value lies between these bounds."""

    @property
    def proven(self) -> bool:
        """Whether nothing is better."""
        return self.spare == 0


@dataclass(frozen=True)
class Clock:
    """When to stop searching."""

    until: float

    @classmethod
    def of(cls, seconds: float) -> "Clock":
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds, never less than a moment, so that a first solution can be found."""
        return max(0.05, self.until - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time has passed."""
        return time.monotonic() >= self.until


def _highs(clock: Clock | None) -> Any:
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.99),
    ):
        solver.setOptionValue(name, value)
    if clock is not None:
        solver.setOptionValue("time_limit", clock.left)
    return solver


def _passed(solver: Any, size: int, entries: tuple[Ints, Ints, Ints], bounds: Any, whole: bool) -> None:
    rows, columns, values = entries
    cost, lower, upper, least, most = bounds
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower.astype(float), upper.astype(float)
    lp.row_lower_, lp.row_upper_ = least, most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = len(cost), size
    lp.a_matrix_.start_ = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=size)))).astype(np.int32)
    lp.a_matrix_.index_ = columns.astype(np.int32)
    lp.a_matrix_.value_ = values.astype(float)
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver.passModel(lp)


class Warm:
    """The relaxation of a program, kept so that small changes are solved in a few steps."""

    def __init__(self, program: Program, objective: Ints) -> None:
        self.program, self.objective = program, objective
        self.solver = _highs(None)
        bounds = (
            -objective.astype(float),
            program.lower,
            program.upper,
            np.array(program.least, dtype=float),
            np.array(program.most, dtype=float),
        )
        _passed(self.solver, len(program.names), program.entries(), bounds, whole=False)

    def solved(self) -> Relaxed | None:
        """The optimum in fractions; None where there is none."""
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.solver.getSolution()
        bound = -float(self.solver.getInfo().objective_function_value)
        at, moving = np.array(solution.col_value), np.array(solution.col_dual)
        return Relaxed(bound, at, moving, -np.array(solution.row_dual))

    def row(self, number: int, least: float, most: float) -> None:
        """Other bounds for a row."""
        self.solver.changeRowBounds(number, least, most)

    def column(self, number: int, least: float, most: float) -> None:
        """Other bounds for a column."""
        self.solver.changeColBounds(number, least, most)


def best(
    program: Program, objective: Ints, clock: Clock, relaxed: Relaxed | None = None, beat: int | None = None
) -> Found | None:
    """The solution with the greatest objective; None where the rows leave none, or none was found in time.

    ``relaxed``: the optimum in fractions of the same program, where it is known already. ``beat``: None also where no
    solution can reach this value.
    """
    objective = np.asarray(objective, dtype=np.int64)
    open_columns = program.lower < program.upper
    if int(open_columns.sum()) <= SMALL and relaxed is None:
        return _search(program, objective, open_columns, program.lower, clock)
    relaxed = relaxed or Warm(program, objective).solved()
    if relaxed is None or (beat is not None and relaxed.bound + MARGIN < beat):
        return None
    moving = np.where(open_columns, np.abs(relaxed.moving), np.inf)
    settled = np.where(open_columns, np.rint(relaxed.at), program.lower).astype(np.int64)
    broken = np.abs(relaxed.at - np.rint(relaxed.at))
    # Whoever costs nothing to move comes first, and of those whoever is not whole.
    core = _Core(relaxed, moving, settled, np.lexsort((-broken, moving)))
    size, most = FIRST_CORE, int(open_columns.sum())
    while True:
        found = _search(program, objective, core.first(size), settled, clock)
        if found is not None:
            return _proved(program, objective, clock, core, found, size)
        if size >= most or clock.over:
            return None
        size *= 4


@dataclass(frozen=True)
class _Core:
    relaxed: Relaxed
    moving: Floats
    settled: Ints
    order: Ints

    def first(self, size: int) -> NDArray[np.bool_]:
        """The columns that are the cheapest to move."""
        chosen = np.zeros(len(self.moving), dtype=bool)
        chosen[self.order[:size]] = True
        return chosen


def _proved(program: Program, objective: Ints, clock: Clock, core: _Core, found: Found, size: int) -> Found:
    """Widen the core until nobody outside it can matter; step by step, since a better solution asks for less."""
    last = found
    while True:
        needed = core.relaxed.bound - found.value + MARGIN
        wanted = int((core.moving <= needed).sum())
        spare = max(0, int(np.floor(core.relaxed.bound + MARGIN)) - found.value)
        if not spare or wanted <= size or not last.proven or clock.over:
            break
        size = min(wanted, WIDER * size)
        wider = _search(program, objective, core.first(size), core.settled, clock)
        if wider is None:
            break
        last = wider
        found = wider if wider.value > found.value else found
    if not spare or (last.proven and wanted <= size):
        free = core.moving <= needed
        lower = np.where(free, program.lower, core.settled)
        return Found(found.at, found.value, 0, lower, np.where(free, program.upper, core.settled))
    return Found(found.at, found.value, spare, program.lower, program.upper)


def _search(program: Program, objective: Ints, free: NDArray[np.bool_], settled: Ints, clock: Clock) -> Found | None:
    """Whole numbers for the free columns, the others as they are settled. ``spare`` is of this search alone."""
    free = free & (program.lower < program.upper)
    rows, columns, values = program.entries()
    size = len(program.names)
    held = np.where(free, 0, settled)
    done = _counted(rows, values * held[columns], size)
    least, most = np.array(program.least) - done, np.array(program.most) - done
    inside = free[columns]
    used = np.zeros(size, dtype=bool)
    used[rows[inside]] = True
    if bool(np.any((~used) & ((least > 0) | (most < 0)))):
        return None
    fixed = int(objective @ held)
    if not free.any():
        return Found(held, fixed, 0, program.lower, program.upper)
    number = np.cumsum(free) - 1
    row_number = np.cumsum(used) - 1
    entries = (row_number[rows[inside]], number[columns[inside]], values[inside])
    lower, upper = program.lower[free], program.upper[free]
    bounds = (-objective[free].astype(float), lower, upper, least[used], most[used])
    for tolerance in (1e-6, 1e-9):
        solver = _highs(clock)
        solver.setOptionValue("mip_feasibility_tolerance", tolerance)
        _passed(solver, int(used.sum()), entries, bounds, whole=True)
        solver.run()
        answer = _read(solver, lower, upper)
        if answer is None:
            return None
        at = held.copy()
        at[free] = answer
        if _kept(program, at):
            value = int(objective @ at)
            optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            bound = -float(solver.getInfo().mip_dual_bound) + fixed
            spare = 0 if optimal else max(0, int(np.floor(bound + MARGIN)) - value) if np.isfinite(bound) else 10**9
            return Found(at, value, spare, program.lower, program.upper)
    raise SolverWrong


def _counted(rows: Ints, values: Ints, size: int) -> Ints:
    # Sums of whole numbers below 2^53 are exact in floats.
    return np.bincount(rows, weights=values, minlength=size).astype(np.int64)


def _read(solver: Any, lower: Ints, upper: Ints) -> Ints | None:
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    found: Ints = np.clip(np.rint(np.array(solver.getSolution().col_value)), lower, upper).astype(np.int64)
    return found


def _kept(program: Program, at: Ints) -> bool:
    rows, columns, values = program.entries()
    done = _counted(rows, values * at[columns], len(program.names))
    inside = bool(np.all(at >= program.lower) and np.all(at <= program.upper))
    return inside and bool(np.all(done >= np.array(program.least)) and np.all(done <= np.array(program.most)))
