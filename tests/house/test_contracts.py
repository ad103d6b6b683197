"""The contracts on imports see what they are there to see: each violation planted into a copy is named."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FLOORS = "The house has floors"
PLAN = "Every room has the same plan"
PAGES = "A room's pages are its own"
QUEUE = "Only workers know the queue"
WORKERS = "Workers stand on top"
NUMBERS = "Only a child process calculates: selecting"
PURE = "What calculates knows neither web nor database: selecting"
WEB = "Business rules never see the web"


@dataclass(frozen=True)
class Plant:
    """A line put into a module (a new module where there is none), and the contract that must name it."""

    name: str
    file: str
    line: str
    contract: str


PLANTS = (
    Plant("upward import", "people/queries.py", "from eventhub.programme import models as higher", FLOORS),
    Plant(
        "from questionnaires up to registration",
        "questionnaires/answers.py",
        "import eventhub.registration.models",
        FLOORS,
    ),
    Plant("kit importing a feature", "kit/outbox.py", "from eventhub.people.models import Person as Higher", FLOORS),
    Plant("kit importing the embedded servers", "kit/health.py", "import eventhub.local.postgres", FLOORS),
    Plant("a feature importing the app", "people/views.py", "from eventhub.app import create_app", FLOORS),
    Plant("undeclared feature", "surveillance/__init__.py", '"""New."""', FLOORS),
    Plant("undeclared module of a feature", "registration/extras.py", '"""New."""', PLAN),
    Plant("cycle inside a feature", "people/models.py", "import eventhub.people.queries", PLAN),
    Plant("actions importing forms", "registration/actions.py", "import eventhub.registration.forms", PLAN),
    Plant("sideways between pages", "people/views.py", "import eventhub.people.organiser_views", PLAN),
    Plant("view importing another feature's forms", "registration/views.py", "import eventhub.people.forms", PAGES),
    Plant("view importing another feature's views", "calendars/views.py", "import eventhub.programme.views", PAGES),
    Plant("celery in a feature", "registration/actions.py", "import celery", QUEUE),
    Plant("kombu in the kit", "kit/limits.py", "from kombu import Connection", QUEUE),
    Plant("a feature importing a task", "calendars/actions.py", "import workers.calendars", WORKERS),
    Plant("numbers where the web asks", "selecting/asking.py", "import eventhub.selecting.engine", NUMBERS),
    Plant("the solver of numbers in a list", "selecting/reserves.py", "import highspy", NUMBERS),
    Plant("the database in what calculates", "selecting/selection.py", "import sqlalchemy", PURE),
    Plant("flask in models", "registration/models.py", "from flask import g", WEB),
    Plant("wtforms in actions", "people/actions.py", "from wtforms import Form", WEB),
    Plant("flask-login in access", "programme/access.py", "from flask_login import current_user", WEB),
    Plant("werkzeug in queries", "calendars/queries.py", "from werkzeug.exceptions import abort", WEB),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree, to be spoilt."""
    home = tmp_path_factory.mktemp("planted")
    for package in ("eventhub", "workers"):
        ignored = shutil.ignore_patterns("__pycache__", "static", "translations", "texts", "*.json", "*.css")
        shutil.copytree(ROOT / package, home / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", home)
    return home


@pytest.fixture
def planted(copy: Path) -> Iterator[Path]:
    """The copy, and the tree as it was afterwards."""
    before = {path: path.read_bytes() for path in copy.rglob("*.py")}
    yield copy
    for path in copy.rglob("*.py"):
        if path not in before:
            path.unlink()
        elif path.read_bytes() != before[path]:
            path.write_bytes(before[path])
    for folder in (copy / "eventhub").iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def broken_contracts(folder: Path) -> list[str]:
    """What lint-imports finds broken in a tree; it must have understood all of it."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    broken = re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE)
    # Exhaustive contracts stop the whole check, naming the container of what was not declared.
    undeclared = re.findall(r"not listed as a layer|not listed.*|Undeclared.*", done.stdout)
    assert (done.returncode == 0) == (not broken and not undeclared), done.stdout + done.stderr
    return broken


def test_the_tree_holds(copy: Path) -> None:
    assert broken_contracts(copy) == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_violation_is_named(planted: Path, plant: Plant) -> None:
    file = planted / "eventhub" / plant.file
    file.parent.mkdir(exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(f"{before}\n{plant.line}\n", encoding="utf-8")
    assert any(name.startswith(plant.contract) for name in broken_contracts(planted))


def test_no_relative_or_hidden_imports() -> None:
    """An import inside a function would pass by the contracts of a reader, if not of the linter: ruff refuses both."""
    configuration = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"PLC0415"' in configuration
    assert 'ban-relative-imports = "all"' in configuration
