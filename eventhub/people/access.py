"""Who may do what: roles and how far they reach."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from eventhub.people.models import Role, RoleGrant, ScopeKind


@dataclass(frozen=True)
class Scope:
    """Where a deed happens. An event belongs to a series, so both are named."""

    series_id: uuid.UUID | None = None
    event_id: uuid.UUID | None = None
    call_id: uuid.UUID | None = None


def holds(grants: Iterable[RoleGrant], *roles: Role, scope: Scope | None = None) -> bool:
    """Whether one of the grants gives one of the roles (or admin) over the scope.

    Without a scope only grants for everything count.
    """
    return any(grant.role in (*roles, Role.ADMIN) and covers(grant, scope) for grant in grants)


def covers(grant: RoleGrant, scope: Scope | None) -> bool:
    """Whether a grant reaches as far as the scope."""
    if grant.scope_kind is ScopeKind.ALL:
        return True
    if scope is None:
        return False
    reached = {
        ScopeKind.SERIES: scope.series_id,
        ScopeKind.EVENT: scope.event_id,
        ScopeKind.CALL: scope.call_id,
    }[grant.scope_kind]
    return reached is not None and reached == grant.scope_id


def ids_covered(grants: Iterable[RoleGrant], kind: ScopeKind, *roles: Role) -> set[uuid.UUID] | None:
    """The series or events that the roles (or admin) reach by name, or None when they reach everything."""
    mine = [grant for grant in grants if grant.role in (*roles, Role.ADMIN)]
    if any(grant.scope_kind is ScopeKind.ALL for grant in mine):
        return None
    return {grant.scope_id for grant in mine if grant.scope_kind is kind and grant.scope_id is not None}


def scope_of(grant: RoleGrant, series_id: uuid.UUID | None = None) -> Scope | None:
    """What a grant reaches; ``series_id`` is the series of its event, where it is for one."""
    return scope_for(grant.scope_kind, grant.scope_id, series_id)


def scope_for(kind: ScopeKind, scope_id: uuid.UUID | None, series_id: uuid.UUID | None = None) -> Scope | None:
    """A scope from its parts; None stands for everything."""
    return {
        ScopeKind.ALL: None,
        ScopeKind.SERIES: Scope(series_id=scope_id),
        ScopeKind.EVENT: Scope(event_id=scope_id, series_id=series_id),
        ScopeKind.CALL: Scope(call_id=scope_id),
    }[kind]


def may_grant(grants: Iterable[RoleGrant], role: Role, scope: Scope | None) -> bool:
    """Admins give any role within their own scope; nobody else gives roles. Admin itself only by an admin of all."""
    return holds(grants, Role.ADMIN, scope=None if role is Role.ADMIN else scope)
