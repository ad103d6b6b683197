"""How an event takes registrations: opening, the deadline and its extension, drafts that are over."""

import uuid
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select

from eventhub.kit import audit, codes
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, means
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import cancelling, categories, latecomers, offers, participants
from eventhub.registration.models import Deadline, Registration, RegistrationCategory, RegistrationSetup, State
from eventhub.registration.moves import move_all
from eventhub.registration.seats import added, hold_seats


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


class CategoryClosesTooEarly(ClosesTooEarly):
    """With instants of the event and its own together a category would open after it closes."""

    def __init__(self, code: str) -> None:
        self.message = _l(
            "With these times the category “%(category)s” would close before it opens. Change its own times first.",
            category=LazyString(lambda: codes.label(categories.LIST, code, g.lang)),
        )
        super().__init__()


class NotLater(DomainError):
    """An announced deadline only ever moves to later."""

    status = 422
    message = _l("A deadline that was announced can only be moved to a later time.")
    field = "closes_at"


means("ck_registration_setup_seats_within_capacity", CapacityBelowSeats())
means("ck_registration_setup_closes_after_opening", ClosesTooEarly())
means("ck_registration_category_closes_after_opening", ClosesTooEarly())


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
            db.session.execute(delete(Deadline).where(Deadline.event_id == event.id, Deadline.category.is_(None)))
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
    note_span(setup)
    offers.fill(event.id, freed)
    return setup


def set_window(
    event: Event,
    setup: RegistrationSetup,
    row: RegistrationCategory,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
    is_new: bool,
) -> None:
    """Give a category instants of its own, or None for those of the event. Once registration in it has opened its
    deadline only moves by ``extend_deadline``. The caller holds the event's seats. Raises ClosesTooEarly, NotLater.
    """
    moment, before = now(), row.closes_at or setup.closes_at
    opened = (row.opens_at or setup.opens_at) <= moment and event.publication is not Publication.DRAFT and not is_new
    if (opens_at or setup.opens_at) >= (closes_at or setup.closes_at):
        raise ClosesTooEarly
    if opened and (closes_at or setup.closes_at) != before:
        raise NotLater
    if closes_at != row.closes_at:
        mine = Deadline.event_id == event.id, Deadline.category == row.code
        db.session.execute(delete(Deadline).where(*mine))
        if closes_at is not None:
            _announce(event.id, closes_at, moment, row.code)
    row.opens_at, row.closes_at = opens_at, closes_at


def note_span(setup: RegistrationSetup) -> None:
    """Write down from when to when registration is open in any category (RegistrationSetup.first_opens_at). Raises
    CategoryClosesTooEarly.
    """
    db.session.flush()
    mine = RegistrationCategory.event_id == setup.event_id, RegistrationCategory.is_open
    opens = func.coalesce(RegistrationCategory.opens_at, setup.opens_at)
    never = opens >= func.coalesce(RegistrationCategory.closes_at, setup.closes_at)
    if code := db.session.scalar(select(RegistrationCategory.code).where(*mine, never).limit(1)):
        raise CategoryClosesTooEarly(code)
    own = RegistrationCategory.opens_at.is_not(None) | RegistrationCategory.closes_at.is_not(None)
    found = db.session.execute(
        select(
            func.bool_or(own).label("is_any_own"),
            func.min(func.coalesce(RegistrationCategory.opens_at, setup.opens_at)).label("first"),
            func.max(func.coalesce(RegistrationCategory.closes_at, setup.closes_at)).label("last"),
        ).where(*mine)
    ).one()
    setup.first_opens_at, setup.last_closes_at = (found.first, found.last) if found.is_any_own else (None, None)
    db.session.flush()


def extend_deadline(
    actor: Person, event: Event, setup: RegistrationSetup, closes_at: datetime, *, category: str | None = None
) -> Deadline:
    """Announce a later deadline, of the event or of one ``category``; the old ones stay visible. Everybody with a draft
    or a late refusal there is told once (DOMAIN.md rule 1). Raises NotLater, NotAnyMore, NotFound.
    """
    setup = hold_seats(event.id)
    cancelling.demand_taking_place(event.id)
    this = RegistrationCategory.event_id == event.id, RegistrationCategory.code == category
    row = db.session.scalar(select(RegistrationCategory).where(*this, RegistrationCategory.is_open))
    if category is not None and row is None:
        raise NotFound
    moment, kept = now(), row or setup
    before = kept.closes_at or setup.closes_at
    if closes_at <= before or closes_at <= moment:
        raise NotLater
    mine = Deadline.event_id == event.id, Deadline.category.is_not_distinct_from(category)
    if db.session.scalar(select(Deadline.id).where(*mine).limit(1)) is None:
        _announce(event.id, before, kept.opens_at or setup.opens_at, category)
    kept.closes_at = closes_at
    deadline = _announce(event.id, closes_at, moment, category)
    detail = {"closes_at": closes_at.isoformat()} | ({"category": category} if category else {})
    audit.record("registration.extended", event, actor=actor, scope_id=event.id, **detail)
    unsent = Registration.state.in_([State.DRAFT, State.EXPIRED])
    refused = and_(Registration.state == State.DECLINED, Registration.reason == "late")
    told = select(Registration.id).where(Registration.event_id == event.id, or_(unsent, refused), _concerned(category))
    for registration_id in db.session.scalars(told):
        promise(
            "registration.deadline_extended",
            key=f"extended:{deadline.id}:{registration_id}",
            registration_id=registration_id,
            deadline_id=deadline.id,
        )
    bump("programme")
    note_span(setup)
    return deadline


def _concerned(category: str | None) -> ColumnElement[bool]:
    """Who registers by this deadline: those of the category; for the event's, all but those of categories with one of
    their own.
    """
    if category is not None:
        return Registration.category == category
    has_own = select(RegistrationCategory.code).where(
        RegistrationCategory.event_id == Registration.event_id,
        RegistrationCategory.code == Registration.category,
        RegistrationCategory.is_open,
        RegistrationCategory.closes_at.is_not(None),
    )
    return ~has_own.exists()


def expire_drafts(moment: datetime, limit: int = 1000) -> int:
    """Close drafts whose category, or event, takes no more, the time of grace included; how many. What was typed stays.
    Whoever went on after that, since another category is open, has until the last of them closes.
    """
    grace = func.make_interval(0, 0, 0, 0, RegistrationSetup.grace_hours)
    whole = func.coalesce(RegistrationSetup.last_closes_at, RegistrationSetup.closes_at) + grace
    own = func.coalesce(RegistrationCategory.closes_at, RegistrationSetup.closes_at) + grace
    of_category = and_(
        RegistrationCategory.event_id == Registration.event_id,
        RegistrationCategory.code == Registration.category,
        RegistrationCategory.is_open,
    )
    rows = (
        select(Registration)
        .join(RegistrationSetup, RegistrationSetup.event_id == Registration.event_id)
        .join(Event, Event.id == Registration.event_id)
        .outerjoin(RegistrationCategory, of_category)
        .where(Registration.state == State.DRAFT)
        .where(or_(Event.first_day <= moment.date(), ~latecomers.admitted(Registration.person_id, Event.id)))
        .where(case((of_category & (Registration.changed_at < own), own), else_=whole) <= moment)
        .limit(limit)
        .with_for_update(of=Registration, skip_locked=True)
    )
    drafts = list(db.session.scalars(rows))
    if drafts:
        move_all(drafts, State.EXPIRED, actor=None, has_seat=False)
    return len(drafts)


def _announce(event_id: uuid.UUID, closes_at: datetime, moment: datetime, category: str | None = None) -> Deadline:
    deadline = Deadline(id=uuid.uuid4(), event_id=event_id, category=category, closes_at=closes_at, announced_at=moment)
    db.session.add(deadline)
    return deadline
