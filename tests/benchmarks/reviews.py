"""How long reviewers are found for a thousand files, how a change is mended, and what calibration wins."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from eventhub.reviewing import asking
from eventhub.reviewing.assignment import assign, reassign
from eventhub.reviewing.calibration import calibrate
from eventhub.reviewing.terms import Assigned, Held, Score
from tests.reviewing.panels import a_large_panel
from tests.reviewing.synthetic import agreement

Row = tuple[str, str, str, str]
Result = TypeVar("Result")
OUTSIDERS = (
    (None, "any three readers", "0.838 → 0.906"),
    (0, "own region only", "0.837 → 0.819"),
    (1, "one outsider", "→ 0.912"),
)


def review_rows() -> list[Row]:
    """In this process first, then as a worker asks for it; last what the ranks gain on synthetic biased panels."""
    panel = a_large_panel()
    free = replace(panel, files=tuple(replace(one, conflicts=frozenset()) for one in panel.files))
    _readers, seconds = timed(lambda: assign(free))
    rows = [("1,000 files × 20 reviewers × 3, no conflict", f"{seconds * 1000:.0f} ms", "", "< 1 s")]
    found, seconds = timed(lambda: assign(panel))
    assert isinstance(found, Assigned)
    rows.append(("the same with conflicts", f"{seconds * 1000:.0f} ms", "", "< 1 s"))
    held = [Held(one.file, one.reviewer, at % 7 == 0) for at, one in enumerate(found.pairs)]
    gone = replace(panel, reviewers=(replace(panel.reviewers[0], away=True), *panel.reviewers[1:]))
    after, seconds = timed(lambda: reassign(gone, held))
    assert isinstance(after, Assigned)
    rows.append(("a reviewer leaves", f"{seconds * 1000:.0f} ms", f"{len(after.added)} files move", "milliseconds"))
    file = panel.files[0]
    wider = replace(panel, files=(replace(file, needs=4), *panel.files[1:]))
    _after, seconds = timed(lambda: reassign(wider, held))
    rows.append(("one more reader", f"{seconds * 1000:.0f} ms", "", "milliseconds"))
    scores = [Score(one.file, one.reviewer, float(at * 37 % 101)) for at, one in enumerate(found.pairs)]
    _told, seconds = timed(lambda: calibrate(scores))
    rows.append(("calibration of 3,000 scores without sense", f"{seconds * 1000:.0f} ms", "", ""))
    _found, seconds = timed(lambda: asking.assigned(panel))
    rows.append(("assignment, process and all", f"{seconds:.1f} s", "", ""))
    _found, seconds = timed(lambda: asking.reassigned(gone, held))
    rows.append(("a reviewer leaves, process and all", f"{seconds:.1f} s", "", ""))
    for outsiders, name, wanted in OUTSIDERS:
        raw, calibrated = agreement(outsiders)
        rows.append((f"rank with the truth, {name}", f"{raw:.3f} → {calibrated:.3f}", "raw → calibrated", wanted))
    return rows


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it gives, and the middle of three times in seconds."""
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return result, statistics.median(seconds)
