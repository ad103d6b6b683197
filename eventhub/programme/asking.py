"""What a session would clash with, asked before it is saved: a room, or somebody on a panel, is taken at that time."""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from flask import flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.codes import collation_key
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import in_language
from eventhub.kit.panels import panels
from eventhub.programme import checks
from eventhub.programme import console_queries as queries
from eventhub.programme.console import own_title
from eventhub.programme.models import Event, Session
from eventhub.programme.session_forms import Asked, SlotForm

Result = TypeVar("Result")


class Asking(Protocol):
    """A form that can say what would clash, and has a button to save all the same."""

    asked: Asked | None


class Clashes(DomainError):
    """A session would stand where its room or somebody on its panel is taken, and nobody said that this is known."""

    status = 422
    message = _l("Nothing is saved yet: a room or a panellist is taken at that time.")


class TellsPeople(DomainError):
    """A session would move in calendars, and nobody said that it is known whom that reaches."""

    status = 422
    message = _l("Nothing is saved yet: look first who is told of this change.")


def asking_first(
    form: Asking, event: Event, session: Session | None, action: Callable[[], Result]
) -> Callable[[], Result]:
    """The action, undone where the session then clashes as it did not before, unless the button was pressed that says
    these very clashes are known. ``session``: as it is stored; None where the action makes it. Raises Clashes.
    """

    def act() -> Result:
        before = _clashes_of(event, session) if session else {}
        saved = action()
        db.session.flush()
        stands: Any = session or saved
        db.session.expire(stands, ["room", "panellists"])
        found = {key: words for key, words in _clashes_of(event, stands).items() if key not in before}
        seen = hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()[:16]
        if found and request.form.get("clash") != seen:
            form.asked = Asked(list(found.values()), seen)
            raise Clashes
        return saved

    return act


def telling_first(form: SlotForm, session: Session, action: Callable[[], Result]) -> Callable[[], Result]:
    """The action, undone where the session then has another time, room or link, people have it in their calendars, and
    no button was pressed that says this is known: the one to save, or the one beside the clashes, which are asked about
    first and on the same page. Raises TellsPeople.
    """

    def act() -> Result:
        before = _told_of(session)
        try:
            saved = action()
        except Clashes:
            form.telling = _whom_to_tell(session, before)
            raise
        db.session.flush()
        found = _whom_to_tell(session, before)
        if found and request.form.get("tell") != found and "clash" not in request.form:
            form.telling = found
            raise TellsPeople
        return saved

    return act


def _told_of(session: Session) -> str:
    said = session.starts_at.isoformat(), session.ends_at.isoformat(), str(session.room_id), session.join_link or ""
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def _whom_to_tell(session: Session, before: str) -> str | None:
    found = _told_of(session)
    anybody = any(panel.context.get("anybody") for panel in panels("console.session_moving", session))
    return found if found != before and anybody else None


def warn_of_clashes(event: Event, session: Session) -> None:
    """Say at once whose room or panellist is taken twice by where the session is now; nothing is forbidden."""
    for words in _clashes_of(event, session).values():
        flash(words, "warn")


def told(clash: checks.Clash, event: Event) -> str:
    """A clash as a sentence."""
    names = {"first": own_title(clash.first, event), "second": own_title(clash.second, event)}
    if clash.room is not None:
        room = in_language(clash.room.name, g.lang, event.original_language).text
        return str(gettext("“%(first)s” and “%(second)s” are in the same room at once: %(room)s", room=room, **names))
    said = gettext(
        "“%(first)s” and “%(second)s” have the same panellist at once: %(name)s", name=clash.panellist, **names
    )
    return str(said)


def _clashes_of(event: Event, session: Session) -> dict[str, str]:
    """What a session clashes with in sentences, each by the other session and the room or the person it is about."""
    found = {}
    for one in checks.clashes(queries.programme_of(event)):
        if session.id in {one.first.id, one.second.id}:
            other = one.second if session.id == one.first.id else one.first
            about = one.room.id if one.room is not None else collation_key(one.panellist or "", "en")
            found[f"{other.id} {about}"] = told(one, event)
    return found
