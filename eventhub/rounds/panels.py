"""What rounds say on pages of other features."""

from datetime import UTC, datetime, time

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.commitments.models import Commitment
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event
from eventhub.rounds import access, board, keeping, queries, shown


def history(commitment: Commitment) -> Panel | None:
    """The rounds that closed without a word of its maker, dated, for everybody."""
    silent = queries.silences(commitment)
    if not silent:
        return None
    found = [
        (datetime.combine(one.silent_on, time(), tzinfo=UTC), {"title": _("No report received"), "kind": "silent"})
        for one in silent
        if one.silent_on is not None
    ]
    return Panel("", {"history": found})


def today(visitor: Visitor) -> Panel | None:
    """Open rounds with calls to make, contacts that nobody has, and answers that differ."""
    if not access.may_look(visitor.grants):
        return None
    tasks = []
    for one, figures in board.open_rounds(visitor.grants):
        waits = figures.to_call + figures.without_mailbox + figures.differing
        if waits:
            notes = [
                ngettext("%(num)s to call", "%(num)s to call", figures.to_call) if figures.to_call else "",
                ngettext("%(num)s without a mailbox", "%(num)s without a mailbox", figures.without_mailbox)
                if figures.without_mailbox
                else "",
                ngettext("%(num)s answered differently", "%(num)s answered differently", figures.differing)
                if figures.differing
                else "",
            ]
            tasks.append(
                {
                    "label": shown.titled(one, g.lang),
                    "url": url_for("rounds_console.calls", round_id=one.id),
                    "note": " · ".join(part for part in notes if part),
                    "tag": (ngettext("%(num)s waits", "%(num)s wait", waits), "warn"),
                }
            )
    return Panel("rounds/today_panel.html", {"tasks": tasks}) if tasks else None


def event_links(event: Event) -> Panel | None:
    """From an event's console page to its rounds."""
    if not access.may_keep(actor().grants, event):
        return None
    return Panel("", {"links": [Link(_("Follow-up rounds"), url_for("rounds_console.index", event=event.slug))]})


def console_links(_visitor: Visitor) -> Panel | None:
    """From the list of commitments to the rounds."""
    if not access.may_look(actor().grants):
        return None
    return Panel(
        "",
        {
            "links": [
                Link(_("Follow-up rounds"), url_for("rounds_console.index")),
                Link(_("Who is silent"), url_for("rounds_console.silent")),
            ]
        },
    )


def data(person: Person) -> Panel:
    """The rounds in which a mailbox was asked, in the person's copy of all data."""
    return Panel("", {"follow_up_rounds": keeping.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("commitments.history", history),
    ("console.today", today),
    ("console.event", event_links),
    ("commitments.console", console_links),
    ("me.data", data),
)
"""What app.py registers."""
