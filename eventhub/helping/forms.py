"""The forms of helpers, of who takes a link, and of the desk."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, IntegerField, RadioField, SelectField, StringField
from wtforms.fields import EmailField, TelField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation

from eventhub.helping.actions import ROWS, Named
from eventhub.helping.claiming import Keep
from eventhub.kit.forms import ActionForm, Form, no_advertisement, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.kit.text import ascii_email, phone_number

NAME_LIMIT = 120
OFF = {"autocomplete": "off"}
EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}
LANGUAGE_CHOICES = options((code, AUTONYMS[code]) for code in LANGUAGES)


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


class CleanPhone:
    """The number as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = phone_number(field.data or "")
        except ValueError:
            raise StopValidation(gettext("Write the number with its country code, such as +41 22 917 90 00")) from None


class PersonForm(Form):
    """One person: what was mistyped is put right."""

    name = StringField(_l("Name"), validators=[required(), Length(max=NAME_LIMIT), no_advertisement], render_kw=OFF)
    email = EmailField(
        _l("Email address"),
        validators=[optional(), CleanEmail()],
        description=_l("Another address gets a new link, and the link before it opens nothing any more."),
        render_kw=OFF,
    )
    phone = TelField(_l("Telephone"), validators=[optional(), CleanPhone()], render_kw=OFF)
    language = SelectField(_l("Language of the mail"), choices=LANGUAGE_CHOICES)


class ClaimForm(ActionForm):
    """The button behind a link; where there are two registrations, which one stays."""

    keep = RadioField(
        _l("Which registration do you keep?"),
        choices=options(
            [
                (Keep.OWN.value, _l("The one that I sent or began myself")),
                (Keep.THEIRS.value, _l("The one that was filled in for me")),
            ]
        ),
        validators=[InputRequired(_l("Choose one of the two"))],
    )

    @property
    def kept(self) -> Keep | None:
        """What was chosen, where there is a choice."""
        return Keep(self.keep.data) if "keep" in self._fields else None


class RefuseForm(ActionForm):
    """Not me: behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class SettingForm(Form):
    """Whether people register others for this event."""

    by_others = BooleanField(
        _l("People may register others for this event"),
        description=_l(
            "For those who share a telephone or a mailbox. Each person takes the own file over by link, and nobody"
            " consents for somebody else."
        ),
    )


class NumberForm(Form):
    """How many people one helper may register."""

    most = IntegerField(_l("People at most"), validators=[InputRequired(), NumberRange(1, 500)])


class RowsForm(Form):
    """Up to twelve people; see ``rows_form``."""

    language = SelectField(
        _l("Language of the mail"),
        description=_l("The mail to these people is written in it. Each of them reads the pages in any of the six."),
        choices=LANGUAGE_CHOICES,
    )

    def rows(self) -> list[tuple[Field, Field, Field]]:
        """The fields, row by row."""
        return [
            (self._fields[f"name_{row}"], self._fields[f"email_{row}"], self._fields[f"phone_{row}"])
            for row in range(ROWS)
        ]

    def named(self) -> list[Named]:
        """Who is meant: the rows that are filled in."""
        return [
            Named(row, name.data, email.data or None, phone.data or None)
            for row, (name, email, phone) in enumerate(self.rows())
            if name.data
        ]


class NameOfRow:
    """A row with a mailbox or a telephone needs a name."""

    field_flags: dict[str, Any] = {}

    def __call__(self, form: RowsForm, field: Field) -> None:
        """Raises StopValidation."""
        beside = [form._fields[field.name.replace("name_", other)].data for other in ("email_", "phone_")]
        if any((one or "").strip() for one in beside) and not (field.data or "").strip():
            raise StopValidation(gettext("Write the name of the person"))
        if not (field.data or "").strip():
            field.errors = []
            raise StopValidation


def rows_form() -> RowsForm:
    """The form with its rows."""
    fields: dict[str, Any] = {}
    for row in range(ROWS):
        number = row + 1
        fields[f"name_{row}"] = StringField(
            _l("Name of person %(number)s", number=number),
            validators=[NameOfRow(), Length(max=NAME_LIMIT), no_advertisement],
            render_kw=OFF,
        )
        fields[f"email_{row}"] = EmailField(
            _l("Email address of person %(number)s", number=number),
            validators=[Optional(strip_whitespace=True), CleanEmail()],
            render_kw=OFF,
        )
        fields[f"phone_{row}"] = TelField(
            _l("Telephone of person %(number)s", number=number),
            validators=[Optional(strip_whitespace=True), CleanPhone()],
            render_kw=OFF,
        )
    form: RowsForm = type("RowsFormOfToday", (RowsForm,), fields)()
    return form
