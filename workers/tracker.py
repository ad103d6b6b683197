"""Tables of commitments that nobody confirmed, mails to those who follow some, and reports as files."""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from eventhub.kit import outbox
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import NotFound
from eventhub.kit.mail import Letter
from eventhub.tracker import importing, letters, report_paper, reports, subscribing
from workers.app import celery, flask_app, mails
from workers.upkeep import by_the_clock

log = structlog.get_logger()


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
    """Drop tables that wait for longer than a day, and reports whose day is over."""
    importing.forget(now())
    reports.drop_outdated(now())


@celery.task(name=reports.NAME)
def make_report(promise_id: int) -> None:
    """Make one report as a file: read in one transaction, printed in none, kept in another."""
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, reports.NAME)
        if taken is None:
            return
        try:
            moment, manuscript, body = now(), None, b""
            with unit_of_work(), suppress(NotFound):
                wanted = reports.to_make(uuid.UUID(taken.payload["report_id"]))
                manuscript = report_paper.gather(wanted, moment) if wanted else None
            if manuscript is not None:
                body = report_paper.make(manuscript, moment)
            with unit_of_work():
                wanted = reports.to_make(uuid.UUID(taken.payload["report_id"]))
                if wanted is not None and manuscript is not None:
                    reports.keep(wanted, body, manuscript.numbers, at=moment)
                if not outbox.keep(taken):  # the lease was lost: another task does it or has done it
                    db.session.rollback()
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=reports.NAME, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise
