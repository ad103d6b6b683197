"""The only clock of the house, and the one table of time zones."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta

# Zones come from the tzdata package and never from the machine, whose table may be years older: else web, workers and
# calendars would disagree about the same session.
zoneinfo.reset_tzpath(())


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 (the one place)


def working_days_after(day: date, number: int) -> date:
    """The last of so many days from Monday to Friday that follow a day."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day
