"""The forms of mailings: to whom, what it says in six languages, when, and for which language a trial."""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from wtforms import BooleanField, FormField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.fields import DateTimeLocalField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.kit import codes
from eventhub.kit.db import Texts
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES
from eventhub.mailings import wording
from eventhub.mailings.audience import GROUPS, Audience
from eventhub.mailings.models import Kind, Mailing
from eventhub.mailings.words import GROUP_NAMES, KINDS
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Event
from eventhub.registration import shown
from eventhub.registration.desk import Overview

LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
SUBJECT, TEXT = 150, 10_000


class Choices(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class TextsPart(PlainForm):
    """One text in six languages."""

    class Meta(Form.Meta):
        """The cleaning of every form; the CSRF token stands on the whole form."""

        csrf = False

    in_languages = True
    """An error of it names the text beside the language (templates/components/error_summary.html)."""


def _texts(label: Any, kind: Any, limit: int, rows: int | None = None) -> "FormField[TextsPart]":
    too_long = _l("This text is too long: at most %(max)d characters")
    parts: dict[str, Any] = {
        code: kind(AUTONYMS[code], [Length(max=limit, message=too_long)], render_kw={"rows": rows} if rows else None)
        for code in LANGUAGES
    }
    return FormField(type("Texts", (TextsPart,), parts), label)


class VersionForm(Form):
    """A form that knows which state of the mailing it was made from."""

    version = HiddenField()

    @property
    def seen(self) -> int:
        """The version that the page showed; 0, which never was, for a forged one."""
        data = (self.version.raw_data or ("",))[0]
        return int(data) if re.fullmatch(r"[0-9]{1,9}", data) else 0


class NewForm(Form):
    """A new mailing, empty or made from a former one."""

    kind = SelectField(_l("What is it about?"), validators=[optional()])
    copied = SelectField(
        _l("Begin with the words of"),
        description=_l("A former mailing of this event or of its series. What it was about is taken over too."),
        validators=[optional()],
    )

    def fill(self, former: Sequence[tuple[str, str]]) -> None:
        """Give the lists their choices."""
        self.kind.choices = options((one.value, KINDS[one][0]) for one in Kind)
        self.copied.choices = options([("", gettext("Nothing: an empty mailing")), *former])

    def copied_id(self) -> uuid.UUID | None:
        """The mailing to copy."""
        return uuid.UUID(self.copied.data) if self.copied.data else None


class AudienceForm(VersionForm):
    """What a mailing is about, and to whom it goes."""

    kind = SelectField(_l("What is it about?"), validators=[required()])
    groups = Choices(_l("Whose registration is"), validators=[required(_l("Choose at least one"))])
    categories = Choices(_l("Category"), validators=[optional()])
    modes = Choices(_l("Way of taking part"), validators=[optional()])
    delegation = SelectField(_l("Delegations"), validators=[optional()])
    regions = Choices(_l("Regional group"), validators=[optional()])
    countries = SelectField(_l("Country"), validators=[optional()])
    languages = Choices(_l("Language of the person"), validators=[optional()])
    first_time = BooleanField(
        _l("Only those who come for the first time"),
        description=_l("Nobody who took part in an earlier event of the series."),
    )

    def fill(self, known: Overview, mailing: Mailing, *, first_timers: bool) -> None:
        """Give the lists their choices, in the page's language: what registrations hold, and what was chosen before."""
        chosen, lang = mailing.audience, g.lang
        categories = _with(known.categories, chosen.get("categories", ()))
        modes = _with(known.modes, chosen.get("modes", ()))
        countries = sorted(
            ((one, shown.country(one, lang)) for one in _with(known.countries, chosen.get("countries", ()))),
            key=lambda pair: codes.collation_key(pair[1], lang),
        )
        self.kind.choices = options((one.value, KINDS[one][0]) for one in Kind)
        self.groups.choices = options((one, GROUP_NAMES[one]) for one in GROUPS)
        self.categories.choices = options((one, shown.label("participant_category", one, lang)) for one in categories)
        self.modes.choices = options((one, shown.label("attendance_mode", one, lang)) for one in modes)
        self.delegation.choices = options(
            [
                ("", gettext("Everybody")),
                ("yes", gettext("Only members of delegations")),
                ("no", gettext("Only people outside delegations")),
            ]
        )
        self.regions.choices = options(codes.choices("regional_group", lang))
        self.countries.choices = options([("", gettext("All countries")), *countries])
        self.languages.choices = options((one, AUTONYMS[one]) for one in LANGUAGES)
        if not first_timers:
            del self.first_time

    def show_audience(self, mailing: Mailing, audience: Audience) -> None:
        """Let the form say what stands."""
        self.kind.data, self.version.data = mailing.kind.value, str(mailing.version)
        self.groups.data, self.categories.data = list(audience.groups), list(audience.categories)
        self.modes.data, self.regions.data = list(audience.modes), list(audience.regions)
        self.languages.data, self.delegation.data = list(audience.languages), audience.delegation
        self.countries.data = next(iter(audience.countries), "")
        if "first_time" in self:
            self.first_time.data = audience.first_time

    def audience(self) -> Audience:
        """To whom it goes."""
        return Audience(
            groups=tuple(self.groups.data or ()),
            categories=tuple(self.categories.data or ()),
            modes=tuple(self.modes.data or ()),
            delegation=self.delegation.data or "",
            regions=tuple(self.regions.data or ()),
            countries=(self.countries.data,) if self.countries.data else (),
            languages=tuple(self.languages.data or ()),
            first_time="first_time" in self and bool(self.first_time.data),
        )


class TextsForm(VersionForm):
    """What a mailing says. Placeholders are looked at: an unknown one is named at its language."""

    original_language = SelectField(_l("Original language"), validators=[required()])
    subject = _texts(_l("Subject"), StringField, SUBJECT)
    text = _texts(_l("Text"), TextAreaField, TEXT, rows=10)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original_language.choices = options((one, AUTONYMS[one]) for one in LANGUAGES)

    def validate(self, extra_validators: object = None) -> bool:
        """The original is there, each language has both parts or none, and all placeholders are known."""
        valid: bool = super().validate(extra_validators)
        original = self.original_language.data
        for code in LANGUAGES:
            subject, text = self.subject.form[code], self.text.form[code]
            for part, other in ((subject, text), (text, subject)):
                if not part.data and code == original:
                    valid = _wrong(part, gettext("Fill in the original language"))
                elif not part.data and other.data:
                    valid = _wrong(part, gettext("Fill in both the subject and the text, or neither"))
            for part, known in ((subject, wording.IN_SUBJECTS), (text, wording.NAMES)):
                for one in wording.unknown(part.data or "", known):
                    valid = _wrong(part, _unknown(one, known))
        return valid

    def texts(self, name: str) -> Texts:
        """The languages that were filled in."""
        return {code: text for code, text in self[name].data.items() if text}


class SendForm(VersionForm):
    """Now, or at an instant by the event's clock."""

    send_at = DateTimeLocalField(
        _l("Send it at"),
        format=LOCAL,
        description=_l("By the clock of the event. Leave it empty to send it now."),
        validators=[optional()],
    )

    def at(self, event: Event) -> datetime | None:
        """The instant, None for now. Raises LocalTimeMissing, LocalTimeTwice at the field."""
        if not self.send_at.data:
            return None
        try:
            return instant_of(self.send_at.data.replace(tzinfo=None), event.time_zone)
        except DomainError as error:
            error.field = "send_at"
            raise


class TrialForm(Form):
    """In which language the trial comes."""

    language = SelectField(_l("Language of the trial"), validators=[required()])

    def fill(self, original: str) -> None:
        """Give the list its choices."""
        self.language.choices = options((one, AUTONYMS[one]) for one in LANGUAGES)
        self.language.data = self.language.data or original


class StopForm(Form):
    """One press, by the secret in the address: there is no session to guard with a CSRF token. A mail program presses
    it without having seen the page (RFC 8058), so it needs no key either: said twice it is the same.
    """

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False


def _with(known: Sequence[str], chosen: Sequence[str]) -> list[str]:
    return [*known, *(one for one in chosen if one not in known)]


def _wrong(part: Any, problem: str) -> bool:
    part.errors = [*part.errors, problem]
    return False


def _unknown(one: str, known: tuple[str, ...]) -> Markup:
    names = Markup(" ").join(_code(f"{{{name}}}") for name in known)
    said = gettext("%(typed)s is no placeholder. Known here: %(names)s")
    return escape(said) % {"typed": _code(one), "names": names}


def _code(typed: str) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(typed)
