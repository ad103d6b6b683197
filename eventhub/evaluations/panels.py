"""What evaluations say on pages of other features."""

from flask import url_for
from flask_babel import gettext as _

from eventhub.evaluations import access, keeping, queries, shown
from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.programme.models import Event


def event_links(event: Event) -> Panel | None:
    """From an event's console page to its evaluation."""
    if not access.may_keep(actor().grants, event):
        return None
    return Panel("", {"links": [Link(_("Evaluation"), url_for("evaluations_console.index", slug=event.slug))]})


def aside(event: Event) -> Panel | None:
    """From the public page of an event to what those who attended said of it."""
    if event.last_day >= now().date() or not shown.is_published(event.id):
        return None
    return Panel("evaluations/aside_panel.html", {"url": url_for("evaluations.summary", slug=event.slug)})


def addresses(_thing: object) -> Panel:
    """The public summaries, for the site map: (endpoint, values)."""
    return Panel("", {"pages": [("evaluations.summary", {"slug": slug}) for slug in queries.public_slugs()]})


def data(person: Person) -> Panel:
    """That somebody was asked, in the person's copy of all data."""
    return Panel("", {"evaluations": keeping.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.event", event_links),
    ("event.aside", aside),
    ("me.data", data),
    ("sitemap.pages", addresses),
)
"""What app.py registers."""
