"""The forms of the doors, and what phones send."""

import uuid

from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms import ValidationError as Wrong
from wtforms.validators import Length, NumberRange

from eventhub.checkin.actions import Reading
from eventhub.checkin.models import GateKey, Refusal, Source, Verdict
from eventhub.checkin.roster import DIGEST, instant
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.text import ascii_email, phone_number
from eventhub.registration.reference import read_reference

AT_ONCE = 200
"""Scans in one upload."""


class ReferenceForm(Form):
    """A reference typed at the gate."""

    reference = StringField(
        _l("Reference"),
        description=_l("It stands below the name on the badge, and begins with EH."),
        validators=[required(_l("Type the reference on the badge")), Length(max=80)],
        render_kw={"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def reachable(_form: Form, field: StringField) -> None:
    """The field holds a number or an address that somebody can be reached at. Raises Wrong."""
    typed = field.data or ""
    try:
        field.data = ascii_email(typed) if "@" in typed else phone_number(typed)
    except ValueError:
        raise Wrong(_l("Enter a number like +254 712 345 678, or an email address like name@example.org")) from None


class WalkInForm(Form):
    """Somebody who stands at the door without a registration."""

    name = StringField(
        _l("Name"),
        description=_l("As the person wants to be called; it may be one name."),
        validators=[required(), Length(max=200)],
        render_kw={"autocomplete": "off"},
    )
    category = SelectField(_l("Category"), validators=[required()])
    contact = StringField(
        _l("Telephone or email address"),
        validators=[optional(), Length(max=200), reachable],
        render_kw={"autocomplete": "off"},
    )
    text = StringField(
        _l("Why this person comes before those who wait"),
        description=_l("Recorded in the history of everybody who waits."),
        validators=[optional(), Length(max=300)],
    )


class UndoForm(Form):
    """An entry that was a mistake."""

    reference = StringField(
        _l("Reference"),
        validators=[required(_l("Type the reference on the badge")), Length(max=80)],
        render_kw={"dir": "ltr", "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    gate = SelectField(_l("Gate"), validators=[required()])
    reason = StringField(
        _l("Why was this entry a mistake?"),
        description=_l("Recorded with your name in the history of the registration."),
        validators=[required(), Length(max=300)],
    )


class RuleForm(Form):
    """Who passes a gate."""

    closed = BooleanField(_l("This gate is closed"), description=_l("Nobody passes it, whatever stands below."))
    capacity = IntegerField(
        _l("Places"),
        description=_l("Empty for no limit."),
        validators=[optional(), NumberRange(0, 100_000)],
    )
    categories = SelectMultipleField(_l("Only these categories"))
    modes = SelectMultipleField(_l("Ways of taking part"))


class AttendanceForm(Form):
    """What is taken out of the house, and why."""

    what = SelectField(
        _l("Kind of list"),
        choices=options([("attendance", _l("Attendance: who was where")), ("scans", _l("Every scan, refusals too"))]),
    )
    gate = SelectField(_l("Gate"), default="")
    reason = StringField(
        _l("What do you need the list for?"),
        description=_l("Recorded with your name and the number of rows."),
        validators=[required(), Length(max=300)],
    )
    kind = SelectField(_l("Kind of file"), choices=options([("xlsx", "XLSX"), ("csv", "CSV")]))


class SentReading(BaseModel):
    """One scan as a phone sends it: milliseconds by its own clock, hexadecimal digest or plain reference."""

    model_config = ConfigDict(extra="forbid")

    nonce: uuid.UUID
    gate: str = Field(max_length=40)
    source: Source
    at: int
    reference: str | None = Field(None, max_length=80)
    digest: str | None = Field(None, pattern=rf"^[0-9a-f]{{{2 * DIGEST}}}$")
    shown: Verdict | None = None
    reason: Refusal | None = None
    offline: bool = False


SENT = TypeAdapter(list[SentReading])


class ListForm(Form):
    """A phone asks for its list."""

    device = HiddenField()
    clock = HiddenField(validators=[required()])

    def device_id(self) -> uuid.UUID | None:
        """The phone as it was called last time; None for a new one."""
        try:
            return uuid.UUID(self.device.data or "")
        except ValueError:
            return None

    def validate_clock(self, field: HiddenField) -> None:
        """Milliseconds since 1970."""
        _instant(field.data)


class ScansForm(Form):
    """A phone sends its scans, with the head of the list it went by."""

    head = HiddenField(validators=[required()])
    signature = HiddenField(validators=[required()])
    clock = HiddenField(validators=[required()])
    scans = HiddenField(validators=[required()])

    def validate_clock(self, field: HiddenField) -> None:
        """Milliseconds since 1970."""
        _instant(field.data)

    def validate_scans(self, field: HiddenField) -> None:
        """A list of scans, none of which is without a gate."""
        try:
            found = SENT.validate_json(field.data or "")
            self.readings = [_reading(one) for one in found]
        except ValueError:
            raise Wrong(str(_l("These scans cannot be read."))) from None
        if len(found) > AT_ONCE or len({one.nonce for one in found}) < len(found):
            raise Wrong(str(_l("These scans cannot be read.")))

    readings: list[Reading]


def _reading(one: SentReading) -> Reading:
    key = GateKey.read(one.gate)
    if key is None:
        raise ValueError(one.gate)
    reference = read_reference(one.reference) if one.reference else None
    return Reading(
        nonce=one.nonce,
        key=key,
        source=one.source,
        device_at=instant(one.at),
        reference=reference,
        digest=bytes.fromhex(one.digest) if one.digest else None,
        shown=one.shown,
        reason=Refusal.UNREADABLE if one.reference and not reference else one.reason,
        offline=one.offline,
    )


def _instant(text: str | None) -> None:
    try:
        instant(int(text or ""))
    except ValueError:
        raise Wrong(str(_l("These scans cannot be read."))) from None
