"""People whom somebody registers for an event, made by the actions themselves."""

from eventhub.helping import actions, claiming, queries
from eventhub.helping.actions import Named
from eventhub.helping.models import Charge
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import behalf
from eventhub.registration.models import Registration
from tests.factories.registration import ANSWERS


def name_people(event: Event, helper: Person, *names: str, email: str | None = None) -> list[Charge]:
    """Name people of these names, with one mailbox for all of them or none."""
    setup = queries.open_event(event.slug)[1]
    rows = [Named(place, name, email) for place, name in enumerate(names)]
    return actions.name(helper, event, setup, rows, "en")


def fill_in(event: Event, helper: Person, charge: Charge, *, send: bool = True) -> Registration:
    """Answer everything that is asked of somebody, consents left out, and send it."""
    claiming.take_up(helper, charge, event)
    found = claiming.intake_for(helper, charge, event, lock=True)
    behalf.keep(helper, found, {key: value for key, value in ANSWERS.items() if key != "list_of_participants"})
    registration = found.registration
    assert registration is not None
    if send:
        claiming.send(helper, claiming.intake_for(helper, charge, event, lock=True))
    db.session.flush()
    return registration
