"""What calendars write to people who have no invitation: a session they chose is called off, or has changed.

A discreet person's letter says that there is news, and nothing about what (SAFETY.md property 13).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.calendars.blobs import place
from eventhub.kit.i18n import UNCHOSEN, in_language, show_days, show_moment, show_own, show_span
from eventhub.kit.mail import Letter
from eventhub.kit.web import absolute
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Registration, State

IN_A_LETTER = 20
"""Of somebody's sessions so many stand in a letter; all of them on the page it leads to."""


def cancelled(session: Session, person: Person, registration: Registration) -> Letter | None:
    """The session will not take place, and why. It comes with its event and room."""
    lang, event = person.language, session.event
    title = in_language(session.title, lang, event.original_language).text
    return _letter(
        person,
        _l("Cancelled: %(title)s", title=title),
        [_l("This session, which you had chosen, will not take place. We are sorry."), _l("Your registration stands.")],
        [
            {"label": _l("Session"), "value": title},
            {"label": _l("When"), "value": _when(session, lang)},
            *_about(event, registration, lang),
        ],
        quote=reason(session, lang),
    )


def changed(sessions: Sequence[Session], person: Person, registration: Registration) -> Letter | None:
    """When and where the sessions are now. They come with their event and rooms; there is at least one."""
    lang, event = person.language, sessions[0].event
    title = in_language(event.title, lang, event.original_language).text
    rows = []
    for session in sessions:
        where = place(session, lang)
        rows.append(
            {
                "label": in_language(session.title, lang, event.original_language).text,
                "value": " · ".join(
                    part for part in (str(_when(session, lang)), *_own(session, person), where) if part
                ),
            }
        )
    return _letter(
        person,
        _l("Changed: %(title)s", title=title),
        [
            _l(
                "Sessions you chose or wait for have changed shortly before they begin. This is when and where they are"
                " now:"
            )
        ],
        [*rows, *_about(event, registration, lang)],
    )


def reminder(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A session begins soon, and the person wanted to be told."""
    lang, event = person.language, session.event
    title = in_language(session.title, lang, event.original_language).text
    return _letter(
        person,
        _l("Reminder: %(title)s", title=title),
        [_l("You asked to be reminded of this session.")],
        [
            {"label": _l("Session"), "value": title},
            *_where_and_when(session, lang),
            *_by_own_clock(session, person),
            *_about(event, registration, lang),
        ],
    )


def place_given(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A place in a session that somebody waited for."""
    return _on_session(
        session,
        person,
        registration,
        lambda title: _l("You have a place: %(title)s", title=title),
        [
            _l("A place became free, and it is yours. The session is among your sessions and in your calendar."),
            _l("If you cannot come, leave it out there: the next in line then gets the place."),
        ],
    )


def place_lost(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A session that somebody had chosen is for other participants now."""
    return _on_session(
        session,
        person,
        registration,
        lambda title: _l("No longer among your sessions: %(title)s", title=title),
        [
            _l("This session is for other participants now, so it is no longer among yours. We are sorry."),
            _l("Your registration stands."),
        ],
    )


def is_break(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A session that somebody had chosen is a break now."""
    return _on_session(
        session,
        person,
        registration,
        lambda title: _l("No longer among your sessions: %(title)s", title=title),
        [
            _l(
                "This session is a break in the programme now and can no longer be chosen, so it is no longer among"
                " yours. We are sorry."
            ),
            _l("Your registration stands."),
        ],
    )


def place_given_up(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A mail said No in the name of somebody who had a place in a session of few."""
    return _on_session(
        session,
        person,
        registration,
        lambda title: _l("You gave up your place: %(title)s", title=title),
        [
            _l("An answer by email said No for you, so your place in this session is free for others."),
            _l("If you want to come after all, choose the session again or join its waiting list in “My sessions”."),
        ],
    )


def no_place(session: Session, person: Person, registration: Registration) -> Letter | None:
    """A mail said Yes to a session that is full."""
    return _on_session(
        session,
        person,
        registration,
        lambda title: _l("You have no place: %(title)s", title=title),
        [
            _l("Your answer by email said Yes, and your calendar may show it. But you have no place in this session."),
            _l("All places in this session are taken. You can join its waiting list under “Choose sessions”."),
        ],
    )


def event_moved(
    event: Event, registration: Registration, person: Person, was: tuple[date, date], sessions: Sequence[Session]
) -> Letter | None:
    """The event on its new days, with all of the person's sessions in one letter."""
    lang = person.language
    title = in_language(event.title, lang, event.original_language).text
    days = {"new": show_days(event.first_day, event.last_day, lang), "former": show_days(*was, lang)}
    rows = [
        {"label": in_language(one.title, lang, event.original_language).text, "value": _when(one, lang)}
        for one in sessions[:IN_A_LETTER]
    ]
    return _letter(
        person,
        _l("New dates: %(title)s", title=title),
        [_l("The event takes place on other days. What you have begun stays as it is.")]
        if registration.state is State.DRAFT
        else [
            _l("The event takes place on other days. Your registration stands, and your calendar follows by itself."),
            _l("If you cannot come on the new days, please withdraw on your page: somebody else may be waiting."),
            *([_l("These are your sessions:")] if rows else []),
        ],
        [
            {"label": _l("New dates"), "value": days["new"]},
            {"label": _l("Former dates"), "value": days["former"]},
            *rows,
            *_about(event, registration, lang),
        ],
    )


def reason(session: Session, lang: str) -> str | None:
    """Why a session does not take place: its own reason, or that of the whole event."""
    event = session.event
    whole = event.publication is Publication.CANCELLED and not session.cancelled_reason
    return (
        in_language(event.cancelled_reason if whole else session.cancelled_reason, lang, event.original_language).text
        or None
    )


def _letter(
    person: Person, subject: Any, paragraphs: list[Any], facts: list[dict[str, Any]], quote: str | None = None
) -> Letter | None:
    if person.email is None:
        return None
    url = absolute("calendars.my_sessions", lang=person.language, neutral=person.discreet)
    if person.discreet:
        return Letter(
            person.email,
            person.language,
            lambda: gettext("There is news for you"),
            "registration/neutral",
            {"url": url, "neutral": True},
            discreet=True,
        )
    return Letter(
        person.email,
        person.language,
        lambda: str(subject),
        "registration/letter",
        {
            "name": person.public_name,
            "paragraphs": paragraphs,
            "quote": quote,
            "facts": facts,
            "buttons": [{"label": _l("My sessions"), "url": url}],
            "foot": None,
        },
    )


def _on_session(
    session: Session, person: Person, registration: Registration, subject: Callable[[str], Any], paragraphs: list[Any]
) -> Letter | None:
    """A letter about one session, with when and where it is."""
    lang, event = person.language, session.event
    title = in_language(session.title, lang, event.original_language).text
    facts = [{"label": _l("Session"), "value": title}, *_where_and_when(session, lang)]
    return _letter(person, subject(title), paragraphs, [*facts, *_about(event, registration, lang)])


def _when(session: Session, lang: str) -> Any:
    begins = show_moment(session.starts_at, session.time_zone, lang)
    hours = show_span(session.starts_local, session.ends_local, lang)
    return _l("%(day)s, %(time)s", day=begins.day, time=f"{hours} ({begins.place})")


def _own(session: Session, person: Person) -> list[str]:
    """When it is by the reader's own clock, if that is another one."""
    begins = session.starts_at.astimezone(ZoneInfo(person.time_zone))
    # Nobody has to live in UTC: it means that the person did not say.
    there = session.starts_at.astimezone(ZoneInfo(session.time_zone))
    if person.time_zone == UNCHOSEN or begins.utcoffset() == there.utcoffset():
        return []
    return [show_own(session.starts_at, person.time_zone, person.language)]


def _by_own_clock(session: Session, person: Person) -> list[dict[str, Any]]:
    return [{"label": _l("Your time"), "value": own} for own in _own(session, person)]


def _where_and_when(session: Session, lang: str) -> list[dict[str, Any]]:
    found = [{"label": _l("When"), "value": _when(session, lang)}]
    where = place(session, lang)
    return [*found, {"label": _l("Where"), "value": where}] if where else found


def _about(event: Event, registration: Registration, lang: str) -> list[dict[str, Any]]:
    found = [{"label": _l("Event"), "value": in_language(event.title, lang, event.original_language).text}]
    if registration.reference:
        found.append({"label": _l("Your reference"), "value": registration.reference, "ltr": True})
    return found
