"""Erasures on record: in the database, and in a file outside it so that a restored backup can repeat them.

SAFETY.md property 17. Both hold an id and an instant, nothing else.
"""

import json
import os
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import Base, db

log = structlog.get_logger()


class Erasure(Base):
    """A person whose data were erased."""

    __tablename__ = "erasure"

    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


def note_erasure(person_id: uuid.UUID) -> None:
    """Write an erasure down, last of all in the transaction that erases. Raises OSError when the file cannot be kept:
    then nothing is erased, since a later restore would bring it back.
    """
    moment = now()
    db.session.merge(Erasure(person_id=person_id, at=moment))
    db.session.flush()
    path = erasures_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": moment.isoformat(), "person": str(person_id)}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def erasures_file() -> Path:
    """Where erasures are kept outside the database."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    return settings.eventhub_home / "erasures.jsonl"


def read_erasures(lines: Iterable[str]) -> set[uuid.UUID]:
    """The ids in lines of the file; a line cut short by a crash is passed over."""
    found = set()
    for line in lines:
        try:
            found.add(uuid.UUID(json.loads(line)["person"]))
        except (ValueError, KeyError, TypeError):
            if line.strip():
                log.warning("erasures.unreadable_line")
    return found
