"""An event that takes place today, people with badges, and phones at its doors that speak as check-in.js does."""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from eventhub.checkin import actions, roster
from eventhub.checkin.actions import Reading
from eventhub.checkin.models import Entry, GateKey, Refusal, Scan, Source, Verdict
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State
from tests.factories.people import make_person
from tests.factories.programme import make_event
from tests.factories.registration import make_registration, open_registration


def make_today(days: int = 2, **setup: object) -> Event:
    """A forum that begins today, by the clock of its place."""
    event = make_event(time_zone="UTC", first_day=now().date(), last_day=now().date() + timedelta(days=days - 1))
    open_registration(event, **setup)
    return event


def badge(event: Event, person: Person | None = None, **given: object) -> Registration:
    """Somebody accredited to come in person."""
    values: dict[str, object] = {"state": State.ACCREDITED}
    return make_registration(event, person or make_person(), **(values | given))


def today(event: Event) -> GateKey:
    """The gate of the first day."""
    return GateKey(day=event.first_day)


def entries() -> list[Entry]:
    """Every entry there is."""
    return list(db.session.query(Entry).order_by(Entry.entered_at))


def scans(**wanted: object) -> list[Scan]:
    """Every scan there is."""
    return list(db.session.query(Scan).filter_by(**wanted).order_by(Scan.scanned_at))


def in_words(scan: Scan) -> tuple[str, str | None]:
    """Verdict and reason."""
    return scan.verdict.value, scan.reason.value if scan.reason else None


@dataclass
class Phone:
    """A phone with a clock of its own (``ahead`` of ours), its list, and scans that wait."""

    actor: Person
    event: Event
    ahead: timedelta = timedelta()
    head: str = ""
    signature: str = ""
    people: dict[str, list[Any]] = field(default_factory=dict)
    queue: list[Reading] = field(default_factory=list)

    def clock(self, moment: datetime | None = None) -> datetime:
        """What the phone's clock says at a moment of ours."""
        return (moment or now()) + self.ahead

    def fetch_list(self) -> None:
        """Ask for the list, as when the page opens."""
        known = roster.read(self.head, self.signature)
        signed = actions.hand_out_list(
            self.actor, self.event, device_id=known.device if known else None, device_at=self.clock()
        )
        self.head, self.signature = signed.head, signed.signature
        self.people = {row[0]: row for row in json.loads(signed.people)["people"]}

    def digest(self, reference: str) -> bytes:
        """As crypto.subtle makes it."""
        key = bytes.fromhex(json.loads(self.head)["key"])
        return hmac.new(key, reference.encode(), hashlib.sha256).digest()[:12]

    def scan(self, reference: str | None, moment: datetime | None = None, key: GateKey | None = None) -> Verdict:
        """One badge with nobody to ask; what the phone says."""
        digest = self.digest(reference) if reference else None
        reason = Refusal.UNREADABLE if digest is None else None if digest.hex() in self.people else Refusal.UNKNOWN
        shown = Verdict.REFUSED if reason else Verdict.ACCEPTED
        self.queue.append(
            Reading(
                nonce=uuid.uuid4(),
                key=key or today(self.event),
                source=Source.CAMERA,
                device_at=self.clock(moment),
                digest=digest,
                shown=shown,
                reason=reason,
                offline=True,
            )
        )
        return shown

    def send(self, readings: list[Reading] | None = None) -> list[Scan]:
        """Send what waits, or a part of it in any order."""
        sent = self.queue if readings is None else readings
        return actions.take_in(self.actor, self.event, self.head, self.signature, self.clock(), sent)


def noon(day: date) -> datetime:
    """Twelve o'clock UTC."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
