"""What was asked for and how far it is, by event and by registration; nothing is opened for anybody's eyes here."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, load_only

from eventhub.arrangements import wishes
from eventhub.arrangements.models import LEAD_DAYS, ArrangementSetup, Need, SessionService, Status
from eventhub.arrangements.wishes import Wish
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Publication, Session
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import TAKING_PART

WANTED_IN = TAKING_PART - {State.DECLINED, State.REVOKED, State.NO_SHOW}
"""States of registrations whose wishes are provided for: those of people who may still come."""

DEED = "arrangements.need_"
"""Before the status, in the record of what was done to a wish."""


@dataclass(frozen=True)
class Known:
    """A wish as the house reads it, to count and to sort. ``given_up``: an order that nobody needs any more."""

    need: Need
    wish: Wish
    given_up: bool
    answer: str = ""


@dataclass(frozen=True)
class Step:
    """One move of a wish: its status, when, and who did it."""

    status: Status
    at: datetime
    actor_id: uuid.UUID | None


def lead_days(event_id: uuid.UUID) -> int:
    """Working days before a service is needed. One statement."""
    row = db.session.get(ArrangementSetup, event_id)
    return row.lead_days if row is not None else LEAD_DAYS


def sessions(event_id: uuid.UUID) -> list[Session]:
    """The sessions of an event in the order of their times, cancelled ones too. One statement."""
    columns = (
        Session.publication,
        Session.title,
        Session.starts_local,
        Session.starts_at,
        Session.interpretation,
        Session.access_services,
    )
    rows = (
        select(Session)
        .options(load_only(Session.event_id, *columns, raiseload=True))
        .where(Session.event_id == event_id, Session.publication != Publication.DRAFT)
        .order_by(Session.starts_at, Session.id)
    )
    return list(db.session.scalars(rows))


def held_sessions(found: Iterable[Session]) -> list[Session]:
    """Those that take place."""
    return [one for one in found if one.publication is Publication.PUBLISHED]


def session_services(event_id: uuid.UUID) -> list[SessionService]:
    """What the desk has begun with for sessions. One statement."""
    rows = select(SessionService).join(Session, Session.id == SessionService.session_id)
    return list(
        db.session.scalars(
            rows.options(joinedload(SessionService.session).load_only(Session.title, Session.starts_local))
            .where(Session.event_id == event_id)
            .order_by(SessionService.id)
        )
    )


def known(event_id: uuid.UUID) -> list[Known]:
    """The wishes of everybody who may still come, and orders that nobody needs any more. One statement."""
    wanted = Registration.state.in_(WANTED_IN) & (Need.status != Status.TAKEN_BACK)
    rows = (
        select(Need, SealKey, Registration.state)
        .join(Registration, Registration.id == Need.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .where(Registration.event_id == event_id, or_(wanted, Need.ordered_at.is_not(None)))
        # In no order that tells anything: when somebody asked is when somebody registered.
        .order_by(Need.id)
    )
    found = []
    for need, key, state in db.session.execute(rows):
        wish = wishes.read(need, key)
        if wish is not None:
            found.append(Known(need, wish, state not in WANTED_IN or need.status is Status.TAKEN_BACK))
    return found


def called_off(event_id: uuid.UUID) -> int:
    """How many wishes are for sessions that were cancelled, and so stand on the sheet no more. One statement."""
    rows = (
        select(func.count(Need.id))
        .join(Registration, Registration.id == Need.registration_id)
        .join(Session, Session.id == Need.session_id)
        .where(
            Registration.event_id == event_id,
            Registration.state.in_(WANTED_IN),
            Session.publication == Publication.CANCELLED,
            Need.status != Status.TAKEN_BACK,
            Need.ordered_at.is_(None),
        )
    )
    return db.session.scalar(rows) or 0


def of_registration(registration_id: uuid.UUID, key: SealKey, *, lock: bool = False) -> list[Known]:
    """The wishes of one registration with what their owner was told, for the owner. One statement."""
    rows = select(Need).where(Need.registration_id == registration_id).order_by(Need.asked_at, Need.id)
    if lock:
        rows = rows.order_by(None).order_by(Need.id).with_for_update().execution_options(populate_existing=True)
    found = []
    for need in db.session.scalars(rows):
        wish = wishes.read(need, key)
        if wish is not None:
            found.append(Known(need, wish, given_up=False, answer=wishes.read_answer(need, key)))
    return found


def stands_so(registration_id: uuid.UUID, status: Status) -> bool:
    """Whether any wish of a registration stands so."""
    rows = select(Need.id).where(Need.registration_id == registration_id, Need.status == status)
    return db.session.scalar(rows.limit(1)) is not None


def bearers(event_id: uuid.UUID, need_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Registration]:
    """Whose wishes these are, {need id: registration with its person}. One statement."""
    rows = (
        select(Need.id, Registration)
        .join(Registration, Registration.id == Need.registration_id)
        .options(joinedload(Registration.person))
        .where(Registration.event_id == event_id, Need.id.in_(need_ids))
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


def held(event_id: uuid.UUID, need_ids: Sequence[uuid.UUID]) -> list[tuple[Need, Registration, SealKey]]:
    """These wishes of an event, locked, with their registrations and keys. Raises NotFound when one is another's."""
    rows = (
        select(Need, Registration, SealKey)
        .join(Registration, Registration.id == Need.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .where(Registration.event_id == event_id, Need.id.in_(need_ids))
        .order_by(Need.id)
        .with_for_update(of=Need)
        .execution_options(populate_existing=True)
    )
    found = [(need, registration, key) for need, registration, key in db.session.execute(rows)]
    if len(found) != len(set(need_ids)):
        raise NotFound
    return found


def steps(need_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Step]]:
    """What was done to each wish, the newest first. One statement, or none."""
    if not need_ids:
        return {}
    rows = (
        select(AuditEntry.subject_id, AuditEntry.verb, AuditEntry.at, AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == Need.__tablename__, AuditEntry.subject_id.in_(need_ids))
        .order_by(AuditEntry.id.desc())
    )
    found: dict[uuid.UUID, list[Step]] = {}
    for need_id, verb, at, actor_id in db.session.execute(rows):
        status = verb.removeprefix(DEED)
        if need_id is not None and status in set(Status):
            found.setdefault(need_id, []).append(Step(Status(status), at, actor_id))
    return found
