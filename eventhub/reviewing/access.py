"""Who may read files for a call. What is not given to somebody does not exist: the same 404."""

from collections.abc import Iterable

from eventhub.funding.access import runs
from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant
from eventhub.reviewing.models import STANDS, PanelMember, Review


def may_read(grants: Iterable[RoleGrant], scope: Scope, member: PanelMember | None) -> bool:
    """Whether somebody reads for this call: has the role over it and sits on its panel."""
    return member is not None and is_reader(grants, scope)


def is_reader(grants: Iterable[RoleGrant], scope: Scope) -> bool:
    """Whether somebody has the role of a reader over a call. Whoever works at its desk sees names there, and all that
    readers must not know, and so does not read.
    """
    mine = list(grants)
    return holds(mine, Role.FUND_REVIEWER, scope=scope) and not runs(mine, scope)


def is_there(review: Review) -> bool:
    """Whether the file of this review is in its reader's hands: its gate is passed, and nobody took it away."""
    return review.state in STANDS and review.gate.declared_at is not None
