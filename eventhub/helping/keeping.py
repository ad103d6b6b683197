"""How long names and mailboxes are kept of people whom others register, and what becomes of them at an erasure."""

import uuid
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, and_, cast, delete, func, select, update

from eventhub.helping.models import Charge, Registrar, UnwantedHelp
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person, name_key
from eventhub.programme.models import Event

KEPT = timedelta(days=30)
"""How long after the event names, mailboxes and telephones are kept beside the registrations."""

UNWANTED_KEPT = timedelta(days=730)
"""How long a mailbox that was mailed because of a helper, or wants no more of that, is known by its digest."""


def forget(moment: datetime, limit: int = 500) -> int:
    """Of events that ended so long ago delete whom nobody registered after all, and of the others name, mailbox and
    telephone, and who had helped whom: the registration has its own rules. How many. Safe to repeat.
    """
    db.session.execute(delete(UnwantedHelp).where(UnwantedHelp.since <= moment - UNWANTED_KEPT))
    ended = func.timezone(Event.time_zone, cast(Event.last_day + 1, DateTime(timezone=False))) <= moment - KEPT
    due = (
        select(Charge.id)
        .join(Event, Event.id == Charge.event_id)
        .where(ended, (Charge.name != "") | Charge.person_id.is_(None) | Charge.helper_id.is_not(None))
        .order_by(Charge.event_id, Charge.id)
        .limit(limit)
    )
    ids = list(db.session.scalars(due))
    hold_registrars(Charge.id.in_(ids))
    nobody = delete(Charge).where(Charge.id.in_(ids), Charge.person_id.is_(None)).returning(Charge.id)
    gone = len(db.session.execute(nobody).all())
    bare = update(Charge).where(Charge.id.in_(ids)).values(name="", email=None, phone=None, helper_id=None)
    gone += len(db.session.execute(bare.returning(Charge.id)).all())
    over = select(Event.id).where(ended)
    db.session.execute(delete(Registrar).where(Registrar.event_id.in_(over), Registrar.taken == 0))
    return gone


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


def forget_mailbox(person: Person, addresses: Collection[str]) -> None:
    """A person is erased whom somebody named with one of these addresses: nothing is mailed there any more. Where
    nothing was filled in and the name is the person's, or nobody else of the event has the mailbox, the name goes too.
    """
    if not addresses:
        return
    theirs = Charge.email.in_(addresses), Charge.claimed_at.is_(None)
    hold_registrars(and_(*theirs))
    rows = select(Charge).where(*theirs).order_by(Charge.id).with_for_update()
    names = {name_key(name) for name in (person.name, person.name_latin, person.alias) if name}
    found = db.session.scalars(rows.execution_options(populate_existing=True)).all()
    at_event = Counter(charge.event_id for charge in found if charge.left_at is None)
    for charge in found:
        charge.email = None
        if charge.person_id is None and (name_key(charge.name) in names or at_event[charge.event_id] <= 1):
            charge.name, charge.phone, charge.left_at = "", None, charge.left_at or now()
    db.session.flush()


people.LEAVING.append(forget_mailbox)


def own_data(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """By whom somebody was registered, and whom somebody registers, in plain values for the copy of all data."""
    rows = (
        select(Charge, Event.title)
        .join(Event, Event.id == Charge.event_id)
        # Whom a person has thrown out has no copy of her name either.
        .where((Charge.person_id == person_id) | ((Charge.helper_id == person_id) & Charge.left_at.is_(None)))
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
