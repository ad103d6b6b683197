"""How long wishes and visas are kept, the person's copy of them, and erasure."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from eventhub.arrangements import wishes
from eventhub.arrangements.models import Need, Visa
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event, Session
from eventhub.questionnaires.actions import TO_PUT_RIGHT
from eventhub.registration.models import Registration
from eventhub.registration.thread import KEPT, ends

AT_ONCE = 500


def own_data(person: Person) -> list[dict[str, Any]]:
    """What a person has asked for, opened, and where visas stand, in plain values. Three statements."""
    key = db.session.get_one(SealKey, person.seal_key_id)
    rows = (
        select(Need, Registration.reference, Session.title)
        .join(Registration, Registration.id == Need.registration_id)
        .outerjoin(Session, Session.id == Need.session_id)
        .where(Registration.person_id == person.id)
        .order_by(Need.asked_at, Need.id)
    )
    found: list[dict[str, Any]] = []
    for need, reference, session in db.session.execute(rows):
        wish = wishes.read(need, key)
        if wish is not None:
            found.append(
                {
                    "reference": reference,
                    "kind": wish.kind.value,
                    "language": wish.language or None,
                    "into": wish.into or None,
                    "words": wish.words or None,
                    "session": session,
                    "status": need.status.value,
                    "answer": wishes.read_answer(need, key) or None,
                    "asked": need.asked_at,
                    "changed": need.moved_at,
                }
            )
    return found


def own_visas(person: Person) -> list[dict[str, Any]]:
    """Where a person's visas stand, in plain values. One statement."""
    rows = select(Visa, Registration.reference).join(Registration, Registration.id == Visa.registration_id)
    return [
        {
            "reference": reference,
            "status": visa.status.value,
            "asked": visa.asked_on,
            "letter": visa.letter_on,
            "applied": visa.applied_on,
            "decided": visa.decided_on,
        }
        for visa, reference in db.session.execute(rows.where(Registration.person_id == person.id))
    ]


def erase(person_id: uuid.UUID) -> None:
    """Delete what a person asked for, and the person's visas. Safe to repeat."""
    mine = select(Registration.id).where(Registration.person_id == person_id)
    db.session.execute(delete(Need).where(Need.registration_id.in_(mine)))
    db.session.execute(delete(Visa).where(Visa.registration_id.in_(mine)))


def follow_days(event_id: uuid.UUID) -> None:
    """The event's days moved: wishes and visas are kept as long after its end as before. What falls due sooner than it
    did stays a week yet. Safe to repeat.
    """
    day, zone = db.session.execute(select(Event.last_day, Event.time_zone).where(Event.id == event_id)).one()
    mine, moment = select(Registration.id).where(Registration.event_id == event_id), now()
    for model in (Need, Visa):
        table = table_of(model)
        soonest = func.least(table.c.delete_after, moment + TO_PUT_RIGHT)
        renewed = update(table).values(delete_after=func.greatest(ends(day, zone) + KEPT, soonest))
        db.session.execute(renewed.where(table.c.registration_id.in_(mine)))


def delete_expired(moment: datetime) -> int:
    """Delete wishes and visas whose days are over; how many. Each event gets a record of it. Run until 0; safe when two
    run at once.
    """
    needs = select(Need.id, Registration.event_id).join(Registration, Registration.id == Need.registration_id)
    needs = needs.where(Need.delete_after <= moment).with_for_update(of=Need, skip_locked=True)
    visas = select(Visa.registration_id, Registration.event_id)
    visas = visas.join(Registration, Registration.id == Visa.registration_id).where(Visa.delete_after <= moment)
    visas = visas.with_for_update(of=Visa, skip_locked=True)
    gone: dict[uuid.UUID, int] = {}
    for rows, model, column in ((needs, Need, Need.id), (visas, Visa, Visa.registration_id)):
        found = db.session.execute(rows.limit(AT_ONCE)).all()
        for _id, event_id in found:
            gone[event_id] = gone.get(event_id, 0) + 1
        if found:
            db.session.execute(delete(model).where(column.in_([one for one, _event_id in found])))
    for event_id, number in gone.items():
        event = db.session.get_one(Event, event_id)
        audit.record("arrangements.expired", event, actor=None, scope_id=event_id, reason="retention", number=number)
    return sum(gone.values())
