"""What is not on the pages of an application: former answers to take over, files, answers that are kept sealed."""

from typing import Any

from flask import Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.utils import redirect

from eventhub.funding import naming, own, returning, reusing, told
from eventhub.funding.application_views import APPLY, MINE, by_reference, definition_of
from eventhub.funding.forms import OwnNameForm, ReuseForm
from eventhub.funding.own import Intake
from eventhub.funding.subject import subject
from eventhub.funding.views import bp
from eventhub.kit import audit
from eventhub.kit.access import actor, personal, stands_on
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.definition import Question
from eventhub.registration import shown
from eventhub.registration.reuse import Gap, Offer

__all__ = ["bp"]

LONGEST = 300


class PageTooOld(DomainError):
    """The page stood open too long."""

    message = _l("This page was open too long. Open it again and press the button once more.")


@bp.route(f"{APPLY}/own/name", methods=["GET", "POST"])
@personal
def own_name(slug: str) -> ResponseReturnValue:
    """My name: asked of whoever has none before the first step, and put right from the last one."""
    person = subject()
    found = own.intake(slug, person)
    form = OwnNameForm(data={"name": person.alias if person.discreet or person.alias else person.name})
    if person.discreet or person.alias:
        form.name.label.text = _("Public name")
    if form.validate_on_submit() and submit(form, lambda: naming.take(person, form.name.data or "")):
        if found.application is not None and found.application.reference:
            return back_to("funding.mine_one", reference=found.application.reference)
        answers = given.load(found.answer_set) if found.answer_set else {}
        return redirect(told.next_page(found, definition_of(found), answers, person), 303)
    hint = (
        _("Shown to others in place of your name, on every list, page and calendar")
        if person.discreet or person.alias
        else _("As you write it yourself, in your own script")
    )
    return render_template("funding/own_name.html", call=found.call, form=form, hint=hint), form.status


@bp.post(f"{MINE}/withdraw/undo")
@personal
@stands_on("funding.mine_one")
def take_up(reference: str) -> ResponseReturnValue:
    """The application goes on: it was withdrawn by a slip, or by somebody else."""
    found, form = by_reference(subject(), reference, lock=True), ActionForm()
    if form.validate_on_submit() and submit(form, told.telling(found, lambda: returning.go_on(actor().person, found))):
        flash(_("Your application goes on, as you had sent it."), "ok")
    for message in form.form_errors[:1]:
        flash(str(message), "warn")
    return back_to("funding.mine_one", reference=reference)


@bp.route(f"{APPLY}/former", methods=["GET", "POST"])
@personal
def former(slug: str) -> ResponseReturnValue:
    """What I answered when registering, each with a box; sealed answers behind a button of their own."""
    person: Person = actor().person
    found = own.intake_alone(slug, person) if posted() else own.intake(slug, person)
    before = reusing.former(found, person) if reusing.may_take(found) else None
    if before is None or found.version_id is None:
        return back_to("funding.apply", slug=slug)
    definition = questionnaires.localised(questionnaires.version(found.version_id), g.lang)
    form, sealed = ReuseForm(), request.form.get("go") == "sealed"
    if form.validate_on_submit():
        wanted = set(form.take.data or ())
        if submit(form, lambda: reusing.take_over(person, found, definition, wanted, sealed=sealed)):
            flash(_("The answers are taken over. Look at them page by page, and change what is different now."), "ok")
            return back_to("funding.former" if _more(slug, person) else "funding.apply", slug=slug)
    offers = reusing.offers(found, definition, before)
    page = render_template(
        "funding/former.html",
        call=found.call,
        form=form,
        pages=_pages([one for one in offers if not reusing.is_sealed(one)]),
        sealed=[one.question.label for one in offers if reusing.is_sealed(one)],
        some=any(one.gap is None and not reusing.is_sealed(one) for one in offers),
        origin=shown.origin(before.event, before.sent_on, g.lang),
    )
    return page, form.status


@bp.route(f"{APPLY}/files/<question>", methods=["GET", "POST"])
@personal
def own_file(slug: str, question: str) -> Response:
    """A file of one's own, to be saved, never shown. A sealed one is opened by POST alone, and that is written down."""
    person = subject()
    found = own.intake(slug, person)
    asked = _file_question(found, question)
    if found.answer_set is None or found.application is None or asked.sealed != posted():
        raise NotFound
    if not asked.sealed:
        return attachment(given.stored_file(found.answer_set, given.load(found.answer_set).get(question)))
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    value = given.opened(found.answer_set, found.key).get(question)
    _note("funding.own_file", actor().person, found, [question])
    return attachment(given.stored_file(found.answer_set, value), given.file_name(value))


@bp.route(f"{APPLY}/sealed/answers", methods=["GET", "POST"])
@personal
def sealed_answers(slug: str) -> ResponseReturnValue:
    """What I answered and is kept sealed: shown by a button alone, and written down."""
    person = subject()
    found = own.intake(slug, person)
    if found.application is None or found.answer_set is None:
        raise NotFound
    form = ActionForm()
    opened = _opened(found) if form.validate_on_submit() else None
    reference = found.application.reference
    page = render_template(
        "funding/sealed.html",
        call=found.call,
        form=form,
        is_open=opened is not None,
        rows=[
            {"label": one.label, "value": kinds.show(one, value, g.lang), "kind": "long"}
            for one, value in (opened or ())
        ],
        back=url_for("funding.mine_one", reference=reference) if reference else url_for("funding.check", slug=slug),
    )
    return page, form.status


def _more(slug: str, person: Person) -> bool:
    """Whether something is left to take over."""
    found = own.intake(slug, person)
    before = reusing.former(found, person)
    if before is None or found.version_id is None:
        return False
    definition = questionnaires.version(found.version_id).definition
    return any(one.gap is None for one in reusing.offers(found, definition, before))


def _opened(found: Intake) -> list[tuple[Question, object]]:
    if found.answer_set is None:
        return []
    known = given.opened(found.answer_set, found.key)
    definition = questionnaires.localised(questionnaires.version(found.answer_set.version_id), g.lang)
    sealed = [one for one in definition.questions() if one.sealed and one.kind != "file"]
    rows = [(one, known[one.key]) for one in sealed if known.get(one.key) is not None]
    _note("funding.own_read", actor().person, found, [one.key for one, _value in rows])
    return rows


def _note(verb: str, person: Person, found: Intake, questions: list[str]) -> None:
    audit.record(verb, found.application, actor=person, scope_id=found.call.id, questions=questions)


def _file_question(found: Intake, key: str) -> Question:
    if found.answer_set is not None:
        for question in questionnaires.version(found.answer_set.version_id).definition.questions():
            if question.key == key and question.kind == "file":
                return question
    raise NotFound


def _pages(offers: list[Offer]) -> list[dict[str, Any]]:
    """The boxes page by page, ticked from the start: taken over is what is still ticked when the button is pressed."""
    pages: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(offers):
        page = pages.setdefault(one.page.id, {"title": one.page.title, "options": [], "gaps": []})
        if one.gap is not None:
            page["gaps"].append({"label": one.question.label, "why": _why(one.gap)})
            continue
        said = kinds.show(one.question, one.value, g.lang)
        shortened = said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
        page["options"].append(
            {
                "id": f"take-{number}",
                "value": one.question.key,
                "label": one.question.label,
                "checked": True,
                "hint": Markup("<bdi>{}</bdi>").format(shortened),
            }
        )
    return list(pages.values())


def _why(gap: Gap) -> str:
    told: dict[Gap, str] = {
        Gap.CHANGED: _("This question takes other answers now. Please answer it anew."),
        Gap.EXPIRED: _(
            "The document does not hold any more when the event ends. Please name the one you will travel with."
        ),
        Gap.GONE: _("The file was deleted when its time was over. Please send it again."),
    }
    return told[gap]
