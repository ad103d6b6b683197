"""What entries say: sound bytes in six languages, and nothing about the event for discreet persons."""

import uuid
from datetime import datetime, time

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.calendars import actions, blobs, queries
from eventhub.calendars.ics import calendar_bytes
from eventhub.calendars.lint import problems
from eventhub.calendars.models import Audience, CalendarEntry, EntryBlob
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.programme.models import Session
from tests.calendars.occasions import SCRIPTS
from tests.factories.calendars import make_entry, make_room
from tests.factories.programme import make_event, make_series, make_session

pytestmark = pytest.mark.usefixtures("database")

SECRET = "Zweisprachigkeit"
HOSTILE = "a\r\nATTENDEE:mailto:x@example.org\\n;,\x00\x07\u202e\ud800 \u2028END:VEVENT"


def bodies(entry: CalendarEntry, audience: Audience) -> dict[str, bytes]:
    rows = select(EntryBlob).where(EntryBlob.entry_id == entry.id, EntryBlob.audience == audience)
    return {row.language: row.body for row in db.session.scalars(rows)}


def as_file(body: bytes, zones: set[str]) -> bytes:
    return calendar_bytes(
        [body], name=None, zones=zones, refresh_minutes=60, source_url=None, colour=None, language="en"
    )


def test_six_languages_are_sound_and_say_their_own_words() -> None:
    titles = {code: SCRIPTS[code] for code in LANGUAGES}
    event = make_event(make_series(title=titles), title=titles)
    entry = make_entry(event, title=titles, summary=titles, room_id=make_room(event, name=titles).id)
    for language, body in bodies(entry, Audience.PUBLIC).items():
        text = as_file(body, {"Europe/Zurich"})
        assert problems(text, kind="download") == []
        (told,) = icalendar.Calendar.from_ical(text).events
        assert told["SUMMARY"] == titles[language]
        assert told["SUMMARY"].params["LANGUAGE"] == language
        assert told["LOCATION"].startswith(titles[language])
        assert f"/{language}/events/{event.slug}/sessions/{entry.session_id}" in told["URL"]


def test_hostile_words_add_no_line() -> None:
    clean = HOSTILE.replace("\x00", "").replace("\ud800", "")
    event = make_event(make_series(title={"en": clean}), title={"en": clean}, city={"en": clean})
    entry = make_entry(event, title={"en": clean}, summary={"en": clean})
    plain = make_entry(make_event(), summary={"en": "x"})
    for language in LANGUAGES:
        body = bodies(entry, Audience.PUBLIC)[language]
        assert problems(as_file(body, {"Europe/Zurich"}), kind="download") == []
        names = [line.partition(b":")[0].partition(b";")[0] for line in body.replace(b"\r\n ", b"").splitlines()]
        expected = bodies(plain, Audience.PUBLIC)[language].replace(b"\r\n ", b"").splitlines()
        assert names == [line.partition(b":")[0].partition(b";")[0] for line in expected]


def test_a_text_that_is_missing_falls_back_and_is_not_marked_as_translated() -> None:
    event = make_event(title={"en": "Event"})
    entry = make_entry(event, title={"en": "Opening"})
    body = bodies(entry, Audience.PUBLIC)["ar"]
    assert b"SUMMARY;LANGUAGE=en:Opening" in body
    mixed = make_entry(event, title={"en": "Opening", "ar": SCRIPTS["ar"]})
    assert b"\r\nSUMMARY:" in bodies(mixed, Audience.PUBLIC)["ar"]


def test_the_join_link_is_in_no_entry() -> None:
    entry = make_entry(join_link="https://meet.example.org/secret-room")
    stored = b"".join([*bodies(entry, Audience.PUBLIC).values(), *bodies(entry, Audience.NEUTRAL).values()])
    assert b"meet.example.org" not in stored.replace(b"\r\n ", b"")


def test_discreet_copies_say_when_and_nothing_else() -> None:
    event = make_event(make_series(title={"en": SECRET}), title={"en": SECRET}, city={"en": SECRET})
    entry = make_entry(
        event, title={"en": SECRET}, summary={"en": SECRET}, room_id=make_room(event, name={"en": SECRET}).id
    )
    for body in bodies(entry, Audience.NEUTRAL).values():
        assert SECRET.encode() not in body
        assert entry.uid.partition("@")[0].encode() not in body
        assert b"http" not in body
        for name in (b"DESCRIPTION", b"LOCATION", b"URL", b"CATEGORIES", b"RELATED-TO"):
            assert b"\r\n" + name not in body
    assert bodies(entry, Audience.NEUTRAL)["en"].count(b"SUMMARY;LANGUAGE=en:Meeting\r\n") == 1


def test_discreet_stamps_tell_the_day_only() -> None:
    entry = make_entry()
    (told,) = icalendar.Calendar.from_ical(as_file(bodies(entry, Audience.NEUTRAL)["en"], {"Europe/Zurich"})).events
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        moment: datetime = told[name].dt
        assert moment.time() == time(0)
    assert told.start == datetime.combine(entry.starts_local.date(), entry.starts_local.time(), told.start.tzinfo)


def test_each_discreet_person_has_uids_of_their_own_for_ever(app: Flask) -> None:
    entry = make_entry()
    body = bodies(entry, Audience.NEUTRAL)["en"]
    first, second = uuid.uuid4(), uuid.uuid4()
    mine = blobs.own_copy(body, first, entry.id)
    assert mine == blobs.own_copy(body, first, entry.id) != blobs.own_copy(body, second, entry.id)
    (told,) = icalendar.Calendar.from_ical(as_file(mine, {"Europe/Zurich"})).events
    assert told.uid == f"{blobs.own_uid(first, entry.id)}@meetings.example"
    assert problems(as_file(mine, {"Europe/Zurich"}), kind="download") == []


def test_a_uid_on_a_long_domain_is_folded_and_still_replaced(app: Flask) -> None:
    settings = app.extensions["eventhub.settings"]
    app.extensions["eventhub.settings"] = settings.model_copy(update={"calendar_domain": "a" * 60 + ".example"})
    try:
        entry = make_entry()
        mine = blobs.own_copy(bodies(entry, Audience.NEUTRAL)["en"], uuid.uuid4(), entry.id)
    finally:
        app.extensions["eventhub.settings"] = settings
    assert problems(as_file(mine, {"Europe/Zurich"}), kind="download") == []


def test_only_a_neutral_entry_is_made_ones_own() -> None:
    entry = make_entry()
    with pytest.raises(ValueError, match="neutral"):
        blobs.own_copy(bodies(entry, Audience.PUBLIC)["en"], uuid.uuid4(), entry.id)


def test_the_uid_survives_another_host(app: Flask) -> None:
    entry = make_entry()
    uid, settings = entry.uid, app.extensions["eventhub.settings"]
    session = db.session.get_one(Session, entry.session_id)
    app.extensions["eventhub.settings"] = settings.model_copy(update={"origin": "http://127.0.0.1:81"})
    try:
        (changed,) = actions.follow_session(session)
    finally:
        app.extensions["eventhub.settings"] = settings
    assert (changed.uid, changed.sequence) == (uid, 0)
    assert b"http://127.0.0.1:81/" in bodies(entry, Audience.PUBLIC)["en"].replace(b"\r\n ", b"")


@pytest.mark.parametrize(
    ("zone", "written"),
    [("Europe/Zurich", b";TZID=Europe/Zurich:"), ("Africa/Cairo", b":2"), ("UTC", b":2")],
)
def test_times_are_written_in_the_zone_or_in_utc_where_clients_would_err(zone: str, written: bytes) -> None:
    entry = make_entry(make_event(time_zone=zone))
    row = db.session.get_one(EntryBlob, (entry.id, "en", Audience.PUBLIC))
    assert row.zone == (zone if zone == "Europe/Zurich" else None)
    assert b"\r\nDTSTART" + written in row.body
    assert problems(as_file(row.body, {row.zone} if row.zone else set()), kind="download") == []


def test_weekly_at_ten_stays_at_ten_across_the_change_of_clocks() -> None:
    event = make_event()
    event.first_day = event.first_day.replace(year=2027, month=3, day=22)
    event.last_day = event.first_day.replace(month=4)
    starts = []
    for day in (0, 7):
        entry = make_entry(event, start=time(10), day=day)
        (told,) = icalendar.Calendar.from_ical(as_file(bodies(entry, Audience.PUBLIC)["en"], {"Europe/Zurich"})).events
        starts.append((told.start.strftime("%H:%M"), told.start.utcoffset()))
    assert [start for start, _ in starts] == ["10:00", "10:00"]
    assert starts[0][1] != starts[1][1]


def test_an_entry_reads_as_the_session_was_after_the_lock() -> None:
    session = make_session(make_event())
    (told,) = queries.sessions_told(Session.id == session.id)
    assert told.event.series.title
