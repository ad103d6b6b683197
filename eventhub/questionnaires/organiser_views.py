"""The editor of questionnaires: pages, questions, conditions, languages, versions, and a preview that keeps nothing."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import actor, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.kit.web import back_to
from eventhub.questionnaires import access, actions, edits, kinds, queries, uploads
from eventhub.questionnaires.answers import to_show, visible_pages
from eventhub.questionnaires.conditions import AnyOf
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.editor_forms import (
    PURPOSES,
    NewQuestionnaireForm,
    PageForm,
    QuestionForm,
    SeenForm,
    condition_form,
    question_data,
    translation_form,
)
from eventhub.questionnaires.forms import answer_form
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.models import Purpose, Questionnaire
from eventhub.questionnaires.uploads import Wrong
from eventhub.questionnaires.wording import Wording, localise, texts_of

bp = Blueprint("questionnaires_console", __name__)

ROOT = "/console/questionnaires"
ONE = f"{ROOT}/<uuid:questionnaire_id>"
PART_NAMES = {
    "key": _l("short name"),
    "kind": _l("kind"),
    "required": _l("must be answered"),
    "options": _l("answers to choose from"),
    "limits": _l("limits"),
    "show_if": _l("condition"),
    "sealed": _l("sealed"),
    "see": _l("who may see it"),
    "retention_days": _l("how long it is kept"),
    "autocomplete": _l("what the browser fills in"),
    "purpose": _l("what the consent is about"),
    "variant": _l("which answers"),
}
CHANGES = {
    "added": (_l("New"), "ok"),
    "removed": (_l("Gone"), "stop"),
    "changed": (_l("Changed"), "warn"),
    "moved": (_l("Moved"), "new"),
}


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "questionnaires"


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What the editor's templates need to know."""
    return {"autonyms": AUTONYMS}


@bp.get(ROOT)
@staff
def index() -> ResponseReturnValue:
    """The questionnaires somebody may edit; those of others do not exist."""
    mine = access.editable(actor().grants, queries.questionnaires(None))
    numbers = queries.latest_numbers([one.id for one in mine])
    return render_template(
        "questionnaires/index.html",
        questionnaires=mine,
        numbers=numbers,
        purposes=PURPOSES,
        may_create=access.may_create(actor().grants, None),
    )


@bp.route(f"{ROOT}/new", methods=["GET", "POST"])
@staff
def new() -> ResponseReturnValue:
    """A new questionnaire, for the event, series or call in ``?scope=``."""
    scope_id = _uuid(request.args.get("scope"))
    if not access.may_create(actor().grants, scope_id):
        raise NotFound
    form = NewQuestionnaireForm(purpose=request.args.get("purpose") or Purpose.REGISTRATION)
    if form.validate_on_submit():
        made = submit(
            form,
            lambda: actions.create(
                actor().person,
                purpose=Purpose(form.purpose.data),
                name=form.name.data or "",
                scope_id=scope_id,
                original_language=form.original_language.data,
            ),
        )
        if made:
            return back_to(".edit", questionnaire_id=made.id)
    return render_template("questionnaires/new.html", form=form), form.status


@bp.route(ONE, methods=["GET", "POST"])
@staff
def edit(questionnaire_id: uuid.UUID) -> ResponseReturnValue:
    """The whole questionnaire at a glance; its small buttons move, double and delete."""
    questionnaire, definition = _editable(questionnaire_id)
    form = SeenForm(lock=str(questionnaire.lock))
    if form.validate_on_submit():
        verb, _, item = request.form.get("do", "").partition(":")
        change = _small_change(definition, verb, item)
        name = edits.name_of(_find_any(_told(questionnaire_id, definition), item))
        if submit(form, lambda: _save(questionnaire, change, form.seen)):
            if verb == "delete":
                flash(_deleted(questionnaire_id, name), "ok")
            return back_to(".edit", questionnaire_id=questionnaire_id, _anchor=item if verb != "delete" else None)
    wording = queries.texts(questionnaire_id)
    told = localise(definition, wording, g.lang)
    return render_template(
        "questionnaires/edit.html",
        **_frame(questionnaire, definition),
        form=form,
        kinds=KINDS,
        versions=queries.version_lines(questionnaire_id),
        told=told,
        shown_if=_conditions(told),
        missing=_missing(definition, wording),
    ), form.status


@bp.route(f"{ONE}/pages/<item>", methods=["GET", "POST"])
@staff
def page(questionnaire_id: uuid.UUID, item: str) -> ResponseReturnValue:
    """The heading of a page; ``new`` makes one."""
    questionnaire, definition = _editable(questionnaire_id)
    old = None if item == "new" else _find(definition, item, Page)
    form = PageForm(lock=str(questionnaire.lock), title=old.title if old else "", intro=old.intro if old else "")
    if form.validate_on_submit():
        made = form.page(old)
        if submit(form, lambda: _save(questionnaire, edits.put_page(definition, made), form.seen)):
            return back_to(".edit", questionnaire_id=questionnaire_id, _anchor=made.id)
    return render_template("questionnaires/page_form.html", **_frame(questionnaire, definition), form=form, old=old), (
        form.status
    )


@bp.route(f"{ONE}/pages/<item>/questions/new", methods=["GET", "POST"])
@staff
def new_question(questionnaire_id: uuid.UUID, item: str) -> ResponseReturnValue:
    """A new question at the end of a page, of the kind in ``?kind=``; without one, the kinds to choose from."""
    questionnaire, definition = _editable(questionnaire_id)
    where = _find(definition, item, Page)
    kind_name = request.args.get("kind", "")
    if kind_name not in KINDS:
        return render_template(
            "questionnaires/kinds.html", **_frame(questionnaire, definition), page=where, kinds=KINDS, form=None
        )
    return _question_page(questionnaire, definition, where, kind_name, None)


@bp.route(f"{ONE}/questions/<item>", methods=["GET", "POST"])
@staff
def question(questionnaire_id: uuid.UUID, item: str) -> ResponseReturnValue:
    """One question: its words, answers, limits and rules."""
    questionnaire, definition = _editable(questionnaire_id)
    old = _find(definition, item, Question)
    return _question_page(questionnaire, definition, edits.page_of(definition, item), old.kind, old)


@bp.route(f"{ONE}/conditions/<item>", methods=["GET", "POST"])
@staff
def condition(questionnaire_id: uuid.UUID, item: str) -> ResponseReturnValue:
    """When a page or question is shown: parts are added one at a time, joined by "all" or "any"."""
    questionnaire, definition = _editable(questionnaire_id)
    thing = _find_any(definition, item)
    parts, any_of = edits.parts_of(thing.show_if), isinstance(thing.show_if, AnyOf)
    earlier = {one.key: one for one in edits.earlier(definition, item)}
    about = earlier.get(request.args.get("about", ""))
    lock = str(questionnaire.lock)
    adding = condition_form(about, g.lang, lock=lock, formdata=None) if about else None
    form = SeenForm(lock=lock)
    if form.validate_on_submit():
        verb, _, value = request.form.get("do", "").partition(":")
        if verb == "add" and about:
            form = adding = condition_form(about, g.lang, lock=lock)
            parts = _with_part(adding, parts) if adding.validate() else parts
        elif verb == "remove":
            parts = tuple(part for number, part in enumerate(parts) if str(number) != value)
        elif verb in ("all", "any"):
            any_of = verb == "any"
        changed = edits.put_condition(definition, item, edits.joined(parts, any_of=any_of))
        if not form.errors:
            saved = submit(form, lambda: _save(questionnaire, changed, form.seen))
            if saved:
                return back_to(".condition", questionnaire_id=questionnaire_id, item=item)
    return render_template(
        "questionnaires/condition.html",
        **_frame(questionnaire, definition),
        form=form,
        adding=adding,
        about=about,
        thing=thing,
        name=edits.name_of(thing),
        parts=[edits.describe(part, definition, g.lang) for part in parts],
        any_of=any_of,
        earlier=earlier,
    ), form.status


@bp.route(f"{ONE}/languages/<item>", methods=["GET", "POST"])
@staff
def languages(questionnaire_id: uuid.UUID, item: str) -> ResponseReturnValue:
    """The texts of one page in the other languages, side by side. Makes no version."""
    questionnaire, definition = _editable(questionnaire_id)
    where = _find(definition, item, Page)
    texts = list(texts_of(Definition((where,), definition.language)))
    wording = queries.texts(questionnaire_id)
    form = translation_form(texts, wording, definition.language, questionnaire.lock)
    if form.validate_on_submit():
        given = form.texts()
        if submit(form, lambda: actions.translate(actor().person, questionnaire, given, seen=form.seen)):
            flash(gettext("Translations saved."), "ok")
            return back_to(".languages", questionnaire_id=questionnaire_id, item=item)
    others = [{"code": code, "name": AUTONYMS[code]} for code in LANGUAGES if code != definition.language]
    return render_template(
        "questionnaires/languages.html",
        **_frame(questionnaire, definition),
        form=form,
        page=where,
        others=others,
        missing=_missing(definition, wording),
    ), form.status


@bp.route(f"{ONE}/publish", methods=["GET", "POST"])
@staff
def publish(questionnaire_id: uuid.UUID) -> ResponseReturnValue:
    """What would change, what is in the way, and the button."""
    questionnaire, definition = _editable(questionnaire_id)
    last = queries.newest_version(questionnaire_id)
    form = SeenForm(lock=str(questionnaire.lock))
    if form.validate_on_submit():
        made = submit(form, lambda: actions.publish(actor().person, questionnaire, seen=form.seen))
        if made:
            flash(gettext("Version %(number)s is published.", number=made.number), "ok")
            return back_to(".edit", questionnaire_id=questionnaire_id)
    return render_template(
        "questionnaires/publish.html",
        **_frame(questionnaire, definition),
        form=form,
        last=last,
        changes=edits.differences(last.definition if last else Definition(), definition),
        change_tags=CHANGES,
        part_names=PART_NAMES,
        missing=_missing(definition, queries.texts(questionnaire_id)),
    ), form.status


@bp.route(f"{ONE}/preview", methods=["GET", "POST"])
@bp.route(f"{ONE}/preview/<item>", methods=["GET", "POST"])
@staff
def preview(questionnaire_id: uuid.UUID, item: str | None = None) -> ResponseReturnValue:
    """The participant's own page, with live conditions, in the language of the address. Nothing is kept: what was
    answered on earlier pages travels in the form itself.
    """
    questionnaire, draft = _editable(questionnaire_id)
    definition = localise(draft, queries.texts(questionnaire_id), g.lang)
    answers = _carried(definition, request.form.get("carried", ""))
    if not definition.pages:
        return back_to(".edit", questionnaire_id=questionnaire_id)
    where = _find(definition, item, Page) if item else definition.pages[0]
    form = answer_form(definition, where, language=g.lang, answers=answers)
    if form.validate_on_submit():
        answers |= {key: _tried(value) for key, value in form.values().items()}
        pages = visible_pages(definition, answers)
        coming = pages[pages.index(where) + 1 :] if where in pages else []
        if not coming:
            return render_template(
                "questionnaires/preview_done.html",
                **_frame(questionnaire, draft),
                sections=to_show(definition, answers, g.lang),
                form=None,
            )
        where = coming[0]
        form = answer_form(definition, where, language=g.lang, answers=answers, sent=None)
    pages = visible_pages(definition, answers)
    return render_template(
        "questionnaires/preview.html",
        **_frame(questionnaire, draft),
        form=form,
        page=where,
        number=pages.index(where) + 1 if where in pages else 1,
        pages=pages,
        carried=json.dumps(answers, ensure_ascii=False),
        scripts=["show-if.js"],
    ), form.status


def _editable(questionnaire_id: uuid.UUID) -> tuple[Questionnaire, Definition]:
    questionnaire = queries.find_questionnaire(questionnaire_id)
    if not access.may_edit(actor().grants, questionnaire) or questionnaire is None:
        raise NotFound
    return questionnaire, queries.draft(questionnaire)


def _frame(questionnaire: Questionnaire, definition: Definition) -> dict[str, Any]:
    """What every page of the editor shows round its own matter."""
    problems: dict[str, list[Any]] = {}
    for problem in actions.publishing_problems(questionnaire):
        problems.setdefault(problem.item, []).append(problem.message)
    return {"questionnaire": questionnaire, "definition": definition, "problems": problems, "purposes": PURPOSES}


def _told(questionnaire_id: uuid.UUID, definition: Definition) -> Definition:
    """The questionnaire in the reader's language, where it is translated."""
    return localise(definition, queries.texts(questionnaire_id), g.lang)


def _deleted(questionnaire_id: uuid.UUID, name: str) -> str:
    told = str(gettext("Deleted: %(name)s", name=name or gettext("Question without a text")))
    if queries.newest_version(questionnaire_id) is None:
        return told
    kept = gettext("The published version keeps it until you publish again.")
    return f"{told}. {kept}"


def _conditions(definition: Definition) -> dict[str, str]:
    """Every condition in words, by the id of what it shows."""
    conditions = {page.id: page.show_if for page in definition.pages}
    conditions |= {question.id: question.show_if for question in definition.questions()}
    return {item: edits.describe(one, definition, g.lang) for item, one in conditions.items() if one}


def _find(definition: Definition, item: str, wanted: type[Any]) -> Any:
    thing = _find_any(definition, item)
    if not isinstance(thing, wanted):
        raise NotFound
    return thing


def _find_any(definition: Definition, item: str) -> Page | Question:
    try:
        return edits.find(definition, item)
    except KeyError:
        raise NotFound from None


def _save(questionnaire: Questionnaire, definition: Definition, seen: int) -> Questionnaire:
    return actions.save_draft(actor().person, questionnaire, definition, seen=seen)


def _small_change(definition: Definition, verb: str, item: str) -> Definition:
    changes: dict[str, Callable[[], Definition]] = {
        "up": lambda: edits.move(definition, item, -1),
        "down": lambda: edits.move(definition, item, 1),
        "double": lambda: edits.duplicate(definition, item),
        "delete": lambda: edits.remove(definition, item),
    }
    if verb not in changes:
        raise NotFound
    _find_any(definition, item)
    return changes[verb]()


def _question_page(
    questionnaire: Questionnaire, definition: Definition, where: Page, kind_name: str, old: Question | None
) -> ResponseReturnValue:
    form = QuestionForm(lock=str(questionnaire.lock), data=question_data(old) if old else NEW_QUESTION)
    form.for_kind(kind_name)
    if form.validate_on_submit():
        made = form.question(definition, old)
        if submit(form, lambda: _put_question(questionnaire, definition, where, made, form.seen)):
            if request.form.get("do") == "rows":
                return back_to(".question", questionnaire_id=questionnaire.id, item=made.id, _anchor="options")
            return back_to(".edit", questionnaire_id=questionnaire.id, _anchor=made.id)
    if request.method == "GET" or request.form.get("do") == "rows":
        form.more_rows()
    return render_template(
        "questionnaires/question_form.html",
        **_frame(questionnaire, definition),
        form=form,
        page=where,
        old=old,
        kind=KINDS[kind_name],
        shown_if=edits.describe(old.show_if, definition, g.lang) if old and old.show_if else None,
        scripts=["show-if.js"],
    ), form.status


NEW_QUESTION = {"see": ["organiser", "desk"], "retention_days": 365}


def _put_question(
    questionnaire: Questionnaire, definition: Definition, where: Page, made: Question, seen: int
) -> Questionnaire:
    return _save(questionnaire, edits.put_question(definition, where.id, made), seen)


def _with_part(form: Any, parts: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return (*parts, form.part())
    except Wrong as error:
        field = form._fields.get("values") or form._fields.get("value") or form.how
        field.errors = [error.message]
        return parts


def _missing(definition: Definition, wording: Wording) -> dict[str, dict[str, int]]:
    """How many texts of each page lack a translation, by language."""
    found: dict[str, dict[str, int]] = {}
    for page in definition.pages:
        texts = list(texts_of(Definition((page,), definition.language)))
        counts = {
            code: sum(1 for text in texts if code not in wording.of(text))
            for code in LANGUAGES
            if code != definition.language
        }
        found[page.id] = {code: number for code, number in counts.items() if number}
    return found


def _carried(definition: Definition, text: str) -> dict[str, object]:
    """The answers of the preview's earlier pages; whatever does not hold is left out."""
    try:
        given = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    for question in definition.questions():
        value = given.get(question.key) if isinstance(given, dict) else None
        try:
            found[question.key] = kinds.clean(question, value)
        except Wrong:
            continue
    return {key: value for key, value in found.items() if value is not None}


def _tried(value: object) -> object:
    """A value of the preview as it would be stored; a file is only named, its bytes are forgotten."""
    if isinstance(value, uploads.Upload):
        return {"file": str(uuid.UUID(int=0)), "name": value.name, "size": len(value.data)}
    return value


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFound from None
