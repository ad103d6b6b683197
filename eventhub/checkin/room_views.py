"""The page of an online room: when it opens, one button, and what helps on a slow line.

Place filled on other pages: ``session.actions``.
"""

import uuid

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventhub.checkin import rooms
from eventhub.checkin.rooms import Room
from eventhub.kit.access import actor, personal
from eventhub.kit.clock import now
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.pages import changes_at
from eventhub.kit.panels import Panel
from eventhub.kit.web import back_to
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
        if submit(form, lambda: rooms.join(person, found)):
            return back_to("rooms.join", slug=slug, session_id=session_id)
        found = rooms.room(slug, session_id, person)
    return _draw(found, form, person)


def session_actions(session: Session) -> Panel | None:
    """The way to the room, on the page of a session that is held online too."""
    if not session.join_link or session.publication is not Publication.PUBLISHED:
        return None
    if request.endpoint != "programme.session":
        return None
    changes_at(session.room_closes_at)
    if now() >= session.room_closes_at:
        return None
    url = url_for("rooms.join", slug=session.event.slug, session_id=session.id)
    return Panel("checkin/join_link.html", {"url": url})


def _draw(found: Room, form: ActionForm, person: Person) -> ResponseReturnValue:
    session, event = found.session, found.session.event
    page = render_template(
        "checkin/room.html",
        scripts=["local-time.js"],
        form=form,
        door=found.door(now()),
        joined=found.joined_at is not None,
        event=event,
        session=session,
        title=shown.words(session.title, event.original_language, g.lang),
        event_title=shown.words(event.title, event.original_language, g.lang),
        begins=due(session.starts_at, event, g.lang, zone=person.time_zone),
        opens=due(session.room_opens_at, event, g.lang, zone=person.time_zone),
        registered=found.registration is not None,
    )
    return page, form.status
