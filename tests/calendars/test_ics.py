"""Entries, calendars and invites as bytes: what any text, zone or number of entries may do to them."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from eventhub.calendars.ics import (
    BadAddress,
    BadOccasion,
    Occasion,
    Party,
    calendar_bytes,
    clean_line,
    clean_text,
    event_bytes,
    plain_address,
    zones_needed,
)
from eventhub.calendars.lint import problems
from eventhub.calendars.zones import LocalTimeDoesNotExist, UnknownZone
from tests.calendars.occasions import ATTENDEE, ORGANIZER, SCRIPTS, cancel, download, feed, occasion, request, wall

HOSTILE = st.text(
    st.characters(codec=None, exclude_categories=()) | st.sampled_from('\r\n\t\\;,:"^=\x00\x0b\x85\u2028\u202e\ud800')
)


def content_lines(data: bytes) -> list[str]:
    """The unfolded lines."""
    assert data.endswith(b"\r\n")
    return data.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def names(data: bytes) -> list[str]:
    """The property names in order."""
    return [re.split("[;:]", line, maxsplit=1)[0] for line in content_lines(data)]


def read_instant(data: bytes, name: str) -> datetime:
    """The instant of a property by icalendar's reading of the VTIMEZONE beside it, not of this machine's tables."""
    calendar = Calendar.from_ical(data)
    (event,), zones = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")
    if "TZID" not in event[name].params:
        return event[name].dt.astimezone(UTC)
    (zone,) = zones
    assert zone["TZID"] == event[name].params["TZID"]
    return event[name].dt.replace(tzinfo=zone.to_tz(lookup_tzid=False)).astimezone(UTC)


def only_event(data: bytes) -> Event:
    """The one VEVENT, as icalendar reads it."""
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert not event.errors
    return event


def test_an_entry_byte_for_byte() -> None:
    assert event_bytes(occasion()) == (
        b"BEGIN:VEVENT\r\n"
        b"UID:0b8f2c1e-5a0e-4b5e-9a52-6f1f7f3f4a10@cal.example.org\r\n"
        b"DTSTAMP:20261102T083015Z\r\n"
        b"CREATED:20261102T083015Z\r\n"
        b"LAST-MODIFIED:20261102T083015Z\r\n"
        b"SEQUENCE:0\r\n"
        b"STATUS:CONFIRMED\r\n"
        b"DTSTART;TZID=Europe/Zurich:20261126T100000\r\n"
        b"DTEND;TZID=Europe/Zurich:20261126T130000\r\n"
        b"SUMMARY;LANGUAGE=en:Opening\\; statements\\, part 1\r\n"
        b"DESCRIPTION;LANGUAGE=en:First line\\nSecond line\r\n"
        b"LOCATION;LANGUAGE=en:Room XX\\, Palais des Nations\r\n"
        b"URL:https://events.example.org/en/sessions/12\r\n"
        b"CATEGORIES;LANGUAGE=en:Forum\\, 2026,Plenary\r\n"
        b"RELATED-TO;RELTYPE=SIBLING:first@cal.example.org\r\n"
        b"TRANSP:OPAQUE\r\n"
        b"END:VEVENT\r\n"
    )


def test_a_feed_says_what_subscribers_need() -> None:
    entry = occasion()
    data = feed(entry, name="My; sessions, 2026")
    assert content_lines(data)[:10] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//EventHub//Calendar//EN",
        "CALSCALE:GREGORIAN",
        "NAME;LANGUAGE=en:My\\; sessions\\, 2026",
        "X-WR-CALNAME:My\\; sessions\\, 2026",
        "REFRESH-INTERVAL;VALUE=DURATION:PT60M",
        "X-PUBLISHED-TTL:PT60M",
        "SOURCE;VALUE=URI:https://events.example.org/cal/f/1.ics",
        "COLOR:steelblue",
    ]
    assert event_bytes(entry) in data
    assert data.count(b"BEGIN:VTIMEZONE") == 1
    assert not {"METHOD", "ORGANIZER", "ATTENDEE"} & set(names(data))
    assert problems(data, kind="feed") == []


def test_a_download_carries_nothing_of_a_subscription() -> None:
    data = download(occasion())
    assert not {"NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "SOURCE", "COLOR", "METHOD"} & set(names(data))
    assert problems(data, kind="download") == []


def test_nothing_changed_gives_the_same_bytes() -> None:
    assert feed(occasion(), occasion(uid="b@cal.example.org")) == feed(occasion(), occasion(uid="b@cal.example.org"))
    assert request(occasion()) == request(occasion())


def test_an_empty_feed_is_still_a_calendar() -> None:
    data = feed()
    assert problems(data, kind="feed") == []
    assert Calendar.from_ical(data).walk("VEVENT") == []


def test_three_thousand_entries_are_joined_whole() -> None:
    blob = event_bytes(occasion(uid="entry-0000@cal.example.org"))
    blobs = [blob.replace(b"entry-0000", b"entry-%04d" % number) for number in range(3000)]
    fields: dict[str, Any] = {"refresh_minutes": 60, "source_url": None, "colour": None, "language": "en"}
    data = calendar_bytes(blobs, name="All", zones={"Europe/Zurich"}, **fields)
    assert b"".join(blobs) in data
    assert problems(data, kind="feed") == []
    assert data.count(b"\r\nUID:entry-") == len({*re.findall(rb"\r\nUID:(entry-\d+)", data)}) == 3000


@pytest.mark.parametrize(
    "blob", [b"", b"BEGIN:VEVENT\r\nUID:1\r\n", b"BEGIN:VALARM\r\nEND:VALARM\r\n", b"BEGIN:VEVENT\nEND:VEVENT\n"]
)
def test_only_stored_entries_are_joined(blob: bytes) -> None:
    with pytest.raises(ValueError, match="not a stored VEVENT"):
        calendar_bytes([blob], name=None, zones=(), refresh_minutes=1, source_url=None, colour=None, language="en")


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red\r\nX-A:1"},
        {"colour": "#ff0000"},
        {"refresh_minutes": 0},
        {"method": "PUB\r\nX:1"},
        {"zones": ["Europe"]},
    ],
)
def test_a_feed_that_cannot_be_right_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        feed(occasion(), **changes)


# --- Text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_six_scripts_and_emoji_come_back_whole_from_folded_lines(text: str) -> None:
    long = " ".join([text] * 9)
    data = feed(occasion(summary=text, description=long, location=text, categories=(text,)), name=text)
    assert problems(data, kind="feed") == []
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    event = only_event(data)
    assert (event["SUMMARY"], event["DESCRIPTION"], event["LOCATION"]) == (text, long, text)


@pytest.mark.parametrize(
    "text", [r"C:\New\notes", "a\\;b\\,c", "a\nb", "\\", "\\\\n", 'a;b,c:d"e', "two\r\nlines", "=^^'\"", "\\N"]
)
def test_special_characters_come_back(text: str) -> None:
    event = only_event(feed(occasion(summary=text, description=text)))
    assert event["SUMMARY"] == event["DESCRIPTION"] == text.replace("\r\n", "\n")


def test_harmful_characters_are_taken_out() -> None:
    hostile = "a\x00b\x07c\x0bd\x85e\u202ef\u2066g\ud800h\ufeffi\x7fj\u200fk"
    assert clean_text(hostile) == "abcdefghijk"
    assert b"SUMMARY;LANGUAGE=en:abcdefghijk\r\n" in event_bytes(occasion(summary=hostile))


def test_joiners_of_persian_and_emoji_stay() -> None:
    assert clean_line("می‌خواهم 👩🏽‍🦽") == "می‌خواهم 👩🏽‍🦽"


def test_line_breaks_of_every_kind_become_one() -> None:
    assert clean_text("a\r\nb\rc\u2028d\u2029e\nf") == "a\nb\nc\nd\ne\nf"
    assert clean_line(" a\r\n b\u2028\tc ") == "a b c"


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[HOSTILE] * 10))
def test_any_text_in_any_field_adds_no_content_line(texts: tuple[str, ...]) -> None:
    summary, description, location, url, category, sibling, language, name, source, person = texts
    entry = occasion(
        summary=summary,
        description="x" + description,
        location="x" + location,
        url=url,
        categories=("x", category),
        related_to=("x", sibling),
        language=language,
    )
    bare = occasion(summary="x", description="x", location="x", url="", categories=("x",), related_to=("x",))
    optional = ["URL"] if "URL" in names(event_bytes(entry)) else []
    siblings = ["RELATED-TO"] * len([uid for uid in ("x", sibling) if clean_line(uid)])
    expected = names(event_bytes(bare))
    place = expected.index("CATEGORIES")
    assert names(event_bytes(entry)) == [*expected[:place], *optional, "CATEGORIES", *siblings, "TRANSP", "END"]
    published = feed(entry, name=name, source_url=source, language=language)
    assert problems(published, kind="feed") == []
    invite = request(entry, attendee=Party(ATTENDEE.address, person))
    assert problems(invite, kind="request") == []
    event = only_event(invite)
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (clean_text(summary), clean_text("x" + description))


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_any_uid_is_refused_or_stays_on_its_line(text: str) -> None:
    try:
        entry = occasion(uid=text)
    except BadOccasion:
        assert clean_line(text) == ""
        return
    assert only_event(feed(entry))["UID"] == clean_line(text)


def test_the_guards_hold_under_optimized_python() -> None:
    script = (
        "from tests.calendars.occasions import feed, occasion\n"
        "from eventhub.calendars.lint import problems\n"
        "evil = 'a\\r\\nATTENDEE:mailto:x@example.org\\nX-A:1\\r\\x85\\u2028END:VEVENT'\n"
        "data = feed(occasion(summary=evil, description=evil, location=evil, url=evil, language=evil,\n"
        "    categories=(evil,), related_to=(evil,), uid=evil), name=evil, source_url=evil, language=evil)\n"
        "print(__debug__, problems(data, kind='feed'), data.count(b'\\nATTENDEE'), data.count(b'\\nEND:VEVENT'))\n"
        "try:\n    feed(occasion(), colour=evil)\nexcept ValueError:\n    print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False [] 0 1\nrefused\n"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("https://example.org/a b?q=é#x", b"URL:https://example.org/a%20b?q=%C3%A9#x\r\n"),
        ("http://example.org/%20", b"URL:http://example.org/%20\r\n"),
        ("javascript:alert(1)", b""),
        ("//example.org", b""),
        ("https:///path", b""),
        ("https://[bad", b""),
        ("", b""),
    ],
)
def test_only_web_addresses_become_links(typed: str, written: bytes) -> None:
    data = event_bytes(occasion(url=typed))
    assert (written in data) if written else (b"\r\nURL" not in data)


# --- Times --------------------------------------------------------------------------------------------------------

ZONES = [
    "Europe/Zurich",
    "America/New_York",
    "Africa/Cairo",
    "America/Vancouver",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
]


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(wall("2020-01-01"), wall("2035-01-01")).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(1, 3 * 24 * 60),
    st.sampled_from(ZONES),
    st.sampled_from([0, 1]),
)
def test_icalendar_reads_the_same_instants(start: datetime, minutes: int, zone: str, fold: int) -> None:
    fields = {"start_local": start, "end_local": start + timedelta(minutes=minutes), "zone": zone}
    try:
        entry = occasion(**fields, fold_start=fold, fold_end=1)
    except (LocalTimeDoesNotExist, BadOccasion):
        return
    data = feed(entry)
    assert problems(data, kind="feed") == []
    assert (read_instant(data, "DTSTART"), read_instant(data, "DTEND")) == (entry.start, entry.end)


@pytest.mark.parametrize(("year", "first"), [(2027, "2027-03-12 10:00"), (2028, "2028-03-10 10:00")])
def test_ten_in_geneva_stays_ten_in_the_feed_over_the_change_of_clocks(year: int, first: str) -> None:
    starts = [wall(first) + timedelta(weeks=week) for week in range(5)]
    entries = [
        occasion(uid=f"{start:%m%d}@cal.example.org", start_local=start, end_local=start + timedelta(hours=3))
        for start in starts
    ]
    data = feed(*entries)
    assert [line for line in content_lines(data) if line.startswith("DTSTART;")] == [
        f"DTSTART;TZID=Europe/Zurich:{start:%Y%m%d}T100000" for start in starts
    ]
    read = sorted(event.start.astimezone(UTC) for event in Calendar.from_ical(data).walk("VEVENT"))
    change = datetime(year, 3, 28 if year == 2027 else 26, 1, tzinfo=UTC)
    assert [moment.hour for moment in read] == [8 if moment > change else 9 for moment in read]
    assert {moment.hour for moment in read} == {8, 9}


@pytest.mark.parametrize(
    "zone", ["Africa/Cairo", "Africa/Casablanca", "America/Vancouver", "Asia/Jerusalem", "UTC", "GMT", "Etc/GMT-1"]
)
def test_zones_that_cannot_be_told_are_written_in_utc(zone: str) -> None:
    entry = occasion(zone=zone)
    data = feed(entry)
    assert zones_needed([entry]) == frozenset()
    assert f"DTSTART:{entry.start:%Y%m%dT%H%M%SZ}".encode() in data
    assert b"TZID" not in data
    assert problems(data, kind="feed") == []


@pytest.mark.parametrize("year", [2024, 2027, 2029, 2033])
def test_a_zone_that_changed_lately_is_in_utc_until_clients_know(year: int) -> None:
    """British Columbia stopped changing clocks in 2026; most phones will learn of it later."""
    start = wall(f"{year}-06-01 10:00")
    assert occasion(zone="America/Vancouver", start_local=start, end_local=start + timedelta(hours=1)).tzid is None


def test_a_repeated_hour_is_written_in_utc() -> None:
    early, late = (
        occasion(start_local=wall("2027-10-31 02:30"), end_local=wall("2027-10-31 05:00"), fold_start=fold)
        for fold in (0, 1)
    )
    assert b"DTSTART:20271031T003000Z\r\n" in event_bytes(early)
    assert b"DTSTART:20271031T013000Z\r\n" in event_bytes(late)
    assert event_bytes(early).count(b"DTEND:20271031T040000Z\r\n") == 1


def test_a_session_within_the_repeated_hour_ends_after_it_starts() -> None:
    entry = occasion(start_local=wall("2027-10-31 02:45"), end_local=wall("2027-10-31 02:15"), fold_start=0, fold_end=1)
    event = only_event(feed(entry))
    assert event.end - event.start == timedelta(minutes=30)


def test_a_time_in_the_gap_is_no_entry() -> None:
    with pytest.raises(LocalTimeDoesNotExist):
        occasion(start_local=wall("2028-03-26 02:30"), end_local=wall("2028-03-26 04:00"))


def test_midnight_and_the_date_line_are_nothing_special() -> None:
    entry = occasion(
        start_local=wall("2027-12-31 22:00"), end_local=wall("2028-01-01 01:00"), zone="Pacific/Kiritimati"
    )
    event = only_event(feed(entry))
    assert event.start.astimezone(UTC) == datetime(2027, 12, 31, 8, tzinfo=UTC)
    assert event.end - event.start == timedelta(hours=3)


def test_whole_days_are_dates_with_an_exclusive_end_and_block_nothing() -> None:
    entry = occasion(all_day=True, start_local=wall("2027-03-27"), end_local=wall("2027-03-29"))
    data = feed(entry)
    event = only_event(data)
    assert (event.start, event.end) == (date(2027, 3, 27), date(2027, 3, 29))
    assert b"DTSTART;VALUE=DATE:20270327\r\n" in data
    assert b"TRANSP:TRANSPARENT\r\n" in data
    assert b"VTIMEZONE" not in data
    assert problems(data, kind="feed") == []


def test_stamps_of_any_zone_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-11-02T09:30:15.999+01:00")
    assert event_bytes(occasion(dtstamp=moment, created=moment, last_modified=moment)) == event_bytes(occasion())


@pytest.mark.parametrize(
    "changes",
    [
        {"uid": ""},
        {"uid": " \x00\u202e"},
        {"sequence": -1},
        {"sequence": 2**31},
        {"status": "MAYBE"},
        {"dtstamp": wall("2026-11-02 08:30")},
        {"created": wall("2026-11-02 08:30")},
        {"last_modified": wall("2026-11-02 08:30")},
        {"start_local": datetime(2026, 11, 26, 10, tzinfo=UTC)},
        {"end_local": datetime(2026, 11, 26, 13, tzinfo=UTC)},
        {"end_local": wall("2026-11-26 10:00")},
        {"end_local": wall("2026-11-26 09:00")},
        {"all_day": True},
    ],
)
def test_an_entry_that_no_calendar_could_show_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadOccasion):
        occasion(**changes)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnknownZone):
        occasion(zone="Europe")


# --- Invites ------------------------------------------------------------------------------------------------------


def test_an_invite_asks_one_person() -> None:
    data = request(occasion())
    assert problems(data, kind="request") == []
    assert Calendar.from_ical(data)["METHOD"] == "REQUEST"
    event = only_event(data)
    assert event["ORGANIZER"] == "mailto:rsvp+7f3a@cal.example.org"
    assert event["ATTENDEE"] == "mailto:aicha@example.org"
    assert dict(event["ATTENDEE"].params) == {
        "CN": "Aïcha Ben Salah",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
    }


def test_invite_update_and_cancellation_keep_uid_and_organizer_with_rising_sequence() -> None:
    first = occasion()
    moved = replace(first, sequence=1, start_local=wall("2026-11-26 11:00"), end_local=wall("2026-11-26 14:00"))
    off = replace(moved, sequence=2, status="CANCELLED")
    life = [only_event(data) for data in (request(first), request(moved), cancel(off))]
    assert {(event["UID"], event["ORGANIZER"], event["ATTENDEE"]) for event in life} == {
        (first.uid, "mailto:rsvp+7f3a@cal.example.org", "mailto:aicha@example.org")
    }
    assert [event["SEQUENCE"] for event in life] == [0, 1, 2]
    assert life[2]["STATUS"] == "CANCELLED"
    assert life[2].start == life[1].start
    assert problems(cancel(off), kind="cancel") == []
    assert content_lines(cancel(off))[4] == "METHOD:CANCEL"


def test_a_name_stays_inside_its_parameter() -> None:
    data = request(occasion(), attendee=Party("a@example.org", 'Ann "the; boss"\r\nATTENDEE:mailto:b@example.org, ^n'))
    assert problems(data, kind="request") == []
    assert only_event(data)["ATTENDEE"].params["CN"] == "Ann 'the; boss' ATTENDEE:mailto:b@example.org, ^n"


def test_requests_and_cancellations_match_the_state_of_the_entry() -> None:
    with pytest.raises(BadOccasion):
        request(occasion(status="CANCELLED"))
    with pytest.raises(BadOccasion):
        cancel(occasion())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.org",
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org\n",
        "<a@b.org>",
        "a@b.org,c@d.org",
        "é@b.org",
        "a@é.org",
        "a@-b.org",
        "a..b@c.org",
        "a" * 250 + "@b.org",
    ],
)
def test_only_plain_addresses_are_written(address: str) -> None:
    with pytest.raises(BadAddress):
        plain_address(address)
    with pytest.raises(BadAddress):
        request(occasion(), attendee=Party(address))


def test_odd_but_right_addresses_keep_their_meaning() -> None:
    data = request(occasion(), attendee=Party("a/b%c&d=e?f#g+h@example.org"))
    assert only_event(data)["ATTENDEE"] == "mailto:a%2Fb%25c%26d%3De%3Ff%23g+h@example.org"
    assert ORGANIZER.address.encode() in data


def test_a_cancelled_entry_stays_in_the_feed_as_cancelled() -> None:
    entry: Occasion = occasion(status="CANCELLED", sequence=3)
    assert only_event(feed(entry))["STATUS"] == "CANCELLED"
    assert problems(feed(entry), kind="feed") == []
