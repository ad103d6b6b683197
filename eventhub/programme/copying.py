"""Dates that move while wall-clock times stay, and an event made from a former one."""

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.i18n import in_language
from eventhub.programme.local_time import LocalTimeMissing, instant_of, is_repeated
from eventhub.programme.models import AgendaItem, ClockDoubt, Event, Publication, Room, Session

EVENT_PARTS = (
    "series_id",
    "kind",
    "mode",
    "original_language",
    "title",
    "lead",
    "description",
    "practical",
    "access_services",
    "city",
    "venue",
    "country",
    "time_zone",
    "interpretation",
)
SESSION_PARTS = (
    "kind",
    "title",
    "summary",
    "description",
    "time_zone",
    "interpretation",
    "access_services",
    "chosen_beforehand",
    "opens_before",
    "places",
    "for_categories",
)
"""What a copy takes over. Not what belongs to the former event: links and numbers to join, panellists, documents."""


class MovedIntoGap(LocalTimeMissing):
    """A session would begin or end at a time that the clocks jump over on its new day."""


class EndsFirst(DomainError):
    """A session that lies in an hour that comes twice would end before it begins where that hour comes once."""

    status = 422
    message = _l("The end must be later than the beginning. If it is after midnight, tick “It ends on the next day”.")


def shifted_first_day(source: date, wanted: date, *, keep_weekday: bool) -> date:
    """The first day of a copy: the wanted one or, with ``keep_weekday``, the next one on the former weekday."""
    return wanted + timedelta(days=(source.weekday() - wanted.weekday()) % 7) if keep_weekday else wanted


def copied_event(source: Event, sessions: list[Session], rooms: list[Room], *, new: dict[str, Any]) -> Event:
    """A draft made from ``source`` with its rooms, sessions and agenda items; ``new`` holds code, slug and first_day.

    Wall-clock times stay, instants follow the zone. Raises MovedIntoGap at ``first_day``.
    """
    first_day: date = new["first_day"]
    days = first_day - source.first_day
    event = Event(
        **{name: _own(getattr(source, name)) for name in EVENT_PARTS},
        **new,
        last_day=source.last_day + days,
        copied_from_id=source.id,
    )
    db.session.add(event)
    db.session.flush()
    twins = {
        room.id: Room(event_id=event.id, name=dict(room.name), capacity=room.capacity, step_free=room.step_free)
        for room in rooms
    }
    db.session.add_all(twins.values())
    db.session.flush()
    alive = [session for session in sessions if session.publication is not Publication.CANCELLED]
    for session in alive:
        twin = Session(**{name: _own(getattr(session, name)) for name in SESSION_PARTS}, event_id=event.id)
        twin.room_id = twins[session.room_id].id if session.room_id in twins else None
        twin.starts_local, twin.ends_local = session.starts_local, session.ends_local
        twin.starts_fold, twin.ends_fold = session.starts_fold, session.ends_fold
        move(twin, days=days, field="first_day")
        db.session.add(twin)
        db.session.flush()
        for item in session.items:
            db.session.add(AgendaItem(session_id=twin.id, position=item.position, title=dict(item.title)))
    db.session.flush()
    return event


def move(session: Session, *, days: timedelta = timedelta(0), zone: str | None = None, field: str) -> None:
    """Move a session by whole days or into another zone: the wall-clock times stay, the instants are made anew.

    An hour that is repeated on the new day is the one it was before (the first, unless said otherwise); where nobody
    said which, that is asked for.
    Raises MovedIntoGap and EndsFirst at ``field``.
    """
    session.time_zone = zone or session.time_zone
    session.starts_local += days
    session.ends_local += days
    try:
        session.starts_at = instant_of(session.starts_local, session.time_zone, session.starts_fold)
        session.ends_at = instant_of(session.ends_local, session.time_zone, session.ends_fold)
    except LocalTimeMissing:
        raise into_gap(session, field) from None
    if session.starts_at >= session.ends_at:
        raise EndsFirst(field=field)
    session.starts_fold = session.starts_fold if is_repeated(session.starts_local, session.time_zone) else 0
    session.ends_fold = session.ends_fold if is_repeated(session.ends_local, session.time_zone) else 0
    if not any(is_repeated(clock, session.time_zone) for clock in (session.starts_local, session.ends_local)):
        session.clock_doubt = None
    elif session.clock_doubt is None:
        session.clock_doubt = ClockDoubt.OPEN


def into_gap(session: Session, field: str) -> MovedIntoGap:
    """Which session would be in a gap of the clock."""
    told = _l(
        "The session “%(title)s” would be at a time that the clocks jump over. Move it first.", title=title_of(session)
    )
    return MovedIntoGap(told, field=field)


def title_of(session: Session) -> str:
    """What a session is called in messages."""
    return in_language(session.title, "en").text


def _own(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value
