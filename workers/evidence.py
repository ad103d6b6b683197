"""Mails about evidence and comments, and the sweep."""

import uuid
from datetime import timedelta

from eventhub.evidence import keeping, letters
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("evidence.link_asked")
def link_asked(voice_id: str) -> Letter | None:
    """The link to say something about a commitment."""
    return letters.link_asked(uuid.UUID(voice_id))


@mails("evidence.reply_asked")
def reply_asked(reply_id: str) -> Letter | None:
    """A comment is shown, and its maker may reply."""
    return letters.reply_asked(uuid.UUID(reply_id))


@mails("evidence.assessed")
def assessed(review_id: str, voice_id: str) -> Letter | None:
    """What was checked is public, and its maker reads why."""
    return letters.assessed(uuid.UUID(review_id), uuid.UUID(voice_id))


@by_the_clock("evidence.forget", timedelta(hours=1))
def forget() -> None:
    """Forget who asked for a link and sent nothing."""
    while keeping.forget(now()):
        db.session.flush()
