"""What the tracker says on pages of features below it, and the days that it gives to calendars."""

from datetime import timedelta
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import select

from eventhub.commitments import access, queries, shown
from eventhub.commitments.axes import Freshness
from eventhub.commitments.models import Commitment, Says
from eventhub.commitments.queries import Wanted
from eventhub.kit.access import actor
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import show_number
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.tracker import due, scores, subscribing
from eventhub.tracker.open_rows import FIELDS, LISTS
from eventhub.tracker.scores import By

FIRST = 3
"""So many commitments of an event stand on its page, and on the next one's."""


def of_list(asked: dict[str, Any]) -> Panel:
    """Below the public list: the same as files, as a feed and as a calendar; ``asked``: what it is filtered to."""
    return Panel(
        "tracker/take_along.html",
        {
            "files": [(kind.upper(), url_for(f"tracker_api.{kind}_file", **asked)) for kind in ("csv", "xlsx", "json")],
            "feed": url_for("tracker.feed", **asked),
            "calendar": url_for("calendars.day_feed", name=due.NAME, lang=g.lang, **asked),
            "report": url_for("tracker.report", of="event", slug=asked["event"]) if asked.get("event") else None,
            "filtered": bool(asked),
        },
    )


def above_list(asked: dict[str, Any]) -> Panel | None:
    """At the head of the public list: the way to the scorecards, unless somebody searches."""
    return None if asked else Panel("tracker/way_to_scores.html")


def of_one(commitment: Commitment) -> Panel:
    """Beside one commitment: how to follow it, and what else its maker promised."""
    lead = next((one for one in commitment.makers if one.is_lead), None)
    by: dict[str, Any] = {"by": lead.name} if lead else {}
    return Panel(
        "tracker/follow.html",
        {
            "mail": url_for("tracker.follow", reference=commitment.reference),
            "feed": url_for("tracker.feed_of_one", reference=commitment.reference),
            "maker": lead.name if lead else "",
            "of_maker": url_for("commitments.index", **by),
            "maker_feed": url_for("tracker.feed", **by),
            "maker_calendar": url_for("calendars.day_feed", name=due.NAME, lang=g.lang, **by),
        },
    )


def last_time(event: Event) -> Panel | None:
    """At the head of an event that is not over: what was promised at the last one of its series."""
    today = now().date()
    if event.last_day < today or event.publication is not Publication.PUBLISHED:
        return None
    made = select(Commitment.id).where(Commitment.event_id == Event.id, queries.is_public())
    rows = select(Event).where(
        Event.series_id == event.series_id,
        Event.id != event.id,
        Event.publication != Publication.DRAFT,
        Event.first_day < event.first_day,
        Event.last_day > event.first_day - timedelta(days=3 * 366),
        made.exists(),
    )
    last = db.session.scalar(rows.order_by(Event.first_day.desc(), Event.id).limit(1))
    return _promised("promised", last, _("What was promised last time"), shown.event_title(last)) if last else None


def made_here(event: Event) -> Panel | None:
    """At the head of an event that is over: what was promised there; of one that is on, the way there alone."""
    today = now().date()
    if event.first_day > today or event.publication is Publication.DRAFT:
        return None
    return _promised("promised-here", event, _("What was promised here"), is_short=event.last_day >= today)


def _promised(name: str, event: Event, heading: str, title: str = "", *, is_short: bool = False) -> Panel | None:
    """The public commitments of an event in numbers, the newest of them, and the way to all; None without any."""
    today, asked = now().date(), Wanted(event=event.slug)
    found = queries.public_list(asked, g.lang, today=today)
    if not found.total:
        return None
    if is_short:
        return Panel(
            "tracker/promised.html",
            {"id": name, "heading": heading, "url": url_for("commitments.index", event=event.slug)},
        )
    whole = scores.whole(scores.facts(By.EVENT, today, asked))
    numbers: tuple[tuple[str, int, dict[str, str]], ...] = (
        (_("Commitments"), whole.total, {}),
        (_("Said to be fulfilled"), whole.says.get(Says.FULFILLED, 0), {"said": Says.FULFILLED.value}),
        (pgettext("commitments", "Silent"), whole.silent, {"fresh": Freshness.SILENT.value}),
    )
    return Panel(
        "tracker/promised.html",
        {
            "id": name,
            "heading": heading,
            "title": title,
            "figures": [{"label": words, "value": show_number(number, g.lang)} for words, number, _filter in numbers],
            "rows": [
                shown.row(one, found.progress.get(one.id), found.translations.get(one.id), found.outdated.get(one.id))
                for one in found.rows[:FIRST]
            ],
            "url": url_for("commitments.index", event=event.slug),
            "report": url_for("tracker.report", of="event", slug=event.slug),
        },
    )


def event_links(event: Event) -> Panel | None:
    """From an event's console page to bringing commitments from a spreadsheet."""
    if not access.may_keep(actor().grants, event):
        return None
    link = Link(_("Commitments from a spreadsheet"), url_for("tracker_console.bring", slug=event.slug))
    return Panel("", {"links": [link]})


def room(event: Event) -> Panel | None:
    """Beside the room: for what stands in a spreadsheet already, and the report about all of it."""
    if not access.may_keep(actor().grants, event):
        return None
    # It is made for everybody, of what everybody may see: without any of that there is none.
    shown_here = select(Commitment.id).where(Commitment.event_id == event.id, queries.is_public())
    is_shown = event.publication is not Publication.DRAFT and db.session.scalar(select(shown_here.exists()))
    report = url_for("tracker.report", of="event", slug=event.slug) if is_shown else None
    return Panel(
        "tracker/way_to_bring.html", {"url": url_for("tracker_console.bring", slug=event.slug), "report": report}
    )


def open_data(_nothing: Any) -> Panel:
    """On the page of open data: the files of commitments and their fields."""
    names = ", ".join(LISTS)
    return Panel(
        "",
        {
            "id": "f-commitments",
            "title": _("Commitments"),
            "caption": _("Fields of a commitment"),
            "urls": [url_for(f"tracker_api.{kind}_file") for kind in ("csv", "xlsx", "json")],
            "fields": FIELDS | LISTS,
            "note": _("Only the JSON file has these lists: %(names)s. Filters of the list may follow.", names=names),
        },
    )


def days(name: Any) -> Panel | None:
    """The calendar of due dates."""
    return due.feed(name)


def data(person: Person) -> Panel:
    """What a mailbox follows, in the person’s copy of all data."""
    return Panel("", {"followed_commitments": subscribing.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("calendar.days", days),
    ("commitments.list", of_list),
    ("commitments.list_top", above_list),
    ("commitments.aside", of_one),
    ("commitments.room", room),
    ("console.event", event_links),
    ("event.top", made_here),
    ("event.top", last_time),
    ("me.data", data),
    ("open_data.fields", open_data),
)
"""What app.py registers."""
