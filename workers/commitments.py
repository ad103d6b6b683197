"""Mails to makers, and what becomes of links by the clock."""

import uuid
from datetime import timedelta

from eventhub.commitments import confirming, half_typed, keeping, letters, queries
from eventhub.commitments.telling import News
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("commitments.asked")
def asked(asking_id: str) -> Letter | None:
    """Please confirm these words. Nothing when the link was closed meanwhile."""
    found = queries.told(uuid.UUID(asking_id))
    return letters.asked(found) if found else None


@mails("commitments.reminded")
def reminded(asking_id: str) -> Letter | None:
    """The link ends soon."""
    found = queries.told(uuid.UUID(asking_id))
    return letters.reminded(found) if found else None


@mails("commitments.questioned")
def questioned(asking_id: str) -> Letter | None:
    """The secretariat asks the maker something."""
    found = queries.told(uuid.UUID(asking_id))
    return letters.questioned(found) if found else None


@mails("commitments.told")
def told(commitment_id: str, contact_id: str, news: str, number: int, former_id: str | None = None) -> Letter | None:
    """What was done to a commitment. Nothing when it was changed again, or is nobody's to see."""
    former = uuid.UUID(former_id) if former_id else None
    return letters.told(uuid.UUID(commitment_id), uuid.UUID(contact_id), News(news), number, former)


@by_the_clock("commitments.follow_links", timedelta(minutes=15))
def follow_links() -> None:
    """Remind of links that end soon; where one has ended ask the next mailbox, or let the record lapse."""
    while confirming.follow_links(now()):
        db.session.flush()


@by_the_clock("commitments.forget", timedelta(hours=1))
def forget() -> None:
    """Forget the mailboxes of commitments that ended, and what was half typed long ago."""
    half_typed.forget(now())
    while keeping.forget(now()):
        db.session.flush()
