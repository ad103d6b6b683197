"""What evaluations keep about a person: that she was asked, and on which day the link was marked as answered."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete

from eventhub.evaluations import queries
from eventhub.evaluations.models import Invitation
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person


def own_data(person: Person) -> list[dict[str, Any]]:
    """For the copy of a person's data. What she answered is not known to be hers."""
    return [
        {"event": event.title, "asked_on": asked_on, "answered_on": answered_on}
        for event, asked_on, answered_on in queries.asked_of(person.id)
    ]


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: so is that she was asked. Answers stay, they are nobody's. Safe to repeat."""
    mine = delete(Invitation).where(Invitation.person_id == person_id)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))


def _leave(person: Person, _addresses: Collection[str]) -> None:
    erase(person.id)


people.LEAVING.append(_leave)
