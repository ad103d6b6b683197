"""Readers for files and scores of many: asked of programs of their own with no transaction open; and the mails."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog

from eventhub.kit import outbox
from eventhub.kit.db import unit_of_work
from eventhub.kit.mail import Letter
from eventhub.kit.outbox import Taken, promise
from eventhub.reviewing import asking, assigning, letters, queries, scoring
from workers.app import celery, flask_app, mails
from workers.upkeep import by_the_clock

log = structlog.get_logger()
ASSIGN, CALIBRATE = "reviewing.assign", "reviewing.calibrate"


@celery.task(name=ASSIGN)
def assign(promise_id: int) -> None:
    """Work out who reads what, and keep it as a draft."""
    _work(promise_id, ASSIGN, _assign)


@celery.task(name=CALIBRATE)
def calibrate(promise_id: int) -> None:
    """Reckon what all reviews of a call say together."""
    _work(promise_id, CALIBRATE, _calibrate)


def _work(promise_id: int, name: str, work: Callable[[Taken], None]) -> None:
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, name)
        if taken is None:
            return
        try:
            work(taken)
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=name, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise


def _assign(taken: Taken) -> None:
    call_id, draft_id = (uuid.UUID(taken.payload[name]) for name in ("call_id", "draft_id"))
    with unit_of_work():
        draft = queries.draft_of(call_id, draft_id)
        hard = bool(draft.figures.get("languages_hard", True))
        request = assigning.gather(queries.call_by_id(call_id), languages_hard=hard)
    assert request.panel is not None  # noqa: S101 (gather always names it)
    if request.do == "reassign":
        answer = asking.reassigned(request.panel, request.held)
    else:
        answer = asking.assigned(request.panel)
    with unit_of_work():
        if outbox.keep(taken):
            assigning.keep(call_id, draft_id, assigning.digest(request), answer)


def _calibrate(taken: Taken) -> None:
    call_id = uuid.UUID(taken.payload["call_id"])
    with unit_of_work():
        found = scoring.due(call_id)
    made = asking.calibrated(found[0]) if found else None
    with unit_of_work():
        if not outbox.keep(taken) or found is None or made is None:
            return
        if scoring.keep(call_id, found[1], made) is None:
            promise(CALIBRATE, call_id=call_id)


@by_the_clock("reviewing.score", timedelta(minutes=30))
def score() -> None:
    """Reckon anew wherever reviews came in since the last time."""
    for call_id in queries.calls_to_score():
        promise(CALIBRATE, call_id=call_id)


@mails("reviewing.files_wait")
def files_wait(gate_id: str) -> Letter | None:
    """To a reader: files wait behind a gate."""
    return letters.files_wait(uuid.UUID(gate_id))


@mails("reviewing.reminded")
def reminded(call_id: str, person_id: str) -> Letter | None:
    """To a reader who has files to hand in. Nothing where all are in meanwhile."""
    return letters.reminded(uuid.UUID(call_id), uuid.UUID(person_id))


@mails("reviewing.taken_back")
def taken_back(call_id: str, person_id: str, number: int) -> Letter | None:
    """To a reader: somebody else reads some files."""
    return letters.taken_back(uuid.UUID(call_id), uuid.UUID(person_id), number)
