"""The console's page of an event's calendar: how the invited answered, and pushing a change of words.

Place filled on another page: ``console.event``.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.calendars import access, actions, places, queries, replies
from eventhub.calendars.models import InviteWord
from eventhub.calendars.zones import zone_info
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import direction, in_language, show_moment, show_span
from eventhub.kit.panels import Panel
from eventhub.kit.web import Link, back_to
from eventhub.people.models import Person
from eventhub.programme import shown
from eventhub.programme.checks import room_too_small
from eventhub.programme.models import Event

bp = Blueprint("calendars_console", __name__)

WORDS = ("calendars_console.words", "calendars_console.count_word", "calendars_console.set_word_aside")


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


@bp.get("/console/events/<slug>/calendar/answers")
@staff
def words(slug: str) -> ResponseReturnValue:
    """What came by mail and is to be judged: other times that are proposed, answers whose sender is not proven."""
    return _words_page(_event(slug), ActionForm())


@bp.post("/console/events/<slug>/calendar/answers/<uuid:word_id>/count")
@staff
def count_word(slug: str, word_id: uuid.UUID) -> ResponseReturnValue:
    """Take an answer as the invited person's own."""
    return _decide(_event(slug), word_id, replies.count_in, _("The answer is counted."))


@bp.post("/console/events/<slug>/calendar/answers/<uuid:word_id>/aside")
@staff
def set_word_aside(slug: str, word_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing comes of it."""
    return _decide(_event(slug), word_id, replies.set_aside, _("The answer is discarded. Nothing has changed."))


@bp.get("/console/events/<slug>/calendar/places")
@staff
def session_places(slug: str) -> ResponseReturnValue:
    """How many mean to come to each session, how many places it has, and how many wait."""
    event = _event(slug)
    rows = [
        {
            "one": one,
            "title": shown.words(one.session.title, event.original_language, g.lang),
            "when": show_moment(one.session.starts_at, one.session.time_zone, g.lang, year=False),
            "narrow": room_too_small(one.session.places, one.session.room),
        }
        for one in places.fillings(event)
    ]
    title = in_language(event.title, g.lang, event.original_language).text
    form = ActionForm(formdata=None)
    return render_template("calendars/places.html", event=event, event_title=title, rows=rows, form=form)


@bp.post("/console/events/<slug>/calendar/places.<any(csv, xlsx):kind>")
@staff
def places_file(slug: str, kind: str) -> ResponseReturnValue:
    """The same as a file. It names nobody."""
    event = _event(slug)
    if not ActionForm().validate_on_submit():
        return back_to("calendars_console.session_places", slug=slug)
    header = [_("Session"), _("Begins"), _("Places"), _("Going"), _("Maybe"), pgettext("people in a line", "Waiting")]
    rows: list[list[object]] = [
        [
            in_language(one.session.title, g.lang, event.original_language).text,
            one.session.starts_at.astimezone(zone_info(one.session.time_zone)),
            one.session.places,
            one.going,
            one.maybe,
            one.waiting,
        ]
        for one in places.fillings(event)
    ]
    name = f"{event.slug}-places.{kind}"
    if kind == "csv":
        return csv_response(rows, header, name)
    return xlsx_response(rows, header, name, sheet=_("Places"), rtl=direction(g.lang) == "rtl")


def console_event(event: Event) -> Panel | None:
    """The link to this page, for those to whom it exists."""
    if not access.may_count(actor().grants, event):
        return None
    url = url_for("calendars_console.head_count", slug=event.slug)
    here = request.endpoint == "calendars_console.head_count"
    filled = url_for("calendars_console.session_places", slug=event.slug)
    links = [
        Link(_("Calendar and answers"), url, here),
        Link(_("Answers by mail"), url_for("calendars_console.words", slug=event.slug), request.endpoint in WORDS),
        Link(_("Places in sessions"), filled, request.endpoint == "calendars_console.session_places"),
    ]
    return Panel("calendars/console_links.html", {"links": links})


def _event(slug: str) -> Event:
    event = queries.event_for_console(slug)
    if not access.may_count(actor().grants, event):
        raise NotFound
    return event


def _page(event: Event, form: ActionForm) -> ResponseReturnValue:
    rows = [
        {
            "count": count,
            "mails": count.invited if count.entry.ends_at > now() else 0,
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
        waiting=len(replies.words_of(event)),
        form=form,
    ), form.status


def _decide(
    event: Event, word_id: uuid.UUID, deed: Callable[[Person, Event, InviteWord], InviteWord], said: str
) -> ResponseReturnValue:
    form = ActionForm()
    try:
        word = queries.word_of(event, word_id)
    except NotFound:
        flash(_("This answer is settled already."), "warn")
        return back_to("calendars_console.words", slug=event.slug)
    if form.validate_on_submit() and submit(form, lambda: deed(actor().person, event, word)):
        flash(said, "ok")
        return back_to("calendars_console.words", slug=event.slug)
    return _words_page(event, form)


def _words_page(event: Event, form: ActionForm) -> ResponseReturnValue:
    return render_template(
        "calendars/words.html",
        event=event,
        event_title=in_language(event.title, g.lang, event.original_language).text,
        rows=[_word(event, word) for word in replies.words_of(event)],
        form=form,
    ), form.status


def _word(event: Event, word: InviteWord) -> dict[str, Any]:
    entry = word.invite.entry
    zone = zone_info(entry.time_zone)
    starts, ends = (at.astimezone(zone) if at else None for at in (word.starts_at, word.ends_at))
    return {
        "word": word,
        "title": shown.words(entry.session.title, event.original_language, g.lang),
        "when": show_moment(entry.starts_at, entry.time_zone, g.lang, year=False),
        "name": word.invite.person.public_name,
        "starts": show_moment(starts, entry.time_zone, g.lang, year=False) if starts else None,
        "hours": show_span(starts, ends, g.lang) if starts and ends else None,
        "wish": {"starts": f"{starts:%Y-%m-%dT%H:%M}", "ends": f"{ends:%Y-%m-%dT%H:%M}"} if starts and ends else {},
        "received": show_moment(word.received_at, event.time_zone, g.lang, year=False),
    }
