"""Local times and VTIMEZONE blocks, checked against the tz database and an independent reader."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Timezone

from eventhub.calendars.zones import (
    TZ_VERSION,
    LocalTimeAmbiguous,
    LocalTimeDoesNotExist,
    UnknownZone,
    agrees,
    is_repeated,
    known_zones,
    resolve_local,
    utc_of,
    vtimezone,
    zone_info,
    zone_rules,
)
from tests.calendars.occasions import wall

ZURICH = (
    b"BEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\n"
    b"BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    b"BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def test_zurich_is_two_yearly_rules() -> None:
    assert vtimezone("Europe/Zurich", 2026, 2030) == ZURICH


def test_the_block_has_the_same_bytes_whatever_the_years() -> None:
    assert vtimezone("Europe/Zurich", 2031, 2031) == vtimezone("Europe/Zurich", 2026, 2027) == ZURICH


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Africa/Casablanca", "America/Vancouver", "Asia/Jerusalem"])
def test_zones_without_plain_lasting_rules_are_written_in_utc(zone: str) -> None:
    assert vtimezone(zone, 2025, 2026) is None


@pytest.mark.parametrize("zone", ["UTC", "GMT", "Etc/UTC", "Etc/GMT-2", "EST", "CET", "EST5EDT", "Greenwich"])
def test_fixed_offsets_and_abbreviations_are_written_in_utc(zone: str) -> None:
    assert vtimezone(zone, 2026, 2030) is None


@pytest.mark.parametrize("zone", ["Europe", "../../etc/passwd", "Europe/../Europe/Zurich", "", "Mars/Base", "+01:00"])
def test_only_names_of_the_tz_database_are_zones(zone: str) -> None:
    for ask in (zone_info, zone_rules, lambda name: utc_of(wall("2027-01-01 00:00"), name)):
        with pytest.raises(UnknownZone):
            ask(zone)


def test_a_place_with_one_offset_has_one_observance() -> None:
    block = vtimezone("Asia/Kolkata", 2026, 2030)
    assert block is not None
    assert block.count(b"BEGIN:STANDARD") == 1
    assert b"RRULE" not in block


def test_irish_summer_is_daylight_time() -> None:
    block = vtimezone("Europe/Dublin", 2026, 2030)
    assert block is not None
    assert b"BEGIN:DAYLIGHT\r\nDTSTART:19700329T010000\r\nTZNAME:IST\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100" in block


@pytest.mark.parametrize(
    "zone",
    ["Europe/Zurich", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Asuncion"],
)
def test_an_independent_reader_finds_the_same_offsets(zone: str) -> None:
    block = vtimezone(zone, 2027, 2031)
    assert block is not None
    read = Timezone.from_ical(block).to_tz(lookup_tzid=False)
    for day in range(5 * 365):
        local = wall("2027-01-01 12:00") + timedelta(days=day)
        assert local.replace(tzinfo=read).utcoffset() == local.replace(tzinfo=zone_info(zone)).utcoffset(), local


def test_every_zone_either_agrees_with_the_tz_database_or_has_no_block() -> None:
    blocks = {zone: block for zone in sorted(known_zones())[::9] if (block := vtimezone(zone, 2027, 2031))}
    assert len(blocks) > 40
    for zone, block in blocks.items():
        read = Timezone.from_ical(block).to_tz(lookup_tzid=False)
        for day in range(0, 5 * 365, 5):
            local = wall("2027-01-01 12:00") + timedelta(days=day)
            assert local.replace(tzinfo=read).utcoffset() == local.replace(tzinfo=zone_info(zone)).utcoffset()
        assert not any(word in block for word in (b"RDATE", b"COMMENT", b"BYMONTHDAY"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"BYDAY=-1SU\r\nEND:DAYLIGHT", b"BYDAY=4SU\r\nEND:DAYLIGHT"),
        (b"BYMONTH=10", b"BYMONTH=9"),
        (b"T030000", b"T020000"),
        (b"TZOFFSETTO:+0200", b"TZOFFSETTO:+0300"),
        (b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", b"RDATE:20300331T020000"),
        (b"BYMONTH=3;BYDAY=-1SU", b"BYMONTH=3;BYDAY=SU;BYMONTHDAY=25,26,27,28,29,30,31"),
        (b"DTSTART:19700329T020000", b"DTSTART:20310329T020000"),
        (b"TZOFFSETFROM:+0100\r\n", b""),
    ],
)
def test_a_block_that_differs_from_the_tz_database_is_seen(old: bytes, new: bytes) -> None:
    assert agrees(ZURICH, "Europe/Zurich", 2030)
    assert old in ZURICH
    assert not agrees(ZURICH.replace(old, new), "Europe/Zurich", 2030)


def test_a_block_says_nothing_about_years_with_other_rules() -> None:
    assert agrees(ZURICH, "Europe/Zurich", 1997)
    assert not agrees(ZURICH, "Europe/Zurich", 1994)
    assert not agrees(ZURICH, "Europe/Zurich", 1960)
    assert vtimezone("Europe/Zurich", 1994, 1994) is None


@pytest.mark.parametrize("day", [wall("2027-03-28 00:00"), wall("2028-03-26 00:00")])
def test_a_time_in_the_gap_is_refused_with_the_time_a_clock_would_show(day: datetime) -> None:
    with pytest.raises(LocalTimeDoesNotExist) as refused:
        resolve_local(day.replace(hour=2, minute=30), "Europe/Zurich")
    assert refused.value.moved == day.replace(hour=3, minute=30)
    with pytest.raises(LocalTimeDoesNotExist):
        utc_of(day.replace(hour=2, minute=30), "Europe/Zurich", 1)
    assert utc_of(day.replace(hour=1, minute=59), "Europe/Zurich") == day.replace(minute=59, tzinfo=UTC)
    assert utc_of(day.replace(hour=3), "Europe/Zurich") == day.replace(hour=1, tzinfo=UTC)


def test_a_repeated_hour_needs_to_be_told_apart() -> None:
    local = wall("2027-10-31 02:30")
    with pytest.raises(LocalTimeAmbiguous) as asked:
        resolve_local(local, "Europe/Zurich")
    first, second = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert [choice.astimezone(UTC) for choice in asked.value.choices] == [first, second]
    assert utc_of(local, "Europe/Zurich", 0) == first
    assert utc_of(local, "Europe/Zurich", 1) == second
    assert is_repeated(local, "Europe/Zurich")
    assert not is_repeated(local + timedelta(hours=1), "Europe/Zurich")


def test_the_half_hour_of_lord_howe_repeats() -> None:
    local = wall("2027-04-04 01:45")
    assert utc_of(local, "Australia/Lord_Howe", 1) - utc_of(local, "Australia/Lord_Howe", 0) == timedelta(minutes=30)


def test_a_fold_on_an_ordinary_hour_changes_nothing() -> None:
    local = wall("2027-06-01 10:00")
    assert resolve_local(local, "Europe/Zurich", 1) == resolve_local(local, "Europe/Zurich")


def test_what_is_no_wall_clock_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        resolve_local(datetime(2027, 6, 1, tzinfo=UTC), "Europe/Zurich")
    with pytest.raises(ValueError, match="fold"):
        resolve_local(wall("2027-06-01 00:00"), "Europe/Zurich", 2)


def test_ten_in_geneva_stays_ten_over_the_change_of_clocks() -> None:
    for first in (wall("2027-03-12 10:00"), wall("2028-03-12 10:00")):
        weeks = [resolve_local(first + timedelta(weeks=n), "Europe/Zurich") for n in range(6)]
        assert {week.hour for week in weeks} == {10}
        assert {week.astimezone(UTC).hour for week in weeks} == {9, 8}


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(wall("2000-01-01 00:00"), wall("2040-01-01 00:00")),
    st.sampled_from(
        ["Europe/Zurich", "Africa/Cairo", "America/Nuuk", "Pacific/Apia", "Asia/Gaza", "Africa/Casablanca"]
    ),
    st.sampled_from([0, 1]),
)
def test_a_resolved_time_reads_back_as_it_was_typed(local: datetime, zone: str, fold: int) -> None:
    try:
        instant = utc_of(local, zone, fold)
    except LocalTimeDoesNotExist as refused:
        instant, local = utc_of(refused.moved, zone), refused.moved
    assert instant.astimezone(zone_info(zone)).replace(tzinfo=None, fold=0) == local


def test_the_tz_version_is_known() -> None:
    assert TZ_VERSION[:4].isdigit()
    assert TZ_VERSION[4:].isalpha()
