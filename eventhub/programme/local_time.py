"""Wall-clock times of a programme: which instant a local time means, and the times that are none or two.

The names are those of the tzdata package, which is also where ``kit.clock`` makes every process read its zones.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError


class UnknownZone(DomainError):
    """The tz database has no such name."""

    status = 422
    message = _l("There is no such time zone. Choose one from the list.")
    field = "time_zone"


class LocalTimeMissing(DomainError):
    """The clock jumps over this local time when summer time begins."""

    status = 422
    message = _l("The clocks go forward that night and jump over this time. Choose another one.")


class LocalTimeTwice(DomainError):
    """The clock shows this local time twice when summer time ends, and nobody said which one is meant."""

    status = 422
    message = _l("The clocks go back that night, so this time comes twice. Choose which one you mean.")


def instant_of(local: datetime, zone: str, fold: int | None = None) -> datetime:
    """The instant, in UTC, of a naive wall-clock time. ``fold``: 0 the first, 1 the second of a repeated hour.

    Raises UnknownZone, LocalTimeMissing, and LocalTimeTwice when the hour is repeated and ``fold`` is None.
    The comparison of offsets is PEP 495's.
    """
    first, second = both_readings(local, zone)
    before, after = _offset(first), _offset(second)
    if before < after:
        raise LocalTimeMissing
    if before > after and fold is None:
        raise LocalTimeTwice
    return (second if fold else first).astimezone(UTC)


def is_repeated(local: datetime, zone: str) -> bool:
    """Whether the zone's clock shows this wall-clock time twice. Raises UnknownZone."""
    first, second = both_readings(local, zone)
    return _offset(first) > _offset(second)


def is_missing(local: datetime, zone: str) -> bool:
    """Whether the zone's clock jumps over this wall-clock time. Raises UnknownZone."""
    first, second = both_readings(local, zone)
    return _offset(first) < _offset(second)


def both_readings(local: datetime, zone: str) -> tuple[datetime, datetime]:
    """The wall-clock time with the offset before and after a change of clocks; alike on every other day."""
    tz = zone_info(zone)
    return local.replace(tzinfo=tz, fold=0), local.replace(tzinfo=tz, fold=1)


def zone_info(zone: str) -> ZoneInfo:
    """The zone of that name. Raises UnknownZone."""
    if zone not in _known_zones():
        raise UnknownZone
    return ZoneInfo(zone)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The zones to choose from, one for each place with a clock of its own, and UTC."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    named = {line.split("\t")[2].strip() for line in table.splitlines() if line and not line.startswith("#")}
    return ("UTC", *sorted(named & _known_zones()))


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    names = files("tzdata").joinpath("zones").read_text("ascii").split()
    return frozenset(names) - {"Factory", "localtime"}


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)
