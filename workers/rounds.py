"""Follow-up rounds by the clock, their mails, and copies of answers."""

import uuid
from datetime import timedelta

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.rounds import asking, copies, copy_paper, keeping, letters, opening, queries
from workers.app import celery, mails
from workers.papers_made import make_file
from workers.upkeep import by_the_clock


@mails("rounds.asked")
def asked(link_id: str, number: int) -> Letter | None:
    """What became of it? Nothing when all was answered meanwhile, the link ended, or a newer mail is promised."""
    found = queries.behind_link(uuid.UUID(link_id))
    return letters.asked(found) if found and number == found.link.mailed else None


@mails("rounds.reminded")
def reminded(link_id: str, number: int) -> Letter | None:
    """A reminder; nothing when another one was promised meanwhile."""
    found = queries.behind_link(uuid.UUID(link_id))
    return letters.reminded(found) if found and number == found.link.mailed else None


@mails("rounds.handed_on")
def handed_on(link_id: str, number: int) -> Letter | None:
    """A colleague asks somebody to answer for a part."""
    found = queries.behind_link(uuid.UUID(link_id))
    if found is None or number != found.link.mailed or found.link.parent_id is None:
        return None
    giver = queries.behind_link(found.link.parent_id)
    return letters.handed_on(found, letters.giver(giver.link) if giver else "")


@by_the_clock("rounds.step", timedelta(minutes=15))
def step() -> None:
    """Open rounds whose day has come, close those that are over, go on where mails came back, and remind."""
    moment = now()
    opening.close_due(moment)
    opening.open_due(moment)
    opening.align(moment)
    while asking.bounced_due():
        db.session.flush()
    asking.follow_contacts()
    asking.resume_due(moment)
    asking.remind_due(moment)


@by_the_clock("rounds.forget", timedelta(hours=1))
def forget() -> None:
    """Forget the mailboxes of rounds that closed long ago, and copies whose day is over."""
    while keeping.forget(now()):
        db.session.flush()
    copies.drop_outdated(now())


@celery.task(name=copies.NAME)
def make_copy(promise_id: int) -> None:
    """Make one copy of answers as a file."""
    make_file(
        promise_id,
        copies.NAME,
        to_make=copies.to_make,
        gather=copy_paper.gather,
        make=copy_paper.make,
        keep=lambda paper, _read, body, moment: copies.keep(paper, body, at=moment),
    )
