"""What a questionnaire is made of: pages, questions, options; read from JSON and written to it.

Ids are stable and mean nothing to people; a question's key is its name among people who work with the answers, and
the name that conditions and answers use. Texts are in the original language; ``wording.localise`` joins translations.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple

from eventhub.questionnaires import conditions
from eventhub.questionnaires.conditions import Condition, ConditionWrong
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.typed import days_from_today
from eventhub.questionnaires.uploads import FILES

QUESTIONS = 60
PAGES = 20
OPTIONS = 60
LABEL_LIMIT = 500
HELP_LIMIT = 5_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
AUTOCOMPLETE = frozenset(
    re.split(
        " ",
        "name given-name family-name honorific-prefix organization organization-title street-address postal-code "
        "address-level1 address-level2 country country-name language bday sex tel email url off",
    )
)
"""Of the HTML standard's names of personal details, those a form of ours may ask a browser to fill in."""
VIEWERS = ("organiser", "desk", "check_in", "rapporteur", "reviewer", "statistics")
"""Who may be allowed to see an answer; administrators always may, ``statistics`` means counts and nothing else."""


class Words(str):
    """A text that knows its language, so that a page can mark what is not in its own."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str = "", language: str = "en") -> "Words":
        """``language`` is a code of kit.i18n."""
        words = super().__new__(cls, text)
        words.language = language
        return words


NO_WORDS = Words()


@dataclass(frozen=True)
class Option:
    """One answer to choose."""

    id: str
    label: Words
    help: Words = NO_WORDS


@dataclass(frozen=True)
class Limits:
    """What an answer must keep to. Dates are ISO, ``today``, or days from it
    (``today-7``, ``today+30``); lengths in characters, ``max_bytes`` in bytes;
    ``files`` names sets of kit.file_types: images, documents."""

    min_length: int | None = None
    max_length: int | None = None
    min_number: float | None = None
    max_number: float | None = None
    min_date: str | None = None
    max_date: str | None = None
    max_choices: int | None = None
    max_bytes: int | None = None
    files: tuple[str, ...] = ()


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Question:
    """One question. ``variant`` chooses among the forms of a kind; ``purpose`` is a consent's channel.

    ``see`` names VIEWERS; ``retention_days`` count from the day the asking feature says (the end of the event).
    """

    id: str
    key: str
    kind: str
    label: Words
    help: Words = NO_WORDS
    required: bool = False
    options: tuple[Option, ...] = ()
    limits: Limits = NO_LIMITS
    show_if: Condition | None = None
    sealed: bool = False
    see: tuple[str, ...] = ("organiser", "desk")
    retention_days: int | None = None
    autocomplete: str = ""
    purpose: str = ""
    variant: str = ""


# Compared by identity: localised definitions and forms made from a page are kept in process under the object itself.
@dataclass(frozen=True, eq=False)
class Page:
    """Questions that stand together on one page."""

    id: str
    title: Words
    intro: Words = NO_WORDS
    questions: tuple[Question, ...] = ()
    show_if: Condition | None = None


@dataclass(frozen=True, eq=False)
class Definition:
    """A whole questionnaire."""

    pages: tuple[Page, ...] = ()
    language: str = "en"

    def questions(self) -> Iterator[Question]:
        """All questions in order, those that only show text included."""
        for page in self.pages:
            yield from page.questions

    def question(self, key: str) -> Question:
        """The question with this key. Raises KeyError."""
        for question in self.questions():
            if question.key == key:
                return question
        raise KeyError(key)

    def page(self, page_id: str) -> Page:
        """The page with this id. Raises KeyError."""
        for page in self.pages:
            if page.id == page_id:
                return page
        raise KeyError(page_id)


class Problem(NamedTuple):
    """What is wrong, and where: ``item`` is the id of a page or question ("" for the whole), ``place`` a path."""

    place: str
    message: Any
    item: str = ""


class DefinitionWrong(ValueError):
    """A definition that does not hold; ``problems`` name each place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.place}: {one.message}" for one in problems))
        self.problems = problems


def read(data: object, language: str = "en") -> Definition:
    """A definition from JSON, perhaps unfinished (``checks``). Raises DefinitionWrong for what no editor writes."""
    reader = _Reader(language)
    pages = tuple(
        reader.page(page, f"pages[{number}]") for number, page in enumerate(reader.items(data, "pages", "", PAGES))
    )
    if reader.problems:
        raise DefinitionWrong(reader.problems)
    return Definition(pages, language)


def to_json(definition: Definition) -> dict[str, Any]:
    """The definition as JSON, in the original language; what is empty is left out."""
    return {"pages": [_page_json(page) for page in definition.pages]}


def new_id(letter: str) -> str:
    """A stable id for a new page (``p``), question (``q``) or option (``o``)."""
    return letter + secrets.token_hex(4)


class _Reader:
    """Reads JSON item by item and collects what is wrong."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.problems: list[Problem] = []

    def wrong(self, place: str, message: Any, item: str = "") -> None:
        self.problems.append(Problem(place, message, item))

    def items(self, data: object, name: str, place: str, limit: int) -> list[dict[str, Any]]:
        where = f"{place}.{name}" if place else name
        if not isinstance(data, dict):
            self.wrong(place or "questionnaire", "must be an object")
            return []
        listed = data.get(name, [])
        if not isinstance(listed, list) or len(listed) > limit:
            self.wrong(where, f"must be a list of at most {limit}")
            return []
        for number, one in enumerate(listed):
            if not isinstance(one, dict):
                self.wrong(f"{where}[{number}]", "must be an object")
        return [one for one in listed if isinstance(one, dict)]

    def page(self, data: dict[str, Any], place: str) -> Page:
        self.known(data, {"id", "title", "intro", "questions", "show_if"}, place)
        return Page(
            self.name(data, "id", place),
            self.words(data, "title", place, LABEL_LIMIT),
            self.words(data, "intro", place, HELP_LIMIT),
            tuple(
                self.question(one, f"{place}.questions[{number}]")
                for number, one in enumerate(self.items(data, "questions", place, QUESTIONS))
            ),
            self.condition(data, place),
        )

    def question(self, data: dict[str, Any], place: str) -> Question:
        self.known(data, {one.name for one in fields(Question)}, place)
        kind = self.text(data, "kind", place)
        if kind not in KINDS:
            self.wrong(f"{place}.kind", f"unknown kind {kind[:40]!r}")
        days = data.get("retention_days")
        if days is not None and not (_is_whole(days) and 0 <= days <= 3650):
            self.wrong(f"{place}.retention_days", "must be a number of days up to 3650")
            days = None
        return Question(
            id=self.name(data, "id", place),
            key=self.name(data, "key", place),
            kind=kind,
            label=self.words(data, "label", place, HELP_LIMIT if kind == "section" else LABEL_LIMIT),
            help=self.words(data, "help", place, HELP_LIMIT),
            required=self.truth(data, "required", place),
            options=tuple(
                self.option(one, f"{place}.options[{number}]")
                for number, one in enumerate(self.items(data, "options", place, OPTIONS))
            ),
            limits=self.limits(data, place),
            show_if=self.condition(data, place),
            sealed=self.truth(data, "sealed", place),
            see=self.names(data, "see", place, VIEWERS, ("organiser", "desk")),
            retention_days=days,
            autocomplete=self.text(data, "autocomplete", place),
            purpose=self.text(data, "purpose", place),
            variant=self.text(data, "variant", place),
        )

    def option(self, data: dict[str, Any], place: str) -> Option:
        self.known(data, {"id", "label", "help"}, place)
        return Option(
            self.name(data, "id", place),
            self.words(data, "label", place, LABEL_LIMIT),
            self.words(data, "help", place, LABEL_LIMIT),
        )

    def limits(self, data: dict[str, Any], place: str) -> Limits:
        given, where = data.get("limits", {}), f"{place}.limits"
        if not isinstance(given, dict):
            self.wrong(where, "must be an object")
            return NO_LIMITS
        known = {one.name for one in fields(Limits)}
        self.known(given, known, where)
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name == "files":
                values[name] = self.names(given, name, where, tuple(FILES), ())
            elif name in known and value is not None:
                right = is_limit_date(value) if name.endswith("_date") else _is_limit_number(name, value)
                if right:
                    values[name] = value
                else:
                    self.wrong(f"{where}.{name}", "not a limit")
        return Limits(**values) if values else NO_LIMITS

    def condition(self, data: dict[str, Any], place: str) -> Condition | None:
        if data.get("show_if") is None:
            return None
        try:
            return conditions.parse(data["show_if"])
        except ConditionWrong as error:
            self.wrong(f"{place}.show_if", str(error))
            return None

    def known(self, data: dict[str, Any], names: set[str], place: str) -> None:
        for name in sorted(set(data) - names, key=str):
            self.wrong(place, f"unknown part {str(name)[:40]!r}")

    def text(self, data: dict[str, Any], name: str, place: str, limit: int = 60) -> str:
        value = data.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            self.wrong(f"{place}.{name}", f"must be a text of at most {limit} characters")
            return ""
        return value

    def words(self, data: dict[str, Any], name: str, place: str, limit: int) -> Words:
        return Words(self.text(data, name, place, limit), self.language)

    def name(self, data: dict[str, Any], name: str, place: str) -> str:
        value = self.text(data, name, place)
        if not NAME.fullmatch(value):
            self.wrong(f"{place}.{name}", "must be a name of small letters, digits and _")
        return value

    def names(
        self, data: dict[str, Any], name: str, place: str, allowed: tuple[str, ...], default: tuple[str, ...]
    ) -> tuple[str, ...]:
        value = data.get(name, list(default))
        if not isinstance(value, list) or any(one not in allowed for one in value):
            self.wrong(f"{place}.{name}", f"must be a list of: {', '.join(allowed)}")
            return default
        return tuple(one for one in allowed if one in value)

    def truth(self, data: dict[str, Any], name: str, place: str) -> bool:
        value = data.get(name, False)
        if not isinstance(value, bool):
            self.wrong(f"{place}.{name}", "must be true or false")
        return value is True


def is_limit_date(value: object) -> bool:
    """Whether this is what ``Limits`` holds for a date: an ISO one, ``today``, or days from it."""
    if isinstance(value, str) and days_from_today(value) is not None:
        return True
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_limit_number(name: str, value: object) -> bool:
    if name.endswith("_number"):
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    highest = {"max_choices": OPTIONS, "max_bytes": 10_000_000}.get(name, 20_000)
    return _is_whole(value) and 0 < int(str(value)) <= highest


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _page_json(page: Page) -> dict[str, Any]:
    data: dict[str, Any] = {"id": page.id, "title": str(page.title)}
    if page.intro:
        data["intro"] = str(page.intro)
    if page.show_if:
        data["show_if"] = conditions.to_json(page.show_if)
    return data | {"questions": [question_json(question) for question in page.questions]}


def question_json(question: Question) -> dict[str, Any]:
    """One question as JSON; parts at their defaults are left out."""
    data: dict[str, Any] = {"id": question.id, "key": question.key, "kind": question.kind, "label": str(question.label)}
    if question.options:
        data["options"] = [_option_json(option) for option in question.options]
    if question.show_if:
        data["show_if"] = conditions.to_json(question.show_if)
    limits = {one.name: getattr(question.limits, one.name) for one in fields(Limits)}
    limits = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in limits.items()
        if value not in (None, ())
    }
    if limits:
        data["limits"] = limits
    if question.retention_days is not None:
        data["retention_days"] = question.retention_days
    plain = {
        name: getattr(question, name) for name in ("help", "required", "sealed", "autocomplete", "purpose", "variant")
    }
    data |= {name: str(value) if isinstance(value, str) else value for name, value in plain.items() if value}
    return data | {"see": list(question.see)}


def _option_json(option: Option) -> dict[str, Any]:
    data = {"id": option.id, "label": str(option.label)}
    return data | ({"help": str(option.help)} if option.help else {})
