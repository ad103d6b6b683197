"""Migrations: run by the command, only looked at by the web, which need not load Alembic for that (11 MB)."""

import re
from functools import lru_cache
from pathlib import Path

from flask import current_app

from eventhub.kit.db import db

FOLDER = Path(__file__).parent.parent.parent / "migrations"
REVISION = re.compile(r'^(revision|down_revision) = (?:"([^"]+)"|None)', re.MULTILINE)


@lru_cache(maxsize=1)
def heads() -> frozenset[str]:
    """The revisions that no other one follows: what a database that is up to date stands at."""
    known: set[str] = set()
    followed: set[str] = set()
    for file in (FOLDER / "versions").glob("*.py"):
        for kind, name in REVISION.findall(file.read_text(encoding="utf-8")):
            (known if kind == "revision" else followed).add(name)
    return frozenset(known - followed)


def upgrade_database() -> None:
    """Bring the tables of the current app's database up to date, as their owner."""
    # Late, since only the command migrates: Alembic would cost every web worker 11 MB.
    from flask_migrate import Migrate, upgrade  # noqa: PLC0415

    Migrate(current_app, db, directory=str(FOLDER), compare_type=True)
    upgrade()
