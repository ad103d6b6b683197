"""The forms of the board room."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from eventhub.kit.amounts import why_not
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import language
from eventhub.kit.money import MoneyError, parse_amount


class PinForm(Form):
    """Somebody must, or must not, be chosen, and why."""

    must = RadioField(
        _l("Pin"),
        choices=options([("yes", _l("Must be chosen")), ("no", _l("Must not be chosen"))]),
        validators=[InputRequired(_l("Choose one of the two"))],
    )
    reason = TextAreaField(
        _l("Reason"),
        description=_l("The board and an appeal read it."),
        validators=[required(), Length(max=1000)],
        render_kw={"rows": 2},
    )


class ExportForm(Form):
    """What a list of a slate is needed for."""

    reason = StringField(
        _l("What do you need the list for?"),
        description=_l("Recorded with your name and the number of rows."),
        validators=[required(), Length(max=300)],
    )


class TryForm(Form):
    """Numbers of one's own: a budget, a rise of fares, a number of places."""

    budget = StringField(_l("Budget"), validators=[optional()], render_kw={"inputmode": "decimal"})
    fares = IntegerField(_l("Rise of fares in per cent"), validators=[optional(), NumberRange(0, 100)])
    places = IntegerField(_l("Places"), validators=[optional(), NumberRange(1, 5000)])

    def __init__(self, currency: str, **given: Any) -> None:
        self.currency = currency
        super().__init__(**given)

    def validate_budget(self, field: StringField) -> None:
        """An amount in the call's currency."""
        try:
            parse_amount(field.data or "", self.currency, language())
        except MoneyError as error:
            raise ValidationError(why_not(error)) from None

    def demand_something(self) -> bool:
        """Put an error at the first field where none was filled in; whether one was."""
        if self.errors or self.what():
            return not self.errors
        self.budget.errors = [_l("Change at least one of these numbers")]
        return False

    def what(self) -> dict[str, int]:
        """What to try; nothing where no field was filled in."""
        found: dict[str, int] = {}
        if self.budget.data:
            found["budget"] = parse_amount(self.budget.data, self.currency, language()).minor
        if self.fares.data:
            found["fares"] = self.fares.data
        if self.places.data:
            found["places"] = self.places.data
        return found


class LiftForm(Form):
    """Why somebody need not stand aside any more."""

    reason = TextAreaField(
        _l("Why was it a mistake?"),
        description=_l("Recorded with your name. An appeal reads it."),
        validators=[required(), Length(max=1000)],
        render_kw={"rows": 3},
    )


class SendBackForm(Form):
    """Why the board is asked to look again."""

    reason = TextAreaField(
        _l("What the board should look at again"),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )
