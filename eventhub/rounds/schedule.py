"""On which days rounds are made, and when a silent mailbox gets its next mail. Pure.

The source of the defaults is COMMITMENTS.md: rounds at 3, 6 and 12 months, then yearly; mails on days 0, 5, 12 and 21.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from eventhub.commitments.axes import MONTHS, TO_ANSWER, later

EVERY = 12
DAYS = (0, 5, 12, 21)
OPEN = TO_ANSWER
"""How long a round takes answers: after it a maker who said nothing is silent (axes.py)."""
LATE = timedelta(days=14)
"""A round that the schedule missed for longer is not made any more: the next one asks."""
QUIET = timedelta(days=30)
"""Whoever said something in the days before a round is not asked again so soon."""
MORNING = 8
"""The hour at the event's place from which a round opens."""
LONGEST = 600
"""Months over which anybody is asked: fifty years."""


@dataclass(frozen=True)
class Rhythm:
    """After so many months of the end of an event, then every so many (0: never again); days of mails in a round."""

    months: Sequence[int] = MONTHS
    every: int = EVERY
    days: Sequence[int] = DAYS

    def steps(self) -> Iterator[int]:
        """All steps in months, rising, each once."""
        first = sorted(set(self.months))
        yield from first
        month = first[-1] + self.every
        while self.every and month <= LONGEST:
            yield month
            month += self.every


def planned(rhythm: Rhythm, last_day: date) -> Iterator[tuple[int, date]]:
    """Every step with its day, in order."""
    return ((step, later(last_day, step)) for step in rhythm.steps())


def due(rhythm: Rhythm, last_day: date, moment: datetime, zone: str) -> tuple[int, date] | None:
    """The step whose round should be open now and its day; the newest where two are. None where there is none."""
    local = moment.astimezone(ZoneInfo(zone))
    today = local.date() if local.hour >= MORNING else local.date() - timedelta(days=1)
    found = None
    for step, day in planned(rhythm, last_day):
        if day > today:
            break
        if today - day <= LATE:
            found = (step, day)
    return found


def after(rhythm: Rhythm, last_day: date, heard_on: date) -> date | None:
    """The day of the next round that asks about something of which ``heard_on`` was the last news."""
    return next((day for _step, day in planned(rhythm, last_day) if day >= heard_on + QUIET), None)


def mails_done(days: Sequence[int], began: datetime, moment: datetime) -> int:
    """How many of the mails of a round are due by now, the first among them."""
    passed = (moment - began).days
    return max(1, sum(1 for day in days if day <= passed))


def last_day_of(days: Sequence[int]) -> int:
    """The day of the last mail; from then on staff call."""
    return max(days)
