"""The only clock of the house, and the one table of time zones."""

import zoneinfo
from datetime import UTC, datetime

# Zones come from the tzdata package and never from the machine, whose table may be years older: else web, workers and
# calendars would disagree about the same session.
zoneinfo.reset_tzpath(())


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 (the one place)
