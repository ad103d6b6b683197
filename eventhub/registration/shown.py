"""Registrations in the words and shapes that pages place."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_login import current_user
from markupsafe import Markup, escape

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.kit.i18n import UNCHOSEN, Moment, show_date, show_moment, show_number, show_offset, zone_city
from eventhub.kit.qr import qr_code
from eventhub.programme.models import Event, EventKind, Publication
from eventhub.programme.shown import clock_place, words
from eventhub.programme.shown import sentence as with_parts
from eventhub.registration.access import Sight
from eventhub.registration.categories import Rule, Rules
from eventhub.registration.eligibility import Paper
from eventhub.registration.line import place_range
from eventhub.registration.models import (
    BadgeColour,
    Deadline,
    Registration,
    RegistrationCategory,
    RegistrationSetup,
    State,
    Word,
)
from eventhub.registration.queries import Room, room
from eventhub.registration.seats import CATEGORY
from eventhub.registration.windows import Window, overall

Tag = tuple[Any, str]

STATES: dict[State, Tag] = {
    State.DRAFT: (lazy_pgettext("state of a registration", "Draft"), "warn"),
    State.SUBMITTED: (lazy_pgettext("state of a registration", "Sent"), "go"),
    State.AWAITING_FOCAL_POINT: (_l("With the focal point"), "silent"),
    State.UNDER_REVIEW: (_l("Under review"), "go"),
    State.INFO_REQUESTED: (_l("Information asked"), "warn"),
    State.WAITLISTED: (_l("On the waiting list"), "new"),
    State.OFFERED: (_l("Place offered"), "warn"),
    State.ACCREDITED: (lazy_pgettext("state of a registration", "Accredited"), "ok"),
    State.BADGE_ISSUED: (_l("Badge issued"), "ok"),
    State.ATTENDED: (lazy_pgettext("state of a registration", "Attended"), "ok"),
    State.NO_SHOW: (_l("Did not come"), "silent"),
    State.DECLINED: (lazy_pgettext("state of a registration", "Declined"), "stop"),
    State.WITHDRAWN: (lazy_pgettext("state of a registration", "Withdrawn"), "silent"),
    State.REVOKED: (lazy_pgettext("state of a registration", "Revoked"), "stop"),
    State.EXPIRED: (lazy_pgettext("state of a registration", "Expired"), "silent"),
}
"""Words, shape and colour of each state."""

WORDS: dict[Word, Tag] = {
    Word.NO_OBJECTION: (_l("No objection"), "ok"),
    Word.OBJECTION: (_l("Objection"), "stop"),
}
"""What security said."""

OFF: Tag = (_l("Event cancelled"), "stop")
"""How a registration stands where the event does not take place."""

CAUSES: dict[str, Any] = {
    "accepted": _l("Offer accepted"),
    "given_back": _l("Offered place given back"),
    "lapsed": _l("Offer lapsed without an answer"),
    "answered": _l("Question answered"),
    "taken_up": _l("Taken up again"),
    "focal_point": _l("Approved by the focal point"),
    "focal_point_silent": _l("Gone on without the focal point"),
    "replaced": _l("Replaced by the focal point"),
    "two_people": _l("Two people after all: looked at again"),
    "claimed": _l("Looked at again: the person took it over after the decision"),
}
"""How an offer ended or why somebody is looked at again, in the history."""

KIND_OF_CAUSE = {
    "accepted": "ok",
    "answered": "",
    "taken_up": "",
    "two_people": "",
    "focal_point": "ok",
    "focal_point_silent": "warn",
    "claimed": "warn",
}
"""Its mark, where it is not that of an end."""

PAPERS: dict[Paper, Any] = {
    Paper.LETTER: _l("Letter on letterhead, signed by the head"),
    Paper.ATTESTATION: _l("Attestation by a known body"),
    Paper.IDENTITY: _l("Copy of the identity document"),
}
"""What a category may be asked to show."""

COLOURS: dict[BadgeColour, Any] = {
    BadgeColour.NAVY: lazy_pgettext("colour", "Navy"),
    BadgeColour.BLUE: lazy_pgettext("colour", "Blue"),
    BadgeColour.TEAL: lazy_pgettext("colour", "Teal"),
    BadgeColour.GREEN: lazy_pgettext("colour", "Green"),
    BadgeColour.VIOLET: lazy_pgettext("colour", "Violet"),
    BadgeColour.PLUM: lazy_pgettext("colour", "Plum"),
    BadgeColour.CRIMSON: lazy_pgettext("colour", "Crimson"),
    BadgeColour.RUST: lazy_pgettext("colour", "Rust"),
    BadgeColour.BROWN: lazy_pgettext("colour", "Brown"),
    BadgeColour.OLIVE: lazy_pgettext("colour", "Olive"),
    BadgeColour.GREY: lazy_pgettext("colour", "Grey"),
    BadgeColour.BLACK: lazy_pgettext("colour", "Black"),
}
"""The colours of badges by name: where one is chosen, it is not told by its look alone."""

FORUMS = frozenset({EventKind.FORUM, EventKind.REGIONAL_FORUM})


@dataclass(frozen=True)
class Due:
    """A deadline in the words of components/deadline.html."""

    when: str
    datetime: str
    zone: Markup
    other: Markup | None = None
    was: str | None = None
    since: str | None = None


def tag(state: State, setup: RegistrationSetup) -> Tag:
    """A state as the person reads it: where nobody accredits, a place is confirmed."""
    if state is State.ACCREDITED and not setup.needs_accreditation:
        return _l("Confirmed"), "ok"
    return STATES[state]


def name_of(registration: Registration, seen: Sight) -> str:
    """What this reader calls the person: the name given with the registration, where badges are made; elsewhere the
    public name (DOMAIN.md rule 9). Empty where there is none.
    """
    person = registration.person
    if seen is Sight.BADGES:
        return registration.legal_name or person.name or registration.display_name or ""
    return person.alias or registration.display_name or person.name


def lacks_public_name() -> bool:
    """Whether the visitor is discreet and has chosen no public name. Half a session is nobody's yet."""
    known = current_user.is_authenticated and not current_user.is_half_signed_in()
    return bool(known and current_user.discreet and not current_user.person.alias)


def due(
    instant: datetime, event: Event, lang: str, *, zone: str | None = None, before: list[Deadline] | None = None
) -> Due:
    """A deadline by the event's clock; beside it the reader's, where that is another one. ``before``: all announced."""
    here = show_moment(instant, event.time_zone, lang)
    told = with_parts(_("Time in %(place)s %(offset)s"), place=clock_place(event, lang), offset=_offset(here.place))
    other = None
    # UTC is what stands with people who never chose: nobody's clock.
    there = show_moment(instant, zone, lang) if zone and zone != UNCHOSEN else None
    if zone and there and there.place != here.place:
        day = there.time if there.day == here.day else _("%(day)s, %(time)s", day=there.day, time=there.time)
        other = with_parts(
            _("Your time: %(time)s in %(place)s %(offset)s"),
            time=day,
            place=zone_city(zone, lang),
            offset=_offset(there.place),
        )
    old, since = _extended(instant, event, lang, before or [])
    return Due(_("%(day)s, %(time)s", day=here.day, time=here.time), here.iso, told, other, old, since)


def plain_due(here: Moment) -> Due:
    """A deadline by one clock that is not named."""
    return Due(_("%(day)s, %(time)s", day=here.day, time=here.time), here.iso, _offset(here.place))


def moment(instant: datetime, event: Event, lang: str) -> Markup:
    """An instant in one line, by the event's clock."""
    here = show_moment(instant, event.time_zone, lang)
    return with_parts(_("%(day)s, %(time)s %(offset)s"), day=here.day, time=here.time, offset=_offset(here.place))


def until_words(iso: str, event: Event, lang: str) -> str:
    """Until when an offer stands, from its line in the history."""
    here = show_moment(datetime.fromisoformat(iso), event.time_zone, lang)
    return str(_("until %(day)s, %(time)s (%(offset)s)", day=here.day, time=here.time, offset=here.place))


def place_words(place: int) -> str:
    """A place in line as a person is told it: in a range, so that it does not tell who else comes or goes."""
    first, last = place_range(place)
    if last is None:
        return str(_("Your place in line: after %(number)s", number=first - 1))
    return str(_("Your place in line: between %(first)s and %(last)s", first=first, last=last))


def openness(event: Event, setup: RegistrationSetup, rules: Rules) -> tuple[Window, Room, Tag]:
    """Whether anybody may register now, whether there is room, and both in a word."""
    place, space = overall(setup, now(), rules), room(setup)
    if event.publication is Publication.CANCELLED:
        return Window.CLOSED, space, (_l("Event cancelled"), "stop")
    if place is Window.NOT_YET:
        return place, space, (_l("Registration opens later"), "new")
    if place is not Window.OPEN:
        return place, space, (_l("Registration closed"), "silent")
    if space is Room.FULL:
        return place, space, (_l("All places are taken"), "stop")
    if space is Room.WAITING_LIST and not setup.needs_accreditation:
        return place, space, (_l("Waiting list"), "warn")
    return place, space, (_l("Registration open"), "ok")


def country(code: str | None, lang: str) -> str:
    """Somalia; Stateless; empty where nothing is known."""
    if not code:
        return ""
    try:
        return codes.country_name(code, lang)
    except KeyError:
        return label("nationality_extra", code, lang)


def represented(code: str | None, lang: str) -> str:
    """A country as it stands on a badge; nothing for those who have none, which is for no door and no room to read."""
    return country(code, lang) if code and code not in codes.codes("nationality_extra") else ""


def label(vocabulary: str, code: str | None, lang: str) -> str:
    """The words of a code; the code itself where a questionnaire has options of its own."""
    if not code:
        return ""
    try:
        return codes.label(vocabulary, code, lang)
    except KeyError:
        return code


def counted(key: str, lang: str) -> str:
    """What seats are counted under (seats.keys), in words."""
    kind, _colon, code = key.partition(":")
    return label("participant_category" if f"{kind}:" == CATEGORY else "attendance_mode", code, lang)


def reason_text(code: str | None, lang: str) -> str:
    """What the person concerned reads about a decision."""
    return codes.reason_text("registration", code, lang) if code in codes.codes("decision_reason.registration") else ""


def papers_of(rule: Rule | None) -> str:
    """What a category is asked to show, in one line."""
    papers = rule.papers if rule else ()
    if rule and rule.has_a_choice:
        either = _("Letter on letterhead or attestation by a known body")
        more = [str(PAPERS[paper]) for paper in papers if paper is Paper.IDENTITY]
        return " · ".join([str(either), *more])
    return " · ".join(str(PAPERS[paper]) for paper in papers)


def quota(row: RegistrationCategory | None, lang: str) -> str:
    """How many places of a category are taken; empty where it has no quota."""
    if row is None or row.quota is None:
        return ""
    taken, whole = show_number(row.seats_taken, lang), show_number(row.quota, lang)
    return str(_("%(taken)s of %(all)s places taken", taken=taken, all=whole))


def origin(event: Event, day: date, lang: str) -> Markup:
    """Where an answer was taken from: the event, and the day on which it was sent there."""
    title = Markup("<bdi>{}</bdi>").format(words(event.title, event.original_language, lang))
    return with_parts(_("From %(event)s, %(date)s"), event=title, date=show_date(day, lang))


def qr(reference: str) -> Markup:
    """The reference as a QR code: one path, drawn on the server, without a style of its own."""
    code = qr_code(reference, micro=False)
    # Digits, letters and path commands made by segno alone.
    return Markup(  # noqa: S704
        code.svg_inline(omitsize=True, border=2, svgclass=None, lineclass=None).replace(
            "<svg ", '<svg aria-hidden="true" focusable="false" ', 1
        )
    )


def _extended(instant: datetime, event: Event, lang: str, announced: list[Deadline]) -> tuple[str | None, str | None]:
    older = [row for row in announced if row.closes_at < instant]
    newest = next((row for row in announced if row.closes_at == instant), None)
    if not older or newest is None:
        return None, None
    old = show_moment(older[-1].closes_at, event.time_zone, lang, year=False)
    same_day = older[-1].closes_at.date() == instant.date()
    since = newest.announced_at.astimezone(ZoneInfo(event.time_zone)).date()
    told = _("%(day)s, %(time)s", day=old.day, time=old.time) if same_day else old.day
    return told, show_date(since, lang, year=False)


def _offset(offset: str) -> Markup:
    return Markup('<span class="ltr">({})</span>').format(escape(offset))


def offset_at(instant: datetime, event: Event) -> str:
    """UTC+1: the event's offset at an instant."""
    return show_offset(instant.astimezone(ZoneInfo(event.time_zone)))
