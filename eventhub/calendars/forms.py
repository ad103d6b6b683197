"""Forms of calendars: which sessions, how surely, and the answer to an invite."""

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField, StringField
from wtforms.validators import AnyOf

from eventhub.calendars.models import Choice, Partstat
from eventhub.kit.forms import Form

LEAVE_OUT = "none"
JOIN = "join"
ANSWERS = {"accepted": Partstat.ACCEPTED, "declined": Partstat.DECLINED, "tentative": Partstat.TENTATIVE}


class ChoiceForm(Form):
    """One session: going, maybe, or not at all."""

    choice = StringField(validators=[AnyOf([*Choice, LEAVE_OUT])])


class SessionsForm(Form):
    """The sessions of one event, ticked or not."""

    sessions = SelectMultipleField(_l("Sessions"), coerce=lambda value: uuid.UUID(str(value)))


class LineForm(Form):
    """Into the waiting list of a session, or out of it."""

    line = StringField(validators=[AnyOf([JOIN, LEAVE_OUT])])


class AnswerForm(Form):
    """The answer to an invite. Its address holds the secret, so there is no session to guard with a CSRF token."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False

    answer = StringField(validators=[AnyOf(list(ANSWERS))])

    def partstat(self) -> Any:
        """The answer as it is stored."""
        return ANSWERS[self.answer.data or ""]
