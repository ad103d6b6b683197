"""The forms of those who speak about a commitment, and of those who check what they send."""

from typing import Any
from urllib.parse import urlsplit

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, Field, FileField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import DateField, EmailField
from wtforms.validators import Length, StopValidation, ValidationError

from eventhub.commitments.models import Verdict
from eventhub.evidence.commenting import Said
from eventhub.evidence.giving import ALLOWED, Described
from eventhub.evidence.models import ShownAs
from eventhub.kit import codes
from eventhub.kit.files import LIMIT, PHOTO_LIMIT, accept_attribute, accepted
from eventhub.kit.forms import ActionForm, Form, LongSelect, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, language
from eventhub.kit.text import ascii_email

TITLE, NAME, TEXT, REASON, ADDRESS = 160, 200, 4000, 1000, 2000
OFF = {"autocomplete": "off"}
EMAIL_PROBLEMS: dict[str, Any] = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}
PAPER: dict[str, Any] = {
    "accept": accept_attribute(ALLOWED),
    "data-most": LIMIT,
    "data-most-photo": PHOTO_LIMIT,
    "data-too-large": _l("This file is too large. Send one of at most %(size)s MB.", size=LIMIT // 10**6),
}
FOUND = (Verdict.EVIDENCE_SEEN, Verdict.CONFIRMED, Verdict.DISPUTED, Verdict.NO_EVIDENCE)
"""What a reviewer can find."""


class CleanEmail:
    """The address as it is kept, or why it is none."""

    def __call__(self, _form: object, field: Field) -> None:
        """Raises StopValidation."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as problem:
            raise StopValidation(EMAIL_PROBLEMS[str(problem)]) from None


def sensible_day(_form: Any, field: Any) -> None:
    """Refuse a day that nobody means."""
    if field.data and not 2000 <= field.data.year <= 2100:
        raise ValidationError(_l("Give a year from 2000 to 2100"))


def web_address(_form: Any, field: Any) -> None:
    """An address of the web, as text: nobody fetches it, and nothing but http and https is shown as a link."""
    try:
        parts = urlsplit(field.data)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        fine = False
    if not fine or any(sign.isspace() for sign in field.data):
        raise ValidationError(_l("Write the whole address, such as https://example.org/report"))


def languages() -> list[Any]:
    """The six languages by their own names."""
    return options((code, AUTONYMS[code]) for code in LANGUAGES)


def countries() -> list[Any]:
    """States in the page's language, none of them chosen."""
    return options([("", gettext("Choose")), *codes.countries(language())])


class CountryField(SelectField):
    """One State, or none."""

    widget = LongSelect()


class Sessionless(ActionForm):
    """A form behind a mailed link, whose address holds the secret, so there is no session to guard."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


class AskForm(Form):
    """Where the link goes."""

    email = EmailField(
        _l("Your email address"),
        description=_l("A link goes there. The address is sealed and never shown on the page."),
        validators=[required(), CleanEmail()],
    )


class EvidenceForm(Form):
    """A file, and what it shows."""

    title = StringField(
        _l("What does it show?"),
        description=_l("Everybody reads this once it was checked. Name no person."),
        validators=[required(), Length(max=TITLE)],
        render_kw=OFF,
    )
    file = FileField(_l("File"), render_kw=PAPER)
    language = SelectField(_l("Language of the file"), choices=languages)
    address = StringField(
        _l("Address where it can be seen"),
        description=_l("If it stands on the web. We do not open it: the file above is your copy of what it showed."),
        validators=[optional(), Length(max=ADDRESS), web_address],
        render_kw={**OFF, "dir": "ltr", "inputmode": "url"},
    )
    shown_on = DateField(_l("Day on which you saw it there"), validators=[optional(), sensible_day])
    wants_seal = BooleanField(
        _l("Publishing it could harm somebody"),
        description=_l("Then those who check it are told to keep it sealed."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.description = gettext("%(types)s, at most 10 MB", types=accepted(ALLOWED))

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A copy of what an address showed has its day. A browser does not send a file twice by itself, so an error
        elsewhere says that it is to be chosen again.
        """
        holds: bool = super().validate(*args, **kwargs)
        if self.address.data and not self.shown_on.data and not self.shown_on.errors:
            holds = not self.show_at_fields({"shown_on": gettext("Say on which day the address showed it")})
        if not holds and self._has_file() and not self.file.errors:
            self.file.errors = [gettext("Choose the file once more: it was not kept.")]
        return holds

    def validate_file(self, _field: Field) -> None:
        """A file must have been chosen."""
        if not self._has_file():
            raise ValidationError(gettext("Choose a file"))

    def upload(self) -> tuple[bytes, str]:
        """What was sent, one byte more than allowed at the most, so that it shows; and what it is called."""
        sent: FileStorage = self.file.data
        return sent.stream.read(PHOTO_LIMIT + 1), sent.filename or ""

    def described(self) -> Described:
        """What was said of it."""
        address = self.address.data or ""
        day = self.shown_on.data if address else None
        return Described(self.title.data or "", self.language.data, address, day, self.wants_seal.data)

    def _has_file(self) -> bool:
        return isinstance(self.file.data, FileStorage) and bool(self.file.data.filename)


class SentEvidenceForm(EvidenceForm, Sessionless):
    """The same behind a mailed link."""


class CommentForm(Sessionless):
    """What somebody knows about a commitment, and how they are shown."""

    text = TextAreaField(
        _l("What do you know about it?"),
        description=_l("A moderator reads it before anybody else does. Name no person."),
        validators=[required(), Length(max=TEXT)],
        render_kw={"rows": 7},
    )
    language = SelectField(_l("Language of your comment"), choices=languages)
    disputes = BooleanField(
        _l("What the maker says about it is not true"),
        description=_l("Somebody who is not of the maker then looks at it again."),
    )
    shown_as = RadioField(
        _l("How are you shown?"),
        choices=options(
            [
                (ShownAs.PROTECTED.value, _l("As a civil society organization, without a name")),
                (ShownAs.PERSON.value, _l("As a person, without a name")),
                (ShownAs.ALIAS.value, _l("Under another name that you choose")),
            ]
        ),
        default=ShownAs.PROTECTED.value,
    )
    alias = StringField(_l("Other name"), validators=[optional(), Length(max=80)], render_kw=OFF)
    country = CountryField(
        _l("Country that is shown"),
        description=_l("Leave it open where few organizations work."),
        choices=countries,
        validators=[optional()],
    )
    name = StringField(
        _l("Your name"),
        description=_l(
            "This and your organization are sealed. A moderator reads them for a reason alone, which is kept."
        ),
        validators=[required(), Length(max=NAME)],
        render_kw={"autocomplete": "name"},
    )
    organisation = StringField(
        _l("Your organization"),
        validators=[optional(), Length(max=NAME)],
        render_kw={"autocomplete": "organization"},
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Whoever wants another name gives it, and whoever is shown as of an organization says which."""
        holds: bool = super().validate(*args, **kwargs)
        if self.shown_as.data == ShownAs.PROTECTED.value and not self.organisation.data:
            problem = gettext("Write your organization, or choose to be shown as a person")
            holds = not self.show_at_fields({"organisation": problem})
        if self.shown_as.data == ShownAs.ALIAS.value and not self.alias.data:
            self.show_at_fields({"alias": gettext("Write the name under which you are shown")})
            return False
        return holds

    def said(self) -> Said:
        """All of it."""
        return Said(
            self.text.data or "",
            self.language.data,
            disputes=self.disputes.data,
            shown_as=ShownAs(self.shown_as.data),
            alias=self.alias.data or "",
            country=self.country.data or None,
            name=self.name.data or "",
            organisation=self.organisation.data or "",
        )


class TakeBackForm(Sessionless):
    """Why somebody retracts what they gave."""

    reason = StringField(
        _l("Why?"),
        description=_l("Only the secretariat reads this."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw=OFF,
    )


class ReplyForm(Sessionless):
    """The maker's reply."""

    text = TextAreaField(_l("Your reply"), validators=[required(), Length(max=TEXT)], render_kw={"rows": 7})


class SeenForm(ActionForm):
    """A button on a page that must still hold."""

    seen = HiddenField()


class AssessForm(SeenForm):
    """What was found, in words that everybody reads."""

    verdict = RadioField(
        _l("What did you find?"),
        choices=lambda: options((one.value, codes.label("review", one.value, g.lang)) for one in FOUND),
        validators=[required()],
    )
    text = TextAreaField(
        _l("Reason, in words that everybody reads"),
        description=_l("Name no person."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw={"rows": 4},
    )


class ReasonForm(Form):
    """Why somebody reads what is sealed."""

    reason = StringField(_l("Why do you read it?"), validators=[optional(), Length(max=REASON)], render_kw=OFF)


class RetractForm(SeenForm):
    """Why evidence does not count any more."""

    reason = TextAreaField(
        _l("Why?"),
        description=_l("Everybody reads this where the evidence stood."),
        validators=[required(_l("Say why")), Length(max=REASON)],
        render_kw={"rows": 3},
    )
    hide = BooleanField(
        _l("It could harm somebody: show nothing of it"),
        description=_l("Then the public page does not say that it was there, nor why it went."),
    )


class ModerateForm(SeenForm):
    """What becomes of a comment or a reply."""

    cut = TextAreaField(
        _l("Words to cut out"),
        description=_l(
            "Copy them from the text, one part in a line. A sign stays in their place; the words go for ever."
        ),
        validators=[optional(), Length(max=TEXT)],
        render_kw={"rows": 3},
    )
    disputes = BooleanField(_l("It disputes what the maker says: assess it again"))
    reason = StringField(
        _l("If it is not shown: why?"),
        description=_l("Whoever wrote it reads this."),
        validators=[optional(), Length(max=REASON)],
        render_kw=OFF,
    )

    def parts(self) -> list[str]:
        """What is to be cut."""
        return [line.strip() for line in (self.cut.data or "").splitlines() if line.strip()]
