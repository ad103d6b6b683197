"""Read one mail that answers an invite (RFC 5546, 6047), alone in a process of its own with limits.

Anybody can send anything to the address that invites come from. So this runs as a program that knows nothing of the
house: it reads bytes from its input and writes one line of JSON. Names and comments are not even read.
"""

import json
import re
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

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
    sender: str = ""
    proofs: list[list[str]] = field(default_factory=list)
    """Of each signature that a mail server found right: the server's name, and the domain that is answered for."""


def read(raw: bytes) -> Told | None:
    """The first calendar in a mail; None where there is none that can be read."""
    if len(raw) > BIGGEST:
        return None
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    for part, _number in zip(message.walk(), range(MOST_PARTS), strict=False):
        if part.get_content_type() == CONTENT_TYPE and not part.is_multipart():
            told = _calendar(_text(part), str(part.get_param("method", "") or "").strip().upper())
            if told:
                told.sender = _sender(message.get_all("From", []))
                heads = message.get_all("Authentication-Results", [])[:MOST_PARTS]
                told.proofs = [proof for head in heads for proof in _proofs(str(head))]
            return told
    return None


def _sender(heads: Sequence[object]) -> str:
    """The one address that a mail says it is from; empty for none or several (RFC 5322 allows a list)."""
    found = getaddresses([str(head) for head in heads])
    return found[0][1][:LONGEST] if len(heads) == len(found) == 1 and found[0][1].count("@") == 1 else ""


def _proofs(head: str) -> list[list[str]]:
    """What one Authentication-Results says was right (RFC 8601): by DKIM the signing domain, by DMARC the sender's.

    What stands in quotes or comments can be a stranger's own words, so neither is read as a result.
    """
    bare = _bare(head)
    if bare is None:
        return []
    server, *results = bare.split(";")
    proofs = []
    for result in results:
        words = re.sub(r"[ \t]*=[ \t]*", "=", result).split()
        pairs = [word.partition("=")[::2] for word in words]
        method, verdict = pairs[0] if pairs else ("", "")
        kind, said = method.partition("/")[0].lower(), dict(pairs[1:])
        domain = said.get({"dkim": "header.d", "dmarc": "header.from"}.get(kind, ""), "").lower()
        if server.split() and verdict.lower() == "pass" and domain:
            proofs.append([server.split()[0].lower()[:LONGEST], domain[:LONGEST]])
    return proofs


def _bare(head: str) -> str | None:
    """A header without comments and with quoted words emptied; None where one is left open."""
    kept, depth, quoted, escaped = [], 0, False, False
    for letter in head.replace("\r", " ").replace("\n", " "):
        if escaped:
            escaped = False
        elif letter == "\\" and (quoted or depth):
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
            kept.append(letter)
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(letter)
    return None if quoted or depth else "".join(kept)


def _text(part: Message) -> str:
    """The words of a part; none where it holds a NUL, which no calendar has and no database keeps."""
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) and b"\0" not in payload else ""


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
