"""Mails that come back: reports from a file, the input or a Maildir are noted at the mail they are about.

A report names a mail by its Message-ID, which nobody has but who has the mail. It changes what the desk sees of that
mail, and nothing else; nobody is told.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import update

from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.mail import note_bounce
from eventhub.kit.outbox import Promise
from eventhub.mailings import dsn
from eventhub.mailings.models import MailingLine, Outcome
from eventhub.mailings.sending import LETTER

PATIENCE = 10
"""Seconds for the child, which stops itself sooner by its own limit of computing time."""


def parsed(raw: bytes) -> tuple[str, str] | None:
    """The Message-ID and the status of a report, read in a child process with limits. None for whatever is none."""
    try:
        done = subprocess.run(  # noqa: S603 (our own program, told nothing)
            [sys.executable, "-I", "-S", dsn.__file__],
            input=raw[: dsn.BIGGEST],
            capture_output=True,
            timeout=PATIENCE,
            check=True,
            env={"PATH": os.defpath},
        )
        told = json.loads(done.stdout)
        message_id, status = str(told["message_id"]), str(told["status"])
    except (subprocess.SubprocessError, ValueError, TypeError, KeyError):
        return None
    if not (dsn.MESSAGE_ID.fullmatch(message_id) and dsn.STATUS.fullmatch(status)):
        return None
    return message_id, status


def take(raw: bytes) -> bool:
    """Note one report. Whether it told something of a mail of ours that was not known. Safe to repeat."""
    told = parsed(raw)
    number = note_bounce(*told) if told else None
    promise = db.session.get(Promise, number) if number is not None else None
    if promise is None:
        return False
    if promise.task == LETTER:
        table = table_of(MailingLine)
        mine = update(table).where(table.c.id == uuid.UUID(promise.payload["line_id"]))
        db.session.execute(mine.values(state=Outcome.BOUNCED, why=None, moved_at=now()))
    return True


def waiting(folder: Path) -> Iterator[Path]:
    """The messages of a Maildir that nobody has read yet, the oldest first."""
    new = folder / "new"
    yield from sorted((path for path in new.iterdir() if path.is_file()), key=lambda path: (path.stat().st_mtime, path))


def put_away(message: Path) -> None:
    """Mark a message of a Maildir as read."""
    seen = message.parent.parent / "cur"
    seen.mkdir(exist_ok=True)
    message.rename(seen / f"{message.name.partition(':')[0]}:2,S")
