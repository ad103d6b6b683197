"""Who may approve, offer and pay: nobody about their own file or organization.

Recommending, approving and paying are three people (SAFETY.md property 7).
"""

from collections.abc import Iterable

from eventhub.kit.errors import NotFound
from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant


def may_approve(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody approves what the board recommends."""
    return holds(grants, Role.APPROVER, scope=scope)


def may_offer(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody sends offers, confirms reserves, and follows visas, tickets and reports."""
    return holds(grants, Role.FUND_OFFICER, scope=scope)


def may_pay(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody pays, and changes budgets."""
    return holds(grants, Role.FINANCE, scope=scope)


def sees(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody sees the awards of a call: officers, approvers and finance."""
    return holds(grants, Role.FUND_OFFICER, Role.APPROVER, Role.FINANCE, scope=scope)


def demand_any(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but officers, approvers and finance."""
    if not sees(grants, scope):
        raise NotFound


def demand_officer(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but officers."""
    if not may_offer(grants, scope):
        raise NotFound


def demand_finance(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Raises NotFound for everybody but finance."""
    if not may_pay(grants, scope):
        raise NotFound


def demand_costs(grants: Iterable[RoleGrant], scope: Scope) -> None:
    """Officers and finance note what a journey cost. Raises NotFound for everybody else."""
    if not holds(grants, Role.FUND_OFFICER, Role.FINANCE, scope=scope):
        raise NotFound
