"""Who sets up an evaluation and reads what came of it: organisers of the event. To all others it does not exist."""

from collections.abc import Iterable

from eventhub.kit.errors import NotFound
from eventhub.people.models import RoleGrant
from eventhub.programme.models import Event
from eventhub.registration import access as registration


def may_keep(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Whether somebody looks after the evaluation of an event."""
    return registration.may_set_up(grants, event)


def demand_keep(grants: Iterable[RoleGrant], event: Event) -> Event:
    """Raises NotFound."""
    if not may_keep(grants, event):
        raise NotFound
    return event
