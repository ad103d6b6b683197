"""What awards say on the pages of features below them."""

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.awards import dashboard_access, dashboard_orders, letters, personal_data, queries
from eventhub.awards.views import STATES
from eventhub.funding import call_queries
from eventhub.funding.access import scope_of
from eventhub.funding.models import Call
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.models import Person, Role
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event


def mine(visitor: Visitor) -> Panel | None:
    """Somebody's grants, on My page."""
    items = [
        {
            "title": letters.title_of(one.application.call, g.lang),
            "url": url_for("awards.mine", reference=one.application.reference),
            "state": STATES.get(one.application.state, ""),
        }
        for one in queries.of_person(visitor.person.id)
    ]
    return Panel("awards/me_panel.html", {"items": items}) if items else None


def data(person: Person) -> Panel:
    """Grants, and reports for donors that were asked for, in the person's copy of all data."""
    return Panel("", {"grants": personal_data.own_data(person), "fund_reports": dashboard_orders.own_data(person)})


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """From the page of a call to its balance, money and timeline."""
    call, scope = asked
    if not dashboard_access.may_oversee(actor().grants, scope):
        return None
    return Panel("", {"links": [Link(_("The fund in numbers"), url_for("awards_numbers.overview", slug=call.slug))]})


def of_event(event: Event) -> Panel | None:
    """The same from an event's pages, for its organisers: they have no list of calls."""
    if not any(grant.role is Role.ORGANISER for grant in actor().grants):
        return None
    found = [
        call
        for call in call_queries.calls_of(event.id)
        if dashboard_access.may_oversee(actor().grants, scope_of(call, event.series_id))
    ]
    links = [
        Link(
            _("The fund in numbers")
            if len(found) == 1
            else _("The fund in numbers: %(call)s", call=letters.title_of(call, g.lang)),
            url_for("awards_numbers.overview", slug=call.slug),
        )
        for call in found
    ]
    return Panel("", {"links": links}) if links else None


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
    ("console.call", ways),
    ("console.event", of_event),
)
"""What app.py registers."""
