"""The console's page of an event's calendar: how the invited answered, and pushing a change of words.

Place filled on another page: ``console.event``.
"""

import uuid

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.calendars import access, actions, queries
from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import in_language, show_moment
from eventhub.kit.panels import Panel
from eventhub.kit.web import Link, back_to
from eventhub.programme import shown
from eventhub.programme.models import Event

bp = Blueprint("calendars_console", __name__)


@bp.get("/console/events/<slug>/calendar")
@staff
def head_count(slug: str) -> ResponseReturnValue:
    """Accepted, declined, tentative, silent, for each session."""
    return _page(_event(slug), ActionForm())


@bp.post("/console/events/<slug>/calendar/<uuid:session_id>/push")
@staff
def push(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Send a change of words to everybody, as if the session had moved."""
    event = _event(slug)
    session = queries.session_of(event, session_id)
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.push_as_update(actor().person, session)):
        flash(_("The update is on its way to calendars and to those invited."), "ok")
        return back_to("calendars_console.head_count", slug=slug)
    return _page(event, form)


def console_event(event: Event) -> Panel | None:
    """The link to this page, for those to whom it exists."""
    if not access.may_count(actor().grants, event):
        return None
    url = url_for("calendars_console.head_count", slug=event.slug)
    here = request.endpoint == "calendars_console.head_count"
    return Panel("calendars/console_links.html", {"links": [Link(_("Calendar and answers"), url, here)]})


def _event(slug: str) -> Event:
    event = queries.event_for_console(slug)
    if not access.may_count(actor().grants, event):
        raise NotFound
    return event


def _page(event: Event, form: ActionForm) -> ResponseReturnValue:
    rows = [
        {
            "count": count,
            "title": shown.words(count.entry.session.title, event.original_language, g.lang),
            "when": show_moment(count.entry.starts_at, count.entry.time_zone, g.lang, year=False),
        }
        for count in queries.head_counts(event)
    ]
    return render_template(
        "calendars/head_count.html",
        event=event,
        event_title=in_language(event.title, g.lang, event.original_language).text,
        rows=rows,
        form=form,
    ), form.status
