"""Broken calendars, each caught by the lint for its own reason, and sound ones that pass."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventhub.calendars.lint import Kind, problems
from tests.calendars.occasions import SCRIPTS, cancel, download, feed, occasion, reply, request, wall

SOUND: dict[Kind, bytes] = {
    "feed": feed(occasion(), occasion(uid="second@cal.example.org", summary=SCRIPTS["zh"] * 3)),
    "download": download(occasion()),
    "request": request(occasion()),
    "cancel": cancel(occasion(status="CANCELLED", sequence=1)),
    "reply": reply(occasion()),
}
ZONE = SOUND["download"][SOUND["download"].index(b"BEGIN:VTIMEZONE") : SOUND["download"].index(b"BEGIN:VEVENT")]
EVENT = SOUND["download"][SOUND["download"].index(b"BEGIN:VEVENT") : SOUND["download"].index(b"END:VCALENDAR")]
ATTENDEE = SOUND["request"][SOUND["request"].index(b"ATTENDEE;") : SOUND["request"].index(b"END:VEVENT")]
ORGANIZER = b'ORGANIZER;CN="Forum secretariat":mailto:rsvp+7f3a@cal.example.org\r\n'
START, END = b"DTSTART;TZID=Europe/Zurich:20261126T100000\r\n", b"DTEND;TZID=Europe/Zurich:20261126T130000\r\n"
SUMMARY = b"SUMMARY;LANGUAGE=en:Opening\\; statements\\, part 1\r\n"
LOCATION = b"LOCATION;LANGUAGE=en:Room XX\\, Palais des Nations\r\n"
STATUS, SEQUENCE, TRANSP = b"STATUS:CONFIRMED\r\n", b"SEQUENCE:0\r\n", b"TRANSP:OPAQUE\r\n"
UID = b"UID:0b8f2c1e-5a0e-4b5e-9a52-6f1f7f3f4a10@cal.example.org\r\n"
MODIFIED = b"LAST-MODIFIED:20261102T083015Z\r\n"

ALARM = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"

# What breaks a sound calendar: its kind, the text replaced (once), the text instead, and the codes of the problems.
REPLACED: dict[str, tuple[Kind, bytes, bytes, set[str]]] = {
    # Bytes and folding
    "byte order mark": ("feed", b"BEGIN:VCALENDAR", b"\xef\xbb\xbfBEGIN:VCALENDAR", {"byte-order-mark"}),
    "one bare LF": ("feed", STATUS, b"STATUS:CONFIRMED\n", {"bare-lf"}),
    "one bare CR": ("feed", SUMMARY, b"SUMMARY:Open\ring\r\n", {"bare-cr"}),
    "no last line end": ("feed", b"END:VCALENDAR\r\n", b"END:VCALENDAR", {"no-final-crlf"}),
    "line of 76 octets": ("feed", SUMMARY, b"SUMMARY:" + b"x" * 68 + b"\r\n", {"long-line"}),
    "76 octets though fewer letters": ("feed", SUMMARY, b"SUMMARY:" + "é".encode() * 34 + b"\r\n", {"long-line"}),
    "long continuation": ("feed", SUMMARY, b"SUMMARY:x\r\n " + b"x" * 75 + b"\r\n", {"long-line"}),
    "fold inside a letter": ("feed", SUMMARY, b"SUMMARY:\xd0\r\n \x9e\r\n", {"not-utf-8"}),
    "Latin-1": ("feed", SUMMARY, b"SUMMARY:S\xe9ance\r\n", {"not-utf-8"}),
    "fold without white space": ("feed", SUMMARY, b"SUMMARY:Ope\r\nning\r\n", {"bad-line"}),
    "fold at the very beginning": (
        "feed",
        b"BEGIN:VCALENDAR",
        b" BEGIN:VCALENDAR",
        {"bad-fold", "bad-line", "outside-calendar", "unbalanced"},
    ),
    "empty line": ("feed", STATUS, STATUS + b"\r\n", {"empty-line"}),
    "NUL": ("feed", SUMMARY, b"SUMMARY:Ope\x00ning\r\n", {"control-character"}),
    "BEL": ("feed", SUMMARY, b"SUMMARY:Ope\x07ning\r\n", {"control-character"}),
    "vertical tab": ("feed", SUMMARY, b"SUMMARY:Ope\x0bning\r\n", {"control-character"}),
    "next line U+0085": ("feed", SUMMARY, b"SUMMARY:Ope\xc2\x85ning\r\n", {"control-character"}),
    "right-to-left override": ("feed", SUMMARY, b"SUMMARY:\xe2\x80\xaegnineqO\r\n", {"bidi-control"}),
    # Lines and nesting
    "line without a colon": ("feed", STATUS, b"STATUS\r\n", {"bad-line"}),
    "name with a space": ("feed", STATUS, b"MY STATUS:CONFIRMED\r\n", {"bad-line"}),
    "open quote": ("feed", SUMMARY, b'SUMMARY;LANGUAGE="en:Opening\r\n', {"bad-line", "missing"}),
    "parameter without a value": ("feed", SUMMARY, b"SUMMARY;LANGUAGE:Opening\r\n", {"bad-line", "missing"}),
    "parameter given twice": ("feed", SUMMARY, b"SUMMARY;LANGUAGE=en;LANGUAGE=fr:Opening\r\n", {"repeated-parameter"}),
    "property in lower case": ("feed", STATUS, b"status:CONFIRMED\r\n", {"lower-case"}),
    "parameter in lower case": ("feed", START, START.replace(b"TZID", b"tzid"), {"lower-case"}),
    "component in lower case": ("feed", b"BEGIN:VEVENT", b"BEGIN:vevent", {"lower-case"}),
    "time in lower case": ("feed", START, START.replace(b"T1", b"t1"), {"time"}),
    "UTC in lower case": ("feed", MODIFIED, MODIFIED.replace(b"Z", b"z"), {"not-utc"}),
    "event not closed": ("feed", TRANSP + b"END:VEVENT\r\n", TRANSP, {"unbalanced"}),
    "calendar not closed": ("feed", b"END:VCALENDAR\r\n", b"", {"missing-end"}),
    "closed twice": ("feed", b"END:VCALENDAR\r\n", b"END:VCALENDAR\r\n" * 2, {"unbalanced"}),
    "line after the end": ("feed", b"END:VCALENDAR\r\n", b"END:VCALENDAR\r\nX-A:1\r\n", {"outside-calendar"}),
    "two calendars": (
        "download",
        b"END:VCALENDAR\r\n",
        b"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        {"not-one-calendar"},
    ),
    "a task among the entries": (
        "feed",
        b"BEGIN:VEVENT",
        b"BEGIN:VTODO\r\nEND:VTODO\r\nBEGIN:VEVENT",
        {"unknown-component"},
    ),
    "an event in an event": ("feed", STATUS, STATUS + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", {"unknown-component"}),
    # The calendar
    "no VERSION": ("feed", b"VERSION:2.0\r\n", b"", {"version"}),
    "VERSION 1.0": ("feed", b"VERSION:2.0", b"VERSION:1.0", {"version"}),
    "VERSION twice": ("feed", b"VERSION:2.0\r\n", b"VERSION:2.0\r\n" * 2, {"repeated"}),
    "no PRODID": ("feed", b"PRODID:-//EventHub//Calendar//EN\r\n", b"", {"prodid"}),
    "another calendar scale": ("feed", b"GREGORIAN", b"CHINESE", {"calscale"}),
    "METHOD in a feed": ("feed", b"VERSION:2.0\r\n", b"VERSION:2.0\r\nMETHOD:PUBLISH\r\n", {"method"}),
    "METHOD in a download": ("download", b"VERSION:2.0\r\n", b"VERSION:2.0\r\nMETHOD:REQUEST\r\n", {"method"}),
    "no METHOD in a request": ("request", b"METHOD:REQUEST\r\n", b"", {"method"}),
    "wrong METHOD in a request": ("request", b"METHOD:REQUEST", b"METHOD:PUBLISH", {"method"}),
    "wrong METHOD in a cancel": ("cancel", b"METHOD:CANCEL", b"METHOD:REQUEST", {"method"}),
    "wrong METHOD in a reply": ("reply", b"METHOD:REPLY", b"METHOD:COUNTER", {"method"}),
    "METHOD twice": ("request", b"METHOD:REQUEST\r\n", b"METHOD:REQUEST\r\n" * 2, {"repeated"}),
    "feed without a name": ("feed", b"NAME;LANGUAGE=en:My sessions\r\n", b"", {"subscription"}),
    "download with a name": ("download", b"VERSION:2.0\r\n", b"VERSION:2.0\r\nX-WR-CALNAME:A\r\n", {"subscription"}),
    "refresh without VALUE": ("feed", b"REFRESH-INTERVAL;VALUE=DURATION:", b"REFRESH-INTERVAL:", {"value-type"}),
    "refresh that is no duration": ("feed", b"DURATION:PT60M", b"DURATION:60", {"duration"}),
    "source without VALUE": ("feed", b"SOURCE;VALUE=URI:", b"SOURCE:", {"value-type"}),
    "source that is no address": ("feed", b"VALUE=URI:https://", b"VALUE=URI:file://", {"uri"}),
    "colour by number": ("feed", b"COLOR:steelblue", b"COLOR:#4682b4", {"colour"}),
    "colour with a semicolon": ("feed", b"COLOR:steelblue", b"COLOR:red;blue", {"colour"}),
    "no entry in a request": ("download", EVENT, b"", {"no-event", "vtimezone"}),
    # Entries
    "no UID": ("feed", UID, b"", {"missing"}),
    "empty UID": ("feed", UID, b"UID: \r\n", {"uid"}),
    "UID twice": ("feed", UID, UID * 2, {"repeated"}),
    "two entries of one UID": ("feed", b"UID:second@cal.example.org\r\n", UID, {"duplicate-uid"}),
    "no DTSTAMP": ("feed", b"DTSTAMP:20261102T083015Z\r\n", b"", {"missing"}),
    "DTSTAMP in local time": ("feed", b"DTSTAMP:20261102T083015Z", b"DTSTAMP:20261102T083015", {"not-utc"}),
    "CREATED with a zone": ("feed", b"CREATED:", b"CREATED;TZID=Europe/Zurich:", {"not-utc"}),
    "no SEQUENCE": ("feed", SEQUENCE, b"", {"missing"}),
    "negative SEQUENCE": ("feed", SEQUENCE, b"SEQUENCE:-1\r\n", {"sequence"}),
    "SEQUENCE in words": ("feed", SEQUENCE, b"SEQUENCE:two\r\n", {"sequence"}),
    "no SUMMARY": ("feed", SUMMARY, b"", {"missing"}),
    "unknown STATUS": ("feed", STATUS, b"STATUS:POSTPONED\r\n", {"status"}),
    "STATUS in small letters": ("feed", STATUS, b"STATUS:confirmed\r\n", {"status"}),
    "STATUS twice": ("feed", STATUS, STATUS * 2, {"repeated"}),
    "unknown TRANSP": ("feed", TRANSP, b"TRANSP:BUSY\r\n", {"transp"}),
    "link to a script": ("feed", b"URL:https://", b"URL:javascript://", {"url"}),
    "link with a space": ("feed", b"/en/sessions/12", b"/en/my sessions", {"url"}),
    "repeating entry": ("feed", STATUS, STATUS + b"RRULE:FREQ=WEEKLY\r\n", {"recurrence"}),
    "entry with RDATE": ("feed", STATUS, STATUS + b"RDATE:20261127T090000Z\r\n", {"recurrence"}),
    "one of a series": ("feed", STATUS, STATUS + b"RECURRENCE-ID:20261126T090000Z\r\n", {"recurrence"}),
    "language that is none": ("feed", SUMMARY, b'SUMMARY;LANGUAGE="en US":Opening\r\n', {"language"}),
    # Reminders
    "reminder that plays a sound": ("feed", TRANSP, TRANSP + ALARM.replace(b"DISPLAY", b"AUDIO"), {"alarm"}),
    "reminder at a fixed time": (
        "feed",
        TRANSP,
        TRANSP + ALARM.replace(b"TRIGGER:-PT15M", b"TRIGGER;VALUE=DATE-TIME:20261126T084500Z"),
        {"alarm"},
    ),
    "reminder after the start": ("feed", TRANSP, TRANSP + ALARM.replace(b"-PT", b"PT"), {"alarm"}),
    "reminder without a word": ("feed", TRANSP, TRANSP + ALARM.replace(b"DESCRIPTION:Soon\r\n", b""), {"alarm"}),
    "reminder without a time": ("feed", TRANSP, TRANSP + ALARM.replace(b"TRIGGER:-PT15M\r\n", b""), {"alarm"}),
    "reminder of what is called off": ("cancel", TRANSP, TRANSP + ALARM, {"alarm"}),
    # Text
    "semicolon not escaped": ("feed", SUMMARY, b"SUMMARY:Opening; statements\r\n", {"unescaped"}),
    "comma not escaped": ("feed", LOCATION, b"LOCATION:Room XX, Palais\r\n", {"unescaped"}),
    "unknown escape": ("feed", SUMMARY, b"SUMMARY:C:\\temp\r\n", {"unescaped"}),
    "backslash at the end": ("feed", SUMMARY, b"SUMMARY:Opening\\\r\n", {"unescaped"}),
    "name of the feed not escaped": ("feed", b"CALNAME:My sessions", b"CALNAME:My, sessions", {"unescaped"}),
    "category not escaped": ("feed", b"Forum\\, 2026,Plenary", b"Forum; 2026", {"unescaped"}),
    # Times
    "floating start": ("feed", START, b"DTSTART:20261126T100000\r\n", {"floating"}),
    "floating start and end": (
        "request",
        START + END,
        b"DTSTART:20261126T100000\r\nDTEND:20261126T130000\r\n",
        {"floating", "vtimezone"},
    ),
    "no start": ("feed", START, b"", {"missing"}),
    "no end": ("feed", END, b"", {"missing"}),
    "end before start": ("feed", b"20261126T130000", b"20261126T090000", {"end"}),
    "end at start": ("feed", b"20261126T130000", b"20261126T100000", {"end"}),
    "end and duration": ("feed", END, END + b"DURATION:PT3H\r\n", {"end"}),
    "duration that is none": ("feed", END, b"DURATION:3 hours\r\n", {"duration"}),
    "thirteenth month": ("feed", b"Zurich:20261126T10", b"Zurich:20261326T10", {"time"}),
    "25 o'clock": ("feed", b"20261126T130000", b"20261126T250000", {"time"}),
    "time in the gap": ("feed", START, b"DTSTART;TZID=Europe/Zurich:20260329T023000\r\n", {"time"}),
    "start a date, end a time": ("feed", START, b"DTSTART;VALUE=DATE:20261126\r\n", {"value-type", "transp"}),
    "date with a zone": (
        "feed",
        START,
        b"DTSTART;VALUE=DATE;TZID=Europe/Zurich:20261126\r\n",
        {"tzid", "value-type", "transp"},
    ),
    "date that is a time": ("feed", START, b"DTSTART;VALUE=DATE:20261126T100000\r\n", {"time"}),
    "changed before it was made": ("feed", MODIFIED, b"LAST-MODIFIED:20251102T083015Z\r\n", {"order"}),
    # Zones
    "zone without its VTIMEZONE": ("download", ZONE, b"", {"tzid"}),
    "zone and Z": ("feed", b"T100000\r\nDTEND", b"T100000Z\r\nDTEND", {"tzid"}),
    "TZID GMT": ("feed", START, b"DTSTART;TZID=GMT:20261126T100000\r\n", {"fixed-offset"}),
    "TZID UTC": ("feed", START, b"DTSTART;TZID=UTC:20261126T100000\r\n", {"fixed-offset"}),
    "TZID with an offset": ("feed", START, b'DTSTART;TZID="GMT+01:00":20261126T100000\r\n', {"fixed-offset"}),
    "TZID of Etc": ("feed", START, b"DTSTART;TZID=Etc/GMT-1:20261126T100000\r\n", {"fixed-offset"}),
    "VTIMEZONE without TZID": ("download", b"TZID:Europe/Zurich\r\n", b"", {"vtimezone", "tzid"}),
    "VTIMEZONE twice": ("download", ZONE, ZONE * 2, {"vtimezone"}),
    "VTIMEZONE without observance": (
        "download",
        ZONE,
        b"BEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\nEND:VTIMEZONE\r\n",
        {"vtimezone"},
    ),
    "VTIMEZONE nobody uses": (
        "download",
        START + END,
        b"DTSTART:20261126T090000Z\r\nDTEND:20261126T120000Z\r\n",
        {"vtimezone"},
    ),
    "RDATE in VTIMEZONE": ("feed", b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", b"RDATE:20260329T020000", {"vtimezone"}),
    "COMMENT in VTIMEZONE": ("feed", b"TZNAME:CET\r\n", b"TZNAME:CET\r\nCOMMENT:made by us\r\n", {"vtimezone"}),
    "VTIMEZONE without offset": ("feed", b"TZOFFSETFROM:+0100\r\n", b"", {"vtimezone"}),
    "VTIMEZONE onset in UTC": ("feed", b"DTSTART:19701025T030000", b"DTSTART:19701025T030000Z", {"vtimezone"}),
    "VTIMEZONE with wrong rules": ("feed", b"BYMONTH=10", b"BYMONTH=12", {"vtimezone"}),
    "VTIMEZONE with wrong offset": ("feed", b"TZOFFSETTO:+0100", b"TZOFFSETTO:+0130", {"vtimezone"}),
    "odd part of VTIMEZONE": (
        "feed",
        b"TZID:Europe/Zurich\r\n",
        b"TZID:Europe/Zurich\r\nBEGIN:VALARM\r\nEND:VALARM\r\n",
        {"unknown-component", "vtimezone"},
    ),
    # People
    "ATTENDEE in a feed": ("feed", STATUS, STATUS + ATTENDEE, {"people"}),
    "ORGANIZER in a download": ("download", STATUS, STATUS + ORGANIZER, {"people"}),
    "two attendees": ("request", ATTENDEE, ATTENDEE * 2, {"people"}),
    "no attendee": ("request", ATTENDEE, b"", {"people"}),
    "no organizer in a request": ("request", ORGANIZER, b"", {"people"}),
    "no organizer in a cancel": ("cancel", ORGANIZER, b"", {"people"}),
    "two organizers": ("request", ORGANIZER, ORGANIZER * 2, {"repeated"}),
    "attendee without mailto": ("cancel", b":mail\r\n to:aicha@", b":\r\n aicha@", {"people"}),
    "organizer by telephone": ("request", b"mailto:rsvp+7f3a@cal.example.org", b"tel:+41229179000", {"people"}),
    "sent by another": (
        "request",
        b"ORGANIZER;",
        b'ORGANIZER;SENT-BY="mailto:a@example.org";',
        {"people", "long-line"},
    ),
    "answer given in the question": ("request", b"NEEDS-ACTION", b"ACCEPTED", {"partstat"}),
    "reply that answers nothing": ("reply", b"PARTSTAT=ACCEPTED", b"PARTSTAT=NEEDS-\r\n ACTION", {"partstat"}),
    "reply with an odd answer": ("reply", b"PARTSTAT=ACCEPTED", b"PARTSTAT=DELEGATED", {"partstat"}),
    "cancel that confirms": ("cancel", b"STATUS:CANCELLED", b"STATUS:CONFIRMED", {"status"}),
    "cancel without status": ("cancel", b"STATUS:CANCELLED\r\n", b"", {"status"}),
    "request of a cancelled entry": ("request", STATUS, b"STATUS:CANCELLED\r\n", {"status"}),
}


@pytest.mark.parametrize(("kind", "old", "new", "codes"), REPLACED.values(), ids=REPLACED.keys())
def test_every_kind_of_broken_calendar_is_caught(kind: Kind, old: bytes, new: bytes, codes: set[str]) -> None:
    sound = SOUND[kind]
    assert problems(sound, kind=kind) == []
    assert old in sound
    found = problems(sound.replace(old, new, 1), kind=kind)
    assert {problem.partition(":")[0] for problem in found} == codes, found


def test_line_ends_of_another_system_are_caught() -> None:
    assert {problem.partition(":")[0] for problem in problems(SOUND["feed"].replace(b"\r\n", b"\n"), kind="feed")} == {
        "bare-lf",
        "no-final-crlf",
    }


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"<html></html>", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"END:VCALENDAR\r\n"]
)
@pytest.mark.parametrize("kind", SOUND.keys())
def test_what_is_no_calendar_is_caught(data: bytes, kind: Kind) -> None:
    assert problems(data, kind=kind)


def test_utf_16_is_caught() -> None:
    assert problems(SOUND["feed"].decode().encode("utf-16"), kind="feed")


def test_two_entries_in_one_invite_are_caught() -> None:
    sound = SOUND["request"]
    event = sound[sound.index(b"BEGIN:VEVENT") : sound.index(b"END:VCALENDAR")]
    other = event.replace(UID, b"UID:other@cal.example.org\r\n")
    assert problems(sound.replace(event, event + other), kind="request") == ["one-event: 2 entries in a request"]


@pytest.mark.parametrize("kind", SOUND.keys())
def test_a_calendar_of_one_kind_is_none_of_another(kind: Kind) -> None:
    assert [other for other in SOUND if not problems(SOUND[other], kind=kind)] == [kind]


@pytest.mark.parametrize("answer", ["ACCEPTED", "DECLINED", "TENTATIVE"])
def test_replies_with_an_answer_are_sound(answer: str) -> None:
    assert problems(reply(occasion(), answer), kind="reply") == []


def test_a_reply_without_organizer_or_sequence_is_sound() -> None:
    assert problems(SOUND["reply"].replace(ORGANIZER, b"").replace(SEQUENCE, b""), kind="reply") == []


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_our_own_calendars_are_sound_in_every_script(text: str) -> None:
    entry = occasion(summary=text, description=text * 5, location=text, categories=(text, text))
    whole_day = occasion(
        uid="day@cal.example.org", all_day=True, start_local=wall("2027-01-01"), end_local=wall("2027-01-02")
    )
    assert problems(feed(entry, whole_day, name=text), kind="feed") == []
    assert problems(download(entry, whole_day), kind="download") == []
    assert problems(request(entry), kind="request") == []


@pytest.mark.parametrize("kind", SOUND.keys())
def test_a_calendar_cut_anywhere_is_caught(kind: Kind) -> None:
    assert all(problems(SOUND[kind][:length], kind=kind) for length in range(0, len(SOUND[kind]), 7))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SOUND)), st.integers(0, 3000), st.integers(0, 20), st.binary(max_size=12))
def test_no_damage_makes_the_lint_itself_fail(kind: Kind, start: int, length: int, patch: bytes) -> None:
    damaged = SOUND[kind][:start] + patch + SOUND[kind][start + length :]
    assert all(re.fullmatch(r"[a-z0-9-]+: .+", problem, re.DOTALL) for problem in problems(damaged, kind=kind))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_of_chance_are_no_calendar(data: bytes) -> None:
    assert problems(b"BEGIN:VCALENDAR\r\n" + data, kind="feed")
