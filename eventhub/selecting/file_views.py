"""One file in the board room: why it is not chosen, pins, standing aside."""

import uuid
from typing import Any

from flask import flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding.models import Application
from eventhub.kit.access import staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.web import back_to
from eventhub.selecting import actions, inputs, queries, running, shown
from eventhub.selecting.console import Place, at_board, bp, meeting
from eventhub.selecting.forms import PinForm
from eventhub.selecting.models import UNDER_WAY, Kind, Run, Slate
from eventhub.selecting.views import SOON, sight_of


@bp.get("/console/funds/<slug>/board/files/<uuid:application_id>")
@staff
def file(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Why somebody is chosen or not."""
    place, application = _found(slug, application_id)
    return _draw(place, application)


@bp.post("/console/funds/<slug>/board/files/<uuid:application_id>/why")
@staff
@stands_on("selecting_console.file")
def why(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for the reason of one person."""
    place, application = _found(slug, application_id)
    form, slate = ActionForm(), queries.slate(place.reading.call.id)
    if slate is None:
        raise NotFound
    who = {"who": [str(application.id)]}
    if form.validate_on_submit() and submit(
        form, lambda: running.ask(place.person, meeting(place), Kind.WHY, about=slate, what=who)
    ):
        return back_to("selecting_console.file", slug=slug, application_id=application_id)
    return _draw(place, application, form)


@bp.post("/console/funds/<slug>/board/files/<uuid:application_id>/pin")
@staff
@stands_on("selecting_console.file")
def pin(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """Somebody must, or must not, be chosen."""
    place, application = _found(slug, application_id)
    form = PinForm()
    if form.validate_on_submit():
        must, reason = form.must.data == "yes", form.reason.data or ""
        if submit(form, lambda: actions.pin(place.person, meeting(place), application, must=must, reason=reason)):
            flash(_("The pin is kept. Calculate again to see what it costs."), "ok")
            return back_to("selecting_console.file", slug=slug, application_id=application_id)
    return _draw(place, application, form)


@bp.post("/console/funds/<slug>/board/files/<uuid:application_id>/unpin")
@staff
@stands_on("selecting_console.file")
def unpin(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """A pin ends."""
    place, application = _found(slug, application_id)
    form, row = ActionForm(), queries.pin(place.reading.call.id, application_id)
    if row is None:
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: actions.unpin(place.person, meeting(place), row)):
        flash(_("The pin is taken away. Calculate again."), "ok")
        return back_to("selecting_console.file", slug=slug, application_id=application_id)
    return _draw(place, application, form)


@bp.post("/console/funds/<slug>/board/files/<uuid:application_id>/aside")
@staff
@stands_on("selecting_console.file")
def stand_aside(slug: str, application_id: uuid.UUID) -> ResponseReturnValue:
    """The visitor stands aside: the file is not there for them from now on. The first press asks once more."""
    place, application = _found(slug, application_id)
    form = ActionForm()
    asks = form.validate_on_submit() and request.form.get("go") != "sure"
    if asks:
        return _draw(place, application, asks=True)
    aside = None if form.errors else submit(form, lambda: actions.recuse(place.person, meeting(place), application))
    if aside:
        flash(_("You stand aside for this file. You do not see it any more, and the minutes say so."), "ok")
        return back_to("selecting_console.room", slug=slug)
    return _draw(place, application, form)


def _found(slug: str, application_id: uuid.UUID) -> tuple[Place, Application]:
    """A file that may be chosen, or was. Raises NotFound, also where the visitor stands aside."""
    place = at_board(slug)
    application = queries.file(place.reading, application_id)
    if application.id in place.aside or application.state not in {*inputs.OPEN, *inputs.TAKEN}:
        raise NotFound
    return place, application


def _draw(
    place: Place, application: Application, form: Form | None = None, *, asks: bool = False
) -> ResponseReturnValue:
    slate = queries.slate(place.reading.call.id)
    runs = queries.runs(place.reading.call.id, slate.id if slate else None)
    answer = shown.reasons(runs, slate).get(str(application.id)) if slate else None
    named = {str(application.id), *(answer["leaves"] if answer else ()), *(answer["joins"] if answer else ())}
    sight = sight_of(place, named)
    waits = any(_is_asked(one, application.id) for one in runs)
    row = queries.pin(place.reading.call.id, application.id)
    if row is not None:
        row.application = application
    page = render_template(
        "selecting/file.html",
        call=place.reading.call,
        slug=place.slug,
        form=form or ActionForm(),
        pinning=form if isinstance(form, PinForm) else PinForm(formdata=None),
        application_id=application.id,
        asks=asks,
        name=shown.name_of(sight.known.get(application.id)),
        why=shown.why(answer, place.reading.rules, sight) if answer else None,
        pin={"must": row.must, "reason": actions.reason_of(row)} if row else None,
        may_pin=application.state in inputs.OPEN,
        waits=waits,
        **_line(place, slate, application),
    )
    response = make_response(page, form.status if form else 200)
    if waits and request.method == "GET":
        response.headers["Refresh"] = SOON
    return response


def _is_asked(run: Run, application_id: uuid.UUID) -> bool:
    wanted = run.ask.get("who")
    return run.kind is Kind.WHY and run.state in UNDER_WAY and (wanted is None or str(application_id) in wanted)


def _line(place: Place, slate: Slate | None, application: Application) -> dict[str, Any]:
    """What the newest slate says of a file."""
    one = next((each for each in slate.people if each["id"] == str(application.id)), None) if slate else None
    if slate is None or one is None:
        return {"score": None, "tag_of_slate": None, "chosen": False, "number": slate.number if slate else None}
    reserves = {each: turn for turn, each in enumerate(slate.reserves["general"], 1)}
    return {
        "score": shown.points(one["points"]),
        "tag_of_slate": shown.tag_of(one, reserves),
        "chosen": one["chosen"],
        "reasons": shown.why_chosen(
            slate,
            one,
            place.reading.rules,
            inputs.open_cells(application),
            taken=application.state in inputs.TAKEN,
        )
        if one["chosen"]
        else [],
        "number": slate.number,
    }
