"""Who assesses what makers claim and reads what others send about it. What is out of reach does not exist."""

from collections.abc import Iterable

from eventhub.kit.errors import NotFound
from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.access import scope_of
from eventhub.programme.models import Event

REVIEWERS = (Role.ORGANISER, Role.COMMITMENT_REVIEWER)
"""Who checks evidence, sets what was found, and moderates."""

Grants = Iterable[RoleGrant]


def may_review(grants: Grants, event: Event) -> bool:
    """Whether commitments of this event may be assessed."""
    return holds(grants, *REVIEWERS, scope=scope_of(event))


def demand_review(grants: Grants, event: Event) -> Event:
    """Raises NotFound to everybody who does not assess there."""
    if not may_review(grants, event):
        raise NotFound
    return event


def may_look(grants: Grants) -> bool:
    """Whether there is a queue for these roles, be it empty."""
    return any(grant.role in (*REVIEWERS, Role.ADMIN) for grant in grants)
