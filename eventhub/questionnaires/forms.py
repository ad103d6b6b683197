"""Forms made from questionnaires, for the people who answer; and the forms of the editor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field
from wtforms.validators import StopValidation

from eventhub.kit.file_types import names_of
from eventhub.kit.forms import Form
from eventhub.kit.i18n import direction
from eventhub.questionnaires import kinds
from eventhub.questionnaires.answers import Sealed, field_name, is_answered, visible_questions
from eventhub.questionnaires.conditions import Answered, AnyOf, Compare, Condition, In, Not, changed, holds, settle
from eventhub.questionnaires.conditions import to_json as condition_json
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.kinds import KINDS, YES, Wrong

REMOVE = "_remove"


@dataclass(frozen=True)
class Part:
    """One question as templates/questionnaires/page.html draws it; ``field`` is None for a text between questions.

    ``show_if`` is the live condition for show-if.js; ``kept`` says what is stored already (a file's name, a masked
    value) and ``remove`` is the box that takes it away; ``language`` is set when the words are not in the page's own.
    """

    question: Question
    field: Field | None
    show_if: dict[str, Any] | None
    kept: str | None
    remove: Field | None
    hint: str
    option_hints: Mapping[str, str]
    language: str | None
    direction: str
    suggestions: tuple[str, ...] = ()


class AnswerForm(Form):
    """The questions of one page. After ``validate_on_submit`` ask ``values()``, whether it succeeded or not."""

    page: Page
    language: str

    def begin(self, definition: Definition, answers: Mapping[str, object], organisations: Mapping[str, str]) -> None:
        """Tell the form what was answered before; ``organisations`` are {name: id} that a typed name may mean."""
        self.stored = answers
        self.organisations = organisations
        self.cleaned: dict[str, Any] = {}
        self.hidden: set[str] = set()
        before: dict[str, object] = {}
        for page, question in visible_questions(definition, answers):
            if page.id == self.page.id:
                break
            before[question.key] = answers.get(question.key)
        self.before = before
        own = {question.key for question in self.page.questions}
        self.live = {question.key: settle(question.show_if, before, own) for question in self.page.questions}
        for question in self.page.questions:
            name = field_name(question.key)
            if self.live[question.key] is False and name in self._fields:
                del self[name]
            if name + REMOVE in self._fields and (name not in self._fields or not answers.get(question.key)):
                del self[name + REMOVE]

    @property
    def has_files(self) -> bool:
        """Whether the page's form must be sent as multipart/form-data."""
        return any(question.kind == "file" for question in self.page.questions)

    def parts(self) -> Iterator[Part]:
        """The page's questions in order, without those that cannot apply any more."""
        for question in self.page.questions:
            live = self.live[question.key]
            if live is False:
                continue
            name, stored = field_name(question.key), self.stored.get(question.key)
            field = self._fields.get(name)
            suggestions = tuple(self.organisations) if question.kind == "organisation" and field is not None else ()
            if suggestions and field is not None:
                field.render_kw = (field.render_kw or {}) | {"list": f"{field.id}-list"}
            language = question.label.language if question.label.language != self.language else None
            yield Part(
                question,
                field,
                None if isinstance(live, bool) else condition_json(self._live(live)),
                _kept(question, stored, self.language),
                self._fields.get(name + REMOVE),
                question.help or _hint(question),
                {option.id: option.help for option in question.options if option.help},
                language,
                direction(language or self.language),
                suggestions,
            )

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every question that applies has an answer that holds, and every required one has an answer."""
        super().validate(extra_validators)
        seen, self.hidden = dict(self.before), set()
        for question in self.page.questions:
            field = self._fields.get(field_name(question.key))
            if field is None:
                continue
            if not holds(question.show_if, seen):
                field.errors, self.cleaned[question.key] = [], None
                self.hidden.add(question.key)
                continue
            seen[question.key] = value = self._after(question)
            if question.required and not field.errors and not is_answered(question, value):
                field.errors = [KINDS[question.kind].missing]
        return not self.errors

    def values(self) -> dict[str, object]:
        """What to keep, by question key: every answer that holds, also when others do not; None takes one away.

        Hand it to answers.save. What does not apply is None; what was left blank over a stored file or sealed answer,
        or does not hold, is not named and stays as it was.
        """
        found: dict[str, object] = {}
        for question in self.page.questions:
            key, name = question.key, field_name(question.key)
            if not KINDS[question.kind].asks:
                continue
            if name not in self._fields:
                found[key] = None
            elif key in self.cleaned and not (self.cleaned[key] is None and self._stays(question)):
                found[key] = self.cleaned[key]
        return found

    def check(self, question: Question, field: Field) -> None:
        """Clean one answer; called by the field's validator."""
        try:
            value = kinds.clean(question, field.data, self.language)
        except Wrong as error:
            raise StopValidation(error.message) from None
        if question.kind == "organisation" and value and value["name"] in self.organisations:
            value = {"id": self.organisations[value["name"]], "name": value["name"]}
        self.cleaned[question.key] = value

    def _after(self, question: Question) -> object:
        value = self.cleaned.get(question.key)
        return self.stored.get(question.key) if value is None and self._stays(question) else value

    def _stays(self, question: Question) -> bool:
        """Whether an empty field means: leave what is stored."""
        remove = self._fields.get(field_name(question.key) + REMOVE)
        return remove is not None and not remove.data and question.key not in self.hidden

    def _live(self, condition: Condition) -> Condition:
        """The condition in terms of field names and of what browsers send."""
        kept = {field.name for field in self if field.name.endswith(REMOVE)}

        def sent(part: In | Answered | Compare) -> Condition:
            name = self._prefix + field_name(part.question)
            if isinstance(part, Answered) and name + REMOVE in kept:
                return AnyOf((Answered(name), Not(In(name + REMOVE, (YES,)))))  # a file sent before still counts
            if isinstance(part, In):
                return In(name, tuple(YES if value is True else value for value in part.values))
            return replace(part, question=name)

        return changed(condition, sent)


class Check:
    """The one validator of every answer."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.field_flags = {"required": True} if question.required else {}

    def __call__(self, form: AnswerForm, field: Field) -> None:
        form.check(self.question, field)


def answer_form(
    definition: Definition,
    page: Page,
    *,
    language: str,
    answers: Mapping[str, object],
    prefix: str = "",
    organisations: Sequence[tuple[UUID, str]] = (),
) -> AnswerForm:
    """The form of one page of a localised definition (queries.localised), filled with what is stored.

    ``answers`` are those of the whole questionnaire (answers.load): earlier pages decide what applies here. Sealed
    answers never fill a field. ``organisations`` are the (id, name) pairs suggested for organisation questions: only
    those the person may know of, as the person's own.
    """
    data = {
        field_name(question.key): kinds.fill(question, answers.get(question.key), language)
        for question in page.questions
        if KINDS[question.kind].asks and not isinstance(answers.get(question.key), Sealed) and not question.sealed
    }
    form: AnswerForm = _form_class(page, language)(data=data, prefix=prefix)
    form.begin(definition, answers, {name: str(id_) for id_, name in organisations})
    return form


@lru_cache(maxsize=1000)
def _form_class(page: Page, language: str) -> type[AnswerForm]:
    """One class per page object; pages of a version are the same object until a translation changes."""
    fields: dict[str, Any] = {"page": page, "language": language}
    for question in page.questions:
        kind, name = KINDS[question.kind], field_name(question.key)
        if not kind.asks:
            continue
        field: Any = kind.make(question, language)
        field.kwargs |= {"validators": [Check(question)], "description": question.help}
        if question.sealed:
            field.kwargs["render_kw"] = {"autocomplete": "off"} | (field.kwargs.get("render_kw") or {})
        fields[name] = field
        if question.kind == "file" or question.sealed:
            fields[name + REMOVE] = BooleanField(_l("Remove this answer"))
    return type("PageForm", (AnswerForm,), fields)


def _hint(question: Question) -> str:
    return names_of(kinds.allowed_files(question)) if question.kind == "file" else ""


def _kept(question: Question, stored: object, language: str) -> str | None:
    if stored is None:
        return None
    if question.sealed:
        return str(stored if isinstance(stored, Sealed) else Sealed())
    return kinds.show(question, stored, language) if question.kind == "file" else None
