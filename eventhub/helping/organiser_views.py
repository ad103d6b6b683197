"""The desk's page: whether people register others for an event, who does, and for how many."""

import uuid

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.helping import access, actions, queries
from eventhub.helping.forms import NumberForm, SettingForm
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, posted, submit
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.registration.models import RegistrationSetup

bp = Blueprint("helping_console", __name__)


@bp.route("/console/events/<slug>/people-registered-by-others", methods=["GET", "POST"])
@staff
def registrars(slug: str) -> ResponseReturnValue:
    """The setting of the event, and everybody who registers others."""
    event, setup = at_desk(slug)
    form = SettingForm(obj=setup)
    if posted() and form.validate_on_submit():
        allowed = bool(form.by_others.data)
        if submit(form, lambda: actions.let_others(actor().person, event, setup, allowed=allowed)):
            flash(_("The settings are kept."), "ok")
            return back_to("helping_console.registrars", slug=slug)
    return _draw(event, form), form.status


@bp.post("/console/events/<slug>/people-registered-by-others/<uuid:person_id>")
@staff
@stands_on("helping_console.registrars")
def number(slug: str, person_id: uuid.UUID) -> ResponseReturnValue:
    """Another number for one helper."""
    event, setup = at_desk(slug)
    found = queries.registrar(event.id, person_id)
    if found is None:
        raise NotFound
    form = _number_form(person_id, NumberForm())
    if form.validate_on_submit() and submit(
        form, lambda: actions.set_most(actor().person, event, found, form.most.data or 1)
    ):
        flash(_("The number is kept."), "ok")
        return back_to("helping_console.registrars", slug=slug)
    event, setup = at_desk(slug)
    return _draw(event, SettingForm(formdata=None, obj=setup), sent=(person_id, form)), form.status


def at_desk(slug: str) -> tuple[Event, RegistrationSetup]:
    """The event whose desk this is. Raises NotFound for everybody who does not work there."""
    event, setup = queries.event_of(slug)
    return access.demand_desk(actor().grants, event), setup


def _number_form(person_id: uuid.UUID, form: NumberForm) -> NumberForm:
    """One of several forms on a page: its field has an id of its own."""
    form.most.id = f"most-{person_id}"
    return form


def _draw(event: Event, setting: Form, sent: tuple[uuid.UUID, Form] | None = None) -> str:
    lines, known = [], queries.lines(event.id)
    for line in known:
        one = line.registrar.person_id
        is_sent = sent is not None and sent[0] == one
        number = sent[1] if sent and is_sent else _number_form(one, NumberForm(formdata=None, obj=line.registrar))
        lines.append({"line": line, "person_id": one, "form": number})
    return render_template(
        "helping/registrars.html",
        event=event,
        setting=setting,
        form=sent[1] if sent else setting,
        lines=lines,
        total=sum(line.registrar.taken for line in known),
    )
