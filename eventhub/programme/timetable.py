"""The public programme of an event as a grid: one week of it or one day, by the clock of its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import gettext as _

from eventhub.kit.i18n import LOCALES, show_days, show_offset
from eventhub.programme import grid, shown
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.programme.queries import local

Address = Callable[[date, bool], str]
"""The address of a week, or of one day (True)."""


@dataclass(frozen=True)
class Timetable:
    """What the template places. ``changes_at``: when it reads otherwise by the clock alone, if it does."""

    dates: str
    offset: str
    days: list[grid.Day]
    hours: list[str]
    chips: list[dict[str, object]]
    changes_at: datetime | None


@dataclass(frozen=True)
class _Placed:
    session: Session
    start: datetime
    end: datetime


def timetable(
    event: Event,
    lang: str,
    *,
    wished: date | None,
    one_day: bool,
    moment: datetime,
    to: Address,
    url: Callable[..., str],
) -> Timetable | None:
    """The week of a wished day, or that day alone; the first to come where none is wished or nothing is on. None
    without any session. ``url``: a session's page.
    """
    parts = grid.parts([_placed(one) for one in event.sessions])
    busy = sorted({part.day for part in parts})
    if not busy:
        return None
    here = ZoneInfo(event.time_zone)
    today = moment.astimezone(here).date()
    anchor = _anchor(busy, wished, today, event.first_day, one_day=one_day)
    week = [day for day in busy if _monday(day) == _monday(anchor)]
    first, last = (anchor, anchor) if one_day else (week[0], week[-1])
    drawn = [part for part in parts if first <= part.day <= last]
    hours = grid.hours_of(drawn)
    tomorrow = datetime.combine(today + timedelta(days=1), time(), here)
    return Timetable(
        dates=show_days(first, last, lang),
        offset=", ".join(dict.fromkeys(show_offset(part.of.start) for part in drawn)),
        days=[
            grid.day(day, [_slot(part, event, lang, hours, url) for part in drawn if part.day == day], lang, today)
            for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        ],
        hours=[f"{hour:02}:00" for hour in hours],
        chips=_chips(busy, week, anchor if one_day else None, lang, to),
        changes_at=tomorrow if today <= busy[-1] else None,
    )


def _placed(session: Session) -> _Placed:
    zone = session.time_zone
    return _Placed(session, local(session.starts_at, zone), local(session.ends_at, zone))


def _anchor(busy: Sequence[date], wished: date | None, today: date, opening: date, *, one_day: bool) -> date:
    """A day that has sessions: the wished one or, for a week, another of its week; else today, else the next, of the
    event itself rather than one of preparation; else the first.
    """
    if wished is not None and wished in busy:
        return wished
    near = [day for day in busy if wished and not one_day and _monday(day) == _monday(wished)]
    coming = [day for day in busy if day >= today]
    present = [day for day in coming if day == today]
    return next(iter([*near, *present, *(day for day in coming if day >= opening), *coming, busy[0]]))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _slot(part: grid.Part[_Placed], event: Event, lang: str, hours: range, url: Callable[[Session], str]) -> grid.Slot:
    session = part.of.session
    rest = session.kind is SessionKind.BREAK
    cancelled = session.publication is Publication.CANCELLED
    return grid.slot(
        part,
        hours,
        lang,
        title=shown.words(session.title, event.original_language, lang),
        url=None if rest else url(session),
        note=str(_("Cancelled")) if cancelled else shown.room_name(session, event, lang),
        state="off" if cancelled else "pause" if rest else "",
    )


def _chips(
    busy: Sequence[date], week: Sequence[date], chosen: date | None, lang: str, to: Address
) -> list[dict[str, object]]:
    """The week, each of its days that has sessions, and the ways to the weeks before and after it."""
    chips: list[dict[str, object]] = [{"label": _("Week"), "url": to(week[0], False), "current": chosen is None}]
    chips += [
        {"label": format_date(day, "EEEE", locale=LOCALES[lang]), "url": to(day, True), "current": day == chosen}
        for day in (week if len(busy) > 1 else [])
    ]
    before = [day for day in busy if day < week[0]]
    after = [day for day in busy if day > week[-1]]
    if before:
        chips.append({"label": _("Earlier week"), "url": to(before[-1], False)})
    if after:
        chips.append({"label": _("Later week"), "url": to(after[0], False)})
    return chips
