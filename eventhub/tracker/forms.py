"""The forms that bring a table of commitments, and those of whoever follows some by mail."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField, HiddenField, RadioField
from wtforms.fields import EmailField
from wtforms.validators import StopValidation, ValidationError

from eventhub.kit.forms import ActionForm, Form, options, required
from eventhub.kit.text import ascii_email
from eventhub.tracker import sheet_reader

EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}
ONE, MAKER = "one", "maker"


class TableForm(Form):
    """A file."""

    file = FileField(
        _l("File"),
        description=_l(
            "XLSX or CSV, at most %(most)s rows. You see every row before anything is written.", most=sheet_reader.MOST
        ),
        render_kw={"accept": ".csv,.xlsx,.tsv"},
    )

    def validate_file(self, field: Field) -> None:
        """A file must have been chosen."""
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError(gettext("Choose a file"))

    def upload(self) -> bytes:
        """What was sent; one byte more than is read at the most, so that it shows."""
        sent: FileStorage = self.file.data
        return sent.stream.read(sheet_reader.BIGGEST + 1)

    def name(self) -> str:
        """What the file is called where it came from."""
        return str(self.file.data.filename)[:200]


class WriteForm(ActionForm):
    """Write the drafts that the page showed."""

    seen = HiddenField()

    def number(self) -> int:
        """How many the page showed; -1 for nonsense."""
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


class FollowForm(Form):
    """What to be told about, and where."""

    what = RadioField(_l("What do you want to follow?"), validators=[required()])
    email = EmailField(
        _l("Your email address"),
        description=_l("A link goes there, to agree. The address is sealed and never shown."),
        validators=[required(), CleanEmail()],
    )

    def __init__(self, maker: str, **given: Any) -> None:
        super().__init__(**given)
        whole = [(MAKER, gettext("All commitments of %(maker)s", maker=maker))] if maker else []
        self.what.choices = options([(ONE, gettext("This commitment")), *whole])


class Sessionless(ActionForm):
    """A form behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class LeaveForm(Form):
    """One press, by the secret in the address. A mail program presses it without having seen the page (RFC 8058), so
    it needs neither a session nor a key: said twice it is the same.
    """

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False
