"""The forms of the editor of questionnaires: pages, questions, conditions, translations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from flask import g
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
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
from wtforms.validators import Length, NumberRange, Regexp

from eventhub.kit.codes import label
from eventhub.kit.forms import Form, optional, required
from eventhub.kit.forms import options as choice_list
from eventhub.kit.i18n import AUTONYMS, LANGUAGE_NAMES, LANGUAGES
from eventhub.kit.text import single_line
from eventhub.people.models import Channel
from eventhub.questionnaires import chosen, kinds
from eventhub.questionnaires.conditions import COMPARISONS, Answered, Compare, Condition, In, Not
from eventhub.questionnaires.definition import (
    HELP_LIMIT,
    LABEL_LIMIT,
    NAME,
    VIEWERS,
    Definition,
    Limits,
    Option,
    Page,
    Question,
    Words,
    new_id,
)
from eventhub.questionnaires.edits import free_key
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.models import Purpose
from eventhub.questionnaires.typed import TODAY, days_from_today
from eventhub.questionnaires.uploads import Wrong
from eventhub.questionnaires.wording import Text, Wording, source_digest

SEES = {
    "organiser": _l("Organizers"),
    "desk": _l("The accreditation desk"),
    "check_in": _l("Check-in"),
    "rapporteur": _l("Rapporteurs"),
    "reviewer": _l("Reviewers"),
    "statistics": _l("Nobody: only counts are given out"),
}
PURPOSES = {
    Purpose.REGISTRATION: _l("Registration"),
    Purpose.FUNDING: _l("Funding"),
    Purpose.SURVEY: _l("Survey"),
    Purpose.CALL_FOR_INPUT: _l("Call for input"),
}
VARIANTS = {
    "short_text": {"": _l("Any script"), "latin": _l("Latin letters only (badges, travel documents)")},
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

DETAILS: dict[str, Any] = {
    "name": _l("Full name"),
    "given-name": _l("Given name"),
    "family-name": _l("Family name"),
    "honorific-prefix": _l("Form of address, such as Dr"),
    "organization": _l("Organization"),
    "organization-title": _l("Function in the organization"),
    "street-address": _l("Street and number"),
    "postal-code": _l("Postal code"),
    "address-level2": _l("City or town"),
    "address-level1": _l("Province, state or region"),
    "country-name": _l("Country, by its name"),
    "country": _l("Country, by its code of two letters"),
    "language": _l("Language"),
    "bday": _l("Date of birth"),
    "sex": _l("Sex or gender"),
    "tel": _l("Phone"),
    "email": _l("Email address"),
    "url": _l("Web address"),
    "off": _l("None, not even what was typed here before"),
}
"""What each of the names in AUTOCOMPLETE stands for."""


class SeenForm(Form):
    """A form that knows on which state of the questionnaire it was opened."""

    lock = HiddenField()

    @property
    def seen(self) -> int:
        """The lock number of that state; 0, which no questionnaire has, when it was tampered with."""
        return _whole(self.lock.data, 0)


class NewQuestionnaireForm(Form):
    """A new questionnaire: what it is for and what staff call it."""

    name = StringField(
        lazy_pgettext("of a room or questionnaire", "Name"),
        [required(), Length(max=120)],
        description=_l("Only staff see it."),
    )
    purpose = RadioField(_l("What is it for?"), [required()], choices=choice_list(PURPOSES.items()))
    original_language = SelectField(
        _l("Language you write in"), [required()], choices=choice_list(LANGUAGE_NAMES.items()), default="en"
    )


class PageForm(SeenForm):
    """One page: its heading and a few words before the questions."""

    title = StringField(lazy_pgettext("of a page of questions", "Title"), [required(), Length(max=LABEL_LIMIT)])
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
    variant = SelectField(_l("Which answers?"), default="")
    purpose = SelectField(_l("What is the consent about?"), default="")
    required = BooleanField(_l("Must be answered"))
    min_length = IntegerField(_l("Fewest characters"), [optional(), NumberRange(1, 20_000)])
    max_length = IntegerField(_l("Most characters"), [optional(), NumberRange(1, 20_000)])
    min_number = DecimalField(_l("Smallest number"), [optional(), NumberRange(-(10**14), 10**14)])
    max_number = DecimalField(_l("Largest number"), [optional(), NumberRange(-(10**14), 10**14)])
    min_date = SelectField(_l("Earliest date"), default="", choices=choice_list(DAY_LIMITS.items()))
    min_date_day = DateField(_l("Earliest date: which one"), [optional()])
    min_date_days = IntegerField(_l("Earliest date: how many days"), [optional(), NumberRange(1, 50_000)])
    max_date = SelectField(_l("Latest date"), default="", choices=choice_list(DAY_LIMITS.items()))
    max_date_day = DateField(_l("Latest date: which one"), [optional()])
    max_date_days = IntegerField(_l("Latest date: how many days"), [optional(), NumberRange(1, 50_000)])
    max_choices = IntegerField(_l("Most answers"), [optional(), NumberRange(1, 60)])
    max_megabytes = IntegerField(_l("Largest file, in MB"), [optional(), NumberRange(1, 10)])
    files = SelectMultipleField(_l("Files taken"), choices=choice_list(FILE_SETS.items()))
    autocomplete = SelectField(
        _l("Detail the browser may fill in"),
        default="",
        choices=choice_list([("", _l("None")), *DETAILS.items()]),
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
        gone |= {"purpose"} if kind_name != "consent" else {"required"}
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
    ways: list[tuple[str, Any]] = [
        ("answered", _l("The question is answered")),
        ("not_answered", _l("The question is not answered")),
    ]
    found: dict[str, Any] = {"about": question}
    choices: Any = None
    if question.kind == "consent":
        ways = [("in", _l("Consent is given")), ("not_in", _l("Consent is not given"))]
    elif question.kind in ("number", "date"):
        compared = {
            "at_least": _l("The answer is this or more"),
            "at_most": _l("The answer is this or less"),
            "more_than": _l("The answer is more than this"),
            "less_than": _l("The answer is less than this"),
        }
        ways = [*compared.items(), *ways]
        found["value"] = StringField(_l("Number") if question.kind == "number" else _l("Date"))
    elif question.options:
        choices = [(option.id, option.label) for option in question.options]
    elif question.kind in ("country", "language"):
        choices = chosen.listed(question, language)
    if choices:
        ways = [("in", _l("The answer is one of these")), ("not_in", _l("The answer is none of these")), *ways]
        found["values"] = SelectMultipleField(_l("Answers"), choices=choice_list(choices), validate_choice=False)
    found["how"] = RadioField(
        _l("Show it only if this is true"), [required()], choices=choice_list(ways), default=ways[0][0]
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
