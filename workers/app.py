"""The Celery application and the two shapes of a task: one that writes, one that is a mail.

A task is told only the number of its promise; what it is about stands in the database.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import redis
import structlog
from celery import Celery
from flask import g

from eventhub.app import create_app
from eventhub.kit import outbox
from eventhub.kit.config import load_settings
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import Letter, post

log = structlog.get_logger()
settings = load_settings(process_name="eventhub-worker")
flask_app = create_app(settings)

FEATURES = (
    "workers.people",
    "workers.registration",
    "workers.fund_desk",
    "workers.delegations",
    "workers.helping",
    "workers.commitments",
    "workers.tracker",
    "workers.evidence",
    "workers.rounds",
    "workers.evaluations",
    "workers.funding",
    "workers.arrangements",
    "workers.awards",
    "workers.mailings",
    "workers.funding",
    "workers.papers",
    "workers.programme",
    "workers.selecting",
    "workers.calendars",
    "workers.reviewing",
    "workers.upkeep",
)

celery = Celery("eventhub", broker=settings.redis_url, include=FEATURES)
celery.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    # Whoever breaks into the broker may repeat tasks; orders to the workers themselves are not taken from there.
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 300, "socket_timeout": 10, "socket_connect_timeout": 3},
    timezone="UTC",
    enable_utc=True,
)


def writes(name: str) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """A task that only writes to our database: done and kept in one transaction. It receives the payload."""

    def decorate(work: Callable[..., None]) -> Callable[[int], None]:
        @celery.task(name=name)
        @wraps(work)
        def run(promise_id: int) -> None:
            with flask_app.app_context():
                g.lang = "en"
                with unit_of_work():
                    taken = outbox.take(promise_id, name)
                if taken is None:
                    return
                try:
                    with unit_of_work():
                        work(**taken.payload)
                        if not outbox.keep(taken):  # the lease was lost: another task does it or has done it
                            db.session.rollback()
                except Exception as error:
                    log.error("task.failed", promise=promise_id, task=name, error=type(error).__name__)
                    with unit_of_work():
                        outbox.release(taken, type(error).__name__, error)
                    raise

        return cast(Callable[[int], None], run)

    return decorate


def mails(name: str) -> Callable[[Callable[..., Letter | None]], Callable[[int], None]]:
    """A task that is one mail: the function takes the payload and returns the letter, or None when none is due."""

    def decorate(write: Callable[..., Letter | None]) -> Callable[[int], None]:
        @celery.task(name=name)
        @wraps(write)
        def run(promise_id: int) -> None:
            with flask_app.app_context():
                post(promise_id, write, name)

        return cast(Callable[[int], None], run)

    return decorate


def deliver(task: str, promise_id: int) -> Any:
    """Hand a promise to the queue; unknown names fail here, loudly, and stay in the outbox."""
    celery.loader.import_default_modules()
    return celery.tasks[task].apply_async(args=[promise_id], retry=False, expires=600)


def waiting() -> int:
    """How many tasks lie in the queue. Raises redis.RedisError within a second when the broker is away."""
    client: redis.Redis = flask_app.extensions["eventhub.redis"]
    length: Any = client.llen(celery.conf.task_default_queue)
    return int(length)
