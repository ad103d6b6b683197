"""A cancelled event: whom a letter about it is owed, and what is not done for it any more."""

import uuid
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, String, cast, func, literal, select, update

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise_all
from eventhub.programme import queries
from eventhub.programme.models import Event, Mode, Publication
from eventhub.registration.models import Registration, RegistrationSetup, State

TOLD = frozenset(State) - {State.DECLINED, State.REVOKED, State.WITHDRAWN, State.EXPIRED}
"""Whom the cancellation concerns: who is registered, waits or was offered a place, and who has begun."""


class NotAnyMore(DomainError):
    """The event does not take place: the desk has nothing left to do to it."""

    message = _l("This event is cancelled. Nothing is decided, asked, changed, offered or printed for it any more.")


def demand_taking_place(event_id: uuid.UUID) -> Mode:
    """Nothing is decided for a cancelled event, nor while somebody cancels it: until the end of the transaction. Who
    holds seats or registrations took them before. Gives how people come together, which stands as long. Raises
    NotAnyMore. One statement.
    """
    rows = select(Event.publication, Event.mode).where(Event.id == event_id).with_for_update(read=True)
    row = db.session.execute(rows).one()
    if row.publication is Publication.CANCELLED:
        raise NotAnyMore
    mode: Mode = row.mode
    return mode


def demand_not_cancelled(event: Event) -> None:
    """The same of an event as it was read, for one's own answers. Raises NotAnyMore."""
    if event.publication is Publication.CANCELLED:
        raise NotAnyMore


def cancelled_at(event: Event) -> datetime | None:
    """When an event was cancelled; None for one that takes place, without a statement."""
    if event.publication is not Publication.CANCELLED:
        return None
    return db.session.scalar(select(Event.cancelled_at).where(Event.id == event.id))


def people_told(event_id: uuid.UUID) -> Select[uuid.UUID]:
    """The people whom a letter is owed when the event is cancelled."""
    return select(Registration.person_id).where(
        Registration.event_id == event_id, Registration.state.in_(TOLD), Registration.erased_at.is_(None)
    )


def close(event_id: uuid.UUID) -> None:
    """Nobody takes a seat of a cancelled event from now on: whoever got one before is written, and is told."""
    setup = update(RegistrationSetup).where(RegistrationSetup.event_id == event_id).values(is_off=True)
    db.session.execute(setup.execution_options(synchronize_session="fetch"))


def owe_letters(event: Event, but: Select[uuid.UUID]) -> None:
    """Owe everybody concerned one letter, except the people in ``but``, who learn of it otherwise. Two statements,
    however many; whoever is owed one already gets no second one. Nothing once the event is over.
    """
    close(event.id)
    if queries.ends(event) <= now():
        return
    mine = people_told(event.id).where(Registration.person_id.not_in(but))
    promise_all(
        "registration.event_cancelled",
        mine.with_only_columns(
            literal(f"event_cancelled:{event.id}:") + cast(Registration.id, String),
            func.jsonb_build_object("registration_id", Registration.id),
        ),
    )
