"""What calls say on the pages of features below: beside an event, on the page Today, where roles are given."""

import uuid
from collections.abc import Collection
from typing import Any

from flask import g, url_for
from flask_babel import gettext

from eventhub.funding import call_queries as queries
from eventhub.funding import call_shown, finding
from eventhub.funding.models import Call
from eventhub.kit.access import actor
from eventhub.kit.i18n import in_language, show_date
from eventhub.kit.pages import changes_at
from eventhub.kit.panels import Panel, Provider
from eventhub.people.sessions import Visitor
from eventhub.programme import shown as programme
from eventhub.programme.models import Event, Publication

MOST_FOUND = 5
"""Calls that a search shows."""


def aside(event: Event) -> Panel | None:
    """The open calls of an event. The page is the same for everybody and changes with the clock."""
    if event.publication is Publication.CANCELLED:
        return None
    found = queries.calls_of(event.id)
    for call in found:
        changes_at(call.opens_at)
        changes_at(call.closes_at)
    entries = [_entry(call) for call in found]
    return Panel("funding/event_panel.html", {"calls": entries}) if entries else None


def home(_forum: object) -> Panel | None:
    """The way to the calls, on the home page."""
    found = queries.calls_taken()
    for call in found:
        changes_at(call.opens_at)
        changes_at(call.closes_at)
    return Panel("funding/home_panel.html", {"calls": [_entry(call) for call in found]}) if found else None


def found(question: str) -> Panel | None:
    """The calls that have the words of a question, on the page of the public search."""
    hits = finding.with_words(queries.calls_to_search(), question)[:MOST_FOUND]
    entries = [_entry(call) for call in hits]
    return Panel("funding/search_panel.html", {"calls": entries}) if entries else None


def addresses(_thing: object) -> Panel:
    """The public pages of calls, for the site map: (endpoint, values)."""
    calls = queries.public_calls()
    pages: list[tuple[str, dict[str, str]]] = [("funding.calls", {})] if calls else []
    return Panel("", {"pages": pages + [("funding.call", {"slug": one.slug}) for one in calls]})


def today(visitor: Visitor) -> Panel | None:
    """Changes of rules that wait for a second person."""
    rows = queries.waiting_changes(visitor.grants)
    waiting = [
        {
            "title": programme.words(row.title, row.original_language, g.lang),
            "url": url_for("funding_console.call_change", slug=row.slug),
            "note": gettext("Proposed on %(day)s.", day=show_date(row.proposed_at.date(), g.lang)),
            "own": row.proposed_by_id == visitor.id,
        }
        for row in rows
    ]
    return Panel("funding/today_changes.html", {"calls": waiting}) if waiting else None


def scope_choices(_visitor: object) -> Panel:
    """The calls of which the visitor is administrator: (kind, id, label, series of its event)."""
    rows = queries.scopes_to_give(actor().grants)
    choices: list[tuple[Any, ...]] = [("call", call.id, _scope_name(call)) for call, _series_id in rows]
    return Panel("", {"choices": choices})


def scope_names(ids: Collection[uuid.UUID]) -> Panel:
    """What calls are called, for whoever is offered a role for one."""
    return Panel("", {str(one.id): _scope_name(one) for one in queries.calls_by_id(ids)})


def _entry(call: Call) -> dict[str, Any]:
    rules = call.rules
    return {
        "title": programme.words(call.title, call.original_language, g.lang),
        "url": url_for("funding.call", slug=call.slug),
        "guide": url_for("funding.guide", slug=call.slug)
        if rules.get("guide") and call_shown.is_taking(call)
        else None,
        "due": call_shown.moment_of(call, call.closes_at, g.lang),
        "tag": call_shown.tag_of(call),
    }


def _scope_name(call: Call) -> str:
    title = in_language(call.title, g.lang, call.original_language).text
    return str(gettext("%(title)s (%(code)s)", title=title, code=call.code))


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("event.aside", aside),
    ("home.below", home),
    ("search.above", found),
    ("sitemap.pages", addresses),
    ("console.today", today),
    ("people.scopes", scope_choices),
    ("people.scope_names", scope_names),
)
