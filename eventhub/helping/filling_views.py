"""A helper fills in the form for somebody without an account: page by page, then a look at all of it."""

import uuid
from collections.abc import Mapping

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.helping import claiming, queries
from eventhub.helping.models import Charge
from eventhub.helping.views import ONE, bp, row_of
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires.definition import Definition, Page
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.registration import asking, attached, behalf
from eventhub.registration.queries import Intake

__all__ = ["bp"]


@bp.post(f"{ONE}/fill")
@personal
@stands_on("helping.person")
def fill(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """Begin, or go on."""
    event, charge = _charge(slug, charge_id)
    form, person = ActionForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: claiming.take_up(person, charge, event)):
        return _next(event, queries.one_of(event.id, person.id, charge_id).charge, None)
    for message in [*form.form_errors, *[str(one) for errors in form.errors.values() for one in errors]][:1]:
        flash(str(message), "warn")
    return back_to("helping.person", slug=slug, charge_id=charge_id)


@bp.route(f"{ONE}/answers/<page>", methods=["GET", "POST"])
@personal
def answers(slug: str, charge_id: uuid.UUID, page: str) -> ResponseReturnValue:
    """One page of the form. What holds is kept with each button, as for everybody."""
    event, charge = _charge(slug, charge_id)
    person: Person = actor().person
    found = claiming.intake_for(person, charge, event, lock=posted())
    definition = _definition(found)
    asked = _page(definition, page)
    said = _said(found)
    form = answer_form(definition, asked, language=g.lang, answers=said)
    if posted():
        holds = form.validate_on_submit()
        kept = None
        if "csrf_token" not in form.errors:
            kept = submit(form, lambda: _kept(person, found, form))
        if kept and holds and not form.clashed:
            return _next(event, charge, None if request.form.get("go") == "later" else asked)
    order, shown = [one.id for one in definition.pages], given.visible_pages(definition, said)
    drawn = render_template(
        "helping/answers.html",
        event=event,
        charge=charge,
        form=form,
        page=asked,
        files=_files(found),
        number=min(len(shown), 1 + sum(order.index(one.id) < order.index(asked.id) for one in shown)),
        total=len(shown) + 1,
        scripts=["site.js"],
    )
    return drawn, form.status


@bp.route(f"{ONE}/check", methods=["GET", "POST"])
@personal
def check(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """All that was filled in, to be looked at before it is sent."""
    event, charge = _charge(slug, charge_id)
    person: Person = actor().person
    found = claiming.intake_for(person, charge, event, lock=posted())
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: claiming.send(person, found)):
        flash(_("Sent. Hand the link over: with it the person sees and changes everything."), "ok")
        return back_to("helping.person", slug=slug, charge_id=charge_id)
    said = _said(found)
    definition = behalf.without_consents(_whole(found)) if found.version_id else None

    def address(page: Page) -> str:
        return url_for("helping.answers", slug=slug, charge_id=charge_id, page=page.id)

    page = render_template(
        "helping/check.html",
        event=event,
        charge=charge,
        form=form,
        sections=given.to_show(definition, said, g.lang, url=address, files=_files(found)) if definition else [],
        missing=[(address(page), question) for page, question in asking.missing(found, definition, said)],
    )
    return page, form.status


@bp.route(f"{ONE}/typed", methods=["GET", "POST"])
@personal
def typed(slug: str, charge_id: uuid.UUID) -> ResponseReturnValue:
    """What I typed for somebody, until that person takes the link. What is sealed is opened by a button alone."""
    event, charge = _charge(slug, charge_id)
    person: Person = actor().person
    found = claiming.intake_for(person, charge, event, lock=posted(), sent_too=True)
    form = ActionForm()
    opened = submit(form, lambda: behalf.open_typed(person, found)) if form.validate_on_submit() else None
    definition = behalf.without_consents(_whole(found)) if found.version_id else None
    page = render_template(
        "helping/typed.html",
        event=event,
        charge=charge,
        form=form,
        sections=given.to_show(definition, _said(found), g.lang, files=_files(found)) if definition else [],
        opened=[
            {"label": question.label, "value": kinds.show(question, opened[question.key], g.lang)}
            for question in (definition.questions() if definition else ())
            if opened and question.sealed and opened.get(question.key) is not None
        ],
    )
    return page, form.status


def _charge(slug: str, charge_id: uuid.UUID) -> tuple[Event, Charge]:
    event, row = row_of(slug, charge_id)
    return event, row.charge


def _next(event: Event, charge: Charge, after: Page | None) -> ResponseReturnValue:
    """The page after one, the first one, or the look at all of it."""
    where = {"slug": event.slug, "charge_id": charge.id}
    if after is None and request.form.get("go") == "later":
        flash(_("The answers are kept. You can go on at any time."), "ok")
        return back_to("helping.person", **where)
    found = claiming.intake_for(actor().person, charge, event)
    if found.version_id is None:
        return back_to("helping.check", **where)
    definition = _definition(found)
    order = [page.id for page in definition.pages]
    pages = given.visible_pages(definition, _said(found))
    later = [page for page in pages if after is None or order.index(page.id) > order.index(after.id)]
    if later:
        return back_to("helping.answers", **where, page=later[0].id)
    return back_to("helping.check", **where)


def _kept(person: Person, found: Intake, form: AnswerForm) -> object:
    values: Mapping[str, object] = form.settle(found.answer_set, found.key)
    return behalf.keep(person, found, values, typed_in=form.window)


def _said(found: Intake) -> dict[str, object]:
    """The answers as their owner would see them: of what is sealed, the last characters."""
    return given.load(found.answer_set, found.key) if found.answer_set else {}


def _files(found: Intake) -> dict[str, attached.Attached]:
    if found.answer_set is None:
        return {}
    return attached.told(given.attached(found.answer_set, _said(found)), found.event.time_zone)


def _whole(found: Intake) -> Definition:
    definition = asking.definition_of(found, g.lang)
    if definition is None:
        raise NotFound
    return definition


def _definition(found: Intake) -> Definition:
    return behalf.without_consents(_whole(found))


def _page(definition: Definition, page_id: str) -> Page:
    try:
        return definition.page(page_id)
    except KeyError:
        raise NotFound from None
