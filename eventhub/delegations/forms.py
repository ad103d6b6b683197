"""The forms of the secretariat and of focal points."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields import EmailField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation

from eventhub.delegations.actions import ROWS, Nomination
from eventhub.delegations.models import Kind
from eventhub.kit import codes
from eventhub.kit.forms import Form, no_advertisement, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, language
from eventhub.kit.text import ascii_email

NAME_LIMIT = 120
KIND_NAMES: dict[Kind, Any] = {
    Kind.DELEGATE: _l("Delegate"),
    Kind.ASSISTANT: _l("Assistant"),
    Kind.INTERPRETER: _l("Interpreter"),
    Kind.GUARD: _l("Guard"),
    Kind.PERSONAL_ASSISTANT: _l("Personal assistant"),
}
BESIDE = [kind for kind in Kind if kind is not Kind.DELEGATE]
EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


class SettingsForm(Form):
    """What the secretariat says of a delegation."""

    quota = IntegerField(
        _l("Quota"),
        description=_l(
            "Places for delegates. Empty: no limit. Interpreters, guards and assistants stand outside quota."
        ),
        validators=[Optional(), NumberRange(1, 10_000)],
    )
    category = SelectField(
        _l("Category"), description=_l("Stands in the form of each nominee. Empty: each person chooses."), default=""
    )
    silent_days = IntegerField(
        _l("Working days to answer"),
        description=_l("After so many working days without a word of the focal point you can go on without it."),
        validators=[InputRequired(), NumberRange(1, 60)],
        default=5,
    )

    def offer(self, categories: Sequence[str]) -> None:
        """Offer the categories of the event."""
        lang = language()
        named = [(code, codes.label("participant_category", code, lang)) for code in categories]
        self.category.choices = options([("", _l("Each person chooses")), *named])


class OpenForm(SettingsForm):
    """A new delegation."""

    organisation = StringField(
        _l("Organization"),
        description=_l("A State, an organization or a group, by the name that lists and badges show."),
        validators=[required(), Length(max=200)],
    )
    country = SelectField(_l("Country"), default="", validators=[Optional()])

    def offer(self, categories: Sequence[str]) -> None:
        """Offer the categories of the event, and the countries."""
        super().offer(categories)
        self.country.choices = options([("", "—"), *codes.countries(language(), kinds=codes.ANYWHERE)])


class FocalForm(Form):
    """Who is asked to be the focal point."""

    email = EmailField(
        _l("Email address of the focal point"),
        [required(EMAIL_PROBLEMS["email.empty"]), CleanEmail()],
        description=_l("As you verified it with the organization. The mail holds a link; whoever accepts it signs in."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectField(
        _l("Language of the mail"), choices=options((code, AUTONYMS[code]) for code in LANGUAGES), default="en"
    )


class MergeForm(Form):
    """The organization has another name, or became part of another one."""

    organisation = StringField(
        _l("Organization"),
        description=_l(
            "Where it has a delegation here as well, both become one: people, and a quota of both together. If one of"
            " them has no limit, neither has the new one."
        ),
        validators=[required(), Length(max=200)],
    )


class AcceptForm(Form):
    """Somebody becomes the focal point: with a name, by which the secretariat and the nominees know who it is."""

    name = StringField(
        _l("Your name"),
        [required(_l("Enter your name")), Length(max=NAME_LIMIT)],
        description=_l("The secretariat and the people whom you nominate see it."),
        render_kw={"autocomplete": "name"},
    )


class OverrideForm(Form):
    """Why the secretariat goes on without the focal point."""

    why = TextAreaField(
        _l("Why do you go on without the focal point?"),
        description=_l("Stands in the history of the registration, for colleagues."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 2},
    )


class PersonForm(Form):
    """One person by name and mailbox."""

    name_0 = StringField(
        _l("Name"),
        validators=[required(), Length(max=NAME_LIMIT), no_advertisement],
        render_kw={"autocomplete": "off"},
    )
    email_0 = EmailField(
        _l("Email address"),
        validators=[optional(), CleanEmail()],
        description=_l("Leave it empty for somebody without a mailbox: you get the link on paper."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectField(_l("Language of the mail"), choices=options((code, AUTONYMS[code]) for code in LANGUAGES))

    @property
    def nomination(self) -> Nomination:
        """Who is meant."""
        return Nomination(0, self.name_0.data or "", self.email_0.data or None)


class MailboxForm(Form):
    """Where the link of somebody goes, when the first address was mistyped."""

    email = EmailField(
        _l("Email address"),
        validators=[optional(), CleanEmail()],
        description=_l("Another address gets a new link, and the link before it opens nothing any more."),
        render_kw={"autocomplete": "off"},
    )
    language = SelectField(_l("Language of the mail"), choices=options((code, AUTONYMS[code]) for code in LANGUAGES))


class BesideForm(PersonForm):
    """Somebody who works beside a delegate."""

    kind = SelectField(_l("What the person does"), choices=options((kind.value, KIND_NAMES[kind]) for kind in BESIDE))


class ReplaceForm(Form):
    """Who comes in place of somebody; nobody where the name is empty."""

    name_0 = StringField(
        _l("Name of who comes instead"),
        validators=[
            Length(max=NAME_LIMIT),
            no_advertisement,
        ],  # no optional(): it would end the chain before validate_name_0
        description=_l("Leave it empty when nobody comes instead: the place is free then."),
        render_kw={"autocomplete": "off"},
    )
    email_0 = EmailField(_l("Email address"), validators=[optional(), CleanEmail()], render_kw={"autocomplete": "off"})
    language = SelectField(_l("Language of the mail"), choices=options((code, AUTONYMS[code]) for code in LANGUAGES))
    seen = HiddenField()

    def validate_name_0(self, field: Field) -> None:
        """A mailbox without a name would be nobody."""
        if (self.email_0.data or "").strip() and not (field.data or "").strip():
            raise StopValidation(gettext("Write the name of the person"))

    @property
    def nomination(self) -> Nomination | None:
        """Who is meant, if anybody."""
        return Nomination(0, self.name_0.data, self.email_0.data or None) if self.name_0.data else None


class RowsForm(Form):
    """Up to twelve people; see ``rows_form``."""

    language = SelectField(
        _l("Language of the mail"),
        description=_l("The mail to these people is written in it. Each of them reads the pages in any of the six."),
        choices=options((code, AUTONYMS[code]) for code in LANGUAGES),
    )

    def rows(self) -> list[tuple[Field, Field]]:
        """The fields, row by row."""
        return [(self._fields[f"name_{row}"], self._fields[f"email_{row}"]) for row in range(ROWS)]

    def nominations(self) -> list[Nomination]:
        """Who is meant: the rows that are filled in."""
        return [
            Nomination(row, name.data, email.data or None) for row, (name, email) in enumerate(self.rows()) if name.data
        ]


class NameOfRow:
    """A row with a mailbox needs a name."""

    field_flags: dict[str, Any] = {}

    def __call__(self, form: RowsForm, field: Field) -> None:
        """Raises StopValidation."""
        mailbox = form._fields[field.name.replace("name_", "email_")]
        if (mailbox.data or "").strip() and not (field.data or "").strip():
            raise StopValidation(gettext("Write the name of the person"))
        if not (field.data or "").strip():
            field.errors = []
            raise StopValidation


def rows_form() -> RowsForm:
    """The form with its rows."""
    fields: dict[str, Any] = {}
    for row in range(ROWS):
        fields[f"name_{row}"] = StringField(
            _l("Name of person %(number)s", number=row + 1),
            validators=[NameOfRow(), Length(max=NAME_LIMIT), no_advertisement],
            render_kw={"autocomplete": "off"},
        )
        fields[f"email_{row}"] = EmailField(
            _l("Email address of person %(number)s", number=row + 1),
            validators=[optional(), CleanEmail()],
            render_kw={"autocomplete": "off"},
        )
    form: RowsForm = type("RowsFormOfToday", (RowsForm,), fields)()
    return form
