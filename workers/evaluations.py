"""Evaluations by the clock, and their mails. Marks and answers are written by two jobs, each in its own transaction."""

import uuid
from datetime import timedelta

from eventhub.evaluations import actions, counting, letters, queries
from eventhub.kit.clock import now
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock

EVERY = timedelta(minutes=15)


@mails("evaluations.asked")
def asked(invitation_id: str) -> Letter | None:
    """How was it? Nothing when it was answered, or is over."""
    found = queries.invited(uuid.UUID(invitation_id))
    return letters.asked(found) if found else None


@mails("evaluations.reminded")
def reminded(invitation_id: str) -> Letter | None:
    """One reminder; nothing when the link is marked by now."""
    found = queries.invited(uuid.UUID(invitation_id))
    return letters.reminded(found) if found else None


@by_the_clock("evaluations.step", EVERY)
def step() -> None:
    """Close what is over and counted, open what is due, remind, and forget who was asked a year ago."""
    moment = now()
    actions.close_due(moment)
    actions.open_due(moment)
    actions.remind_due(moment)
    actions.forget_due(moment)


@by_the_clock("evaluations.mark", EVERY)
def mark() -> None:
    """Mark links that were answered, many at once."""
    counting.mark_due(now())


@by_the_clock("evaluations.take", EVERY)
def take() -> None:
    """Move the answers of marked links, shuffled."""
    counting.take_due(now())
