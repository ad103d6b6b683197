"""Kinds of questions: for each, its form field, what counts as an answer, and how an answer is shown and exported.

A new kind (a rating, an amount of money, a matrix) is one entry of KINDS: a ``make`` that builds a WTForms field, a
``clean`` that takes what the field holds (or stored JSON) and gives JSON or raises Wrong, and where the defaults do
not fit, ``show``, ``export`` and ``fill``. Limits, the editor, conditions, drafts and summaries follow from the entry.
"""

# ruff: noqa: ARG001, ARG005 (entries of a registry share one signature)

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, TelField

from eventhub.kit import codes
from eventhub.kit.i18n import show_date
from eventhub.kit.text import single_line
from eventhub.questionnaires import chosen, typed
from eventhub.questionnaires.uploads import Wrong, clean_file, file_field

if TYPE_CHECKING:  # definition.py stands above this module
    from eventhub.questionnaires.definition import Question

NAME = 200
YES = "y"
ANSWER = _l("Answer this question")

Make = Callable[["Question", str], Field]
Clean = Callable[["Question", Any, str], Any]
Show = Callable[["Question", Any, str], Any]


@dataclass(frozen=True)
class Kind:
    """One kind of question. ``clean`` gets a value that is not empty, from the field or from JSON, and a language."""

    label: Any
    make: Make
    clean: Clean
    show: Show = lambda question, value, language: str(value)
    export: Show | None = None
    fill: Show = lambda question, value, language: value
    limits: frozenset[str] = frozenset()
    has_options: bool = False
    asks: bool = True
    may_seal: bool = True
    variants: tuple[str, ...] = ("",)
    can_be: Callable[["Question", object], bool] = lambda question, value: False
    missing: Any = ANSWER
    look: str = ""
    """How summaries draw a value: the kinds of components/summary_list.html."""
    tail: int = 0
    """How many last characters of a sealed answer its owner is shown, to know it again."""


def clean(question: "Question", value: object, language: str = "en") -> Any:
    """The answer as JSON (a file that was just sent: as an Upload), or None when there is none. Raises Wrong."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value in ("", []):
        return None
    return KINDS[question.kind].clean(question, value, language)


def show(question: "Question", value: Any, language: str) -> str:
    """A stored answer in words, in a language. An option that is gone shows as its id."""
    return str(KINDS[question.kind].show(question, value, language))


def export(question: "Question", value: Any, language: str = "en") -> object:
    """A stored answer as a cell of a table: numbers and dates keep their type."""
    if value is None:
        return None
    kind = KINDS[question.kind]
    return (kind.export or kind.show)(question, value, language)


def fill(question: "Question", value: Any, language: str) -> Any:
    """A stored answer as the data of its form field."""
    return None if value is None else KINDS[question.kind].fill(question, value, language)


def _clean_organisation(question: "Question", value: Any, _: str) -> dict[str, str] | None:
    given = value if isinstance(value, dict) else {"name": value}
    name = single_line(typed.as_text(given.get("name")))
    if len(name) > NAME:
        raise Wrong(_l("This text is too long: %(number)s characters, at most %(most)s", number=len(name), most=NAME))
    if not name:
        return None
    if given.get("id") is None:
        return {"name": name}
    try:
        return {"id": str(uuid.UUID(str(given["id"]))), "name": name}
    except ValueError:
        raise Wrong(_l("Write the name of the organization")) from None


def _clean_consent(question: "Question", value: Any, _: str) -> bool:
    if not isinstance(value, bool):
        raise Wrong(_l("Answer with yes or no"))
    return value


def _yes_no(_: "Question", value: Any, __: str) -> str:
    return str(gettext("Yes") if value else gettext("No"))


def _no_field(question: "Question", _: str) -> Field:
    raise TypeError(f"{question.kind} asks nothing")


def _no_answer(question: "Question", _: Any, __: str) -> None:
    raise Wrong(_l("There is nothing to answer here"))


CHOOSE = _l("Choose one answer")
LENGTHS = frozenset({"min_length", "max_length"})

KINDS: dict[str, Kind] = {
    "short_text": Kind(
        _l("One line of text"), typed.line_field, typed.clean_line, limits=LENGTHS, tail=3, variants=("", typed.LATIN)
    ),
    "long_text": Kind(_l("Several lines of text"), typed.area_field, typed.clean_area, limits=LENGTHS, look="long"),
    "number": Kind(
        _l("Number"),
        lambda question, language: typed.NumberField(question.label),
        typed.clean_number,
        show=lambda question, value, language: typed.shown_number(value, language),
        export=lambda question, value, language: value,
        fill=typed.number_as_typed,
        limits=frozenset({"min_number", "max_number"}),
        can_be=lambda question, value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "date": Kind(
        _l("Date"),
        lambda question, language: typed.DateField(question.label, render_kw=typed.autocomplete(question)),
        typed.clean_date,
        show=lambda question, value, language: show_date(date.fromisoformat(value), language),
        export=lambda question, value, language: date.fromisoformat(value),
        limits=frozenset({"min_date", "max_date"}),
    ),
    "choice": Kind(
        _l("One answer of several"),
        chosen.choice_field,
        chosen.clean_choice,
        show=chosen.option_label,
        has_options=True,
        can_be=chosen.is_option,
        missing=CHOOSE,
    ),
    "choices": Kind(
        _l("Any number of answers"),
        chosen.choices_field,
        chosen.clean_choices,
        show=chosen.option_labels,
        export=chosen.option_cells,
        limits=frozenset({"max_choices"}),
        has_options=True,
        can_be=chosen.is_option,
        missing=_l("Choose at least one answer"),
    ),
    "country": Kind(
        _l("Country"),
        chosen.list_field,
        chosen.clean_listed,
        show=chosen.country_name,
        variants=("", "nationality", "anywhere"),
        can_be=chosen.is_listed,
        missing=CHOOSE,
    ),
    "language": Kind(
        _l("Language"),
        chosen.list_field,
        chosen.clean_listed,
        show=lambda question, value, language: codes.language_name(value, language),
        variants=("", "six"),
        can_be=chosen.is_listed,
        missing=CHOOSE,
    ),
    "organisation": Kind(
        _l("Organization"),
        typed.line_field,
        _clean_organisation,
        show=lambda question, value, language: str(value["name"]),
        fill=lambda question, value, language: value["name"],
        missing=_l("Write the name of the organization"),
    ),
    "phone": Kind(
        _l("Phone number"),
        lambda question, language: TelField(question.label, render_kw=typed.autocomplete(question)),
        typed.clean_phone,
        look="ltr",
        tail=2,
    ),
    "email": Kind(
        _l("Email address"),
        lambda question, language: EmailField(question.label, render_kw=typed.autocomplete(question)),
        typed.clean_email,
        look="ltr",
    ),
    "file": Kind(
        _l("File"),
        file_field,
        clean_file,
        show=lambda question, value, language: str(value["name"]),
        fill=lambda question, value, language: None,
        limits=frozenset({"max_bytes", "files"}),
        missing=_l("Choose a file"),
    ),
    "consent": Kind(
        _l("Consent"),
        lambda question, language: BooleanField(question.label),
        _clean_consent,
        show=_yes_no,
        may_seal=False,
        can_be=lambda question, value: value is True,
        missing=_l("Tick this box to go on"),
    ),
    "section": Kind(_l("Text between questions"), _no_field, _no_answer, asks=False, may_seal=False),
}
"""Every kind, in the order of the editor's list."""
