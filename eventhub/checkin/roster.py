"""The list that a phone takes along: signed by us, no reference in clear in it, and worth nothing after midnight.

Who finds the phone finds the public names of those who take part, their categories and gates. The key of the digests
lies in the list, and a reference has 30 random bits: a computer that tries them all finds those of the list. The
signature stands over the head, the head over the people.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from eventhub.checkin.models import Device
from eventhub.checkin.queries import Bearer, Gate, passes
from eventhub.kit.tokens import digest, same
from eventhub.programme.models import Event

DIGEST = 12
"""Bytes of a digest: two people of one event do not meet in 96 bits."""
PURPOSE = "check-in list"


class Head(BaseModel):
    """What is signed. Instants are milliseconds since 1970, by our clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: uuid.UUID
    person: uuid.UUID
    event: uuid.UUID
    key: str
    issued: int
    until: int
    offset: int
    people: str
    """SHA-256 of the people's part."""


@dataclass(frozen=True)
class Signed:
    """The list as it is sent."""

    head: str
    signature: str
    people: str


def make(event: Event, device: Device, people: Iterable[Bearer], gates: list[Gate], moment: datetime) -> Signed:
    """The list of a phone: digest, public name, category and the gates each person may pass."""
    # The same all day, so that a phone knows a badge again when its list was renewed.
    key = digest(f"{PURPOSE} key\0{device.id}\0{end_of_day(event, moment)}")[:16]
    rows = [
        [
            reference_digest(key, one.reference).hex(),
            one.name,
            one.category or "",
            [place for place, gate in enumerate(gates) if passes(gate, one.category, one.mode) is None],
        ]
        for one in people
    ]
    body: dict[str, Any] = {
        "gates": [
            {"key": str(gate.key), "days": sorted(day.isoformat() for day in gate.days), "closed": gate.closed}
            for gate in gates
        ],
        # In no order that would tell who registered first.
        "people": sorted(rows),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    head = Head(
        device=device.id,
        person=device.person_id or uuid.UUID(int=0),
        event=event.id,
        key=key.hex(),
        issued=_milliseconds(moment),
        until=_milliseconds(end_of_day(event, moment)),
        offset=device.offset_ms or 0,
        people=hashlib.sha256(text.encode()).hexdigest(),
    ).model_dump_json()
    return Signed(head, _sign(head), text)


def read(head: str, signature: str) -> Head | None:
    """The head of a list that we signed, or None. Its day may be over: what was scanned with it counts all the same."""
    try:
        given = bytes.fromhex(signature)
        known = Head.model_validate_json(head)
    except (ValueError, ValidationError):
        return None
    return known if same(given, bytes.fromhex(_sign(head))) else None


def reference_digest(key: bytes, reference: str) -> bytes:
    """How a reference stands in a list: keyed, so that lists of two days cannot be laid beside each other."""
    return hmac.new(key, reference.encode(), hashlib.sha256).digest()[:DIGEST]


def end_of_day(event: Event, moment: datetime) -> datetime:
    """The next midnight where the event takes place."""
    zone = ZoneInfo(event.time_zone)
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def instant(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as an instant. Raises ValueError for what no clock of a phone says (after 2100)."""
    if not 0 <= milliseconds < 4_102_444_800_000:
        raise ValueError(milliseconds)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _sign(head: str) -> str:
    return digest(f"{PURPOSE}\0{head}").hex()
