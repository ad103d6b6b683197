"""The organisers' console of the programme: events in scope, their texts, sessions, rooms and documents."""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from eventhub.kit.access import actor, plain_code, staff
from eventhub.kit.clock import now
from eventhub.kit.codes import language_name
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import LANGUAGES, in_language, missing_languages, show_date, show_moment
from eventhub.kit.paging import page_number, pager
from eventhub.kit.panels import Panel, panels
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme import access, actions, checks
from eventhub.programme import console_queries as queries
from eventhub.programme.forms import (
    STATES,
    CancelForm,
    CopyForm,
    DocumentForm,
    EventForm,
    EventTextsForm,
    FilterForm,
    ItemForm,
    MoveForm,
    NewEventForm,
    PanellistForm,
    PublishForm,
    RoomForm,
    SeriesForm,
    SessionForm,
    SlotForm,
    VersionForm,
    VersionUploadForm,
    differences,
)
from eventhub.programme.models import Document, Event, EventKind, Publication, Series, Session
from eventhub.programme.shown import EVENT_KINDS, MODES, SESSION_KINDS, join

bp = Blueprint("programme_console", __name__)

TAGS = {Publication.DRAFT: "", Publication.PUBLISHED: "ok", Publication.CANCELLED: "stop"}
TEXT_NAMES = {
    "title": _l("Title"),
    "lead": _l("Lead"),
    "description": _l("Description"),
    "practical": _l("Practical information"),
    "city": _l("City"),
    "sessions": _l("Titles of sessions"),
}
DEEDS = {
    "event_created": _l("Event created"),
    "event_copied": _l("Event copied from a former one"),
    "event_edited": _l("Facts changed"),
    "event_texts_edited": _l("Texts changed"),
    "event_published": _l("Event published"),
    "event_cancelled": _l("Event cancelled"),
    "sessions_moved": _l("Sessions moved with the event"),
    "sessions_published": _l("Sessions published"),
    "session_added": _l("Session added"),
    "session_edited": _l("Session changed"),
    "session_moved": _l("Session moved"),
    "session_published": _l("Session published"),
    "session_cancelled": _l("Session cancelled"),
    "session_deleted": _l("Draft session deleted"),
    "room_added": _l("Room added"),
    "room_edited": _l("Room changed"),
    "room_deleted": _l("Room deleted"),
    "document_added": _l("Document added"),
    "document_edited": _l("Document changed"),
    "document_moved": _l("Documents put in another order"),
    "document_version_added": _l("File added to a document"),
    "document_published": _l("Document published"),
    "document_withdrawn": _l("Document withdrawn"),
    "document_deleted": _l("Draft document deleted"),
    "registration.exported": _l("Registrations exported"),
    "registration.set_up": _l("Settings of the registration changed"),
    "registration.extended": _l("Deadline extended"),
}
"""What the history calls the deeds of this feature."""

Kind = TypeVar("Kind", bound=SlotForm)
Result = TypeVar("Result")
GOOD, GRAVE = ("published",), ("cancelled", "withdrawn", "deleted")
FIRST_TIME = time(10)
FILTERS = ("q", "kind", "state", "series", "when", "sort")


class PageTooOld(DomainError):
    """The button was pressed on a page whose session has changed."""

    status = 400
    message = _l("This page was open too long. Go back, load it again and repeat.")


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "events"


@bp.app_context_processor
def console_words() -> dict[str, Any]:
    """What the templates of the console call."""
    return {"own": _own, "state_tag": _state_tag, "missing_languages": missing_languages}


# --- Lists, series, new events ----------------------------------------------------------------------------------


@bp.get("/console/events")
@staff
def events() -> ResponseReturnValue:
    """The events in scope: filtered, searched, sorted and paged by the database."""
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    series = queries.series_seen(grants)
    form = FilterForm(request.args, series=[(str(one.id), _own(one)) for one in series])
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
    if series := _sent(
        form,
        lambda: actions.create_series(
            _person(),
            slug=form.slug.data or "",
            title=_given(form, "title"),
            summary=_given(form, "summary"),
            original_language=form.original_language.data,
        ),
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
    if _sent(
        form,
        lambda: actions.edit_series(
            _person(),
            series,
            title=_given(form, "title"),
            summary=_given(form, "summary"),
            original_language=form.original_language.data,
        ),
    ):
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
    form = NewEventForm(series=[(key, _own(one)) for key, one in series.items()])
    if request.method == "GET":
        form.series.data = request.args.get("series") if request.args.get("series") in series else next(iter(series))
        form.time_zone.data = "Europe/Zurich"
    if event := _sent(
        form,
        lambda: actions.create_event(
            _person(), series[form.series.data], facts=form.facts(), title=_given(form, "title")
        ),
    ):
        flash(gettext("The draft is there. Nobody outside sees it before you publish it."), "ok")
        return back_to(".event", slug=event.slug)
    return render_template("programme/console/event_new.html", form=form), form.status


# --- One event --------------------------------------------------------------------------------------------------


@bp.get("/console/events/<slug>")
@staff
def event(slug: str) -> ResponseReturnValue:
    """An event at a glance: is it public, what is missing, what was done."""
    grants = actor().grants
    event = queries.event_seen(grants, slug)
    sessions = queries.programme_of(event)
    return _page(
        "event",
        event,
        here=".event",
        ready=checks.readiness(event, sessions),
        rows=_readiness_rows(event, sessions),
        documents=queries.documents_of(event),
        history=[_line(deed) for deed in queries.deeds(event)],
        may_edit=access.may_edit(grants, event),
        may_copy=access.may_create_in(grants, event.series),
        kinds=EVENT_KINDS,
        modes=MODES,
    )


@bp.route("/console/events/<slug>/facts", methods=["GET", "POST"])
@staff
@plain_code
def event_facts(slug: str) -> ResponseReturnValue:
    """What an event is, when and where."""
    event = queries.event_to_edit(actor().grants, slug)
    form = EventForm(event=event)
    if saved := _sent(
        form,
        lambda: actions.edit_event(
            _person(),
            event,
            facts=form.facts(),
            version=form.seen_version,
            sessions=queries.programme_of(event),
            move_sessions=form.move_sessions.data,
        ),
    ):
        flash(gettext("Saved"), "ok")
        return back_to(".event", slug=saved.slug)
    event = queries.event_to_edit(actor().grants, slug)
    stored = EventForm(formdata=None, event=event)
    return _page("event_facts", event, here=".event_facts", form=form, others=_others(form, event, stored))


@bp.route("/console/events/<slug>/texts", methods=["GET", "POST"])
@staff
def event_texts(slug: str) -> ResponseReturnValue:
    """What an event says, in six languages side by side."""
    event = queries.event_to_edit(actor().grants, slug)
    form = EventTextsForm(obj=event, original=event.original_language)
    if _sent(form, lambda: actions.edit_event_texts(_person(), event, texts=form.texts(), version=form.seen_version)):
        flash(gettext("Saved"), "ok")
        return back_to(".event", slug=slug)
    event = queries.event_to_edit(actor().grants, slug)
    stored = EventTextsForm(formdata=None, obj=event, original=event.original_language)
    return _page("event_texts", event, here=".event_texts", form=form, others=_others(form, event, stored))


@bp.route("/console/events/<slug>/publish", methods=["GET", "POST"])
@staff
def event_publish(slug: str) -> ResponseReturnValue:
    """Look once more, then publish; what is missing warns and does not forbid."""
    event = queries.event_to_edit(actor().grants, slug)
    sessions = queries.programme_of(event)
    form = PublishForm()
    if _sent(
        form,
        lambda: actions.publish_event(_person(), event, sessions=sessions, with_sessions=form.with_sessions.data),
    ):
        flash(gettext("The event is public"), "ok")
        return back_to(".event", slug=slug)
    event = queries.event_to_edit(actor().grants, slug)
    sessions = queries.programme_of(event)
    ready, rows = checks.readiness(event, sessions), _readiness_rows(event, sessions)
    return _page("event_publish", event, here=".event", form=form, ready=ready, rows=rows)


@bp.route("/console/events/<slug>/cancel", methods=["GET", "POST"])
@staff
def event_cancel(slug: str) -> ResponseReturnValue:
    """Call an event off, with a reason for everybody."""
    event = queries.event_to_edit(actor().grants, slug)
    form = CancelForm(original=event.original_language)
    if _sent(
        form,
        lambda: actions.cancel_event(
            _person(), event, sessions=queries.programme_of(event), reason=_given(form, "reason")
        ),
    ):
        flash(gettext("The event is cancelled. Its page says so."), "warn")
        return back_to(".event", slug=slug)
    event = queries.event_to_edit(actor().grants, slug)
    return _page("event_cancel", event, here=".event", form=form)


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
    if event := _sent(
        form,
        lambda: actions.copy_event(
            _person(),
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
    return _page("event_copy", queries.event_to_edit(grants, slug), here=".event", form=form)


# --- The programme ----------------------------------------------------------------------------------------------


@bp.get("/console/events/<slug>/programme")
@staff
def programme(slug: str) -> ResponseReturnValue:
    """The programme editor: every day with its sessions, and what stands in each other's way."""
    event = queries.event_to_edit(actor().grants, slug)
    sessions = queries.programme_of(event)
    alive = [one for one in sessions if one.publication is Publication.DRAFT]
    return _page(
        "programme",
        event,
        here=".programme",
        days=_days(event, sessions),
        clashes=[_clash(one, event) for one in checks.clashes(sessions)],
        drafts=len(alive),
        total=len(sessions),
        kinds=SESSION_KINDS,
    )


@bp.post("/console/events/<slug>/programme/publish")
@staff
def programme_publish(slug: str) -> ResponseReturnValue:
    """Publish all draft sessions."""
    event = queries.event_to_edit(actor().grants, slug)
    sessions = queries.programme_of(event)
    drafts = sum(one.publication is Publication.DRAFT for one in sessions)
    said = ngettext("%(num)s session is public now", "%(num)s sessions are public now", drafts)
    return _press(
        lambda: actions.publish_all(_person(), event, sessions=sessions), said, back_to(".programme", slug=slug)
    )


@bp.route("/console/events/<slug>/sessions/new", methods=["GET", "POST"])
@staff
def session_new(slug: str) -> ResponseReturnValue:
    """A new session, proposed right after the last one of its day."""
    event = queries.event_to_edit(actor().grants, slug)
    form = _session_form(event, None, **_proposed(event))
    if session := _sent(form, lambda: actions.add_session(_person(), event, facts=form.facts(), slot=form.slot())):
        flash(gettext("The session is in the programme, as a draft"), "ok")
        return back_to(".programme", slug=slug, _anchor=f"s-{session.id}")
    event = queries.event_to_edit(actor().grants, slug)
    return _page("session", event, here=".programme", form=form, session=None, others=[])


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>", methods=["GET", "POST"])
@staff
def session(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """One session with all its parts."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    form = _session_form(event, session, **_current(session))
    if _sent(
        form,
        lambda: actions.edit_session(
            _person(), session, facts=form.facts(), slot=form.slot(), version=form.seen_version
        ),
    ):
        flash(gettext("Saved"), "ok")
        return back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    stored = _session_form(event, session, formdata=None, **_current(session))
    return _page("session", event, here=".programme", form=form, session=session, others=_others(form, session, stored))


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/move", methods=["GET", "POST"])
@staff
def session_move(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Another day, time or room, and nothing else."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    form = _slot_form(MoveForm, event, session.time_zone, obj=session, **_current(session))
    if _sent(form, lambda: actions.move_session(_person(), session, slot=form.slot(), version=form.seen_version)):
        flash(gettext("The session is moved"), "ok")
        return back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    stored = _slot_form(MoveForm, event, session.time_zone, formdata=None, obj=session, **_current(session))
    return _page(
        "session_move", event, here=".programme", form=form, session=session, others=_others(form, session, stored)
    )


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/publish")
@staff
def session_publish(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Show one session in the public programme."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    back = back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    return _press(lambda: actions.publish_session(_person(), session), gettext("The session is public"), back)


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/cancel", methods=["GET", "POST"])
@staff
def session_cancel(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Call a session off, after a question."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    return _confirm(
        event,
        lambda: actions.cancel_session(_person(), session),
        heading=gettext("Cancel this session?"),
        thing=_own(session, event),
        text=gettext("It stays in the programme, marked as cancelled, and leaves the calendars of those who have it."),
        button=gettext("Cancel the session"),
        said=gettext("The session is cancelled"),
        back=url_for(".programme", slug=slug),
    )


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/delete", methods=["GET", "POST"])
@staff
def session_delete(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a draft, after a question."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    return _confirm(
        event,
        lambda: actions.delete_session(_person(), session),
        heading=gettext("Delete this draft?"),
        thing=_own(session, event),
        text=gettext("Nobody outside has seen it. It cannot be brought back."),
        button=gettext("Delete the draft"),
        said=gettext("The draft is deleted"),
        back=url_for(".programme", slug=slug),
    )


# --- Agenda items and panellists --------------------------------------------------------------------------------


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/items/new", methods=["GET", "POST"])
@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/items/<uuid:item_id>", methods=["GET", "POST"])
@staff
def item(slug: str, session_id: uuid.UUID, item_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """A point of the agenda, new or known."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    known = queries.item_of(session, item_id) if item_id else None
    form = ItemForm(obj=known, original=event.original_language)

    def save() -> object:
        title = _given(form, "title")
        if known:
            return actions.edit_part(_person(), session, known, title=title)
        return actions.add_item(_person(), session, title=title)

    if _sent(form, save):
        flash(gettext("Saved"), "ok")
        return back_to(".session", slug=slug, session_id=session_id, _anchor="items")
    event = queries.event_to_edit(actor().grants, slug)
    return _page("item", event, here=".programme", form=form, session=session, known=known)


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/panel/new", methods=["GET", "POST"])
@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/panel/<uuid:panellist_id>", methods=["GET", "POST"])
@staff
def panellist(slug: str, session_id: uuid.UUID, panellist_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """Somebody on the panel, new or known."""
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    known = queries.panellist_of(session, panellist_id) if panellist_id else None
    form = PanellistForm(obj=known)

    def save() -> object:
        name, function = form.name.data or "", _given(form, "function")
        if known:
            return actions.edit_part(_person(), session, known, name=name, function=function)
        return actions.add_panellist(_person(), session, name=name, function=function)

    if _sent(form, save):
        flash(gettext("Saved"), "ok")
        return back_to(".session", slug=slug, session_id=session_id, _anchor="panel")
    event = queries.event_to_edit(actor().grants, slug)
    return _page("panellist", event, here=".programme", form=form, session=session, known=known)


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/<any(items, panel):kind>/<uuid:part_id>/order")
@staff
def part_order(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> ResponseReturnValue:
    """One place up or down."""
    session, part = _part(slug, session_id, kind, part_id)
    is_up = request.form.get("move") == "up"
    back = back_to(".session", slug=slug, session_id=session_id, _anchor=kind)
    return _press(lambda: actions.move_part(_person(), session, part, up=is_up), None, back)


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/<any(items, panel):kind>/<uuid:part_id>/delete")
@staff
def part_delete(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> ResponseReturnValue:
    """Take an agenda item or a panellist away."""
    session, part = _part(slug, session_id, kind, part_id)
    back = back_to(".session", slug=slug, session_id=session_id, _anchor=kind)
    return _press(lambda: actions.remove_part(_person(), session, part), gettext("Removed"), back)


# --- Rooms ------------------------------------------------------------------------------------------------------


@bp.route("/console/events/<slug>/rooms", methods=["GET", "POST"])
@staff
def rooms(slug: str) -> ResponseReturnValue:
    """The rooms of the event, and a new one."""
    event = queries.event_to_edit(actor().grants, slug)
    form = RoomForm(original=event.original_language)
    if _sent(form, lambda: actions.add_room(_person(), event, name=_given(form, "name"), **_room_values(form))):
        flash(gettext("The room is there"), "ok")
        return back_to(".rooms", slug=slug)
    return _page("rooms", event, here=".rooms", form=form, rooms=queries.rooms_of(event))


@bp.route("/console/events/<slug>/rooms/<uuid:room_id>", methods=["GET", "POST"])
@staff
def room(slug: str, room_id: uuid.UUID) -> ResponseReturnValue:
    """One room."""
    event = queries.event_to_edit(actor().grants, slug)
    room = queries.room_of(event, room_id)
    form = RoomForm(obj=room, original=event.original_language)
    if _sent(form, lambda: actions.edit_room(_person(), event, room, name=_given(form, "name"), **_room_values(form))):
        flash(gettext("Saved"), "ok")
        return back_to(".rooms", slug=slug)
    return _page("room", event, here=".rooms", form=form, room=room)


@bp.post("/console/events/<slug>/rooms/<uuid:room_id>/delete")
@staff
def room_delete(slug: str, room_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a room where nothing takes place."""
    event = queries.event_to_edit(actor().grants, slug)
    room = queries.room_of(event, room_id)
    back = back_to(".rooms", slug=slug)
    return _press(lambda: actions.delete_room(_person(), event, room), gettext("The room is deleted"), back)


# --- Documents --------------------------------------------------------------------------------------------------


@bp.get("/console/events/<slug>/documents")
@staff
def documents(slug: str) -> ResponseReturnValue:
    """The event's documents with their languages."""
    event = queries.event_with_documents(actor().grants, slug)
    found = [(one, _newest(one)) for one in queries.documents_of(event)]
    return _page("documents", event, here=".documents", documents=found)


@bp.route("/console/events/<slug>/documents/new", methods=["GET", "POST"])
@staff
def document_new(slug: str) -> ResponseReturnValue:
    """A new document; its file comes next."""
    event = queries.event_with_documents(actor().grants, slug)
    form = DocumentForm(document=None)
    if document := _sent(form, lambda: actions.add_document(_person(), event, facts=form.facts())):
        flash(gettext("The document is there. Add its first file."), "ok")
        return back_to(".document_file_new", slug=slug, document_id=document.id)
    return _page("document", event, here=".documents", form=form, document=None, versions=[])


@bp.route("/console/events/<slug>/documents/<uuid:document_id>", methods=["GET", "POST"])
@staff
def document(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """One document: what it is called, its files with all their versions."""
    event = queries.event_with_documents(actor().grants, slug)
    document = queries.document_of(event, document_id)
    form = DocumentForm(document=document)
    if _sent(form, lambda: actions.edit_document(_person(), document, facts=form.facts())):
        flash(gettext("Saved"), "ok")
        return back_to(".documents", slug=slug)
    versions = sorted(document.versions, key=lambda one: (LANGUAGES.index(one.language), -one.number))
    return _page("document", event, here=".documents", form=form, document=document, versions=versions)


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/files/new", methods=["GET", "POST"])
@staff
def document_file_new(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """A file for one language; a former one stays under its number."""
    event = queries.event_with_documents(actor().grants, slug)
    document = queries.document_of(event, document_id)
    newest = _newest(document)
    form = VersionUploadForm()
    if request.method == "GET":
        asked = request.args.get("language", "")
        missing = [code for code in (document.original_language, *LANGUAGES) if code not in newest]
        form.language.data = asked if asked in LANGUAGES else next(iter(missing), document.original_language)

    def save() -> object:
        file: FileStorage = form.file.data
        data, name = file.stream.read(), file.filename or ""
        return actions.add_version(_person(), document, language=form.language.data, data=data, name=name)

    if _sent(form, save):
        flash(gettext("The file is there"), "ok")
        return back_to(".documents", slug=slug)
    event = queries.event_with_documents(actor().grants, slug)
    document = queries.document_of(event, document_id)
    return _page("document_file", event, here=".documents", form=form, document=document, newest=newest)


@bp.get("/console/events/<slug>/documents/<uuid:document_id>/files/<uuid:version_id>")
@staff
def document_file(slug: str, document_id: uuid.UUID, version_id: uuid.UUID) -> Response:
    """Any version of a file, drafts too, to be saved."""
    event = queries.event_with_documents(actor().grants, slug)
    return attachment(queries.version_of(queries.document_of(event, document_id), version_id).file)


@bp.post("/console/events/<slug>/documents/<uuid:document_id>/publish")
@staff
def document_publish(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Let the public read a document."""
    document = _document(slug, document_id)
    said, back = gettext("The document is public"), back_to(".documents", slug=slug)
    return _press(lambda: actions.publish_document(_person(), document), said, back)


@bp.post("/console/events/<slug>/documents/<uuid:document_id>/order")
@staff
def document_order(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """One place up or down."""
    document = _document(slug, document_id)
    among = queries.documents_of(document.event)
    is_up = request.form.get("move") == "up"
    back = back_to(".documents", slug=slug)
    return _press(lambda: actions.move_document(_person(), document, among=among, up=is_up), None, back)


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/withdraw", methods=["GET", "POST"])
@staff
def document_withdraw(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Offer a document no longer, after a question."""
    document = _document(slug, document_id)
    return _confirm(
        document.event,
        lambda: actions.withdraw_document(_person(), document),
        heading=gettext("Withdraw this document?"),
        thing=_own(document),
        text=gettext("The public page no longer offers it. Its files are kept here."),
        button=gettext("Withdraw the document"),
        said=gettext("The document is withdrawn"),
        back=url_for(".documents", slug=slug),
        here=".documents",
    )


@bp.route("/console/events/<slug>/documents/<uuid:document_id>/delete", methods=["GET", "POST"])
@staff
def document_delete(slug: str, document_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a draft, after a question."""
    document = _document(slug, document_id)
    return _confirm(
        document.event,
        lambda: actions.delete_document(_person(), document),
        heading=gettext("Delete this draft?"),
        thing=_own(document),
        text=gettext("Its files are deleted too. They cannot be brought back."),
        button=gettext("Delete the draft"),
        said=gettext("The draft is deleted"),
        back=url_for(".documents", slug=slug),
        here=".documents",
    )


def scope_choices(_visitor: object) -> Panel:
    """For the page where roles are given ("people.scopes"): the series and events of which the visitor is admin.

    The roles page reads ``choices``, (kind, id, label) each and an event's series, and includes no template.
    """
    series, found = queries.scopes_to_give(actor().grants)
    choices: list[tuple[Any, ...]] = [("series", one.id, _own(one)) for one in series]
    choices += [
        ("event", one.id, gettext("%(title)s (%(code)s)", title=_own(one), code=one.code), one.series_id)
        for one in found
    ]
    return Panel("", {"choices": choices})


# --- Parts of the pages -----------------------------------------------------------------------------------------


def _page(name: str, event: Event, *, here: str, form: Form | None = None, **context: Any) -> ResponseReturnValue:
    """A page of one event's console, with its tabs."""
    page = render_template(
        f"programme/console/{name}.html",
        event=event,
        form=form,
        tabs=_tabs(event, here),
        button_form=_button_form,
        **context,
    )
    return page, form.status if form else 200


def _tabs(event: Event, here: str) -> list[dict[str, Any]]:
    grants = actor().grants
    tabs = [(gettext("Overview"), ".event")]
    if access.may_edit(grants, event):
        tabs += [
            (gettext("Facts"), ".event_facts"),
            (gettext("Texts"), ".event_texts"),
            (gettext("Programme"), ".programme"),
            (gettext("Rooms"), ".rooms"),
        ]
    if access.may_keep_documents(grants, event):
        tabs.append((gettext("Documents"), ".documents"))
    own = [{"label": text, "url": url_for(end, slug=event.slug), "current": end == here} for text, end in tabs]
    links = [link for panel in panels("console.event", event) for link in panel.context.get("links", [])]
    return own + [{"label": link.label, "url": link.url, "current": False} for link in links]


def _sent(form: Form, action: Callable[[], Result]) -> Result | None:
    """Call the action when the form was sent and holds; None when the form must be shown (again)."""
    return submit(form, action) if form.validate_on_submit() else None


def _press(action: Callable[[], object], said: str | None, back: Response) -> Response:
    """Do what a lone button asks; what cannot be done is said on the page it leads back to."""
    form = ActionForm()
    if not form.validate_on_submit():
        raise PageTooOld
    if submit(form, action) is None:
        flash(str(form.form_errors[0]), "stop")
    elif said:
        flash(said, "ok")
    return back


def _confirm(
    event: Event, action: Callable[[], object], *, said: str, back: str, here: str = ".programme", **words: str
) -> ResponseReturnValue:
    """A question before something that cannot be undone."""
    form = ActionForm()
    slug = event.slug
    if _sent(form, action) is not None:
        flash(said, "ok")
        response = Response(status=303)
        response.location = back
        return response
    return _page("confirm", queries.event_seen(actor().grants, slug), here=here, form=form, back=back, **words)


def _others(form: VersionForm, record: Event | Session, stored: Form) -> list[dict[str, Any]]:
    """What somebody else saved since this form was opened. Sending it again then means to replace that."""
    if not form.is_submitted() or form.seen_version == record.version:
        return []
    form.version.data = str(record.version)
    return [{"label": label, "lang": lang, "value": value} for label, lang, value in differences(form, stored)]


def _days(event: Event, sessions: Sequence[Session]) -> list[dict[str, Any]]:
    """Every day of the event, and any other day that has sessions."""
    by_day = {day: list(found) for day, found in groupby(sessions, key=lambda one: one.starts_local.date())}
    length = (event.last_day - event.first_day).days
    days = sorted({event.first_day + timedelta(days=n) for n in range(length + 1)} | by_day.keys())
    return [
        {
            "date": day,
            "name": show_date(day, g.lang, weekday=True),
            "outside": not event.first_day <= day <= event.last_day,
            "sessions": by_day.get(day, []),
        }
        for day in days
    ]


def _clash(clash: checks.Clash, event: Event) -> Any:
    names = {"first": _own(clash.first, event), "second": _own(clash.second, event)}
    if clash.room is not None:
        room = in_language(clash.room.name, g.lang, event.original_language).text
        return gettext("“%(first)s” and “%(second)s” are in the same room at once: %(room)s", room=room, **names)
    return gettext(
        "“%(first)s” and “%(second)s” have the same panellist at once: %(name)s", name=clash.panellist, **names
    )


def _readiness_rows(event: Event, sessions: Sequence[Session]) -> list[dict[str, Any]]:
    """What publishing would show, as rows of a task list."""
    ready = checks.readiness(event, sessions)
    programme = url_for(".programme", slug=event.slug)
    addresses = {"city": url_for(".event_facts", slug=event.slug), "sessions": programme}
    ok, warn = (gettext("Ready"), "ok"), (gettext("Look"), "warn")
    rows: list[dict[str, Any]] = []
    for name, label in TEXT_NAMES.items():
        missing = ready.missing.get(name, [])
        if name == "city" and not missing:
            continue
        note = gettext("Missing: %(languages)s", languages=_tongues(missing)) if missing else None
        url = addresses.get(name, url_for(".event_texts", slug=event.slug))
        rows.append({"label": label, "url": url, "note": note, "tag": warn if missing else ok})
    notes = []
    if not ready.sessions:
        notes.append(gettext("There is no session yet"))
    if ready.drafts:
        notes.append(ngettext("%(num)s session is a draft", "%(num)s sessions are drafts", ready.drafts))
    if ready.outside_days:
        number = len(ready.outside_days)
        notes.append(
            ngettext("%(num)s session is outside the event's days", "%(num)s sessions are outside its days", number)
        )
    if ready.clashes:
        number = len(ready.clashes)
        notes.append(ngettext("%(num)s clash of rooms or panellists", "%(num)s clashes of rooms or panellists", number))
    if ready.without_link:
        number = len(ready.without_link)
        notes.append(ngettext("%(num)s session has no link to join", "%(num)s sessions have no link to join", number))
    tag = warn if notes else ok
    rows.append({"label": gettext("Programme"), "url": programme, "note": " · ".join(notes) or None, "tag": tag})
    return rows


def _line(deed: queries.Deed) -> dict[str, Any]:
    """One deed as a line of the history."""
    entry = deed.entry
    name = entry.verb.removeprefix("programme.")
    moment = show_moment(entry.at, actor().time_zone, g.lang)
    kind = "ok" if name.endswith(GOOD) else "warn" if name.endswith(GRAVE) else ""
    return {
        "when": gettext("%(day)s, %(time)s", day=moment.day, time=moment.time),
        "datetime": moment.iso,
        "title": DEEDS.get(name, gettext("Other change")),
        "kind": kind,
        "who": deed.who,
        "text": deed.text,
    }


def _session_form(event: Event, session: Session | None, **given: Any) -> SessionForm:
    zone = session.time_zone if session else event.time_zone
    return _slot_form(SessionForm, event, zone, session=session, original=event.original_language, **given)


def _slot_form(kind: type[Kind], event: Event, zone: str, **given: Any) -> Kind:
    rooms = queries.rooms_of(event)
    names = {str(room.id): in_language(room.name, g.lang, event.original_language).text for room in rooms}
    return kind(zone=zone, rooms=rooms, names=names, **given)


def _current(session: Session) -> dict[str, Any]:
    """Where a session is now, as its form shows it."""
    return {
        "day": session.starts_local.date(),
        "starts": session.starts_local.time(),
        "ends": session.ends_local.time(),
    }


def _proposed(event: Event) -> dict[str, Any]:
    """Where a new session would be: after the last one of the day asked for, for an hour."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = event.first_day
    last = queries.last_end_on(event, day)
    starts = last.ends_local if last and last.ends_local.date() == day else datetime.combine(day, FIRST_TIME)
    ends = min(starts + timedelta(hours=1), datetime.combine(day, time(23, 59)))
    room = str(last.room_id) if last and last.room_id else ""
    return {
        "day": day,
        "starts": starts.time(),
        "ends": ends.time(),
        "room_id": room,
        "interpretation": list(event.interpretation),
    }


def _wanted(form: FilterForm) -> queries.Wanted:
    sort = form.sort.data or ""
    return queries.Wanted(
        words=(form.q.data or "")[:100],
        kind=_member(EventKind, form.kind.data),
        publication=_member(Publication, form.state.data),
        series_id=_uuid(form.series.data),
        upcoming_on=now().date() if form.when.data == "upcoming" else None,
        sort=sort if sort in queries.SORTS else queries.SORTS[0],
    )


def _pager(found: queries.EventPage) -> dict[str, Any]:
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}

    def at(page: int) -> str:
        return url_for(".events", **kept, page=page)

    return pager(at, page=found.page, size=queries.PAGE, total=found.total)


def _part(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> tuple[Session, actions.Part]:
    event = queries.event_to_edit(actor().grants, slug)
    session = queries.session_of(event, session_id)
    if kind == "items":
        return session, queries.item_of(session, part_id)
    return session, queries.panellist_of(session, part_id)


def _document(slug: str, document_id: uuid.UUID) -> Document:
    return queries.document_of(queries.event_with_documents(actor().grants, slug), document_id)


def _newest(document: Document) -> dict[str, Any]:
    """The newest file of each language, in the order of the languages."""
    found = {one.language: one for one in sorted(document.versions, key=lambda one: one.number)}
    return {code: found[code] for code in LANGUAGES if code in found}


def _room_values(form: RoomForm) -> dict[str, Any]:
    return {"capacity": form.capacity.data, "step_free": form.step_free.data}


def _button_form() -> ActionForm:
    """A form for one more button on the page, with a key of its own."""
    return ActionForm(formdata=None)


def _given(form: Any, name: str) -> dict[str, str]:
    return {code: text for code, text in form[name].data.items() if text}


def _own(thing: Event | Series | Session | Document, event: Event | None = None) -> str:
    """The title in the page's language, else in the original one."""
    original = event or thing
    return in_language(thing.title, g.lang, getattr(original, "original_language", "en")).text


def _state_tag(thing: Event | Session | Document) -> tuple[Any, str]:
    return STATES[thing.publication], TAGS[thing.publication]


def _tongues(languages: Sequence[str]) -> str:
    return join([language_name(code, g.lang) for code in languages], g.lang)


def _following(name: str) -> str:
    """The same name with its last number one higher: FMI18 to FMI19, forum-2025 to forum-2026."""
    found = re.fullmatch(r"(.*?)([0-9]{1,6})([^0-9]*)", name)
    if not found:
        return ""
    head, number, tail = found.groups()
    return f"{head}{int(number) + 1:0{len(number)}d}{tail}"


def _member(kind: Any, value: str | None) -> Any:
    try:
        return kind(value) if value else None
    except ValueError:
        return None


def _uuid(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def _person() -> Person:
    person: Person = actor().person
    return person
