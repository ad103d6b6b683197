"""The programme of an event in the console: its days with their sessions, and one session."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, TypeVar

from flask import flash, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from eventhub.kit.access import actor, staff
from eventhub.kit.i18n import in_language, show_date
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.programme import checks
from eventhub.programme import console_queries as queries
from eventhub.programme import session_actions as actions
from eventhub.programme.asking import asking_first, telling_first, told, warn_of_clashes
from eventhub.programme.console import (
    KEPT,
    bp,
    confirm_deletion,
    kept_of_others,
    others,
    own_title,
    page,
    press,
    sent,
    session_to_edit,
    to_edit,
)
from eventhub.programme.fields import given as typed
from eventhub.programme.local_time import LocalTimeMissing, LocalTimeTwice, is_missing
from eventhub.programme.models import PREPARATION, ClockDoubt, Event, Publication, Session
from eventhub.programme.session_forms import CancelSessionForm, MoveForm, SessionForm, SlotForm
from eventhub.programme.shown import SESSION_KINDS

__all__ = ["bp"]

Kind = TypeVar("Kind", bound=SlotForm)
FIRST_TIME = time(10)


@bp.get("/console/events/<slug>/programme")
@staff
def programme(slug: str) -> ResponseReturnValue:
    """The programme editor: every day with its sessions, and what stands in each other's way."""
    event = to_edit(slug)
    sessions = queries.programme_of(event)
    alive = [one for one in sessions if one.publication is Publication.DRAFT]
    return page(
        "programme",
        event,
        here=".programme",
        days=_days(event, sessions),
        clashes=[told(one, event) for one in checks.clashes(sessions)],
        drafts=len(alive),
        total=len(sessions),
        kinds=SESSION_KINDS,
    )


@bp.post("/console/events/<slug>/programme/publish")
@staff
def programme_publish(slug: str) -> ResponseReturnValue:
    """Publish all draft sessions."""
    event = to_edit(slug)
    sessions = queries.programme_of(event)
    drafts = sum(one.publication is Publication.DRAFT for one in sessions)
    if event.publication is Publication.DRAFT:
        said = ngettext(
            "%(num)s session will be public with the event", "%(num)s sessions will be public with the event", drafts
        )
    else:
        said = ngettext("%(num)s session is public now", "%(num)s sessions are public now", drafts)
    return press(
        lambda: actions.publish_all(actor().person, event, sessions=sessions), said, back_to(".programme", slug=slug)
    )


@bp.route("/console/events/<slug>/sessions/new", methods=["GET", "POST"])
@staff
def session_new(slug: str) -> ResponseReturnValue:
    """A new session, proposed right after the last one of its day."""
    event = to_edit(slug)
    form = _session_form(event, None, **_proposed(event))

    def add() -> Session:
        return actions.add_session(actor().person, event, facts=form.facts(), slot=form.slot())

    if session := sent(form, asking_first(form, event, None, add)):
        flash(gettext("The session is in the programme, as a draft"), "ok")
        return back_to(".programme", slug=slug, _anchor=f"s-{session.id}")
    event = to_edit(slug)
    return page("session", event, here=".programme", form=form, session=None, others=[], narrow=None)


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>", methods=["GET", "POST"])
@staff
def session(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """One session with all its parts."""
    event, session = session_to_edit(slug, session_id)
    form = _session_form(event, session, **_current(session))
    kept = kept_of_others(form, session, lambda: _session_form(event, session, formdata=None, **_current(session)))

    def save() -> Session:
        facts, slot = form.facts(), form.slot()
        return actions.edit_session(actor().person, session, facts=facts, slot=slot, version=form.seen_version)

    if sent(form, telling_first(form, session, asking_first(form, event, session, save))):
        told_now = "tell" in request.form or "clash" in request.form
        flash(gettext("Saved, and everybody concerned is being told.") if told_now else gettext("Saved"), "ok")
        if kept:
            flash(str(KEPT))
        if seats := checks.room_too_small(form.places.data, form.slot().room):
            flash(_too_narrow(seats), "warn")
        warn_of_clashes(event, session)
        return back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    event, session = session_to_edit(slug, session_id)
    stored = _session_form(event, session, formdata=None, **_current(session))
    seats = checks.room_too_small(session.places, session.room)
    differing = others(form, session, stored)
    return page(
        "session",
        event,
        here=".programme",
        form=form,
        session=session,
        others=differing,
        narrow=_too_narrow(seats) if seats else None,
        told=form.told,
    )


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/move", methods=["GET", "POST"])
@staff
def session_move(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Another day, time or room, and nothing else; not for what was called off, perhaps in another window."""
    event, session = session_to_edit(slug, session_id)
    if session.publication is Publication.CANCELLED:
        flash(gettext("This session is cancelled already."), "warn")
        return back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    given = {"obj": session, "placed": session, **_current(session)}
    form = _slot_form(MoveForm, event, session.time_zone, **(given | _wished()))
    kept = kept_of_others(form, session, lambda: _slot_form(MoveForm, event, session.time_zone, formdata=None, **given))

    def move() -> Session:
        return actions.move_session(actor().person, session, slot=form.slot(), version=form.seen_version)

    if sent(form, asking_first(form, event, session, move)):
        flash(gettext("The session is moved"), "ok")
        if kept:
            flash(str(KEPT))
        warn_of_clashes(event, session)
        return back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    event, session = session_to_edit(slug, session_id)
    stored = _slot_form(
        MoveForm, event, session.time_zone, formdata=None, obj=session, placed=session, **_current(session)
    )
    return page(
        "session_move",
        event,
        here=".programme",
        form=form,
        session=session,
        others=others(form, session, stored),
        told=panels("console.session_moving", session),
        in_doubt=_doubt(session) if session.clock_doubt is ClockDoubt.OPEN else None,
    )


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/publish")
@staff
def session_publish(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Show one session in the public programme."""
    event, session = session_to_edit(slug, session_id)
    waits = event.publication is Publication.DRAFT
    said = gettext("The session will be public with the event") if waits else gettext("The session is public")
    back = back_to(".programme", slug=slug, _anchor=f"s-{session_id}")
    return press(lambda: actions.publish_session(actor().person, session), said, back)


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/cancel", methods=["GET", "POST"])
@staff
def session_cancel(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Call a session off, with a reason for everybody."""
    event, session = session_to_edit(slug, session_id)
    form = CancelSessionForm(original=event.original_language)
    if sent(form, lambda: actions.cancel_session(actor().person, session, reason=typed(form.reason))):
        flash(gettext("The session is cancelled"), "ok")
        return back_to(".programme", slug=slug)
    event, session = session_to_edit(slug, session_id)
    if session.publication is Publication.CANCELLED:  # from another window too, a moment ago
        flash(gettext("This session is cancelled already."), "warn")
        return back_to(".programme", slug=slug)
    return page(
        "session_cancel",
        event,
        here=".programme",
        form=form,
        thing=own_title(session, event),
        told=panels("console.session_cancelling", session),
    )


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/delete", methods=["GET", "POST"])
@staff
def session_delete(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a draft, after a question."""
    event, session = session_to_edit(slug, session_id)
    return confirm_deletion(
        event,
        lambda: actions.delete_session(actor().person, session),
        thing=own_title(session, event),
        text=gettext("Nobody outside has seen it. It cannot be brought back."),
        here=".programme",
    )


def _days(event: Event, sessions: Sequence[Session]) -> list[dict[str, Any]]:
    """Every day of the event, and any other day that has sessions."""
    by_day = {day: list(found) for day, found in groupby(sessions, key=lambda one: one.starts_local.date())}
    length = (event.last_day - event.first_day).days
    days = sorted({event.first_day + timedelta(days=n) for n in range(length + 1)} | by_day.keys())
    return [
        {
            "date": day,
            "name": show_date(day, g.lang, weekday=True),
            "prepares": event.first_day - PREPARATION <= day < event.first_day,
            "outside": not event.first_day - PREPARATION <= day <= event.last_day,
            "sessions": by_day.get(day, []),
        }
        for day in days
    ]


def _doubt(session: Session) -> Any:
    """Why somebody must say when a session is."""
    skipped = any(is_missing(clock, session.time_zone) for clock in (session.starts_local, session.ends_local))
    return LocalTimeMissing.message if skipped else LocalTimeTwice.message


def _too_narrow(seats: int) -> str:
    told = ngettext(
        "The room has %(num)s place, fewer than the session.",
        "The room has %(num)s places, fewer than the session.",
        seats,
    )
    return str(told)


def _session_form(event: Event, session: Session | None, **given: Any) -> SessionForm:
    zone = session.time_zone if session else event.time_zone
    return _slot_form(SessionForm, event, zone, session=session, original=event.original_language, **given)


def _slot_form(kind: type[Kind], event: Event, zone: str, **given: Any) -> Kind:
    rooms = queries.rooms_of(event)
    names = {str(room.id): in_language(room.name, g.lang, event.original_language).text for room in rooms}
    return kind(event=event, zone=zone, rooms=rooms, names=names, **given)


def _current(session: Session) -> dict[str, Any]:
    """Where a session is now, as its form shows it."""
    return {
        "day": session.starts_local.date(),
        "starts": session.starts_local.time(),
        "ends": session.ends_local.time(),
        "ends_next_day": session.ends_local.date() > session.starts_local.date(),
    }


def _wished() -> dict[str, Any]:
    """Where somebody proposes that the session be, by a link to the form (calendars/organiser_views.py)."""
    try:
        starts, ends = (datetime.fromisoformat(request.args.get(name, "")) for name in ("starts", "ends"))
    except ValueError:
        return {}
    return {
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "ends_next_day": ends.date() > starts.date(),
    }


def _proposed(event: Event) -> dict[str, Any]:
    """Where a new session would be: after the last one of the day asked for, for an hour."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = event.first_day
    last = queries.last_end_on(event, day)
    starts = last.ends_local if last else datetime.combine(day, FIRST_TIME)
    ends = starts + timedelta(hours=1)
    room = str(last.room_id) if last and last.room_id else ""
    return {
        "day": day,
        "starts": starts.time(),
        "ends": ends.time(),
        "ends_next_day": ends.date() > day,
        "room_id": room,
        "interpretation": list(event.interpretation),
    }
