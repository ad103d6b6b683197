"""The rooms of an event in the console."""

import uuid
from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from eventhub.kit.access import actor, staff
from eventhub.kit.web import back_to
from eventhub.programme import console_queries as queries
from eventhub.programme import session_actions as actions
from eventhub.programme.console import bp, page, press, sent, to_edit
from eventhub.programme.fields import given
from eventhub.programme.session_forms import RoomForm

__all__ = ["bp"]


@bp.route("/console/events/<slug>/rooms", methods=["GET", "POST"])
@staff
def rooms(slug: str) -> ResponseReturnValue:
    """The rooms of the event, and a new one."""
    event = to_edit(slug)
    form = RoomForm(original=event.original_language)
    if sent(form, lambda: actions.add_room(actor().person, event, name=given(form.name), **_room_values(form))):
        flash(gettext("The room is there"), "ok")
        return back_to(".rooms", slug=slug)
    return page("rooms", event, here=".rooms", form=form, rooms=queries.rooms_of(event))


@bp.route("/console/events/<slug>/rooms/<uuid:room_id>", methods=["GET", "POST"])
@staff
def room(slug: str, room_id: uuid.UUID) -> ResponseReturnValue:
    """One room."""
    event = to_edit(slug)
    room = queries.room_of(event, room_id)
    form = RoomForm(obj=room, original=event.original_language)
    if sent(form, lambda: actions.edit_room(actor().person, event, room, name=given(form.name), **_room_values(form))):
        flash(gettext("Saved"), "ok")
        return back_to(".rooms", slug=slug)
    return page("room", event, here=".rooms", form=form, room=room)


@bp.post("/console/events/<slug>/rooms/<uuid:room_id>/delete")
@staff
def room_delete(slug: str, room_id: uuid.UUID) -> ResponseReturnValue:
    """Remove a room where nothing takes place."""
    event = to_edit(slug)
    room = queries.room_of(event, room_id)
    back = back_to(".rooms", slug=slug)
    return press(lambda: actions.delete_room(actor().person, event, room), gettext("The room is deleted"), back)


def _room_values(form: RoomForm) -> dict[str, Any]:
    return {"capacity": form.capacity.data, "step_free": form.step_free.data}
