"""Releases that the worker gave up: somebody learns of it."""

from datetime import datetime

from sqlalchemy import String, cast, select

from eventhub.awards.release_models import Failed, Release
from eventhub.awards.releasing import fail
from eventhub.awards.staging import hold_call
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise


def stuck_due(moment: datetime) -> int:
    """Releases whose instant is past and which the worker gave up: they are not done, stand in nobody's way any more,
    and whoever set them gets a mail. How many. Safe to repeat.
    """
    given_up = select(Promise.id).where(
        Promise.task == "awards.release",
        Promise.payload["release_id"].astext == cast(Release.id, String),
        Promise.parked_at.is_not(None),
    )
    waits = Release.done_at.is_(None), Release.stopped_at.is_(None), Release.failed.is_(None)
    rows = select(Release.id, Release.call_id).where(*waits, Release.at < moment, given_up.correlate(Release).exists())
    done = 0
    for release_id, call_id in db.session.execute(rows.order_by(Release.call_id)).all():
        hold_call(call_id)
        row = db.session.get_one(Release, release_id, populate_existing=True)
        if not (row.done_at or row.stopped_at or row.failed):
            fail(row, Failed.STUCK)
            done += 1
    return done
