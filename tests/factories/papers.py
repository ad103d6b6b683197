"""Papers that were made."""

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.papers import actions
from eventhub.papers.models import BadgeName, Kind, PaperOrder
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration
from tests.factories.programme import PDF_BYTES


def make_paper(event: Event, owner: Person, registration: Registration | None = None) -> PaperOrder:
    """A confirmation of one's own registration, or a batch of badges, ready to be fetched."""
    kind = Kind.CONFIRMATION if registration else Kind.BADGES
    order = PaperOrder(
        kind=kind,
        event_id=event.id,
        owner=owner,
        registration_id=registration.id if registration else None,
        language="en",
        badge_name=None if registration else BadgeName.PUBLIC,
        sight=None if registration else Sight.PUBLIC_NAMES,
    )
    db.session.add(order)
    db.session.flush()
    file = actions.store(order.id, PDF_BYTES)
    assert file is not None
    return actions.keep(order, file, at=now(), number=1, left_out=[])
