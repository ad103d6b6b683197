"""Forms of calendars: which sessions, how surely, and the answer to an invite."""

import uuid
from contextlib import suppress
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import AnyOf

from eventhub.calendars.models import Choice, Partstat
from eventhub.kit.forms import Form, options

LEAVE_OUT = "none"
JOIN = "join"
INVITE = "invite"
OFFSETS: dict[int, Any] = {
    0: _l("No reminder"),
    15: _l("15 minutes before"),
    60: _l("1 hour before"),
    1440: _l("1 day before"),
}
"""The choices of reminding.OFFSETS, and none."""
ANSWERS = {"accepted": Partstat.ACCEPTED, "declined": Partstat.DECLINED, "tentative": Partstat.TENTATIVE}


class ChoiceForm(Form):
    """One session: going, maybe, not at all, or an invite to it by mail."""

    choice = StringField(validators=[AnyOf([*Choice, LEAVE_OUT, INVITE])])


class SessionsForm(Form):
    """The sessions of one event, ticked or not. ``shown``: those that had a box on the page that was sent, so that what
    was published or chosen since is not taken out.
    """

    shown = HiddenField()
    sessions = SelectMultipleField(_l("Sessions"), coerce=lambda value: uuid.UUID(str(value)))

    def seen(self) -> set[uuid.UUID]:
        """The sessions that had a box."""
        found = set()
        for word in (self.shown.data or "").split():
            with suppress(ValueError):
                found.add(uuid.UUID(word))
        return found


class RemindingForm(Form):
    """When to be reminded of each session: by the calendar app, by mail; 0 for not at all."""

    in_calendar = SelectField(
        _l("In your calendar app"),
        coerce=int,
        description=_l(
            "In new invites and behind your private link. Some apps ignore reminders behind a link; an email is surer."
        ),
    )
    by_mail = SelectField(_l("By mail"), coerce=int)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for field in (self.in_calendar, self.by_mail):
            field.choices = options(OFFSETS.items())


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
