"""Forms about when and how: windows, deadlines, places for each way of taking part, the way that somebody takes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, StringField
from wtforms.fields import DateTimeLocalField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, required
from eventhub.programme.local_time import instant_of, is_repeated
from eventhub.registration.opening import ClosesTooEarly

ZONED = {"opens_at": 0, "closes_at": 1}
"""Of an hour that comes twice, registration opens in the first and closes in the second."""
LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class WithWindow(Form):
    """Instants of a category's own, in the event's wall-clock time."""

    opens_at = DateTimeLocalField(
        _l("Opens"),
        description=_l("Empty: when the event’s registration opens."),
        format=LOCAL,
        validators=[Optional()],
    )
    closes_at = DateTimeLocalField(
        _l("Closes"),
        description=_l("Empty: when the event’s registration closes."),
        format=LOCAL,
        validators=[Optional()],
    )

    def validate_closes_at(self, field: Any) -> None:
        """Beside all that is wrong elsewhere."""
        if field.data and self.opens_at.data and field.data < self.opens_at.data:
            raise ValidationError(ClosesTooEarly.message)


class ExtendForm(Form):
    """A later deadline."""

    until = DateTimeLocalField(_l("New deadline"), format=LOCAL, validators=[required()])


class WaysForm(Form):
    """Places for each way of taking part that the event has; one field for each (``ways_form``)."""


def ways_form(fields: dict[str, str], data: dict[str, int | None]) -> WaysForm:
    """The form with a field for each of these ways, by code."""
    made = {
        code: IntegerField(label, validators=[Optional(), NumberRange(1, 1_000_000)]) for code, label in fields.items()
    }
    kind: type[WaysForm] = type("TheseWays", (WaysForm,), made)
    return kind(data=data)


class SwitchForm(Form):
    """How people come together from now on, and until when those concerned choose again."""

    mode = HiddenField()
    version = HiddenField()
    until = DateTimeLocalField(
        _l("Answer by"),
        description=_l("Each person concerned reads it in the mail. Whoever has not answered then stays marked."),
        format=LOCAL,
        validators=[required()],
    )


class WayForm(Form):
    """Choose again how to take part, or withdraw: one button each."""

    way = StringField(validators=[Length(max=60)])


def local_time(instant: datetime | None, zone: str) -> datetime | None:
    """An instant as such a field shows it: by the wall clock of the event."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if instant else None


def instant(field: Any, zone: str, fold: int, before: datetime | None = None) -> datetime:
    """The instant of a field that validated. ``fold``: which hour is meant of one that comes twice; ``before``: the
    instant that it showed, whose seconds the browser's field does not know. Raises what ``instant_of`` raises, at the
    field.
    """
    local: datetime = field.data.replace(tzinfo=None)
    try:
        found = instant_of(local, zone, fold if is_repeated(local, zone) else None)
    except DomainError as error:
        error.field = field.name
        raise
    same_minute = before and found.replace(second=0, microsecond=0) == before.replace(second=0, microsecond=0)
    return before if before and same_minute else found
