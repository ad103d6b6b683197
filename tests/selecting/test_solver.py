"""The child process: asked, heard, stopped, killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventhub.selecting import asking
from eventhub.selecting.asking import Answer, Progress, SolverDied, SolverRefused, SolverTookTooLong, answer, asked
from eventhub.selecting.problem import Problem, Rule, as_data
from eventhub.selecting.selection import solve
from eventhub.selecting.slate import Impossible, Missing, Slate, answer_from_data
from eventhub.selecting.slate import as_data as slate_data
from eventhub.selecting.snapshot import canonical
from tests.selecting.cases import person

PEOPLE = tuple(
    person(f"p{number:03}", 50 + number * 37 % 100 / 2, 100 + number * 13 % 50, f"region:{number % 5}")
    for number in range(60)
)
PROBLEM = Problem(PEOPLE, budget=2000, rules=(Rule("first", ("region:0",), min_count=4),))


@pytest.fixture(scope="module")
def slate() -> Slate:
    """The slate of the problem."""
    found = solve(PROBLEM)
    assert isinstance(found, Slate)
    return found


def long_work() -> dict[str, Any]:
    """A request that says its first line long before its last."""
    people = tuple(
        person(f"q{number:03}", 20 + number * 37 % 700 / 10, 100 + number * 13 % 90, f"region:{number % 5}")
        for number in range(700)
    )
    problem = Problem(people, budget=9000, rules=(Rule("first", ("region:0",), min_count=30),))
    slate = solve(problem)
    assert isinstance(slate, Slate)
    return {"problem": as_data(problem), "slate": slate_data(slate), "who": [one.id for one in people]}


def children() -> Iterator[int]:
    """Processes that this one has started and that still run."""
    for path in Path("/proc/self/task").glob("*/children"):
        yield from map(int, path.read_text(encoding="ascii").split())


def test_it_says_the_same_as_here(slate: Slate) -> None:
    """All that can be asked."""
    problem = as_data(PROBLEM)
    asked_for = answer("solve", problem=problem)
    assert answer_from_data(asked_for) == slate
    many = replace(PROBLEM, rules=(Rule("first", ("region:0",), min_count=13),))
    assert answer_from_data(answer("solve", problem=as_data(many))) == Impossible(missing=(Missing("first", 1),))
    assert answer("recompute", snapshot=canonical(PROBLEM)) == asked_for
    changed = answer("resolve", problem=problem, former=asked_for["seats"], gone=[asked_for["seats"][0]["candidate"]])
    assert len(changed["joins"]) >= 1
    assert {point["places"] for point in answer("curve", problem=problem)} > {slate.places}
    assert {price["id"] for price in answer("prices", problem=problem, slate=asked_for)} == {"first", "budget"}
    assert answer("reserves", problem=problem, slate=asked_for)["general"]


def test_progress_before_the_answer(slate: Slate) -> None:
    """One line for each person."""
    waiting = [one.id for one in PEOPLE if one.id not in slate.chosen][:5]
    heard = list(asked("why_not", problem=as_data(PROBLEM), slate=slate_data(slate), who=waiting))
    assert heard[:-1] == [Progress(done, 5) for done in range(1, 6)]
    assert isinstance(heard[-1], Answer)
    assert [one["candidate"] for one in heard[-1].data] == waiting


def test_what_is_no_problem() -> None:
    """A fixed word, and none of the data."""
    with pytest.raises(SolverRefused, match="two candidates with one id"):
        answer("solve", problem=as_data(Problem((PEOPLE[0], PEOPLE[0]), budget=1)))
    with pytest.raises(SolverRefused, match="not the data of a problem"):
        answer("solve", problem={"candidates": [{"id": "secret"}]})


def test_nothing_is_said_when_it_breaks() -> None:
    """No traceback, which would quote the data; the caller only learns that it died."""
    with pytest.raises(SolverDied) as died:
        answer("no such thing", problem={"secret": "name"})
    assert not str(died.value)
    done = subprocess.run(
        [sys.executable, "-E", "-s", "-m", asking.PROGRAM],
        cwd=asking.ROOT,
        env=asking.ENVIRONMENT,
        input=b'{"ask": "solve", "secret": ',
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")


def test_killed_midway() -> None:
    """Whoever waits is told, and nothing of the child is left."""
    before = set(children())
    hearing = asked("why_not", **long_work())
    assert isinstance(next(hearing), Progress)
    (child,) = set(children()) - before
    os.kill(child, signal.SIGKILL)
    with pytest.raises(SolverDied):
        list(hearing)
    assert set(children()) == before


def test_stopped_by_the_caller() -> None:
    """Whoever hears no further ends it."""
    before = set(children())
    hearing = asked("why_not", **long_work())
    next(hearing)
    hearing.close()
    assert set(children()) == before


def test_silent_for_too_long() -> None:
    """Given up, and ended."""
    before = set(children())
    with pytest.raises(SolverTookTooLong):
        answer("solve", problem=as_data(PROBLEM), silence=0.01)
    with pytest.raises(SolverTookTooLong):
        answer("solve", problem=as_data(PROBLEM), longest=0.01)
    assert set(children()) == before


def test_whoever_asks_loads_no_numbers() -> None:
    """Neither the web nor a worker gets numpy by importing what it needs."""
    code = (
        "import sys; import eventhub.selecting.asking, eventhub.selecting.snapshot, eventhub.selecting.reserves;"
        "import eventhub.selecting.ties; print({'numpy', 'highspy', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=asking.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
