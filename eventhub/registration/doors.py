"""What happens to a registration at the door: somebody came, or somebody is registered there."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.sealed import new_key
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import line
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.categories import needs_security, rule_of, rules_of
from eventhub.registration.models import CORRECTIONS, TAKES_PART, Registration, RegistrationSetup, SeatAt, State
from eventhub.registration.moves import can_move, demand_distance, move, put_right
from eventhub.registration.offers import ReasonNeeded, is_limited, note_passed_over
from eventhub.registration.reference import new_reference
from eventhub.registration.seats import hold_seats, keys, left_by_count, take_seat


class NoPlaceLeft(DomainError):
    """Walk-ins take seats like everybody else."""

    message = _l("All places are taken, so nobody more can be registered at the door.")


class NotToday(DomainError):
    """Who walks in stands at an open gate."""

    status = 422
    message = _l("Walk-ins are registered on the day of the gate, while it is open.")


class OthersWait(DomainError):
    """Whoever only scans does not pass people over."""

    message = _l("Others wait in line for a place. Send the person to the accreditation desk: it decides.")


class SecurityFirst(DomainError):
    """No door accredits past security."""

    message = _l("Security is asked before anybody of this category is accredited. The person waits for the desk.")


class NotTaken(DomainError):
    """The event was cancelled, or takes no registrations at all."""

    message = _l("This event takes no registrations.")


@dataclass(frozen=True)
class Newcomer:
    """Somebody who stands at a door without a registration; ``contact`` is a telephone number or an address."""

    name: str
    category: str
    contact: str | None = None


def attend(actor: Person | None, registration: Registration) -> Registration:
    """Somebody came. The caller holds the row; who came already, or has no way there any more, stays as it is."""
    if can_move(registration.state, State.ATTENDED):
        move(registration, State.ATTENDED, actor=actor)
    return registration


def stood_until(registration: Registration) -> datetime | None:
    """When somebody who took part ceased to, whatever was done since; None for who never did, or still does."""
    mine = (AuditEntry.subject_kind == Registration.__tablename__, AuditEntry.subject_id == registration.id)
    took_part = [f"registration.{state.value}" for state in TAKES_PART]
    last = select(func.max(AuditEntry.id)).where(*mine, AuditEntry.verb.in_(took_part)).scalar_subquery()
    moves = [f"registration.{state.value}" for state in State if state not in TAKES_PART]
    found: datetime | None = db.session.scalar(
        select(func.min(AuditEntry.at)).where(*mine, AuditEntry.verb.in_(moves), AuditEntry.id > func.coalesce(last, 0))
    )
    return found


def take_back(actor: Person, registration: Registration, *, gate: str, text: str, came: bool) -> Registration:
    """An entry was a mistake. Who came to no other gate (``came``) is where the registration was before, accredited
    or with a badge issued; what was decided then stays. The caller holds the row. Raises OwnFile.
    """
    demand_distance(actor, [registration], own_slips=True)
    back = None
    if not came and registration.state is State.ATTENDED:
        back = _before(registration)
    detail = {"back": back.value} if back else {}
    audit.record(
        "registration.entry_undone",
        registration,
        actor=actor,
        scope_id=registration.event_id,
        text=text,
        gate=gate,
        **detail,
    )
    if back:
        put_right(registration, back)
    db.session.flush()
    return registration


def register_at_desk(
    actor: Person,
    event: Event,
    setup: RegistrationSetup | None,
    who: Newcomer,
    *,
    accredit: bool,
    may_pass_over: bool,
    text: str | None,
) -> Registration:
    """Register somebody who stands at the desk, whatever the deadline. Raises NoPlaceLeft, NotTaken, and where people
    wait in line OthersWait or ReasonNeeded, and SecurityFirst.

    With ``accredit`` the person is accredited at once, else waits for the accreditation desk. The contact opens no
    account and finds none: nobody at a door learns whether an address is known.
    """
    if setup is None or event.publication is Publication.CANCELLED:
        raise NotTaken
    if accredit and security_first(setup, who.category):
        raise SecurityFirst
    moment = now()
    person = Person(
        id=uuid.uuid4(), seal_key_id=new_key().id, name=who.name, phone=who.contact, time_zone=event.time_zone
    )
    db.session.add(person)
    db.session.flush()
    registration = Registration(
        id=uuid.uuid4(),
        event_id=event.id,
        person_id=person.id,
        filed_by_id=actor.id,
        state=State.DRAFT,
        reference=new_reference(event.code),
        category=who.category,
        attendance_mode="in_person",
        legal_name=who.name,
        submitted_at=moment,
    )
    db.session.add(registration)
    audit.record("registration.at_desk", registration, actor=actor, scope_id=event.id, category=who.category)
    move(registration, State.SUBMITTED, State.UNDER_REVIEW, actor=actor)
    if accredit:
        move(registration, State.ACCREDITED, actor=actor, reason="complete")
    # Last of all: from here on the event's seats are locked.
    if takes_seat(setup, accredit=accredit):
        _demand_word(actor, registration, may_pass_over=may_pass_over, text=text)
        if not take_seat(event.id, keys(who.category, registration.attendance_mode)):
            raise NoPlaceLeft
        registration.has_seat = True
    demand_taking_place(event.id)
    db.session.flush()
    return registration


def security_first(setup: RegistrationSetup | None, category: str) -> bool:
    """Whether security is asked before anybody of this category is accredited: then no door does it."""
    return setup is not None and needs_security(setup, rule_of(rules_of(setup.event_id), category))


def takes_seat(setup: RegistrationSetup, *, accredit: bool) -> bool:
    """Whether a walk-in takes a seat at once."""
    return accredit or setup.seat_at is SeatAt.SUBMISSION


def passes_over(setup: RegistrationSetup | None, *, accredit: bool) -> bool:
    """Whether a walk-in takes a seat that others wait for in line."""
    if setup is None or not takes_seat(setup, accredit=accredit):
        return False
    if setup.capacity is None and not left_by_count(setup.event_id):
        return False
    return line.somebody_waits(setup.event_id)


def _demand_word(actor: Person, registration: Registration, *, may_pass_over: bool, text: str | None) -> None:
    """Nobody in line is passed over in silence, at a door neither."""
    event_id, kind = registration.event_id, (registration.category, registration.attendance_mode)
    setup = hold_seats(event_id)
    rooms = left_by_count(event_id)
    is_counted = setup.capacity is not None or not rooms.keys().isdisjoint(keys(*kind))
    waiting = line.before(event_id, *kind, rooms, is_limited=is_limited(setup, rooms)) if is_counted else []
    if not waiting:
        return
    if not may_pass_over:
        raise OthersWait
    if not text:
        raise ReasonNeeded
    note_passed_over(actor, event_id, [registration], waiting, text)


def _before(registration: Registration) -> State:
    """Where a registration stood when somebody let the person in, by its history."""
    ways = {f"registration.{state.value}": state for state in CORRECTIONS[State.ATTENDED]}
    rows = (
        select(AuditEntry.verb)
        .where(
            AuditEntry.subject_kind == "registration",
            AuditEntry.subject_id == registration.id,
            AuditEntry.verb.in_(ways),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return ways.get(db.session.scalar(rows) or "", State.ACCREDITED)
