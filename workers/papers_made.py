"""Files that somebody asked for: read in one unit of work, printed in none, kept in another."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog

from eventhub.kit import outbox
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from workers.app import flask_app

log = structlog.get_logger()
Asked = TypeVar("Asked")
Read = TypeVar("Read")


def make_file(
    promise_id: int,
    name: str,
    *,
    to_make: Callable[[uuid.UUID], Asked | None],
    gather: Callable[[Asked, datetime], Read | None],
    make: Callable[[Read, datetime], bytes],
    keep: Callable[[Asked, Read, bytes, datetime], object],
) -> None:
    """Do the promise ``name``, whose payload is the id of one row. ``to_make``: the row, held, None when it is made or
    gone; ``gather``: what the file says, None where there is nothing to say; ``make``: its bytes, while no transaction
    is open; ``keep``: keep them with the row. What fails is released to be tried again, and raised.
    """
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, name)
        if taken is None:
            return
        try:
            (row_id,) = (uuid.UUID(value) for value in taken.payload.values())
            with unit_of_work():
                asked, moment = to_make(row_id), now()
                read = gather(asked, moment) if asked else None
            body = make(read, moment) if read else b""
            with unit_of_work():
                asked = to_make(row_id)
                if asked is not None and read is not None and body:
                    keep(asked, read, body, moment)
                if not outbox.keep(taken):  # the lease was lost: another task does it or has done it
                    db.session.rollback()
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=name, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise
