"""Tables of commitments that nobody confirmed, and mails to those who follow some."""

import uuid
from datetime import datetime, timedelta

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.tracker import importing, letters, subscribing
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("tracker.follow_asked")
def follow_asked(reader_id: str) -> Letter | None:
    """The link to agree to mails about commitments."""
    return letters.follow_asked(uuid.UUID(reader_id))


@mails("tracker.digest")
def digest(reader_id: str, since: str, until: str) -> Letter | None:
    """What changed of what somebody follows."""
    return letters.digest(uuid.UUID(reader_id), datetime.fromisoformat(since), datetime.fromisoformat(until))


@by_the_clock("tracker.tell", timedelta(hours=1))
def tell() -> None:
    """Owe the mails of the day, and forget whom nothing is mailed to."""
    while subscribing.tell_due(now()):
        db.session.flush()
    while subscribing.tidy(now()):
        db.session.flush()


@by_the_clock("tracker.forget", timedelta(hours=1))
def forget() -> None:
    """Drop tables that wait for longer than a day."""
    importing.forget(now())
