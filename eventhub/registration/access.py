"""Who may do what at the desk. What is out of scope does not exist: the same 404 as a wrong address."""

import uuid
from collections.abc import Iterable
from enum import StrEnum

from eventhub.kit.errors import NotFound
from eventhub.people.access import Scope, holds, ids_covered
from eventhub.people.models import Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event

DESK = (Role.ORGANISER, Role.ACCREDITATION_OFFICER)


class Sight(StrEnum):
    """What somebody sees of an event's registrations."""

    BADGES = "badges"
    """The accreditation officer: legal names, since badges are made here."""

    PUBLIC_NAMES = "public_names"
    """The organiser: the public name wherever a person has set one."""

    COUNTS = "counts"
    """The host partner: suppressed counts, never a row."""


def scope_of(event: Event) -> Scope:
    """An event as a scope of roles."""
    return Scope(series_id=event.series_id, event_id=event.id)


def sight(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """How much of this event's registrations the roles show. Raises NotFound when nothing."""
    scope, mine = scope_of(event), list(grants)
    if holds(mine, Role.ACCREDITATION_OFFICER, scope=scope):
        return Sight.BADGES
    if holds(mine, Role.ORGANISER, scope=scope):
        return Sight.PUBLIC_NAMES
    if holds(mine, Role.HOST_PARTNER, scope=scope):
        return Sight.COUNTS
    raise NotFound


def desk_sight(grants: Iterable[RoleGrant], event: Event) -> Sight:
    """The sight of somebody who works at the desk. Raises NotFound for everybody else."""
    seen = sight(grants, event)
    if seen is Sight.COUNTS:
        raise NotFound
    return seen


def works_at_desk(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Whether somebody sees the people of an event, and so may know its exact numbers."""
    return holds(grants, *DESK, scope=scope_of(event))


def may_set_up(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Organisers say when registration opens, and how many seats there are."""
    return holds(grants, Role.ORGANISER, scope=scope_of(event))


def works_for_security(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Whether somebody says for security what there is against a person."""
    return holds(grants, Role.SECURITY_OFFICER, scope=scope_of(event))


def secured(grants: Iterable[RoleGrant]) -> tuple[set[uuid.UUID] | None, set[uuid.UUID]]:
    """The series and the events for whose security somebody speaks; None for the series means all of them."""
    mine = list(grants)
    series = ids_covered(mine, ScopeKind.SERIES, Role.SECURITY_OFFICER)
    return series, ids_covered(mine, ScopeKind.EVENT, Role.SECURITY_OFFICER) or set()


def desks(grants: Iterable[RoleGrant]) -> tuple[set[uuid.UUID] | None, set[uuid.UUID]]:
    """The series and the events at whose desks somebody works; None for the series means all of them."""
    mine = list(grants)
    series = ids_covered(mine, ScopeKind.SERIES, *DESK)
    return series, ids_covered(mine, ScopeKind.EVENT, *DESK) or set()


def counted(grants: Iterable[RoleGrant]) -> tuple[bool, set[uuid.UUID]]:
    """What a host partner's counts are for: whether everything, and the series and events by name."""
    mine = [grant for grant in grants if grant.role is Role.HOST_PARTNER]
    everything = any(grant.scope_kind is ScopeKind.ALL for grant in mine)
    return everything, {grant.scope_id for grant in mine if grant.scope_id is not None}


def viewers(seen: Sight) -> frozenset[str]:
    """Which answers the sight reaches (the questionnaire names who may see each one)."""
    return frozenset({"desk", "organiser"}) if seen is Sight.BADGES else frozenset({"organiser"})
