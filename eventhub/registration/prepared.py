"""Prepared decisions: which there are, and how they go again without having been released.

What is prepared about somebody's own registration does not exist for that person, at the desk neither. Locks: the
registrations first, then what is prepared about them.
"""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration.models import PreparedDecision, Registration

PREPARED = "registration.prepared"
DROPPED = "registration.prepared_dropped"


def seen_by(viewer: uuid.UUID) -> ColumnElement[bool]:
    """What joins a registration with the decision that is prepared about it, as far as the viewer may know."""
    return and_(PreparedDecision.registration_id == Registration.id, Registration.person_id != viewer)


def about(registration_ids: Collection[uuid.UUID], viewer: uuid.UUID) -> dict[uuid.UUID, PreparedDecision]:
    """What is prepared about these registrations, by their ids, and by whom. One statement, none for nothing."""
    if not registration_ids:
        return {}
    rows = (
        select(PreparedDecision)
        .join(Registration, seen_by(viewer))
        .options(joinedload(PreparedDecision.prepared_by))
        .where(PreparedDecision.registration_id.in_(registration_ids))
    )
    return {one.registration_id: one for one in db.session.scalars(rows)}


def of_event(event_id: uuid.UUID, viewer: uuid.UUID, *, limit: int) -> list[PreparedDecision]:
    """What is prepared at an event's desk, with the registrations, their persons and who prepared it, in the order in
    which people came. One statement.
    """
    rows = (
        select(PreparedDecision)
        .join(Registration, seen_by(viewer))
        .join(Person, Person.id == Registration.person_id)
        .options(
            contains_eager(PreparedDecision.registration).contains_eager(Registration.person),
            contains_eager(PreparedDecision.registration).joinedload(Registration.organisation),
            joinedload(PreparedDecision.prepared_by),
        )
        .where(Registration.event_id == event_id, Registration.erased_at.is_(None))
        .order_by(Registration.submitted_at, Registration.id)
        .limit(limit)
    )
    return list(db.session.scalars(rows))


def held(ids: Collection[uuid.UUID], event_id: uuid.UUID, viewer: uuid.UUID) -> list[PreparedDecision]:
    """These decisions as they are now, locked after their registrations, those with their persons; those that exist no
    more are left out. In the order in which people came. Two statements.
    """
    asked = select(PreparedDecision.registration_id).where(PreparedDecision.id.in_(ids))
    mine = (
        select(Registration)
        .join(Registration.person)
        .options(contains_eager(Registration.person))
        .where(Registration.id.in_(asked), Registration.event_id == event_id, Registration.person_id != viewer)
        .order_by(Registration.id)
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )
    registrations = {one.id: one for one in db.session.scalars(mine)}
    rows = (
        select(PreparedDecision)
        .join(Registration, Registration.id == PreparedDecision.registration_id)
        .options(contains_eager(PreparedDecision.registration))
        .where(PreparedDecision.id.in_(ids), PreparedDecision.registration_id.in_(registrations))
        .order_by(PreparedDecision.id)
        .with_for_update(of=PreparedDecision)
        .execution_options(populate_existing=True)
    )
    found = list(db.session.scalars(rows))
    return sorted(found, key=lambda one: (one.registration.submitted_at or one.prepared_at, one.registration_id))


def drop(registrations: Sequence[Registration], *, actor: Person | None) -> int:
    """Forget what is prepared about registrations that the caller holds; how many. Their histories say so."""
    if not registrations:
        return 0
    rows = delete(PreparedDecision).where(PreparedDecision.registration_id.in_([one.id for one in registrations]))
    gone = rows.returning(PreparedDecision.registration_id, PreparedDecision.outcome)
    outcomes = {row.registration_id: row.outcome for row in db.session.execute(gone)}
    for one in registrations:
        if one.id in outcomes:
            audit.record(DROPPED, one, actor=actor, scope_id=one.event_id, outcome=outcomes[one.id].value)
    return len(outcomes)
