"""What papers say on the pages of features below them, and orders in the words of their pages."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.papers import access, queries
from eventhub.papers.glyphs import missing
from eventhub.papers.models import SLOW, BadgeName, Kind, PaperOrder, Problem
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import desk
from eventhub.registration.queries import Intake

SIGNS = 10
"""So many signs are named."""

TITLES = {
    Kind.BADGES: _l("Badges"),
    Kind.CONFIRMATION: _l("Confirmation"),
    Kind.VISA_LETTER: _l("Invitation letter for a visa"),
    Kind.CERTIFICATE: _l("Certificate of attendance"),
    Kind.PARTICIPANTS: _l("List of participants"),
}

PROBLEMS = {
    Problem.NOBODY: _l("There is nobody to print. Accredit people first, or choose wider filters."),
    Problem.TOO_MANY: _l("Too many badges for one file. Choose a category or a country."),
    Problem.UNPRINTABLE: _l("It holds letters that none of our fonts has. Write to us, and we make it by hand."),
    Problem.GONE: _l("The registration is no longer there."),
    Problem.NOT_YOURS: _l("Your role does not reach these papers any more."),
}


def own_papers(found: Intake) -> Panel | None:
    """The way to one's own papers, on the page of a registration."""
    registration = found.registration
    if registration is None or registration.reference is None:
        return None
    kinds = access.kinds_for(registration, found.event)
    if not kinds:
        return None
    url = url_for("papers.mine", reference=registration.reference)
    return Panel("papers/mine_panel.html", {"titles": [TITLES[kind] for kind in kinds], "url": url})


def data(person: Person) -> Panel:
    """The papers in the person's copy of all data."""
    return Panel("", {"papers": queries.own_data(person.id)})


def console_event(event: Event) -> Panel | None:
    """The way to an event's papers, for those who work at its desk."""
    if not desk.may_work(actor().grants, event):
        return None
    return Panel("", {"links": [Link(_("Papers"), url_for("papers_console.index", slug=event.slug))]})


def unprintable(named: tuple[str, str]) -> Panel | None:
    """What to say of a name, given as the field's label and what was typed, with signs that no font of ours has: before
    a badge or a letter fails for it.
    """
    label, text = named
    signs = missing(text)
    if not signs:
        return None
    said = _(
        "“%(field)s” has signs that our papers cannot print: %(signs)s. You can write it in another way, or write to"
        " us: then your badge and letters are made by hand.",
        field=label,
        signs=" ".join(signs[:SIGNS]),
    )
    return Panel("", {"said": said})


def badge_name(event: Event) -> Panel:
    """Which name stands on the badges of an event, and whether a photograph does, for those who compare them."""
    setup = queries.setup_of(event.id)
    return Panel("", {"legal": setup.badge_name is BadgeName.LEGAL, "photos": setup.photos})


def told(order: PaperOrder) -> dict[str, Any]:
    """Where an order stands."""
    waits = order.is_open and now() - order.asked_at < SLOW
    if order.file is not None:
        tag: tuple[Any, str] = (pgettext("state of a paper", "Ready"), "ok")
    elif waits:
        tag = (_("Being made"), "go")
    else:
        tag = (_("Not made"), "stop")
    problem = PROBLEMS[order.problem] if order.problem else None
    if order.is_open and not waits:
        problem = _("It takes much longer than it should. We have been told, and look at it.")
    return {"id": order.id, "title": TITLES[order.kind], "tag": tag, "waits": waits, "problem": problem}


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("registration.mine", own_papers),
    ("me.data", data),
    ("console.event", console_event),
    ("checkin.badge_name", badge_name),
    ("people.name", unprintable),
)
"""What app.py registers."""
