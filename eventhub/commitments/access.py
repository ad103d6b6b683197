"""Who captures commitments in the room, and who looks after their records. What is out of reach does not exist."""

from collections.abc import Iterable

from eventhub.kit.errors import NotFound
from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.access import scope_of
from eventhub.programme.models import Event

KEEPERS = (Role.ORGANISER,)
"""Who asks makers, verifies, publishes and withdraws."""
CAPTURERS = (*KEEPERS, Role.RAPPORTEUR)
"""Who writes down what is said, and sees what was written down."""

Grants = Iterable[RoleGrant]


def may_capture(grants: Grants, event: Event) -> bool:
    """Whether what is said at this event may be written down, and read again."""
    return holds(grants, *CAPTURERS, scope=scope_of(event))


def may_keep(grants: Grants, event: Event) -> bool:
    """Whether makers may be asked, and commitments verified, published and withdrawn."""
    return holds(grants, *KEEPERS, scope=scope_of(event))


def demand_capture(grants: Grants, event: Event | None) -> Event:
    """Raises NotFound for an event that is none, or out of reach."""
    if event is None or not may_capture(grants, event):
        raise NotFound
    return event


def demand_keep(grants: Grants, event: Event | None) -> Event:
    """Raises NotFound to everybody who may not look after its commitments."""
    if event is None or not may_keep(grants, event):
        raise NotFound
    return event


def may_look(grants: Grants) -> bool:
    """Whether there is a list of records for these roles, be it empty."""
    return any(grant.role in (*CAPTURERS, Role.ADMIN) for grant in grants)
