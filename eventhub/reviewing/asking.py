"""Ask for an assignment or a calibration; a process of its own (counting.py) works it out, and nothing is loaded here.

A request takes about a second, most of it for starting: a worker asks, not a page.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from eventhub.reviewing.exchange import ANSWER, FAILED, NOT_UNDERSTOOD, REQUEST, Answer, Request
from eventhub.reviewing.terms import Assigned, Calibration, Held, Panel, Refused, Score

PROGRAM = "eventhub.reviewing.counting"
HOME = Path(__file__).parent.parent.parent
LONGEST = 90
"""Seconds until an answer is given up."""
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Nothing of ours; one thread each, so that the same question has the same answer to the last bit."""


class NotCounted(RuntimeError):
    """No answer came; what was asked stays out of the message."""


class NotUnderstood(NotCounted):
    """The question contradicts itself: an id twice, points outside 0 to 100, a pair held twice."""


class TookTooLong(NotCounted):
    """Silent until the time was over."""


class Died(NotCounted):
    """The program ended without an answer: memory or processor time at its end, or a mistake of ours."""


def assigned(panel: Panel) -> Assigned | Refused:
    """Readers for all files of a call at once. Raises NotCounted."""
    return _readers(_asked(Request("assign", panel=panel)))


def reassigned(panel: Panel, held: Sequence[Held]) -> Assigned | Refused:
    """Mend an assignment after a change, see ``assignment.reassign``. Raises NotCounted."""
    return _readers(_asked(Request("reassign", panel=panel, held=tuple(held))))


def calibrated(scores: Sequence[Score]) -> Calibration:
    """Raw means and, where the panel can carry them, calibrated scores. Raises NotCounted."""
    answer = _asked(Request("calibrate", scores=tuple(scores)))
    if answer.calibration is None:
        raise Died("another answer")
    return answer.calibration


def _readers(answer: Answer) -> Assigned | Refused:
    found = answer.assigned or answer.refused
    if found is None:
        raise Died("another answer")
    return found


def _asked(request: Request) -> Answer:
    try:
        # Our own interpreter and our own module; the question goes in by standard input.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-E", "-s", "-m", PROGRAM],
            input=REQUEST.dump_json(request),
            capture_output=True,
            env=ENVIRONMENT,
            cwd=HOME,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong("took too long") from None
    if done.returncode == NOT_UNDERSTOOD:
        raise NotUnderstood("not understood")
    if done.returncode != 0:
        raise Died("failed" if done.returncode == FAILED else f"code {done.returncode}")
    try:
        return ANSWER.validate_json(done.stdout)
    except ValidationError:
        raise Died("an answer that is none") from None
