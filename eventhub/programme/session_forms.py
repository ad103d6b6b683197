"""What organisers fill in about a session: its times on the wall clock, its words, its panel and its room."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import g
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField, TimeField, ValidationError
from wtforms.validators import Length, NumberRange

from eventhub.kit import codes
from eventhub.kit.errors import DomainError
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import show_offset
from eventhub.kit.panels import Panel
from eventhub.programme.fields import Choices, InOriginal, VersionForm, day_field, filled, given, spoken, texts
from eventhub.programme.local_time import LocalTimeMissing, both_readings, instant_of, is_missing, is_repeated
from eventhub.programme.models import ClockDoubt, Event, Room, Session, SessionKind
from eventhub.programme.session_actions import (
    LONGEST,
    EndsBeforeStart,
    SessionFacts,
    Slot,
    TooLong,
    check_day,
    check_link,
    check_places,
)
from eventhub.programme.shown import SESSION_KINDS

ACCESS_SERVICES = ("international_sign", "national_sign_language", "realtime_captioning")


def clock_field(label: Any) -> TimeField:
    """A wall-clock time, written 14:30."""
    message = _l("Give the time as hours and minutes, such as 14:30")
    return TimeField(label, [required(message)], invalid_value_message=message)  # type: ignore[call-arg]


def told_at_once(check: Callable[[], None]) -> None:
    """What an action would refuse, as an error of the field. Raises ValidationError."""
    try:
        check()
    except DomainError as error:
        raise ValidationError(error.message) from None


@dataclass(frozen=True)
class Asked:
    """What a session would clash with where the form puts it, in sentences; ``seen`` stands for them on the button that
    saves all the same.
    """

    clashes: list[str]
    seen: str


class SlotForm(VersionForm):
    """When and where a session is."""

    needed: tuple[str, ...] = ()
    together: tuple[str, ...] = ("day", "starts", "starts_fold", "ends", "ends_next_day", "ends_fold")
    asked: Asked | None = None
    telling: str | None = None
    """What the button sends that saves what people are told of; None while they need not be."""
    told: Sequence[Panel] = ()
    """Who is told of it, or loses the session, and how."""
    day = day_field(_l("Day"))
    starts = clock_field(_l("Begins"))
    starts_fold = SelectField(_l("Which of the two times does it begin?"), validate_choice=False)
    ends = clock_field(_l("Ends"))
    ends_next_day = BooleanField(_l("It ends on the next day"))
    ends_fold = SelectField(_l("Which of the two times does it end?"), validate_choice=False)
    room_id = SelectField(_l("Room"), [optional()])

    def __init__(
        self,
        *args: Any,
        event: Event,
        placed: Session | None,
        zone: str,
        rooms: Sequence[Room],
        names: dict[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.placed = event, placed
        self.zone, self.rooms = zone, {str(room.id): room for room in rooms}
        self.room_id.choices = options([("", gettext("No room yet")), *names.items()])
        for fold, clock in ((self.starts_fold, self.starts), (self.ends_fold, self.ends)):
            fold.choices = options(list(self._readings(clock)) or [("", "")])
            asked = placed is not None and placed.clock_doubt is ClockDoubt.OPEN and not self.is_submitted()
            if asked or len(fold.choices) == 1 or fold.data not in {"0", "1"}:
                fold.data = ""
        self.remember()

    def validate_day(self, field: Any) -> None:
        """What the actions refuse is said beside all the rest, not after it is mended."""
        if field.data and not field.errors:
            told_at_once(lambda: check_day(self.event, field.data, self.placed))

    def validate_starts(self, field: Any) -> None:
        """A time that this day's clock has."""
        self._demand_time(field)

    def validate_ends(self, field: Any) -> None:
        """The same, and later than the beginning; of hours that come twice the action knows which is which."""
        self._demand_time(field)
        begins, ends = self._wall(self.starts), self._wall(field)
        if not begins or not ends or any(list(self._readings(clock)) for clock in (self.starts, field)):
            return
        if ends <= begins:
            raise ValidationError(EndsBeforeStart.message)
        if not is_missing(begins, self.zone) and instant_of(ends, self.zone) - instant_of(begins, self.zone) > LONGEST:
            raise ValidationError(TooLong.message)

    def _demand_time(self, field: Any) -> None:
        wall = self._wall(field)
        if wall and is_missing(wall, self.zone):
            raise ValidationError(LocalTimeMissing.message)

    def _wall(self, clock: Any) -> datetime | None:
        """What one of the two clocks shows on its day; None while that is not given or no day that anybody means."""
        if not clock.data or not self.day.data or not 2000 <= self.day.data.year <= 2100:
            return None
        after = clock is self.ends and self.ends_next_day.data
        return datetime.combine(self.day.data + timedelta(days=bool(after)), clock.data)

    def slot(self) -> Slot:
        """The values, typed."""
        return Slot(
            day=filled(self.day),
            starts=filled(self.starts),
            ends=filled(self.ends),
            starts_fold=int(self.starts_fold.data) if self.starts_fold.data else None,
            ends_fold=int(self.ends_fold.data) if self.ends_fold.data else None,
            room=self.rooms.get(self.room_id.data or ""),
            ends_next_day=self.ends_next_day.data,
        )

    def _readings(self, clock: Any) -> Iterator[tuple[str, str]]:
        """The two readings of a repeated hour, with their offsets; nothing on every other day."""
        wall = self._wall(clock)
        if wall and is_repeated(wall, self.zone):
            first, second = both_readings(wall, self.zone)
            yield "", gettext("Choose one")
            yield "0", gettext("The first %(time)s (%(offset)s)", time=f"{wall:%H:%M}", offset=show_offset(first))
            yield "1", gettext("The second %(time)s (%(offset)s)", time=f"{wall:%H:%M}", offset=show_offset(second))


class SessionForm(SlotForm):
    """A session of the programme."""

    needed: tuple[str, ...] = ("title",)
    kind = SelectField(_l("Kind"), [required()])
    title = texts(_l("Title"))
    summary = texts(_l("Summary"), long=True, limit=600, description=_l("One or two sentences for the programme"))
    description = texts(_l("Description"), long=True)
    join_link = StringField(
        _l("Link to join online"),
        [optional(), Length(max=1_000)],
        description=_l("Begins with https://. It reaches participants only, never the public page."),
        render_kw={"dir": "ltr", "inputmode": "url", "spellcheck": "false", "autocapitalize": "none"},
    )
    opens_before = IntegerField(
        _l("The room opens, in minutes before the start"),
        [required(), NumberRange(0, 240, message=_l("Give a number from 0 to 240"))],
        default=15,
        description=_l("Until then participants see when it opens, and nobody sees the link."),
    )
    dial_in = TextAreaField(
        _l("By telephone"),
        [optional(), Length(max=500)],
        description=_l("Numbers and the code of the room, for people whose connection carries no video."),
        render_kw={"rows": "3"},
    )
    interpretation = Choices(_l("Interpretation"))
    access_services = Choices(_l("Access services"))
    chosen_beforehand = BooleanField(
        _l("In everybody’s calendar beforehand"),
        description=_l("Participants get it in their calendar without choosing it, as for a plenary"),
    )
    places = IntegerField(
        lazy_pgettext("in a session", "Places"),
        [optional(), NumberRange(1, 100_000, message=_l("Give a number from 1 to 100,000"))],
        description=_l(
            "How many can choose it; empty for no limit. “Maybe” takes no place, and whoever waits is next."
        ),
    )
    for_categories = Choices(
        _l("Only for these categories of participants"),
        description=_l(
            "Nobody else can choose it, enter or join it. The public programme says so. None: for everybody"
        ),
    )

    def __init__(self, *args: Any, session: Session | None, **kwargs: Any) -> None:
        super().__init__(*args, obj=session, placed=session, **kwargs)
        self.kind.choices = options([(one.value, name) for one, name in SESSION_KINDS.items()])
        self.interpretation.choices = options(spoken(session.interpretation if session else ()))
        known = [*ACCESS_SERVICES, *(one for one in (session.access_services if session else ()))]
        self.access_services.choices = options(
            (code, codes.label("extra_interpretation", code, g.lang)) for code in dict.fromkeys(known)
        )

        given = [(code, name) for code, name in codes.choices("participant_category", g.lang)]
        self.for_categories.choices = options(given)

    def validate_places(self, field: Any) -> None:
        """What is everybody's has none."""
        if field.data and not field.errors:
            told_at_once(lambda: check_places(field.data, chosen_beforehand=self.chosen_beforehand.data))

    def validate_join_link(self, field: Any) -> None:
        """The same for the link."""
        told_at_once(lambda: check_link(field.data or None))

    def facts(self) -> SessionFacts:
        """The values, typed."""
        return SessionFacts(
            kind=SessionKind(self.kind.data),
            title=given(self.title),
            summary=given(self.summary),
            description=given(self.description),
            join_link=self.join_link.data or None,
            interpretation=list(self.interpretation.data or []),
            access_services=list(self.access_services.data or []),
            chosen_beforehand=self.chosen_beforehand.data,
            dial_in=self.dial_in.data or None,
            opens_before=filled(self.opens_before),
            places=self.places.data,
            for_categories=sorted(self.for_categories.data or []),
        )


class MoveForm(SlotForm):
    """Another time or room for a session."""


class ItemForm(InOriginal):
    """A point of the agenda."""

    title = texts(_l("Title"))


class PanellistForm(Form):
    """Somebody on the panel."""

    asked: Asked | None = None
    name = StringField(
        _l("Name to show in public"),
        [required(_l("Give the name as it is to be shown")), Length(max=200)],
        description=_l("The name the person agreed to show; it may be an alias"),
    )
    function = texts(_l("Function"))


class RoomForm(InOriginal):
    """A room."""

    needed: tuple[str, ...] = ("name",)
    name = texts(lazy_pgettext("of a room or questionnaire", "Name"))
    capacity = IntegerField(
        lazy_pgettext("in a room", "Places"),
        [optional(), NumberRange(1, 100_000, message=_l("Give a number from 1 to 100,000"))],
    )
    step_free = BooleanField(_l("Can be reached without steps"), default=True)


class CancelSessionForm(InOriginal):
    """Call a session off."""

    needed: tuple[str, ...] = ("reason",)
    reason = texts(
        _l("Reason"),
        long=True,
        limit=2_000,
        description=_l("Everybody reads it on the session’s page, and it stands in the mails"),
    )
