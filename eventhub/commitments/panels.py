"""What commitments say on pages of other features."""

from flask import url_for
from flask_babel import gettext as _

from eventhub.commitments import access, keeping, organisations  # noqa: F401 (organizations are followed once loaded)
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.programme.models import Event


def event_links(event: Event) -> Panel | None:
    """From an event's console page to the room."""
    if not access.may_capture(actor().grants, event):
        return None
    return Panel("", {"links": [Link(_("Commitments"), url_for("commitments_console.room", slug=event.slug))]})


def data(person: Person) -> Panel:
    """The commitments for which a mailbox speaks, in the person's copy of all data."""
    return Panel("", {"commitments": keeping.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.event", event_links), ("me.data", data))
"""What app.py registers."""
