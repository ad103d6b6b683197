"""Online rooms: who may join when, and that somebody joined.

A session's link and its telephone numbers stand behind its page alone, and only while the room is open: on no public
page, in no calendar, in no mail (CALENDAR.md). The first press on that page is the attendance; it is written before
anything is given out.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, literal, select, true
from sqlalchemy.dialects.postgresql import insert

from eventhub.checkin import queries
from eventhub.checkin.models import GateKey, Joined
from eventhub.checkin.queries import WHO, Present
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session
from eventhub.programme.queries import public_sitting
from eventhub.registration.doors import attend
from eventhub.registration.models import CONFIRMED, Registration


class Door(StrEnum):
    """How the door of a room stands for one person."""

    NOT_ONLINE = "not_online"
    CANCELLED = "cancelled"
    NOT_CONFIRMED = "not_confirmed"
    FOR_OTHERS = "for_others"
    """The session is for other categories of participants."""
    EARLY = "early"
    OPEN = "open"
    OVER = "over"


class NotOpen(DomainError):
    """The room does not let this person in now."""

    status = 422
    message = _l("You cannot join at this moment. The page says why.")


@dataclass(frozen=True)
class Room:
    """A session's room as one person finds it."""

    session: Session
    registration: Registration | None
    joined_at: datetime | None

    def door(self, moment: datetime) -> Door:
        """How the door stands at a moment."""
        if Publication.CANCELLED in {self.session.publication, self.session.event.publication}:
            return Door.CANCELLED
        if not self.session.join_link:
            return Door.NOT_ONLINE
        if moment >= self.session.room_closes_at:
            return Door.OVER
        held = self.registration
        if held is None or held.state not in CONFIRMED or not held.has_seat:
            return Door.NOT_CONFIRMED
        if self.session.for_categories and held.category not in self.session.for_categories:
            return Door.FOR_OTHERS
        return Door.OPEN if moment >= self.session.room_opens_at else Door.EARLY


@dataclass(frozen=True)
class RoomCount:
    """How many joined a session online, and when the last one did."""

    session: Session
    joined: int
    last: datetime | None


def room(slug: str, session_id: uuid.UUID, person: Person) -> Room:
    """The room of a public session, for a person. Raises NotFound."""
    session = public_sitting(slug, session_id)
    rows = (
        select(Registration, Joined.joined_at)
        .outerjoin(Joined, and_(Joined.registration_id == Registration.id, Joined.session_id == session.id))
        .where(Registration.event_id == session.event_id, Registration.person_id == person.id)
    )
    found = db.session.execute(rows).one_or_none()
    return Room(session, *(found or (None, None)))


def join(person: Person, found: Room) -> Joined:
    """Write down that somebody joined, once. Raises NotOpen."""
    if found.registration is None:
        raise NotOpen
    held = queries.lock_registrations([found.registration.id])[found.registration.id]
    moment = now()
    if Room(found.session, held, None).door(moment) is not Door.OPEN:
        raise NotOpen
    row = {"id": uuid.uuid4(), "registration_id": held.id, "session_id": found.session.id, "joined_at": moment}
    db.session.execute(insert(table_of(Joined)).values(**row).on_conflict_do_nothing())
    attend(person, held)
    return db.session.scalars(_of(held.id).where(Joined.session_id == found.session.id)).one()


def joined(registration_id: uuid.UUID, session_id: uuid.UUID) -> Joined | None:
    """That somebody joined a session, where it is so."""
    return db.session.scalar(_of(registration_id).where(Joined.session_id == session_id))


def has_joined(registration_id: uuid.UUID) -> bool:
    """Whether somebody took part in any session online."""
    return db.session.scalars(_of(registration_id).limit(1)).first() is not None


def held(event: Event) -> list[Session]:
    """The sessions of an event that are held online, in the order of their times. One statement."""
    return list(db.session.scalars(select(Session).where(*_online(event)).order_by(Session.starts_at, Session.id)))


def counts(event: Event) -> list[RoomCount]:
    """How many joined each session that is held online. One statement."""
    rows = (
        select(Session, func.count(Joined.id), func.max(Joined.joined_at))
        .outerjoin(Joined, Joined.session_id == Session.id)
        .where(*_online(event))
        .group_by(Session.id)
        .order_by(Session.starts_at, Session.id)
    )
    return [RoomCount(*row) for row in db.session.execute(rows)]


def present(event_id: uuid.UUID, key: GateKey | None = None) -> list[Present]:
    """Who joined which session online, by session and time; of one session alone where ``key`` is its gate. One
    statement.
    """
    rows = (
        select(*WHO, literal(None), Joined.session_id, Joined.joined_at)
        .join(Registration, Registration.id == Joined.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.event_id == event_id, Joined.session_id == key.session_id if key else true())
        .order_by(Joined.session_id, Joined.joined_at, Registration.reference)
    )
    return [Present(*row) for row in db.session.execute(rows)]


def own_data(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """Which sessions a person joined when, in plain values. One statement."""
    rows = (
        select(Joined.joined_at, Registration.reference, Event.title, Session.title)
        .join(Registration, Registration.id == Joined.registration_id)
        .join(Session, Session.id == Joined.session_id)
        .join(Event, Event.id == Session.event_id)
        .where(Registration.person_id == person_id)
        .order_by(Joined.joined_at, Joined.id)
    )
    names = ("at", "reference", "event", "session")
    return [dict(zip(names, row, strict=True)) for row in db.session.execute(rows)]


def _online(event: Event) -> tuple[ColumnElement[bool], ...]:
    return Session.event_id == event.id, Session.join_link.is_not(None), Session.publication != Publication.DRAFT


def _of(registration_id: uuid.UUID) -> Select[Joined]:
    return select(Joined).where(Joined.registration_id == registration_id)
