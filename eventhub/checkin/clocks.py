"""When a scan happened, by our clock: phones at doors are wrong by minutes, by an hour, and change their mind.

A phone's offset (our clock less its own) is measured when it fetches the list and again when it sends its scans. The
scan lies between those two moments, by our clock: that is what decides when the two offsets differ.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

STEADY_MS = 90_000
"""Two offsets this close are one clock that drifts; more, and somebody has set it."""
SLACK = timedelta(seconds=30)
"""A slow answer makes an offset wrong by a little."""
DAYS = timedelta(days=36_600)
"""A clock that was never set says 1970; offsets beyond a century are no clock's."""


@dataclass(frozen=True)
class Put:
    """The moment by our clock, and whether it is a guess."""

    at: datetime
    doubtful: bool = False


def corrected(
    device_at: datetime,
    *,
    listed_at: datetime | None,
    listed_offset_ms: int | None,
    received_at: datetime,
    sent_offset_ms: int,
) -> Put:
    """The moment of a scan by our clock. It never lies before the list was given out, nor after the scan arrived."""
    at_sending = device_at + _span(sent_offset_ms)
    if listed_at is None or listed_offset_ms is None:
        return _between(at_sending, None, received_at)
    at_listing = device_at + _span(listed_offset_ms)
    if abs(sent_offset_ms - listed_offset_ms) <= STEADY_MS:
        # A drifting clock: the nearer to sending, the more the later measure counts.
        length = max((received_at - listed_at).total_seconds(), 1.0)
        part = min(max((at_listing - listed_at).total_seconds() / length, 0.0), 1.0)
        middle = at_listing + (at_sending - at_listing) * part
        return _between(middle, listed_at, received_at)
    fits = [at for at in (at_listing, at_sending) if listed_at - SLACK <= at <= received_at + SLACK]
    if len(fits) == 1:
        return Put(_within(fits[0], listed_at, received_at))
    return Put(_within(at_listing, listed_at, received_at), doubtful=True)


def offset_ms(ours: datetime, theirs: datetime) -> int:
    """Our clock less theirs, in milliseconds."""
    return round((ours - theirs) / timedelta(milliseconds=1))


def _span(milliseconds: int) -> timedelta:
    return max(-DAYS, min(DAYS, timedelta(milliseconds=milliseconds)))


def _between(at: datetime, first: datetime | None, last: datetime) -> Put:
    inside = _within(at, first, last)
    return Put(inside, doubtful=abs(inside - at) > SLACK)


def _within(at: datetime, first: datetime | None, last: datetime) -> datetime:
    return min(max(at, first) if first else at, last)
