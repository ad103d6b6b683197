"""Who sees a fund's balance, money and timeline, and who takes a report out of the house."""

from collections.abc import Iterable

from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant

SEE_PEOPLE = (Role.FUND_OFFICER, Role.APPROVER, Role.FINANCE)
"""Roles that see applicants or what each of them gets: they read exact amounts, and ask for reports."""
OVERSEE = (*SEE_PEOPLE, Role.ORGANISER)


def may_oversee(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody sees how a fund stands. Readers and the board do not: a file they stand aside for would be in
    the numbers.
    """
    return holds(grants, *OVERSEE, scope=scope)


def may_see_people(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody reads exact amounts, and may ask for a report for donors."""
    return holds(grants, *SEE_PEOPLE, scope=scope)
