"""Who sits on a board, who approves what it recommends. What is out of scope does not exist: the same 404."""

from collections.abc import Iterable

from eventhub.kit.errors import NotFound
from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant


def sits(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody is a member of the board of this call."""
    return holds(grants, Role.BOARD_MEMBER, scope=scope)


def approves(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody may approve for this call. Whether this slate, deciding.py says: never one's own."""
    return holds(grants, Role.APPROVER, scope=scope)


def is_officer(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody may see and lift what members of the board declared."""
    return holds(grants, Role.FUND_OFFICER, scope=scope)


def demand_member(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but the members of the board."""
    if not sits(grants, scope):
        raise NotFound


def demand_approver(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but approvers."""
    if not approves(grants, scope):
        raise NotFound


def demand_officer(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but the officers of the call."""
    if not is_officer(grants, scope):
        raise NotFound


def demand_either(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Members and approvers see slates. Raises NotFound for everybody else."""
    mine = list(grants)
    if not sits(mine, scope) and not approves(mine, scope):
        raise NotFound
