"""What is asked before a session is saved: what it would clash with, whom its move reaches, and who loses it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from eventhub.kit.codes import collation_key
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import in_language
from eventhub.kit.panels import Panel, panels
from eventhub.programme import checks
from eventhub.programme import console_queries as queries
from eventhub.programme.console import own_title
from eventhub.programme.models import Event, Session, SessionKind
from eventhub.programme.session_actions import Loss
from eventhub.programme.session_forms import Asked, SlotForm

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Standing:
    """What people are told of a session, where it changes."""

    slot: tuple[str, ...]
    is_break: bool
    categories: frozenset[str]

    @property
    def digest(self) -> str:
        """What stands for it on the button that saves."""
        said = "\n".join((*self.slot, str(self.is_break), *sorted(self.categories)))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class Asking(Protocol):
    """A form that can say what would clash, and has a button to save all the same."""

    asked: Asked | None


class Clashes(DomainError):
    """A session would stand where its room or somebody on its panel is taken, and nobody said that this is known."""

    status = 422
    message = _l("Nothing is saved yet: a room or a panellist is taken at that time.")


class TellsPeople(DomainError):
    """A session would move in calendars, or leave some, and nobody said that it is known whom that reaches."""

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
    """The action, undone where people have the session in their calendars, it then has another time, room or link, is a
    break or is for others than they are, and no button was pressed that says this is known: the one to save, or the one
    beside the clashes, which are asked about first and on the same page. Raises TellsPeople.
    """

    def act() -> Result:
        before = _standing(session)
        try:
            saved = action()
        except Clashes:
            form.telling, form.told = _whom_to_tell(session, before)
            raise
        db.session.flush()
        found, told_how = _whom_to_tell(session, before)
        known = {request.form.get("tell"), request.form.get("told") if "clash" in request.form else None}
        if found and found not in known:
            form.telling, form.told = found, told_how
            raise TellsPeople
        return saved

    return act


def _standing(session: Session) -> _Standing:
    slot = session.starts_at.isoformat(), session.ends_at.isoformat(), str(session.room_id), session.join_link or ""
    return _Standing(slot, session.kind is SessionKind.BREAK, frozenset(session.for_categories))


def _whom_to_tell(session: Session, before: _Standing) -> tuple[str | None, list[Panel]]:
    """What stands for the change on the button that saves it, and who is told or loses the session, and how; None where
    that is nobody.
    """
    found, asked = _standing(session), list[Panel]()
    if found.is_break and not before.is_break:
        asked = panels("console.session_losing", Loss(session, None))
    elif not found.is_break:
        if found.slot != before.slot:
            asked = panels("console.session_moving", session)
        if found.categories and found.categories != before.categories:
            asked += panels("console.session_losing", Loss(session, found.categories))
    reached = [panel for panel in asked if panel.context.get("anybody")]
    return (found.digest, reached) if reached else (None, [])


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
