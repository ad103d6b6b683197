"""Kinds of questions: for each, its form field, what counts as an answer, and how an answer is shown and exported.

A new kind (a rating, an amount of money, a matrix) is one entry of KINDS: a ``make`` that builds a WTForms field, a
``clean`` that takes what the field holds (or stored JSON) and gives JSON or raises Wrong, and where the defaults do
not fit, ``show``, ``export`` and ``fill``. Limits, the editor, conditions, drafts and summaries follow from the entry.
"""

# ruff: noqa: ARG001, ARG005 (entries of a registry share one signature)

import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.widgets import DateInput, NumberInput

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.forms import LongSelect, options
from eventhub.kit.i18n import AUTONYMS, SEPARATORS, direction, show_date, show_number
from eventhub.kit.text import DIGITS, ascii_email, multi_line, phone_number, single_line
from eventhub.questionnaires.uploads import Wrong, clean_file, file_field

if TYPE_CHECKING:  # definition.py stands above this module
    from eventhub.questionnaires.definition import Question

LINE = 500
LATIN = "latin"
NAME_SIGNS = frozenset(" .,'’ʼʻʿʾ`´-‐‑()")
"""What may stand between the letters of a name."""
TEXT = 20_000
NAME = 200
RADIOS = 15
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
TODAY = "today"
FROM_TODAY = re.compile(r"today([+-][0-9]{1,5})?")
YES = "y"
ANSWER = _l("Answer this question")


class NumberField(StringField):
    """A number as typed: the person sees again exactly what was sent."""

    widget = NumberInput()


class DateField(StringField):
    """A date as the browser sends it, or as typed where it has no calendar."""

    widget = DateInput()


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


# Texts


def _line_field(question: "Question", _: str) -> Field:
    return StringField(question.label, render_kw=_autocomplete(question))


def _area_field(question: "Question", _: str) -> Field:
    lines = 4 if (question.limits.max_length or TEXT) <= 1000 else 8
    return TextAreaField(question.label, render_kw={"rows": lines} | _autocomplete(question))


def _clean_line(question: "Question", value: Any, _: str) -> str | None:
    text = single_line(_text(value))
    if question.variant == LATIN and not all(sign in NAME_SIGNS or _is_latin(sign) for sign in text):
        raise Wrong(_l("Write it in Latin letters, as an airline ticket would: A to Z, also é, ş and the like"))
    return _measured(question, text, LINE)


def _is_latin(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(("LATIN ", "COMBINING "))


def _clean_area(question: "Question", value: Any, _: str) -> str | None:
    return _measured(question, multi_line(_text(value)), TEXT)


def _measured(question: "Question", text: str, limit: int) -> str | None:
    longest, shortest = min(question.limits.max_length or limit, limit), question.limits.min_length or 0
    if len(text) > longest:
        raise Wrong(
            _l("This text is too long: %(number)s characters, at most %(most)s", number=len(text), most=longest)
        )
    if text and len(text) < shortest:
        raise Wrong(_l("This text is too short: at least %(least)s characters", least=shortest))
    return text or None


def _clean_phone(question: "Question", value: Any, _: str) -> str | None:
    text = single_line(_text(value))
    try:
        return phone_number(text) if text else None
    except ValueError:
        raise Wrong(_l("Write the number with its country code, such as +41 22 917 90 00")) from None


def _clean_email(question: "Question", value: Any, _: str) -> str:
    try:
        return ascii_email(_text(value))
    except ValueError:
        raise Wrong(_l("Write an email address, such as name@example.org")) from None


# Numbers and dates


def _clean_number(question: "Question", value: Any, language: str) -> int | float:
    number = _number(value, language)
    low, high = question.limits.min_number, question.limits.max_number
    if low is not None and number < Decimal(str(low)):
        raise Wrong(_l("This number must be at least %(least)s", least=_shown_number(low, language)))
    if high is not None and number > Decimal(str(high)):
        raise Wrong(_l("This number must be at most %(most)s", most=_shown_number(high, language)))
    return int(number) if number == number.to_integral_value() else float(number)


def _number(value: Any, language: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Wrong(_l("Write a number"))
    text = str(value)
    if isinstance(value, str):
        point = SEPARATORS.get(language, (",", "."))[1]
        text = (
            re.sub("[\\s\u00a0\u202f']", "", single_line(value).translate(DIGITS)).replace("−", "-").replace("٫", ".")
        )
        if point == ",":
            text = text.replace(",", ".")
        elif re.fullmatch(r"[+-]?\d{1,3}([,٬]\d{3})+(\.\d+)?", text):
            text = text.replace(",", "").replace("٬", "")
    try:
        number = Decimal(text) if NUMBER.fullmatch(text) or not isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise Wrong(_l("Write a number"))
    return number


def _shown_number(value: Any, language: str) -> str:
    if not isinstance(value, int | float):
        return str(value)
    digits = 0 if value == int(value) else len(str(Decimal(str(value))).partition(".")[2])
    return show_number(value, language, digits)


def _typed_number(_: "Question", value: Any, language: str) -> str:
    return str(value).replace(".", SEPARATORS.get(language, (",", "."))[1])


def _clean_date(question: "Question", value: Any, language: str) -> str:
    try:
        day = date.fromisoformat(single_line(_text(value)).translate(DIGITS))
    except ValueError:
        raise Wrong(_l("Write a date as year-month-day, such as 1990-11-26")) from None
    low, high = _day(question.limits.min_date), _day(question.limits.max_date)
    if low and day < low and question.limits.min_date == TODAY:
        raise Wrong(_l("This date must not be in the past"))
    if high and day > high and question.limits.max_date == TODAY:
        raise Wrong(_l("This date must not be in the future"))
    if low and day < low:
        raise Wrong(_l("This date must not be before %(day)s", day=show_date(low, language)))
    if high and day > high:
        raise Wrong(_l("This date must not be after %(day)s", day=show_date(high, language)))
    if not 1 < day.year < 3000:
        raise Wrong(_l("Look at the year again"))
    return day.isoformat()


def days_from_today(limit: str) -> int | None:
    """How many days after today a limit such as ``today+30`` or ``today-7`` lies; None for any other text."""
    found = FROM_TODAY.fullmatch(limit)
    return int(found[1] or 0) if found else None


def _day(limit: str | None) -> date | None:
    if limit is None:
        return None
    days = days_from_today(limit)
    return date.fromisoformat(limit) if days is None else now().date() + timedelta(days=days)


# Choices


def _choice_field(question: "Question", language: str) -> Field:
    if len(question.options) > RADIOS:
        return _select(question, [(option.id, option.label) for option in question.options])
    return RadioField(question.label, choices=_shown_options(question, language), validate_choice=False, coerce=str)


def _choices_field(question: "Question", language: str) -> Field:
    return SelectMultipleField(
        question.label, choices=_shown_options(question, language), validate_choice=False, coerce=str
    )


def _shown_options(question: "Question", language: str) -> list[Any]:
    """Radios and boxes: an answer in another language than its question says in which one it is."""
    shown: list[tuple[str, Any]] = []
    for option in question.options:
        label: Any = option.label
        if label.language != question.label.language:
            label = Markup('<span lang="{}" dir="{}">{}</span>').format(
                label.language, direction(label.language), label
            )
            if option.label.language != language:
                label += Markup(' <span class="tongue-mark">{}</span>').format(AUTONYMS[option.label.language])
        shown.append((option.id, label))
    return options(shown)


def _select(question: "Question", choices: list[tuple[str, Any]], *, long: bool = False) -> Field:
    return SelectField(
        question.label,
        choices=options([("", _l("Choose one")), *choices]),
        validate_choice=False,
        coerce=str,
        render_kw=_autocomplete(question),
        widget=LongSelect() if long else None,
    )


def _clean_choice(question: "Question", value: Any, _: str) -> str:
    if not _is_option(question, value):
        raise Wrong(_l("Choose one of the answers on the list"))
    return str(value)


def _clean_choices(question: "Question", value: Any, _: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(_is_option(question, one) for one in value):
        raise Wrong(_l("Choose among the answers on the list"))
    most = question.limits.max_choices
    chosen = [option.id for option in question.options if option.id in value]
    if most and len(chosen) > most:
        raise Wrong(_l("Choose at most %(most)s", most=most))
    return chosen


def _is_option(question: "Question", value: object) -> bool:
    return any(option.id == value for option in question.options)


def _option_label(question: "Question", value: Any, _: str) -> str:
    return next((str(option.label) for option in question.options if option.id == value), str(value))


def _option_labels(question: "Question", value: Any, language: str) -> str:
    comma = {"ar": "، ", "zh": "、"}.get(language, ", ")
    return comma.join(_option_label(question, one, language) for one in value)


def _option_cells(question: "Question", value: Any, language: str) -> str:
    return "; ".join(_option_label(question, one, language) for one in value)


# Code lists


@cache
def _countries(variant: str, language: str) -> tuple[tuple[str, str], ...]:
    if variant == "nationality":
        return tuple(codes.nationality_choices(language))
    return tuple(codes.countries(language, kinds=codes.ANYWHERE if variant == "anywhere" else codes.REPRESENTED))


@cache
def _languages(variant: str, language: str) -> tuple[tuple[str, str], ...]:
    return tuple(codes.language_choices(language, interface_only=variant == "six"))


def listed(question: "Question", language: str) -> list[tuple[str, str]]:
    """The code list that a country or language question chooses from."""
    return list((_countries if question.kind == "country" else _languages)(question.variant, language))


def _country_field(question: "Question", language: str) -> Field:
    return _select(question, listed(question, language), long=True)


def _language_field(question: "Question", language: str) -> Field:
    return _select(question, listed(question, language), long=True)


def _clean_country(question: "Question", value: Any, _: str) -> str:
    if not _is_country(question, value):
        raise Wrong(_l("Choose one of the answers on the list"))
    return str(value)


def _is_country(question: "Question", value: object) -> bool:
    return any(code == value for code, _ in _countries(question.variant, "en"))


def _country_name(_: "Question", value: Any, language: str) -> str:
    try:
        return codes.country_name(value, language)
    except KeyError:
        return codes.label("nationality_extra", value, language)


def _clean_language(question: "Question", value: Any, _: str) -> str:
    if not _is_language(question, value):
        raise Wrong(_l("Choose one of the answers on the list"))
    return str(value)


def _is_language(question: "Question", value: object) -> bool:
    return any(code == value for code, _ in _languages(question.variant, "en"))


# Organizations


def _clean_organisation(question: "Question", value: Any, _: str) -> dict[str, str] | None:
    given = value if isinstance(value, dict) else {"name": value}
    name = single_line(_text(given.get("name")))
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


# Consents and texts between questions


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


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(_l("Write a text"))
    return value


def _autocomplete(question: "Question") -> dict[str, Any]:
    return {"autocomplete": question.autocomplete} if question.autocomplete else {}


CHOOSE = _l("Choose one answer")
LENGTHS = frozenset({"min_length", "max_length"})

KINDS: dict[str, Kind] = {
    "short_text": Kind(_l("One line of text"), _line_field, _clean_line, limits=LENGTHS, tail=3, variants=("", LATIN)),
    "long_text": Kind(_l("Several lines of text"), _area_field, _clean_area, limits=LENGTHS, look="long"),
    "number": Kind(
        _l("Number"),
        lambda question, language: NumberField(question.label),
        _clean_number,
        show=lambda question, value, language: _shown_number(value, language),
        export=lambda question, value, language: value,
        fill=_typed_number,
        limits=frozenset({"min_number", "max_number"}),
        can_be=lambda question, value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "date": Kind(
        _l("Date"),
        lambda question, language: DateField(question.label, render_kw=_autocomplete(question)),
        _clean_date,
        show=lambda question, value, language: show_date(date.fromisoformat(value), language),
        export=lambda question, value, language: date.fromisoformat(value),
        limits=frozenset({"min_date", "max_date"}),
    ),
    "choice": Kind(
        _l("One answer of several"),
        _choice_field,
        _clean_choice,
        show=_option_label,
        has_options=True,
        can_be=_is_option,
        missing=CHOOSE,
    ),
    "choices": Kind(
        _l("Any number of answers"),
        _choices_field,
        _clean_choices,
        show=_option_labels,
        export=_option_cells,
        limits=frozenset({"max_choices"}),
        has_options=True,
        can_be=_is_option,
        missing=_l("Choose at least one answer"),
    ),
    "country": Kind(
        _l("Country"),
        _country_field,
        _clean_country,
        show=_country_name,
        variants=("", "nationality", "anywhere"),
        can_be=_is_country,
        missing=CHOOSE,
    ),
    "language": Kind(
        _l("Language"),
        _language_field,
        _clean_language,
        show=lambda question, value, language: codes.language_name(value, language),
        variants=("", "six"),
        can_be=_is_language,
        missing=CHOOSE,
    ),
    "organisation": Kind(
        _l("Organization"),
        _line_field,
        _clean_organisation,
        show=lambda question, value, language: str(value["name"]),
        fill=lambda question, value, language: value["name"],
        missing=_l("Write the name of the organization"),
    ),
    "phone": Kind(
        _l("Phone number"),
        lambda question, language: TelField(question.label, render_kw=_autocomplete(question)),
        _clean_phone,
        look="ltr",
        tail=2,
    ),
    "email": Kind(
        _l("Email address"),
        lambda question, language: EmailField(question.label, render_kw=_autocomplete(question)),
        _clean_email,
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
