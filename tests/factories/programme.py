"""Series, events and sessions."""

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event, EventKind, Mode, Publication, Series, Session, SessionKind

NUMBERS = itertools.count(1)


def make_series(**given: object) -> Series:
    """A series with a title in two languages."""
    number = next(NUMBERS)
    values: dict[str, object] = {
        "slug": f"series-{number}",
        "title": {"en": f"Series {number}", "ar": f"سلسلة {number}"},
    }
    series = Series(**(values | given))
    db.session.add(series)
    db.session.flush()
    return series


def make_event(series: Series | None = None, **given: object) -> Event:
    """A published forum of two days, a month from now, in Geneva."""
    number = next(NUMBERS)
    first = (now() + timedelta(days=30)).date()
    values: dict[str, object] = {
        "slug": f"event-{number}",
        "code": f"EV{number}",
        "kind": EventKind.FORUM,
        "mode": Mode.HYBRID,
        "publication": Publication.PUBLISHED,
        "title": {"en": f"Event {number}", "ar": f"فعالية {number}"},
        "city": {"en": "Geneva", "ar": "جنيف"},
        "time_zone": "Europe/Zurich",
        "first_day": first,
        "last_day": first + timedelta(days=1),
    }
    event = Event(series_id=(series or make_series()).id, **(values | given))
    db.session.add(event)
    db.session.flush()
    return event


def make_session(event: Event, *, start: time = time(10), hours: float = 1, day: int = 0, **given: object) -> Session:
    """A published session of an event, at a wall time of the event's zone."""
    local = datetime.combine(event.first_day + timedelta(days=day), start)
    end = local + timedelta(hours=hours)
    zone = ZoneInfo(event.time_zone)
    values: dict[str, object] = {
        "kind": SessionKind.PLENARY,
        "publication": Publication.PUBLISHED,
        "title": {"en": f"Session {next(NUMBERS)}"},
        "starts_local": local,
        "ends_local": end,
        "time_zone": event.time_zone,
        "starts_at": local.replace(tzinfo=zone).astimezone(UTC),
        "ends_at": end.replace(tzinfo=zone).astimezone(UTC),
    }
    session = Session(event_id=event.id, **(values | given))
    db.session.add(session)
    db.session.flush()
    return session
