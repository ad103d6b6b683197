"""Feeds and files for calendar apps, "My sessions", and the page that answers an invite.

Places filled on other pages: ``event.aside``, ``session.actions``, ``me.main``.
"""

import uuid
from contextlib import suppress
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import ColumnElement

from eventhub.calendars import (
    access,
    actions,
    choosing,
    days,
    feeds,
    imip,
    invites,
    my_week,
    pieces,
    places,
    queries,
    reminding,
)
from eventhub.calendars.blobs import place
from eventhub.calendars.forms import (
    GIVE_UP,
    INVITE,
    LEAVE_OUT,
    AnswerForm,
    ChoiceForm,
    LineForm,
    RemindingForm,
    SessionsForm,
)
from eventhub.calendars.models import Choice, Invite, Partstat
from eventhub.kit.access import actor, by_token, personal, public
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.headers import attachment_headers
from eventhub.kit.i18n import UNCHOSEN, in_language, show_moment, show_span, zone_city
from eventhub.kit.pages import changes_at, kept_page, own_page
from eventhub.kit.panels import Panel
from eventhub.kit.web import absolute, back_to
from eventhub.people.models import Person
from eventhub.programme import shown
from eventhub.programme.models import Event, Publication, Session, SessionKind

# One blueprint for addresses with and without a language, so that all are called calendars.something.
bp = Blueprint("calendars", __name__)

ICS = "text/calendar; charset=utf-8"
REVISIONS = (actions.REVISION, "programme")


# --- Public feeds and files ---------------------------------------------------------------------------------------


@bp.get("/cal/all.ics", defaults={"lang": "en"})
@bp.get("/cal/all.<lang:lang>.ics")
@public
@kept_page(*REVISIONS, strong=True)
def all_feed() -> Response:
    """All public events."""
    return _public_feed(feeds.everything(g.lang, now()))


@bp.get("/cal/s/<slug>.ics", defaults={"lang": "en"})
@bp.get("/cal/s/<slug>.<lang:lang>.ics")
@public
@kept_page(*REVISIONS, strong=True)
def series_feed(slug: str) -> Response:
    """All events of a series."""
    return _public_feed(feeds.series_feed(queries.series_for_feed(slug), g.lang, now()))


@bp.get("/cal/f/<uuid:event_id>.ics", defaults={"lang": "en"})
@bp.get("/cal/f/<uuid:event_id>.<lang:lang>.ics")
@public
@kept_page(*REVISIONS, strong=True)
def event_feed(event_id: uuid.UUID) -> Response:
    """The programme of one event."""
    return _public_feed(feeds.event_feed(queries.event_for_feed(event_id), g.lang, now()))


@bp.get("/cal/session/<uuid:session_id>.ics", defaults={"lang": "en"})
@bp.get("/cal/session/<uuid:session_id>.<lang:lang>.ics")
@public
def session_file(session_id: uuid.UUID) -> Response:
    """One session, to save or open."""
    response = _session_calendar(session_id=session_id)
    response.headers["Content-Disposition"] = 'attachment; filename="session.ics"'
    return response


@kept_page(*REVISIONS, strong=True)
def _session_calendar(session_id: uuid.UUID) -> Response:
    built = feeds.session_file(session_id, g.lang).build()
    if not built.entries:
        raise NotFound
    return Response(built.body, content_type=ICS)


@bp.get("/cal/days/<name>.ics", defaults={"lang": "en"})
@bp.get("/cal/days/<name>.<lang:lang>.ics")
@public
def day_feed(name: str) -> Response:
    """Whole days that another feature has: deadlines that can be subscribed to."""
    feed = days.found(name)
    if feed is None:
        raise NotFound

    @kept_page(*feed.revisions, strong=True)
    def page() -> Response:
        changes_at(feed.until)
        return Response(days.built(feed, g.lang), content_type=ICS)

    return page()


def _public_feed(feed: feeds.Feed) -> Response:
    built = feed.build()
    changes_at(built.leaves_at)
    return Response(built.body, content_type=ICS)


# --- Private feeds ------------------------------------------------------------------------------------------------


@bp.get("/cal/<token>.ics")
@by_token
def personal_feed(token: str) -> Response:
    """A person's own sessions. A revoked address is gone, a guess was never there; neither answer names anything."""
    found = pieces.feed_by_token(token)
    if found is None or found.revoked_at:
        if found:
            return _nothing(
                410, _("This calendar address was replaced. Its owner finds the new one under “My sessions”.")
            )
        return _nothing(404, _("There is no calendar at this address."))

    def build() -> tuple[tuple[str, ...], Response]:
        built = feeds.private_feed(found, token, now(), found.remind).build()
        return _all_of(token, found, built.stamp), Response(built.body, content_type=ICS)

    return own_page(_all_of(token, found, found.stamp), build)


def _all_of(token: str, found: pieces.FoundFeed, stamp: bytes | None) -> tuple[str, ...]:
    """All that the bytes of a private feed are made of: whose address it is, in what words, and which entries."""
    return token, found.language, str(found.discreet), str(found.remind), (stamp or b"").hex()


def _nothing(status: int, words: str) -> Response:
    """In words for whoever opens it in a browser; a calendar app reads the status."""
    return Response(f"{words}\n", status, content_type="text/plain; charset=utf-8")


# --- My sessions --------------------------------------------------------------------------------------------------


@bp.get("/<lang:lang>/me/sessions")
@personal
def my_sessions() -> ResponseReturnValue:
    """The sessions I chose: a week or a day, in the place's time or mine, and the ways into my own calendar."""
    return _my_page(ActionForm())


@bp.get("/<lang:lang>/me/sessions.ics")
@personal
def my_file() -> Response:
    """My sessions as a file, once."""
    person = actor().person
    built = feeds.private_file(person, now(), reminding.reminding_of(person).in_calendar).build()
    if not built.entries:
        raise NotFound
    headers = attachment_headers("meetings.ics" if person.discreet else "my-sessions.ics")
    return Response(built.body, content_type=ICS, headers=headers)


@bp.post("/<lang:lang>/me/sessions/link")
@personal
def my_link() -> ResponseReturnValue:
    """A private address for calendar apps; the one before stops working."""
    form, before = ActionForm(), queries.live_feed(actor().person)
    if form.validate_on_submit() and submit(form, lambda: actions.new_link(actor().person)):
        words = _("Your private link is new. Apps that used an old one must be given this one.")
        flash(words if before else _("Your private link is ready."), "ok")
        return redirect(url_for("calendars.my_sessions") + "#subscribe", 303)
    return _my_page(form)


@bp.post("/<lang:lang>/me/sessions/reminders")
@personal
def my_reminders() -> ResponseReturnValue:
    """When to be reminded of each session."""
    person, form = actor().person, RemindingForm()
    wanted = {"in_calendar": form.in_calendar.data or None, "by_mail": form.by_mail.data or None}
    before = reminding.reminding_of(person).in_calendar
    if form.validate_on_submit() and submit(form, lambda: reminding.choose(person, **wanted)):
        flash(_("Saved. Your calendar follows."), "ok")
        if wanted["in_calendar"] != before and invites.has_standing(person):
            flash(_("Invites that you have already keep their reminder until they change. You can set it there."))
        return redirect(url_for("calendars.my_sessions") + "#reminders", 303)
    return _my_page(form)


@bp.post("/<lang:lang>/me/sessions/invites")
@personal
def my_invites() -> ResponseReturnValue:
    """Calendar invites by mail for all chosen sessions, to whoever asks for them."""
    form = ActionForm()
    return _send_invites(form) if form.validate_on_submit() else _my_page(form)


def _send_invites(form: Form, *which: ColumnElement[bool]) -> ResponseReturnValue:
    sent = submit(form, lambda: len(invites.invite_chosen(actor().person, *which)))
    if sent is None:
        return _my_page(form)
    if sent:
        said = ngettext("%(num)s invite is on its way to you.", "%(num)s invites are on their way to you.", sent)
    elif actor().person.discreet:
        said = _("In discreet mode no invites are sent by mail.")
    else:
        said = _("There is nothing to send: you have an invite to each of these sessions.")
    flash(said, "warn" if actor().person.discreet else "ok")
    return back_to("calendars.my_sessions", **_kept_wish())


@bp.post("/<lang:lang>/me/sessions/<uuid:session_id>")
@personal
def my_choice(session_id: uuid.UUID) -> ResponseReturnValue:
    """Going, maybe, not at all, or an invite by mail."""
    person, form = actor().person, ChoiceForm()
    if not form.validate_on_submit():
        return _my_page(form)
    if form.choice.data == INVITE:
        return _is_gone(person, session_id) or _send_invites(form, Session.id == session_id)
    if form.choice.data == LEAVE_OUT:
        actions.leave_out(person, session_id)
        flash(choosing.left_out(person, session_id), "ok")
        return back_to("calendars.my_sessions", **_kept_wish())
    if answer := _is_gone(person, session_id):
        return answer
    session, choice = queries.session_for_choice(person, session_id), Choice(form.choice.data or "")
    if submit(form, lambda: actions.choose(person, session, choice)):
        return back_to("calendars.my_sessions", **_kept_wish())
    return _my_page(form)


def _is_gone(person: Person, session_id: uuid.UUID) -> ResponseReturnValue | None:
    """Back to the list, with what became of a session that can no longer be chosen; None for any other."""
    for said in choosing.not_to_be_chosen(person, [session_id]).values():
        flash(said, "warn")
        return back_to("calendars.my_sessions", **_kept_wish())
    return None


@bp.post("/<lang:lang>/me/sessions/<uuid:session_id>/line")
@personal
def my_line(session_id: uuid.UUID) -> ResponseReturnValue:
    """Wait for a place in a session, or wait no more. Where a place is free by now, it is taken."""
    person, form = actor().person, LineForm()
    if not form.validate_on_submit():
        return _my_page(form)
    if form.line.data == LEAVE_OUT:
        places.stop_waiting(person, session_id)
        flash(_("You wait for this session no more."), "ok")
    elif answer := _is_gone(person, session_id):
        return answer
    elif places.wait(person, queries.session_for_choice(person, session_id)):
        flash(_("There was a place: the session is in your calendar."), "ok")
    else:
        flash(_("You are on the waiting list. When a place is yours, a mail says so and your calendar follows."), "ok")
    return back_to("calendars.my_sessions", **_kept_wish())


@bp.route("/<lang:lang>/me/sessions/events/<slug>", methods=["GET", "POST"])
@personal
def choose(slug: str) -> ResponseReturnValue:
    """Choose among the sessions of an event for which I am registered."""
    person = actor().person
    g.section = "me"
    event, sessions, chosen = queries.my_event(person, slug)
    form = SessionsForm(data={"sessions": list(chosen)})
    form.sessions.choices = [(session.id, "") for session in sessions]
    wanted = form.sessions.data or []
    others = set(wanted) - {one.id for one in sessions}
    lost = choosing.not_to_be_chosen(person, others, drafts=True) if form.is_submitted() else {}
    form.sessions.data = wanted = [one for one in wanted if one not in lost]
    for said in lost.values():
        flash(said, "warn")
    offered = [one for one in sessions if one.id in {*form.seen(), *wanted}]
    if form.validate_on_submit() and (submit(form, lambda: actions.choose_among(person, offered, wanted)) is not None):
        flash(_("Saved. Your calendar follows."), "ok")
        return back_to("calendars.my_sessions", day=event.first_day.isoformat())
    if form.is_submitted():  # what was full a moment ago is looked at once more
        event, sessions, chosen = queries.my_event(person, slug)
    going = places.going(person.id, [one.id for one in sessions])
    full = [one for one in sessions if one.is_full and one.id not in going]
    waiting = {one.id for one in places.waits_for(person)}
    form.shown.data = " ".join(str(one.id) for one in sessions if one not in full)
    return render_template(
        "calendars/choose.html",
        form=form,
        full=[(one, shown.words(one.title, event.original_language, g.lang), one.id in waiting) for one in full],
        button_form=ActionForm(formdata=None),
        event=event,
        event_title=shown.words(event.title, event.original_language, g.lang),
        days=choosing.days_to_choose([one for one in sessions if one not in full], event, form.sessions.data or []),
    ), form.status


def _my_page(form: Form) -> ResponseReturnValue:
    g.section = "me"
    person, moment, wish = actor().person, now(), _wish()
    mine = queries.my_sessions(person)
    page = my_week.my_page(mine, lang=g.lang, own_zone=person.time_zone, wish=wish, moment=moment)
    feed = queries.live_feed(person)
    address = feeds.feed_address(person, feeds.feed_token(feed)) if feed else None
    events = queries.my_events(person, moment)
    chosen = reminding.reminding_of(person)
    offsets = {"in_calendar": chosen.in_calendar or 0, "by_mail": chosen.by_mail or 0}
    return render_template(
        "calendars/my_sessions.html",
        remind=form if isinstance(form, RemindingForm) else RemindingForm(formdata=None, data=offsets),
        may_mail=person.email is not None and not person.discreet,
        may_invite=any(row.may_invite for row in page.rows),
        qr=Markup(feeds.subscribe_code(address)) if address else None,  # noqa: S704 (drawn by us: paths only)
        any=bool(mine),
        has_file=any(one.session.ends_at > moment - pieces.stays(cancelled=one.cancelled) for one in mine),
        waiting=[
            (one, shown.words(one.title, one.event.original_language, g.lang)) for one in places.waits_for(person)
        ],
        page=page,
        chips=_chips(page, wish, person.time_zone),
        kept=_kept_wish(),
        events=[(event, in_language(event.title, g.lang, event.original_language)) for event in events],
        address=address,
        webcal=feeds.webcal(address) if address else None,
        discreet=person.discreet,
        form=form,
        session_page=my_week.session_page,
        answer_page=_answer_page,
    ), form.status


def _answer_page(invite: Invite) -> str:
    return url_for("calendars.reply", token=imip.invite_token(invite))


def _choose_page(event: Event) -> str:
    return url_for("calendars.choose", slug=event.slug)


def _wish() -> my_week.Wish:
    day = None
    with suppress(ValueError):
        day = date.fromisoformat(request.args.get("day", ""))
    if day and not 1970 < day.year < 2200:
        day = None
    return my_week.Wish(day, request.args.get("view") == "day", request.args.get("time") == "own")


def _kept_wish() -> dict[str, str]:
    return {name: request.args[name] for name in ("day", "view", "time") if name in request.args}


def _chips(page: my_week.Page, wish: my_week.Wish, own_zone: str) -> list[dict[str, Any]]:
    def address(**changes: Any) -> str:
        values: dict[str, Any] = {
            "day": page.first.isoformat() if wish.day else None,
            "view": "day" if wish.one_day else None,
            "time": "own" if wish.own_time else None,
        }
        return url_for("calendars.my_sessions", **(values | changes))

    chips: list[dict[str, Any]] = [
        {"label": _("Week"), "url": address(view=None), "current": not wish.one_day},
        {"label": _("Day"), "url": address(view="day"), "current": wish.one_day},
    ]
    if own_zone != UNCHOSEN:
        label = _("Times in %(place)s", place=zone_city(own_zone, g.lang))
        chips.append({"label": label, "url": address(time=None if wish.own_time else "own"), "current": wish.own_time})
    before = _("Earlier day") if wish.one_day else _("Earlier week")
    after = _("Later day") if wish.one_day else _("Later week")
    if page.previous:
        chips.append({"label": before, "url": address(day=page.previous.isoformat())})
    if page.next:
        chips.append({"label": after, "url": address(day=page.next.isoformat())})
    return chips


# --- Answering an invite ------------------------------------------------------------------------------------------


@bp.route("/<lang:lang>/invites/<token>", methods=["GET", "POST"])
@by_token
def reply(token: str) -> ResponseReturnValue:
    """Yes, no or maybe to an invite. Looking changes nothing; only the buttons do. Whoever has one of few places is
    asked first whether a no may give it away.
    """
    form = AnswerForm()
    invite = queries.invite_by_token(token, lock=form.is_submitted())
    if invite.person.asks_second_step:
        return back_to("calendars.my_sessions")  # the mailbox alone opens nothing of theirs
    has_place = invites.has_a_place(invite)
    if form.validate_on_submit():
        if has_place and form.partstat() is Partstat.DECLINED and form.answer.data != GIVE_UP:
            return back_to("calendars.reply", token=token, step=GIVE_UP)
        if submit(form, lambda: invites.answer(invite, form.partstat())):
            return back_to("calendars.reply", token=token, step="saved")
    return render_template(
        "calendars/reply.html",
        form=form,
        closed=not invites.is_open(invite),
        has_place=has_place,
        asked=has_place and request.args.get("step") == GIVE_UP,
        saved=request.args.get("step") == "saved" and not form.is_submitted(),
        give_up=GIVE_UP,
        scripts=["local-time.js"],
        **_invite_words(invite),
    ), form.status


def _invite_words(invite: Invite) -> dict[str, Any]:
    session = invite.entry.session
    moment = show_moment(invite.entry.starts_at, invite.entry.time_zone, g.lang)
    title = in_language(session.title, g.lang, session.event.original_language)
    neutral = invite.person.discreet
    return {
        "invite": invite,
        "neutral": neutral,
        "place": "" if neutral else place(session, g.lang),
        "few": session.places is not None,
        "withdraws": session.event.kind in access.INVITING,
        "choose_url": url_for("calendars.my_sessions") if neutral else _choose_page(session.event),
        "title": _("Meeting") if invite.person.discreet else title.text,
        "when": moment,
        "hours": show_span(invite.entry.starts_local, invite.entry.ends_local, g.lang),
        "until": show_moment(invite.entry.ends_at, invite.entry.time_zone, g.lang),
    }


# --- Panels on other pages ----------------------------------------------------------------------------------------


def event_aside(event: Event) -> Panel | None:
    """How to have an event's programme in one's own calendar."""
    if event.publication is not Publication.PUBLISHED:
        return None
    address = absolute("calendars.event_feed", event_id=event.id, lang=g.lang)
    return Panel("calendars/event_aside.html", {"address": address, "webcal": feeds.webcal(address)})


def session_actions(session: Session) -> Panel | None:
    """A session's file; on its own page also the calendars on the web."""
    if session.kind is SessionKind.BREAK or session.publication is not Publication.PUBLISHED:
        return None
    detailed = request.endpoint == "programme.session"
    context = {
        "url": url_for("calendars.session_file", session_id=session.id),
        "title": in_language(session.title, g.lang).text,
        "providers": feeds.provider_links(session, g.lang) if detailed else [],
        "places": detailed and session.places,
    }
    return Panel("calendars/session_actions.html", context)


def me_main(visitor: Any) -> Panel | None:
    """The next sessions on "My page"."""
    coming = queries.my_sessions(visitor.person, since=now(), limit=3)
    rows = my_week.my_rows(coming, lang=g.lang, own_zone=visitor.person.time_zone, moment=now())
    return Panel("calendars/me_main.html", {"rows": rows})
