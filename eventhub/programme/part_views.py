"""Agenda items and panellists of a session in the console."""

import uuid

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from eventhub.kit.access import actor, staff
from eventhub.kit.web import back_to
from eventhub.programme import console_queries as queries
from eventhub.programme import session_actions as actions
from eventhub.programme.asking import asking_first, warn_of_clashes
from eventhub.programme.console import bp, page, press, sent, session_to_edit, to_edit
from eventhub.programme.fields import given
from eventhub.programme.models import Session
from eventhub.programme.session_forms import ItemForm, PanellistForm

__all__ = ["bp"]


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/items/new", methods=["GET", "POST"])
@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/items/<uuid:item_id>", methods=["GET", "POST"])
@staff
def item(slug: str, session_id: uuid.UUID, item_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """A point of the agenda, new or known."""
    event, session = session_to_edit(slug, session_id)
    known = queries.item_of(session, item_id) if item_id else None
    form = ItemForm(obj=known, original=event.original_language)

    def save() -> object:
        title = given(form.title)
        if known:
            return actions.edit_part(actor().person, session, known, title=title)
        return actions.add_item(actor().person, session, title=title)

    if sent(form, save):
        flash(gettext("Saved"), "ok")
        return back_to(".session", slug=slug, session_id=session_id, _anchor="items")
    event = to_edit(slug)
    return page("item", event, here=".programme", form=form, session=session, known=known)


@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/panel/new", methods=["GET", "POST"])
@bp.route("/console/events/<slug>/sessions/<uuid:session_id>/panel/<uuid:panellist_id>", methods=["GET", "POST"])
@staff
def panellist(slug: str, session_id: uuid.UUID, panellist_id: uuid.UUID | None = None) -> ResponseReturnValue:
    """Somebody on the panel, new or known."""
    event, session = session_to_edit(slug, session_id)
    known = queries.panellist_of(session, panellist_id) if panellist_id else None
    form = PanellistForm(obj=known)

    def save() -> object:
        name, function = form.name.data or "", given(form.function)
        if known:
            return actions.edit_part(actor().person, session, known, name=name, function=function)
        return actions.add_panellist(actor().person, session, name=name, function=function)

    if sent(form, asking_first(form, event, session, save)):
        flash(gettext("Saved"), "ok")
        warn_of_clashes(event, session)
        return back_to(".session", slug=slug, session_id=session_id, _anchor="panel")
    event = to_edit(slug)
    return page("panellist", event, here=".programme", form=form, session=session, known=known)


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/<any(items, panel):kind>/<uuid:part_id>/order")
@staff
def part_order(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> ResponseReturnValue:
    """One place up or down."""
    session, part = _part(slug, session_id, kind, part_id)
    is_up = request.form.get("move") == "up"
    back = back_to(".session", slug=slug, session_id=session_id, _anchor=kind)
    return press(lambda: actions.move_part(actor().person, session, part, up=is_up), None, back)


@bp.post("/console/events/<slug>/sessions/<uuid:session_id>/<any(items, panel):kind>/<uuid:part_id>/delete")
@staff
def part_delete(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> ResponseReturnValue:
    """Take an agenda item or a panellist away."""
    session, part = _part(slug, session_id, kind, part_id)
    back = back_to(".session", slug=slug, session_id=session_id, _anchor=kind)
    return press(lambda: actions.remove_part(actor().person, session, part), gettext("Removed"), back)


def _part(slug: str, session_id: uuid.UUID, kind: str, part_id: uuid.UUID) -> tuple[Session, actions.Part]:
    _event, session = session_to_edit(slug, session_id)
    if kind == "items":
        return session, queries.item_of(session, part_id)
    return session, queries.panellist_of(session, part_id)
