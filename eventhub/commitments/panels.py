"""What commitments say on pages of other features."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.commitments import (
    access,
    keeping,
    organisations,  # noqa: F401 (organizations are followed once loaded)
    queries,
    shown,
)
from eventhub.commitments.waiting import Waits
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person, Role
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event


def today(visitor: Visitor) -> Panel | None:
    """What waits for those who look after records: each kind with its number, and the way to the list of it."""
    if not any(grant.role in (*access.KEEPERS, Role.ADMIN) for grant in visitor.grants):
        return None
    counts = queries.counts_by_state(visitor.grants, *access.KEEPERS)
    numbers = {kind: sum(number for _state, waits, number in counts if waits is kind) for kind in Waits}
    tasks = [
        {
            "label": shown.WAITS[kind][0],
            "url": url_for("commitments_console.index", waits=kind.value),
            "tag": (ngettext("%(num)s waits", "%(num)s wait", number), shown.WAITS[kind][1]),
        }
        for kind, number in numbers.items()
        if number
    ]
    return Panel("commitments/today_panel.html", {"tasks": tasks}) if tasks else None


def event_links(event: Event) -> Panel | None:
    """From an event's console page to the room."""
    if not access.may_capture(actor().grants, event):
        return None
    return Panel("", {"links": [Link(_("Commitments"), url_for("commitments_console.room", slug=event.slug))]})


def mine(visitor: Visitor) -> Panel | None:
    """The public commitments for which a person's mailbox speaks, on My page: mails about them lead here."""
    if visitor.person.email is None:
        return None
    rows = [
        {"title": shown.titled(one), "reference": one.reference} for one in queries.in_the_name_of(visitor.person.email)
    ]
    return Panel("commitments/me_panel.html", {"rows": rows}) if rows else None


def data(person: Person) -> Panel:
    """The commitments for which a mailbox speaks and what stands half typed, in the person's copy of all data."""
    own = {"commitments": keeping.own_data(person), "commitments_half_typed": keeping.half_typed(person)}
    return Panel("", own)


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.today", today),
    ("console.event", event_links),
    ("me.main", mine),
    ("me.data", data),
)
"""What app.py registers."""
