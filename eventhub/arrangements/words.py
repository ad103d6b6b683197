"""Wishes, services, their places and how far they are, in the words of pages and files."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from markupsafe import Markup

from eventhub.arrangements.models import Kind, Status, VisaStatus
from eventhub.arrangements.sheet import INTERPRETATION, Line
from eventhub.arrangements.wishes import Wish
from eventhub.kit import codes
from eventhub.kit.i18n import in_language, show_date, show_time
from eventhub.programme.models import Event, Session
from eventhub.programme.shown import sentence, tongues

Tag = tuple[Any, str]

KINDS: dict[Kind, Any] = {
    Kind.SIGN_LANGUAGE: _l("Sign language interpretation"),
    Kind.CAPTIONING: _l("Captions while people speak"),
    Kind.INTERPRETATION: _l("Interpretation between two languages"),
    Kind.WHEELCHAIR: _l("Step-free way and a place for a wheelchair"),
    Kind.ASSISTANT: _l("A personal assistant comes with me"),
    Kind.LARGE_PRINT: _l("Documents in large print"),
    Kind.QUIET_ROOM: _l("A quiet room"),
    Kind.TELEPHONE: _l("Taking part by telephone"),
    Kind.DIET: _l("Food and drink"),
    Kind.OTHER: _l("Something else"),
}
"""What somebody may ask for, as the person reads it."""

FOR_DESK = KINDS | {Kind.ASSISTANT: _l("Personal assistant"), Kind.OTHER: _l("Other, in the person’s own words")}

STATUSES: dict[Status, Tag] = {
    Status.ASKED: (lazy_pgettext("state of a wish", "Asked"), "new"),
    Status.NOTED: (lazy_pgettext("state of a wish", "Noted"), "go"),
    Status.ORDERED: (lazy_pgettext("state of a wish", "Ordered"), "go"),
    Status.CONFIRMED: (lazy_pgettext("state of a wish", "Confirmed"), "ok"),
    Status.DELIVERED: (lazy_pgettext("state of a wish", "Provided"), "ok"),
    Status.NOT_POSSIBLE: (lazy_pgettext("state of a wish", "Not possible"), "stop"),
    Status.TAKEN_BACK: (lazy_pgettext("state of a wish", "Taken back"), "silent"),
}

SESSION_OFF: Tag = (_l("Session cancelled"), "silent")
"""How a wish stands that was for a session which does not take place."""

VISAS: dict[VisaStatus, Tag] = {
    VisaStatus.NOT_NEEDED: (lazy_pgettext("state of a visa", "Not needed"), "silent"),
    VisaStatus.ASKED: (lazy_pgettext("state of a visa", "Needed"), "new"),
    VisaStatus.LETTER_SENT: (lazy_pgettext("state of a visa", "Letter made"), "go"),
    VisaStatus.APPLIED: (lazy_pgettext("state of a visa", "Applied for"), "go"),
    VisaStatus.GRANTED: (lazy_pgettext("state of a visa", "Granted"), "ok"),
    VisaStatus.REFUSED: (lazy_pgettext("state of a visa", "Refused"), "stop"),
}


def wish(one: Wish, lang: str) -> Markup:
    """A wish as its owner reads it, without the own words."""
    return named(KINDS[one.kind], one.kind, one.language, one.into, lang)


def named(title: Any, kind: str, language: str, into: str, lang: str) -> Markup:
    """A kind with its languages."""
    if kind == Kind.INTERPRETATION and language and into:
        return sentence(
            _("Interpretation from %(language)s into %(other)s"),
            language=codes.language_name(language, lang),
            other=codes.language_name(into, lang),
        )
    if language:
        return sentence(_("%(service)s: %(language)s"), service=title, language=codes.language_name(language, lang))
    return Markup("{}").format(title)


def what(line: Line, lang: str) -> Markup:
    """What a line of the sheet is about."""
    if line.from_programme:
        if line.key.language == INTERPRETATION:
            return sentence(_("Interpretation: %(languages)s"), languages=tongues(line.languages, lang, names_from=7))
        known = codes.codes("extra_interpretation")
        code = line.key.language
        return Markup("{}").format(codes.label("extra_interpretation", code, lang) if code in known else code)
    kind = Kind(line.key.kind)
    return named(FOR_DESK[kind], kind, line.key.language, line.key.into, lang)


def where(session: Session | None, event: Event, lang: str) -> str:
    """The session with its day and time, or the whole event."""
    if session is None:
        return str(_("The whole event"))
    title = in_language(session.title, lang, event.original_language).text
    starts = session.starts_local
    said: str = _(
        "%(session)s (%(day)s, %(time)s)",
        session=title,
        day=show_date(starts.date(), lang, year=False),
        time=show_time(starts),
    )
    return said


def counted(line: Line) -> list[tuple[int, Tag]]:
    """How many of a line stand where, in the order of the steps."""
    named = STATUSES | ({Status.ASKED: (_l("To order"), "new")} if line.from_programme else {})
    return [(line.statuses[status], named[status]) for status in Status if line.statuses[status]]
