"""Who may register others, and who looks after those who do. What is out of reach does not exist."""

import uuid
from collections.abc import Iterable

from eventhub.helping.models import Charge
from eventhub.kit.errors import NotFound
from eventhub.people.models import RoleGrant
from eventhub.programme.models import Event
from eventhub.registration.access import works_at_desk


def demand_desk(grants: Iterable[RoleGrant], event: Event) -> Event:
    """Helpers are looked after by whoever works at the event's desk. Raises NotFound for everybody else."""
    if not works_at_desk(grants, event):
        raise NotFound
    return event


def may_fill(person_id: uuid.UUID, charge: Charge) -> bool:
    """Whether somebody may still type and read for a person: until the person takes the link, or is taken back."""
    return charge.helper_id == person_id and charge.left_at is None and charge.claimed_at is None
