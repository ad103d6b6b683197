"""What arrangements say on the pages of features below them."""

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.arrangements import access, due, keeping, queries, visas, words
from eventhub.arrangements.models import Status
from eventhub.arrangements.queries import WANTED_IN
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import show_date
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.kit.working_days import working_days_before
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.programme.moving import Plan
from eventhub.registration.queries import Intake


def own_needs(found: Intake) -> Panel | None:
    """What one has asked for and how far it is, on the page of a registration. What it is stands on its own page: this
    one may be open on a screen that others see.
    """
    registration = found.registration
    if registration is None or registration.reference is None:
        return None
    held = [
        one for one in queries.of_registration(registration.id, found.key) if one.need.status is not Status.TAKEN_BACK
    ]
    off = found.event.publication is Publication.CANCELLED
    if not held and (off or registration.state not in WANTED_IN):
        return None
    numbers = [
        (sum(one.need.status is status for one in held), words.STATUSES[status])
        for status in Status
        if any(one.need.status is status for one in held)
    ]
    url = url_for("arrangements.mine", reference=registration.reference)
    return Panel("arrangements/mine_panel.html", {"numbers": [] if off else numbers, "off": off, "url": url})


def own_visa(found: Intake) -> Panel | None:
    """Where one's own visa stands, on the page of a registration of somebody who travels."""
    registration = found.registration
    if registration is None or registration.reference is None or registration.state not in WANTED_IN:
        return None
    if not visas.travels(found.event, registration.attendance_mode):
        return None
    visa = visas.of(registration.id)
    if found.event.publication is Publication.CANCELLED:
        return None
    tag = words.VISAS[visa.status] if visa else None
    url = url_for("arrangements.visa", reference=registration.reference)
    return Panel("arrangements/visa_panel.html", {"tag": tag, "url": url})


def data(person: Person) -> Panel:
    """What was asked for, in the person's copy of all data."""
    return Panel("", {"needs": keeping.own_data(person), "visas": keeping.own_visas(person)})


def console_event(event: Event) -> Panel | None:
    """The way to an event's order sheet, for those who work at its desk."""
    try:
        access.desk(actor().grants, event)
    except NotFound:
        return None
    return Panel("", {"links": [Link(_("Arrangements"), url_for("arrangements_console.index", slug=event.slug))]})


def moving(plan: Plan) -> Panel:
    """By when conference services must be told, when a whole event moves."""
    lead, former = queries.lead_days(plan.event.id), plan.event.first_day
    days = due.due_on(plan.event, None, lead), working_days_before(plan.first_day, lead)
    told = _("%(after)s instead of %(before)s", after=show_date(days[1], g.lang), before=show_date(days[0], g.lang))
    if days[1] < due.today(plan.event) and plan.first_day < former:
        told = _("%(day)s: that day is over. Speak with conference services first.", day=show_date(days[1], g.lang))
    kept = _("Wishes, visas and answers are kept as long after the new end as after the former one.")
    return Panel(
        "",
        {
            "moves": [
                {"label": _("Orders for the first day are due"), "value": told},
                {"label": _("What is deleted after the event"), "value": kept},
            ]
        },
    )


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("registration.mine", own_needs),
    ("registration.mine", own_visa),
    ("me.data", data),
    ("console.event", console_event),
    ("console.event_moving", moving),
)
"""What app.py registers."""
