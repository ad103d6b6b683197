"""The forms with which papers are asked for and set up."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import Length

from eventhub.kit.db import Texts
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.papers.models import BadgeName, Layout

LINE = 200
TONGUES = options([(code, AUTONYMS[code]) for code in LANGUAGES])
LAYOUTS = options(
    [
        (Layout.SHEET_4.value, _l("A4 sheets of four (105 × 148 mm)")),
        (Layout.SHEET_8.value, _l("A4 sheets of eight (96 × 66 mm)")),
        (Layout.A6.value, _l("Single badges, A6")),
        (Layout.CARD.value, _l("Plastic cards (85.6 × 54 mm)")),
    ]
)


class TextsPart(PlainForm):
    """One text in six languages: a part of a form, cleaned like all; the CSRF token stands on the whole."""

    class Meta(Form.Meta):
        """No token of its own."""

        csrf = False

    in_languages = True
    """An error of it names the text beside the language (templates/components/error_summary.html)."""


def texts(label: Any, description: Any = "") -> "FormField[TextsPart]":
    """A field whose data is a text by language."""
    parts: dict[str, Any] = {
        code: StringField(
            AUTONYMS[code], [Length(max=LINE, message=_l("This text is too long: at most %(max)d characters"))]
        )
        for code in LANGUAGES
    }
    return FormField(type("Texts", (TextsPart,), parts), label, description=description)


def given(field: Any) -> Texts:
    """The languages that were filled in."""
    return {code: text for code, text in field.data.items() if text}


def reason_field() -> TextAreaField:
    """What papers about others are needed for."""
    return TextAreaField(
        _l("What do you need it for?"),
        description=_l("Kept in the record."),
        validators=[required(_l("Say what you need it for")), Length(max=300)],
        render_kw={"rows": 2},
    )


class OwnPaperForm(Form):
    """A participant asks for a paper of her own."""

    language = SelectField(_l("Language of the paper"), choices=TONGUES)
    name = RadioField(_l("Name on the paper"), default="public")
    with_document = BooleanField(
        _l("Say the number of my travel document and my date of birth, as I gave them"),
        description=_l("They are kept sealed. Reading them for this letter is recorded."),
    )


class BadgesForm(Form):
    """The desk asks for badges."""

    category = SelectField(_l("Category"), default="")
    country = SelectField(_l("Country"), default="")
    mode = SelectField(_l("Attendance"), default="in_person")
    reference = StringField(_l("Only this reference"), validators=[optional()], description=_l("For a single badge"))
    layout = SelectField(_l("Paper"), choices=LAYOUTS)
    language = SelectField(_l("Language"), choices=TONGUES)
    reason = reason_field()


class ListForm(Form):
    """The desk asks for the list of participants."""

    language = SelectField(_l("Language"), choices=TONGUES)
    reason = reason_field()


class SampleForm(Form):
    """Pictures of all papers in one language."""

    language = SelectField(_l("Language"), choices=TONGUES)


class PaperSetupForm(Form):
    """How the papers of an event look."""

    host = texts(_l("Letterhead"), _l("Who invites: the office or institution, as it stands on its letters"))
    badge_name = RadioField(
        _l("Name on badges"),
        choices=options(
            [
                (BadgeName.PUBLIC.value, _l("The public name: an alias where somebody has set one")),
                (BadgeName.LEGAL.value, _l("The name in the travel document; only the accreditation desk prints")),
            ]
        ),
        default=BadgeName.PUBLIC.value,
    )
    layout = SelectField(_l("Paper for badges"), choices=LAYOUTS)
    photos = BooleanField(_l("Photographs on badges, where people sent one"))
    signatory = StringField(_l("Who signs"), validators=[optional(), Length(max=LINE)])
    signatory_title = texts(_l("Function of the person who signs"))
    contact = StringField(
        _l("Contact for authorities"),
        description=_l("An email address or a telephone number: embassies verify letters there"),
        validators=[optional(), Length(max=LINE)],
    )
