"""The solver, asked in a task: it takes seconds, and a page never waits for it."""

import uuid
from time import monotonic

import structlog

from eventhub.kit import outbox
from eventhub.kit.db import unit_of_work
from eventhub.kit.outbox import Taken
from eventhub.selecting import running
from eventhub.selecting.asking import Answer, Progress, SolverDied, SolverRefused, SolverTookTooLong, asked
from eventhub.selecting.inputs import NoInputs
from eventhub.selecting.models import Failed
from eventhub.selecting.running import Work
from workers.app import celery, flask_app
from workers.papers import Hold, LeaseLost

log = structlog.get_logger()
NAME = "selecting.run"
SILENCE = 45.0
"""Seconds without a word of the child: longer than its longest search, shorter than a lease."""
LONGEST = 840.0
TRIES = 3
"""When so many workers died of one question, nobody tries it again unless it is asked again."""
SAID_EACH = 1.0
"""Seconds between two words on how far it is."""


@celery.task(name=NAME)
def run(promise_id: int) -> None:
    """Answer one question: taking it up and keeping the answer are two units of work, and between them only progress is
    written.
    """
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, NAME)
        if taken is None:
            return
        run_id = uuid.UUID(taken.payload["run_id"])
        try:
            if taken.tries > TRIES:
                _given_up(taken, run_id, Failed.DIED)
                return
            _answered(taken, run_id)
        except LeaseLost:
            return
        except NoInputs as error:
            _given_up(taken, run_id, error.why)
        except SolverDied:
            _given_up(taken, run_id, Failed.DIED)
        except SolverTookTooLong:
            _given_up(taken, run_id, Failed.TOO_LONG)
        except SolverRefused:
            _given_up(taken, run_id, Failed.REFUSED)
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=NAME, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise


def _answered(taken: Taken, run_id: uuid.UUID) -> None:
    with unit_of_work():
        work = running.take_up(run_id)
        if work is None:
            outbox.keep(taken)
            return
    data = _heard(taken, work)
    with unit_of_work():
        if data is not None:
            running.keep(work, data)
        if not outbox.keep(taken):  # another task answers it or has answered it
            raise LeaseLost


def _heard(taken: Taken, work: Work) -> object:
    """The answer of the child; None when the board does not want to know any more, which ends the child."""
    hold, said = Hold(taken), 0.0
    for heard in asked(work.verb, silence=SILENCE, longest=LONGEST, **work.request):
        if isinstance(heard, Answer):
            return heard.data
        hold()
        if isinstance(heard, Progress) and monotonic() - said > SAID_EACH:
            with unit_of_work():
                if not running.progress(work.run_id, heard.done, heard.of):
                    return None
            said = monotonic()
    return None


def _given_up(taken: Taken, run_id: uuid.UUID, why: Failed) -> None:
    """A clear word on the page. It can be asked again; nothing tries by itself."""
    with unit_of_work():
        running.fail(run_id, why)
        outbox.keep(taken)
