"""The forms of the room, of the record, of the link, and of the public list."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import DateField, EmailField, TelField
from wtforms.validators import InputRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.commitments.capturing import MadeBy, Words
from eventhub.commitments.models import Commitment, Kin, Version, Why
from eventhub.kit import codes
from eventhub.kit.amounts import why_not
from eventhub.kit.db import Json
from eventhub.kit.forms import ActionForm, Form, LongSelect, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, language, show_amount
from eventhub.kit.money import Money, MoneyError, currencies, digits_of, parse_amount
from eventhub.kit.text import ascii_email, phone_number

WORDING = 4000
NAME = 200
TITLE = 160
REASON = 1000
OFF = {"autocomplete": "off"}
CONFIRMED = "c"
EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}
WHYS = {
    Why.MAKER: _l("The maker has taken it back"),
    Why.MISTAKE: _l("It was written down by mistake"),
    Why.DUPLICATE: _l("It is there twice"),
    Why.SAFETY: _l("Somebody could be harmed"),
}


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


def sensible_day(_form: Any, field: Any) -> None:
    """Refuse a day that nobody means."""
    if field.data and not 2000 <= field.data.year <= 2100:
        raise ValidationError(_l("Give a year from 2000 to 2100"))


def day(label: Any, description: Any = "") -> DateField:
    """A day that may stay open."""
    return DateField(label, validators=[optional(), sensible_day], description=description)


def coded(vocabulary: str) -> Callable[[], list[Any]]:
    """Choices of a code list in the page's language, none of them chosen."""
    return lambda: options([("", gettext("Choose")), *codes.choices(vocabulary, language())])


def countries() -> list[Any]:
    """States in the page's language, none of them chosen."""
    return options([("", gettext("Choose")), *codes.countries(language())])


class CleanPhone:
    """The number as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = phone_number(field.data or "")
        except ValueError:
            raise StopValidation(
                _l("Enter a telephone number with its country code, such as +41 22 555 01 23")
            ) from None


def languages() -> list[Any]:
    """The six languages by their own names."""
    return options((code, AUTONYMS[code]) for code in LANGUAGES)


class CountryField(SelectField):
    """One State, or none."""

    widget = LongSelect()


class Checks(SelectMultipleField):
    """Boxes to mark."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class TokenForm(ActionForm):
    """A form behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class CaptureForm(Form):
    """X will do Y by Z: three fields are enough, the rest may stay as it is."""

    session = SelectField(_l("Session"), validators=[optional()])
    maker = StringField(_l("Who?"), validators=[required(), Length(max=NAME)], render_kw=OFF)
    kind = SelectField(_l("Kind of maker"), choices=coded("commitment_maker_type"), validators=[required()])
    wording = TextAreaField(
        _l("Will do what? Write the words as they are said."),
        validators=[required(), Length(max=WORDING)],
        render_kw={"rows": 4},
    )
    due_on = day(_l("By when?"))
    language = SelectField(_l("Said in"), choices=languages)
    country = CountryField(_l("Country"), choices=countries, validators=[optional()])
    speaker = StringField(_l("Who spoke"), validators=[optional(), Length(max=NAME)], render_kw=OFF)
    email = EmailField(
        _l("Mailbox of the maker"),
        description=_l("A link to confirm the words goes there when you say so. It is never shown."),
        validators=[optional(), CleanEmail()],
        render_kw=OFF,
    )

    def typed(self) -> Json:
        """What is typed so far, right or wrong, bounded; nothing where there are no words."""
        lines = {one.name: (one.data or "")[:NAME] for one in (self.maker, self.speaker, self.email)}
        lines["wording"] = (self.wording.data or "")[:WORDING]
        if not any(lines.values()):
            return {}
        chosen = (self.session, self.kind, self.language, self.country)
        known = {one.name: one.data for one in chosen if one.data in {value for value, *_ in one.iter_choices()}}
        return lines | known | {"due_on": self.due_on.data.isoformat() if self.due_on.data else None}

    def begin(self, typed: Json) -> None:
        """Go on with what was kept."""
        for name, value in typed.items():
            self[name].data = date.fromisoformat(value) if name == "due_on" and value else value

    def made_by(self) -> MadeBy:
        """Who."""
        return MadeBy(self.maker.data or "", self.kind.data, self.country.data or None)

    def words(self) -> Words:
        """Does what by when."""
        return Words(self.wording.data or "", due_on=self.due_on.data)


class WordsForm(Form):
    """Everything that a version says."""

    title = StringField(
        _l("Short title"),
        description=_l("Empty: the beginning of the words."),
        validators=[optional(), Length(max=TITLE)],
        render_kw=OFF,
    )
    wording = TextAreaField(_l("The words"), validators=[required(), Length(max=WORDING)], render_kw={"rows": 6})
    start_on = day(_l("First day"))
    due_on = day(_l("Last day"))
    amount = StringField(_l("Amount"), validators=[optional(), Length(max=40)], render_kw={"inputmode": "decimal"})
    currency = SelectField(_l("Currency"), validators=[optional()])
    beneficiaries = StringField(_l("For whom"), validators=[optional(), Length(max=NAME)], render_kw=OFF)
    reason = TextAreaField(
        _l("Why the words change"),
        description=_l("Stands beside the change, for everybody to read."),
        validators=[optional(), Length(max=REASON)],
        render_kw={"rows": 2},
    )
    seen = HiddenField()

    def __init__(self, version: Version | None = None, **given: Any) -> None:
        super().__init__(data=_filled(version) if version else None, **given)
        self.currency.choices = options([("", gettext("Choose")), *((code, code) for code in currencies())])
        self._found: Money | None = None

    def validate_amount(self, field: Field) -> None:
        """An amount needs a currency, and digits that can be read in one way."""
        if not field.data:
            if self.currency.data:
                raise ValidationError(gettext("Write an amount, such as 120,000"))
            return
        if not self.currency.data:
            raise ValidationError(gettext("Choose the currency of the amount"))
        try:
            self._found = parse_amount(field.data, self.currency.data, language())
        except MoneyError as error:
            raise ValidationError(why_not(error)) from None
        if self._found.minor == 0:
            raise ValidationError(gettext("Write an amount, such as 120,000"))

    def words(self) -> Words:
        """What was typed."""
        found = self._found
        return Words(
            self.wording.data or "",
            self.title.data or "",
            self.start_on.data,
            self.due_on.data,
            found.decimal if found else None,
            found.currency if found else None,
            self.beneficiaries.data or "",
        )

    def remember(self, commitment: Commitment) -> None:
        """Remember what the page shows: which version, and whether the maker has confirmed it."""
        sign = CONFIRMED if commitment.confirmed == commitment.newest else ""
        self.seen.data = f"{commitment.newest}{sign}"

    def number(self) -> int:
        """The version that the page showed; 0 for nonsense."""
        return whole((self.seen.data or "").removesuffix(CONFIRMED))

    def knew(self) -> bool:
        """Whether the page showed words that the maker has confirmed."""
        return (self.seen.data or "").endswith(CONFIRMED)


class ConfirmForm(TokenForm):
    """These are our words; and anything that the maker adds."""

    text = TextAreaField(
        _l("Message to the secretariat"), validators=[optional(), Length(max=REASON)], render_kw={"rows": 3}
    )
    seen = HiddenField()

    def number(self) -> int:
        """The version that the page showed; 0 for nonsense."""
        return whole(self.seen.data)


class CorrectForm(TokenForm):
    """The words as the maker wants them, and why."""

    wording = TextAreaField(_l("Your words"), validators=[required(), Length(max=WORDING)], render_kw={"rows": 6})
    due_on = day(_l("By when?"))
    reason = TextAreaField(
        _l("What was not right"),
        description=_l("The secretariat reads it. It is published with the change once the commitment is public."),
        validators=[required(), Length(max=REASON)],
        render_kw={"rows": 2},
    )
    seen = HiddenField()

    def number(self) -> int:
        """The version that the page showed; 0 for nonsense."""
        return whole(self.seen.data)


class ContactForm(Form):
    """A mailbox that speaks for the maker."""

    email = EmailField(_l("Email address"), validators=[required(), CleanEmail()], render_kw=OFF)
    name = StringField(_l("Name"), validators=[optional(), Length(max=NAME)], render_kw=OFF)
    language = SelectField(_l("Language of the mail"), choices=languages)
    phone = TelField(
        _l("Telephone"),
        description=_l("Sealed. Whoever calls reads it for a reason, which is kept. It goes with the mailbox."),
        validators=[optional(), Length(max=40), CleanPhone()],
        render_kw=OFF,
    )


class NoteForm(Form):
    """A message of the thread."""

    text = TextAreaField(_l("Message"), validators=[required(), Length(max=REASON)], render_kw={"rows": 3})
    to = RadioField(
        _l("Who reads it"),
        choices=options([("us", _l("Only colleagues")), ("maker", _l("The maker: a mail with a new link goes out"))]),
        default="us",
        validators=[InputRequired(_l("Choose one of the two"))],
    )


class VerifyForm(Form):
    """The wording is right; without the maker's word, how one knows."""

    text = TextAreaField(
        _l("How you know that the words are right"), validators=[optional(), Length(max=REASON)], render_kw={"rows": 2}
    )


class WithdrawForm(Form):
    """Why it does not stand any more."""

    why = RadioField(
        _l("Why?"),
        choices=options((one.value, label) for one, label in WHYS.items()),
        validators=[InputRequired(_l("Choose one of the answers on the list"))],
    )
    reason = TextAreaField(
        _l("In your words"),
        description=_l(
            "Published beside the commitment. When somebody could be harmed it is sealed instead, and the commitment"
            " disappears from all pages."
        ),
        validators=[required(), Length(max=REASON)],
        render_kw={"rows": 3},
    )


class CloseForm(Form):
    """Why it has ended."""

    reason = TextAreaField(
        _l("Why?"),
        description=_l("Everybody reads this beside the commitment."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw={"rows": 3},
    )


class ReadForm(Form):
    """Why somebody reads what is sealed."""

    text = StringField(_l("Why do you read it?"), validators=[required(), Length(max=NAME)], render_kw=OFF)


class TranslateForm(Form):
    """The words in another language."""

    language = SelectField(_l("Language"), choices=languages)
    title = StringField(_l("Short title"), validators=[optional(), Length(max=TITLE)], render_kw=OFF)
    wording = TextAreaField(_l("The words"), validators=[required(), Length(max=WORDING)], render_kw={"rows": 6})


def parts(typed: str | None, *, upper: bool = False) -> list[str]:
    """Codes parted by commas, semicolons or spaces, each once."""
    text = (typed or "").upper() if upper else (typed or "")
    return list(dict.fromkeys(part for part in re.split(r"[\s,;،、；，]+", text) if part))


def whole(typed: str | None) -> int:
    """A number that one of our pages wrote; 0 for nonsense."""
    text = typed or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _filled(version: Version) -> dict[str, Any]:
    amount = ""
    if version.amount is not None and version.currency is not None:
        minor = int(version.amount.scaleb(digits_of(version.currency)))
        amount = show_amount(Money(minor, version.currency), language())
    return {
        "title": version.title,
        "wording": version.wording,
        "start_on": version.start_on,
        "due_on": version.due_on,
        "amount": amount,
        "currency": version.currency or "",
        "beneficiaries": version.beneficiaries,
        "seen": str(version.number),
    }


def session_choices(sessions: Sequence[tuple[str, str]]) -> list[Any]:
    """The sessions of an event, or none of them."""
    return options([("", gettext("No session")), *sessions])


class ReplacedForm(ActionForm):
    """What stands in the place of a commitment. ``meant``: what the typed references are, to be looked at first;
    ``seen``: what the button sends that says so.
    """

    meant: list[dict[str, Any]] | None = None
    seen: str | None = None
    kin = RadioField(
        _l("What happens to it?"),
        choices=options(
            [
                (Kin.REPLACED.value, _l("A newer commitment stands in its place")),
                (Kin.MERGED.value, _l("It is merged into another one")),
                (Kin.SPLIT.value, _l("It is split into several")),
            ]
        ),
        validators=[required()],
    )
    references = StringField(
        _l("Reference of the other commitment"),
        description=_l("Such as C-0012; of several with commas between them. They must be published."),
        validators=[required(), Length(max=REASON)],
        render_kw=OFF | {"dir": "ltr"},
    )
    reason = TextAreaField(
        _l("Why?"),
        description=_l("Everybody reads this on both pages."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw={"rows": 3},
    )


class LeaveForm(ActionForm):
    """Why a joint maker stands for it no more."""

    reason = TextAreaField(
        _l("Why?"),
        description=_l("Everybody reads this beside the name."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw={"rows": 3},
    )


class HandOverForm(LeaveForm):
    """Who stands in the place of a maker, and which mailbox speaks."""

    maker = StringField(_l("Who?"), validators=[required(), Length(max=NAME)], render_kw=OFF)
    kind = SelectField(_l("Kind of maker"), choices=coded("commitment_maker_type"), validators=[required()])
    country = CountryField(_l("Country"), choices=countries, validators=[optional()])
    email = EmailField(
        _l("Mailbox of the maker"),
        description=_l("From now on it alone speaks for the maker; those before it are forgotten. Empty: they stay."),
        validators=[optional(), CleanEmail()],
        render_kw=OFF,
    )
    name = StringField(_l("Name"), validators=[optional(), Length(max=NAME)], render_kw=OFF)
    language = SelectField(_l("Language"), choices=languages)

    def made_by(self) -> MadeBy:
        """Who follows."""
        return MadeBy(self.maker.data or "", self.kind.data, self.country.data or None)
