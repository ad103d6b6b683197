"""Read one mail that answers an invite (RFC 5546, 6047), alone in a process of its own with limits.

Anybody can send anything to the address that invites come from. So this runs as a program that knows nothing of the
house: it reads bytes from its input and writes one line of JSON. Names and comments are not even read.
"""

import json
import re
import resource
import sys
from dataclasses import asdict, dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser

MEMORY, SECONDS = 128 * 1024 * 1024, 5
BIGGEST = 256 * 1024
"""Bytes of a mail that is read; a larger one is none."""
MOST_PARTS = 50
LONGEST = 1_000
"""Characters of a value that is told; a longer one is none of ours."""
CONTENT_TYPE = "text/calendar"
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z?")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass
class Told:
    """What a mail says. ``header`` is the method that its MIME part names, ``method`` the calendar's own.

    ``starts`` and ``ends`` are a time as it is written and the name of its zone, empty for none.
    """

    header: str = ""
    method: str = ""
    events: int = 0
    attendees: int = 0
    uid: str = ""
    sequence: int = 0
    dtstamp: str = ""
    partstat: str = ""
    attendee: str = ""
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)


def read(raw: bytes) -> Told | None:
    """The first calendar in a mail; None where there is none that can be read."""
    if len(raw) > BIGGEST:
        return None
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    for part, _number in zip(message.walk(), range(MOST_PARTS), strict=False):
        if part.get_content_type() == CONTENT_TYPE and not part.is_multipart():
            return _calendar(_text(part), str(part.get_param("method", "") or "").strip().upper())
    return None


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _calendar(text: str, header: str) -> Told | None:
    told, inside = Told(header=header), []
    opened = 0
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        found = _line(line)
        if found is None:
            continue
        name, parameters, value = found
        if name == "BEGIN":
            inside.append(value.strip().upper())
            opened += inside == ["VCALENDAR"]
            told.events += len(inside) == 2 and inside[1] != "VTIMEZONE"
        elif name == "END":
            if not inside or inside.pop() != value.strip().upper():
                return None
        elif inside == ["VCALENDAR"] and name == "METHOD":
            told.method = f"{told.method} {value.strip().upper()}".strip()[:LONGEST]
        elif inside == ["VCALENDAR", "VEVENT"]:
            _take(told, name, parameters, value.strip())
    return told if opened == 1 and not inside else None


def _take(told: Told, name: str, parameters: dict[str, str], value: str) -> None:
    if len(value) > LONGEST:
        return
    if name == "UID":
        told.uid = value
    elif name == "SEQUENCE" and _NUMBER.fullmatch(value):
        told.sequence = int(value)
    elif name == "DTSTAMP" and _STAMP.fullmatch(value):
        told.dtstamp = value
    elif name in {"DTSTART", "DTEND"} and _TIME.fullmatch(value):
        setattr(told, "starts" if name == "DTSTART" else "ends", [value, parameters.get("TZID", "")[:LONGEST]])
    elif name == "ATTENDEE":
        told.attendees += 1
        told.partstat = parameters.get("PARTSTAT", "").upper()[:LONGEST]
        told.attendee = re.sub("^mailto:", "", value, flags=re.IGNORECASE)


def _line(line: str) -> tuple[str, dict[str, str], str] | None:
    """Name, parameters and value of a content line, in one pass: no pattern that a long line could keep busy."""
    pieces, start, quoted = [], 0, False
    for place, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in ";:":
            pieces.append(line[start:place])
            start = place + 1
            if letter == ":":
                break
    else:
        return None
    pairs = (piece.partition("=") for piece in pieces[1:])
    return pieces[0].upper(), {key.upper(): value.strip('"') for key, _, value in pairs}, line[start:]


def main() -> None:
    """Bytes in, a line of JSON out: ``null`` for what holds no calendar."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (BIGGEST, BIGGEST))
    told = read(sys.stdin.buffer.read(BIGGEST + 1))
    sys.stdout.write(json.dumps(told and asdict(told)))


if __name__ == "__main__":
    main()
