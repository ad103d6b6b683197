"""How long the board waits: a slate of the fund, and why each of the others is not on it.

By itself: ``python -m tests.benchmarks.choices``.
"""

import random
import time

from eventhub.selecting.problem import Candidate, Cap, Problem, Rule, Variant
from eventhub.selecting.resolving import resolve
from eventhub.selecting.selection import curve, prices, solve
from eventhub.selecting.slate import Impossible, Slate
from eventhub.selecting.whynot import to_be_told, why_not

SIZES = (300, 1_000, 3_000)
REGIONS = ("africa", "asia", "eastern-europe", "latin-america", "others")

Row = tuple[str, str, str, str]


def applications(size: int, seed: int = 1) -> Problem:
    """A fund of so many applications that can pay for about a tenth: six rules, two caps, partial funding."""
    chance = random.Random(seed)
    people = []
    for number in range(size):
        cells = [f"region:{chance.choices(REGIONS, (30, 30, 10, 20, 10))[0]}", f"country:{chance.randrange(150)}"]
        gender = chance.choices(("gender:man", "gender:woman", None), (55, 38, 7))[0]
        cells += [gender] if gender else []
        cells += ["first:yes"] * (chance.random() < 0.3) + ["disability:yes"] * (chance.random() < 0.1)
        full = 100 * int(500 + abs(chance.gauss(2800, 900)))
        ways = [Variant("full", full)]
        ways += [Variant("partial", full // 2)] * (chance.random() < 0.3)
        ways += [Variant("own", 0)] * (chance.random() < 0.05)
        score = min(100.0, max(0.0, round(chance.gauss(62, 14), 3)))
        organisation = f"o{chance.randrange(size // 2)}"
        people.append(Candidate(f"c{number:05}", score, tuple(ways), None, (organisation,), tuple(cells)))
    order = [one.id for one in people]
    chance.shuffle(order)
    rules = (
        Rule("women", ("gender:woman",), min_share=5000),
        Rule("first", ("first:yes",), min_share=4000),
        Rule("africa", ("region:africa",), min_share=2500, max_share=4000),
        Rule("eastern-europe", ("region:eastern-europe",), min_share=1500),
        Rule("others", ("region:others",), max_share=500),
        Rule("disability", ("disability:yes",), min_count=size // 60),
    )
    caps = (Cap("organisation", 1), Cap("country", 3, "country"))
    return Problem(tuple(people), budget=35_000 * size, rules=rules, caps=caps, lottery=tuple(order))


def choice_rows() -> list[Row]:
    """The slate, and the reasons, of three sizes; seconds as waited for, and of the processor."""
    rows = []
    for size in SIZES:
        problem = applications(size)
        slate, seconds = _timed(lambda problem=problem: solve(problem))
        assert isinstance(slate, Slate), slate
        assert slate.proven
        rows.append((f"slate of {size:,} applications", seconds, f"{len(slate.seats)} chosen", "< 1 s at 3,000"))
        waiting = to_be_told(problem, slate)
        answers, seconds = _timed(lambda problem=problem, slate=slate: list(why_not(problem, slate)))
        assert all(answer.proven for answer in answers)
        rows.append((f"why not, {size:,} applications", seconds, f"{len(waiting)} people", "< 30 s"))
    return rows + _around(problem, slate)


def _around(problem: Problem, slate: Slate) -> list[Row]:
    points, curved = _timed(lambda: curve(problem))
    told, priced = _timed(lambda: prices(problem, slate))
    gone = [seat.candidate for seat in slate.seats[1:10:2]]
    accepted = [seat.candidate for seat in slate.seats[::2]]
    change, changed = _timed(lambda: resolve(problem, slate.seats, accepted=accepted, gone=gone))
    assert not isinstance(change, Impossible)
    return [
        (f"curve, {SIZES[-1]:,} applications", curved, f"{len(points)} numbers of places", ""),
        (f"prices, {SIZES[-1]:,} applications", priced, f"{len(told)} rules", ""),
        ("five withdrawals, half have accepted", changed, f"{len(change.joins)} join", ""),
    ]


def _timed(work):  # type: ignore[no-untyped-def]
    waited, worked = time.perf_counter(), time.process_time()
    done = work()
    return done, f"{time.perf_counter() - waited:.2f} s ({time.process_time() - worked:.2f} s of work)"


def main() -> None:
    """Print the figures."""
    for row in choice_rows():
        print("  ".join(cell.ljust(width) for cell, width in zip(row, (36, 28, 24, 16), strict=True)).rstrip())  # noqa: T201


if __name__ == "__main__":
    main()
