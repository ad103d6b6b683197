"""Staff's pages of an event's evaluation: setting it up, how many answered, what came of it, what may be shown."""

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.evaluations import access, actions, queries, results, shown
from eventhub.evaluations.actions import LASTS, OPENS_AFTER
from eventhub.evaluations.forms import SetUpForm, WordsForm
from eventhub.evaluations.models import Answer, Evaluation
from eventhub.evaluations.preset import PRESET
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import direction, show_date
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.registration import desk

bp = Blueprint("evaluations_console", __name__)
PAGE = "/console/events/<slug>/evaluation"


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "events"


@bp.get(PAGE)
@staff
def index(slug: str) -> ResponseReturnValue:
    """How the evaluation goes, and what came of it once it has closed."""
    return _draw(slug, ActionForm())


@bp.route(f"{PAGE}/set-up", methods=["GET", "POST"])
@staff
def set_up(slug: str) -> ResponseReturnValue:
    """What is asked, and when. It begins with the preset."""
    event, found = _kept(slug)
    form = SetUpForm(data=_begun(event, found))
    if form.validate_on_submit():
        opens_on, closes_on = form.opens_on.data, form.closes_on.data
        chosen, version = form.chosen(), form.version()
        done = (
            opens_on
            and closes_on
            and submit(
                form,
                lambda: actions.set_up(
                    actor().person, event, questions=chosen, opens_on=opens_on, closes_on=closes_on, version=version
                ),
            )
        )
        if done:
            flash(_("Saved."), "ok")
            return back_to("evaluations_console.index", slug=slug)
    page = render_template(
        "evaluations/set_up.html",
        event=event,
        title=shown.title_of(event, g.lang),
        form=form,
        has_begun=found is not None and found.opened_at is not None,
    )
    return page, form.status


@bp.post(f"{PAGE}/publish")
@staff
@stands_on("evaluations_console.index")
def publish(slug: str) -> ResponseReturnValue:
    """Publish the summary, or take it back."""
    _event, found = _set_up(slug)
    form, is_public = ActionForm(), request.form.get("go") == "publish"
    if form.validate_on_submit() and submit(form, lambda: actions.publish(actor().person, found, is_public=is_public)):
        flash(_("The summary is public now.") if is_public else _("The summary is not public any more."), "ok")
        return back_to("evaluations_console.index", slug=slug)
    return _draw(slug, form)


@bp.route(f"{PAGE}/words/<uuid:answer_id>", methods=["GET", "POST"])
@staff
def words(slug: str, answer_id: uuid.UUID) -> ResponseReturnValue:
    """Read one answer for names, and say what of it others may read."""
    event, found = _set_up(slug)
    answer = _one(found, answer_id)
    form = WordsForm(data={"shown": answer.text if answer.shown is None else answer.shown})
    if form.validate_on_submit():
        keep = "" if request.form.get("go") == "hide" else form.shown.data or ""
        if submit(form, lambda: actions.read_words(actor().person, found, answer, keep)):
            flash(_("Saved."), "ok")
            return back_to("evaluations_console.index", slug=slug)
    page = render_template(
        "evaluations/words.html",
        event=event,
        title=shown.title_of(event, g.lang),
        form=form,
        answer=answer,
        question=PRESET[answer.question].label,
        tag_words=shown.reading(answer),
        said_in=direction(answer.language or "en"),
    )
    return page, form.status


@bp.get(f"{PAGE}.csv")
@staff
def table(slug: str) -> ResponseReturnValue:
    """What the page shows, as a table: a line for each step of each question, and the words that may be shown."""
    event, found = _set_up(slug)
    if found.closed_at is None:
        raise NotFound
    header = [str(one) for one in (_("Question"), _("Answer"), _("At least so many"))]
    return csv_response(list(_lines(found)), header, f"evaluation-{event.slug}.csv")


def _lines(found: Evaluation) -> Iterator[list[object]]:
    for one in results.of(found):
        label = str(one.question.label)
        for band in one.bands:
            yield [label, shown.steps_of(band), band.at_least]
        if not one.bands:
            yield [label, str(_("Not shown")), ""]
    for code, texts in results.readable(found).items():
        for text in texts:
            yield [str(PRESET[code].label), text, ""]


def _draw(slug: str, form: ActionForm) -> ResponseReturnValue:
    event, found = _kept(slug)
    moment = now()
    is_closed = found is not None and found.closed_at is not None
    page = render_template(
        "evaluations/index.html",
        event=event,
        title=shown.title_of(event, g.lang),
        form=form,
        evaluation=found,
        state=shown.state(found, event, moment),
        days=(show_date(found.opens_on, g.lang), show_date(found.closes_on, g.lang)) if found else None,
        audience=len(actions.attendees(event.id)) if found is None or found.opened_at is None else None,
        figures=shown.figures(found, g.lang) if found and found.opened_at else [],
        results=[shown.result(one, g.lang) for one in results.of(found)] if found and is_closed else [],
        texts=shown.texts(found) if found and is_closed else [],
        in_words=found is not None and any(PRESET[code].in_words for code in found.questions),
    )
    return page, form.status


def _begun(event: Event, found: Evaluation | None) -> dict[str, Any]:
    opens_on = found.opens_on if found else event.last_day + OPENS_AFTER
    return {
        "questions": found.questions if found else list(PRESET),
        "opens_on": opens_on,
        "closes_on": found.closes_on if found else opens_on + LASTS,
        "seen": str(found.lock if found else 0),
    }


def _kept(slug: str) -> tuple[Event, Evaluation | None]:
    event, _setup = desk.event_of(slug)
    access.demand_keep(actor().grants, event)
    return event, queries.of_event(event.id)


def _set_up(slug: str) -> tuple[Event, Evaluation]:
    event, found = _kept(slug)
    if found is None:
        raise NotFound
    return event, found


def _one(found: Evaluation, answer_id: uuid.UUID) -> Answer:
    """An answer in words that staff may read: where too few wrote some, there is none."""
    for rows in results.words(found).values():
        for one in rows:
            if one.id == answer_id:
                return one
    raise NotFound
