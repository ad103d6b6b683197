"""How long names and mailboxes are kept of people whom others register, and what becomes of them at an erasure."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, cast, delete, func, select, update

from eventhub.helping.models import Charge, Registrar, UnwantedHelp
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event

KEPT = timedelta(days=30)
"""How long after the event names, mailboxes and telephones are kept beside the registrations."""


def forget(moment: datetime, limit: int = 500) -> int:
    """Of events that ended so long ago delete whom nobody registered after all, and of the others name, mailbox and
    telephone: the registration has its own rules. How many. Safe to repeat.
    """
    ended = func.timezone(Event.time_zone, cast(Event.last_day + 1, DateTime(timezone=False))) <= moment - KEPT
    due = (
        select(Charge.id)
        .join(Event, Event.id == Charge.event_id)
        .where(ended, (Charge.name != "") | Charge.person_id.is_(None))
        .order_by(Charge.event_id, Charge.id)
        .limit(limit)
    )
    ids = list(db.session.scalars(due))
    hold_registrars(Charge.id.in_(ids))
    nobody = delete(Charge).where(Charge.id.in_(ids), Charge.person_id.is_(None)).returning(Charge.id)
    gone = len(db.session.execute(nobody).all())
    bare = update(Charge).where(Charge.id.in_(ids)).values(name="", email=None, phone=None)
    return gone + len(db.session.execute(bare.returning(Charge.id)).all())


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: the names she is known by to helpers go, and as a helper she has nobody any more. What she
    filled in for others stays theirs, with the links that she gave them. Safe to repeat.
    """
    hold_registrars((Charge.person_id == person_id) | (Charge.helper_id == person_id))
    mine = update(Charge).where(Charge.person_id == person_id)
    db.session.execute(
        mine.values(name="", email=None, phone=None, left_at=func.coalesce(Charge.left_at, now())).execution_options(
            synchronize_session="fetch"
        )
    )
    theirs = update(Charge).where(Charge.helper_id == person_id).values(helper_id=None, email=None, phone=None)
    db.session.execute(theirs.execution_options(synchronize_session="fetch"))
    db.session.execute(delete(UnwantedHelp).where(UnwantedHelp.helper_id == person_id))
    db.session.execute(delete(Registrar).where(Registrar.person_id == person_id))
    db.session.flush()


def own_data(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """By whom somebody was registered, and whom somebody registers, in plain values for the copy of all data."""
    rows = (
        select(Charge, Event.title)
        .join(Event, Event.id == Charge.event_id)
        .where((Charge.person_id == person_id) | (Charge.helper_id == person_id))
        .order_by(Charge.named_at, Charge.id)
    )
    return [
        {
            "event": title,
            "as": "person" if charge.person_id == person_id else "helper",
            "name": charge.name,
            "email": charge.email,
            "phone": charge.phone,
            "named": charge.named_at,
            "taken": charge.claimed_at,
            "left": charge.left_at,
        }
        for charge, title in db.session.execute(rows)
    ]


def hold_registrars(which: Any) -> None:
    """Lock the helpers of these people in one order, as every deed does first."""
    rows = (
        select(Registrar)
        .join(Charge, (Charge.event_id == Registrar.event_id) & (Charge.helper_id == Registrar.person_id))
        .where(which)
        .order_by(Registrar.event_id, Registrar.person_id)
        .with_for_update(of=Registrar)
    )
    db.session.scalars(rows.execution_options(populate_existing=True)).all()
