"""Forms of the page on registrations that may be of one person."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    RadioField,
    TextAreaField,
)
from wtforms.validators import Length, ValidationError

from eventhub.kit.forms import Form, options, required
from eventhub.registration.pair_models import Verdict


class DuplicateForm(Form):
    """What the desk finds of two registrations that look alike."""

    finding = RadioField(_l("What do you find?"), validators=[required(_l("Choose what you find"))])
    sure = BooleanField(
        _l("I made sure with the person that both registrations are hers or his"),
        description=_l(
            "Needed for one person: the letter says that the other registration exists. Somebody who registered under"
            " another person’s name would learn from it who is here."
        ),
    )
    text = TextAreaField(
        _l("Why?"),
        description=_l("For colleagues, in the histories of both. Neither person reads it."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )

    def offer(self, choices: list[tuple[str, Any]]) -> None:
        """Say what can be found."""
        self.finding.choices = options(choices)

    def validate_sure(self, field: Field) -> None:
        """One person is not found by likeness alone."""
        if self.finding.data not in {None, "", Verdict.DIFFERENT.value} and not field.data:
            raise ValidationError(_l("Make sure with the person first: ask on the page of one of the registrations"))


class TwoPeopleForm(Form):
    """Why two registrations are of two people after all."""

    why = TextAreaField(
        _l("Why are these two people after all?"),
        description=_l("For colleagues, in the histories of both. Neither person reads it."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 2},
    )
