"""The forms of applicants beside their questionnaire, and of who vouches."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FileField, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields import EmailField, TextAreaField
from wtforms.validators import Length, StopValidation

from eventhub.kit.file_types import EVERYTHING
from eventhub.kit.files import LIMIT, accept_attribute, arriving
from eventhub.kit.forms import ActionForm, Form, no_advertisement, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.kit.text import ascii_email, safe_file_name
from eventhub.questionnaires.uploads import Upload

NAME_LIMIT = 120
WORDS_LIMIT = 4_000
OFF = {"autocomplete": "off"}
NAMED = {"autocomplete": "name"}
EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


class CheckForm(ActionForm):
    """The button under all answers: it sends those that were looked at. ``looked`` is asked of whoever took answers
    over from a registration and did not send them with their page since.
    """

    drawn = HiddenField()
    looked = BooleanField(
        _l("I have looked at the answers that were taken over: they hold here too"),
        [required(_l("Look at the answers that are named above, then tick this box"))],
    )


class OwnNameForm(Form):
    """The name of whoever applies."""

    name = StringField(
        _l("Your name"), [required(_l("Enter your name")), Length(max=NAME_LIMIT), no_advertisement], render_kw=NAMED
    )


class ReuseForm(Form):
    """Which answers are taken over; the view draws the boxes page by page."""

    take = SelectMultipleField(_l("Answers to take over"), choices=[], validate_choice=False)


class VoucherForm(Form):
    """Who is to vouch; and the applicant's own name, where none is known yet: whoever vouches must know who asks."""

    own_name = StringField(
        _l("Your own name"),
        [required(_l("Enter your name")), Length(max=NAME_LIMIT), no_advertisement],
        render_kw=NAMED,
    )
    name = StringField(_l("Name"), validators=[required(), Length(max=NAME_LIMIT), no_advertisement], render_kw=OFF)
    email = EmailField(_l("Email address"), validators=[required(), CleanEmail()], render_kw=OFF)
    organisation = StringField(_l("Organization"), validators=[optional(), Length(max=NAME_LIMIT)], render_kw=OFF)
    language = SelectField(_l("Language of the mail"), choices=options((code, AUTONYMS[code]) for code in LANGUAGES))


class NominatorForm(VoucherForm):
    """Who nominates: somebody of an organization, since each organization nominates only so many."""

    organisation = StringField(_l("Organization"), validators=[required(), Length(max=NAME_LIMIT)], render_kw=OFF)


class TokenForm(ActionForm):
    """A button behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class VouchForm(TokenForm):
    """What somebody says who vouches: words, and a letter where the call asks for one."""

    letter = FileField(_l("Your letter"), render_kw={"accept": accept_attribute(EVERYTHING)})
    words = TextAreaField(_l("Anything you want to add"), validators=[optional(), Length(max=WORDS_LIMIT)])

    def upload(self) -> Upload | None:
        """The file that came, not looked into yet."""
        sent: Any = self.letter.data if "letter" in self._fields else None
        if not getattr(sent, "filename", ""):
            return None
        return Upload(safe_file_name(sent.filename), sent.stream.read(arriving(EVERYTHING, LIMIT) + 1))
