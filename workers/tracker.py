"""Tables of commitments that nobody confirmed, mails to those who follow some, and reports as files."""

import uuid
from datetime import datetime, timedelta

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.mail import Letter
from eventhub.tracker import importing, letters, report_paper, reports, subscribing
from eventhub.tracker.models import SessionReport
from workers.app import celery, mails
from workers.papers_made import make_file
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
    """Drop tables that wait for longer than a day, and reports whose day is over."""
    importing.forget(now())
    reports.drop_outdated(now())


@celery.task(name=reports.NAME)
def make_report(promise_id: int) -> None:
    """Make one report as a file; nothing where what it is about is not public any more."""
    make_file(
        promise_id,
        reports.NAME,
        to_make=reports.to_make,
        gather=_gathered,
        make=report_paper.make,
        keep=lambda wanted, manuscript, body, moment: reports.keep(wanted, body, manuscript.numbers, at=moment),
    )


def _gathered(wanted: SessionReport, moment: datetime) -> report_paper.Manuscript | None:
    try:
        return report_paper.gather(wanted, moment)
    except NotFound:
        return None
