"""What organisers fill in: texts in six languages, days and wall-clock times, rooms, documents."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.validators import Length, NumberRange, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.db import Texts
from eventhub.kit.files import accept_attribute, accepted
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, show_offset, show_zone
from eventhub.programme.actions import (
    DOCUMENT_TYPES,
    DocumentFacts,
    EventFacts,
    EventTexts,
    SessionFacts,
    Slot,
)
from eventhub.programme.local_time import both_readings, is_repeated, zone_names
from eventhub.programme.models import Document, Event, EventKind, Mode, Publication, Room, Session, SessionKind
from eventhub.programme.shown import EVENT_KINDS, MODES, SESSION_KINDS

RESERVED_SLUGS = {"new"}
STATES = {
    Publication.DRAFT: _l("Draft"),
    Publication.PUBLISHED: lazy_pgettext("state of an event or session", "Public"),
    Publication.CANCELLED: lazy_pgettext("state of an event or session", "Cancelled"),
}
SORT_NAMES = {
    "latest": _l("Latest day first"),
    "first": _l("Earliest day first"),
    "title": _l("Title"),
    "changed": _l("Last changed"),
}
ACCESS_SERVICES = ("international_sign", "national_sign_language", "realtime_captioning")
LINE = 300


class TextsPart(PlainForm):
    """One text in six languages: the part of a form that ``texts`` makes."""

    class Meta(Form.Meta):
        """The cleaning of every form; the CSRF token stands on the whole form."""

        csrf = False


def texts(label: Any, *, long: bool = False, limit: int | None = None, description: Any = "") -> "FormField[TextsPart]":
    """A field whose data is a text by language. Longer than ``limit`` characters is an error at its language."""
    limit = limit or (20_000 if long else LINE)
    kind = TextAreaField if long else StringField
    too_long = _l("This text is too long: at most %(max)d characters")
    parts: dict[str, Any] = {
        code: kind(AUTONYMS[code], [Length(max=limit, message=too_long)], render_kw={"rows": 6} if long else None)
        for code in LANGUAGES
    }
    return FormField(type("Texts", (TextsPart,), parts), label, description=description)


def given(field: Any) -> Texts:
    """The languages that were filled in."""
    return {code: text for code, text in field.data.items() if text}


class Choices(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class InOriginal(Form):
    """A form with texts of which one language is the original: there the needed ones must be filled in.

    The original is asked for by the form itself or, where it has no such field, given by the record.
    """

    needed: tuple[str, ...] = ("title",)

    def __init__(self, *args: Any, original: str = "en", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.original = original

    def validate(self, extra_validators: Any = None) -> bool:
        """Put an error at the original language of each needed text that is empty there."""
        valid: bool = super().validate(extra_validators)
        asked = self._fields.get("original_language")
        original = asked.data if asked else self.original
        for name in self.needed if original in LANGUAGES else ():
            part = self[name].form[original]
            if not part.data:
                part.errors = [*part.errors, gettext("Fill in the original language")]
                valid = False
        return valid


def _sensible_day(_form: Any, field: Any) -> None:
    if field.data and not 2000 <= field.data.year <= 2100:
        raise ValidationError(gettext("Give a year from 2000 to 2100"))


def day_field(label: Any) -> DateField:
    """A date, written 2026-11-26, of this or the next decades."""
    message = _l("Give the day as a date")
    return DateField(label, [required(message), _sensible_day], invalid_value_message=message)  # type: ignore[call-arg]


def clock_field(label: Any) -> TimeField:
    """A wall-clock time, written 14:30."""
    message = _l("Give the time as hours and minutes, such as 14:30")
    return TimeField(label, [required(message)], invalid_value_message=message)  # type: ignore[call-arg]


def slug_field(description: Any) -> StringField:
    """The last part of a page's address."""
    return StringField(
        _l("Address"),
        [required()],
        description=description,
        render_kw={"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
    )


def code_field() -> StringField:
    """The code of an event, in capitals."""
    return StringField(
        _l("Code"),
        [required(), Regexp(r"[A-Z0-9]{2,12}\Z", message=_l("Use 2 to 12 capital letters and digits"))],
        filters=[lambda value: value.upper() if value else value],
        description=_l("Stands in reference numbers: 2 to 12 capital letters and digits, such as FMI19"),
        render_kw={"dir": "ltr", "spellcheck": "false"},
    )


def original_language() -> SelectField:
    """In which language a record is written first."""
    names = [(code, AUTONYMS[code]) for code in LANGUAGES]
    return SelectField(
        _l("Original language"),
        [required()],
        choices=options(names),
        default="en",
        description=_l("Shown wherever a translation is missing"),
    )


class SeriesForm(InOriginal):
    """A series."""

    original_language = original_language()
    title = texts(_l("Title"))
    summary = texts(_l("Summary"), long=True, limit=2_000)
    slug = slug_field(_l("The last part of the page's address, such as regional-forums"))

    def validate_slug(self, field: Field) -> None:
        """An address of plain letters."""
        _check_slug(field)


class VersionForm(InOriginal):
    """A form that knows which state of the record it was made from; what others changed since is told, not lost."""

    version = HiddenField()

    @property
    def seen_version(self) -> int:
        """The version of the record this form was made from; 0 (which never was) for a forged one."""
        data = self.version.data or ""
        return int(data) if re.fullmatch(r"[0-9]{1,9}", data) else 0


class EventForm(VersionForm):
    """What an event is, when and where."""

    needed: tuple[str, ...] = ()
    kind = SelectField(_l("Kind"), [required()])
    mode = SelectField(_l("How people take part"), [required()])
    first_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"))
    move_sessions = BooleanField(
        _l("Move the sessions with the first day"),
        description=_l("Each session keeps its time of day and moves by as many days as the event"),
    )
    time_zone = SelectField(
        _l("Time zone"),
        [required()],
        validate_choice=False,
        description=_l("All times of the programme are times of this zone's clocks"),
    )
    city = texts(_l("City"))
    venue = texts(_l("Venue"))
    country = SelectField(_l("Country"), [optional()])
    original_language = original_language()
    interpretation = Choices(_l("Interpretation"), description=_l("Languages spoken or interpreted"))
    code = code_field()
    slug = slug_field(_l("The last part of the page's address, such as forum-2027"))

    def __init__(self, *args: Any, event: Event | None = None, **kwargs: Any) -> None:
        super().__init__(*args, obj=event, **kwargs)
        self.kind.choices = options([(one.value, name) for one, name in EVENT_KINDS.items()])
        self.mode.choices = options([(one.value, name) for one, name in MODES.items()])
        self.time_zone.choices = options(_zones(event))
        self.country.choices = options([("", gettext("None")), *codes.countries(g.lang, kinds=codes.ANYWHERE)])
        self.interpretation.choices = options(_spoken(event.interpretation if event else ()))
        if event is not None and event.publication is not Publication.DRAFT:
            for name in ("code", "slug"):
                self[name].render_kw = {**self[name].render_kw, "readonly": True}
                self[name].description = _l("Cannot change any more: it stands in mails and references")

    def validate_slug(self, field: Field) -> None:
        """An address of plain letters."""
        _check_slug(field)

    def facts(self) -> EventFacts:
        """The values, typed."""
        return EventFacts(
            code=self.code.data or "",
            slug=self.slug.data or "",
            kind=EventKind(self.kind.data),
            mode=Mode(self.mode.data),
            original_language=self.original_language.data,
            time_zone=self.time_zone.data or "",
            first_day=_filled(self.first_day),
            last_day=_filled(self.last_day),
            city=given(self.city),
            venue=given(self.venue),
            country=self.country.data or None,
            interpretation=list(self.interpretation.data or []),
        )


class NewEventForm(EventForm):
    """A new event, in one of the series."""

    needed: tuple[str, ...] = ("title",)
    title = texts(_l("Title"))
    series = SelectField(_l("Series"), [required()])

    def __init__(self, *args: Any, series: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.series.choices = options(series)
        del self.move_sessions


class EventTextsForm(VersionForm):
    """What an event says."""

    title = texts(_l("Title"))
    lead = texts(_l("Lead"), long=True, limit=600, description=_l("One or two sentences under the title"))
    description = texts(_l("Description"), long=True, description=_l("Markdown: **bold**, lists, links, ## headings"))
    practical = texts(_l("Practical information"), long=True)
    access_services = texts(_l("Accessibility and services"), long=True)

    def texts(self) -> EventTexts:
        """The texts by language."""
        return EventTexts(
            **{name: given(self[name]) for name in ("title", "lead", "description", "practical", "access_services")}
        )


class PublishForm(Form):
    """Make an event public."""

    with_sessions = BooleanField(_l("Publish the draft sessions too"), default=True)


class CancelForm(InOriginal):
    """Call an event off."""

    needed: tuple[str, ...] = ("reason",)
    reason = texts(_l("Reason"), long=True, limit=2_000, description=_l("Everybody reads it on the event's page"))


class CopyForm(Form):
    """An event made from a former one."""

    first_day = day_field(_l("First day of the new event"))
    keep_weekday = BooleanField(
        _l("Keep the weekday"),
        default=True,
        description=_l("The new event begins on the next such weekday: no session moves to another day of the week"),
    )
    code = code_field()
    slug = slug_field(_l("The last part of the page's address, such as forum-2027"))

    def validate_slug(self, field: Field) -> None:
        """An address of plain letters."""
        _check_slug(field)


class SlotForm(VersionForm):
    """When and where a session is."""

    needed: tuple[str, ...] = ()
    day = day_field(_l("Day"))
    starts = clock_field(_l("Begins"))
    starts_fold = SelectField(_l("Which of the two times does it begin?"), validate_choice=False)
    ends = clock_field(_l("Ends"))
    ends_fold = SelectField(_l("Which of the two times does it end?"), validate_choice=False)
    room_id = SelectField(_l("Room"), [optional()])

    def __init__(self, *args: Any, zone: str, rooms: Sequence[Room], names: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.rooms = zone, {str(room.id): room for room in rooms}
        self.room_id.choices = options([("", gettext("No room yet")), *names.items()])
        for fold, clock in ((self.starts_fold, self.starts), (self.ends_fold, self.ends)):
            fold.choices = options(list(self._readings(clock.data)) or [("", "")])
            if len(fold.choices) == 1 or fold.data not in {"0", "1"}:
                fold.data = ""

    def slot(self) -> Slot:
        """The values, typed."""
        return Slot(
            day=_filled(self.day),
            starts=_filled(self.starts),
            ends=_filled(self.ends),
            starts_fold=int(self.starts_fold.data) if self.starts_fold.data else None,
            ends_fold=int(self.ends_fold.data) if self.ends_fold.data else None,
            room=self.rooms.get(self.room_id.data or ""),
        )

    def _readings(self, clock: Any) -> Iterator[tuple[str, str]]:
        """The two readings of a repeated hour, with their offsets; nothing on every other day."""
        if not clock or not self.day.data:
            return
        wall = datetime.combine(self.day.data, clock)
        if is_repeated(wall, self.zone):
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
        _l("In everybody's calendar beforehand"),
        description=_l("Participants get it in their calendar without choosing it, as for a plenary"),
    )

    def __init__(self, *args: Any, session: Session | None, **kwargs: Any) -> None:
        super().__init__(*args, obj=session, **kwargs)
        self.kind.choices = options([(one.value, name) for one, name in SESSION_KINDS.items()])
        self.interpretation.choices = options(_spoken(session.interpretation if session else ()))
        known = [*ACCESS_SERVICES, *(one for one in (session.access_services if session else ()))]
        self.access_services.choices = options(
            (code, codes.label("extra_interpretation", code, g.lang)) for code in dict.fromkeys(known)
        )

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
            opens_before=_filled(self.opens_before),
        )


class MoveForm(SlotForm):
    """Another time or room for a session."""


class ItemForm(InOriginal):
    """A point of the agenda."""

    title = texts(_l("Title"))


class RoomForm(InOriginal):
    """A room."""

    needed: tuple[str, ...] = ("name",)
    name = texts(lazy_pgettext("of a room or questionnaire", "Name"))
    capacity = IntegerField(
        lazy_pgettext("in a room", "Places"),
        [optional(), NumberRange(1, 100_000, message=_l("Give a number from 1 to 100,000"))],
    )
    step_free = BooleanField(_l("Can be reached without steps"), default=True)


class PanellistForm(Form):
    """Somebody on the panel."""

    name = StringField(
        _l("Name to show in public"),
        [required(_l("Give the name as it is to be shown")), Length(max=200)],
        description=_l("The name the person agreed to show; it may be an alias"),
    )
    function = texts(_l("Function"))


class DocumentForm(InOriginal):
    """What a document is called."""

    original_language = original_language()
    title = texts(_l("Title"))
    kind = SelectField(_l("Kind"), [required()])
    symbol = StringField(
        _l("United Nations symbol"),
        [
            optional(),
            Length(max=60),
            Regexp(r"[A-Z0-9][A-Za-z0-9./() -]*\Z", message=_l("Use the form of A/HRC/FMI/2026/1")),
        ],
        description=_l("Such as A/HRC/FMI/2026/1; leave it empty when there is none"),
        render_kw={"dir": "ltr", "spellcheck": "false"},
    )

    def __init__(self, *args: Any, document: Document | None, **kwargs: Any) -> None:
        super().__init__(*args, obj=document, **kwargs)
        self.kind.choices = options(codes.choices("document_type", g.lang))

    def facts(self) -> DocumentFacts:
        """The values, typed."""
        return DocumentFacts(
            symbol=self.symbol.data or None,
            kind=self.kind.data,
            title=given(self.title),
            original_language=self.original_language.data,
        )


class VersionUploadForm(Form):
    """A file for one language of a document."""

    language = SelectField(
        _l("Language of the file"), [required()], choices=options((code, AUTONYMS[code]) for code in LANGUAGES)
    )
    file = FileField(_l("File"), render_kw={"accept": accept_attribute(DOCUMENT_TYPES)})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.description = gettext("%(types)s, at most 10 MB", types=accepted(DOCUMENT_TYPES))

    def validate_file(self, field: Field) -> None:
        """A file must have been chosen."""
        if not field.data or not field.data.filename:
            raise ValidationError(gettext("Choose a file"))


class FilterForm(PlainForm):
    """How a list of events is narrowed and sorted. Unknown values narrow nothing."""

    q = StringField(_l("Title, city or code"))
    kind = SelectField(_l("Kind"), validate_choice=False)
    state = SelectField(_l("State"), validate_choice=False)
    series = SelectField(_l("Series"), validate_choice=False)
    when = SelectField(_l("When"), validate_choice=False)
    sort = SelectField(_l("Sort by"), validate_choice=False)

    class Meta(Form.Meta):
        """Cleaned like every form; a search changes nothing, so it carries no token."""

        csrf = False

    def __init__(self, *args: Any, series: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", gettext("All"))
        self.kind.choices = options([everything, *((one.value, name) for one, name in EVENT_KINDS.items())])
        self.state.choices = options([everything, *((one.value, name) for one, name in STATES.items())])
        self.series.choices = options([everything, *series])
        self.when.choices = options([everything, ("upcoming", gettext("Now or to come"))])
        self.sort.choices = options(SORT_NAMES.items())


def differences(form: Form, stored: Form) -> list[tuple[str, str, Any]]:
    """What is stored now and differs from what was typed: (label, language or "", stored value)."""
    found: list[tuple[str, str, Any]] = []
    for field in form:
        if isinstance(field, HiddenField) or field.name not in stored:
            continue
        other = stored[field.name]
        if isinstance(field, FormField):
            found += [
                (field.label.text, code, other.data[code] or "")
                for code in field.data
                if (field.data[code] or "") != (other.data[code] or "")
            ]
        elif (field.data or "") != (other.data or ""):
            found.append((field.label.text, "", _as_words(other)))
    return found


def _as_words(field: Any) -> str:
    if isinstance(field, BooleanField):
        return str(gettext("Yes") if field.data else gettext("No"))
    is_listed = isinstance(field, SelectField | SelectMultipleField)
    names: dict[Any, Any] = {one.value: one.label for one in field.choices} if is_listed else {}
    chosen = field.data if isinstance(field.data, list) else [field.data]
    return ", ".join(str(names.get(one, one)) for one in chosen if one not in (None, ""))


def _filled(field: Any) -> Any:
    """The value of a required field of a form that holds."""
    return field.data


def _check_slug(field: Field) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", field.data or "") or len(field.data) > 80:
        raise ValidationError(gettext("Use small letters a to z, digits and single hyphens, at most 80"))
    if field.data in RESERVED_SLUGS:
        raise ValidationError(gettext("Choose another address: this one is taken by a page"))


def _zones(event: Event | None) -> list[tuple[str, str]]:
    """Every zone by its city, with the offset of the first day; the event's own first if the list lacks it."""
    zones, day = zone_names(), event.first_day if event else now().date()
    known = [(zone, show_zone(zone, g.lang, day)) for zone in zones]
    known.sort(key=lambda pair: (codes.collation_key(pair[1], g.lang), pair[0]))
    own = [event.time_zone] if event and event.time_zone not in zones else []
    return [*((zone, show_zone(zone, g.lang, day)) for zone in own), *known]


def _spoken(stored: Sequence[str]) -> list[tuple[str, str]]:
    """The six languages, Portuguese, and whatever else a record already names."""
    return [(code, codes.language_name(code, g.lang)) for code in dict.fromkeys((*LANGUAGES, "pt", *stored))]
