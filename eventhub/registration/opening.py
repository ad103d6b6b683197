"""How an event takes registrations: opening, the deadline and its extension, drafts that are over."""

import uuid
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, delete, func, or_, select

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import cancelling, offers, participants
from eventhub.registration.models import Deadline, Registration, RegistrationSetup, State
from eventhub.registration.moves import (
    move_all,
)
from eventhub.registration.seats import added


class CapacityBelowSeats(DomainError):
    """More seats are taken than the new capacity would allow."""

    status = 422
    message = _l("More places are taken already. Choose a larger number, or leave it empty for no limit.")
    field = "capacity"


class ClosesTooEarly(DomainError):
    """The end must lie after the beginning."""

    status = 422
    message = _l("Registration must close after it opens.")
    field = "closes_at"


class NotLater(DomainError):
    """An announced deadline only ever moves to later."""

    status = 422
    message = _l("A deadline that was announced can only be moved to a later time.")
    field = "closes_at"


means("ck_registration_setup_seats_within_capacity", CapacityBelowSeats())
means("ck_registration_setup_closes_after_opening", ClosesTooEarly())


def set_up(actor: Person, event: Event, *, setup: RegistrationSetup | None, **values: Any) -> RegistrationSetup:
    """Say how an event takes registrations. Before it has opened everything may change; afterwards the deadline only
    moves by ``extend_deadline``. Raises ClosesTooEarly, CapacityBelowSeats, NotLater, AgreedToLess.
    """
    moment = now()
    freed: int | None = 0
    if setup is None:
        setup = RegistrationSetup(event_id=event.id, seats_taken=0, **values)
        db.session.add(setup)
        changed = sorted(values)
        _announce(event.id, setup.closes_at, moment)
    else:
        changed = sorted(name for name, value in values.items() if getattr(setup, name) != value)
        opened = setup.opens_at <= moment and event.publication is not Publication.DRAFT
        if "closes_at" in changed and opened:
            raise NotLater
        if "closes_at" in changed:
            db.session.execute(delete(Deadline).where(Deadline.event_id == event.id))
            _announce(event.id, values["closes_at"], moment)
        freed = added(setup.capacity, values.get("capacity", setup.capacity))
        if "public_list" in changed and values["public_list"]:
            participants.demand_nobody_agreed(event.id)
        for name in changed:
            setattr(setup, name, values[name])
    if setup.closes_at <= setup.opens_at:
        raise ClosesTooEarly
    audit.record("registration.set_up", event, actor=actor, scope_id=event.id, changed=changed)
    bump("programme")
    db.session.flush()
    offers.fill(event.id, freed)
    return setup


def extend_deadline(actor: Person, event: Event, setup: RegistrationSetup, closes_at: datetime) -> Deadline:
    """Announce a later deadline; the old ones stay visible. Everybody with a draft or a late refusal is told once
    (DOMAIN.md rule 1). Raises NotLater, NotAnyMore.
    """
    cancelling.demand_taking_place(event.id)
    moment = now()
    if closes_at <= setup.closes_at or closes_at <= moment:
        raise NotLater
    if db.session.scalar(select(Deadline.id).where(Deadline.event_id == event.id).limit(1)) is None:
        _announce(event.id, setup.closes_at, setup.opens_at)
    setup.closes_at = closes_at
    deadline = _announce(event.id, closes_at, moment)
    audit.record("registration.extended", event, actor=actor, scope_id=event.id, closes_at=closes_at.isoformat())
    unsent = Registration.state.in_([State.DRAFT, State.EXPIRED])
    refused = and_(Registration.state == State.DECLINED, Registration.reason == "late")
    told = select(Registration.id).where(Registration.event_id == event.id, or_(unsent, refused))
    for registration_id in db.session.scalars(told):
        promise(
            "registration.deadline_extended",
            key=f"extended:{deadline.id}:{registration_id}",
            registration_id=registration_id,
        )
    bump("programme")
    db.session.flush()
    return deadline


def expire_drafts(moment: datetime, limit: int = 1000) -> int:
    """Close drafts whose event takes no more, the time of grace included; how many. What was typed stays."""
    over = RegistrationSetup.closes_at + func.make_interval(0, 0, 0, 0, RegistrationSetup.grace_hours) <= moment
    rows = (
        select(Registration)
        .join(RegistrationSetup, RegistrationSetup.event_id == Registration.event_id)
        .where(Registration.state == State.DRAFT, over)
        .limit(limit)
        .with_for_update(of=Registration, skip_locked=True)
    )
    drafts = list(db.session.scalars(rows))
    if drafts:
        move_all(drafts, State.EXPIRED, actor=None, has_seat=False)
    return len(drafts)


def _announce(event_id: uuid.UUID, closes_at: datetime, moment: datetime) -> Deadline:
    deadline = Deadline(id=uuid.uuid4(), event_id=event_id, closes_at=closes_at, announced_at=moment)
    db.session.add(deadline)
    return deadline
