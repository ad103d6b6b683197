"""How long nominations are kept, and what becomes of them when somebody is erased."""

import uuid
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, cast, delete, func, or_, select, update

from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Organisation, Person, name_key
from eventhub.programme.models import Event

KEPT = timedelta(days=30)
"""How long after the event names and mailboxes are kept of people who never answered."""


def forget_unanswered(moment: datetime, limit: int = 500) -> int:
    """Delete nominations and invitations of events that ended so long ago and that nobody answered; how many. Those who
    were replaced before they answered are among them. Whom a focal point filled the form in for and who never took the
    link is erased; whoever stands beside somebody and answered stays beside a row without a name.
    """
    ended = func.timezone(Event.time_zone, cast(Event.last_day + 1, DateTime(timezone=False))) <= moment - KEPT
    unanswered = (
        select(Nominee.id)
        .join(Event, Event.id == Nominee.event_id)
        .where(ended, Nominee.claimed_at.is_(None), Nominee.name != "")
        .order_by(Nominee.delegation_id, Nominee.id)
        .limit(limit)
    )
    _hold(unanswered)
    ids = list(db.session.scalars(unanswered))
    beside = select(Nominee.beside_id).where(Nominee.beside_id.in_(ids), Nominee.person_id.is_not(None))
    kept = or_(Nominee.person_id.is_not(None), Nominee.id.in_(list(db.session.scalars(beside))))
    rows = select(Nominee).where(Nominee.id.in_(ids), kept).order_by(Nominee.id).with_for_update()
    for nominee in db.session.scalars(rows.execution_options(populate_existing=True)):
        if nominee.claimed_at is None:
            nominee.name, nominee.email = "", None
    db.session.flush()
    typed = select(Person).join(Nominee, Nominee.person_id == Person.id)
    typed = typed.where(Nominee.id.in_(ids), Nominee.claimed_at.is_(None), Person.erased_at.is_(None))
    for person in db.session.scalars(typed.order_by(Person.id)).all():
        people.erase(None, person)
    db.session.execute(delete(Nominee).where(Nominee.id.in_(ids), Nominee.name != "", Nominee.claimed_at.is_(None)))
    gone = len(ids)
    invited = (
        select(FocalInvitation.id)
        .join(Delegation, Delegation.id == FocalInvitation.delegation_id)
        .join(Event, Event.id == Delegation.event_id)
        .where(ended)
        .limit(limit)
    )
    closed = delete(FocalInvitation).where(FocalInvitation.id.in_(invited)).returning(FocalInvitation.id)
    return gone + len(db.session.execute(closed).all())


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: nominations lose name and mailbox and free their places, a focal point leaves the delegation.
    What the person filled in for somebody else stays that person's. Safe to repeat.
    """
    mine = select(Nominee.id).where(Nominee.person_id == person_id).order_by(Nominee.delegation_id, Nominee.id)
    _hold(mine)
    rows = list(db.session.scalars(select(Nominee).where(Nominee.id.in_(mine)).with_for_update()))
    for nominee in rows:
        nominee.name, nominee.email = "", None
        nominee.left_at = nominee.left_at or now()
    db.session.execute(update(Nominee).where(Nominee.typed_by_id == person_id).values(typed_by_id=None))
    focal = select(Delegation).where(Delegation.focal_id == person_id).order_by(Delegation.id).with_for_update()
    for delegation in db.session.scalars(focal):
        delegation.focal_id = delegation.focal_since = None
    accepted = FocalInvitation.accepted_by_id == person_id
    db.session.execute(delete(FocalInvitation).where(accepted))
    db.session.flush()


def forget_mailbox(person: Person, addresses: Collection[str]) -> None:
    """A person is erased whom somebody nominated or invited at one of these addresses: nothing is mailed there any
    more, an invitation goes, and the person's nomination loses its name and frees its place. Where several nominees
    share the mailbox it is the one of the person's name; the others stay nominated, and their link is handed over.
    """
    if not addresses:
        return
    theirs = Nominee.email.in_(addresses), Nominee.claimed_at.is_(None)
    _hold(select(Nominee.id).where(*theirs))
    rows = select(Nominee).where(*theirs).order_by(Nominee.delegation_id, Nominee.id).with_for_update()
    names = {name_key(name) for name in (person.name, person.name_latin, person.alias) if name}
    found = db.session.scalars(rows.execution_options(populate_existing=True)).all()
    at_event = Counter(nominee.event_id for nominee in found if nominee.left_at is None)
    for nominee in found:
        nominee.email = None
        is_theirs = name_key(nominee.name) in names or at_event[nominee.event_id] <= 1
        if nominee.person_id is None and is_theirs:
            nominee.name, nominee.left_at = "", nominee.left_at or now()
    db.session.execute(delete(FocalInvitation).where(FocalInvitation.email.in_(addresses)))


people.LEAVING.append(forget_mailbox)


def own_delegations(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """Of which delegations somebody is or was the focal point, for the copy of all data. One statement."""
    accepted = (
        select(FocalInvitation.closed_at)
        .where(FocalInvitation.delegation_id == Delegation.id, FocalInvitation.accepted_by_id == person_id)
        .order_by(FocalInvitation.closed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        select(Organisation.name, Event.title, accepted, Delegation.focal_id)
        .join(Delegation, Delegation.organisation_id == Organisation.id)
        .join(Event, Event.id == Delegation.event_id)
        .where(or_(Delegation.focal_id == person_id, accepted.is_not(None)))
        .order_by(Event.first_day, Delegation.id)
    )
    return [
        {"event": title, "delegation": name, "accepted": since, "is_focal_point": focal_id == person_id}
        for name, title, since, focal_id in db.session.execute(rows)
    ]


def own_data(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """By which nominations somebody took part, and the own delegations, in plain values for the copy of all data."""
    rows = (
        select(Nominee, Organisation.name, Event.title)
        .join(Delegation, Delegation.id == Nominee.delegation_id)
        .join(Organisation, Organisation.id == Delegation.organisation_id)
        .join(Event, Event.id == Nominee.event_id)
        .where(Nominee.person_id == person_id)
    )
    return [
        {
            "event": title,
            "delegation": organisation,
            "as": nominee.kind.value,
            "name": nominee.name,
            "email": nominee.email,
            "nominated": nominee.invited_at,
            "taken": nominee.claimed_at,
            "approved": nominee.approved_at,
            "left": nominee.left_at,
            "filled_in_by_the_focal_point": nominee.typed_by_id is not None,
        }
        for nominee, organisation, title in db.session.execute(rows)
    ]


def _hold(nominees: Any) -> None:
    """Lock the delegations of these nominees in one order, as every deed does first."""
    theirs = select(Nominee.delegation_id).where(Nominee.id.in_(nominees))
    rows = select(Delegation).where(Delegation.id.in_(theirs)).order_by(Delegation.id).with_for_update()
    db.session.scalars(rows.execution_options(populate_existing=True)).all()
