"""The forms of a release: when, and what somebody reads beside the outcome."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import AnyOf, Length

from eventhub.awards.releasing import WrongInstant
from eventhub.kit.codes import label
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, optional, options, required, sensible_year
from eventhub.kit.i18n import language
from eventhub.programme.local_time import instant_of

LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
NOW, LATER = "now", "later"


class ReleaseForm(Form):
    """Release all, now or at an instant; nothing is preset. ``stamp`` and ``looked`` are of the page that was drawn."""

    stamp = HiddenField()
    looked = HiddenField()
    when = RadioField(
        _l("When?"),
        choices=options([(NOW, _l("Now")), (LATER, _l("At a set time"))]),
        validators=[required(_l("Choose when the decisions are released")), AnyOf([NOW, LATER])],
    )
    at = DateTimeLocalField(_l("Day and time"), format=LOCAL, validators=[optional(), sensible_year])

    def instant(self, zone: str) -> datetime | None:
        """The instant that was chosen, by the clock of a zone; None for now. Raises errors at the field."""
        if self.when.data != LATER:
            return None
        if self.at.data is None:
            raise WrongInstant
        try:
            return instant_of(self.at.data.replace(tzinfo=None), zone)
        except DomainError as error:
            error.field = "at"
            raise


class ReasonForm(Form):
    """Why somebody was not chosen, for that person to read."""

    version = HiddenField()
    reason = SelectField(_l("Reason"), validators=[required(_l("Choose a reason"))])
    words = TextAreaField(
        _l("In your own words"),
        description=_l("It stands in the letter below the reason. Name no other person, no score and no reviewer."),
        validators=[optional(), Length(max=2_000)],
        render_kw={"rows": 4},
    )

    def __init__(self, codes: Sequence[str], **given: object) -> None:
        super().__init__(**given)
        self.reason.choices = options((code, label("decision_reason.funding", code, language())) for code in codes)
