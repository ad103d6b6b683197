"""Writing iCalendar (RFC 5545, 7986, 5546): entries, whole calendars, invites and cancellations.

The one place that touches icalendar for writing. It closes what icalendar 7.3 leaves open: control and bidi characters
pass, a lone surrogate raises, a literal backslash-N becomes a newline, names and colours of calendars are not escaped,
a naive datetime becomes floating, and the guard against stray line breaks is an assert, gone under `python -O`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from eventhub.calendars.zones import TZ_RELEASE_YEAR, VERIFIED_YEARS, is_repeated, utc_of, vtimezone, zone_rules

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]

PRODID = "-//EventHub//Calendar//EN"
NEUTRAL_PRODID = "-//Meetings//Calendar//EN"
"""For discreet persons: names no product."""

# RFC 5545 section 3.3.8 allows 32 bits; clients read SEQUENCE as a signed integer.
_LARGEST_SEQUENCE = 2**31 - 1
_EVENT_END = b"END:VEVENT\r\n"


class BadOccasion(ValueError):
    """An entry that no calendar could show rightly: a naive instant, an end before its start, an empty UID."""


class BadAddress(ValueError):
    """Not a plain ASCII e-mail address."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One calendar entry as it stands at one revision; everything is passed in, nothing is read from a clock.

    `dtstamp`, `created` and `last_modified` are aware. `start_local` and `end_local` are naive wall-clock times in
    `zone`; fold 1 means the second of a repeated hour. All-day entries use their dates, the end exclusive.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    created: datetime
    last_modified: datetime
    start_local: datetime
    end_local: datetime
    zone: str
    fold_start: int = 0
    fold_end: int = 0
    all_day: bool = False
    status: Status = "CONFIRMED"
    summary: str = ""
    description: str = ""
    location: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    related_to: tuple[str, ...] = ()
    language: str = ""
    transparent: bool = False

    def __post_init__(self) -> None:
        if not clean_line(self.uid):
            raise BadOccasion("an entry without UID")
        if not 0 <= self.sequence <= _LARGEST_SEQUENCE:
            raise BadOccasion(f"SEQUENCE {self.sequence} is outside 0 to 2**31 - 1")
        if self.status not in get_args(Status):
            raise BadOccasion(f"no such status: {self.status!r}")
        if any(moment.utcoffset() is None for moment in (self.dtstamp, self.created, self.last_modified)):
            raise BadOccasion("dtstamp, created and last_modified must be aware")
        if self.start_local.tzinfo or self.end_local.tzinfo:
            raise BadOccasion("start_local and end_local are wall-clock times and must be naive")
        if self.end <= self.start:
            raise BadOccasion("an entry must end after it starts")

    @cached_property
    def start(self) -> datetime | date:
        """The instant in UTC, or the date of an all-day entry; raises as `zones.resolve_local` does."""
        return self.start_local.date() if self.all_day else utc_of(self.start_local, self.zone, self.fold_start)

    @cached_property
    def end(self) -> datetime | date:
        """As `start`; exclusive."""
        return self.end_local.date() if self.all_day else utc_of(self.end_local, self.zone, self.fold_end)

    @cached_property
    def tzid(self) -> str | None:
        """The zone the times are written in, or None where they are dates or UTC.

        UTC is used when a local time happens twice, which TZID cannot say, or when the zone's rules did not hold in
        the years around the entry and around the tz database's release: a zone that changed its rules a moment ago
        is one that clients, who trust their own tables above our VTIMEZONE, still have wrong.
        """
        around = VERIFIED_YEARS // 2
        first = min(self.start_local.year, TZ_RELEASE_YEAR) - around
        last = max(self.end_local.year, TZ_RELEASE_YEAR) + around
        if self.all_day or vtimezone(self.zone, first, last) is None:
            return None
        if is_repeated(self.start_local, self.zone) or is_repeated(self.end_local, self.zone):
            return None
        return self.zone


@dataclass(frozen=True, slots=True)
class Party:
    """The organizer or the attendee of an invite."""

    address: str
    name: str = ""


def event_bytes(occasion: Occasion) -> bytes:
    """The VEVENT alone; equal occasions give equal bytes. This is what is stored and joined into feeds."""
    return _block("VEVENT", _event_lines(occasion))


def zones_needed(occasions: Iterable[Occasion]) -> frozenset[str]:
    """The zones whose VTIMEZONE a calendar with these entries needs; store them beside the entries' bytes."""
    return frozenset(occasion.tzid for occasion in occasions if occasion.tzid)


def calendar_bytes(
    blobs: Iterable[bytes],
    *,
    name: str | None,
    zones: Iterable[str],
    refresh_minutes: int,
    source_url: str | None,
    colour: str | None,
    method: str | None = None,
    language: str,
    prodid: str = PRODID,
) -> bytes:
    """A whole calendar of stored VEVENTs, each by itself or several in one, joined without being parsed.

    `zones` are the `zones_needed` of the entries. `name` None leaves out everything that belongs to a subscription
    (name, refresh, source, colour), as a downloaded file wants it. `colour` is a CSS3 name (RFC 7986 section 5.9).
    A zone whose rules lost their plain form through newer tz data is left out: clients know it by its name, and the
    entries are about to be written anew.
    """
    head = [("VERSION", "2.0"), ("PRODID", prodid), ("CALSCALE", "GREGORIAN")]
    if method is not None:
        head.append(("METHOD", _token(method)))
    lines = [_line(key, value) for key, value in head]
    if name is not None:
        lines += _subscription_lines(clean_line(name), refresh_minutes, source_url, colour, language)
    rules = [block for zone in sorted(set(zones)) if (block := zone_rules(zone))]
    return b"".join([b"BEGIN:VCALENDAR\r\n", *lines, *rules, *map(_event_blob, blobs), b"END:VCALENDAR\r\n"])


def alarm_bytes(minutes: int, text: str, language: str) -> bytes:
    """The VALARM of a reminder so many minutes before its entry begins, wherever that moves (RFC 5545, 3.6.6)."""
    if minutes < 1:
        raise ValueError("a reminder comes before")
    days, rest = divmod(minutes, 1440)
    length = f"{days}D" if days else ""
    length += f"T{rest}M" if rest else ""
    lines = [_line("ACTION", "DISPLAY"), _line("DESCRIPTION", _escaped(clean_text(text)), _language(language))]
    return _block("VALARM", [*lines, _line("TRIGGER", f"-P{length}")])


def with_alarm(blob: bytes, alarm: bytes) -> bytes:
    """A stored VEVENT with a reminder; what is called off has none."""
    if not alarm or b"\r\nSTATUS:CANCELLED\r\n" in blob:
        return blob
    return _event_blob(blob).removesuffix(_EVENT_END) + alarm + _EVENT_END


def request_bytes(
    occasion: Occasion, *, organizer: Party, attendee: Party, prodid: str = PRODID, alarm: bytes = b""
) -> bytes:
    """An iMIP invite or update (METHOD:REQUEST, RFC 5546 section 3.2.2) to one attendee, with a reminder or none."""
    if occasion.status == "CANCELLED":
        raise BadOccasion("a cancelled entry invites nobody")
    reply = {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    return _message("REQUEST", occasion, organizer, attendee, reply, prodid, alarm)


def cancel_bytes(occasion: Occasion, *, organizer: Party, attendee: Party, prodid: str = PRODID) -> bytes:
    """An iMIP cancellation (METHOD:CANCEL, RFC 5546 section 3.2.5) to one attendee.

    The occasion is the cancelled revision, with its raised SEQUENCE and its original times.
    """
    if occasion.status != "CANCELLED":
        raise BadOccasion("only a cancelled entry is called off")
    return _message("CANCEL", occasion, organizer, attendee, {}, prodid)


def clean_text(text: str) -> str:
    """Text of several lines without characters that calendars choke on or that turn the reading direction."""
    return _HARMFUL.sub("", _LINE_BREAK.sub("\n", text))


def clean_line(text: str) -> str:
    """As `clean_text`, on one line with single spaces."""
    return " ".join(clean_text(text).split())


def plain_address(address: str) -> str:
    """The address itself when it is plain ASCII that can break out of no header or line; raises BadAddress."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise BadAddress("not a plain e-mail address")
    return address


def _message(
    method: str,
    occasion: Occasion,
    organizer: Party,
    attendee: Party,
    reply: dict[str, str],
    prodid: str,
    alarm: bytes = b"",
) -> bytes:
    guest = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", **reply}
    lines = [*_event_lines(occasion), _party_line("ORGANIZER", organizer, {}), _party_line("ATTENDEE", attendee, guest)]
    return calendar_bytes(
        [with_alarm(_block("VEVENT", lines), alarm)],
        name=None,
        zones=zones_needed([occasion]),
        refresh_minutes=0,
        source_url=None,
        colour=None,
        method=method,
        language=occasion.language,
        prodid=prodid,
    )


def _event_lines(occasion: Occasion) -> list[bytes]:
    language = _language(occasion.language)
    lines = [
        _line("UID", _escaped(clean_line(occasion.uid))),
        _line("DTSTAMP", _utc(occasion.dtstamp)),
        _line("CREATED", _utc(occasion.created)),
        _line("LAST-MODIFIED", _utc(occasion.last_modified)),
        _line("SEQUENCE", str(occasion.sequence)),
        _line("STATUS", occasion.status),
        _time_line("DTSTART", occasion.start, occasion.start_local, occasion.tzid),
        _time_line("DTEND", occasion.end, occasion.end_local, occasion.tzid),
        # Not left out when empty: Outlook shows an entry without SUMMARY as an error.
        _line("SUMMARY", _escaped(clean_text(occasion.summary)), language),
    ]
    for key, text in (("DESCRIPTION", occasion.description), ("LOCATION", occasion.location)):
        if cleaned := clean_text(text):
            lines.append(_line(key, _escaped(cleaned), language))
    if address := _web_address(occasion.url):
        lines.append(_line("URL", address))
    if names := [_escaped(name) for name in map(clean_line, occasion.categories) if name]:
        lines.append(_line("CATEGORIES", ",".join(names), language))
    siblings = (uid for uid in map(clean_line, occasion.related_to) if uid)
    lines += [_line("RELATED-TO", _escaped(uid), {"RELTYPE": "SIBLING"}) for uid in siblings]
    lines.append(_line("TRANSP", "TRANSPARENT" if occasion.all_day or occasion.transparent else "OPAQUE"))
    return lines


def _subscription_lines(
    name: str, refresh_minutes: int, source_url: str | None, colour: str | None, language: str
) -> list[bytes]:
    if refresh_minutes < 1:
        raise ValueError("a feed is refreshed after one minute or more")
    lines = [
        _line("NAME", _escaped(name), _language(language)),
        _line("X-WR-CALNAME", _escaped(name)),
        _line("REFRESH-INTERVAL", f"PT{refresh_minutes}M", {"VALUE": "DURATION"}),
        _line("X-PUBLISHED-TTL", f"PT{refresh_minutes}M"),
    ]
    if address := _web_address(source_url or ""):
        lines.append(_line("SOURCE", address, {"VALUE": "URI"}))
    if colour is not None:
        if not re.fullmatch("[a-z]{3,20}", colour):
            raise ValueError("a colour is a CSS3 name, such as steelblue")
        lines.append(_line("COLOR", colour))
    return lines


def _time_line(key: str, moment: datetime | date, local: datetime, tzid: str | None) -> bytes:
    if not isinstance(moment, datetime):
        return _line(key, f"{moment:%Y%m%d}", {"VALUE": "DATE"})
    if tzid is None:
        return _line(key, _utc(moment))
    return _line(key, f"{local:%Y%m%dT%H%M%S}", {"TZID": tzid})


def _party_line(key: str, party: Party, parameters: dict[str, str]) -> bytes:
    # Parameters cannot hold a double quote; few clients read the escape that RFC 6868 gives it.
    if name := clean_line(party.name).replace('"', "'"):
        parameters = {"CN": name, **parameters}
    # RFC 6068 section 2: the few characters of an address that mean something else in a mailto URI.
    return _line(key, "mailto:" + quote(plain_address(party.address), safe="@!$'*+-.^_`{|}~"), parameters)


def _line(key: str, value: str, parameters: dict[str, str] | None = None) -> bytes:
    """One content line, folded; `value` is already escaped."""
    # The library takes 3 MB, and a web process serves what workers wrote.
    from eventhub.calendars.lines import unfolded  # noqa: PLC0415

    line = unfolded(key, value, parameters or {})
    if _FORBIDDEN_IN_LINE.search(line):
        raise ValueError(f"{key} would break its content line")
    folded: bytes = line.to_ical()
    return folded + b"\r\n"


def _block(kind: str, lines: Iterable[bytes]) -> bytes:
    return b"".join([b"BEGIN:%s\r\n" % kind.encode(), *lines, b"END:%s\r\n" % kind.encode()])


def _event_blob(blob: bytes) -> bytes:
    if not (blob.startswith(b"BEGIN:VEVENT\r\n") and blob.endswith(b"\r\nEND:VEVENT\r\n")):
        raise ValueError("not a stored VEVENT")
    return blob


# --- Values -------------------------------------------------------------------------------------------------------

# C0 and C1 controls (tab and newline stay), surrogates, bidi controls, byte-order marks and other non-characters.
# Joiners (U+200C, U+200D) stay: Persian words and emoji need them.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
_LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")
_FORBIDDEN_IN_LINE = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*",
)
_LANGUAGE_TAG = re.compile("[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _language(tag: str) -> dict[str, str]:
    return {"LANGUAGE": tag} if _LANGUAGE_TAG.fullmatch(tag) else {}


def _token(word: str) -> str:
    if not re.fullmatch("[A-Z-]{2,20}", word):
        raise ValueError(f"not an iCalendar token: {word!r}")
    return word


def _web_address(text: str) -> str:
    """An absolute http(s) address with everything unusual percent-encoded, else nothing: no other link is shown."""
    address = quote(clean_line(text), safe="!#$%&'()*+,/:;=?@[]~")
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""
