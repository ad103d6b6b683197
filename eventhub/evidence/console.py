"""What the pages of reviewers share: the blueprint, and who comes in."""

import uuid

from flask import Blueprint

from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment, Why
from eventhub.evidence import access
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound

bp = Blueprint("evidence_console", __name__)
DESK = "/console/assessments/<uuid:commitment_id>"


def seen(commitment_id: uuid.UUID, *, lock: bool = False) -> Commitment:
    """A commitment that was published, for those who assess it; one withdrawn for safety is not there. Raises NotFound.

    Who may come in is asked before anything is locked.
    """
    event, why = commitments.place_of(commitment_id)
    access.demand_review(actor().grants, event)
    found = commitments.record(commitment_id, lock=lock)
    if found.published_at is None or why is Why.SAFETY:
        raise NotFound
    return found
