"""Scan, take in what phones scanned without a network, set gates, register walk-ins.

Locks are taken in one order: the device, registrations by id, rules of gates by id. What was scanned twice, or sent
twice, or in another order, leads to the same entries.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from eventhub.checkin import queries, rooms, roster
from eventhub.checkin.clocks import Put, corrected, offset_ms
from eventhub.checkin.models import Device, Entry, GateKey, GateRule, Joined, Refusal, Scan, Source, Verdict
from eventhub.checkin.queries import Bearer, Gate
from eventhub.checkin.roster import Head, Signed
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.disclosure import REFUSALS_AN_HOUR, note_refusals
from eventhub.registration.doors import (
    Newcomer,
    NotToday,
    attend,
    register_at_desk,
    security_first,
    stood_until,
    take_back,
)
from eventhub.registration.models import Registration, RegistrationSetup
from eventhub.registration.reference import read_reference

Place = tuple[uuid.UUID, GateKey]
"""A registration at a gate."""

SAID_BY_PHONES = frozenset({Refusal.UNREADABLE, Refusal.OTHER_EVENT, Refusal.NO_LIST})
"""Refusals about which the server knows nothing better."""


class NotOurList(DomainError):
    """The list was not signed by us, or is another event's."""

    status = 422
    message = _l("This phone’s list is not valid. Open the page of the gate again.")


class CapacityBelowEntered(DomainError):
    """More people are in than the new number would allow."""

    status = 422
    field = "capacity"
    message = _l("More people are in already. Choose a larger number, or leave it empty for no limit.")


class NotIn(DomainError):
    """There is no such entry, or it was undone already."""

    status = 422
    field = "reference"
    message = _l("This person has no entry at this gate. Look at the reference and the gate.")


@dataclass(frozen=True)
class Reading:
    """A scan as it came in: ``reference`` where it was sent at once, ``digest`` where it waited on the phone."""

    nonce: uuid.UUID
    key: GateKey
    source: Source
    device_at: datetime
    reference: str | None = None
    digest: bytes | None = None
    shown: Verdict | None = None
    reason: Refusal | None = None
    offline: bool = False

    @property
    def let_in_by_phone(self) -> bool:
        """Whether the phone decided, and somebody is inside."""
        return self.offline and self.shown is Verdict.ACCEPTED


def hand_out_list(actor: Person, event: Event, *, device_id: uuid.UUID | None, device_at: datetime) -> Signed:
    """Give a phone the list of those who take part, and measure its clock. Recorded: a list leaves the house."""
    moment = now()
    device = queries.device_of(device_id) if device_id else None
    if device is None or device.event_id != event.id or device.person_id != actor.id:
        device = Device(id=uuid.uuid4(), event_id=event.id, person_id=actor.id)
        db.session.add(device)
    device.offset_ms = offset_ms(moment, device_at)
    device.listed_at, device.fresh_until = moment, roster.end_of_day(event, moment)
    people = queries.expected(event.id)
    audit.record("checkin.listed", event, actor=actor, scope_id=event.id, device=device.id, people=len(people))
    db.session.flush()
    return roster.make(event, device, people, queries.gates(event), moment)


def scan_typed(actor: Person, event: Event, gate: Gate, typed: str) -> Scan:
    """A reference typed into the page, without script: one device for each person and event."""
    moment = now()
    reference = read_reference(typed)
    reason = None if reference else Refusal.UNREADABLE
    if reference and not _is_of(event, reference):
        reference, reason = None, Refusal.OTHER_EVENT
    reading = Reading(uuid.uuid4(), gate.key, Source.TYPED, moment, reference=reference, reason=reason)
    return scan_here(actor, event, reading)


def scan_here(actor: Person, event: Event, reading: Reading) -> Scan:
    """A scan on our own clock."""
    device = Device(id=uuid.uuid5(event.id, str(actor.id)), event_id=event.id, person_id=actor.id)
    return _take_in(actor, event, device, None, [reading], sent_at=now())[0]


def take_in(
    actor: Person, event: Event, head: str, signature: str, sent_at: datetime, readings: Sequence[Reading]
) -> list[Scan]:
    """Take in what a phone scanned, one scan or a day of them; a scan that is here already stays as it is.

    Raises NotOurList. Gates that are not this event's are left out.
    """
    known = roster.read(head, signature)
    if known is None or known.event != event.id:
        raise NotOurList
    device = Device(id=known.device, event_id=event.id, person_id=known.person)
    return _take_in(actor, event, device, known, readings, sent_at=sent_at)


def set_rule(
    actor: Person,
    event: Event,
    key: GateKey,
    *,
    categories: Collection[str],
    modes: Collection[str],
    capacity: int | None,
    closed: bool,
) -> GateRule:
    """Say who passes a gate. Raises CapacityBelowEntered."""
    table = table_of(GateRule)
    row = {"id": uuid.uuid4(), "event_id": event.id, "day": key.day, "session_id": key.session_id}
    nothing = {"categories": [], "modes": [], "closed": False, "changed_at": now()}
    db.session.execute(insert(table).values(**row, **nothing).on_conflict_do_nothing())
    rule = queries.rule_of(event.id, key)
    assert rule is not None  # noqa: S101 (written above, by us or by somebody faster)
    db.session.execute(select(GateRule.id).where(GateRule.id == rule.id).with_for_update())
    if capacity is not None and capacity < queries.entered(event.id, key):
        raise CapacityBelowEntered
    rule.categories, rule.modes, rule.capacity, rule.closed = sorted(categories), sorted(modes), capacity, closed
    rule.changed_at = now()
    audit.record(
        "checkin.rule_set",
        event,
        actor=actor,
        scope_id=event.id,
        gate=str(key),
        categories=rule.categories,
        modes=rule.modes,
        capacity=capacity,
        closed=closed,
    )
    db.session.flush()
    return rule


def register_walk_in(
    actor: Person,
    event: Event,
    setup: RegistrationSetup | None,
    gate: Gate,
    who: Newcomer,
    *,
    may_accredit: bool,
    may_decide: bool,
    text: str | None = None,
) -> tuple[Registration, Scan | None]:
    """Register somebody at the door, while the gate stands open. Where the event decides on everybody, only the
    accreditation desk lets in at once; for others the registration waits there. Who ``may_decide`` passes people over
    who wait in line, saying why in ``text``. Raises NotToday, NoPlaceLeft, NotTaken, OthersWait, ReasonNeeded.
    """
    if not gate.open_at(now(), event.time_zone):
        raise NotToday
    accredit = may_accredit or (setup is not None and not setup.needs_accreditation)
    accredit = accredit and not security_first(setup, who.category)
    registration = register_at_desk(
        actor,
        event,
        setup,
        who,
        accredit=accredit,
        may_pass_over=may_decide,
        text=text,
    )
    if not accredit:
        return registration, None
    reading = Reading(uuid.uuid4(), gate.key, Source.DESK, now(), reference=registration.reference)
    return registration, scan_here(actor, event, reading)


def undo_entry(
    actor: Person, event: Event, key: GateKey, typed: str, *, reason: str, online: bool = False
) -> Registration:
    """Take back that somebody was there, at a gate or in a session's online room: the entry goes, every scan stays, and
    who has no other entry is again where the registration was before. Raises NotIn, OwnFile.
    """
    reference = read_reference(typed)
    bearer = queries.bearer(event.id, reference) if reference else None
    if bearer is None:
        raise NotIn
    registration = queries.lock_registrations([bearer.registration_id])[bearer.registration_id]
    entry: Entry | Joined | None = None
    if not online:
        entry = queries.entry_at(registration.id, key)
    elif key.session_id:
        entry = rooms.joined(registration.id, key.session_id)
    if entry is None:
        raise NotIn
    db.session.delete(entry)
    db.session.flush()
    elsewhere = bool(queries.entries([registration.id])) or rooms.has_joined(registration.id)
    return take_back(actor, registration, gate=str(key), text=reason, came=elsewhere)


def _take_in(
    actor: Person, event: Event, device: Device, head: Head | None, readings: Sequence[Reading], *, sent_at: datetime
) -> list[Scan]:
    received_at = now()
    _lock_device(device)
    known = queries.known_scans(device.id, {one.nonce for one in readings})
    gates = {gate.key: gate for gate in queries.gates(event)}
    fresh = {one.nonce: one for one in readings if one.nonce not in known and one.key in gates}
    _note_what_was_shown(known, readings)
    sent = offset_ms(received_at, sent_at)
    if head is not None:
        db.session.get_one(Device, device.id).offset_ms = sent
    people = _people(event, head, list(fresh.values()))
    held = queries.lock_registrations(one.registration_id for one in people.values())
    # What they are now, under the lock.
    people = {nonce: replace(one, state=held[one.registration_id].state) for nonce, one in people.items()}
    queries.lock_rules(event.id, {one.key for one in fresh.values()})
    timed = [(_put(one, head, received_at, sent), one) for one in fresh.values()]
    timed.sort(key=lambda pair: (pair[0].at, pair[1].nonce))
    doors = _Doors(event, gates, held, roster.instant(head.issued) if head else None)
    scans = []
    for put, one in timed:
        bearer = people.get(one.nonce)
        verdict, reason, waived = doors.judge(one, put.at, bearer)
        scan = Scan(
            id=uuid.uuid4(),
            event_id=event.id,
            day=one.key.day,
            session_id=one.key.session_id,
            device_id=device.id,
            nonce=one.nonce,
            source=one.source,
            registration_id=bearer.registration_id if bearer else None,
            read_digest=one.digest if bearer is None else None,
            device_at=one.device_at,
            listed_offset_ms=head.offset if head else None,
            sent_offset_ms=sent,
            scanned_at=put.at,
            clock_doubtful=put.doubtful,
            received_at=received_at,
            offline=one.offline,
            shown=one.shown,
            verdict=verdict,
            reason=reason,
            over_capacity=waived is Refusal.FULL,
            waived=waived,
            by_id=head.person if head else actor.id,
        )
        scans.append(scan)
        if verdict is Verdict.ACCEPTED and bearer is not None:
            doors.let_in(scan, held[bearer.registration_id])
    db.session.add_all(scans)
    db.session.flush()
    doors.write(actor)
    _watch(event, scans, received_at)
    return [*known.values(), *scans]


class _Doors:
    """Judges scans one after the other, in the order of their moments, and keeps who came first at each gate."""

    def __init__(
        self,
        event: Event,
        gates: dict[GateKey, Gate],
        held: dict[uuid.UUID, Registration],
        listed_at: datetime | None,
    ) -> None:
        self.event, self.gates, self.held, self.listed_at = event, gates, held, listed_at
        self.entries = queries.entries(held)
        self.first = {place: (entry.entered_at, *scan) for place, (entry, *scan) in self.entries.items()}
        self.inside: dict[GateKey, int] = {}
        self.changed: dict[Place, Scan] = {}

    def judge(
        self, one: Reading, at: datetime, bearer: Bearer | None
    ) -> tuple[Verdict, Refusal | None, Refusal | None]:
        """What a scan leads to: the verdict, why not, and the rule against which somebody was let in."""
        reason, waived = self._standing(one, at, bearer), None
        if reason is None and bearer is not None and (bearer.registration_id, one.key) not in self.first:
            reason = self._at_gate(one.key, at, bearer)
            if reason is not None and one.let_in_by_phone and self._can_have_been_open(one.key):
                # The phone went by the rules it was given, and the person is inside: that is what is written down,
                # with the rule, for somebody to look at.
                waived, reason = reason, None
        if reason is None and one.offline and one.shown is Verdict.REFUSED:
            reason, waived = one.reason or Refusal.UNKNOWN, None
        return (Verdict.REFUSED if reason else Verdict.ACCEPTED), reason, waived

    def let_in(self, scan: Scan, registration: Registration) -> None:
        """One entry per person and gate: the first scan makes it, an earlier one that arrives later takes it over."""
        place = (registration.id, scan.key)
        mine = (scan.scanned_at, scan.device_id, scan.nonce)
        if place not in self.first:
            self.inside[scan.key] = self._count(scan.key) + 1
        if place not in self.first or mine < self.first[place]:
            self.first[place], self.changed[place] = mine, scan

    def write(self, actor: Person) -> None:
        """Once the scans are there by which they stand."""
        for (registration_id, key), scan in self.changed.items():
            known = self.entries.get((registration_id, key))
            if known is not None:
                known[0].scan_id, known[0].entered_at = scan.id, scan.scanned_at
                continue
            db.session.add(
                Entry(
                    id=uuid.uuid4(),
                    event_id=scan.event_id,
                    registration_id=registration_id,
                    day=key.day,
                    session_id=key.session_id,
                    scan_id=scan.id,
                    entered_at=scan.scanned_at,
                )
            )
            attend(actor, self.held[registration_id])
        db.session.flush()

    def _standing(self, one: Reading, at: datetime, bearer: Bearer | None) -> Refusal | None:
        if one.reason in SAID_BY_PHONES:
            return one.reason
        if bearer is None or bearer.erased:
            return Refusal.UNKNOWN
        if bearer.may_enter:
            return None
        # Let in by a phone while the registration still stood: it was withdrawn or revoked later that day.
        until = stood_until(self.held[bearer.registration_id]) if one.let_in_by_phone else None
        return None if until is not None and until > at else Refusal.NOT_ACCREDITED

    def _at_gate(self, key: GateKey, at: datetime, bearer: Bearer) -> Refusal | None:
        gate = self.gates[key]
        if not gate.open_at(at, self.event.time_zone):
            return Refusal.CLOSED
        refused = queries.passes(gate, bearer.category, bearer.mode)
        if refused is None and gate.capacity is not None and self._count(key) >= gate.capacity:
            return Refusal.FULL
        return refused

    def _can_have_been_open(self, key: GateKey) -> bool:
        """Nobody came in by a gate that stands open on a day for which the phone never had a list."""
        return self.listed_at is not None and self.gates[key].known_open_to(self.listed_at, self.event.time_zone)

    def _count(self, key: GateKey) -> int:
        if key not in self.inside:
            self.inside[key] = queries.entered(self.event.id, key)
        return self.inside[key]


def _watch(event: Event, scans: Sequence[Scan], moment: datetime) -> None:
    """Whoever is refused very often is perhaps no door, but somebody who asks who people are."""
    by_id = next((scan.by_id for scan in scans if scan.reason and scan.registration_id), None)
    if by_id is None:
        return
    since = moment - timedelta(hours=1)
    refused = queries.refusals_since(event.id, by_id, since)
    if refused > REFUSALS_AN_HOUR:
        note_refusals(by_id, event, number=refused, since=since)


def _lock_device(device: Device) -> None:
    row = {"id": device.id, "event_id": device.event_id, "person_id": device.person_id, "first_seen_at": now()}
    db.session.execute(insert(table_of(Device)).values(**row).on_conflict_do_nothing())
    db.session.execute(select(Device.id).where(Device.id == device.id).with_for_update())


def _note_what_was_shown(known: dict[uuid.UUID, Scan], readings: Sequence[Reading]) -> None:
    """An answer that did not arrive in time: the phone decided by its list, which its repeat tells."""
    for one in readings:
        scan = known.get(one.nonce)
        if scan is not None and scan.shown is None and one.shown is not None:
            scan.shown = one.shown


def _people(event: Event, head: Head | None, readings: Sequence[Reading]) -> dict[uuid.UUID, Bearer]:
    """Whose badges were read, by nonce. A digest is looked for among all references of the event."""
    found: dict[uuid.UUID, Bearer] = {}
    digests = {one.digest for one in readings if one.digest}
    if digests and head is not None:
        key = bytes.fromhex(head.key)
        everybody = {roster.reference_digest(key, one.reference): one for one in queries.bearers(event.id)}
        found = {one.nonce: everybody[one.digest] for one in readings if one.digest and one.digest in everybody}
    wanted = {one.reference for one in readings if one.reference}
    if wanted:
        named = {one.reference: one for one in queries.bearers(event.id, Registration.reference.in_(wanted))}
        found |= {one.nonce: named[one.reference] for one in readings if one.reference and one.reference in named}
    return found


def _put(one: Reading, head: Head | None, received_at: datetime, sent_offset_ms: int) -> Put:
    return corrected(
        one.device_at,
        listed_at=roster.instant(head.issued) if head else None,
        listed_offset_ms=head.offset if head else None,
        received_at=received_at,
        sent_offset_ms=sent_offset_ms,
    )


def _is_of(event: Event, reference: str) -> bool:
    """Whether a reference carries the event's own code."""
    return reference.split("-")[1:-2] == ["".join(sign for sign in event.code.upper() if sign.isalnum())]
