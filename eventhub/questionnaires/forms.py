"""Forms made from questionnaires, for the people who answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.form import _Auto as AUTO
from markupsafe import Markup, escape
from wtforms import BooleanField, Field, HiddenField
from wtforms.validators import StopValidation

from eventhub.kit.file_types import names_of
from eventhub.kit.forms import Form
from eventhub.kit.i18n import direction, show_number
from eventhub.kit.sealed import SealKey
from eventhub.kit.text import safe_file_name
from eventhub.questionnaires import kinds, uploads, windows
from eventhub.questionnaires.answers import Sealed, field_name, is_answered, opened, visible_questions
from eventhub.questionnaires.conditions import Answered, AnyOf, Compare, Condition, In, Not, changed, holds, settle
from eventhub.questionnaires.conditions import to_json as condition_json
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.kinds import KINDS, YES
from eventhub.questionnaires.models import AnswerSet
from eventhub.questionnaires.uploads import Wrong

REMOVE = "_remove"
SHOWN = 200
"""Characters of a kept answer in the message about it."""


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
    drawn = HiddenField()

    def begin(self, definition: Definition, answers: Mapping[str, object], organisations: Mapping[str, str]) -> None:
        """Tell the form what was answered before; ``organisations`` are {name: id} that a typed name may mean."""
        self.stored = answers
        self.organisations = organisations
        self.cleaned: dict[str, Any] = {}
        self.hidden: set[str] = set()
        self.dropped: dict[str, Field] = {}
        self.clashed = False
        if not self.drawn.data:
            self.drawn.data = str(windows.Drawn(uuid4(), self._marks(answers)))
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
                self.dropped[question.key] = self._fields[name]
                del self[name]
            if name + REMOVE in self._fields and (name not in self._fields or not answers.get(question.key)):
                del self[name + REMOVE]

    @property
    def refused(self) -> int:
        """How many answers were typed and do not hold, so that they are not kept: whoever reads "saved" must know."""
        return sum(bool(field.errors and any(field.raw_data or ())) for field in self)

    @property
    def has_files(self) -> bool:
        """Whether the page's form must be sent as multipart/form-data."""
        return any(question.kind == "file" for question in self.page.questions)

    @property
    def files_not_asked(self) -> list[tuple[Question, str]]:
        """Files that came for questions which the other answers do not lead to, and what they are called. A browser
        without script offers them all, and nothing of these is kept: whoever sent one must know.
        """
        fields = self.dropped | {key: self._fields[field_name(key)] for key in self.hidden}
        sent = [
            (one, getattr(fields[one.key].data, "filename", "")) for one in self.page.questions if one.key in fields
        ]
        return [(question, safe_file_name(name)) for question, name in sent if question.kind == "file" and name]

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
                _hint(question, self.language),
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

    @property
    def window(self) -> UUID | None:
        """The open window this page was typed in, as ``answers.save`` wants it."""
        drawn = windows.read(self.drawn.data)
        return drawn.window if drawn else None

    def settle(self, answer_set: AnswerSet | None, key: SealKey) -> dict[str, object]:
        """What to keep of a page that was sent, beside what another window kept since this one was drawn.

        What was left alone here stays as the other wrote it. Where both changed an answer, ``clashed`` is set, the
        field says what is kept, and nothing is taken back: sent once more from there, the answer is meant. The form
        must have been made from answers read under the registration's lock.
        """
        values, drawn = self.values(), windows.read(self.drawn.data)
        if drawn is None or answer_set is None:
            return values
        kept_from = windows.windows_of(answer_set)
        marks = self._marks(self.stored)
        for question in self.page.questions:
            name = question.key
            untouched = marks[name] == drawn.marks.get(name, "") or kept_from.get(question.id) == drawn.window
            if name not in values or untouched:
                continue
            if name in self.hidden or field_name(name) not in self._fields:
                del values[name]
            elif windows.mark(question, values[name]) == drawn.marks.get(name, ""):
                del values[name]
                self._refill(question)
            elif not self._is_kept(question, values[name], answer_set, key):
                del values[name]
                self._clash(question)
        marks |= {
            question.key: windows.mark(question, values[question.key])
            for question in self.page.questions
            if question.key in values and not question.sealed and question.kind != "file"
        }
        self.drawn.data = str(windows.Drawn(drawn.window, marks))
        return values

    def forget_answers(self) -> bool:
        """Whether the page was drawn with answers; from here on it was not."""
        drawn = windows.read(self.drawn.data)
        if drawn is None or not drawn.marks:
            return False
        self.drawn.data = str(windows.Drawn(drawn.window, {}))
        return True

    def _marks(self, answers: Mapping[str, object]) -> dict[str, str]:
        return {one.key: windows.mark(one, answers.get(one.key)) for one in self.page.questions}

    def _refill(self, question: Question) -> None:
        """Show what is kept now: what was left alone here must not look like the answer that is gone."""
        if not question.sealed and question.kind != "file":
            field = self._fields[field_name(question.key)]
            field.data = kinds.fill(question, self.stored.get(question.key), self.language)

    def _is_kept(self, question: Question, value: object, answer_set: AnswerSet, key: SealKey) -> bool:
        stored = self.stored.get(question.key)
        if isinstance(stored, Sealed):
            stored = opened(answer_set, key).get(question.key)
        return windows.mark(question, value) == windows.mark(question, stored)

    def _clash(self, question: Question) -> None:
        self.clashed = True
        stored, is_file = self.stored.get(question.key), question.kind == "file"
        shown = str(stored) if question.sealed else kinds.show(question, stored, self.language) if stored else ""
        if stored is None or not shown:
            message: Any = gettext("Changed in another window: no answer is kept now. Send again to keep this one.")
        elif question.sealed and is_file:
            message = gettext(
                "A file was sent in another window. It is sealed and not shown here. Choose yours again to keep it"
                " instead, or leave this empty to keep the other one."
            )
        elif question.sealed:
            # Neither this answer nor that one is told: whoever looks over a shoulder learns nothing.
            message = gettext(
                "Changed in another window. What is kept now is sealed and not shown here. Send again to keep yours"
                " instead, or empty this field to keep the other one."
            )
        else:
            told = Markup("<bdi>{}</bdi>").format(shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…")
            message = (
                gettext("Changed in another window. Kept now: %(value)s. Choose your file again to keep it instead.")
                if is_file
                else gettext("Changed in another window. Kept now: %(value)s. Send again to keep yours instead.")
            )
            message = escape(message) % {"value": told}
        self._fields[field_name(question.key)].errors = [message]

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
    sent: Any = AUTO,
) -> AnswerForm:
    """The form of one page of a localised definition (queries.localised), filled with what is stored.

    ``answers`` are those of the whole questionnaire (answers.load): earlier pages decide what applies here. Sealed
    answers never fill a field. ``organisations`` are the (id, name) pairs suggested for organisation questions: only
    those the person may know of, as the person's own. ``sent`` is None for a page that does not take what the request
    sent: the one after.
    """
    data = {
        field_name(question.key): kinds.fill(question, answers.get(question.key), language)
        for question in page.questions
        if KINDS[question.kind].asks and not isinstance(answers.get(question.key), Sealed) and not question.sealed
    }
    form: AnswerForm = _form_class(page, language)(sent, data=data, prefix=prefix)
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


def _hint(question: Question, language: str) -> str:
    most = question.limits.max_length if question.kind == "long_text" else None
    if most:
        said = gettext("At most %(most)s characters.", most=show_number(most, language))
        return f"{question.help} {said}" if question.help else said
    if question.kind != "file":
        return question.help
    taken = gettext(
        "Files accepted: %(types)s, at most %(size)s MB.",
        types=names_of(uploads.allowed_files(question)),
        size=uploads.most_megabytes(question),
    )
    return f"{question.help} {taken}" if question.help else taken


def _kept(question: Question, stored: object, language: str) -> str | None:
    if stored is None:
        return None
    if question.sealed:
        return str(stored if isinstance(stored, Sealed) else Sealed())
    return kinds.show(question, stored, language) if question.kind == "file" else None
