"""Feeds of whole days that other features have; calendars never know of what the days are.

They fill the place ``calendar.days``. A provider is asked with the name in the address and answers a panel whose
context holds ``days``: a DayFeed; or nothing where the name is another's.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import current_app

from eventhub.calendars.ics import Occasion, calendar_bytes, event_bytes
from eventhub.kit.config import Settings
from eventhub.kit.panels import panels

REFRESH_MINUTES = 24 * 60
COLOUR = "steelblue"


@dataclass(frozen=True, kw_only=True)
class Day:
    """One whole day in a feed. ``id`` never changes; ``sequence`` rises with each change of what it says. The moments
    are aware.
    """

    id: uuid.UUID
    day: date
    summary: str
    description: str
    url: str
    created: datetime
    changed: datetime
    sequence: int = 0
    cancelled: bool = False
    language: str = ""


@dataclass(frozen=True)
class DayFeed:
    """A feed that is not built yet. ``revisions``: it is the same as long as these stand, and until ``until``."""

    name: str
    source: str
    revisions: tuple[str, ...]
    until: datetime | None
    days: Callable[[], Sequence[Day]]


def found(name: str) -> DayFeed | None:
    """The feed of this name, if there is one."""
    for panel in panels("calendar.days", name):
        feed: DayFeed = panel.context["days"]
        return feed
    return None


def built(feed: DayFeed, language: str) -> bytes:
    """The whole calendar."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    return calendar_bytes(
        [event_bytes(_occasion(day, settings.calendar_domain)) for day in feed.days()],
        name=feed.name,
        zones=(),
        refresh_minutes=REFRESH_MINUTES,
        source_url=feed.source,
        colour=COLOUR,
        language=language,
    )


def _occasion(day: Day, domain: str) -> Occasion:
    begins = datetime.combine(day.day, time())
    return Occasion(
        uid=f"{day.id}@{domain}",
        sequence=day.sequence,
        dtstamp=day.changed,
        created=day.created,
        last_modified=day.changed,
        start_local=begins,
        end_local=begins + timedelta(days=1),
        zone="UTC",
        all_day=True,
        status="CANCELLED" if day.cancelled else "CONFIRMED",
        summary=day.summary,
        description="\n\n".join(part for part in (day.description, day.url) if part),
        url=day.url,
        language=day.language,
        transparent=True,
    )
