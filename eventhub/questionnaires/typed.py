"""Answers that are typed: texts, phone numbers, email addresses, numbers and dates; their fields and what holds."""

# ruff: noqa: ARG001 (entries of the registry of kinds share one signature)

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField
from wtforms.widgets import DateInput, NumberInput

from eventhub.kit.amounts import TWO_WAYS
from eventhub.kit.clock import now
from eventhub.kit.i18n import SEPARATORS, show_date, show_number
from eventhub.kit.money import INDIAN, MARKS, ONE_AFTER_COMMA, THREES
from eventhub.kit.text import DIGITS, ascii_email, multi_line, phone_number, single_line
from eventhub.questionnaires.uploads import Wrong

if TYPE_CHECKING:  # definition.py stands above this module
    from eventhub.questionnaires.definition import Question

LINE = 500
LATIN = "latin"
NAME_SIGNS = frozenset(" .,'’ʼʻʿʾ`´-‐‑()")
"""What may stand between the letters of a name."""
TEXT = 20_000
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
GROUPING = re.compile("[\\s\u00a0\u202f'\u2019\u066c]")
"""What stands between thousands, beside commas and full stops."""
TODAY = "today"
FROM_TODAY = re.compile(r"today([+-][0-9]{1,5})?")


class NumberField(StringField):
    """A number as typed: the person sees again exactly what was sent."""

    widget = NumberInput()


class DateField(StringField):
    """A date as the browser sends it, or as typed where it has no calendar."""

    widget = DateInput()


def line_field(question: "Question", _: str) -> Field:
    """One line."""
    return StringField(question.label, render_kw=autocomplete(question))


def area_field(question: "Question", _: str) -> Field:
    """Several lines: as many as the limit lets expect."""
    lines = 4 if (question.limits.max_length or TEXT) <= 1000 else 8
    return TextAreaField(question.label, render_kw={"rows": lines} | autocomplete(question))


def clean_line(question: "Question", value: Any, _: str) -> str | None:
    """One line of text. Raises Wrong."""
    text = single_line(as_text(value))
    if question.variant == LATIN and not all(sign in NAME_SIGNS or _is_latin(sign) for sign in text):
        raise Wrong(_l("Write it in Latin letters, as an airline ticket would: A to Z, also é, ş and the like"))
    return _measured(question, text, LINE)


def _is_latin(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(("LATIN ", "COMBINING "))


def clean_area(question: "Question", value: Any, _: str) -> str | None:
    """A text of several lines. Raises Wrong."""
    return _measured(question, multi_line(as_text(value)), TEXT)


def _measured(question: "Question", text: str, limit: int) -> str | None:
    longest, shortest = min(question.limits.max_length or limit, limit), question.limits.min_length or 0
    if len(text) > longest:
        raise Wrong(
            _l("This text is too long: %(number)s characters, at most %(most)s", number=len(text), most=longest)
        )
    if text and len(text) < shortest:
        raise Wrong(_l("This text is too short: at least %(least)s characters", least=shortest))
    return text or None


def clean_phone(question: "Question", value: Any, _: str) -> str | None:
    """A phone number with its country code. Raises Wrong."""
    text = single_line(as_text(value))
    try:
        return phone_number(text) if text else None
    except ValueError:
        raise Wrong(_l("Write the number with its country code, such as +41 22 917 90 00")) from None


def clean_email(question: "Question", value: Any, _: str) -> str:
    """An email address. Raises Wrong."""
    try:
        return ascii_email(as_text(value))
    except ValueError:
        raise Wrong(_l("Write an email address, such as name@example.org")) from None


def clean_number(question: "Question", value: Any, language: str) -> int | float:
    """A number, in whatever digits and separators it was typed. Raises Wrong."""
    number = _number(value, language)
    low, high = question.limits.min_number, question.limits.max_number
    if low is not None and number < Decimal(str(low)):
        raise Wrong(_l("This number must be at least %(least)s", least=shown_number(low, language)))
    if high is not None and number > Decimal(str(high)):
        raise Wrong(_l("This number must be at most %(most)s", most=shown_number(high, language)))
    return int(number) if number == number.to_integral_value() else float(number)


def _number(value: Any, language: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Wrong(_l("Write a number"))
    text = _plain(value, language) if isinstance(value, str) else str(value)
    try:
        number = Decimal(text) if NUMBER.fullmatch(text) or not isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise Wrong(_l("Write a number"))
    return number


def _plain(typed: str, language: str) -> str:
    """The number with ASCII digits and a full stop before its decimals, or something that is no number. What may be
    meant a thousand times larger is asked again (2.500 everywhere, 2,500 where a comma begins the decimals), as amounts
    are (kit/money.py). Raises Wrong.
    """
    text = single_line(typed).translate(DIGITS | MARKS).replace("−", "-").strip()
    sign, unsigned = (text[:1], text[1:].strip()) if text[:1] in {"+", "-"} else ("", text)
    unsigned = GROUPING.sub("S", unsigned)
    mark = _decimal_mark(unsigned.replace("S", ""), language)
    whole, _, decimals = unsigned.rpartition(mark) if mark else (unsigned, "", "")
    kinds = set(whole) & {",", ".", "S"}
    if len(kinds) == 1:
        grouped = whole.replace(kinds.pop(), "S")
        whole = grouped.replace("S", "") if THREES.fullmatch(grouped) or INDIAN.fullmatch(grouped) else ""
    return f"{sign}{whole}.{decimals}" if mark else sign + whole


def _decimal_mark(text: str, language: str) -> str:
    commas, stops = text.count(","), text.count(".")
    if "\u066b" in text:
        return "\u066b"
    if commas and stops:
        return "," if text.rindex(",") > text.rindex(".") else "."
    if commas + stops != 1:
        return ""
    mark, own = "," if commas else ".", SEPARATORS.get(language, (",", "."))[1]
    if THREES.fullmatch(text.replace(mark, "S")):
        if mark in {own, "."}:
            raise Wrong(TWO_WAYS)
        return ""
    if mark != own and ONE_AFTER_COMMA.fullmatch(text):
        raise Wrong(TWO_WAYS)
    return mark


def shown_number(value: Any, language: str) -> str:
    """A number with the separators of a language."""
    if not isinstance(value, int | float):
        return str(value)
    digits = 0 if value == int(value) else len(str(Decimal(str(value))).partition(".")[2])
    return show_number(value, language, digits)


def number_as_typed(_: "Question", value: Any, language: str) -> str:
    """A stored number as somebody who writes this language types it, so that it is read alike again."""
    text = str(value)
    if THREES.fullmatch(text.lstrip("-").replace(".", "S")):
        text += "0"
    return text.replace(".", SEPARATORS.get(language, (",", "."))[1])


def clean_date(question: "Question", value: Any, language: str) -> str:
    """An ISO date. Raises Wrong."""
    try:
        day = date.fromisoformat(single_line(as_text(value)).translate(DIGITS))
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


def as_text(value: object) -> str:
    """The same, when it is a text. Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong(_l("Write a text"))
    return value


def autocomplete(question: "Question") -> dict[str, Any]:
    """What lets the browser fill the field in, where the question says which detail it asks."""
    return {"autocomplete": question.autocomplete} if question.autocomplete else {}
