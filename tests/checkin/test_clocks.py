"""Times of scans put right: wrong by an hour, drifting, set in the middle of the day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.checkin.clocks import corrected

LISTED = datetime(2026, 11, 26, 7, tzinfo=UTC)
SENT = LISTED + timedelta(hours=9)
HOUR = 3_600_000


def put(device_at: datetime, at_listing: int, at_sending: int) -> tuple[datetime, bool]:
    found = corrected(
        device_at, listed_at=LISTED, listed_offset_ms=at_listing, received_at=SENT, sent_offset_ms=at_sending
    )
    return found.at, found.doubtful


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-20_000), timedelta()])
def test_a_steady_clock_is_put_right_however_wrong(wrong: timedelta) -> None:
    true = LISTED + timedelta(hours=2, minutes=12)
    offset = -round(wrong / timedelta(milliseconds=1))
    assert put(true + wrong, offset, offset) == (true, False)


def test_a_drifting_clock_is_followed() -> None:
    """A minute between morning and evening: half a minute at noon."""
    true = LISTED + timedelta(hours=4, minutes=30)
    found, doubtful = put(true + timedelta(seconds=30), 0, -60_000)
    assert abs(found - true) < timedelta(seconds=1)
    assert not doubtful


def test_a_clock_that_was_set_is_believed_where_it_can_be() -> None:
    """Nine hours fast in the morning, set right later: only one of the two offsets puts the scan into the day."""
    true = LISTED + timedelta(hours=1)
    assert put(true + timedelta(hours=9, minutes=30), -9 * HOUR - HOUR // 2, 0) == (true, False)


def test_where_both_offsets_fit_the_time_is_a_guess_and_says_so() -> None:
    true = LISTED + timedelta(hours=4)
    found, doubtful = put(true + timedelta(hours=1), -HOUR, 0)
    assert (found, doubtful) == (true, True)


@given(
    device=st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001 (given UTC below)
    listed=st.integers(-(2**53), 2**53),
    sent=st.integers(-(2**53), 2**53),
)
def test_no_scan_lies_outside_of_the_day_it_was_made_in(device: datetime, listed: int, sent: int) -> None:
    found, _doubtful = put(device.replace(tzinfo=UTC), listed, sent)
    assert LISTED <= found <= SENT
