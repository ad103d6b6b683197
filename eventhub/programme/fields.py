"""What the forms of the programme are made of: texts in six languages, days, and what others changed meanwhile."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, time
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
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, show_date

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
    """A form that knows which state of the record it was made from; what others changed since is told, not lost.

    ``shown`` stands for the value of each field as the page showed it, so that what nobody typed is told from what
    somebody did. ``together`` are fields that make one thing, such as a day and its times.
    """

    version = HiddenField()
    shown = HiddenField()
    together: tuple[str, ...] = ()
    conflicts: set[str] | None = None
    """After ``take_over``: the fields that others changed too. None: not told what the page showed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken_over = 0
        self.remember()

    def remember(self) -> None:
        """Note the value of each field as the page will show it. A subclass that gives fields others does so again."""
        if not self.is_submitted() and not self.shown.raw_data:
            self.shown.data = _shown(_prints(self))

    def take_over(self, stored: "VersionForm", version: int) -> bool:
        """Where others saved since the page was opened: let each field that was not changed here have the value that is
        stored now (``stored``: the form as it would be opened now). Whether nothing is in conflict: then the form may
        be saved as one of the present version.
        """
        if not 0 < self.seen_version < version or not self.shown.data:
            return False
        if self._taken_over == version:
            return not self.conflicts
        seen = dict(pair.rpartition(":")[::2] for pair in self.shown.data.split())
        typed, present = _prints(self), _prints(stored)
        self.conflicts = set()
        for names in _units(typed, self.together):
            if all(typed[name] == seen.get(name) for name in names):
                for name in names:
                    _copy(_part(stored, name), _part(self, name))
            elif any(present[name] not in {seen.get(name), typed[name]} for name in names):
                self.conflicts |= set(names)
        self.shown.data, self._taken_over = _shown(present), version
        if not self.conflicts:
            self.version.data = str(version)
        return not self.conflicts

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


def differences(form: Form, stored: Form, only: Collection[str] | None = None) -> list[tuple[str, str, Any]]:
    """What is stored now and differs from what was typed: (label, language or "", stored value). ``only``: of these
    fields.
    """
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
                and (only is None or f"{field.name}-{code}" in only)
            ]
        elif (field.data or "") != (other.data or "") and (only is None or field.name in only):
            found.append((field.label.text, "", _as_words(other)))
    return found


def _prints(form: Form) -> dict[str, str]:
    """What stands for the value of each field, each language of a text for itself."""
    values: dict[str, Any] = {}
    for field in form:
        if isinstance(field, FormField):
            values |= {f"{field.name}-{code}": text for code, text in field.data.items()}
        elif not isinstance(field, HiddenField):
            values[field.name] = field.data
    return {name: _print(value) for name, value in values.items()}


def _print(value: Any) -> str:
    plain = sorted(map(str, value)) if isinstance(value, list) else str(value) if value not in (None, "", False) else ""
    return hashlib.sha256(json.dumps(plain or "").encode(errors="surrogatepass")).hexdigest()[:12]


def _shown(prints: dict[str, str]) -> str:
    return " ".join(f"{name}:{mark}" for name, mark in prints.items())


def _units(names: Collection[str], together: Collection[str]) -> Iterator[list[str]]:
    """The fields that are one thing, then each other one."""
    yield [name for name in names if name in together]
    yield from ([name] for name in names if name not in together)


def _part(form: Form, name: str) -> Any:
    whole, _, code = name.partition("-")
    return form[whole].form[code] if code else form[whole]


def _copy(source: Any, target: Any) -> None:
    """Give a field the value of its like, as if it had been sent."""
    target.data, target.process_errors = source.data, []
    if isinstance(source, SelectField | SelectMultipleField):
        target.choices = source.choices
    if isinstance(source, SelectMultipleField):
        target.raw_data = [str(one) for one in source.data or []]
    elif isinstance(source, BooleanField):
        target.raw_data = ["y"] if source.data else []
    elif isinstance(source, SelectField):
        target.raw_data = [str(source.data)] if source.data not in (None, "") else [""]
    else:
        target.raw_data = [source._value()]


def _as_words(field: Any) -> str:
    if isinstance(field.data, time):
        return f"{field.data:%H:%M}"
    if isinstance(field.data, date):
        return show_date(field.data, g.lang, weekday=True)
    if isinstance(field, BooleanField):
        return str(gettext("Yes") if field.data else gettext("No"))
    is_listed = isinstance(field, SelectField | SelectMultipleField)
    names: dict[Any, Any] = {one.value: one.label for one in field.choices} if is_listed else {}
    chosen = field.data if isinstance(field.data, list) else [field.data]
    return ", ".join(str(names.get(one, one)) for one in chosen if one not in (None, ""))
