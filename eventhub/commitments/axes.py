"""What is computed about a commitment and never typed: how fresh the news of it is, and its progress. Pure.

The source of the times is COMMITMENTS.md: makers are asked 3, 6 and 12 months after publication, then each year.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MONTHS = (3, 6, 12)
"""After so many months a maker is asked the first times; then every twelve."""
TO_ANSWER = timedelta(days=30)
"""So long an answer is due before the silence is called silence."""


class Freshness(StrEnum):
    """How old the last news is (the code list ``freshness``)."""

    UP_TO_DATE = "up_to_date"
    DUE = "due"
    SILENT = "silent"


@dataclass(frozen=True)
class News:
    """How fresh a commitment is. ``days``: since the last news; while an answer is due, since it is."""

    freshness: Freshness
    days: int


def freshness(heard_on: date, expected_on: date, today: date) -> News:
    """How fresh the last news of ``heard_on`` is, when the next was expected at ``expected_on``."""
    if today < expected_on:
        return News(Freshness.UP_TO_DATE, max(0, (today - heard_on).days))
    if today < expected_on + TO_ANSWER:
        return News(Freshness.DUE, (today - expected_on).days)
    return News(Freshness.SILENT, (today - heard_on).days)


def expected(published_on: date, heard_on: date) -> date:
    """The first day after ``heard_on`` on which news is expected."""
    for months in MONTHS:
        if (day := later(published_on, months)) > heard_on:
            return day
    months = 12 * max(1, heard_on.year - published_on.year)
    while (day := later(published_on, months)) <= heard_on:
        months += 12
    return day


def later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last one where there is no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def progress(done: int, total: int) -> int | None:
    """Whole per cent of the milestones that are done, rounded down; None where there is none. Raises ValueError."""
    if not 0 <= done <= total:
        raise ValueError("more milestones are done than there are")
    return 100 * done // total if total else None
