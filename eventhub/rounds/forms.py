"""The forms behind a link, and those of staff."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import DateField, EmailField
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.commitments.models import Says
from eventhub.kit import codes
from eventhub.kit.forms import ActionForm, Form, no_advertisement, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, language
from eventhub.kit.text import ascii_email
from eventhub.rounds.answering import Said, Seen
from eventhub.rounds.models import Reached
from eventhub.rounds.queries import Asked
from eventhub.rounds.schedule import Rhythm

TEXT = 2000
NOTE = 1000
NAME = 200
OFF = {"autocomplete": "off"}
HINDERED = ("not_started", "planning", "in_progress", "changed", "withdrawn")
"""Where it stands when something may have stood in the way."""
SEEN = re.compile(r"([0-9a-f-]{36}):([0-9]{1,6}):([a-z_]*)")
NUMBERS = re.compile(r"[\s,;،、；，]+")
REACHED = {
    Reached.SPOKE: _l("Somebody promised an answer"),
    Reached.NOBODY: _l("Nobody was reached"),
    Reached.WRONG: _l("It is the wrong person"),
}


EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}


class TokenForm(ActionForm):
    """A form behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class Checks(SelectMultipleField):
    """Boxes to mark."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


def languages() -> list[Any]:
    """The six languages by their own names."""
    return options((code, AUTONYMS[code]) for code in LANGUAGES)


class AnswerForm(TokenForm):
    """Where it stands, which steps are done, what stood in the way, and anything in words."""

    says = RadioField(
        _l("Where does it stand now?"), validators=[InputRequired(_l("Choose one of the answers on the list"))]
    )
    steps = Checks(_l("Which steps are done?"), validators=[optional()])
    obstacles = Checks(
        _l("What stood in the way?"), description=_l("Only the secretariat reads this."), validators=[optional()]
    )
    hindrance = TextAreaField(
        _l("More about what stood in the way"),
        description=_l("Only the secretariat reads this."),
        validators=[optional(), Length(max=NOTE)],
        render_kw={"rows": 2},
    )
    text = TextAreaField(
        _l("What has happened?"),
        description=_l("Published beside the commitment. Name nobody who could be harmed by it."),
        validators=[optional(), Length(max=TEXT)],
        render_kw={"rows": 4},
    )
    language = SelectField(_l("Language you write in"), choices=languages)
    seen = HiddenField()
    over = HiddenField()

    def __init__(self, asked: Asked, **given: Any) -> None:
        super().__init__(**given)
        self.says.choices = options(codes.choices("self_report", language()))
        self.obstacles.choices = options(codes.choices("barriers", language()))
        self.steps.choices = options((str(one.id), one.text) for one in asked.commitment.milestones if not one.done_on)

    def said(self) -> Said:
        """The answer. What does not apply to where it stands is left out."""
        is_hindered = self.says.data in HINDERED
        return Said(
            Says(self.says.data),
            text=self.text.data or "",
            language=self.language.data,
            obstacles=tuple(self.obstacles.data or ()) if is_hindered else (),
            hindrance=(self.hindrance.data or "") if is_hindered else "",
            steps=frozenset(uuid.UUID(one) for one in self.steps.data or ()),
        )

    def number(self) -> int:
        """The version that the page showed; 0 for nonsense."""
        return _number(self.seen.data)

    def drawn_over(self) -> int:
        """The newest answer that the page knew of; 0 for none and for nonsense."""
        return _number(self.over.data)

    def draft(self) -> dict[str, Any]:
        """What is typed so far, right or wrong, bounded."""
        return {
            "says": self.says.data if self.says.data in {one.value for one in Says} else None,
            "steps": [one for one in self.steps.data or () if len(one) == 36][:50],
            "obstacles": [one for one in self.obstacles.data or () if one in codes.codes("barriers")],
            "hindrance": (self.hindrance.data or "")[:NOTE],
            "text": (self.text.data or "")[:TEXT],
            "language": self.language.data if self.language.data in LANGUAGES else language(),
        }


class UnchangedForm(TokenForm):
    """One press: what the page showed still holds, for one commitment or for all."""

    shown = HiddenField()

    def seen(self) -> dict[uuid.UUID, Seen]:
        """What the page showed, by item. Nonsense is left out."""
        found = {}
        for part in (self.shown.data or "").split():
            match = SEEN.fullmatch(part)
            if match and match[3] in {"", *(one.value for one in Says)}:
                try:
                    key = uuid.UUID(match[1])
                except ValueError:
                    continue
                found[key] = Seen(int(match[2]), Says(match[3]) if match[3] else None)
        return found


class HandOnForm(TokenForm):
    """Who answers for which commitments."""

    items = Checks(_l("For which commitments?"), validators=[optional()])
    email = EmailField(
        _l("Email address of your colleague"),
        description=_l("Your colleague gets a link that shows these commitments alone."),
        validators=[required(), CleanEmail()],
        render_kw=OFF,
    )
    name = StringField(
        _l("Name of your colleague"), validators=[optional(), Length(max=NAME), no_advertisement], render_kw=OFF
    )
    language = SelectField(_l("Language of the mail"), choices=languages)

    def __init__(self, asked: Sequence[tuple[str, str]], **given: Any) -> None:
        super().__init__(**given)
        self.items.choices = options(asked)

    def chosen(self) -> frozenset[uuid.UUID]:
        """The items."""
        return frozenset(uuid.UUID(one) for one in self.items.data or ())


class LaterForm(TokenForm):
    """A day on which to be asked again."""

    day = DateField(_l("Ask me on"), validators=[required(_l("Choose a day"))])


class CallForm(Form):
    """What came of a call."""

    reached = RadioField(
        _l("What came of it?"),
        choices=options((one.value, label) for one, label in REACHED.items()),
        validators=[InputRequired(_l("Choose one of the answers on the list"))],
    )
    text = TextAreaField(
        _l("Note"),
        description=_l("Only colleagues read it."),
        validators=[optional(), Length(max=NOTE)],
        render_kw={"rows": 2},
    )


class PlanForm(Form):
    """When the makers of a series are asked."""

    months = StringField(
        _l("Months after the end of an event"),
        description=_l("Numbers from 1 to 60, such as 3, 6, 12"),
        validators=[required()],
        render_kw=OFF | {"inputmode": "text", "dir": "ltr"},
    )
    every = IntegerField(
        _l("Then again every so many months"),
        description=_l("0: never again"),
        validators=[InputRequired(_l("Write a whole number, such as 12")), NumberRange(min=0, max=60)],
    )
    days = StringField(
        _l("Days of a round on which silent makers get an email"),
        description=_l("Numbers from 0 to 29 that begin with 0, such as 0, 5, 12, 21"),
        validators=[required()],
        render_kw=OFF | {"inputmode": "text", "dir": "ltr"},
    )

    def __init__(self, rhythm: Rhythm, **given: Any) -> None:
        data = {
            "months": ", ".join(map(str, rhythm.months)),
            "every": rhythm.every,
            "days": ", ".join(map(str, rhythm.days)),
        }
        super().__init__(data=data, **given)

    def validate_months(self, field: Any) -> None:
        """One to twelve rising numbers."""
        found = numbers(field.data)
        if not found or len(found) > 12 or not all(1 <= one <= 60 for one in found):
            raise ValidationError(gettext("Write one to twelve numbers from 1 to 60, with commas between them."))

    def validate_days(self, field: Any) -> None:
        """One to eight days of a round, the first mail among them."""
        found = numbers(field.data)
        if not found or found[0] != 0 or len(found) > 8 or not all(0 <= one <= 29 for one in found):
            raise ValidationError(
                gettext("Write one to eight numbers from 0 to 29, with commas between them; 0 is first.")
            )

    def rhythm(self) -> Rhythm:
        """The plan."""
        return Rhythm(tuple(numbers(self.months.data)), self.every.data or 0, tuple(numbers(self.days.data)))


def _number(typed: str | None) -> int:
    text = typed or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def numbers(typed: str | None) -> list[int]:
    """Whole numbers parted by commas or spaces, rising, each once; nothing where one is none."""
    parts = [part for part in NUMBERS.split((typed or "").strip()) if part]
    if not all(part.isdecimal() and len(part) < 4 for part in parts):
        return []
    return sorted({int(part) for part in parts})
