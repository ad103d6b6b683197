"""The forms that bring a table of commitments."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField, HiddenField
from wtforms.validators import ValidationError

from eventhub.kit.forms import ActionForm, Form
from eventhub.tracker import sheet_reader


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
