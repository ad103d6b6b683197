"""Time zones: local times that exist, and VTIMEZONE blocks that were checked before use.

Everything is read from the tzdata package and never from the machine, so that web, workers and tests agree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

TZ_VERSION: str = tzdata.IANA_VERSION
"""The tz database in use, such as "2026b": stored with derived UTC times, which are recomputed when it changes."""

TZ_RELEASE_YEAR = int(TZ_VERSION[:4])

VERIFIED_YEARS = 5
"""A VTIMEZONE is used only if its rules equal the tz database for at least this many years."""

_WEEKDAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
# Onsets are counted from here, so that the block of a zone has the same bytes whatever years it was asked for.
_EPOCH_YEAR = 1970
_LAST_YEAR = 9000


class UnknownZone(ValueError):
    """The name is not in the tz database."""


class LocalTimeDoesNotExist(ValueError):
    """The clock jumps over this local time; `moved` is what a clock that was not set would show."""

    def __init__(self, local: datetime, zone: str, moved: datetime) -> None:
        super().__init__(f"{local:%Y-%m-%d %H:%M} does not exist in {zone}")
        self.local, self.zone, self.moved = local, zone, moved


class LocalTimeAmbiguous(ValueError):
    """The clock shows this local time twice; `choices` are the two instants, the earlier (fold 0) first."""

    def __init__(self, local: datetime, zone: str, choices: tuple[datetime, datetime]) -> None:
        super().__init__(f"{local:%Y-%m-%d %H:%M} happens twice in {zone}")
        self.local, self.zone, self.choices = local, zone, choices


def resolve_local(local: datetime, zone: str, fold: int | None = None) -> datetime:
    """The aware time that a naive wall-clock time means in an IANA zone.

    Raises LocalTimeDoesNotExist in a daylight-saving gap, LocalTimeAmbiguous in a repeated hour when `fold` (0 the
    first, 1 the second) is not given, UnknownZone, and ValueError for a time that already has a zone.
    The comparison of offsets is PEP 495's.
    """
    if local.tzinfo is not None:
        raise ValueError("a local time carries no zone of its own")
    if fold not in (None, 0, 1):
        raise ValueError("fold is 0 or 1")
    tz = zone_info(zone)
    first, second = local.replace(tzinfo=tz, fold=0), local.replace(tzinfo=tz, fold=1)
    before, after = _offset(first), _offset(second)
    if before == after:
        return first
    if before < after:
        raise LocalTimeDoesNotExist(local, zone, local + (after - before))
    if fold is None:
        raise LocalTimeAmbiguous(local, zone, (first, second))
    return second if fold else first


def utc_of(local: datetime, zone: str, fold: int | None = None) -> datetime:
    """The instant of a wall-clock time, in UTC; raises as `resolve_local` does."""
    return resolve_local(local, zone, fold).astimezone(UTC)


def is_repeated(local: datetime, zone: str) -> bool:
    """Whether the zone's clock shows this existing local time twice."""
    tz = zone_info(zone)
    return _offset(local.replace(tzinfo=tz, fold=0)) > _offset(local.replace(tzinfo=tz, fold=1))


def is_missing(local: datetime, zone: str) -> bool:
    """Whether the zone's clock jumps over this local time."""
    tz = zone_info(zone)
    return _offset(local.replace(tzinfo=tz, fold=0)) < _offset(local.replace(tzinfo=tz, fold=1))


def vtimezone(zone: str, first_year: int, last_year: int) -> bytes | None:
    """The zone's VTIMEZONE (RFC 5545 section 3.6.5), or None when times of these years must be written in UTC.

    The block holds plain yearly rules only (Outlook misreads RDATE), made of the POSIX rule that closes the zone's
    TZif file (RFC 8536 section 3.3), and equals the tz database in every year asked for, at least five.
    Its bytes do not depend on the years.
    """
    block = zone_rules(zone)
    years = range(first_year, max(last_year, first_year + VERIFIED_YEARS - 1) + 1)
    if block is None or not all(_rules_hold(zone, year) for year in years):
        return None
    return block


@lru_cache(maxsize=1024)
def zone_rules(zone: str) -> bytes | None:
    """The zone's present rules as a VTIMEZONE, or None when they have no plain yearly form; see `vtimezone`."""
    # UTC, GMT, EST, Etc/GMT+5: fixed offsets and abbreviations, which Outlook takes for other zones.
    if "/" not in zone_name(zone) or zone.startswith("Etc/"):
        return None
    rule = _posix_rule(_tzif(zone).read_bytes().rsplit(b"\n", 2)[1].decode("ascii"))
    if rule is None:
        return None
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}", *rule, "END:VTIMEZONE", ""]
    return "\r\n".join(lines).encode("ascii")


def agrees(block: bytes, zone: str, year: int) -> bool:
    """Whether a VTIMEZONE (unfolded, CRLF) gives the tz database's offsets at every instant of one UTC year.

    Any rule but a plain yearly one is refused: false, not an error.
    """
    if not _EPOCH_YEAR < year < _LAST_YEAR:
        return False
    try:
        observances = _observances(block)
        changes = sorted(change for o in observances for change in o.onsets(year - 1, year))
    except (ValueError, KeyError, IndexError):
        return False
    if not changes:
        return False
    tz = zone_info(zone)
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    instants = {begin + timedelta(hours=6 * n) for n in range((end - begin) // timedelta(hours=6))}
    for moment, _ in changes:
        instants |= {moment, moment - timedelta(seconds=1)}
    offset, later = changes[0][1], changes
    for instant in sorted(i for i in instants if begin <= i < end):
        while later and later[0][0] <= instant:
            offset, later = later[0][1], later[1:]
        if _offset(instant.astimezone(tz)) != offset:
            return False
    return True


@lru_cache(maxsize=1024)
def zone_info(zone: str) -> ZoneInfo:
    """The zone from the tzdata package; raises UnknownZone."""
    with _tzif(zone_name(zone)).open("rb") as stream:
        return ZoneInfo.from_file(stream, key=zone)


def zone_name(zone: str) -> str:
    """The name itself when the tz database has it (aliases too); raises UnknownZone for anything else."""
    if zone not in known_zones():
        raise UnknownZone(f"no such time zone: {zone!r}")
    return zone


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Every name of the tz database, aliases included."""
    names = files("tzdata").joinpath("zones").read_text("ascii").split()
    return frozenset(names) - {"Factory", "localtime"}


@lru_cache(maxsize=8192)
def _rules_hold(zone: str, year: int) -> bool:
    block = zone_rules(zone)
    return block is not None and agrees(block, zone, year)


def _tzif(zone: str) -> Traversable:
    return files("tzdata").joinpath("zoneinfo", *zone.split("/"))


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time without an offset")
    return offset


# --- The POSIX rule, written as iCalendar -------------------------------------------------------------------------

_NAME = r"(<[+\-A-Za-z0-9]+>|[A-Za-z]{3,})"
_HMS = r"([+-]?\d{1,3}(?::\d\d){0,2})"
_CHANGE = r"M(\d{1,2})\.(\d)\.(\d)(?:/" + _HMS + ")?"
_POSIX = re.compile(f"{_NAME}{_HMS}(?:{_NAME}{_HMS}?,{_CHANGE},{_CHANGE})?")


def _posix_rule(footer: str) -> list[str] | None:
    """Lines of the observances, or None when a rule has no plain yearly form (Cairo's "Thursday 24:00")."""
    found = _POSIX.fullmatch(footer)
    if found is None:
        return None
    name, offset, dst_name, dst_offset, *changes = found.groups()
    # POSIX counts offsets westward.
    usual = -_seconds(offset)
    if dst_name is None:
        return _observance_lines("STANDARD", name, usual, usual, None)
    other = -_seconds(dst_offset) if dst_offset else usual + 3600
    into, back = _onset(changes[:4]), _onset(changes[4:])
    if into is None or back is None or usual % 60 or other % 60:
        return None
    # Ireland's winter time is its legal "daylight" time; clients expect DAYLIGHT to be the later clock.
    kinds = ("DAYLIGHT", "STANDARD") if other > usual else ("STANDARD", "DAYLIGHT")
    return [
        *_observance_lines(kinds[0], dst_name, usual, other, into),
        *_observance_lines(kinds[1], name, other, usual, back),
    ]


@dataclass(frozen=True, slots=True)
class _Onset:
    """The nth (or last, -1) weekday of a month (0 is Sunday), and the wall-clock time then."""

    month: int
    nth: int
    weekday: int
    time: timedelta

    def on(self, year: int) -> datetime:
        if self.nth > 0:
            first = date(year, self.month, 1)
            day = first + timedelta(days=(self.weekday - first.isoweekday()) % 7 + 7 * (self.nth - 1))
        else:
            last = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)
            day = last - timedelta(days=(last.isoweekday() - self.weekday) % 7)
        return datetime(day.year, day.month, day.day) + self.time  # noqa: DTZ001 - an onset is a wall-clock time


def _onset(parts: list[str]) -> _Onset | None:
    month, week, weekday, time = parts
    seconds = _seconds(time) if time else 2 * 3600
    if not 0 <= seconds < 24 * 3600:
        return None
    return _Onset(int(month), -1 if week == "5" else int(week), int(weekday), timedelta(seconds=seconds))


def _observance_lines(kind: str, name: str, before: int, after: int, onset: _Onset | None) -> list[str]:
    start = f"{onset.on(_EPOCH_YEAR):%Y%m%dT%H%M%S}" if onset else f"{_EPOCH_YEAR}0101T000000"
    lines = [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZNAME:{name.strip('<>')}"]
    lines += [f"TZOFFSETFROM:{_utc_offset(before)}", f"TZOFFSETTO:{_utc_offset(after)}"]
    if onset:
        lines.append(f"RRULE:FREQ=YEARLY;BYMONTH={onset.month};BYDAY={onset.nth}{_WEEKDAYS[onset.weekday]}")
    return [*lines, f"END:{kind}"]


def _seconds(hms: str) -> int:
    hours, minutes, seconds = (*(int(part) for part in hms.lstrip("+-").split(":")), 0, 0)[:3]
    return (-1 if hms.startswith("-") else 1) * (hours * 3600 + minutes * 60 + seconds)


def _utc_offset(seconds: int) -> str:
    return f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02}{abs(seconds) // 60 % 60:02}"


# --- A VTIMEZONE, read back to be checked -------------------------------------------------------------------------

_YEARLY = re.compile(r"FREQ=YEARLY;BYMONTH=(\d{1,2});BYDAY=(-1|[1-4])(SU|MO|TU|WE|TH|FR|SA)")
_OFFSET = re.compile(r"([+-])(\d\d)([0-5]\d)")


@dataclass(frozen=True, slots=True)
class _Observance:
    start: datetime
    before: timedelta
    after: timedelta
    yearly: _Onset | None

    def onsets(self, first_year: int, last_year: int) -> Iterator[tuple[datetime, timedelta]]:
        """Instants of change with the offset from then on; a rule without repetition counts from its start."""
        walls = [self.start] if self.yearly is None else map(self.yearly.on, range(first_year, last_year + 1))
        for wall in walls:
            if wall >= self.start:
                yield (wall - self.before).replace(tzinfo=UTC), self.after


def _observances(block: bytes) -> Iterator[_Observance]:
    for part in re.findall(r"BEGIN:(?:STANDARD|DAYLIGHT)\r\n(.*?)END:", block.decode(), re.DOTALL):
        values: dict[str, str] = {}
        for line in part.splitlines():
            name, _, value = line.partition(":")
            if name in values or name not in {"DTSTART", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"}:
                raise ValueError(f"no plain yearly rule: {name}")
            values[name] = value
        start = datetime.strptime(values["DTSTART"], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall-clock time
        before, after = _read_offset(values["TZOFFSETFROM"]), _read_offset(values["TZOFFSETTO"])
        yield _Observance(start, before, after, _read_yearly(values.get("RRULE"), start))


def _read_yearly(rule: str | None, start: datetime) -> _Onset | None:
    if rule is None:
        return None
    found = _YEARLY.fullmatch(rule)
    if found is None:
        raise ValueError(f"no plain yearly rule: {rule}")
    month, nth, weekday = found.groups()
    time = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
    return _Onset(int(month), int(nth), _WEEKDAYS.index(weekday), time)


def _read_offset(value: str) -> timedelta:
    found = _OFFSET.fullmatch(value)
    if found is None:
        raise ValueError(f"no offset: {value}")
    sign, hours, minutes = found.groups()
    return (-1 if sign == "-" else 1) * timedelta(hours=int(hours), minutes=int(minutes))
