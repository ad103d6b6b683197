"""Who may ask for which paper. What is out of scope does not exist."""

from collections.abc import Iterable

from eventhub.papers.models import GIVEN_IN, BadgeName, Kind, PaperOrder
from eventhub.people.access import holds
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event, Mode, Publication
from eventhub.registration import access as registration
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration

REMOTE = frozenset({"remote_speaking", "remote_listening", "video_statement", "written_only"})
"""Ways of taking part for which nobody travels."""


def desk(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """What somebody who prints for an event sees. Raises NotFound for everybody who does not work at its desk."""
    return registration.desk_sight(grants, event)


def may_print_badges(seen: Sight, rule: BadgeName) -> bool:
    """Badges with legal names are made by those alone who may see legal names."""
    return rule is BadgeName.PUBLIC or seen is Sight.BADGES


def may_have(seen: Sight, order: PaperOrder) -> bool:
    """Whether a paper of the desk may be printed for, and fetched by, somebody who sees this much now: roles end, and a
    batch that was asked for under one role is not handed out under a lesser one.
    """
    if order.badge_name is None:  # samples, and the list, which names by public names alone
        return True
    saw_photos = order.photos and order.sight is Sight.BADGES
    return may_print_badges(seen, order.badge_name) and (seen is Sight.BADGES or not saw_photos)


def may_set_up(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Organisers say how the papers look. Which name stands on a badge is theirs to say, not theirs to see."""
    return holds(grants, Role.ORGANISER, scope=registration.scope_of(event))


def kinds_for(registration: Registration, event: Event) -> list[Kind]:
    """The papers that the owner of a registration can have now."""
    if event.publication is Publication.CANCELLED:
        return []
    travels = event.mode is not Mode.ONLINE and registration.attendance_mode not in REMOTE
    return [
        kind
        for kind, states in GIVEN_IN.items()
        if registration.state in states and (kind is not Kind.VISA_LETTER or travels)
    ]
