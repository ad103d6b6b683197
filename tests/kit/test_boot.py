"""The house starts, and operators can reach every setting of it."""

import re
from pathlib import Path

from flask import Flask

from eventhub.kit.config import Settings
from eventhub.kit.db import db

ROOT = Path(__file__).parents[2]
NOT_ASKED = {"PROCESS_NAME"}
"""Said by each process of itself."""
FIXED = {"EVENTHUB_HOME"}
"""Said by the image."""


def test_starts(app: Flask, database: None) -> None:
    assert db.session.execute(db.text("select count(*) from person")).scalar() == 0


def test_every_setting_is_explained_and_reaches_the_containers() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {name.upper() for name in Settings.model_fields} - NOT_ASKED - explained == set()
    handed_on = (ROOT / "compose.yaml").read_text()
    assert {name for name in explained - FIXED if not re.search(rf"\b{name}\b", handed_on)} == set()
