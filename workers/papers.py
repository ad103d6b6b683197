"""Papers: read what they say, print them with no transaction open, keep them; and let them die after a day."""

import uuid
from datetime import timedelta
from time import monotonic

import structlog

from eventhub.arrangements import visas
from eventhub.kit import files, outbox
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Taken
from eventhub.papers import actions, making, queries
from eventhub.papers.making import Manuscript, NotMade
from eventhub.papers.models import Kind, PaperOrder
from workers.app import celery, flask_app
from workers.upkeep import by_the_clock

log = structlog.get_logger()
NAME = "papers.make"
HOLD = 8.0
"""Seconds after which the lease is held anew: what is left of it is enough for the printer (typeset.LONGEST)."""


class LeaseLost(Exception):
    """Another task makes this paper, or has made it."""


@celery.task(name=NAME)
def make(promise_id: int) -> None:
    """Make one paper or one batch. A thousand badges with photographs take minutes: gathering and keeping are two units
    of work, and between them, while photographs are drawn and printed, nothing is locked.
    """
    with flask_app.app_context():
        with unit_of_work():
            taken = outbox.take(promise_id, NAME)
        if taken is None:
            return
        try:
            manuscript = _gathered(taken)
            if manuscript is not None:
                hold = Hold(taken)
                making.develop(manuscript, hold)
                hold()
                body = making.print_out(manuscript)
                hold()
                _kept(taken, manuscript, body)
        except LeaseLost:
            return
        except Exception as error:
            log.error("task.failed", promise=promise_id, task=NAME, error=type(error).__name__)
            with unit_of_work():
                outbox.release(taken, type(error).__name__, error)
            raise


class Hold:
    """Holds the lease of a promise while it is called now and then."""

    def __init__(self, taken: Taken) -> None:
        self._taken, self._since = taken, monotonic()

    def __call__(self) -> None:
        """Raises LeaseLost."""
        if monotonic() - self._since < HOLD:
            return
        with unit_of_work():
            if not outbox.renew(self._taken):
                raise LeaseLost
        self._since = monotonic()


@by_the_clock("papers.sweep", timedelta(minutes=30))
def sweep() -> None:
    """Papers die after a day, names of those who are gone within the hour; the bytes with the next sweep of the file
    store.
    """
    while actions.make_anew_without_those_gone():
        pass
    while actions.drop_outdated():
        pass


def note_letter(order: PaperOrder) -> None:
    """Whoever got the invitation letter for a visa is known to have it."""
    if order.kind is Kind.VISA_LETTER and order.registration_id is not None:
        visas.letter_made(order.registration_id)


def _gathered(taken: Taken) -> Manuscript | None:
    """What to print, or None when nothing is left to do."""
    with unit_of_work():
        order = queries.to_print(uuid.UUID(taken.payload["order_id"]))
        if order is None:
            outbox.keep(taken)
            return None
        try:
            manuscript = making.gather(order)
        except NotMade as error:
            actions.give_up(order, error.problem, error.left_out)
            outbox.keep(taken)
            return None
        actions.name_in(order, [one.registration_id for one in manuscript.people])
        return manuscript


def _kept(taken: Taken, manuscript: Manuscript, body: bytes) -> None:
    order_id = uuid.UUID(taken.payload["order_id"])
    with unit_of_work():
        # What is slow comes before the lock, for which those who hide would have to wait.
        file = actions.store(order_id, body)
        order = queries.to_print(order_id)
        if order is not None and file is not None and making.holds(order, manuscript):
            actions.keep(order, file, at=manuscript.at, number=manuscript.number, left_out=manuscript.left_out)
            note_letter(order)
        else:
            if file is not None:
                files.remove(file)
            if order is not None:  # somebody hid while this was printed
                actions.owe_again(order)
        if not outbox.keep(taken):  # the lease was lost: another task does it or has done it
            db.session.rollback()
