"""What is owed after the desk has answered a wish, and when wishes and visas are deleted."""

import uuid
from datetime import timedelta

from eventhub.arrangements import keeping, letters, queries
from eventhub.arrangements.models import Status
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.programme.models import Publication
from eventhub.registration.queries import with_person
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("arrangements.confirmed")
def confirmed(registration_id: str) -> Letter | None:
    """Something is arranged."""
    return _answered(registration_id, Status.CONFIRMED)


@mails("arrangements.not_possible")
def not_possible(registration_id: str) -> Letter | None:
    """Something is not possible."""
    return _answered(registration_id, Status.NOT_POSSIBLE)


@by_the_clock("arrangements.forget", timedelta(hours=1))
def forget() -> None:
    """Delete wishes and visas whose days are over."""
    while keeping.delete_expired(now()):
        db.session.flush()


def _answered(registration_id: str, status: Status) -> Letter | None:
    """None where no wish stands so any more, the person is not expected, or the event is cancelled: the page says what
    is true.
    """
    registration = with_person(uuid.UUID(registration_id))
    if registration is None or registration.state not in queries.WANTED_IN:
        return None
    if registration.event.publication is Publication.CANCELLED:
        return None
    return letters.answered(registration, status) if queries.stands_so(registration.id, status) else None
