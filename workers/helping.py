"""The mail of a helper, and the end of names that are needed no more."""

import uuid
from datetime import timedelta

from eventhub.helping import keeping, letters, queries
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("helping.named")
def named(charge_id: str) -> Letter | None:
    """There is a link for you. Nothing when it was taken, taken back or refused meanwhile."""
    found = queries.told(uuid.UUID(charge_id))
    return letters.named(*found) if found else None


@by_the_clock("helping.forget", timedelta(hours=1))
def forget() -> None:
    """Delete names, mailboxes and telephones beside registrations, thirty days after the event."""
    while keeping.forget(now()):
        db.session.flush()
