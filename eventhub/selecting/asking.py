"""Asking the solver, which is a process of its own: nothing here loads numpy or highspy.

The child (solver.py) gets an empty environment and everything by standard input, so it holds no secret and knows no
database. What it says comes line by line; whoever asks sees the progress and may stop at any line, which ends it.
"""

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAM = "eventhub.selecting.solver"
SILENCE = 90.0
"""Seconds without a line after which the child is given up: three searches of the longest."""
AT_ONCE = 65_536
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""One thread: on a server others want the processors too, and the answer must not depend on their number."""


class SolverDied(RuntimeError):
    """The child ended without an answer: killed, out of memory, or a bug. Nothing it said is kept."""


class SolverTookTooLong(RuntimeError):
    """The child was silent for too long, or passed the time it was given."""


class SolverRefused(ValueError):
    """The request is no problem of choosing; the message is a fixed word without data."""


@dataclass(frozen=True)
class Progress:
    """So much of so much is done."""

    done: int
    of: int


@dataclass(frozen=True)
class Answer:
    """The last thing that comes: the result as plain data."""

    data: Any


def asked(
    ask: str, *, silence: float = SILENCE, longest: float | None = None, **request: Any
) -> Generator[Progress | Answer]:
    """Start the child, yield its progress, and its answer at the end.

    ``ask`` is a key of ``solver.ASKED``; the other arguments are its request in plain data (``problem``, ``slate``,
    ``snapshot``, ``who``, ``former``, ``accepted``, ``gone``, ``seconds`` for each search). ``silence`` and
    ``longest`` in seconds. Raises SolverDied, SolverTookTooLong, SolverRefused.
    """
    # Our own interpreter and our own program; the values go in by standard input.
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-E", "-s", "-m", PROGRAM],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 (pipes were asked for)
    try:
        try:
            # The child reads all of it before it says anything.
            child.stdin.write(json.dumps({"ask": ask, **request}, allow_nan=False).encode())
            child.stdin.close()
        except BrokenPipeError:
            raise SolverDied from None
        until = None if longest is None else time.monotonic() + longest
        yield from _heard(child.stdout, silence, until)
    finally:
        child.kill()
        with suppress(BrokenPipeError):
            child.stdin.close()
        child.stdout.close()
        child.wait()


def answer(ask: str, **request: Any) -> Any:
    """The answer alone; see ``asked``."""
    for heard in asked(ask, **request):
        if isinstance(heard, Answer):
            return heard.data
    raise SolverDied


def _heard(pipe: Any, silence: float, until: float | None) -> Generator[Progress | Answer]:
    rest, last = b"", time.monotonic()
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while True:
            limit = last + silence if until is None else min(last + silence, until)
            if not ready.select(max(0.0, limit - time.monotonic())):
                raise SolverTookTooLong
            read = pipe.read1(AT_ONCE)
            if not read:
                raise SolverDied
            last = time.monotonic()
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                heard = _understood(json.loads(line))
                yield heard
                if isinstance(heard, Answer):
                    return


def _understood(line: Mapping[str, Any]) -> Progress | Answer:
    if "refused" in line:
        raise SolverRefused(line["refused"])
    if "progress" in line:
        return Progress(*line["progress"])
    return Answer(line["result"])
