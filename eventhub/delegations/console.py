"""What the staff pages of delegations share: the blueprint, who comes in, and words for where things stand."""

import uuid
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.delegations import access, queries
from eventhub.delegations.models import Delegation
from eventhub.delegations.queries import Row, Status
from eventhub.kit.access import actor
from eventhub.programme.models import Event

bp = Blueprint("delegations_console", __name__)

STATUS_NAMES: dict[Status, tuple[Any, str]] = {
    Status.INVITED: (lazy_pgettext("a nominee", "Invited"), "new"),
    Status.BEGUN: (lazy_pgettext("a nominee", "Begun"), "new"),
    Status.COMPLETE: (lazy_pgettext("a nominee", "Complete"), "warn"),
    Status.APPROVED: (lazy_pgettext("a nominee", "Approved"), "ok"),
    Status.WITHDRAWN: (lazy_pgettext("a nominee", "Withdrawn"), "silent"),
    Status.LEFT: (lazy_pgettext("a nominee", "Replaced"), "silent"),
}
"""Words and colour for where a nominee stands."""


def at_desk(slug: str) -> Event:
    """The event whose desk this is. Raises NotFound for everybody who does not work there."""
    return access.demand_desk(actor().grants, queries.event_of(slug))


def delegation_at_desk(slug: str, delegation_id: uuid.UUID) -> tuple[Event, Delegation]:
    """A delegation of that event. Raises NotFound."""
    event = at_desk(slug)
    return event, queries.delegation_of(event.id, delegation_id)


def tag_of(row: Row) -> tuple[Any, str]:
    """Where a nominee stands; who has gone without anybody in the place did not get replaced."""
    if row.status is Status.LEFT and row.nominee.replaced_by_id is None:
        return _l("Not coming"), "silent"
    if row.status is Status.APPROVED and row.nominee.overridden:
        return _l("Gone on without the focal point"), "ok"
    if row.status is Status.INVITED and row.nominee.email is None:
        return _l("Link to hand over"), "warn"
    return STATUS_NAMES[row.status]
