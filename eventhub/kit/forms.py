"""The base of every form: clean text, CSRF, a form key, and domain errors shown at their field."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from babel.support import Translations
from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from markupsafe import Markup, escape
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from wtforms import DateTimeLocalField, Field, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm
from wtforms.i18n import messages_path
from wtforms.validators import InputRequired, Length, Optional, StopValidation
from wtforms.widgets import Select, html_params

from eventhub.kit.access import post_keeper
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale, domain_error_of
from eventhub.kit.i18n import LOCALES, language
from eventhub.kit.text import is_advertisement, multi_line, single_line

Result = TypeVar("Result")
LINE_LIMIT = 500
TEXT_LIMIT = 20_000
SECRET_NAMES = frozenset({"code", "recovery_code", "password", "secret"})


LIBRARY: dict[str, Any] = {
    "This field is required.": _l("Fill in this field"),
    "Not a valid integer value.": _l("Write a whole number, such as 12"),
    "Not a valid decimal value.": _l("Write a number"),
    "Not a valid float value.": _l("Write a number"),
    "Number must be at least %(min)s.": _l("Write a number that is %(min)s or more"),
    "Number must be at most %(max)s.": _l("Write a number that is %(max)s or less"),
    "Number must be between %(min)s and %(max)s.": _l("Write a number from %(min)s to %(max)s"),
    "Field must be at least %(min)d character long.": _l("This text is too short. Fewest characters: %(min)d"),
    "Field cannot be longer than %(max)d character.": _l("This text is too long. Most characters: %(max)d"),
    "Field must be between %(min)d and %(max)d characters long.": _l(
        "Fewest characters of this text: %(min)d. Most: %(max)d"
    ),
    "Not a valid date value.": _l("Write a date as year-month-day, such as 1990-11-26"),
    "Not a valid datetime value.": _l("Give the day and the time, such as 2026-11-26 14:30"),
    "Not a valid time value.": _l("Give the time as hours and minutes, such as 14:30"),
    "Not a valid choice.": _l("Choose one of the answers on the list"),
    "'%(value)s' is not a valid choice for this field.": _l("Choose among the answers on the list"),
    "Invalid Choice: could not coerce.": _l("Choose one of the answers on the list"),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose among the answers on the list"),
    "Invalid email address.": _l("Write an email address, such as name@example.org"),
    "Invalid input.": _l("Look at this answer again"),
    "Invalid value, must be one of: %(values)s.": _l("Choose one of the answers on the list"),
}
"""What WTForms says by itself, and what we say."""


def sensible_year(_form: Any, field: Field) -> None:
    """Refuse a day that nobody means, and whose instant elsewhere may be none that a clock can say."""
    if field.data and not 2000 <= field.data.year <= 2100:
        raise ValidationError(gettext("Give a year from 2000 to 2100"))


class OurWords:
    """Translates WTForms' messages into ours, in the page's language."""

    def gettext(self, said: str) -> str:
        """Our words; for a message we never met, that no answer could make, the library's."""
        ours = LIBRARY.get(said)
        return str(ours) if ours is not None else str(_library_words(language()).ugettext(said))

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The same: ours name the number so that they need no plural."""
        ours = LIBRARY.get(one)
        return str(ours) if ours is not None else str(_library_words(language()).ungettext(one, many, number))


OUR_WORDS = OurWords()


class Form(FlaskForm):
    """A form of ours. ``form.status`` is the HTTP status of the page that shows it: 422 when it must be corrected."""

    class Meta(FlaskForm.Meta):
        """Every text field is cleaned and bounded, whether its author thought of it or not."""

        def get_translations(self, form: BaseForm) -> Any:  # noqa: ARG002 (the name is WTForms’)
            """Our words in the place of WTForms' own, which know neither our terms nor what to do next."""
            return OUR_WORDS

        def bind_field(self, form: BaseForm, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Add the cleaning filter and a length limit to text fields."""
            if issubclass(unbound_field.field_class, StringField) and unbound_field.field_class is not HiddenField:
                is_area = issubclass(unbound_field.field_class, TextAreaField)
                clean = multi_line if is_area else single_line
                # Made anew and never changed: the unbound field belongs to the class and serves every request.
                label, *placed = unbound_field.args or (None,)
                kwargs = dict(unbound_field.kwargs)
                kwargs.setdefault("label", label)
                given = list((placed[0] if placed else kwargs.get("validators")) or [])
                if not any(isinstance(validator, Length) for validator in given):
                    given.append(Length(max=TEXT_LIMIT if is_area else LINE_LIMIT, message=_TOO_LONG))
                kwargs["validators"] = given
                kwargs["filters"] = [clean, *(kwargs.get("filters") or ())]
                unbound_field = UnboundField(unbound_field.field_class, **kwargs)
            bound: Field = super().bind_field(form, unbound_field, options)
            if isinstance(bound, DateTimeLocalField):
                bound.validators = [*bound.validators, sensible_year]
            return bound

        def wrap_formdata(self, form: BaseForm, formdata: Any) -> Any:
            """What was sent; on opening the page, what was typed into this form before the session ended."""
            sent = super().wrap_formdata(form, formdata)
            return _kept_answers(form) if sent is None and formdata is _Auto else sent

    form_key = HiddenField(default=lambda: str(uuid.uuid4()))

    @property
    def status(self) -> int:
        """422 when errors are shown, else 200."""
        return 422 if self.errors else 200

    def validate_on_submit(self, extra_validators: Any = None) -> Any:
        """Whether the form was sent and holds; a stale CSRF token is an error to show, never a lost answer."""
        sent: bool = super().validate_on_submit(extra_validators)
        # Typed Any, though a bool: "validate_on_submit() and submit(…)" then has the type of what submit returns.
        if self.is_submitted():
            g.csrf_checked = "csrf_token" not in self.errors
            if not g.csrf_checked:
                # Flask-WTF speaks English, and of tokens.
                self._fields["csrf_token"].errors = [_open_too_long()]
        return sent

    def validate_form_key(self, field: Field) -> None:
        """A form without a key of ours was not made by one of our pages."""
        try:
            # Not field.data: that is a fresh key when none was sent.
            uuid.UUID(field.raw_data[0] if field.raw_data else "")
        except ValueError:
            field.data = str(uuid.uuid4())
            raise ValidationError(_open_too_long()) from None

    def show_at_fields(self, problems: Mapping[str, Any]) -> bool:
        """Say at each field, by its name, what is wrong with it; whether anything is."""
        for name, message in problems.items():
            field = self._fields[name]
            field.errors = [*field.errors, message]
        return bool(problems)

    def show(self, error: DomainError) -> None:
        """Put a domain error on its field, or on the whole form when it has none."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(error.message)
        else:
            field.errors = [*field.errors, error.message]


class SecretField(StringField):
    """A code or another secret: never among the words that are kept when a session ends (people/kept_posts.py). What is
    kept is told by the name it was sent under, so such a field bears one of the names that are left out.
    """

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        kwargs["name"] = name
        super().__init__(*args, **kwargs)
        if not is_secret_name(name):
            raise ValueError(f"a secret field is called one of {', '.join(sorted(SECRET_NAMES))}")


def is_secret_name(name: str) -> bool:
    """Whether a field of this name, in a form of its own or inside another, may hold a secret."""
    return name.rpartition("-")[2] in SECRET_NAMES


class ActionForm(Form):
    """A form that is one button."""


def submit(form: Form, action: Callable[[], Result]) -> Result | None:
    """Call an action; a DomainError undoes what it wrote (and only that) and stands on the form instead.

    Returns the action's result, or None when the form must be shown again; actions used here never return None.
    """
    try:
        with db.session.begin_nested():
            result = action()
            db.session.flush()
    except (DomainError, IntegrityError, StaleDataError) as error:
        form.show(_expected(error))
        return None
    return result


def submit_alone(form: Form, action: Callable[[], Result]) -> Result | None:
    """Like ``submit``, without a savepoint: an error undoes the whole request, so the view must load anew.

    For the busiest forms: it saves two statements.
    """
    try:
        result = action()
        db.session.flush()
    except (DomainError, IntegrityError, StaleDataError) as error:
        db.session.rollback()
        form.show(_expected(error))
        return None
    return result


class Filled(InputRequired):
    """Something was sent and, once cleaned, something is left of it."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        """Raises StopValidation."""
        super().__call__(form, field)
        if (isinstance(field.data, str) and not field.data) or field.data is None:
            raise StopValidation(self.message or "")


def required(message: Any = None) -> Filled:
    """The field must be filled in; blanks do not count."""
    return Filled(message=message or _l("Fill in this field"))


def optional() -> Optional:
    """The field may stay empty."""
    return Optional(strip_whitespace=True)


def no_advertisement(_form: Any, field: Field) -> None:
    """Refuse a name that reads as a link, an address or a number to call: it would go out in mails to others."""
    if field.data and is_advertisement(field.data):
        raise ValidationError(
            gettext(
                "Write the name alone, without a link, an email address or a telephone number. Put a space after a full"
                " stop."
            )
        )


def options(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Choices of a select, radio or checkbox field from (value, label) pairs."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def posted() -> bool:
    """Whether this request sends something."""
    return request.method == "POST"


def _open_too_long() -> str:
    return str(gettext("This page was open too long. Look at your answers and send again."))


def given_back() -> Any:
    """What was typed into a form of this page when the session had ended, or None."""
    keeper = post_keeper()
    if keeper is None or request.method != "GET" or g.get("access") not in {"personal", "staff"}:
        return None
    return keeper.given_back()


def _kept_answers(form: BaseForm) -> Any:
    kept = given_back()
    return kept if kept and any(name.partition("-")[0] in form._fields for name in kept) else None


def _expected(error: DomainError | IntegrityError | StaleDataError) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, StaleDataError):
        return Stale()
    known = domain_error_of(error)
    if known is None:
        raise error
    return known


_TOO_LONG = LIBRARY["Field cannot be longer than %(max)d character."]


class LongSelect(Select):
    """A list of some hundred options (countries, languages): drawn once and kept, then only the choice is marked."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        """The select element."""
        kwargs.setdefault("id", field.id)
        pairs = tuple((str(choice.value), str(choice.label)) for choice in field.choices)
        drawn = _drawn(pairs)
        chosen = f'value="{escape(field.data or "")}"'
        marked = drawn.replace(f"<option {chosen}>", f"<option selected {chosen}>", 1)
        return Markup("<select {}>{}</select>").format(Markup(html_params(name=field.name, **kwargs)), Markup(marked))  # noqa: S704 (made of escaped parts)


@lru_cache(maxsize=8)
def _library_words(code: str) -> Any:
    return Translations.load(messages_path(), [LOCALES[code]], domain="wtforms")


@lru_cache(maxsize=128)
def _drawn(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in pairs)
