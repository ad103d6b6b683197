"""Every promise in docs/safety.md names tests that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [row for row in (ROOT / "docs" / "safety.md").read_text("utf-8").splitlines() if row.startswith("| ")][1:]
NAMED = re.compile(r"`(tests/[\w/]+\.py)`")


@pytest.mark.parametrize("row", ROWS, ids=[row[2:60] for row in ROWS])
def test_the_named_tests_are_there(row: str) -> None:
    named = NAMED.findall(row.rpartition(" | ")[2])
    assert named, "a promise without a test is not made"
    for path in named:
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        tests = [part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef) and part.name.startswith("test_")]
        assert tests or path.endswith("routes.py"), path
