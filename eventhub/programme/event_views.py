"""One event in the console: what is missing and what was done, its facts and texts, publishing and cancelling."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import flash, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import actor, plain_code, staff
from eventhub.kit.codes import language_name
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import said_by_clock, show_by, show_days
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.programme import access, actions, checks, moving
from eventhub.programme import console_queries as queries
from eventhub.programme.console import KEPT, bp, kept_of_others, others, page, sent, to_edit
from eventhub.programme.fields import filled, given
from eventhub.programme.forms import CancelForm, DayForm, EventForm, EventTextsForm, MoveEventForm, PublishForm
from eventhub.programme.models import Event, Publication
from eventhub.programme.shown import EVENT_KINDS, MODES, clock_of, join

__all__ = ["bp"]

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
    "event_moved": _l("Event moved to other days"),
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
    "registration.ways_limited": _l("Places for each way of taking part changed"),
    "registration.ways_switched": _l("People asked to choose again how to take part"),
}
"""What the history calls the deeds of this feature."""
GOOD, GRAVE = ("published",), ("cancelled", "withdrawn", "deleted")


@bp.get("/console/events/<slug>")
@staff
def event(slug: str) -> ResponseReturnValue:
    """An event at a glance: is it public, what is missing, what was done."""
    grants = actor().grants
    event = queries.event_seen(grants, slug)
    sessions = queries.programme_of(event)
    ready = checks.readiness(event, sessions)
    return page(
        "event",
        event,
        here=".event",
        ready=ready,
        # All of a cancelled event are cancelled with it: how many there were is not nothing.
        number=len(sessions) if event.publication is Publication.CANCELLED else ready.sessions,
        rows=_readiness_rows(event, ready),
        documents=queries.documents_of(event),
        history=[_line(deed, event) for deed in queries.deeds(event)],
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
    event = to_edit(slug)
    form = EventForm(event=event)
    if saved := sent(
        form,
        lambda: actions.edit_event(
            actor().person,
            event,
            facts=form.facts(),
            version=form.seen_version,
            sessions=queries.programme_of(event),
            move_sessions=form.move_sessions.data,
        ),
    ):
        flash(gettext("Saved"), "ok")
        return back_to(".event", slug=saved.slug)
    event = to_edit(slug)
    stored = EventForm(formdata=None, event=event)
    return page("event_facts", event, here=".event_facts", form=form, others=others(form, event, stored))


@bp.route("/console/events/<slug>/move", methods=["GET", "POST"])
@staff
def event_move(slug: str) -> ResponseReturnValue:
    """A whole event on other days: first what that would move and what stays, then the button."""
    event = to_edit(slug)
    form = MoveEventForm(obj=event)
    if sent(
        form,
        lambda: moving.move_event(
            actor().person,
            event,
            sessions=queries.programme_of(event),
            first_day=form.first_day.data or event.first_day,
            version=form.seen_version,
        ),
    ):
        flash(gettext("The event is moved, and everybody concerned is being told."), "ok")
        return back_to(".event", slug=slug)
    event, plan = to_edit(slug), None
    look = DayForm(request.args)
    if not form.is_submitted() and "first_day" in request.args and look.validate():
        try:
            plan = moving.plan(event, queries.programme_of(event), filled(look.first_day))
        except DomainError as error:
            look.show(error)
    found = panels("console.event_moving", plan) if plan else []
    return page(
        "event_move",
        event,
        here=".event_facts",
        form=form if form.is_submitted() else look,
        plan=plan,
        button=MoveEventForm(formdata=None, obj=event),
        moves=[row for panel in found for row in panel.context.get("moves", [])],
        stays=[row for panel in found for row in panel.context.get("stays", [])],
        told=[panel for panel in found if panel.template],
    )


@bp.route("/console/events/<slug>/texts", methods=["GET", "POST"])
@staff
def event_texts(slug: str) -> ResponseReturnValue:
    """What an event says, in six languages side by side."""
    event = to_edit(slug)
    given = {"obj": event, "original": event.original_language}
    form = EventTextsForm(**given)
    kept = kept_of_others(form, event, lambda: EventTextsForm(formdata=None, **given))
    if sent(
        form, lambda: actions.edit_event_texts(actor().person, event, texts=form.texts(), version=form.seen_version)
    ):
        flash(gettext("Saved"), "ok")
        if kept:
            flash(str(KEPT))
        return back_to(".event", slug=slug)
    event = to_edit(slug)
    stored = EventTextsForm(formdata=None, obj=event, original=event.original_language)
    return page("event_texts", event, here=".event_texts", form=form, others=others(form, event, stored))


@bp.route("/console/events/<slug>/publish", methods=["GET", "POST"])
@staff
def event_publish(slug: str) -> ResponseReturnValue:
    """Look once more, then publish; what is missing warns and does not forbid."""
    event = to_edit(slug)
    sessions = queries.programme_of(event)
    form = PublishForm()
    if sent(
        form,
        lambda: actions.publish_event(actor().person, event, sessions=sessions, with_sessions=form.with_sessions.data),
    ):
        flash(gettext("The event is public"), "ok")
        return back_to(".event", slug=slug)
    event = to_edit(slug)
    if not form.is_submitted() and event.publication is not Publication.DRAFT:
        return page("event_settled", event, here=".event")
    ready = checks.readiness(event, queries.programme_of(event))
    return page("event_publish", event, here=".event", form=form, ready=ready, rows=_readiness_rows(event, ready))


@bp.route("/console/events/<slug>/cancel", methods=["GET", "POST"])
@staff
def event_cancel(slug: str) -> ResponseReturnValue:
    """Call an event off, with a reason for everybody."""
    event = to_edit(slug)
    form = CancelForm(original=event.original_language)
    if sent(
        form,
        lambda: actions.cancel_event(
            actor().person, event, sessions=queries.programme_of(event), reason=given(form.reason)
        ),
    ):
        flash(gettext("The event is cancelled. Its page says so."), "warn")
        return back_to(".event", slug=slug)
    event = to_edit(slug)
    if event.publication is not Publication.PUBLISHED:  # from another window too, a moment ago
        return page("event_settled", event, here=".event")
    return page("event_cancel", event, here=".event", form=form, told=panels("console.event_cancelling", event))


def _readiness_rows(event: Event, ready: checks.Readiness) -> list[dict[str, Any]]:
    """What publishing would show, as rows of a task list."""
    programme = url_for(".programme", slug=event.slug)
    addresses = {"city": url_for(".event_facts", slug=event.slug), "sessions": programme}
    ok, warn = (gettext("Ready"), "ok"), (gettext("Look"), "warn")
    rows: list[dict[str, Any]] = []
    for name, label in TEXT_NAMES.items():
        missing = ready.missing.get(name, [])
        if not missing and (name == "city" or (name == "sessions" and not ready.sessions)):
            continue
        note = gettext("Missing: %(languages)s", languages=_tongues(missing)) if missing else None
        url = addresses.get(name, url_for(".event_texts", slug=event.slug))
        rows.append({"label": label, "url": url, "note": note, "tag": warn if missing else ok})
    notes = _programme_notes(ready)
    tag = warn if notes else ok
    if ready.preparing:
        number = len(ready.preparing)
        told = ngettext("%(num)s session is on a preparatory day", "%(num)s sessions are on preparatory days", number)
        notes.append(told)
    rows.append({"label": gettext("Programme"), "url": programme, "note": " · ".join(notes) or None, "tag": tag})
    return rows


def _programme_notes(ready: checks.Readiness) -> list[str]:
    """What to look at in the programme, each in a few words."""
    notes = []
    if not ready.sessions:
        notes.append(gettext("There is no session yet"))
    if ready.drafts:
        notes.append(ngettext("%(num)s session is a draft", "%(num)s sessions are drafts", ready.drafts))
    if ready.outside_days:
        number = len(ready.outside_days)
        notes.append(
            ngettext("%(num)s session is outside the event’s days", "%(num)s sessions are outside its days", number)
        )
    if ready.clashes:
        number = len(ready.clashes)
        notes.append(ngettext("%(num)s clash of rooms or panellists", "%(num)s clashes of rooms or panellists", number))
    if ready.without_link:
        number = len(ready.without_link)
        notes.append(ngettext("%(num)s session has no link to join", "%(num)s sessions have no link to join", number))
    if ready.over_room:
        number = len(ready.over_room)
        notes.append(
            ngettext(
                "%(num)s session has more places than its room", "%(num)s sessions have more than their rooms", number
            )
        )
    return notes


def _line(deed: queries.Deed, event: Event) -> dict[str, Any]:
    """One deed as a line of the history."""
    entry = deed.entry
    name = entry.verb.removeprefix("programme.")
    moment = show_by(entry.at, clock_of(event, actor().time_zone, g.lang), g.lang)
    kind = "ok" if name.endswith(GOOD) else "warn" if name.endswith(GRAVE) else ""
    return {
        "when": said_by_clock(moment),
        "datetime": moment.iso,
        "title": DEEDS.get(name, gettext("Other change")),
        "kind": kind,
        "who": deed.who,
        "text": _former_days(entry.detail) if name == "event_moved" else deed.text,
    }


def _former_days(detail: dict[str, Any]) -> str:
    """Where a moved event was before, as the history keeps it."""
    first, last = (date.fromisoformat(day) for day in detail["was"])
    return str(gettext("Before: %(days)s", days=show_days(first, last, g.lang)))


def _tongues(languages: Sequence[str]) -> str:
    return join([language_name(code, g.lang) for code in languages], g.lang)
