"""What security says, why the desk goes on without it, and which paper stands beside the answers."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional, StopValidation

from eventhub.kit.forms import Form, options, required
from eventhub.registration.models import Word

LONGEST_NOTE = 2_000


class WordForm(Form):
    """What security says about one person."""

    word = RadioField(
        _l("What security says"),
        choices=options(
            [(Word.NO_OBJECTION.value, _l("No objection")), (Word.OBJECTION.value, _l("There is an objection"))]
        ),
        validators=[InputRequired(message=_l("Choose one of the two"))],
    )
    note = TextAreaField(
        _l("Note for the accreditation desk"),
        description=_l("Needed with an objection. The person never reads it, and it blocks nothing by itself."),
        validators=[Length(max=LONGEST_NOTE)],
        render_kw={"rows": 3},
    )
    seen = HiddenField()
    seen_name = HiddenField()

    @property
    def seen_version(self) -> int:
        """At which version the page showed what was said; 0 for nonsense."""
        return _version(self.seen.data)

    def validate_note(self, field: Any) -> None:
        """An objection without a word about what it is helps nobody to decide."""
        if self.word.data == Word.OBJECTION.value and not (field.data or "").strip():
            raise StopValidation(str(_l("Say what the objection is, so that the desk can decide.")))


class PassForm(Form):
    """Why the desk goes on without security's word, or in spite of it."""

    why_passed = TextAreaField(
        _l("Why do you go on?"),
        description=_l("For colleagues, in this panel alone. The person is told nothing of it."),
        validators=[required(), Length(max=LONGEST_NOTE)],
        render_kw={"rows": 2},
    )
    approval_seen = HiddenField()

    @property
    def seen_version(self) -> int:
        """At which version the page showed what security said; 0 for nonsense."""
        return _version(self.approval_seen.data)


class LookForm(Form):
    """Why somebody looks at a sealed paper, and which way up."""

    reason = StringField(
        _l("Why do you need to look at this?"),
        description=_l("The reason is recorded, and the person sees that the answers were read."),
        validators=[required(), Length(max=300)],
    )
    turn = HiddenField(validators=[Optional(), AnyOf(["0", "90", "180", "270"])])


def _version(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else 0
