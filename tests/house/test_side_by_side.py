"""The run itself: a test whose process dies, or that never ends, fails alone and keeps nobody waiting."""

import subprocess
import sys
from pathlib import Path

from tests.live import ROOT

QUICK = """
import pytest

@pytest.mark.parametrize("number", range(40))
def test_quick(number):
    pass
"""
HOUSE = """
import os, threading, pytest

pytestmark = pytest.mark.lane

@pytest.mark.parametrize("number", range(6))
def test_of_one_house(number):
    with open("{name}", "a") as file:
        file.write(f"{{number}} {{os.getpid()}}\\n")
    if number == 1:
        {deed}
"""


DEEDS = {"dies": "os._exit(1)", "never_ends": "threading.Event().wait()"}


def test_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "test_quick.py").write_text(QUICK)
    for name, deed in DEEDS.items():
        (tmp_path / f"test_{name}.py").write_text(HOUSE.format(name=name, deed=deed))
    (tmp_path / "quick.py").write_text("from tests import side_by_side\nside_by_side.PATIENCE = 2\n")
    plugins = ["-p", "tests.side_by_side", "-p", "quick", "-p", "no:randomly", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *plugins],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "2 failed, 50 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "its process is ended" in ran.stderr
    for name in DEEDS:
        assert f"test_{name}.py::test_of_one_house[1]" in ran.stdout
        done = [line.split() for line in (tmp_path / name).read_text().splitlines()]
        assert [number for number, _ in done] == ["0", "1", "2", "3", "4", "5"], "each once, in their order"
        assert len({process for _, process in done[:2]}) == len({process for _, process in done[2:]}) == 1
