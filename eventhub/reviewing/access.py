"""Who may read files for a call. What is not given to somebody does not exist: the same 404."""

from collections.abc import Iterable

from eventhub.people.access import Scope, holds
from eventhub.people.models import Role, RoleGrant
from eventhub.reviewing.models import STANDS, PanelMember, Review


def may_read(grants: Iterable[RoleGrant], scope: Scope, member: PanelMember | None) -> bool:
    """Whether somebody reads for this call: has the role over it and sits on its panel."""
    return member is not None and holds(grants, Role.FUND_REVIEWER, scope=scope)


def is_there(review: Review) -> bool:
    """Whether the file of this review is in its reader's hands: its gate is passed, and nobody took it away."""
    return review.state in STANDS and review.gate.declared_at is not None
