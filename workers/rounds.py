"""Follow-up rounds by the clock, their mails, and copies of answers."""

import uuid
from datetime import timedelta

import structlog

from eventhub.kit import outbox
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import Letter
from eventhub.rounds import asking, copies, copy_paper, keeping, letters, opening, queries
from eventhub.rounds import shown as rounds
from workers.app import celery, flask_app, mails
from workers.upkeep import by_the_clock

log = structlog.get_logger()


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
    return letters.handed_on(found, rounds.who(giver.link) if giver and giver.link.email else "")


@by_the_clock("rounds.step", timedelta(minutes=15))
def step() -> None:
    """Open rounds whose day has come, close those that are over, go on where a mailbox is lost, and remind."""
    moment = now()
    opening.close_due(moment)
    opening.open_due(moment)
    opening.align(moment)
    while asking.bounced_due() or asking.left_due():
        db.session.flush()
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
    """Make one copy of answers as a file: read in one transaction, printed in none, kept in another."""
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, copies.NAME)
        if taken is None:
            return
        try:
            with unit_of_work():
                paper = copies.to_make(uuid.UUID(taken.payload["copy_id"]))
                moment = now()
                data = copy_paper.gather(paper, moment) if paper else None
            body = copy_paper.make(data, moment) if data else b""
            with unit_of_work():
                paper = copies.to_make(uuid.UUID(taken.payload["copy_id"]))
                if paper is not None and body:
                    copies.keep(paper, body, at=moment)
                if not outbox.keep(taken):  # the lease was lost: another task does it or has done it
                    db.session.rollback()
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=copies.NAME, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise
