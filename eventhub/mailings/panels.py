"""What mailings say on the pages of features below them."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import said_by_clock, show_moment
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.task_names import TASK_NAMES
from eventhub.kit.web import Link
from eventhub.mailings import access, keeping, queries
from eventhub.mailings.words import OUTCOMES, said_problem
from eventhub.people.access import holds
from eventhub.people.models import Person, Role
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event
from eventhub.registration.models import Registration


def mine(_visitor: Visitor) -> Panel:
    """The way to one's messages, on My page."""
    return Panel("mailings/me_panel.html", {"url": url_for("mailings.messages")})


def data(person: Person) -> Panel:
    """What a person was sent, in the copy of all data."""
    return Panel("", keeping.own_data(person))


def console_event(event: Event) -> Panel | None:
    """The way to an event's mailings, for those who work at its desk."""
    try:
        access.desk(actor().grants, event)
    except NotFound:
        return None
    return Panel("", {"links": [Link(_("Mailings"), url_for("mailings_console.index", slug=event.slug))]})


def record(found: tuple[Event, Registration]) -> Panel:
    """Every mail to the person of a registration that is known, beside it at the desk."""
    event, registration = found
    rows: list[dict[str, Any]] = [
        {
            "what": TASK_NAMES.get(one.task, one.task),
            "tag": OUTCOMES[one.state],
            "problem": said_problem(one.problem),
            "when": said_by_clock(show_moment(one.sent_at or one.created_at, event.time_zone, g.lang)),
        }
        for one in queries.posted(registration.id, first_timers=access.knows_first_timers(actor().grants, event))
    ]
    parked = url_for("people_console.promises") if holds(actor().grants, Role.ADMIN) else None
    return Panel("mailings/record_panel.html", {"rows": rows, "parked_url": parked})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.aside", mine),
    ("me.data", data),
    ("console.event", console_event),
    ("registration.record", record),
)
"""What app.py registers."""
