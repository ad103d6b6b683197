"""The forms of awards: an answer, a report, somebody else's name."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import AnyOf, Length

from eventhub.awards.reporting import LONGEST, QUESTIONS
from eventhub.kit.forms import Form, required


class OwnAnswerForm(Form):
    """Yes or no to an offer. The two buttons carry it, so it is no hidden field, whose empty value would come first.
    The first press of no asks once more.
    """

    answer = StringField(validators=[AnyOf(["accept", "ask", "decline"])])


class AnswerForm(OwnAnswerForm):
    """The same behind a mailed link: its address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class ReplaceForm(Form):
    """Whom a nominator names."""

    application = RadioField(_l("Who comes instead?"), choices=[], validators=[required()])

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class ReportForm(Form):
    """The ten questions. What is needed is asked for when the report is filed, not while it is kept. ``drawn``: what
    the page knew, so that none of two windows takes back what the other kept.
    """

    drawn = HiddenField()

    def said(self) -> dict[str, str]:
        """What is written, by question."""
        return {key: self[key].data or "" for key, _words, _needed in QUESTIONS}


for _key, _words, _needed in QUESTIONS:
    _given: dict[str, Any] = {"rows": 4}
    setattr(ReportForm, _key, TextAreaField(_words, validators=[Length(max=LONGEST)], render_kw=_given))
