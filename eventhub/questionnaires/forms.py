"""Forms made from questionnaires, for the people who answer; and the forms of the editor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.form import _Auto as AUTO
from markupsafe import Markup, escape
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import Length, NumberRange, Regexp, StopValidation

from eventhub.kit.codes import label
from eventhub.kit.file_types import names_of
from eventhub.kit.forms import Form, optional, required
from eventhub.kit.forms import options as choice_list
from eventhub.kit.i18n import AUTONYMS, LANGUAGE_NAMES, LANGUAGES, direction
from eventhub.kit.sealed import SealKey
from eventhub.kit.text import single_line
from eventhub.people.models import Channel
from eventhub.questionnaires import kinds, windows
from eventhub.questionnaires.answers import Sealed, field_name, is_answered, opened, visible_questions
from eventhub.questionnaires.conditions import (
    COMPARISONS,
    Answered,
    AnyOf,
    Compare,
    Condition,
    In,
    Not,
    changed,
    holds,
    settle,
)
from eventhub.questionnaires.conditions import to_json as condition_json
from eventhub.questionnaires.definition import (
    AUTOCOMPLETE,
    HELP_LIMIT,
    LABEL_LIMIT,
    NAME,
    VIEWERS,
    Definition,
    Limits,
    Option,
    Page,
    Question,
    Text,
    Wording,
    Words,
    new_id,
    source_digest,
)
from eventhub.questionnaires.edits import free_key
from eventhub.questionnaires.kinds import KINDS, TODAY, YES, Wrong, days_from_today
from eventhub.questionnaires.models import AnswerSet, Purpose

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
                _hint(question),
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
        stored = self.stored.get(question.key)
        shown = str(stored) if question.sealed else kinds.show(question, stored, self.language) if stored else ""
        if stored is None or not shown:
            message: Any = gettext("Changed in another window: no answer is kept now. Send again to keep this one.")
        else:
            told = Markup("<bdi>{}</bdi>").format(shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…")
            message = gettext("Changed in another window. Kept now: %(value)s. Send again to keep yours instead.")
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


def _hint(question: Question) -> str:
    if question.kind != "file":
        return question.help
    taken = gettext("Files accepted: %(types)s.", types=names_of(kinds.allowed_files(question)))
    return f"{question.help} {taken}" if question.help else taken


def _kept(question: Question, stored: object, language: str) -> str | None:
    if stored is None:
        return None
    if question.sealed:
        return str(stored if isinstance(stored, Sealed) else Sealed())
    return kinds.show(question, stored, language) if question.kind == "file" else None


# The editor


SEES = {
    "organiser": _l("Organisers"),
    "desk": _l("The accreditation desk"),
    "check_in": _l("Check-in"),
    "rapporteur": _l("Rapporteurs"),
    "reviewer": _l("Reviewers"),
    "statistics": _l("Nobody: only counts leave the house"),
}
PURPOSES = {
    Purpose.REGISTRATION: _l("Registration"),
    Purpose.FUNDING: _l("Funding"),
    Purpose.SURVEY: _l("Survey"),
    Purpose.CALL_FOR_INPUT: _l("Call for input"),
}
VARIANTS = {
    "country": {
        "": _l("States"),
        "nationality": _l("States, and answers for people without a nationality"),
        "anywhere": _l("States and territories (residence, origin of a journey)"),
    },
    "language": {"": _l("All languages"), "six": _l("The six languages of this site")},
}
FILE_SETS = {"images": _l("Pictures"), "documents": _l("Documents"), "pdf": _l("PDF only")}
SPARE_ROWS = 3
DAY_LIMITS = {
    "": _l("No limit"),
    "today": _l("Today"),
    "day": _l("A date"),
    "before": _l("Days before today"),
    "after": _l("Days after today"),
}
DATE_LIMITS = ("min_date", "max_date")


class SeenForm(Form):
    """A form that knows on which state of the questionnaire it was opened."""

    lock = HiddenField()

    @property
    def seen(self) -> int:
        """The lock number of that state; 0, which no questionnaire has, when it was tampered with."""
        return _whole(self.lock.data, 0)


class NewQuestionnaireForm(Form):
    """A new questionnaire: what it is for and what staff call it."""

    name = StringField(_l("Name"), [required(), Length(max=120)], description=_l("Only staff see it."))
    purpose = RadioField(_l("What is it for?"), [required()], choices=choice_list(PURPOSES.items()))
    original_language = SelectField(
        _l("Language you write in"), [required()], choices=choice_list(LANGUAGE_NAMES.items()), default="en"
    )


class PageForm(SeenForm):
    """One page: its heading and a few words before the questions."""

    title = StringField(_l("Title"), [required(), Length(max=LABEL_LIMIT)])
    intro = TextAreaField(_l("Words before the questions"), [optional(), Length(max=HELP_LIMIT)], render_kw={"rows": 3})

    def page(self, old: Page | None) -> Page:
        """The page as the form says; a new one gets an id."""
        base = old or Page(new_id("p"), Words())
        return replace(base, title=Words(self.title.data or ""), intro=Words(self.intro.data or ""))


class OptionRow(PlainForm):
    """One answer to choose. An empty label takes it away."""

    id = HiddenField()
    place = StringField(_l("Order"))
    label = StringField(_l("Answer"), [Length(max=LABEL_LIMIT)], filters=[single_line])
    help = StringField(_l("Hint"), [Length(max=LABEL_LIMIT)], filters=[single_line])


class QuestionForm(SeenForm):
    """One question; ``for_kind`` leaves out what its kind does not know."""

    kind_name: str

    label = StringField(_l("Question"), [required(), Length(max=LABEL_LIMIT)])
    help = TextAreaField(_l("Hint"), [optional(), Length(max=HELP_LIMIT)], render_kw={"rows": 3})
    options = FieldList(FormField(OptionRow), _l("Answers to choose from"))
    variant = SelectField(_l("Which list?"), default="")
    purpose = SelectField(_l("What is the consent about?"), default="")
    required = BooleanField(_l("Must be answered"))
    min_length = IntegerField(_l("Fewest characters"), [optional(), NumberRange(1, 20_000)])
    max_length = IntegerField(_l("Most characters"), [optional(), NumberRange(1, 20_000)])
    min_number = DecimalField(_l("Smallest number"), [optional(), NumberRange(-(10**14), 10**14)])
    max_number = DecimalField(_l("Largest number"), [optional(), NumberRange(-(10**14), 10**14)])
    min_date = SelectField(_l("Earliest date"), default="", choices=choice_list(DAY_LIMITS.items()))
    min_date_day = DateField(_l("Earliest date: which one"), [optional()])
    min_date_days = IntegerField(_l("Earliest date: how many days"), [optional(), NumberRange(1, 40_000)])
    max_date = SelectField(_l("Latest date"), default="", choices=choice_list(DAY_LIMITS.items()))
    max_date_day = DateField(_l("Latest date: which one"), [optional()])
    max_date_days = IntegerField(_l("Latest date: how many days"), [optional(), NumberRange(1, 40_000)])
    max_choices = IntegerField(_l("Most answers"), [optional(), NumberRange(1, 60)])
    max_megabytes = IntegerField(_l("Largest file, in MB"), [optional(), NumberRange(1, 10)])
    files = SelectMultipleField(_l("Files taken"), choices=choice_list(FILE_SETS.items()))
    autocomplete = SelectField(
        _l("Detail the browser may fill in"),
        default="",
        choices=choice_list([("", _l("None")), *((name, name) for name in sorted(AUTOCOMPLETE))]),
    )
    sealed = BooleanField(
        _l("Seal the answer"),
        description=_l("For what could hurt a person. Reading it needs a reason and is recorded."),
    )
    see = SelectMultipleField(_l("Who may see the answers?"), choices=choice_list(SEES.items()))
    retention_days = IntegerField(
        _l("Days to keep the answer after the end"),
        [optional(), NumberRange(0, 3650)],
        description=_l("Empty: as long as the record itself."),
    )
    key = StringField(
        _l("Short name"),
        [optional(), Regexp(NAME, message=_l("Small letters a to z, digits and _ only, starting with a letter"))],
        description=_l("For conditions, lists and exports. Empty: made from the question."),
    )

    def for_kind(self, kind_name: str) -> None:
        """Keep the fields that this kind of question has."""
        kind = KINDS[kind_name]
        self.kind_name = kind_name
        self.variant.choices = choice_list(VARIANTS.get(kind_name, {}).items())
        self.purpose.choices = [
            ("", _l("Choose one")),
            *((one.value, label("consent_scope", one.value, g.lang)) for one in Channel),
        ]
        limits = set(kind.limits) | ({"max_megabytes"} if "max_bytes" in kind.limits else set())
        gone = (LIMIT_FIELDS - limits) | ({"options"} if not kind.has_options else set())
        gone |= {f"{name}_{more}" for name in gone & set(DATE_LIMITS) for more in ("day", "days")}
        gone |= {"variant"} if kind_name not in VARIANTS else set()
        gone |= {"purpose"} if kind_name != "consent" else set()
        gone |= {"sealed"} if not kind.may_seal else set()
        gone |= set() if kind.asks else {"required", "see", "retention_days", "autocomplete"}
        gone |= {"autocomplete"} if kind_name not in FILLED_BY_BROWSERS else set()
        for name in gone:
            del self[name]

    def date_limits(self) -> list[tuple[Field, Field, Field]]:
        """For each limit of a date: where it lies, and the two fields that say so more exactly."""
        names = [name for name in DATE_LIMITS if name in self._fields]
        return [(self._fields[name], self._fields[f"{name}_day"], self._fields[f"{name}_days"]) for name in names]

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the fields hold, and a date that is named is there."""
        super().validate(extra_validators)
        for how, day, days in self.date_limits():
            if how.data == "day" and day.data is None and not day.errors:
                day.errors = [_l("Give the date")]
            if how.data in ("before", "after") and days.data is None and not days.errors:
                days.errors = [_l("Give the number of days")]
        return not self.errors

    def more_rows(self) -> None:
        """Empty rows after the answers there are."""
        if "options" in self._fields:
            for _ in range(SPARE_ROWS):
                self.options.append_entry()

    def question(self, definition: Definition, old: Question | None) -> Question:
        """The question as the form says; a new one gets an id and, when none was given, a key."""
        given = {name: field.data for name, field in self._fields.items()}
        text = Words(given["label"] or "")
        base = old or Question(new_id("q"), "", self.kind_name, text)
        return replace(
            base,
            key=given["key"] or base.key or free_key(definition, text),
            label=text,
            help=Words(given["help"] or ""),
            required=bool(given.get("required")),
            options=self._options(definition.language) if "options" in given else (),
            limits=self._limits(given),
            sealed=bool(given.get("sealed")),
            see=tuple(one for one in VIEWERS if one in (given.get("see") or ())),
            retention_days=given.get("retention_days"),
            autocomplete=given.get("autocomplete") or "",
            purpose=given.get("purpose") or "",
            variant=given.get("variant") or "",
        )

    def _options(self, language: str) -> tuple[Option, ...]:
        rows = [entry.form for entry in self.options if entry.form.label.data]
        rows.sort(key=lambda row: _whole(row.place.data, len(rows) + 1))
        return tuple(
            Option(
                (row.id.data or "") if NAME.fullmatch(row.id.data or "") else new_id("o"),
                Words(row.label.data or "", language),
                Words(row.help.data or "", language),
            )
            for row in rows
        )

    def _limits(self, given: Mapping[str, Any]) -> Limits:
        values = {name: given[name] for name in LIMIT_FIELDS & set(given) if given[name] not in (None, "", [])}
        values |= {name: _day_limit(given, name) for name in DATE_LIMITS if name in values}
        megabytes = values.pop("max_megabytes", None)
        if megabytes:
            values["max_bytes"] = megabytes * 1_000_000
        for name in ("min_number", "max_number"):
            if name in values:
                values[name] = float(values[name]) if values[name] % 1 else int(values[name])
        if "files" in values:
            values["files"] = tuple(values["files"])
        return Limits(**values)


def _day_limit(given: Mapping[str, Any], name: str) -> str:
    match given[name]:
        case "day":
            return str(given[f"{name}_day"].isoformat())
        case "before":
            return f"{TODAY}-{given[f'{name}_days']}"
        case "after":
            return f"{TODAY}+{given[f'{name}_days']}"
    return TODAY


def _day_limit_data(name: str, limit: str | None) -> dict[str, Any]:
    """A limit of a date as the data of its three fields."""
    if not limit:
        return {name: ""}
    days = days_from_today(limit)
    if days is None:
        return {name: "day", f"{name}_day": date.fromisoformat(limit)}
    return {name: "before" if days < 0 else "after", f"{name}_days": abs(days)} if days else {name: TODAY}


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise


LIMIT_FIELDS = {
    "min_length",
    "max_length",
    "min_number",
    "max_number",
    "min_date",
    "max_date",
    "max_choices",
    "max_megabytes",
    "files",
}
FILLED_BY_BROWSERS = {"short_text", "long_text", "date", "country", "language", "phone", "email", "organisation"}


def question_data(question: Question) -> dict[str, Any]:
    """A question as the data of a QuestionForm."""
    limits = {name: getattr(question.limits, name, None) for name in LIMIT_FIELDS}
    if question.limits.max_bytes:
        limits["max_megabytes"] = question.limits.max_bytes // 1_000_000
    data = {one.name: getattr(question, one.name) for one in fields(Question) if one.name not in ("limits", "options")}
    for name in DATE_LIMITS:
        limits |= _day_limit_data(name, limits[name])
    options = [
        {"id": option.id, "place": str(number), "label": str(option.label), "help": str(option.help)}
        for number, option in enumerate(question.options, 1)
    ]
    return data | limits | {"options": options, "files": list(question.limits.files), "see": list(question.see)}


class ConditionForm(SeenForm):
    """One part of a condition about one earlier question; made by ``condition_form``."""

    about: Question

    def part(self) -> Condition:
        """The part as the form says. Raises Wrong when nothing was chosen or the value does not fit."""
        how = self._fields["how"].data
        if how in ("answered", "not_answered"):
            answered = Answered(self.about.key)
            return Not(answered) if how == "not_answered" else answered
        if how in COMPARISONS:
            value = kinds.clean(replace(self.about, limits=Limits()), self._fields["value"].data, g.lang)
            if value is None:
                raise Wrong(_l("Write what to compare with"))
            return Compare(self.about.key, how, value)
        if self.about.kind == "consent":
            given = In(self.about.key, (True,))
        else:
            chosen = tuple(
                one for one in self._fields["values"].data or () if KINDS[self.about.kind].can_be(self.about, one)
            )
            if not chosen:
                raise Wrong(_l("Choose at least one answer"))
            given = In(self.about.key, chosen)
        return Not(given) if how == "not_in" else given


def condition_form(question: Question, language: str, **data: Any) -> ConditionForm:
    """The form for a condition about a question: what can be asked depends on its kind."""
    ways: list[tuple[str, Any]] = [("answered", _l("is answered")), ("not_answered", _l("is not answered"))]
    found: dict[str, Any] = {"about": question}
    choices: Any = None
    if question.kind == "consent":
        ways = [("in", _l("is given")), ("not_in", _l("is not given"))]
    elif question.kind in ("number", "date"):
        compared = {
            "at_least": _l("is this or more"),
            "at_most": _l("is this or less"),
            "more_than": _l("is more than this"),
            "less_than": _l("is less than this"),
        }
        ways = [*compared.items(), *ways]
        found["value"] = StringField(_l("Number") if question.kind == "number" else _l("Date"))
    elif question.options:
        choices = [(option.id, option.label) for option in question.options]
    elif question.kind in ("country", "language"):
        choices = kinds.listed(question, language)
    if choices:
        ways = [("in", _l("is one of these")), ("not_in", _l("is none of these")), *ways]
        found["values"] = SelectMultipleField(_l("Answers"), choices=choice_list(choices), validate_choice=False)
    found["how"] = RadioField(
        _l("Show only if the answer"), [required()], choices=choice_list(ways), default=ways[0][0]
    )
    form: ConditionForm = type("OneConditionForm", (ConditionForm,), found)(**data)
    return form


class TranslationForm(SeenForm):
    """Every text of one page in the other languages; made by ``translation_form``."""

    places: dict[str, tuple[Text, str]]

    def texts(self) -> dict[tuple[str, str], dict[str, str]]:
        """What actions.translate takes."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for name, (text, language) in self.places.items():
            found.setdefault((text.item, text.part), {})[language] = self._fields[name].data or ""
        return found

    def rows(self) -> Iterator[tuple[Text, dict[str, Field]]]:
        """Each text with its fields by language."""
        for text in dict.fromkeys(text for text, _ in self.places.values()):
            yield text, {lang: self._fields[name] for name, (one, lang) in self.places.items() if one == text}


def translation_form(texts: Sequence[Text], wording: Wording, original: str, lock: int) -> TranslationForm:
    """The form for these texts, filled with what is translated already."""
    found: dict[str, Any] = {}
    places: dict[str, tuple[Text, str]] = {}
    for text in texts:
        known = wording.of(text)
        for language in LANGUAGES:
            if language == original:
                continue
            # Named by the original's words: a translation of other words never lands here.
            name = f"t_{text.item}_{text.part}_{source_digest(text.words)[:8]}_{language}".replace(".", "_")
            is_long = len(text.words) > 90 or "\n" in text.words
            limit = [Length(max=HELP_LIMIT)]
            found[name] = (
                TextAreaField(AUTONYMS[language], limit, default=known.get(language, ""), render_kw={"rows": 3})
                if is_long
                else StringField(AUTONYMS[language], limit, default=known.get(language, ""))
            )
            places[name] = (text, language)
    form: TranslationForm = type("PageTranslationForm", (TranslationForm,), found | {"places": places})(lock=str(lock))
    return form
