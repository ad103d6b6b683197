"""The forms of wishes, of the order sheet, and of visas."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, StopValidation, ValidationError

from eventhub.arrangements import words
from eventhub.arrangements.models import Kind, Visa, VisaStatus
from eventhub.arrangements.wishes import Wish
from eventhub.kit import codes
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import LANGUAGES
from eventhub.programme.models import Event, Session

SPOKEN = (*LANGUAGES, "pt")
SIGNS, PAIR, IN_WORDS = frozenset({Kind.SIGN_LANGUAGE}), frozenset({Kind.INTERPRETATION}), {Kind.DIET, Kind.OTHER}


IF_CHOSEN = _l("Only if you chose this above.")


class WishForm(Form):
    """Something that somebody needs to take part. Fields that the chosen kind does not need are left alone."""

    kind = SelectField(_l("What do you need?"), validators=[required(_l("Choose what you need"))])
    signs = SelectField(_l("Which sign language?"), description=IF_CHOSEN, validators=[optional()])
    captions = SelectField(_l("Captions in which language?"), description=IF_CHOSEN, validators=[optional()])
    language = SelectField(_l("Interpretation from which language?"), description=IF_CHOSEN, validators=[optional()])
    into = SelectField(_l("Into which language?"), description=IF_CHOSEN, validators=[optional()])
    session = SelectField(
        _l("For the whole event or one session?"),
        description=_l("The whole event, or one session only."),
        validators=[optional()],
    )
    text = TextAreaField(
        _l("In your own words"),
        description=_l("What helps us to arrange it well. It is kept sealed."),
        validators=[optional(), Length(max=1000)],
        render_kw={"rows": 4},
    )

    def fill(self, sessions: Sequence[Session], event: Event) -> None:
        """Give the lists their choices, in the page's language."""
        spoken = [("", gettext("Choose")), *((code, codes.language_name(code, g.lang)) for code in SPOKEN)]
        self.kind.choices = options([("", gettext("Choose")), *((kind.value, words.KINDS[kind]) for kind in Kind)])
        self.signs.choices = options([("", gettext("Choose")), *codes.sign_languages(g.lang)])
        self.captions.choices = self.language.choices = self.into.choices = options(spoken)
        self.session.choices = options(
            [("", gettext("The whole event")), *((one.id.hex, words.where(one, event, g.lang)) for one in sessions)]
        )

    def show_wish(self, wish: Wish, session_id: uuid.UUID | None) -> None:
        """Let the form say what was asked for."""
        self.kind.data, self.text.data = wish.kind.value, wish.words
        self.session.data = session_id.hex if session_id else ""
        field = {Kind.SIGN_LANGUAGE: self.signs, Kind.CAPTIONING: self.captions}.get(wish.kind, self.language)
        field.data, self.into.data = wish.language, wish.into

    def validate(self, extra_validators: object = None) -> bool:
        """What the chosen kind needs is there."""
        valid: bool = super().validate(extra_validators)
        for kind, field in ((Kind.SIGN_LANGUAGE, self.signs), (Kind.INTERPRETATION, self.language)):
            if self.kind.data == kind and not field.data:
                field.errors = [*field.errors, gettext("Choose a language")]
                valid = False
        if self.kind.data == Kind.INTERPRETATION and (not self.into.data or self.into.data == self.language.data):
            self.into.errors = [*self.into.errors, gettext("Choose another language than the first one")]
            valid = False
        if self.kind.data in IN_WORDS and not self.text.data:
            self.text.errors = [*self.text.errors, gettext("Say in your own words what you need")]
            valid = False
        return valid

    def wish(self) -> Wish:
        """What is asked for; answers that do not belong to the kind are left out."""
        kind = Kind(self.kind.data)
        language = {
            Kind.SIGN_LANGUAGE: self.signs.data,
            Kind.CAPTIONING: self.captions.data,
            Kind.INTERPRETATION: self.language.data,
        }.get(kind)
        into = self.into.data if kind is Kind.INTERPRETATION else ""
        return Wish(kind, language or "", into or "", self.text.data or "")

    def session_of(self, sessions: Sequence[Session]) -> Session | None:
        """The session that is meant; None for the whole event."""
        return next((one for one in sessions if one.id.hex == self.session.data), None)


class MoveForm(Form):
    """How far chosen wishes are. The buttons say which step."""

    answer = TextAreaField(
        _l("Words to the person"),
        description=_l("Only where it is not possible: why, and what you offer instead. Kept sealed."),
        validators=[optional(), Length(max=2000)],
        render_kw={"rows": 3},
    )


class NamesForm(Form):
    """Why somebody needs to know whose wishes these are."""

    reason = StringField(
        _l("Why do you need to read this?"),
        description=_l("Recorded with your name; each person sees that it was read."),
        validators=[required(), Length(max=300)],
    )


class SheetForm(Form):
    """The order sheet as a file."""

    names = BooleanField(
        _l("With names and the persons’ own words"),
        description=_l("Only for those who meet the persons. Each person sees that it was read."),
    )
    reason = StringField(
        _l("What do you need the names for?"),
        description=_l("Only with names. Recorded with your name and the number of rows."),
        validators=[Length(max=300)],
    )
    kind = SelectField(_l("Kind of file"), choices=options([("xlsx", "XLSX"), ("csv", "CSV")]))

    def validate_reason(self, field: StringField) -> None:
        """Names are opened for a reason."""
        if self.names.data and not (field.data or "").strip():
            raise StopValidation(gettext("Fill in this field"))


class LeadForm(Form):
    """How early things are ordered."""

    lead_days = IntegerField(
        _l("Working days before it is needed"),
        description=_l("Conference services must know this many working days ahead, Monday to Friday."),
        validators=[required(), NumberRange(0, 60)],
    )


class VisaForm(Form):
    """Where a visa stands."""

    stands = SelectField(_l("Where does your visa stand?"), validators=[required(_l("Choose where it stands"))])
    day = DateField(
        _l("On which day?"),
        description=_l("When you applied, or were answered. Empty for today."),
        validators=[optional()],
    )
    text = TextAreaField(
        _l("A message to the secretariat"),
        description=_l("Where it was refused: what you were told, and what would help. It is kept sealed."),
        validators=[optional(), Length(max=2000)],
        render_kw={"rows": 4},
    )

    def validate_day(self, field: DateField) -> None:
        """Not a day of another age."""
        if field.data and not date(2000, 1, 1) <= field.data <= date(2100, 1, 1):
            raise ValidationError(gettext("Give a year from 2000 to 2100"))


class VisaDeskForm(Form):
    """Where somebody's visa stands, as the desk heard."""

    stands = SelectField(_l("Status"), validators=[required()])
    day = DateField(_l("Day"), description=_l("Empty for today."), validators=[optional()])
    version = HiddenField()


def visa_choices(statuses: Sequence[VisaStatus], standing: Visa | None) -> list[Any]:
    """Statuses to choose among, in words; none is chosen beforehand where the list lacks the one that stands."""
    none = [("", gettext("Choose"))] if standing is None or standing.status not in statuses else []
    return options([*none, *((one.value, words.VISAS[one][0]) for one in statuses)])
