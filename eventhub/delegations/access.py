"""Who may do what with delegations. What is out of reach does not exist."""

import uuid
from collections.abc import Iterable

from eventhub.delegations.models import Delegation
from eventhub.kit.errors import NotFound
from eventhub.people.models import RoleGrant
from eventhub.programme.models import Event
from eventhub.registration.access import works_at_desk


def demand_desk(grants: Iterable[RoleGrant], event: Event) -> Event:
    """Delegations are looked after by whoever works at the event's desk. Raises NotFound for everybody else."""
    if not works_at_desk(grants, event):
        raise NotFound
    return event


def is_focal_point(person_id: uuid.UUID, delegation: Delegation) -> bool:
    """Whether somebody is the focal point of a delegation now."""
    return delegation.focal_id == person_id


def may_nominate(person_id: uuid.UUID, delegation: Delegation) -> bool:
    """Only while the delegation is open: afterwards the focal point still sees the list."""
    return is_focal_point(person_id, delegation) and delegation.closed_at is None
