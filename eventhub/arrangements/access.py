"""Who may see what people and sessions need. What is out of scope does not exist."""

from collections.abc import Iterable

from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event
from eventhub.registration import access as registration
from eventhub.registration.access import Sight


def desk(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """What somebody who arranges things for an event sees. Raises NotFound for everybody who does not work at its desk:
    the same people may open the sealed answers that ask for such things.
    """
    return registration.desk_sight(grants, event)


def may_set_up(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Organisers say how early things must be ordered."""
    return holds(grants, Role.ORGANISER, scope=registration.scope_of(event))
