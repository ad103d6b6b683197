"""What officers fill in about a call: each page a part of its rules. Rows that stay empty are left out."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.fields import DateTimeLocalField
from wtforms.validators import Length, NumberRange, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.funding import call_shown
from eventhub.funding.calls import CallFacts
from eventhub.funding.models import Call, FundKind
from eventhub.kit import codes
from eventhub.kit.amounts import TOO_LARGE, why_not
from eventhub.kit.clock import now
from eventhub.kit.db import Texts
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, in_language, language, show_zone
from eventhub.kit.money import AmountWrong, parse_amount
from eventhub.programme.local_time import instant_of, zone_names
from eventhub.programme.models import Event

LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
CURRENCIES = ("USD", "EUR", "CHF", "GBP", "CAD", "AUD", "DKK", "NOK", "SEK")
"""Those of which a hundred minor units are one."""
MOST_MONEY = 10**11
LINE, LONG = 300, 5_000
RESERVED = {"new", "debts"}


class Choices(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Part(PlainForm):
    """A part of a form: cleaned like every form; the CSRF token stands on the whole."""

    class Meta(Form.Meta):
        """Without a token of its own."""

        csrf = False


class TextsPart(Part):
    """One text in six languages."""

    in_languages = True
    """An error of it names the text beside the language (templates/components/error_summary.html)."""


def texts(label: Any, *, long: bool = False, description: Any = "") -> "FormField[TextsPart]":
    """A field whose data is a text by language."""
    too_long = _l("This text is too long: at most %(max)d characters")
    kind = TextAreaField if long else StringField
    parts: dict[str, Any] = {
        code: kind(
            AUTONYMS[code],
            [Length(max=LONG if long else LINE, message=too_long)],
            render_kw={"rows": 4} if long else None,
        )
        for code in LANGUAGES
    }
    return FormField(type("Texts", (TextsPart,), parts), label, description=description)


def given(field: Any) -> Texts:
    """The languages that were filled in."""
    return {code: text for code, text in field.data.items() if text}


class MoneyField(IntegerField):
    """An amount in one of CURRENCIES, typed as people type amounts (kit/money.py); its data are minor units."""

    places = 2
    """Told to the page, which offers a keyboard with a decimal point."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"render_kw": {"inputmode": "decimal", "dir": "ltr"}, **kwargs})
        self.typed = ""

    def process_data(self, value: Any) -> None:
        """From what is stored."""
        self.data = value
        self.typed = call_shown.typed_money(value) if isinstance(value, int) else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """From what was typed. Raises ValueError with words for the person."""
        if not valuelist:
            return
        self.typed, self.data = str(valuelist[0]).strip(), None
        if not self.typed:
            return
        try:
            amount = parse_amount(self.typed, "USD", language()).minor
        except AmountWrong as error:
            raise ValueError(str(why_not(error))) from None
        if amount > MOST_MONEY:
            raise ValueError(str(TOO_LARGE))
        self.data = amount

    def _value(self) -> str:
        return self.typed


def whole(label: Any, least: int, most: int, *, empty: bool = False, description: Any = "") -> IntegerField:
    """A whole number between two bounds."""
    first = optional() if empty else required()
    return IntegerField(label, [first, NumberRange(min=least, max=most)], description=description)


class StampForm(Form):
    """A form that knows from which state of the rules it was made. ``reason`` is asked for once the call is open."""

    stamp = HiddenField()
    reason = TextAreaField(
        _l("Why do the rules change?"),
        [optional(), Length(max=2_000)],
        description=_l("Applicants read this, so write it in words for them."),
        render_kw={"rows": 3},
    )
    rows_of: tuple[str, ...] = ()
    """The lists of rows; the first one grows when asked."""

    def __init__(self, *args: Any, original: str = "en", is_open: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original
        if not is_open:
            del self.reason

    @property
    def why(self) -> str:
        """The reason; empty while the call is a draft."""
        return (self.reason.data or "") if "reason" in self else ""

    def need_words(self, part: Any) -> bool:
        """Put an error at the original language where it is empty; whether it is filled in."""
        field = part.form[self.original]
        return True if field.data else wrong(field, gettext("Fill in the original language"))


def wrong(field: Any, problem: Any) -> bool:
    """Put an error at a field; False."""
    field.errors = [*field.errors, problem]
    return False


def fresh_id(letter: str) -> str:
    """A name for a new row."""
    return letter + secrets.token_hex(4)


class Row(Part):
    """One row of a list; ``id`` names it through all changes."""

    id = HiddenField(validators=[optional(), Regexp(r"[a-z][a-z0-9_]{0,59}\Z")])
    remove = BooleanField(_l("Remove this"))

    def is_empty(self) -> bool:
        """Whether nothing was typed into it; marks and choices alone say nothing."""
        return not any(_typed(one) for one in self if one.name.rpartition("-")[2] not in {"id", "remove"})


def _typed(field: Any) -> bool:
    if isinstance(field, FormField):
        return any(_typed(one) for one in field.form)
    if isinstance(field, FieldList):
        return any(_typed(one) for one in field)
    if isinstance(field, SelectField | BooleanField | HiddenField):
        return False
    return bool(getattr(field, "typed", None) or (field.raw_data and field.raw_data[0])) or bool(field.data)


def kept(rows: Any) -> list[Any]:
    """The rows of a list that say something and are not to be removed."""
    return [row.form for row in rows if not row.form.remove.data and not row.form.is_empty()]


class RowsForm(StampForm):
    """A form with a list of rows. Only those that stay are looked at."""

    def validate(self, extra_validators: Any = None) -> bool:
        """The whole form, without rows that are empty or go."""
        super().validate(extra_validators)
        for name in self.rows_of:
            for row in self[name]:
                if row.form.remove.data or row.form.is_empty():
                    _forgive(row)
        self.together()
        for field in self:
            _gather(field)
        return not self.errors

    def together(self) -> None:
        """Put errors where what stays does not hold together."""

    def grow(self, number: int) -> None:
        """More empty rows under what was typed, which is looked at when it is sent."""
        self.validate_on_submit()
        for field in self:
            if field.name not in {"csrf_token", "form_key"}:
                _forgive(field)
                _gather(field)
        self.form_errors.clear()
        for name in self.rows_of:
            rows = self[name]
            for _one in range(min(number, (rows.max_entries or 0) - len(rows))):
                rows.append_entry()


def _forgive(field: Any) -> None:
    if isinstance(field, FormField):
        for one in field.form:
            _forgive(one)
    elif isinstance(field, FieldList):
        for one in field:
            _forgive(one)
    else:
        field.errors = []


def _gather(field: Any) -> None:
    """A list of rows keeps a copy of their errors: made anew."""
    for one in field.form if isinstance(field, FormField) else field if isinstance(field, FieldList) else ():
        _gather(one)
    if isinstance(field, FieldList):
        field.errors = [one.errors for one in field if one.errors]


class FactsForm(StampForm):
    """What a call is called and when it takes applications."""

    slug = StringField(
        _l("Address"),
        [
            required(),
            Length(max=80),
            Regexp(
                r"[a-z0-9]+(-[a-z0-9]+)*\Z",
                message=_l("Use small letters a to z, digits and single hyphens, at most 80"),
            ),
        ],
        description=_l("The last part of the page’s address, such as travel-2027"),
        render_kw={"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
    )
    code = StringField(
        _l("Code"),
        [required(), Regexp(r"[A-Z0-9-]{2,20}\Z", message=_l("Use 2 to 20 capital letters, digits and hyphens"))],
        filters=[lambda value: value.upper() if value else value],
        description=_l("Stands in reference numbers, such as TRAVEL27"),
        render_kw={"dir": "ltr", "spellcheck": "false"},
    )
    original_language = SelectField(_l("Original language"), [required()], default="en")
    time_zone = SelectField(_l("Time zone"), [required()], validate_choice=False)
    opens_at = DateTimeLocalField(_l("Opens"), format=LOCAL, validators=[required()])
    closes_at = DateTimeLocalField(
        _l("Deadline"),
        format=LOCAL,
        validators=[required()],
        description=_l("By the clock of the time zone above"),
    )
    grace_hours = whole(
        _l("Hours of grace"),
        0,
        168,
        description=_l("A draft that was saved in time may be sent so much later, marked as late"),
    )
    currency = SelectField(_l("Currency"), [required()], choices=options((one, one) for one in CURRENCIES))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones, day = zone_names(), now().date()
        named = sorted(
            ((zone, show_zone(zone, g.lang, day)) for zone in zones),
            key=lambda pair: (codes.collation_key(pair[1], g.lang), pair[0]),
        )
        self.time_zone.choices = options(named)
        self.original_language.choices = options((one, AUTONYMS[one]) for one in LANGUAGES)

    def validate_slug(self, field: Any) -> None:
        """Some addresses are taken by pages. Raises ValidationError."""
        if field.data in RESERVED:
            raise ValidationError(gettext("Choose another address: this one is taken by a page"))

    def validate_time_zone(self, field: Any) -> None:
        """Only zones that exist. Raises ValidationError."""
        if field.data not in zone_names():
            raise ValidationError(gettext("There is no such time zone. Choose one from the list."))

    def facts(self) -> CallFacts:
        """The values, typed. Raises LocalTimeMissing and LocalTimeTwice at the field."""
        return CallFacts(
            slug=self.slug.data or "",
            code=self.code.data or "",
            original_language=self.original_language.data,
            time_zone=self.time_zone.data,
            opens_at=instant(self.opens_at, self.time_zone.data),
            closes_at=instant(self.closes_at, self.time_zone.data),
            grace_hours=self.grace_hours.data or 0,
            currency=self.currency.data,
        )


def instant(field: Any, zone: str) -> datetime:
    """The instant of a wall-clock time. Raises LocalTimeMissing, LocalTimeTwice at the field."""
    try:
        return instant_of(field.data.replace(tzinfo=None), zone)
    except DomainError as error:
        error.field = field.name
        raise


class NewCallForm(FactsForm):
    """A new call: of which kind or after which one, and for which event."""

    begin = SelectField(
        _l("Begin with"),
        [required()],
        description=_l("A kind with its usual rules, or a copy of a former call with all its rules"),
    )
    event = SelectField(_l("Event"), [optional()], description=_l("What people travel to or take part in"))
    title = texts(
        _l("Title"), description=_l("Leave it empty to take over the title of the kind or of the former call")
    )

    def __init__(
        self, *args: Any, former: Iterable[Call], events: Iterable[Event], anywhere: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one.value, call_shown.KINDS[one]) for one in FundKind]
        copies = [
            (
                str(one.id),
                gettext("Copy of %(title)s (%(code)s)", title=call_shown.title_of(one, g.lang), code=one.code),
            )
            for one in former
        ]
        self.begin.choices = options([*kinds, *copies])
        self.event.choices = options(
            [
                *([("", gettext("No event"))] if anywhere else []),
                *(
                    (
                        str(one.id),
                        f"{in_language(one.title, g.lang, one.original_language).text} ({one.code})",
                    )
                    for one in events
                ),
            ]
        )


class WordsForm(StampForm):
    """What a call says."""

    title = texts(_l("Title"))
    lead = texts(_l("Lead"), long=True, description=_l("One or two sentences under the title"))
    description = texts(_l("Description"), long=True, description=_l("Markdown: **bold**, lists, links, ## headings"))

    def validate(self, extra_validators: Any = None) -> bool:
        """The title is there in the original language."""
        valid: bool = super().validate(extra_validators)
        return self.need_words(self.title) and valid


class ExtendForm(Form):
    """A later deadline."""

    before = HiddenField()
    closes_at = DateTimeLocalField(_l("New deadline"), format=LOCAL, validators=[required()])
    reason = TextAreaField(_l("Reason"), [optional(), Length(max=2_000)], render_kw={"rows": 3})
    told = HiddenField()
    """The time that was said back in words; another one is said back anew."""

    @property
    def is_said(self) -> bool:
        """Whether the time in the field is the one that was said back."""
        return self.closes_at.data is not None and self.told.data == self.closes_at.data.isoformat()


class CancelForm(StampForm):
    """Call it off."""

    why_off = texts(
        _l("Reason"), long=True, description=_l("Everybody reads it on the call’s page, and it stands in the mails")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """The reason is there in the original language."""
        valid: bool = super().validate(extra_validators)
        return self.need_words(self.why_off) and valid


class AgreeForm(Form):
    """Agree to what the page showed, and to nothing that was added since."""

    digest = HiddenField()


class ListForm(Part):
    """How the list of calls is narrowed. Unknown values narrow nothing."""

    q = StringField(_l("Title or code"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    stand = SelectField(_l("State"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", gettext("All"))
        self.kind.choices = options([everything, *((one.value, name) for one, name in call_shown.KINDS.items())])
        self.stand.choices = options([everything, *((one.value, name) for one, name in call_shown.STANDS.items())])
