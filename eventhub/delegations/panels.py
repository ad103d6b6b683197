"""What delegations say on the pages of features below them."""

import uuid

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.delegations import keeping, organiser_views, queries
from eventhub.delegations.access import demand_desk
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import show_date
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor
from eventhub.programme import shown as programme
from eventhub.programme.models import Event
from eventhub.registration.access import desk_sight
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake


def mine(visitor: Visitor) -> Panel | None:
    """The delegations whose focal point somebody is, on My page."""
    found = queries.mine(visitor.person.id)
    if not found:
        return None
    items = [
        {
            "name": delegation.organisation.name,
            "event": programme.words(event.title, event.original_language, g.lang),
            "url": url_for("delegations.delegation", delegation_id=delegation.id),
            "taken": ngettext("%(num)s person nominated", "%(num)s people nominated", delegation.places_taken),
        }
        for delegation, event in found
    ]
    return Panel("delegations/me_panel.html", {"items": items})


def nomination(found: Intake) -> Panel | None:
    """Beside somebody's own registration: for which delegation, and who filled it in."""
    registration = found.registration
    if registration is None or registration.delegation_id is None:
        return None
    there = queries.nomination(registration.event_id, registration.person_id)
    if there is None:
        return None
    nominee, delegation = there
    names = queries.public_names([nominee.typed_by_id]) if nominee.typed_by_id else {}
    return Panel(
        "delegations/nomination_panel.html",
        {
            "name": delegation.organisation.name,
            "typed": nominee.typed_by_id is not None and nominee.claimed_at is not None,
            "typed_by": names.get(nominee.typed_by_id) if nominee.typed_by_id else None,
            "claimed": show_date(nominee.claimed_at.date(), g.lang) if nominee.claimed_at else None,
        },
    )


def event_links(event: Event) -> Panel | None:
    """The delegations among an event's console pages, for whom they exist."""
    try:
        demand_desk(actor().grants, event)
    except NotFound:
        return None
    if not organiser_views.takes_registrations(event):
        return None
    link = Link(_("Delegations"), url_for("delegations_console.delegations", slug=event.slug))
    return Panel("", {"links": [link]})


def names(event_id: uuid.UUID) -> Panel:
    """What the delegations of an event are called, for the desk's list and its files."""
    return Panel("", queries.names_of(event_id))


def record(shown: tuple[Event, Registration]) -> Panel | None:
    """Beside a registration at the desk: for which delegation it is, with the way there."""
    event, registration = shown
    if registration.delegation_id is None:
        return None
    there = queries.nomination(registration.event_id, registration.person_id)
    if there is None:
        return None
    nominee, delegation = there
    row = queries.nominee_of(delegation.id, nominee.id)
    url = organiser_views.address_of(delegation, event.slug)
    return Panel(
        "delegations/record_panel.html",
        # What the panel calls a name is the delegation's: the person's own is the record's to show, or not to.
        organiser_views.told(delegation, row, desk_sight(actor().grants, event))
        | {"name": delegation.organisation.name, "url": url},
    )


def data(person: Person) -> Panel:
    """The nominations in the person's copy of all data."""
    return Panel("", {"nominations": keeping.own_data(person.id), "delegations": keeping.own_delegations(person.id)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
    ("registration.mine", nomination),
    ("registration.delegations", names),
    ("registration.record", record),
    ("console.event", event_links),
)
"""What app.py registers."""
