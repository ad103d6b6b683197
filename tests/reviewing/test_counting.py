"""The program that counts: asked through asking.py, with an end to its memory and time, and no word of its own."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eventhub.reviewing import asking, assignment, calibration
from eventhub.reviewing.terms import Assigned, File, Held, Panel, Refused, Reviewer, Score, Skipped
from tests.reviewing.panels import a_large_panel

SECRET = "amal-haddad"


def started(request: bytes, before: str = "") -> "subprocess.CompletedProcess[bytes]":
    """The program with this on standard input; ``before`` is run first, in the same process."""
    code = f"{before}\nfrom eventhub.reviewing import counting\ncounting.main()"
    return subprocess.run(
        [sys.executable, "-c", code], input=request, capture_output=True, timeout=60, check=False, cwd=asking.HOME
    )


def test_it_answers_as_the_pure_modules_do() -> None:
    panel = a_large_panel(files=60)
    found = asking.assigned(panel)
    assert isinstance(found, Assigned)
    assert found == assignment.assign(panel)
    held = [Held(one.file, one.reviewer, at % 2 == 0) for at, one in enumerate(found.pairs)]
    left = replace(panel, reviewers=(replace(panel.reviewers[0], away=True), *panel.reviewers[1:]))
    assert asking.reassigned(left, held) == assignment.reassign(left, held)
    scores = [
        Score(one.file, one.reviewer, None if at % 9 == 0 else at * 37 % 101.0) for at, one in enumerate(found.pairs)
    ]
    told = asking.calibrated(scores)
    assert [one.raw for one in told.files] == [one.raw for one in calibration.calibrate(scores).files]


def test_a_refusal_comes_back_with_its_cause() -> None:
    panel = Panel((File("f", conflicts=frozenset({"r"}), needs=1),), (Reviewer("r"),))
    found = asking.assigned(panel)
    assert isinstance(found, Refused)
    assert found == assignment.assign(panel)
    assert asking.calibrated([]).skipped is Skipped.NO_SCORES


def test_a_question_that_contradicts_itself_is_told_apart() -> None:
    with pytest.raises(asking.NotUnderstood):
        asking.assigned(Panel((), (Reviewer(SECRET), Reviewer(SECRET))))
    with pytest.raises(asking.NotUnderstood):
        asking.calibrated([Score(SECRET, "r", 120.0)])


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"{}",
        json.dumps({"do": SECRET}).encode(),
        json.dumps({"do": "assign"}).encode(),
        json.dumps({"do": "assign", "panel": {"files": [{"id": SECRET, "needs": "many"}], "reviewers": []}}).encode(),
        json.dumps({"do": "calibrate", "scores": [{"file": SECRET, "reviewer": SECRET, "points": "NaN"}]}).encode(),
        f'{{"do": "calibrate", "scores": [{{"file": "{SECRET}"'.encode(),
    ],
)
def test_it_says_nothing_of_what_it_does_not_understand(request_: bytes) -> None:
    done = started(request_)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"", b"")


SMALL = json.dumps({"do": "assign", "panel": {"files": [], "reviewers": [{"id": SECRET}]}}).encode()


def test_its_memory_has_an_end() -> None:
    """With next to none the libraries cannot be loaded: a code, and nothing on standard output."""
    done = started(SMALL, "from eventhub.reviewing import counting\ncounting.MEMORY = 60_000_000")
    assert done.returncode not in {0, 3}
    assert done.stdout == b""
    assert SECRET.encode() not in done.stderr


def test_its_time_has_an_end() -> None:
    endless = "one.answered = lambda request: next(zero for zero in iter(int, 1) if zero)"
    done = started(SMALL, f"import eventhub.reviewing.counting as one\none.SECONDS = 1\n{endless}")
    assert done.returncode < 0
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_program_that_is_silent_or_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "stand_in"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "silent.py").write_text("import time\ntime.sleep(60)\n")
    (package / "dead.py").write_text("import os\nos.abort()\n")
    (package / "babble.py").write_text("print('nothing of the sort')\n")
    (package / "other.py").write_text("print('{}')\n")
    monkeypatch.setattr(asking, "HOME", tmp_path)
    monkeypatch.setattr(asking, "LONGEST", 1)
    monkeypatch.setattr(asking, "PROGRAM", "stand_in.silent")
    with pytest.raises(asking.TookTooLong):
        asking.assigned(Panel((), ()))
    monkeypatch.setattr(asking, "LONGEST", 60)
    for name in ("dead", "babble", "other", "missing"):
        monkeypatch.setattr(asking, "PROGRAM", f"stand_in.{name}")
        with pytest.raises(asking.Died):
            asking.assigned(Panel((), ()))
        with pytest.raises(asking.Died):
            asking.calibrated([])


def test_who_asks_loads_nothing() -> None:
    code = "import sys, eventhub.reviewing.asking; print(sorted({'numpy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=asking.HOME)
    assert done.stdout.strip() == b"[]"
