"""The page of an online room: when it opens, one button, and what helps on a slow line.

Place filled on other pages: ``session.actions``.
"""

import uuid
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventhub.checkin import rooms
from eventhub.checkin.rooms import Door, Room
from eventhub.kit.access import actor, personal
from eventhub.kit.clock import now
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.pages import changes_at
from eventhub.kit.panels import Panel
from eventhub.kit.web import CSP
from eventhub.people.models import Person
from eventhub.programme import shown
from eventhub.programme.models import Publication, Session
from eventhub.registration.shown import due

bp = Blueprint("rooms", __name__)


@bp.route("/events/<slug>/sessions/<uuid:session_id>/join", methods=["GET", "POST"])
@personal
def join(slug: str, session_id: uuid.UUID) -> ResponseReturnValue:
    """The way into a session online. Looking records nothing, the button does."""
    person: Person = actor().person
    found = rooms.room(slug, session_id, person)
    form = ActionForm()
    if form.validate_on_submit():
        link = submit(form, lambda: rooms.join(person, found))
        if link:
            return redirect(link, 303)
        found = rooms.room(slug, session_id, person)
    return _draw(found, form, person)


def session_actions(session: Session) -> Panel | None:
    """The way to the room, on the page of a session that is held online too."""
    if not session.join_link or session.publication is not Publication.PUBLISHED:
        return None
    if request.endpoint != "programme.session":
        return None
    closes = rooms.closes_at(session)
    changes_at(closes)
    if now() >= closes:
        return None
    url = url_for("rooms.join", slug=session.event.slug, session_id=session.id)
    return Panel("checkin/join_link.html", {"url": url})


def _draw(found: Room, form: ActionForm, person: Person) -> Response:
    session, event = found.session, found.session.event
    door = found.door(now())
    page = render_template(
        "checkin/room.html",
        scripts=["local-time.js"],
        form=form,
        door=door,
        joined=found.joined_at is not None,
        event=event,
        session=session,
        title=shown.words(session.title, event.original_language, g.lang),
        event_title=shown.words(event.title, event.original_language, g.lang),
        begins=due(session.starts_at, event, g.lang, zone=person.time_zone),
        opens=due(found.opens_at, event, g.lang, zone=person.time_zone),
        registered=found.registration is not None,
    )
    response = make_response(page, form.status)
    if door is Door.OPEN:
        # Browsers hold up a form that leads elsewhere, unless its page names the place.
        there = f"form-action 'self' https://{_host(session.join_link or '')}"
        response.headers["Content-Security-Policy"] = CSP.replace("form-action 'self'", there)
    return response


def _host(link: str) -> str:
    """Where a link leads, in letters that end no directive of a policy."""
    parts = urlsplit(link)
    name = (parts.hostname or "").encode("idna").decode()
    return name if parts.port is None else f"{name}:{parts.port}"
