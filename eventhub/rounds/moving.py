"""How what makers say moved from one round to the next. Knows neither database nor web."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

RANKS = ("not_started", "planning", "in_progress", "fulfilled")
"""From the first to the last; what was changed or taken back stands beside them."""
SILENT = ""
"""Instead of a status: nobody answered."""


class Move(StrEnum):
    """What became of one commitment between two rounds."""

    UP = "up"
    SAME = "same"
    DOWN = "down"
    CHANGED = "changed"
    FELL_SILENT = "fell_silent"
    SPOKE = "spoke"
    STILL_SILENT = "still_silent"


@dataclass(frozen=True)
class Answer:
    """One commitment in one round: what was said of it, SILENT for nothing, and how long that took."""

    commitment: Hashable
    step: int
    says: str
    took: timedelta | None
    is_open: bool = False


@dataclass
class Line:
    """One round, or those of several events after the same months."""

    step: int
    asked: int = 0
    is_open: bool = False
    says: Counter[str] = field(default_factory=Counter)
    took: list[timedelta] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many were answered."""
        return self.asked - self.says[SILENT]

    @property
    def rate(self) -> int:
        """Whole per cent."""
        return 100 * self.answered // self.asked if self.asked else 0

    @property
    def median(self) -> timedelta | None:
        """The time to the first answer, the one in the middle."""
        seconds = [one.total_seconds() for one in self.took]
        return timedelta(seconds=median(seconds)) if seconds else None


@dataclass(frozen=True)
class Step:
    """From one round to the next: who moved how, and from which status to which."""

    before: int
    after: int
    moves: dict[Move, list[Hashable]]
    table: Counter[tuple[str, str]]


def lines(answers: Iterable[Answer]) -> list[Line]:
    """The rounds, the first one first."""
    found: dict[int, Line] = {}
    for one in answers:
        line = found.setdefault(one.step, Line(one.step))
        line.asked += 1
        line.is_open |= one.is_open
        line.says[one.says] += 1
        if one.took is not None:
            line.took.append(one.took)
    return [found[step] for step in sorted(found)]


def steps(answers: Sequence[Answer]) -> list[Step]:
    """From each round to the next one, of what was asked about in both."""
    by_round: dict[int, dict[Hashable, str]] = {}
    for one in answers:
        by_round.setdefault(one.step, {})[one.commitment] = one.says
    order, found = sorted(by_round), []
    for before, after in pairwise(order):
        moves: dict[Move, list[Hashable]] = {one: [] for one in Move}
        table: Counter[tuple[str, str]] = Counter()
        for commitment, said in by_round[before].items():
            if commitment in by_round[after]:
                now = by_round[after][commitment]
                moves[moved(said, now)].append(commitment)
                table[said, now] += 1
        found.append(Step(before, after, moves, table))
    return found


def moved(before: str, after: str) -> Move:
    """How one status follows another."""
    if after == SILENT:
        return Move.STILL_SILENT if before == SILENT else Move.FELL_SILENT
    if before == SILENT:
        return Move.SPOKE
    if before == after:
        return Move.SAME
    if before not in RANKS or after not in RANKS:
        return Move.CHANGED
    return Move.UP if RANKS.index(after) > RANKS.index(before) else Move.DOWN
