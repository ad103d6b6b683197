"""How long nominations are kept, and what becomes of them when somebody is erased."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, cast, delete, func, select, update

from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Organisation
from eventhub.programme.models import Event

KEPT = timedelta(days=30)
"""How long after the event names and mailboxes are kept of people who never answered."""


def forget_unanswered(moment: datetime, limit: int = 500) -> int:
    """Delete nominations and invitations of events that ended so long ago and that nobody answered; how many. Those who
    were replaced before they answered are among them.
    """
    ended = func.timezone(Event.time_zone, cast(Event.last_day + 1, DateTime(timezone=False))) <= moment - KEPT
    unanswered = (
        select(Nominee.id)
        .join(Event, Event.id == Nominee.event_id)
        .where(ended, Nominee.person_id.is_(None), Nominee.name != "")
        .order_by(Nominee.delegation_id, Nominee.id)
        .limit(limit)
    )
    _hold(unanswered)
    gone = len(db.session.execute(delete(Nominee).where(Nominee.id.in_(unanswered)).returning(Nominee.id)).all())
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
