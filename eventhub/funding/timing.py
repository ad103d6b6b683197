"""Whether the days of a call fit before its event: deadline, reading, and the days to answer an offer."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from eventhub.funding.models import Call
from eventhub.funding.rules import Rules
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.programme.models import Event

TO_TRAVEL = timedelta(days=28)
"""For visas and tickets, where days are proposed."""
SHORTEST = timedelta(days=7)
"""A call that is proposed takes applications for so long at least."""
USUAL = timedelta(days=42)
SOON = timedelta(days=14)
"""So far ahead a proposed call opens."""


class DeadlineAfterEvent(DomainError):
    """Nobody applies for a journey to what has begun."""

    status = 422
    message = _l("The event has begun by then. Choose a day up to its first day.")
    field = "closes_at"


def event_of(call: Call) -> Event | None:
    """The event that people travel to, where there is one."""
    return db.session.get(Event, call.event_id) if call.event_id else None


def is_after(event: Event | None, closes_at: datetime) -> bool:
    """Whether applications would be taken after the first day of the event."""
    return event is not None and closes_at.astimezone(ZoneInfo(event.time_zone)).date() > event.first_day


def is_short(event: Event | None, closes_at: datetime, rules: Rules) -> bool:
    """Whether the event begins before reading and the days to answer are over."""
    if event is None:
        return False
    return closes_at + reading_time(rules) + timedelta(days=rules.accept_days) > beginning(event)


LAST_MINUTE = timedelta(minutes=1)


def read_by(event: Event | None, closes_at: datetime, rules: Rules) -> datetime:
    """Until when files are read: as the rules say, and never after the event has begun. Where the days to answer fit
    between, before these. Never midnight: the last minute of a day is that day's to every reader.
    """
    ends = closes_at + reading_time(rules)
    if event is None:
        return ends
    begins = beginning(event)
    answers = begins - timedelta(days=rules.accept_days)
    return min(ends, (answers if answers > closes_at else begins) - LAST_MINUTE)


def proposed(event: Event | None, today: datetime, rules: Rules) -> tuple[datetime, datetime]:
    """From when until when a new call might take applications, reckoned back from the event; local, without a zone."""
    opens, closes = today + SOON, today + SOON + USUAL
    if event is not None:
        first = datetime.combine(event.first_day, today.time())
        latest = first - reading_time(rules) - timedelta(days=rules.accept_days)
        closes = min(closes, max(latest - TO_TRAVEL, min(latest, today + SHORTEST)))
        closes = closes if closes > today else min(today + SHORTEST, first)
        opens = max(today, min(opens, closes - USUAL))
    return opens, closes.replace(hour=23, minute=59)


def reading_time(rules: Rules) -> timedelta:
    """From the deadline until the last file is read."""
    return timedelta(days=rules.reviewing.ends_after_days)


def beginning(event: Event) -> datetime:
    """The first midnight of the event, by its own clock."""
    return datetime.combine(event.first_day, time(), ZoneInfo(event.time_zone))
