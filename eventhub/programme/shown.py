"""Events, sessions and documents in the words and shapes that pages place: one language, fallbacks marked."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup, escape

from eventhub.kit import codes
from eventhub.kit.db import Texts
from eventhub.kit.file_types import NAMES
from eventhub.kit.i18n import (
    AUTONYMS,
    LANGUAGES,
    LOCALES,
    Clock,
    Shown,
    direction,
    in_language,
    month_name,
    own_clock,
    show_date,
    show_days,
    show_offset,
    show_size,
    show_span,
    zone_city,
)
from eventhub.kit.markdown import to_html
from eventhub.kit.panels import Panel
from eventhub.programme.models import (
    Document,
    DocumentVersion,
    Event,
    EventKind,
    Mode,
    Publication,
    Session,
    SessionKind,
)
from eventhub.programme.queries import FORUMS, current_versions, local

EVENT_KINDS = {
    EventKind.FORUM: _l("Forum"),
    EventKind.REGIONAL_FORUM: _l("Regional forum"),
    EventKind.DIALOGUE: _l("Online dialogue"),
    EventKind.SEMINAR: _l("Seminar"),
    EventKind.TRAINING: _l("Training"),
    EventKind.KNOWLEDGE_EXCHANGE: _l("Knowledge exchange"),
}
MODES = {Mode.IN_PERSON: _l("In person"), Mode.HYBRID: _l("Hybrid"), Mode.ONLINE: _l("Online")}
SESSION_KINDS = {
    SessionKind.PLENARY: _l("Plenary"),
    SessionKind.PANEL: _l("Panel"),
    SessionKind.SIDE_EVENT: _l("Side event"),
    SessionKind.BRIEFING: _l("Briefing"),
    SessionKind.BREAK: _l("Break"),
}
LISTS = LOCALES | {"en": Locale.parse("en_GB")}
"""Where lists of words come from: English as the United Nations writes it has no comma before “and”."""

Tag = tuple[Any, str]


@dataclass(frozen=True)
class Entry:
    """A session as a line of the programme, in the words of ``components/agenda.html``."""

    time: str
    datetime: str
    until: str
    title: Markup
    text: Markup | None = None
    notes: tuple[Markup, ...] = ()
    url: str | None = None
    rest: bool = False
    tag: Tag | None = None
    panels: Sequence[Panel] = ()


@dataclass(frozen=True)
class Day:
    """A day of a programme. ``offset`` is set where the clocks change in between."""

    heading: str
    offset: str | None
    entries: list[Entry]
    prepares: bool = False
    """Whether it is a preparatory day."""


@dataclass(frozen=True)
class Paper:
    """A document as a line of a list, in the words of ``components/documents.html``."""

    id: uuid.UUID
    title: Markup
    url: str
    symbol: str | None
    file_type: str
    size: str
    languages: str
    kind: str
    file_language: str
    others: list[dict[str, str]]


def own(texts: Texts | None, original: str, lang: str) -> Shown:
    """The text as the page's language has it, else its fallback."""
    return in_language(texts, lang, original)


def words(texts: Texts | None, original: str, lang: str) -> Markup:
    """A line of content: plain in the page's language, marked with its language when that is another one."""
    return marked(own(texts, original, lang), lang)


def marked(shown: Shown, lang: str) -> Markup:
    """The same for a text that was chosen already."""
    if not shown.fallback:
        return escape(shown.text)
    macros: Any = current_app.jinja_env.get_template("components/in_language.html").module
    name = codes.language_name(shown.language, lang) if shown.language in LANGUAGES else shown.language
    found: Markup = macros.in_language(text=shown.text, lang=shown.language, direction=shown.direction, language=name)
    return found


def prose(texts: Texts | None, original: str, lang: str) -> Markup:
    """Content of several lines, from markdown; empty when there is none."""
    shown = own(texts, original, lang)
    if not shown.text:
        return Markup()
    html = to_html(shown.text)
    if not shown.fallback:
        return html
    name = codes.language_name(shown.language, lang) if shown.language in LANGUAGES else shown.language
    frame = Markup('<p><span class="tongue-mark">{}</span></p><div lang="{}" dir="{}">{}</div>')
    return frame.format(name, shown.language, shown.direction, html)


def sentence(message: str, **parts: Any) -> Markup:
    """A translated sentence round pieces of content that carry marks of their own."""
    return escape(message) % {name: escape(part) for name, part in parts.items()}


def place(event: Event, lang: str, *, venue: bool = True) -> Markup:
    """Palais des Nations, Geneva, and online."""
    if event.mode is Mode.ONLINE:
        return escape(_("Online"))
    city = words(event.city, event.original_language, lang)
    house = words(event.venue, event.original_language, lang) if venue else Markup()
    where = sentence(_("%(venue)s, %(city)s"), venue=house, city=city) if house and city else house or city
    if event.mode is Mode.IN_PERSON:
        return where
    if not where:
        return escape(MODES[Mode.HYBRID])
    return sentence(_("%(place)s, and online") if venue else _("%(place)s and online"), place=where)


def clock_place(event: Event, lang: str) -> Markup:
    """Whose clock the times of an event follow: its city, or the city that names the zone."""
    if event.city:
        return words(event.city, event.original_language, lang)
    return escape(zone_city(event.time_zone, lang))


def clock_of(event: Event, zone: str, lang: str) -> Clock:
    """By whose clock a page of this event tells a reader of that zone the time: their own, where they chose one."""
    city = in_language(event.city, lang, event.original_language).text
    return own_clock(zone, lang, Clock(event.time_zone, city) if city else own_clock(event.time_zone, lang))


def eyebrow(event: Event, lang: str) -> Markup:
    """Hybrid · 26–27 November 2026 · Geneva."""
    parts = [escape(MODES[event.mode]), escape(show_days(event.first_day, event.last_day, lang))]
    if event.mode is not Mode.ONLINE:
        house = words(event.venue, event.original_language, lang)
        city = words(event.city, event.original_language, lang)
        parts.append(sentence(_("%(venue)s, %(city)s"), venue=house, city=city) if house and city else house or city)
    return Markup(" · ").join(part for part in parts if part)


def status(event: Event, moment: datetime, tags: dict[uuid.UUID, Tag]) -> Tag | None:
    """How an event stands, for its card: cancelled, or what a feature further up says, or the plain state."""
    if event.publication is Publication.CANCELLED:
        return _l("Event cancelled"), "stop"
    if event.id in tags:
        return tags[event.id]
    today = moment.astimezone(ZoneInfo(event.time_zone)).date()
    if event.last_day < today:
        return None
    return (_l("Dates confirmed"), "new") if today < event.first_day else (_l("Taking place now"), "go")


def sitting(session: Session, event: Event, lang: str) -> Markup:
    """Thursday, 14:00–15:30 in Geneva."""
    weekday = format_date(session.starts_local, "EEEE", locale=LOCALES[lang])
    return sentence(
        _("%(weekday)s, %(time)s in %(place)s"),
        weekday=weekday,
        time=span(session, lang),
        place=clock_place(event, lang),
    )


def line(event: Event, lang: str, sitting: Markup | None) -> Markup:
    """What stands below an event's title in a list: when on its one day, else its days; and where."""
    when = sitting if sitting else escape(show_days(event.first_day, event.last_day, lang))
    where = place(event, lang, venue=False)
    kind = escape(EVENT_KINDS[event.kind])
    return Markup(" · ").join([kind, when] if sitting else [kind, when, where])


def clock(event: Event, lang: str, offset: str) -> Markup:
    """Times in Geneva (UTC+1)."""
    told = Markup('<span class="ltr">({})</span>').format(offset)
    return sentence(_("Times in %(place)s %(offset)s"), place=clock_place(event, lang), offset=told)


def is_forum(event: Event) -> bool:
    """Whether it stands among the forums; the others are dialogues."""
    return event.kind in FORUMS


def leaf(day: date, lang: str) -> tuple[str, str]:
    """Month and day as a calendar leaf has them; of the two Arabic names of a month the one in wider use."""
    name = month_name(day, lang)
    return name.partition("/")[2] or name, str(day.day)


def span(session: Session, lang: str) -> str:
    """10:00–10:45, by the session's own clock."""
    return show_span(session.starts_local, session.ends_local, lang)


def days(event: Event, lang: str, url: Callable[[Session], str], panels: Callable[[Session], list[Panel]]) -> list[Day]:
    """The programme, day by day. Services that every session has are the event's and not said again in each line."""
    offsets = {offset(session) for session in event.sessions}
    everywhere = common_services(event)
    return [
        Day(
            show_date(day, lang, weekday=True, year=False),
            offset(sessions[0]) if len(offsets) > 1 else None,
            [entry(session, event, lang, url, panels, everywhere) for session in sessions],
            prepares=day < event.first_day,
        )
        for day, sessions in (
            (day, list(group)) for day, group in groupby(event.sessions, key=lambda one: one.starts_local.date())
        )
    ]


def offset(session: Session) -> str:
    """UTC+1, as it holds when the session begins."""
    return show_offset(local(session.starts_at, session.time_zone))


def entry(
    session: Session,
    event: Event,
    lang: str,
    url: Callable[[Session], str],
    panels: Callable[[Session], list[Panel]],
    everywhere: Collection[str] = (),
) -> Entry:
    """One line of the programme."""
    rest = session.kind is SessionKind.BREAK
    cancelled = session.publication is Publication.CANCELLED
    summary = words(session.summary, event.original_language, lang)
    return Entry(
        time=span(session, lang),
        datetime=local(session.starts_at, session.time_zone).isoformat(timespec="minutes"),
        until=local(session.ends_at, session.time_zone).isoformat(timespec="minutes"),
        title=words(session.title, event.original_language, lang),
        text=summary or None,
        notes=() if rest else tuple(_notes(session, event, lang, everywhere)),
        url=None if rest else url(session),
        rest=rest,
        tag=(_l("Session cancelled"), "stop") if cancelled else None,
        panels=() if rest or cancelled else panels(session),
    )


def _notes(session: Session, event: Event, lang: str, everywhere: Collection[str]) -> Iterable[Markup]:
    """What distinguishes the session: who speaks, where, and languages or services other than the event's."""
    # Who is not known by name yet stands on the session's own page alone.
    people = [panellist(name, function) for name, function in panellists(session, event, lang) if name]
    if people:
        yield escape("؛ " if lang == "ar" else "; ").join(people)
    parts = [words(session.room.name, event.original_language, lang)] if session.room else []
    if session.interpretation and set(session.interpretation) != set(event.interpretation):
        parts.append(sentence(_("Interpretation: %(languages)s"), languages=tongues(session.interpretation, lang)))
    own_services = [code for code in session.access_services if code not in everywhere]
    parts += [escape(service) for service in services(own_services, lang)]
    if parts:
        yield Markup(" · ").join(parts)
    if limits := [part for part in (for_whom(session, lang), places(session)) if part]:
        yield escape(" · ".join(limits))


def for_whom(session: Session, lang: str) -> str:
    """Whom a session is for; empty where it is for everybody. Unknown codes are left out."""
    known = codes.codes("participant_category")
    names = [codes.label("participant_category", code, lang) for code in session.for_categories if code in known]
    return str(_("Only for: %(participants)s", participants=join(names, lang))) if names else ""


def room_name(session: Session, event: Event, lang: str) -> str:
    """Where a session is within its event: its room, or online; empty where nothing is known yet."""
    if session.room:
        return own(session.room.name, event.original_language, lang).text
    return str(_("Online")) if session.join_link else ""


def places(session: Session) -> str:
    """How many can choose it, and whether all places are taken; empty without a limit. Not how many are left: that
    would tell who watches when somebody comes or goes.
    """
    if session.places is None:
        return ""
    told = ngettext("%(num)s place", "%(num)s places", session.places)
    return str(_("%(places)s, all taken", places=told) if session.is_full else told)


def panellists(session: Session, event: Event, lang: str) -> list[tuple[str, Markup]]:
    """Names as they are written and functions; either may be empty."""
    return [(one.name, words(one.function, event.original_language, lang)) for one in session.panellists]


def panellist(name: str, function: Markup) -> Markup:
    """A name with its function, in one line."""
    if not name:
        return function
    told = Markup("<bdi>{}</bdi>").format(name)
    return sentence(_("%(name)s (%(function)s)"), name=told, function=function) if function else told


def tongues(languages: Sequence[str], lang: str, *, names_from: int = 6) -> str:
    """Six languages, or their names."""
    official = [code for code in LANGUAGES if code in languages]
    others = [code for code in languages if code not in LANGUAGES]
    if len(official) >= names_from and not others:
        return str(_("six languages"))
    return join([codes.language_name(code, lang) for code in official] + [_tongue(code, lang) for code in others], lang)


def _tongue(code: str, lang: str) -> str:
    try:
        return codes.language_name(code, lang)
    except KeyError:
        return code


def common_services(event: Event) -> list[str]:
    """The codes of services that every sitting of an event has."""
    sittings = [session for session in event.sessions if session.kind is not SessionKind.BREAK]
    first = sittings[0].access_services if sittings else []
    return [code for code in first if all(code in session.access_services for session in sittings)]


def services(wanted: Sequence[str], lang: str) -> list[str]:
    """International Sign, real-time captioning: how a session is made accessible. Unknown codes are left out."""
    known = codes.codes("extra_interpretation")
    return [codes.label("extra_interpretation", code, lang) for code in wanted if code in known]


def join(parts: Sequence[str], lang: str) -> str:
    """One, two and three."""
    return format_list(list(parts), style="standard", locale=LISTS[lang])


def papers(
    documents: Iterable[Document],
    lang: str,
    url: Callable[[DocumentVersion], str],
    *,
    file_language: str | None = None,
) -> list[Paper]:
    """Documents with their best file for the reader, or that of one language where it exists."""
    return [paper(document, lang, url, file_language or lang) for document in documents]


def paper(document: Document, lang: str, url: Callable[[DocumentVersion], str], file_language: str) -> Paper:
    """One document, with the files of the other languages beside it."""
    versions = current_versions(document)
    order = [code for code in LANGUAGES if code in versions] + [code for code in versions if code not in LANGUAGES]
    best = next(code for code in (file_language, document.original_language, "en", *order) if code in versions)
    version = versions[best]
    return Paper(
        id=document.id,
        title=words(document.title, document.original_language, lang),
        url=url(version),
        symbol=document.symbol,
        file_type=NAMES.get(version.file.media_type, ""),
        size=show_size(version.file.size, lang),
        languages=tongues(order, lang),
        kind=document_kind(document.kind, lang),
        file_language=best,
        others=[
            {"code": code, "direction": direction(code), "name": AUTONYMS.get(code, code), "url": url(versions[code])}
            for code in order
            if code != best
        ],
    )


def document_kind(kind: str, lang: str) -> str:
    """Concept note; empty for a kind the list does not know."""
    return codes.label("document_type", kind, lang) if kind in codes.codes("document_type") else ""
