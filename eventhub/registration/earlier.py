"""Whether somebody has registered for another event before, as one column for statements that read an event anyway."""

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import aliased

from eventhub.programme.models import Event
from eventhub.registration.models import Registration

_EARLIER = aliased(Registration)
HAS_FORMER: ColumnElement[bool] = (
    select(_EARLIER.id)
    .where(
        _EARLIER.person_id == bindparam("person_id"),
        _EARLIER.event_id != Event.id,
        _EARLIER.submitted_at.is_not(None),
        _EARLIER.answer_set_id.is_not(None),
        _EARLIER.erased_at.is_(None),
    )
    .correlate(Event)
    .exists()
)
"""Of the person ``person_id`` (reuse.py says what is done with it)."""
