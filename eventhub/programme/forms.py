"""What organisers fill in about series and events: what they are, when and where, and what they say."""

import re
from collections.abc import Sequence
from typing import Any

from flask import g
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField, ValidationError
from wtforms import Form as PlainForm
from wtforms.validators import Regexp

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.forms import Form, optional, options, required
from eventhub.kit.i18n import show_zone
from eventhub.programme.actions import EventFacts, EventTexts
from eventhub.programme.fields import (
    Choices,
    InOriginal,
    VersionForm,
    day_field,
    filled,
    given,
    original_language,
    spoken,
    texts,
)
from eventhub.programme.local_time import zone_names
from eventhub.programme.models import Event, EventKind, Mode, Publication
from eventhub.programme.shown import EVENT_KINDS, MODES

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


def slug_field(description: Any) -> StringField:
    """The last part of a page's address."""
    return StringField(
        _l("Address"),
        [required(), _plain_address],
        description=description,
        render_kw={"dir": "ltr", "spellcheck": "false", "autocapitalize": "none"},
    )


def _plain_address(_form: Any, field: Any) -> None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", field.data or "") or len(field.data) > 80:
        raise ValidationError(gettext("Use small letters a to z, digits and single hyphens, at most 80"))
    if field.data in RESERVED_SLUGS:
        raise ValidationError(gettext("Choose another address: this one is taken by a page"))


def code_field() -> StringField:
    """The code of an event, in capitals."""
    return StringField(
        _l("Code"),
        [required(), Regexp(r"[A-Z0-9]{2,12}\Z", message=_l("Use 2 to 12 capital letters and digits"))],
        filters=[lambda value: value.upper() if value else value],
        description=_l("Stands in reference numbers: 2 to 12 capital letters and digits, such as FMI19"),
        render_kw={"dir": "ltr", "spellcheck": "false"},
    )


class SeriesForm(InOriginal):
    """A series."""

    original_language = original_language()
    title = texts(_l("Title"))
    summary = texts(_l("Summary"), long=True, limit=2_000)
    slug = slug_field(_l("The last part of the page’s address, such as regional-forums"))


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
        description=_l("All times of the programme are times of this zone’s clocks"),
    )
    city = texts(_l("City"))
    venue = texts(_l("Venue"))
    country = SelectField(_l("Country"), [optional()])
    original_language = original_language()
    interpretation = Choices(_l("Interpretation"), description=_l("Languages spoken or interpreted"))
    code = code_field()
    slug = slug_field(_l("The last part of the page’s address, such as forum-2027"))

    def __init__(self, *args: Any, event: Event | None = None, **kwargs: Any) -> None:
        super().__init__(*args, obj=event, **kwargs)
        self.kind.choices = options([(one.value, name) for one, name in EVENT_KINDS.items()])
        self.mode.choices = options([(one.value, name) for one, name in MODES.items()])
        self.time_zone.choices = options(_zones(event))
        self.country.choices = options([("", gettext("None")), *codes.countries(g.lang, kinds=codes.ANYWHERE)])
        self.interpretation.choices = options(spoken(event.interpretation if event else ()))
        if event is not None and event.publication is not Publication.DRAFT:
            for name in ("code", "slug"):
                self[name].render_kw = {**self[name].render_kw, "readonly": True}
                self[name].description = _l("Cannot change any more: it stands in mails and references")

    def facts(self) -> EventFacts:
        """The values, typed."""
        return EventFacts(
            code=self.code.data or "",
            slug=self.slug.data or "",
            kind=EventKind(self.kind.data),
            mode=Mode(self.mode.data),
            original_language=self.original_language.data,
            time_zone=self.time_zone.data or "",
            first_day=filled(self.first_day),
            last_day=filled(self.last_day),
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


class MoveEventForm(VersionForm):
    """Other days for a whole event."""

    needed: tuple[str, ...] = ()
    first_day = day_field(_l("New first day"))


class DayForm(Form):
    """The same, only to look at what it would move: that changes nothing, so it carries no token and no key."""

    class Meta(Form.Meta):
        """Without a session."""

        csrf = False

    form_key = None  # type: ignore[assignment]
    first_day = day_field(_l("New first day"))


class PublishForm(Form):
    """Make an event public."""

    with_sessions = BooleanField(_l("Publish the draft sessions too"), default=True)


class CancelForm(InOriginal):
    """Call an event off."""

    needed: tuple[str, ...] = ("reason",)
    reason = texts(
        _l("Reason"),
        long=True,
        limit=2_000,
        description=_l("Everybody reads it on the event’s page, and it stands in the mails"),
    )


class CopyForm(Form):
    """An event made from a former one."""

    first_day = day_field(_l("First day of the new event"))
    keep_weekday = BooleanField(
        _l("Keep the weekday"),
        default=True,
        description=_l("The new event begins on the next such weekday: no session moves to another day of the week"),
    )
    code = code_field()
    slug = slug_field(_l("The last part of the page’s address, such as forum-2027"))


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


def _zones(event: Event | None) -> list[tuple[str, str]]:
    """Every zone by its city, with the offset of the first day; the event's own first if the list lacks it."""
    zones, day = zone_names(), event.first_day if event else now().date()
    known = [(zone, show_zone(zone, g.lang, day)) for zone in zones]
    known.sort(key=lambda pair: (codes.collation_key(pair[1], g.lang), pair[0]))
    own = [event.time_zone] if event and event.time_zone not in zones else []
    return [*((zone, show_zone(zone, g.lang, day)) for zone in own), *known]
