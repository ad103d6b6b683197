"""Who may do what with a call and its applications. What is out of scope does not exist: the same 404."""

import uuid
from collections.abc import Iterable

from eventhub.funding.models import Application, Call
from eventhub.kit.errors import NotFound
from eventhub.people.access import Scope, holds, ids_covered
from eventhub.people.models import Role, RoleGrant, ScopeKind

AROUND = (
    *(Role.FUND_OFFICER, Role.FUND_REVIEWER, Role.BOARD_MEMBER),
    *(Role.APPROVER, Role.FINANCE),
)
"""Roles that know of calls which are not public."""
AGREEING = (Role.FUND_OFFICER, Role.APPROVER)
"""Roles that agree to a change of rules that somebody else proposed."""


def scope_of(call: Call, series_id: uuid.UUID | None) -> Scope:
    """A call as a scope of roles; ``series_id`` is the series of its event, where it has one."""
    return Scope(series_id=series_id, event_id=call.event_id, call_id=call.id)


def runs(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody is an officer of this call's fund: sets it up, sees its files, and asks applicants."""
    return holds(grants, Role.FUND_OFFICER, scope=scope)


def demand_officer(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but the officers of the fund."""
    if not runs(grants, scope):
        raise NotFound


def may_create(grants: Iterable[RoleGrant], scope: Scope | None) -> bool:
    """Whether somebody may make a call there; None: one for no event."""
    return holds(grants, Role.FUND_OFFICER, scope=scope)


def knows_of(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether a call stands in somebody's list."""
    return holds(grants, *AROUND, scope=scope)


def may_agree(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody may agree to changes of the rules, except to the own ones."""
    return holds(grants, *AGREEING, scope=scope)


def may_look(grants: Iterable[RoleGrant]) -> bool:
    """Whether there is a list of calls for these roles, be it empty."""
    return any(grant.role in (*AROUND, Role.ADMIN) for grant in grants)


def may_make_any(grants: Iterable[RoleGrant]) -> bool:
    """Whether somebody may make a call anywhere: a role for one call does not reach another."""
    kinds = {grant.scope_kind for grant in grants if grant.role in (Role.FUND_OFFICER, Role.ADMIN)}
    return bool(kinds - {ScopeKind.CALL})


def reached(grants: Iterable[RoleGrant], *roles: Role) -> tuple[set[uuid.UUID] | None, set[uuid.UUID], set[uuid.UUID]]:
    """The series, events and calls that these roles (or admin) reach by name; None for the series means all."""
    mine = list(grants)
    series = ids_covered(mine, ScopeKind.SERIES, *roles)
    return (
        series,
        ids_covered(mine, ScopeKind.EVENT, *roles) or set(),
        ids_covered(mine, ScopeKind.CALL, *roles) or set(),
    )


def is_own(person_id: uuid.UUID, application: Application) -> bool:
    """Whether the application is somebody's own, or one that the person filled in for another."""
    return person_id in {application.person_id, application.filed_by_id}
