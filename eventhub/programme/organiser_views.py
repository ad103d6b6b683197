"""The organisers' console of the programme: events in scope, series, new events and copies of former ones."""

import re
import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from eventhub.kit.access import actor, plain_code, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import Panel
from eventhub.kit.web import back_to
from eventhub.programme import access, actions
from eventhub.programme import console_queries as queries
from eventhub.programme.console import bp, own_title, page, sent
from eventhub.programme.fields import given
from eventhub.programme.forms import CopyForm, FilterForm, NewEventForm, SeriesForm
from eventhub.programme.models import Event, EventKind, Publication, Series
from eventhub.programme.shown import EVENT_KINDS

__all__ = ["bp"]

FILTERS = ("q", "kind", "state", "series", "when", "sort")


@bp.get("/console/events")
@staff
def events() -> ResponseReturnValue:
    """The events in scope: filtered, searched, sorted and paged by the database."""
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    series = queries.series_seen(grants)
    form = FilterForm(request.args, series=[(str(one.id), own_title(one)) for one in series])
    found = queries.events_page(grants, _wanted(form), page_number())
    return render_template(
        "programme/console/events.html",
        found=found,
        filter_fields=list(form),
        kinds=EVENT_KINDS,
        pager=_pager(found),
        filtered=any(request.args.get(name) for name in FILTERS if name != "sort"),
        may_create_series=access.may_create_series(grants),
        editable=[one for one in series if access.may_create_in(grants, one)],
    )


@bp.route("/console/series/new", methods=["GET", "POST"])
@staff
def series_new() -> ResponseReturnValue:
    """A new series."""
    if not access.may_create_series(actor().grants):
        raise NotFound
    form = SeriesForm()
    if series := sent(
        form,
        lambda: actions.create_series(actor().person, slug=form.slug.data or "", **_series_words(form)),
    ):
        flash(gettext("The series is there. Add its first event."), "ok")
        return back_to(".event_new", series=series.id)
    return render_template("programme/console/series.html", form=form, series=None), form.status


@bp.route("/console/series/<slug>", methods=["GET", "POST"])
@staff
def series_edit(slug: str) -> ResponseReturnValue:
    """The words of a series."""
    series = queries.series_to_edit(actor().grants, slug)
    form = SeriesForm(obj=series)
    del form.slug
    if sent(form, lambda: actions.edit_series(actor().person, series, **_series_words(form))):
        flash(gettext("Saved"), "ok")
        return back_to(".events", series=series.id)
    return render_template("programme/console/series.html", form=form, series=series), form.status


@bp.route("/console/events/new", methods=["GET", "POST"])
@staff
@plain_code
def event_new() -> ResponseReturnValue:
    """A new event: the least it takes; the rest is filled in afterwards."""
    series = {str(one.id): one for one in queries.editable_series(actor().grants)}
    if not series:
        raise NotFound
    form = NewEventForm(series=[(key, own_title(one)) for key, one in series.items()])
    if request.method == "GET":
        form.series.data = request.args.get("series") if request.args.get("series") in series else next(iter(series))
        form.time_zone.data = "Europe/Zurich"
    if event := sent(
        form,
        lambda: actions.create_event(
            actor().person, series[form.series.data], facts=form.facts(), title=given(form.title)
        ),
    ):
        flash(gettext("The draft is there. Nobody outside sees it before you publish it."), "ok")
        return back_to(".event", slug=event.slug)
    return render_template("programme/console/event_new.html", form=form), form.status


@bp.route("/console/events/<slug>/copy", methods=["GET", "POST"])
@staff
@plain_code
def event_copy(slug: str) -> ResponseReturnValue:
    """A new draft from this event."""
    grants = actor().grants
    source = queries.event_to_edit(grants, slug)
    if not access.may_create_in(grants, source.series):
        raise NotFound
    a_year_on = source.first_day + timedelta(days=364)
    form = CopyForm(first_day=a_year_on, code=_following(source.code), slug=_following(source.slug))
    if event := sent(
        form,
        lambda: actions.copy_event(
            actor().person,
            source,
            sessions=queries.programme_of(source),
            rooms=queries.rooms_of(source),
            code=form.code.data or "",
            slug=form.slug.data or "",
            first_day=form.first_day.data or source.first_day,
            keep_weekday=form.keep_weekday.data,
        ),
    ):
        flash(gettext("The copy is there, as a draft. Look at its texts: they still speak of the former event."), "ok")
        return back_to(".event", slug=event.slug)
    return page("event_copy", queries.event_to_edit(grants, slug), here=".event", form=form)


def scope_choices(_visitor: object) -> Panel:
    """For the page where roles are given ("people.scopes"): the series and events of which the visitor is admin.

    The roles page reads ``choices``, (kind, id, label) each and an event's series, and includes no template.
    """
    series, found = queries.scopes_to_give(actor().grants)
    choices: list[tuple[Any, ...]] = [("series", one.id, own_title(one)) for one in series]
    choices += [("event", one.id, _scope_name(one), one.series_id) for one in found]
    return Panel("", {"choices": choices})


def scope_names(ids: Collection[uuid.UUID]) -> Panel:
    """For whoever is offered a role ("people.scope_names"): what its scope is called in the language of the page."""
    return Panel("", {str(one.id): _scope_name(one) for one in queries.scopes_by_id(ids)})


def _scope_name(one: Series | Event) -> str:
    title = own_title(one)
    return gettext("%(title)s (%(code)s)", title=title, code=one.code) if isinstance(one, Event) else title


def _wanted(form: FilterForm) -> queries.Wanted:
    sort = form.sort.data or ""
    return queries.Wanted(
        words=(form.q.data or "")[:100],
        kind=_member(EventKind, form.kind.data),
        publication=_member(Publication, form.state.data),
        series_id=_member(uuid.UUID, form.series.data),
        upcoming_on=now().date() if form.when.data == "upcoming" else None,
        sort=sort if sort in queries.SORTS else queries.SORTS[0],
    )


def _pager(found: queries.EventPage) -> dict[str, Any]:
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}

    def at(page: int) -> str:
        return url_for(".events", **kept, page=page)

    return pager(at, page=found.page, size=queries.PAGE, total=found.total)


def _series_words(form: SeriesForm) -> dict[str, Any]:
    return {
        "title": given(form.title),
        "summary": given(form.summary),
        "original_language": form.original_language.data,
    }


def _following(name: str) -> str:
    """The same name with its last number one higher: FMI18 to FMI19, forum-2025 to forum-2026."""
    found = re.fullmatch(r"(.*?)([0-9]{1,6})([^0-9]*)", name)
    if not found:
        return ""
    head, number, tail = found.groups()
    return f"{head}{int(number) + 1:0{len(number)}d}{tail}"


def _member(kind: Any, value: str | None) -> Any:
    """What was asked for, in its type; None for what is not of it."""
    try:
        return kind(value) if value else None
    except ValueError:
        return None
