"""The page "My sessions" as data: days with slots, rows with details, conflicts, and the ways to other weeks."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from eventhub.calendars import blobs
from eventhub.calendars.access import may_join
from eventhub.calendars.models import Choice, Invite, Partstat
from eventhub.calendars.queries import Mine
from eventhub.calendars.zones import zone_info
from eventhub.kit.i18n import UNCHOSEN, in_language, show_date, show_days, show_offset, show_span, zone_city
from eventhub.programme import grid, shown
from eventhub.programme.grid import Part
from eventhub.programme.models import Session

Overlaps = dict[uuid.UUID, list[Session]]


@dataclass(frozen=True)
class Wish:
    """How the reader wants to see it: around which day, one day or a week, in the place's time or in their own."""

    day: date | None = None
    one_day: bool = False
    own_time: bool = False


@dataclass(frozen=True)
class Row:
    """One session with everything one needs on the day."""

    mine: Mine
    id: str
    heading: str
    title: Markup
    event_title: Markup
    time: str
    datetime: str
    own_time: str | None
    place: str
    overlaps: list[str]
    """The titles of others at the same time."""
    maybe: bool
    join_page: str | None
    said: str | None
    may_invite: bool
    """Whether an invite by mail could be asked for."""


@dataclass(frozen=True)
class Page:
    """What the template places."""

    first: date
    dates: str
    zone: str | None
    days: list[grid.Day]
    rows: list[Row]
    previous: date | None
    next: date | None
    hours: list[str]


@dataclass(frozen=True)
class _Placed:
    mine: Mine
    start: datetime
    end: datetime


def my_page(mine: Sequence[Mine], *, lang: str, own_zone: str, wish: Wish, moment: datetime) -> Page:
    """The sessions of one week or day, each in the time of its place unless the reader wishes their own zone's."""
    placed = [_placed(one, own_zone if wish.own_time else one.session.time_zone) for one in mine]
    parts = grid.parts(placed)
    today = moment.astimezone(zone_info(own_zone)).date()
    first, last = _range(placed, parts, wish, today, moment)
    drawn = [one for one in parts if first <= one.day <= last]
    now_shown = [one for one in placed if one.start.date() <= last and first <= _last_day(one)]
    clashing, hours = conflicts(mine), grid.hours_of(drawn)
    return Page(
        first=first,
        dates=show_days(first, last, lang),
        zone=_zone(now_shown, lang, own_time=wish.own_time),
        days=[
            grid.day(day, [_slot(one, clashing, lang, hours) for one in drawn if one.day == day], lang, today)
            for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        ],
        rows=[_row(one, clashing, lang, own_zone, moment) for one in now_shown],
        previous=max((one.start.date() for one in placed if one.start.date() < first), default=None),
        next=min((one.start.date() for one in placed if one.start.date() > last), default=None),
        hours=[f"{hour:02}:00" for hour in hours],
    )


def my_rows(mine: Sequence[Mine], *, lang: str, own_zone: str, moment: datetime) -> list[Row]:
    """The sessions one after the other, each in the time of its place."""
    placed = [_placed(one, one.session.time_zone) for one in mine]
    clashing = conflicts(mine)
    return [_row(one, clashing, lang, own_zone, moment) for one in placed]


def conflicts(mine: Sequence[Mine]) -> Overlaps:
    """By the ids of sessions, the others at the same time; what is cancelled is in nobody's way."""
    found: Overlaps = {}
    going_on: list[Session] = []
    for one in sorted((one.session for one in mine if not one.cancelled), key=lambda one: one.starts_at):
        going_on = [other for other in going_on if other.ends_at > one.starts_at]
        for other in going_on:
            found.setdefault(one.id, []).append(other)
            found.setdefault(other.id, []).append(one)
        going_on.append(one)
    return found


def _placed(mine: Mine, zone: str) -> _Placed:
    tz = zone_info(zone)
    return _Placed(mine, mine.session.starts_at.astimezone(tz), mine.session.ends_at.astimezone(tz))


def _range(
    placed: Sequence[_Placed], parts: Sequence[Part[_Placed]], wish: Wish, today: date, moment: datetime
) -> tuple[date, date]:
    """The wished day, else this week when something is on, else the next that has something, else the last one."""
    days = [one.day for one in parts]
    coming = [one.start.date() for one in placed if one.end > moment]
    monday = today - timedelta(days=today.weekday())
    this_week = [day for day in days if monday <= day < monday + timedelta(days=7)]
    if wish.one_day and this_week and not wish.day:
        this_week = [day for day in this_week if day >= today] or this_week
    anchor = wish.day or next(iter([*this_week[:1], *coming[:1], *days[-1:], today]))
    return (anchor, anchor) if wish.one_day else grid.week_of(anchor, days)


def _zone(placed: Sequence[_Placed], lang: str, *, own_time: bool) -> str | None:
    """Geneva (UTC+1); None when the sessions are in several places, each with its own time."""
    offset = grid.one_offset(placed)
    if offset is None:
        return None
    first = placed[0]
    event = first.mine.session.event
    city = zone_city(str(first.start.tzinfo), lang)
    if not own_time:
        city = in_language(event.city, lang, event.original_language).text or city
    return str(_("%(place)s (%(offset)s)", place=city, offset=offset))


def _slot(part: Part[_Placed], clashing: Overlaps, lang: str, hours: range) -> grid.Slot:
    mine = part.of.mine
    session = mine.session
    notes = [shown.room_name(session, session.event, lang)]
    if mine.cancelled:
        notes = [str(_("Cancelled"))]
    elif session.id in clashing:
        notes.append(str(_("overlaps")))
    if mine.chosen.choice is Choice.MAYBE and not mine.cancelled:
        notes.append(str(_("maybe")))
    return grid.slot(
        part,
        hours,
        lang,
        title=_title(session, lang),
        url=f"#s-{session.id}",
        note=" · ".join(note for note in notes if note),
        state=_state(mine, clashing),
    )


def _state(mine: Mine, clashing: Overlaps) -> str:
    if mine.cancelled:
        return "off"
    if mine.chosen.choice is Choice.MAYBE:
        return "maybe"
    return "clash" if mine.session.id in clashing else ""


def _row(one: _Placed, clashing: Overlaps, lang: str, own_zone: str, moment: datetime) -> Row:
    session, registration = one.mine.session, one.mine.registration
    event = session.event
    opens = may_join(registration.state, has_seat=registration.has_seat) and not one.mine.cancelled
    title = shown.words(session.title, event.original_language, lang)
    event_title = shown.words(event.title, event.original_language, lang)
    return Row(
        mine=one.mine,
        id=f"s-{session.id}",
        heading=show_date(one.start.date(), lang, weekday=True),
        title=title,
        event_title=event_title if event_title != title else Markup(),
        time=show_span(one.start, one.end, lang),
        datetime=one.start.isoformat(timespec="minutes"),
        own_time=_own_time(one, own_zone, lang),
        place=blobs.place(session, lang),
        overlaps=[_title(other, lang) for other in clashing.get(session.id, [])],
        maybe=one.mine.chosen.choice is Choice.MAYBE,
        join_page=_join_page(session) if opens and session.room_closes_at > moment else None,
        said=_said(one.mine.answered) if one.mine.answered else None,
        may_invite=one.mine.invite is None and not one.mine.cancelled and session.ends_at > moment,
    )


def _title(session: Session, lang: str) -> str:
    return in_language(session.title, lang, session.event.original_language).text


def _join_page(session: Session) -> str | None:
    """The page that gives out the link once the room opens."""
    return url_for("rooms.join", slug=session.event.slug, session_id=session.id) if session.join_link else None


def _said(invite: Invite) -> str:
    if invite.partstat is Partstat.DECLINED:
        return str(_("You answered the invitation: no"))
    if invite.partstat is Partstat.TENTATIVE:
        return str(_("You answered the invitation: maybe"))
    return str(_("You answered the invitation: yes"))


def _own_time(one: _Placed, own_zone: str, lang: str) -> str | None:
    """The same in the reader's zone, or in the place's when the page is in the reader's; None where they agree."""
    session = one.mine.session
    there = session.time_zone if str(one.start.tzinfo) == own_zone else own_zone
    other = _placed(one.mine, there)
    # Nobody has to live in UTC: it means that the person did not say.
    if there == UNCHOSEN or other.start.utcoffset() == one.start.utcoffset():
        return None
    city, offset = zone_city(there, lang), show_offset(other.start)
    if there == session.time_zone:
        city = in_language(session.event.city, lang, session.event.original_language).text or city
    if other.start.date() == one.start.date():
        return str(
            _(
                "%(time)s in %(place)s (%(offset)s)",
                time=show_span(other.start, other.end, lang),
                place=city,
                offset=offset,
            )
        )
    day = show_date(other.start.date(), lang, weekday=True, year=False)
    parts = {"day": day, "time": show_span(other.start, other.end, lang), "place": city, "offset": offset}
    return str(_("%(day)s, %(time)s in %(place)s (%(offset)s)", **parts))


def _last_day(one: _Placed) -> date:
    """The day on which it is last seen in the grid: what ends at midnight is not seen on the next one."""
    return (one.end - timedelta(minutes=1)).date()


def session_page(mine: Mine) -> str:
    """The public page of a session."""
    return url_for("programme.session", slug=mine.session.event.slug, session_id=mine.session.id)
