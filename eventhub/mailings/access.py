"""Who may see, write and send mailings of an event. What is out of scope does not exist."""

from collections.abc import Iterable

from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event
from eventhub.registration import access as registration
from eventhub.registration import numbers
from eventhub.registration.access import Sight


def desk(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """What somebody who drafts mailings sees of people. Raises NotFound for everybody who does not work at the desk."""
    return registration.desk_sight(grants, event)


def may_send(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Organisers send, stop and send again; accreditation officers draft."""
    return holds(grants, Role.ORGANISER, scope=registration.scope_of(event))


def knows_first_timers(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Who comes for the first time is told by the lists of the earlier events: whoever works at the desks of all of
    them may write to these people, and see such a mailing (numbers.py). One statement.
    """
    mine = list(grants)
    return all(registration.works_at_desk(mine, one) for one in numbers.earlier_events(event))
