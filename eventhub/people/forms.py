"""What persons and administrators fill in."""

import unicodedata
import uuid
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.validators import Length, Regexp, StopValidation

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.forms import Form, SecretField, no_advertisement, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, UNCHOSEN, language, show_offset, zone_city
from eventhub.kit.text import ascii_email
from eventhub.people.actions import Details
from eventhub.people.models import Channel, Person, Role

NAME_LIMIT = 200

EMAIL_PROBLEMS = {
    "email.empty": _l("Enter an email address"),
    "email.not_ascii": _l("Use only the letters a to z, digits and signs in the email address"),
    "email.too_long": _l("This email address is too long"),
    "email.syntax": _l("Enter an email address like name@example.org"),
}

ROLE_NAMES = {
    Role.ADMIN: _l("Administrator"),
    Role.ORGANISER: _l("Organizer"),
    Role.ACCREDITATION_OFFICER: _l("Accreditation officer"),
    Role.CHECK_IN: _l("Check-in"),
    Role.RAPPORTEUR: _l("Rapporteur"),
    Role.FUND_OFFICER: _l("Fund officer"),
    Role.FUND_REVIEWER: _l("Fund reviewer"),
    Role.BOARD_MEMBER: _l("Board member"),
    Role.APPROVER: _l("Approver of payments"),
    Role.FINANCE: _l("Finance"),
    Role.COMMITMENT_REVIEWER: _l("Reviewer of commitments"),
    Role.HOST_PARTNER: _l("Host partner"),
    Role.SECURITY_OFFICER: _l("Security officer"),
}


CHANNEL_HINTS = {
    Channel.LIST_OF_PARTICIPANTS: _l(
        "Your public name, organization, category and the country you represent stand in the list of participants."
        " Where organizers publish it, anybody can read it. After a yes it takes up to five minutes until your name is"
        " there; after a no it is gone at once."
    ),
    Channel.LIST_OF_SPEAKERS: _l("Your public name stands in the published list of those who spoke."),
    Channel.WEBCAST_IMAGE: _l("You may be seen in the live broadcast and its recording."),
    Channel.PHOTO: _l("You may be recognizable in photographs that are published."),
    Channel.STATEMENT_PUBLICATION: _l("What you say or hand in may be published."),
    Channel.SHARE_WITH_HOST_PARTNER: _l("The partner in the host country may learn your name and organization."),
    Channel.SHARE_WITH_OTHER_PARTICIPANTS: _l("Other participants may find you by your public name."),
    Channel.STATISTICS: _l("Your answers are counted in published figures, never with your name."),
    Channel.FUTURE_CONTACT: _l("We may write to you about later events."),
}


class CleanEmail:
    """The address is one we can write to; it is kept as it will be compared (SAFETY.md property 20)."""

    def __call__(self, _form: Any, field: Field) -> None:
        """Raises ValidationError with words for the person."""
        try:
            field.data = ascii_email(field.data or "")
        except ValueError as error:
            raise ValidationError(EMAIL_PROBLEMS[str(error)]) from None


class SignInForm(Form):
    """Who wants to come in."""

    email = EmailField(
        _l("Email address"),
        [required(EMAIL_PROBLEMS["email.empty"]), CleanEmail()],
        render_kw={"autocomplete": "email"},
    )
    next = HiddenField()


class CodeForm(Form):
    """The code of the mail."""

    code = SecretField(
        _l("Code from the email"),
        [required(_l("Enter the code"))],
        description=_l("8 digits"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr", "spellcheck": "false"},
    )


class FactorForm(Form):
    """The code of the app, or a recovery code."""

    code = SecretField(
        _l("Code from the app"),
        [required(_l("Enter the code"))],
        render_kw={"autocomplete": "one-time-code", "dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
    )
    next = HiddenField()


class OfferForm(Form):
    """A role is accepted with the code that its giver told, and declined without."""

    code = SecretField(
        _l("Code that you were told"),
        [optional()],
        description=_l("8 digits, from whoever offers you the role"),
        render_kw={"autocomplete": "off", "inputmode": "numeric", "dir": "ltr", "spellcheck": "false"},
    )


class OfferCodeForm(Form):
    """The code by which a role was accepted, once more: this is another session."""

    code = SecretField(
        _l("Code that you were told"),
        [required(_l("Enter the code"))],
        description=_l("8 digits, from whoever gave you the role"),
        render_kw={"autocomplete": "off", "inputmode": "numeric", "dir": "ltr", "spellcheck": "false"},
    )


class DeviceForm(Form):
    """What a device answered; the page's script writes it."""

    secret = SecretField(
        _l("Answer of the device"), [required(_l("Your browser has sent nothing. Try again.")), Length(max=16_000)]
    )


class PasskeyForm(DeviceForm):
    """A passkey is given, and leads on to where somebody was going."""

    next = HiddenField()


class NewPasskeyForm(DeviceForm):
    """A passkey to be kept, under a name by which its owner knows the device."""

    label = StringField(
        _l("Name of the device"),
        [optional(), Length(max=60)],
        description=_l("So that you know it again, such as “my phone”."),
        render_kw={"autocomplete": "off"},
    )


class FreshCodeForm(Form):
    """A code of one's own app, asked once more for a grave deed."""

    code = SecretField(
        _l("Code from the app"),
        [required(_l("Enter the code"))],
        description=_l("6 digits, new every 30 seconds, from your own phone."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr", "spellcheck": "false"},
    )


class NewStaffPasskeyForm(NewPasskeyForm, FreshCodeForm):
    """The same of somebody with a second step: it will stand for the code."""


class ResetForm(FreshCodeForm):
    """Why somebody's second step is to be cleared."""

    reason = TextAreaField(_l("Reason"), [required(_l("Say how you know that it is this person"))])


class WithoutAccountForm(FreshCodeForm):
    """Why an administrator hands over or erases what is kept about somebody."""

    reason = TextAreaField(_l("Reason"), [required(_l("Say how you know that it is this person"))])


class OrganisationSearchForm(PlainForm):
    """A search among organizations: a GET form."""

    q = StringField(_l("Name of the organization"))


class MergeOrganisationsForm(Form):
    """Why records of organizations become one."""

    text = TextAreaField(
        _l("How do you know that these are one organization?"),
        description=_l("It is kept in the record of deeds."),
        validators=[required(), Length(max=2000)],
        render_kw={"rows": 3},
    )


class EmailForm(Form):
    """A new address."""

    email = EmailField(
        _l("New email address"),
        [required(EMAIL_PROBLEMS["email.empty"]), CleanEmail()],
        render_kw={"autocomplete": "email"},
    )


class PublicNameForm(Form):
    """The public name alone."""

    alias = StringField(
        _l("Public name"),
        [required(_l("Write the name that others may read")), Length(max=NAME_LIMIT), no_advertisement],
        description=_l("Shown to others in place of your name, on every list, page and calendar"),
        render_kw={"autocomplete": "off"},
    )


class ProfileForm(Form):
    """What a person tells about themselves."""

    name = StringField(
        _l("Name"),
        [required(_l("Enter your name")), Length(max=NAME_LIMIT), no_advertisement],
        description=_l("As you write it yourself, in your own script"),
        render_kw={"autocomplete": "name"},
    )
    name_latin = StringField(
        _l("Name in Latin letters"),
        [optional(), Length(max=NAME_LIMIT), no_advertisement],
        description=_l("As in your passport; for badges and letters"),
    )
    alias = StringField(
        _l("Public name"),
        [optional(), Length(max=NAME_LIMIT), no_advertisement],
        description=_l("Shown to others in place of your name, on every list, page and calendar"),
        render_kw={"autocomplete": "nickname"},
    )
    phone = TelField(
        _l("Phone"),
        [optional(), Length(max=40), Regexp(r"^[0-9+().\-/ ]+$", message=_l("Enter a number like +254 712 345 678"))],
        filters=[lambda typed: _ascii_digits(typed)],
        render_kw={"autocomplete": "tel"},
    )
    nationality = SelectField(_l("Nationality"), [optional()], filters=[lambda code: code or None])
    residence = SelectField(_l("Country or territory of residence"), [optional()], filters=[lambda code: code or None])
    language = SelectField(
        _l("Language of our emails to you"), [required()], choices=options((code, AUTONYMS[code]) for code in LANGUAGES)
    )
    time_zone = SelectField(_l("Your time zone"), [required()])

    def __init__(self, person: Person) -> None:
        super().__init__(obj=person)
        lang, empty = language(), [("", "—")]
        self.nationality.choices = options(empty + codes.nationality_choices(lang))
        self.residence.choices = options(empty + codes.countries(lang, kinds=codes.ANYWHERE))
        self.time_zone.choices = options(zone_choices(lang, person.time_zone))

    def details(self) -> Details:
        """What the action takes: named fields only, whatever else was posted."""
        return Details(
            name=self.name.data or "",
            name_latin=self.name_latin.data or None,
            alias=self.alias.data or None,
            phone=self.phone.data or None,
            nationality=self.nationality.data,
            residence=self.residence.data,
            language=self.language.data,
            time_zone=self.time_zone.data,
        )


class DiscreetForm(Form):
    """The switch on My page."""

    discreet = BooleanField(_l("Discreet mode"))


class ConsentsForm(Form):
    """One yes or no for each channel; see ``consents_form``."""

    def answers(self) -> dict[Channel, bool]:
        """The answer to each channel."""
        return {channel: self[channel.value].data == "yes" for channel in Channel}


def consents_form(given: dict[Channel, bool]) -> ConsentsForm:
    """The form with a question for each channel, in the page's language."""
    fields = {
        channel.value: RadioField(
            codes.label("consent_scope", channel.value, language()),
            choices=options([("yes", _l("Yes")), ("no", _l("No"))]),
            default="yes" if given[channel] else "no",
            description=CHANNEL_HINTS[channel],
        )
        for channel in Channel
    }
    form: ConsentsForm = type("ConsentsFormOfToday", (ConsentsForm,), fields)()
    return form


class EraseForm(Form):
    """The last question before everything goes."""

    sure = BooleanField(
        _l("I understand that this cannot be undone"),
        [required(_l("Tick the box if you want us to erase your data"))],
    )


class RenewForm(FactorForm):
    """A new phone: a code of the old one, or from paper."""


class GrantForm(Form):
    """A role for somebody, over something. Making an administrator asks for a fresh code."""

    email = EmailField(
        _l("Email address of the person"),
        [required(EMAIL_PROBLEMS["email.empty"]), CleanEmail()],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(_l("Role"), [required()])
    scope = SelectField(lazy_pgettext("where a role holds", "For"), [required()])
    code = SecretField(
        _l("Code from the app"),
        description=_l("Only for an administrator: 6 digits, new every 30 seconds, from your own phone."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr", "spellcheck": "false"},
    )

    def validate_code(self, field: Field) -> None:
        """An administrator is not made by whoever finds a page open."""
        if self.role.data == Role.ADMIN and not (field.data or "").strip():
            raise StopValidation(gettext("Enter the code"))

    def __init__(self, roles: list[tuple[str, Any]], scopes: list[tuple[str, Any]], *, blank: bool = False) -> None:
        super().__init__(**({"formdata": None} if blank else {}))
        # Nothing is chosen beforehand: the first of both would be an administrator of everything.
        nothing = [("", _l("Choose one"))]
        self.role.choices, self.scope.choices = options(nothing + roles), options(nothing + scopes)
        self.asks_code = any(code == Role.ADMIN for code, _name in roles)


@lru_cache(maxsize=12)
def _zone_cities(lang: str) -> list[tuple[str, str]]:
    """Zones by city: those that the time zone database lists for people to choose from."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    zones = {line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")}
    named = [(zone, zone_city(zone, lang).rpartition("/")[2]) for zone in zones]
    return sorted(named, key=lambda pair: (codes.collation_key(pair[1], lang), pair[0]))


def zone_choices(lang: str, chosen: str | None = None) -> list[tuple[str, str]]:
    """Every zone by its city with the offset of today, and the one chosen before, whatever it is called."""
    moment = now()
    zones = [("Etc/UTC", "UTC"), *_zone_cities(lang)]
    if chosen and chosen != UNCHOSEN and chosen in available_timezones() and chosen not in dict(zones):
        zones.insert(0, (chosen, zone_city(chosen, lang).rpartition("/")[2]))
    shown = ((zone, city, show_offset(moment.astimezone(ZoneInfo(zone)))) for zone, city in zones)
    none = (UNCHOSEN, gettext("None: the time of each event"))
    return [none, *((zone, city if city == offset else f"{city} ({offset})") for zone, city, offset in shown)]


def _ascii_digits(typed: str | None) -> str | None:
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in typed) if typed else typed


def as_uuid(text: str) -> uuid.UUID | None:
    """An id from a form, or None."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
