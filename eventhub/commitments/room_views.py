"""In the room: what is said is written down in seconds, on a phone, without a script; today's list; undo."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.commitments import access, capturing, confirming, half_typed, queries, shown
from eventhub.commitments.console import at_event, bp, kept_event, seen
from eventhub.commitments.forms import CaptureForm, session_choices
from eventhub.commitments.models import Commitment, HalfTyped, State
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_own, show_time
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.programme.models import Event, Session

__all__ = ["bp"]

ROOM = "/console/events/<slug>/commitments"


@bp.route(ROOM, methods=["GET", "POST"])
@staff
def room(slug: str) -> ResponseReturnValue:
    """X will do Y by Z; below it what was captured today."""
    event = at_event(slug)
    form, sessions = _form(event)
    found = None
    if request.method == "GET":
        on = queries.present(sessions, now())
        form.session.data = form.session.data or (str(on.id) if on else "")
        form.language.data = g.lang
        found = half_typed.kept(actor().person, event)
        if found is not None and not form.wording.data:
            form.begin(found.given)
    if form.validate_on_submit():
        chosen = next((one for one in sessions if str(one.id) == form.session.data), None)
        made = submit(
            form,
            lambda: capturing.capture(
                actor().person,
                event,
                session=chosen,
                made_by=form.made_by(),
                words=form.words(),
                language=form.language.data,
                speaker=form.speaker.data or "",
                email=form.email.data or None,
            ),
        )
        if made is not None:
            half_typed.drop(actor().person, event)
            flash(_("%(reference)s is written down.", reference=made.reference), "ok")
            due = form.due_on.data
            if due and due < now().astimezone(ZoneInfo(event.time_zone)).date():
                flash(f"{made.reference}: {shown.DUE_BEFORE}", "warn")
            return back_to("commitments_console.room", slug=slug)
        event = at_event(slug)
    return _draw(event, form, found), form.status


@bp.post(f"{ROOM}/typed")
@staff
@stands_on("commitments_console.room")
def keep(slug: str) -> ResponseReturnValue:
    """Keep what is typed while it is typed, right or wrong, on whatever device it is gone on with."""
    event = at_event(slug)
    form, _sessions = _form(event)
    form.validate_on_submit()
    if "csrf_token" in form.errors:
        return "", 422
    half_typed.keep(actor().person, event, form.typed())
    return "", 204


@bp.post(f"{ROOM}/ask")
@staff
@stands_on("commitments_console.room")
def ask_all(slug: str) -> ResponseReturnValue:
    """Ask the makers of all drafts of the day that have a mailbox."""
    event = kept_event(slug)
    form, asked = ActionForm(), 0
    if form.validate_on_submit():
        for one in _to_ask(_today(event)):
            found = queries.record(one.id, lock=True)
            if found.state is not State.DRAFT:
                continue
            try:
                confirming.ask(actor().person, found)
            except DomainError as error:
                flash(f"{found.reference}: {error.message}", "warn")
                continue
            asked += 1
        if asked:
            flash(ngettext("%(num)s maker is asked by mail.", "%(num)s makers are asked by mail.", asked), "ok")
    return back_to("commitments_console.room", slug=slug)


@bp.post("/console/commitments/<uuid:commitment_id>/undo")
@staff
@stands_on("commitments_console.record")
def undo(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """It was not said, or not like this: as if it had not been written down."""
    found = seen(commitment_id, lock=True)
    slug, reference, form = found.event.slug, found.reference, ActionForm()
    if form.validate_on_submit() and submit(form, lambda: capturing.undo(actor().person, found)):
        flash(_("%(reference)s is undone.", reference=reference), "ok")
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("commitments_console.room", slug=slug)


def _today(event: Event) -> list[Commitment]:
    """Since midnight at the event, or the last twelve hours: a session may run past it."""
    zone, moment = ZoneInfo(event.time_zone), now()
    local = moment.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), tzinfo=zone)
    return queries.captured_since(actor().grants, event, min(midnight, moment - capturing.SHIFT))


def _to_ask(rows: list[Commitment]) -> list[Commitment]:
    return [one for one in rows if one.state is State.DRAFT and any(contact.email for contact in one.contacts)]


def _form(event: Event) -> tuple[CaptureForm, Sequence[Session]]:
    sessions = queries.sittings(event)
    form = CaptureForm()
    form.session.choices = session_choices([(str(one.id), shown.session_title(one, event)) for one in sessions])
    return form, sessions


def _draw(event: Event, form: CaptureForm, found: HalfTyped | None) -> str:
    zone, rows = ZoneInfo(event.time_zone), _today(event)
    may_keep = access.may_keep(actor().grants, event)
    return render_template(
        "commitments/room.html",
        event=event,
        event_title=shown.event_title(event),
        form=form,
        action=ActionForm(formdata=None),
        more=bool({"country", "speaker", "email", "language"} & set(form.errors))
        or bool(found and any(found.given.get(name) for name in ("country", "speaker", "email"))),
        saved=show_own(found.kept_at, actor().person.time_zone, g.lang) if found else None,
        rows=[
            {
                "commitment": one,
                "title": shown.titled(one),
                "makers": shown.made_by(one),
                "time": show_time(one.captured_at.astimezone(zone)),
                "tag": shown.stage(one),
                "undo": one.state is State.DRAFT,
            }
            for one in rows
        ],
        ways=panels("commitments.room", event),
        to_ask=len(_to_ask(rows)) if may_keep else 0,
        scripts=["autosave.js"],
    )
