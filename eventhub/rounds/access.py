"""Who looks after rounds: those who look after the commitments of the event. What is out of reach does not exist."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement

from eventhub.commitments.access import KEEPERS, demand_keep, may_keep
from eventhub.kit.errors import NotFound
from eventhub.people.models import Role, RoleGrant
from eventhub.programme import access as programme
from eventhub.programme.models import Series

Grants = Iterable[RoleGrant]
__all__ = ["demand_keep", "may_keep"]


def reach(grants: Grants) -> ColumnElement[bool]:
    """A condition on Event: whose rounds somebody looks after."""
    return programme.visible_events(grants, *KEEPERS)


def may_look(grants: Grants) -> bool:
    """Whether there is a list of rounds for these roles, be it empty."""
    return any(grant.role in (*KEEPERS, Role.ADMIN) for grant in grants)


def plannable(grants: Grants) -> ColumnElement[bool]:
    """A condition on Series: of which it may be set when they ask."""
    return programme.editable_series(grants)


def demand_plan(grants: Grants, series: Series | None) -> Series:
    """When a series asks: a role for one event does not reach that far. Raises NotFound."""
    if series is None or not programme.may_create_in(grants, series):
        raise NotFound
    return series
