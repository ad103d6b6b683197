"""What is sealed here is opened for a reason alone; each time is written down below (commitments/reading.py)."""

from flask_babel import lazy_gettext as _l

from eventhub.commitments.reading import FILE, NAME, note
from eventhub.kit.errors import DomainError

__all__ = ["FILE", "NAME", "ReasonNeeded", "note"]


class ReasonNeeded(DomainError):
    """Reading what is sealed needs a reason in words."""

    status = 422
    message = _l("Say why")
    field = "reason"
