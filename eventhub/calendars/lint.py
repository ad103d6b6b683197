"""A byte lint for every calendar that leaves the house: RFC 5545, 5546 and 7986, and what real clients stumble on.

Written apart from ics.py, on the bytes alone, so that a mistake there is not repeated here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from eventhub.calendars.zones import LocalTimeDoesNotExist, UnknownZone, agrees, resolve_local

Kind = Literal["feed", "download", "request", "cancel", "reply"]

Problems = Iterator[str]


def problems(data: bytes, *, kind: Kind) -> list[str]:
    """Everything wrong with a calendar, each as "code: what and where"; an empty list for a sound one.

    Kinds: a subscribed feed, a downloaded file, an iMIP request, cancel or reply.
    """
    found = list(_byte_problems(data))
    calendar, structure = _read(data)
    found += structure
    if calendar is not None:
        found += _calendar_problems(calendar, kind)
        found += _zone_problems(calendar)
        for event in calendar.named("VEVENT"):
            found += _event_problems(event, kind)
            found += _time_problems(event, calendar)
            found += _people_problems(event, kind)
        found += _message_problems(calendar, kind)
    return found


# --- Bytes --------------------------------------------------------------------------------------------------------

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _byte_problems(data: bytes) -> Problems:
    yield from _those(
        ("byte-order-mark: the file opens with one", data.startswith(b"\xef\xbb\xbf")),
        ("bare-lf: a line ends in LF alone", re.search(rb"(?<!\r)\n", data)),
        ("bare-cr: a CR stands without LF", re.search(rb"\r(?!\n)", data)),
        ("no-final-crlf: the last line has no end", not data.endswith(b"\r\n")),
        ("bad-fold: the first line continues nothing", data.startswith((b" ", b"\t"))),
    )
    for number, line in enumerate(re.split(rb"\r?\n", data), 1):
        if len(line) > 75:
            yield f"long-line: line {number} has {len(line)} octets"
        try:
            text = line.decode()
        except UnicodeDecodeError:
            yield f"not-utf-8: line {number} holds broken UTF-8, or the fold splits a character"
            continue
        if _CONTROL.search(text):
            yield f"control-character: line {number}"
        if _BIDI.search(text):
            yield f"bidi-control: line {number}"
    if re.search(rb"\n\r?\n", data):
        yield "empty-line: between content lines"


def _those(*checks: tuple[str, object]) -> Problems:
    """The problems whose finding is true."""
    return (problem for problem, wrong in checks if wrong)


# --- Lines and components -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: dict[str, str]
    value: str
    raw: str


@dataclass(slots=True)
class _Component:
    name: str
    properties: list[_Property] = field(default_factory=list)
    children: list["_Component"] = field(default_factory=list)

    def named(self, name: str) -> list["_Component"]:
        return [child for child in self.children if child.name == name]

    def all(self, name: str) -> list[_Property]:
        return [prop for prop in self.properties if prop.name == name]

    def first(self, name: str) -> _Property | None:
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        found = self.first(name)
        return found.value if found else ""


_LINE = re.compile(
    r"""(?P<name>[A-Za-z0-9-]+)
    (?P<parameters>(?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*)
    :(?P<value>.*)""",
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')


def _read(data: bytes) -> tuple[_Component | None, list[str]]:
    """The calendar as a tree, with what is wrong in its lines and nesting; None when there is no tree."""
    found: list[str] = []
    root, stack = _Component("the file"), []
    stack.append(root)
    unfolded = re.sub(rb"\r?\n[ \t]", b"", data).decode(errors="replace").removeprefix("\ufeff")
    for raw in filter(None, re.split(r"\r?\n", unfolded)):
        prop = _property(raw, found)
        if prop is None:
            continue
        if prop.name == "BEGIN":
            stack.append(_Component(prop.value.upper()))
            stack[-2].children.append(stack[-1])
        elif prop.name == "END":
            if len(stack) == 1 or stack[-1].name != prop.value.upper():
                found.append(f"unbalanced: END:{prop.value} closes {stack[-1].name}")
                return None, found
            stack.pop()
        elif len(stack) == 1:
            found.append(f"outside-calendar: {prop.name} stands outside VCALENDAR")
        else:
            stack[-1].properties.append(prop)
    if len(stack) > 1:
        found.append(f"missing-end: {stack[-1].name} is not closed")
    if [child.name for child in root.children] != ["VCALENDAR"]:
        found.append("not-one-calendar: the file is not exactly one VCALENDAR")
        return None, found
    return root.children[0], found


def _property(raw: str, found: list[str]) -> _Property | None:
    matched = _LINE.fullmatch(raw)
    if matched is None:
        found.append(f"bad-line: no content line: {raw[:40]!r}")
        return None
    name, value = matched["name"], matched["value"]
    parameters = _PARAMETER.findall(matched["parameters"])
    if name != name.upper() or any(key != key.upper() for key, _ in parameters):
        found.append(f"lower-case: {name} or a parameter of it")
    if name.upper() in {"BEGIN", "END"} and value != value.upper():
        found.append(f"lower-case: component {value}")
    if len({key.upper() for key, _ in parameters}) < len(parameters):
        found.append(f"repeated-parameter: {name}")
    return _Property(name.upper(), {key.upper(): text.strip('"') for key, text in parameters}, value, raw)


# --- The calendar -------------------------------------------------------------------------------------------------

_METHODS: dict[Kind, str] = {"feed": "", "download": "", "request": "REQUEST", "cancel": "CANCEL", "reply": "REPLY"}
_ONCE_IN_CALENDAR = ("VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-CALNAME", "REFRESH-INTERVAL", "SOURCE", "COLOR")
_SUBSCRIPTION = ("NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL")
_DURATION = re.compile(r"P(?=[0-9T])(?:\d+W|(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)")


def _calendar_problems(calendar: _Component, kind: Kind) -> Problems:
    yield from _repeated(calendar, _ONCE_IN_CALENDAR)
    method, scale = calendar.value("METHOD"), calendar.first("CALSCALE")
    carried = [name for name in _SUBSCRIPTION if calendar.first(name)]
    yield from _those(
        ("version: VERSION:2.0 is missing", calendar.value("VERSION") != "2.0"),
        ("prodid: PRODID is missing", not calendar.value("PRODID")),
        ("calscale: only GREGORIAN is known", scale and scale.value != "GREGORIAN"),
        (f"method: {method or 'none'} in a {kind}", method != _METHODS[kind]),
        (f"subscription: a {kind} carries {carried}", carried and kind != "feed"),
        ("no-event: nothing inside", kind != "feed" and not calendar.named("VEVENT")),
    )
    if kind == "feed":
        yield from _subscription_problems(calendar)
    for child in calendar.children:
        if child.name not in {"VEVENT", "VTIMEZONE"}:
            yield f"unknown-component: {child.name}"
    for prop in calendar.properties:
        yield from _text_problems(prop)
    events = Counter((event.value("UID"), event.value("RECURRENCE-ID")) for event in calendar.named("VEVENT"))
    yield from (f"duplicate-uid: {uid} stands {count} times" for (uid, _), count in events.items() if count > 1)


def _subscription_problems(calendar: _Component) -> Problems:
    for name in _SUBSCRIPTION:
        if calendar.first(name) is None:
            yield f"subscription: {name} is missing"
    for name in ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
        if (prop := calendar.first(name)) and not _DURATION.fullmatch(prop.value):
            yield f"duration: {name}:{prop.value}"
    for name, kind in (("REFRESH-INTERVAL", "DURATION"), ("SOURCE", "URI")):
        if (prop := calendar.first(name)) and prop.parameters.get("VALUE") != kind:
            yield f"value-type: {name} needs VALUE={kind}"
    if (source := calendar.first("SOURCE")) and not _URI.fullmatch(source.value):
        yield "uri: SOURCE"
    if (colour := calendar.first("COLOR")) and not re.fullmatch("[a-z]{3,20}", colour.value):
        yield f"colour: {colour.value[:30]!r} is no CSS3 name"


def _repeated(component: _Component, names: tuple[str, ...]) -> Problems:
    for name in names:
        if len(component.all(name)) > 1:
            yield f"repeated: {name} in {component.name}"


# --- Text ---------------------------------------------------------------------------------------------------------

_TEXT = frozenset(
    {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "UID", "RELATED-TO", "NAME", "X-WR-CALNAME", "PRODID"}
)
_ESCAPED = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*", re.DOTALL)
_ESCAPED_LIST = re.compile(r"(?:[^\\;]|\\[\\;,nN])*", re.DOTALL)
_URI = re.compile(r"https?://[!#-;=?-\[\]_a-z~%]+")


def _text_problems(prop: _Property) -> Problems:
    if prop.name in _TEXT and not _ESCAPED.fullmatch(prop.value):
        yield f"unescaped: {prop.name}"
    if prop.name == "CATEGORIES" and not _ESCAPED_LIST.fullmatch(prop.value):
        yield "unescaped: CATEGORIES"
    language = prop.parameters.get("LANGUAGE")
    if language is not None and not re.fullmatch("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", language):
        yield f"language: {prop.name}"


# --- Entries ------------------------------------------------------------------------------------------------------

_ONCE_IN_EVENT = (
    *("UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "STATUS", "DTSTART", "DTEND", "DURATION", "SUMMARY"),
    *("DESCRIPTION", "LOCATION", "URL", "TRANSP", "ORGANIZER", "CLASS", "PRIORITY", "RECURRENCE-ID"),
)
_VALUES = {
    "UID": re.compile(r".*\S.*"),
    "SEQUENCE": re.compile(r"0|[1-9]\d{0,9}"),
    "STATUS": re.compile("CONFIRMED|TENTATIVE|CANCELLED"),
    "TRANSP": re.compile("OPAQUE|TRANSPARENT"),
    "URL": _URI,
}
# The house writes a series as separate entries; a rule would be expanded differently by each client.
_RECURRENCE = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


def _event_problems(event: _Component, kind: Kind) -> Problems:
    yield from _repeated(event, _ONCE_IN_EVENT)
    required = (
        ("UID", "DTSTAMP", "DTSTART") if kind == "reply" else ("UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY")
    )
    yield from (f"missing: {name}" for name in required if event.first(name) is None)
    for name, allowed in _VALUES.items():
        if (prop := event.first(name)) and not allowed.fullmatch(prop.value):
            yield f"{name.lower()}: {prop.value[:60]!r}"
    yield from (f"recurrence: {name}" for name in _RECURRENCE if event.first(name))
    for prop in event.properties:
        yield from _text_problems(prop)
    for child in event.children:
        if child.name == "VALARM":
            yield from _alarm_problems(child, kind)
        else:
            yield f"unknown-component: {child.name} in VEVENT"


_BEFORE = re.compile(r"-P(?=[0-9T])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?)?")


def _alarm_problems(alarm: _Component, kind: Kind) -> Problems:
    trigger = alarm.first("TRIGGER")
    yield from _repeated(alarm, ("ACTION", "TRIGGER", "DESCRIPTION", "DURATION", "REPEAT"))
    yield from _those(
        (f"alarm: in a {kind}", kind in {"cancel", "reply"}),
        ("alarm: only DISPLAY, which opens and sends nothing", alarm.value("ACTION") != "DISPLAY"),
        ("alarm: DESCRIPTION is missing", not alarm.value("DESCRIPTION")),
        # One that follows its entry when that moves.
        ("alarm: TRIGGER is no time before the start", not (trigger and _BEFORE.fullmatch(trigger.value))),
        ("alarm: TRIGGER with parameters", trigger and trigger.parameters),
    )
    for prop in alarm.properties:
        yield from _text_problems(prop)


# --- Times --------------------------------------------------------------------------------------------------------


def _time_problems(event: _Component, calendar: _Component) -> Problems:
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        prop = event.first(name)
        if prop and ("TZID" in prop.parameters or not prop.value.endswith("Z") or _moment(prop.value) is None):
            yield f"not-utc: {prop.raw[:60]}"
    if event.first("DTEND") and event.first("DURATION"):
        yield "end: DTEND and DURATION together"
    if (duration := event.first("DURATION")) and not _DURATION.fullmatch(duration.value):
        yield f"duration: {duration.value}"
    defined = {zone.value("TZID") for zone in calendar.named("VTIMEZONE")}
    ends: list[datetime | date] = []
    for name in ("DTSTART", "DTEND"):
        if prop := event.first(name):
            yield from _zoned_problems(prop, defined)
            if moment := _instant(prop):
                ends.append(moment)
            else:
                yield f"time: {name}:{prop.value} is no time that exists"
    yield from _order_problems(event, ends)


def _order_problems(event: _Component, ends: list[datetime | date]) -> Problems:
    if len(ends) == 2:
        if isinstance(ends[0], datetime) != isinstance(ends[1], datetime):
            yield "value-type: DTSTART and DTEND are not of one kind"
        elif ends[1] <= ends[0]:
            yield "end: DTEND is not after DTSTART"
    if ends and not isinstance(ends[0], datetime) and event.value("TRANSP") != "TRANSPARENT":
        yield "transp: an all-day entry blocks the day"
    created, modified = _moment(event.value("CREATED")), _moment(event.value("LAST-MODIFIED"))
    if created and modified and modified.replace(tzinfo=UTC) < created.replace(tzinfo=UTC):
        yield "order: LAST-MODIFIED before CREATED"


def _zoned_problems(prop: _Property, defined: set[str]) -> Problems:
    zone, value = prop.parameters.get("TZID"), prop.value
    if prop.parameters.get("VALUE") == "DATE":
        if zone is not None:
            yield f"tzid: {prop.name} is a date with a zone"
    elif zone is None:
        if not value.endswith("Z"):
            yield f"floating: {prop.name}:{value}"
    elif value.endswith("Z"):
        yield f"tzid: {prop.name} is UTC with a zone"
    elif _is_offset(zone):
        yield f"fixed-offset: TZID {zone}"
    elif zone not in defined:
        yield f"tzid: no VTIMEZONE for {zone}"


def _is_offset(zone: str) -> bool:
    """GMT, UTC+1, Etc/GMT-2, EST: names without a place, which clients take for different things."""
    return "/" not in zone or zone.startswith("Etc/")


def _instant(prop: _Property) -> datetime | date | None:
    """The moment a property names, comparable with others of its kind; None when it names none."""
    if prop.parameters.get("VALUE") == "DATE":
        day = _moment(prop.value + "T000000") if re.fullmatch(r"[0-9]{8}", prop.value) else None
        return day.date() if day else None
    moment = _moment(prop.value)
    zone = prop.parameters.get("TZID")
    if moment is None or zone is None or moment.tzinfo:
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    try:
        return resolve_local(moment, zone, 0)
    except LocalTimeDoesNotExist:
        return None
    except UnknownZone:
        return moment.replace(tzinfo=UTC)


def _moment(value: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z?", value):
        return None
    try:
        return datetime.strptime(value.replace("Z", "+0000"), f"%Y%m%dT%H%M%S{'%z' if value[-1] == 'Z' else ''}")  # noqa: DTZ007
    except ValueError:
        return None


# --- Zones --------------------------------------------------------------------------------------------------------


def _zone_problems(calendar: _Component) -> Problems:
    used = [
        (prop.parameters["TZID"], int(prop.value[:4]))
        for event in calendar.named("VEVENT")
        for prop in event.properties
        if "TZID" in prop.parameters and re.match("[0-9]{4}", prop.value)
    ]
    seen: set[str] = set()
    for zone in calendar.named("VTIMEZONE"):
        name = zone.value("TZID")
        if not name:
            yield "vtimezone: without TZID"
            continue
        if name in seen:
            yield f"vtimezone: {name} is defined twice"
        seen.add(name)
        if _is_offset(name):
            yield f"fixed-offset: VTIMEZONE {name}"
        years = {year for user, year in used if user == name}
        if not years:
            yield f"vtimezone: nothing uses {name}"
        yield from _observance_problems(zone)
        yield from _truth_problems(zone, name, years)


def _observance_problems(zone: _Component) -> Problems:
    if not zone.children:
        yield "vtimezone: neither STANDARD nor DAYLIGHT"
    for prop in zone.properties:
        if prop.name not in {"TZID", "LAST-MODIFIED", "TZURL"}:
            yield f"vtimezone: {prop.name} in it"
    for part in zone.children:
        start = part.first("DTSTART")
        yield from _those(
            (f"unknown-component: {part.name} in VTIMEZONE", part.name not in {"STANDARD", "DAYLIGHT"}),
            ("vtimezone: RDATE, which Outlook misreads", part.first("RDATE")),
            ("vtimezone: COMMENT, which libical refuses", part.first("COMMENT")),
            ("vtimezone: DTSTART is no bare local time", start and not re.fullmatch(r"DTSTART:\d{8}T\d{6}", start.raw)),
        )
        for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"):
            if len(part.all(name)) != 1:
                yield f"vtimezone: {part.name} needs one {name}"


def _truth_problems(zone: _Component, name: str, years: set[int]) -> Problems:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    for part in zone.children:
        lines += [f"BEGIN:{part.name}", *(prop.raw for prop in part.properties), f"END:{part.name}"]
    block = "\r\n".join([*lines, "END:VTIMEZONE", ""]).encode()
    try:
        wrong = [year for year in sorted(years) if not agrees(block, name, year)]
    except UnknownZone:
        yield f"tzid: {name} is no zone of the tz database"
        return
    if wrong:
        yield f"vtimezone: {name} differs from the tz database in {wrong[0]}"


# --- People and messages ------------------------------------------------------------------------------------------

_MAILTO = re.compile(r"mailto:[!-~]+@[A-Za-z0-9.-]+")


_ANSWERS: dict[Kind, set[str | None]] = {
    "request": {"NEEDS-ACTION"},
    "cancel": {None, "NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"},
    "reply": {"ACCEPTED", "DECLINED", "TENTATIVE"},
}


def _people_problems(event: _Component, kind: Kind) -> Problems:
    organizers, attendees = event.all("ORGANIZER"), event.all("ATTENDEE")
    if kind in {"feed", "download"}:
        yield from _those((f"people: a {kind} names an organizer or attendee", organizers or attendees))
        return
    # outlook.com leaves ORGANIZER out of its replies.
    yield from _those(
        ("people: ORGANIZER is missing", not organizers and kind != "reply"),
        (f"people: {len(attendees)} attendees instead of one", len(attendees) != 1),
    )
    for person in (*organizers, *attendees):
        yield from _those(
            (f"people: {person.name} is no mailto address", not _MAILTO.fullmatch(person.value)),
            ("people: SENT-BY", "SENT-BY" in person.parameters),
        )
    for person in attendees:
        if (answer := person.parameters.get("PARTSTAT")) not in _ANSWERS[kind]:
            yield f"partstat: {answer} in a {kind}"


def _message_problems(calendar: _Component, kind: Kind) -> Problems:
    events = calendar.named("VEVENT")
    if kind in {"request", "cancel", "reply"} and len(events) > 1:
        yield f"one-event: {len(events)} entries in a {kind}"
    for event in events:
        status = event.value("STATUS")
        yield from _those(
            (f"status: {status or 'none'} in a cancel", kind == "cancel" and status != "CANCELLED"),
            ("status: CANCELLED in a request", kind == "request" and status == "CANCELLED"),
            ("missing: DTEND", kind != "reply" and not (event.first("DTEND") or event.first("DURATION"))),
        )
