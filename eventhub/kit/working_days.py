"""Working days: Monday to Friday."""

from datetime import date, timedelta


def working_days_after(day: date, number: int) -> date:
    """The last of so many working days that follow a day."""
    return _walk(day, number, timedelta(days=1))


def working_days_before(day: date, number: int) -> date:
    """The first of so many working days that come before a day."""
    return _walk(day, number, timedelta(days=-1))


def _walk(day: date, number: int, step: timedelta) -> date:
    while number:
        day += step
        number -= day.weekday() < 5
    return day
