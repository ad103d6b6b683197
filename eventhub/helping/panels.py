"""What helping says on the pages of features below it."""

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.helping import keeping, queries
from eventhub.helping.access import demand_desk
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm
from eventhub.kit.i18n import show_date
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor
from eventhub.programme import shown as programme
from eventhub.programme.models import Event
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake, setup_of


def mine(visitor: Visitor) -> Panel | None:
    """The events for which somebody registers others, on My page."""
    items = [
        {
            "event": programme.words(event.title, event.original_language, g.lang),
            "url": url_for("helping.people", slug=event.slug),
            "taken": ngettext("%(num)s person", "%(num)s people", number),
        }
        for event, number in queries.mine(visitor.person.id)
    ]
    return Panel("helping/me_panel.html", {"items": items}) if items else None


def by_whom(found: Intake) -> Panel | None:
    """Beside somebody's own registration: who had filled it in, and the way to be rid of that person."""
    registration = found.registration
    if registration is None or registration.filed_by_id is None or registration.delegation_id is not None:
        return None
    charge = queries.of_person(registration.event_id, registration.person_id)
    if charge is None or charge.claimed_at is None:
        return None
    names = queries.told_names([charge.helper_id]) if charge.helper_id else {}
    return Panel(
        "helping/by_whom_panel.html",
        {
            "who": next(iter(names.values()), ""),
            "has_helper": charge.helper_id is not None,
            "day": show_date(charge.claimed_at.date(), g.lang),
            "url": url_for("helping.throw_out", slug=found.event.slug),
            "form": ActionForm(formdata=None),
        },
    )


def record(shown: tuple[Event, Registration]) -> Panel | None:
    """Beside a registration at the desk: that somebody else fills it in, and whether the person has it now."""
    _event, registration = shown
    if registration.filed_by_id is None or registration.delegation_id is not None:
        return None
    charge = queries.of_person(registration.event_id, registration.person_id)
    if charge is None:
        return None
    names = queries.public_names([charge.helper_id]) if charge.helper_id else {}
    day = show_date(charge.claimed_at.date(), g.lang) if charge.claimed_at else None
    return Panel("helping/record_panel.html", {"who": next(iter(names.values()), ""), "day": day})


def event_links(event: Event) -> Panel | None:
    """The page of helpers among an event's console pages, for whom it exists."""
    try:
        demand_desk(actor().grants, event)
    except NotFound:
        return None
    if setup_of(event.id) is None:
        return None
    link = Link(_("People registered by others"), url_for("helping_console.registrars", slug=event.slug))
    return Panel("", {"links": [link]})


def data(person: Person) -> Panel:
    """Whom somebody registers, and by whom she was, in the person's copy of all data."""
    return Panel("", {"registered_for_others": keeping.own_data(person.id)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
    ("registration.mine", by_whom),
    ("registration.record", record),
    ("console.event", event_links),
)
"""What app.py registers."""
