"""What organisers fill in about a document, and the files they add to it."""

from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.validators import Length, Regexp

from eventhub.kit import codes
from eventhub.kit.files import accept_attribute, accepted
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.programme.document_actions import DOCUMENT_TYPES, DocumentFacts
from eventhub.programme.fields import InOriginal, given, original_language, texts
from eventhub.programme.models import Document


class DocumentForm(InOriginal):
    """What a document is called."""

    original_language = original_language()
    title = texts(_l("Title"))
    kind = SelectField(_l("Kind"), [required()])
    symbol = StringField(
        _l("United Nations symbol"),
        [
            optional(),
            Length(max=60),
            Regexp(r"[A-Z0-9][A-Za-z0-9./() -]*\Z", message=_l("Use the form of A/HRC/FMI/2026/1")),
        ],
        description=_l("Such as A/HRC/FMI/2026/1; leave it empty when there is none"),
        render_kw={"dir": "ltr", "spellcheck": "false"},
    )

    def __init__(self, *args: Any, document: Document | None, **kwargs: Any) -> None:
        super().__init__(*args, obj=document, **kwargs)
        self.kind.choices = options(codes.choices("document_type", g.lang))

    def facts(self) -> DocumentFacts:
        """The values, typed."""
        return DocumentFacts(
            symbol=self.symbol.data or None,
            kind=self.kind.data,
            title=given(self.title),
            original_language=self.original_language.data,
        )


class VersionUploadForm(Form):
    """A file for one language of a document."""

    language = SelectField(
        _l("Language of the file"), [required()], choices=options((code, AUTONYMS[code]) for code in LANGUAGES)
    )
    file = FileField(_l("File"), render_kw={"accept": accept_attribute(DOCUMENT_TYPES)})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.description = gettext("%(types)s, at most 10 MB", types=accepted(DOCUMENT_TYPES))

    def validate_file(self, field: Field) -> None:
        """A file must have been chosen."""
        if not field.data or not field.data.filename:
            raise ValidationError(gettext("Choose a file"))
