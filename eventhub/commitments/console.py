"""What the staff pages of commitments share: the blueprint, and who comes in."""

import uuid
from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from eventhub.commitments import access, queries, shown
from eventhub.commitments.models import Commitment, State, Why
from eventhub.commitments.moves import NotPossible
from eventhub.kit.access import actor
from eventhub.kit.web import back_to
from eventhub.programme.models import Event

bp = Blueprint("commitments_console", __name__)
RECORD = "/console/commitments/<uuid:commitment_id>"


@bp.context_processor
def _words() -> dict[str, Any]:
    """What several of these pages say of a commitment."""
    return {"titled": shown.titled, "closing_of": shown.closing_of}


def at_event(slug: str) -> Event:
    """The event whose commitments these are. Raises NotFound for everybody who does not capture there."""
    return access.demand_capture(actor().grants, queries.event_of(slug))


def kept_event(slug: str) -> Event:
    """The same for those who look after its records."""
    return access.demand_keep(actor().grants, queries.event_of(slug))


def seen(commitment_id: uuid.UUID, *, lock: bool = False) -> Commitment:
    """A record for those who capture; one withdrawn for safety for those alone who look after records. Raises NotFound.

    Who may come in is asked before anything is locked.
    """
    event, why = queries.place_of(commitment_id)
    demand = access.demand_keep if why is Why.SAFETY else access.demand_capture
    demand(actor().grants, event)
    return queries.record(commitment_id, lock=lock)


def drafted(commitment_id: uuid.UUID, *, lock: bool = False) -> Commitment:
    """A record that is still put together, for those who capture; any other for those who look after records. Raises
    NotFound.
    """
    found = seen(commitment_id, lock=lock)
    if found.state is not State.DRAFT:
        access.demand_keep(actor().grants, found.event)
    return found


def gone_on(found: Commitment) -> ResponseReturnValue:
    """To the record, which says where it stands now: a page of before led to a step that is not possible any more."""
    flash(str(NotPossible.message), "warn")
    return back_to("commitments_console.record", commitment_id=found.id)


def kept(commitment_id: uuid.UUID, *, lock: bool = False) -> Commitment:
    """A record for those who look after records. Raises NotFound."""
    event, _why = queries.place_of(commitment_id)
    access.demand_keep(actor().grants, event)
    return queries.record(commitment_id, lock=lock)
