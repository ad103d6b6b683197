"""What the forms of the programme are made of: texts in six languages, days, and what others changed meanwhile."""

import re
from collections.abc import Sequence
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.kit import codes
from eventhub.kit.db import Texts
from eventhub.kit.forms import Form, options, required, sensible_year
from eventhub.kit.i18n import AUTONYMS, LANGUAGES

LINE = 300


class TextsPart(PlainForm):
    """One text in six languages: the part of a form that ``texts`` makes."""

    class Meta(Form.Meta):
        """The cleaning of every form; the CSRF token stands on the whole form."""

        csrf = False

    in_languages = True
    """An error of it names the text beside the language (templates/components/error_summary.html)."""


def texts(label: Any, *, long: bool = False, limit: int | None = None, description: Any = "") -> "FormField[TextsPart]":
    """A field whose data is a text by language. Longer than ``limit`` characters is an error at its language."""
    limit = limit or (20_000 if long else LINE)
    kind = TextAreaField if long else StringField
    too_long = _l("This text is too long: at most %(max)d characters")
    parts: dict[str, Any] = {
        code: kind(AUTONYMS[code], [Length(max=limit, message=too_long)], render_kw={"rows": 6} if long else None)
        for code in LANGUAGES
    }
    return FormField(type("Texts", (TextsPart,), parts), label, description=description)


def given(field: Any) -> Texts:
    """The languages that were filled in."""
    return {code: text for code, text in field.data.items() if text}


class Choices(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class InOriginal(Form):
    """A form with texts of which one language is the original: there the needed ones must be filled in.

    The original is asked for by the form itself or, where it has no such field, given by the record.
    """

    needed: tuple[str, ...] = ("title",)

    def __init__(self, *args: Any, original: str = "en", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original

    def validate(self, extra_validators: Any = None) -> bool:
        """Put an error at the original language of each needed text that is empty there."""
        valid: bool = super().validate(extra_validators)
        asked = self._fields.get("original_language")
        original = asked.data if asked else self.original
        for name in self.needed if original in LANGUAGES else ():
            part = self[name].form[original]
            if not part.data:
                part.errors = [*part.errors, gettext("Fill in the original language")]
                valid = False
        return valid


class VersionForm(InOriginal):
    """A form that knows which state of the record it was made from; what others changed since is told, not lost."""

    version = HiddenField()

    @property
    def seen_version(self) -> int:
        """The version of the record this form was made from; 0 (which never was) for a forged one."""
        data = self.version.data or ""
        return int(data) if re.fullmatch(r"[0-9]{1,9}", data) else 0


def day_field(label: Any) -> DateField:
    """A date, written 2026-11-26, of this or the next decades."""
    message = _l("Give the day as a date")
    return DateField(label, [required(message), sensible_year], invalid_value_message=message)  # type: ignore[call-arg]


def original_language() -> SelectField:
    """In which language a record is written first."""
    names = [(code, AUTONYMS[code]) for code in LANGUAGES]
    return SelectField(
        _l("Original language"),
        [required()],
        choices=options(names),
        default="en",
        description=_l("Shown wherever a translation is missing"),
    )


def spoken(stored: Sequence[str]) -> list[tuple[str, str]]:
    """The six languages, Portuguese, and whatever else a record already names."""
    return [(code, codes.language_name(code, g.lang)) for code in dict.fromkeys((*LANGUAGES, "pt", *stored))]


def filled(field: Any) -> Any:
    """The value of a required field of a form that holds."""
    return field.data


def differences(form: Form, stored: Form) -> list[tuple[str, str, Any]]:
    """What is stored now and differs from what was typed: (label, language or "", stored value)."""
    found: list[tuple[str, str, Any]] = []
    for field in form:
        if isinstance(field, HiddenField) or field.name not in stored:
            continue
        other = stored[field.name]
        if isinstance(field, FormField):
            found += [
                (field.label.text, code, other.data[code] or "")
                for code in field.data
                if (field.data[code] or "") != (other.data[code] or "")
            ]
        elif (field.data or "") != (other.data or ""):
            found.append((field.label.text, "", _as_words(other)))
    return found


def _as_words(field: Any) -> str:
    if isinstance(field, BooleanField):
        return str(gettext("Yes") if field.data else gettext("No"))
    is_listed = isinstance(field, SelectField | SelectMultipleField)
    names: dict[Any, Any] = {one.value: one.label for one in field.choices} if is_listed else {}
    chosen = field.data if isinstance(field.data, list) else [field.data]
    return ", ".join(str(names.get(one, one)) for one in chosen if one not in (None, ""))
