"""What the doors ask: gates and rules, who a badge belongs to, who is in, and how many."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import aliased, joinedload

from eventhub.checkin.models import MAY_ENTER, Device, Entry, GateKey, GateRule, Refusal, Scan, Verdict
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import NotFound
from eventhub.people.models import Person
from eventhub.programme.models import PREPARATION, Event, Mode, Publication, Session, SessionKind
from eventhub.registration import stages
from eventhub.registration.desk import LEGAL
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.queries import PUBLIC_NAME

IN_PERSON = "in_person"
TO_LOOK_AT = 300
"""Scans to look at on one page: more than one upload of a phone holds."""


@dataclass(frozen=True)
class Gate:
    """A gate with its rule. ``title`` is empty for a day."""

    key: GateKey
    days: frozenset[date]
    """The days on which it stands open, by the event's clock."""
    title: Texts | None = None
    starts_at: datetime | None = None
    categories: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    capacity: int | None = None
    closed: bool = False
    invited: frozenset[str] = frozenset()
    """Whom the programme says it is for; everybody where it is empty. No rule of the gate opens it to others."""

    @property
    def let_in(self) -> frozenset[str]:
        """The categories that pass, by the programme and by the rule; empty for all."""
        both = self.invited & self.categories
        return both if self.invited and self.categories else self.invited | self.categories

    def open_at(self, moment: datetime, zone: str) -> bool:
        """Whether one may pass at a moment, whoever one is."""
        return not self.closed and moment_day(moment, zone) in self.days

    def known_open_to(self, listed_at: datetime, zone: str) -> bool:
        """Whether a phone with the list of that moment can have taken the gate for open: a list dies at midnight, and
        a clock that was set meanwhile is wrong by a day at most.
        """
        listed = moment_day(listed_at, zone)
        return any(abs(day - listed) <= timedelta(days=1) for day in self.days)


@dataclass(frozen=True)
class Bearer:
    """Whose badge it is, as far as the door must know."""

    registration_id: uuid.UUID
    reference: str
    state: State
    category: str | None
    mode: str | None
    name: str
    legal_name: str
    erased: bool
    waits: bool = False

    @property
    def may_enter(self) -> bool:
        """Whether the person takes part, and nothing that was changed since is being looked at."""
        return self.state in MAY_ENTER and not self.erased and not self.waits


@dataclass(frozen=True)
class Count:
    """How a gate stands."""

    gate: Gate
    entered: int
    expected: int
    refused: int
    categories: Counter[str]
    last: datetime | None


WHO = (Registration.reference, LEGAL, PUBLIC_NAME, Registration.category, Registration.attendance_mode)
"""The first columns of :class:`Present`, from registrations with their persons."""


@dataclass(frozen=True)
class Present:
    """One line of the attendance."""

    reference: str
    name: str
    public_name: str
    category: str | None
    mode: str | None
    day: date | None
    session_id: uuid.UUID | None
    entered_at: datetime


@dataclass(frozen=True)
class Reading:
    """One line of all scans."""

    scan: Scan
    reference: str | None
    first: bool
    inside: bool


def event_of(slug: str) -> Event:
    """An event for the doors, drafts included. Raises NotFound."""
    found: Event | None = db.session.scalar(select(Event).where(Event.slug == slug))
    if found is None:
        raise NotFound
    return found


def setup_of(event_id: uuid.UUID) -> RegistrationSetup | None:
    """How the event takes registrations."""
    return db.session.get(RegistrationSetup, event_id)


def gates(event: Event) -> list[Gate]:
    """The gates of an event: its days, preparatory ones first, then its published sessions. An online event has none.

    A preparatory day is for whom its sessions are: for everybody as soon as one of them is. Two statements.
    """
    if event.mode is Mode.ONLINE:
        return []
    rules = {rule.key: rule for rule in db.session.scalars(select(GateRule).where(GateRule.event_id == event.id))}
    length = (event.last_day - event.first_day).days + 1
    days = [event.first_day + timedelta(days=number) for number in range(min(length, 60))]
    columns = (
        *(Session.id, Session.title, Session.starts_at, Session.starts_local, Session.ends_local),
        Session.for_categories,
    )
    published = (
        select(*columns)
        .where(
            Session.event_id == event.id,
            Session.publication == Publication.PUBLISHED,
            Session.kind != SessionKind.BREAK,
        )
        .order_by(Session.starts_at, Session.id)
    )
    sessions = db.session.execute(published).all()
    preparing: dict[date, list[list[str]]] = {}
    for row in sessions:
        if event.first_day - PREPARATION <= row.starts_local.date() < event.first_day:
            preparing.setdefault(row.starts_local.date(), []).append(row.for_categories)
    found = [
        _gate(GateKey(day=day), frozenset({day}), rules, invited=_invited(for_whom))
        for day, for_whom in sorted(preparing.items())
    ]
    found += [_gate(GateKey(day=day), frozenset({day}), rules) for day in days]
    for row in sessions:
        open_on = frozenset({row.starts_local.date(), row.ends_local.date()})
        key, invited = GateKey(session_id=row.id), frozenset(row.for_categories)
        found.append(_gate(key, open_on, rules, row.title, row.starts_at, invited=invited))
    return found


def gate_of(event: Event, text: str) -> Gate:
    """The gate of an address. Raises NotFound for what is no gate of this event."""
    key = GateKey.read(text)
    gate = next((gate for gate in gates(event) if gate.key == key), None)
    if gate is None:
        raise NotFound
    return gate


def today(event: Event) -> date:
    """The day it is where the event takes place."""
    return moment_day(now(), event.time_zone)


def moment_day(moment: datetime, zone: str) -> date:
    """The day it is somewhere at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def bearers(event_id: uuid.UUID, *where: ColumnElement[bool]) -> list[Bearer]:
    """Everybody of an event who has a reference. One statement."""
    rows = (
        select(
            Registration.id,
            Registration.reference,
            Registration.state,
            Registration.category,
            Registration.attendance_mode,
            PUBLIC_NAME,
            LEGAL,
            Person.erased_at.is_not(None),
        )
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.event_id == event_id, Registration.reference.is_not(None), *where)
    )
    found = [Bearer(*row) for row in db.session.execute(rows)]
    # Who has a badge, or came, goes by the badge; nobody gets in by a name that security has not seen.
    without = {one.registration_id: one.category for one in found if one.state is State.ACCREDITED}
    waiting = stages.unsettled(event_id, without) if without else set()
    return [replace(one, waits=True) if one.registration_id in waiting else one for one in found]


def bearer(event_id: uuid.UUID, reference: str) -> Bearer | None:
    """Whose reference it is, or None."""
    return next(iter(bearers(event_id, Registration.reference == reference)), None)


def expected(event_id: uuid.UUID) -> list[Bearer]:
    """Those who take part: the list that phones are given."""
    taking_part = bearers(event_id, Registration.state.in_(MAY_ENTER), Person.erased_at.is_(None))
    return [one for one in taking_part if one.may_enter]


def lock_registrations(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Registration]:
    """Registrations as they are now, kept from changing until the transaction ends; always in the same order."""
    rows = select(Registration).where(Registration.id.in_(set(ids))).order_by(Registration.id)
    rows = rows.with_for_update().execution_options(populate_existing=True)
    return {one.id: one for one in db.session.scalars(rows)}


def lock_rules(event_id: uuid.UUID, keys: Collection[GateKey]) -> None:
    """Whoever counts places at a gate waits for whoever counts them now. Rules in one order."""
    rules = select(GateRule.id).where(
        GateRule.event_id == event_id, GateRule.capacity.is_not(None), _at(GateRule, keys)
    )
    db.session.execute(rules.order_by(GateRule.id).with_for_update())


def entered(event_id: uuid.UUID, key: GateKey) -> int:
    """How many are in."""
    rows = select(func.count()).select_from(Entry).where(Entry.event_id == event_id, _at(Entry, [key]))
    return db.session.scalar(rows) or 0


def entries(
    registration_ids: Collection[uuid.UUID],
) -> dict[tuple[uuid.UUID, GateKey], tuple[Entry, uuid.UUID, uuid.UUID]]:
    """The entries of some people at all gates as they are now, with device and nonce of the scans they stand by."""
    rows = (
        select(Entry, Scan.device_id, Scan.nonce)
        .join(Scan, Scan.id == Entry.scan_id)
        .where(Entry.registration_id.in_(registration_ids))
        .execution_options(populate_existing=True)
    )
    return {
        (entry.registration_id, GateKey(entry.day, entry.session_id)): (entry, device_id, nonce)
        for entry, device_id, nonce in db.session.execute(rows)
    }


def entry_at(registration_id: uuid.UUID, key: GateKey) -> Entry | None:
    """Whether somebody is in, since when."""
    return db.session.scalar(select(Entry).where(Entry.registration_id == registration_id, _at(Entry, [key])))


def known_scans(device_id: uuid.UUID, nonces: Collection[uuid.UUID]) -> dict[uuid.UUID, Scan]:
    """The scans of a device that arrived before."""
    rows = select(Scan).where(Scan.device_id == device_id, Scan.nonce.in_(nonces))
    return {scan.nonce: scan for scan in db.session.scalars(rows)}


def scan_of(event_id: uuid.UUID, scan_id: uuid.UUID) -> Scan:
    """A scan of an event. Raises NotFound."""
    found: Scan | None = db.session.scalar(select(Scan).where(Scan.id == scan_id, Scan.event_id == event_id))
    if found is None:
        raise NotFound
    return found


def refusals_since(event_id: uuid.UUID, person_id: uuid.UUID, since: datetime) -> int:
    """How many scans by one person named somebody of an event who was not let in, on whatever phone."""
    rows = select(func.count()).where(
        Scan.event_id == event_id,
        Scan.by_id == person_id,
        Scan.received_at > since,
        Scan.verdict == Verdict.REFUSED,
        Scan.registration_id.is_not(None),
    )
    return db.session.scalar(rows) or 0


def own_scan(event: Event, person_id: uuid.UUID, scan_id: uuid.UUID) -> Scan:
    """A scan that somebody just made, to be shown to whoever made it. Raises NotFound after five minutes."""
    fresh = Scan.received_at > now() - timedelta(minutes=5)
    rows = select(Scan).where(Scan.id == scan_id, Scan.event_id == event.id, Scan.by_id == person_id, fresh)
    found: Scan | None = db.session.scalar(rows)
    if found is None:
        raise NotFound
    return found


def rule_of(event_id: uuid.UUID, key: GateKey) -> GateRule | None:
    """The rule of a gate, where somebody has set one."""
    return db.session.scalar(select(GateRule).where(GateRule.event_id == event_id, _at(GateRule, [key])))


def device_of(device_id: uuid.UUID) -> Device | None:
    """A phone that was here before."""
    return db.session.get(Device, device_id)


def counts(event: Event) -> list[Count]:
    """How every gate stands. Five statements, however many people."""
    by_key: dict[GateKey, Counter[str]] = {}
    last: dict[GateKey, datetime] = {}
    rows = (
        select(Entry.day, Entry.session_id, Registration.category, func.count(), func.max(Entry.entered_at))
        .join(Registration, Registration.id == Entry.registration_id)
        .where(Entry.event_id == event.id)
        .group_by(Entry.day, Entry.session_id, Registration.category)
    )
    for day, session_id, category, number, latest in db.session.execute(rows):
        key = GateKey(day, session_id)
        by_key.setdefault(key, Counter())[category or ""] += number
        last[key] = max(latest, last.get(key, latest))
    refused = {
        GateKey(row[0], row[1]): row[2]
        for row in db.session.execute(
            select(Scan.day, Scan.session_id, func.count())
            .where(Scan.event_id == event.id, Scan.verdict == Verdict.REFUSED)
            .group_by(Scan.day, Scan.session_id)
        )
    }
    people = Counter(
        {
            (row[0] or "", row[1] or ""): row[2]
            for row in db.session.execute(
                select(Registration.category, Registration.attendance_mode, func.count())
                .where(Registration.event_id == event.id, Registration.state.in_(MAY_ENTER))
                .group_by(Registration.category, Registration.attendance_mode)
            )
        }
    )
    found = []
    for gate in gates(event):
        inside = by_key.get(gate.key, Counter())
        due = sum(number for (category, mode), number in people.items() if passes(gate, category, mode) is None)
        found.append(Count(gate, inside.total(), due, refused.get(gate.key, 0), inside, last.get(gate.key)))
    return found


def passes(gate: Gate, category: str | None, mode: str | None) -> Refusal | None:
    """Why the rule of a gate keeps such a person out, or None. Without a rule, whoever attends in person passes."""
    if any(allowed and category not in allowed for allowed in (gate.invited, gate.categories)):
        return Refusal.CATEGORY
    if (mode or IN_PERSON) not in (gate.modes or {IN_PERSON}):
        return Refusal.MODE
    return None


def present(event_id: uuid.UUID, key: GateKey | None = None) -> list[Present]:
    """Who was where, by gate and time. One statement."""
    rows = (
        select(*WHO, Entry.day, Entry.session_id, Entry.entered_at)
        .join(Registration, Registration.id == Entry.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .where(Entry.event_id == event_id, _at(Entry, [key]) if key else true())
        .order_by(Entry.day.nulls_last(), Entry.session_id, Entry.entered_at, Registration.reference)
    )
    return [Present(*row) for row in db.session.execute(rows)]


def readings(event_id: uuid.UUID, *where: ColumnElement[bool], limit: int | None = None) -> list[Reading]:
    """Every scan, the latest first; ``first`` says that the entry stands by it, ``inside`` that there is one. One
    statement.
    """
    other = aliased(Entry)
    inside = select(other.id).where(
        other.registration_id == Scan.registration_id,
        other.day.is_not_distinct_from(Scan.day),
        other.session_id.is_not_distinct_from(Scan.session_id),
    )
    rows = (
        select(Scan, Registration.reference, Entry.id.is_not(None), inside.exists())
        .outerjoin(Registration, Registration.id == Scan.registration_id)
        .outerjoin(Entry, Entry.scan_id == Scan.id)
        .options(joinedload(Scan.session))
        .where(Scan.event_id == event_id, *where)
        .order_by(Scan.scanned_at.desc(), Scan.id)
        .limit(limit)
    )
    return [Reading(*row) for row in db.session.execute(rows)]


def own_data(person_id: uuid.UUID) -> dict[str, Any]:
    """When a person came in where, and every time one of her badges was read, in plain values. Two statements."""
    entries = (
        select(Entry.entered_at, *_WHERE_IT_WAS, Entry.day, Session.title)
        .join(Registration, Registration.id == Entry.registration_id)
        .join(Event, Event.id == Entry.event_id)
        .outerjoin(Session, Session.id == Entry.session_id)
        .where(Registration.person_id == person_id)
        .order_by(Entry.entered_at, Entry.id)
    )
    scans = (
        select(Scan, *_WHERE_IT_WAS, Scan.day, Session.title)
        .join(Registration, Registration.id == Scan.registration_id)
        .join(Event, Event.id == Scan.event_id)
        .outerjoin(Session, Session.id == Scan.session_id)
        .where(Registration.person_id == person_id)
        .order_by(Scan.scanned_at, Scan.id)
    )
    return {
        "entries": [_at_gate(where) | {"at": at} for at, *where in db.session.execute(entries)],
        "scans": [
            _at_gate(where)
            | {
                "at": scan.scanned_at,
                "received": scan.received_at,
                "by": scan.source.value,
                "verdict": scan.verdict.value,
                "reason": scan.reason.value if scan.reason else None,
                "offline": scan.offline,
            }
            for scan, *where in db.session.execute(scans)
        ],
    }


_WHERE_IT_WAS = (Registration.reference, Event.title)


def _at_gate(found: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(("reference", "event", "day", "session"), found, strict=True))


def to_look_at(event_id: uuid.UUID) -> list[Reading]:
    """Scans where the door and the server disagree, a phone let somebody in against a rule, or a clock was in doubt:
    for somebody to look at.
    """
    let_in = and_(Scan.shown == Verdict.ACCEPTED, Scan.verdict == Verdict.REFUSED)
    doubts = let_in, Scan.waived.is_not(None), Scan.over_capacity.is_(True), Scan.clock_doubtful.is_(True)
    return readings(event_id, or_(*doubts), limit=TO_LOOK_AT)


def _gate(
    key: GateKey,
    days: frozenset[date],
    rules: dict[GateKey, GateRule],
    title: Texts | None = None,
    starts_at: datetime | None = None,
    *,
    invited: frozenset[str] = frozenset(),
) -> Gate:
    rule = rules.get(key)
    if rule is None:
        return Gate(key, days, title, starts_at, invited=invited)
    limits = frozenset(rule.categories), frozenset(rule.modes), rule.capacity, rule.closed
    return Gate(key, days, title, starts_at, *limits, invited=invited)


def _invited(sessions: Sequence[Sequence[str]]) -> frozenset[str]:
    """Whom a day is for, by its sessions."""
    return frozenset() if any(not codes for codes in sessions) else frozenset().union(*sessions)


def _at(table: Any, keys: Collection[GateKey]) -> ColumnElement[bool]:
    days = [key.day for key in keys if key.day]
    sessions = [key.session_id for key in keys if key.session_id]
    return or_(table.day.in_(days), table.session_id.in_(sessions))
