"""Sessions as a grid of hours and days, as components/week.html draws it. After midnight they go on in the next day."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from babel.dates import format_date
from flask_babel import gettext as _
from markupsafe import Markup

from eventhub.kit.i18n import LOCALES, show_date, show_offset, show_span, show_time

WORKING = range(8, 18)
"""The hours that the grid always shows; it has more where sessions begin earlier or end later."""

FRIDAY = 4
DAY = 24 * 60
"""Minutes."""


class Timed(Protocol):
    """Something with a beginning and an end, by the clock that the grid is drawn in."""

    @property
    def start(self) -> datetime:
        """When it begins."""

    @property
    def end(self) -> datetime:
        """When it ends, later than it begins."""


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True)
class Part(Generic[T]):
    """What of a session lies on one day: from and until which minute of it. ``goes_on``: it began the day before."""

    of: T
    day: date
    start: int
    end: int
    goes_on: bool = False


@dataclass(frozen=True)
class Slot:
    """One session in the grid. Without ``url`` it leads nowhere."""

    start: int
    length: int
    time: str
    datetime: str
    title: str | Markup
    url: str | None
    note: str
    state: str
    wide: bool = True
    """Beside no other."""


@dataclass(frozen=True)
class Day:
    """One column of the grid."""

    id: str
    name: str
    date: str
    today: bool
    slots: list[Slot]
    lanes: int = 1
    """How many stand side by side at most."""


def parts(found: Iterable[T]) -> list[Part[T]]:
    """Each session on the day on which it begins, and on the next one as far as it goes on there; in their order."""
    cut = []
    for one in found:
        first, last = one.start.date(), one.end.date()
        cut.append(Part(one, first, _minutes(one.start), DAY if last > first else _minutes(one.end)))
        if last > first and _minutes(one.end):
            cut.append(Part(one, last, 0, _minutes(one.end), goes_on=True))
    return sorted(cut, key=lambda part: (part.day, part.start))


def week_of(anchor: date, busy: Iterable[date]) -> tuple[date, date]:
    """Monday to Friday of a day's week, and as much of its weekend as is needed."""
    first = anchor - timedelta(days=anchor.weekday())
    friday = first + timedelta(days=FRIDAY)
    return first, max([friday, *(day for day in busy if friday < day <= friday + timedelta(days=2))])


def hours_of(shown: Sequence[Part[T]]) -> range:
    """The rows of the grid: working hours, and whatever lies before or after."""
    first = min((part.start // 60 for part in shown), default=WORKING.start)
    last = max((-(-part.end // 60) for part in shown), default=WORKING.stop)
    return range(min(first, WORKING.start), max(last, WORKING.stop))


def one_offset(shown: Sequence[Timed]) -> str | None:
    """UTC+1 where all begin by the same; None where they do not, or there is nothing."""
    offsets = {show_offset(one.start) for one in shown}
    return offsets.pop() if len(offsets) == 1 else None


def day(on: date, slots: Sequence[Slot], lang: str, today: date) -> Day:
    """A column with its slots."""
    rows = Counter(row for slot in slots for row in range(slot.start, slot.start + slot.length))
    alone = [all(rows[row] == 1 for row in range(slot.start, slot.start + slot.length)) for slot in slots]
    return Day(
        id=f"d{on:%Y%m%d}",
        name=format_date(on, "EEEE", locale=LOCALES[lang]),
        date=show_date(on, lang, year=False),
        today=on == today,
        slots=[replace(slot, wide=wide) for slot, wide in zip(slots, alone, strict=True)],
        lanes=max(rows.values(), default=1),
    )


def slot(
    part: Part[T], hours: range, lang: str, *, title: str | Markup, url: str | None, note: str, state: str = ""
) -> Slot:
    """A session's part where it stands in its day."""
    last = 2 * len(hours)
    start = min(_row_at(part.start, hours), last - 1)
    end = min(_row_at(part.end, hours), last)
    begins, ends = part.of.start, part.of.end
    return Slot(
        start=start,
        length=max(1, end - start),
        time=str(_("Until %(time)s", time=show_time(ends))) if part.goes_on else show_span(begins, ends, lang),
        datetime=(ends if part.goes_on else begins).isoformat(timespec="minutes"),
        title=title,
        url=url,
        note=note,
        state=state,
    )


def _row_at(minutes: int, hours: range) -> int:
    """The grid's row, to the nearest half hour: what follows at a quarter to does not look like an overlap."""
    return (minutes + 15) // 30 - 2 * hours.start


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
