"""What keeps the house in order by the clock."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import cast

import structlog
from sqlalchemy import delete

from eventhub.kit import audit, files, form_keys
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.kit.slots import JobSlot, beat, take_slot
from eventhub.questionnaires.actions import delete_expired
from workers.app import celery, flask_app

log = structlog.get_logger()
KEPT_PROMISES = timedelta(days=90)


def by_the_clock(name: str, every: timedelta) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A task that beat may start as often as it likes: it does its work once in each slot."""

    def decorate(work: Callable[[], None]) -> Callable[[], None]:
        @celery.task(name=name)
        @wraps(work)
        def run() -> None:
            with flask_app.app_context(), unit_of_work():
                if take_slot(name, every):
                    work()

        return cast(Callable[[], None], run)

    return decorate


@celery.task(name="upkeep.heartbeat")
def heartbeat() -> None:
    """Beat runs, and a worker does what it asks: noted each minute, so that silence is noticed."""
    with flask_app.app_context(), unit_of_work():
        beat()


@by_the_clock("upkeep.seal_audit", timedelta(minutes=5))
def seal_audit() -> None:
    """Keep the head of the chain outside the database, then chain what was written since the last time.

    In this order: only a committed head may be written down, or a failed commit would look like a forged chain.
    """
    _note_head()
    while audit.seal():
        db.session.flush()


def _note_head() -> None:
    position, chain = audit.head()
    if not position:
        return
    settings: Settings = flask_app.extensions["eventhub.settings"]
    settings.eventhub_home.mkdir(parents=True, exist_ok=True)
    heads = settings.eventhub_home / "audit-heads.jsonl"
    with heads.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": now().isoformat(), "position": position, "chain": chain}) + "\n")


@by_the_clock("upkeep.sweep_files", timedelta(hours=1))
def sweep_files() -> None:
    """Delete the bytes of files that were given up, and bytes that belong to nobody."""
    while files.sweep_given_up():
        pass
    files.sweep_orphans()


@by_the_clock("upkeep.sweep", timedelta(hours=1))
def sweep() -> None:
    """Forget what has served its time: form keys, slots, kept promises, answers whose days are over."""
    while delete_expired():
        db.session.flush()
    form_keys.forget_old()
    db.session.execute(delete(JobSlot).where(JobSlot.slot < now() - timedelta(days=30)))
    db.session.execute(delete(Promise).where(Promise.kept_at < now() - KEPT_PROMISES))
