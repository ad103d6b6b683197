"""Who may work at the doors, say who passes them, and take the attendance out of the house."""

from collections.abc import Iterable

from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event
from eventhub.registration.access import DESK, Sight, desk_sight, scope_of

AT_THE_DOOR = (Role.CHECK_IN, Role.ACCREDITATION_OFFICER, Role.ORGANISER)


def may_check_in(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Check-in staff, and those who work at the desk."""
    return holds(grants, *AT_THE_DOOR, scope=scope_of(event))


def may_set_rules(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Organisers say who passes which gate."""
    return holds(grants, Role.ORGANISER, scope=scope_of(event))


def may_accredit(grants: Iterable[RoleGrant], event: Event) -> bool:
    """The accreditation desk lets a walk-in in where the event decides on everybody; others only file the person."""
    return holds(grants, Role.ACCREDITATION_OFFICER, scope=scope_of(event))


def may_decide(grants: Iterable[RoleGrant], event: Event) -> bool:
    """The desk undoes an entry, and lets a walk-in pass a waiting list; whoever only scans does not."""
    return holds(grants, *DESK, scope=scope_of(event))


def export_sight(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """What a file of the attendance shows. Raises NotFound for check-in staff: they take no list home."""
    return desk_sight(grants, event)
