"""How long mailboxes of makers are kept, and what becomes of a person's at an erasure."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update

from eventhub.commitments.models import Asking, Commitment, Contact, HalfTyped, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person

KEPT = timedelta(days=30)
"""How long after a commitment has ended its mailboxes are kept."""
OVER = frozenset({State.WITHDRAWN, State.SUPERSEDED})


def forget(moment: datetime, limit: int = 500) -> int:
    """Forget the mailboxes of commitments that were withdrawn or replaced so long ago. How many. Safe to repeat."""
    last = select(Asking.commitment_id).where(Asking.asked_at > moment - KEPT)
    due = (
        select(Contact.id)
        .join(Commitment, Commitment.id == Contact.commitment_id)
        .where(
            Commitment.state.in_(OVER),
            Commitment.captured_at <= moment - KEPT,
            or_(Commitment.withdrawn_at.is_(None), Commitment.withdrawn_at <= moment - KEPT),
            Commitment.id.not_in(last),
            or_(Contact.email.is_not(None), Contact.name != ""),
        )
        .limit(limit)
    )
    return _forget(list(db.session.scalars(due)))


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: who wrote a commitment down is not known any more, and what was half typed is gone. Safe to
    repeat.
    """
    mine = update(Commitment).where(Commitment.captured_by_id == person_id).values(captured_by_id=None)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))
    typed = delete(HalfTyped).where(HalfTyped.person_id == person_id)
    db.session.execute(typed.execution_options(synchronize_session="fetch"))


def half_typed(person: Person) -> list[dict[str, Any]]:
    """What a person typed in rooms and did not write down yet."""
    rows = select(HalfTyped).where(HalfTyped.person_id == person.id).order_by(HalfTyped.kept_at)
    return [{"typed": one.given, "kept": one.kept_at} for one in db.session.scalars(rows)]


def forget_mailbox(_person: Person, addresses: Collection[str]) -> None:
    """A person is erased whose mailbox speaks for makers: it is asked no more, nor half typed anywhere."""
    if addresses:
        typed = delete(HalfTyped).where(func.lower(HalfTyped.given["email"].astext).in_(addresses))
        db.session.execute(typed.execution_options(synchronize_session="fetch"))
        _forget(list(db.session.scalars(select(Contact.id).where(Contact.email.in_(addresses)))))


def own_data(person: Person) -> list[dict[str, Any]]:
    """The commitments for which a person's mailbox speaks, and what came of each link."""
    if person.email is None:
        return []
    rows = (
        select(Commitment.number, Contact.name, Asking.asked_at, Asking.answer, Asking.closed_at)
        .join(Contact, Contact.commitment_id == Commitment.id)
        .outerjoin(Asking, Asking.contact_id == Contact.id)
        .where(Contact.email == person.email)
        .order_by(Commitment.number, Asking.asked_at)
    )
    return [
        {
            "reference": f"C-{row.number:04d}",
            "name": row.name,
            "asked": row.asked_at,
            "answer": row.answer.value if row.answer else None,
            "answered": row.closed_at,
        }
        for row in db.session.execute(rows)
    ]


def _forget(ids: Collection[uuid.UUID]) -> int:
    if not ids:
        return 0
    closed = update(Asking).where(Asking.contact_id.in_(ids), Asking.closed_at.is_(None))
    db.session.execute(closed.values(answer="replaced", closed_at=now()).execution_options(synchronize_session="fetch"))
    bare = update(Contact).where(Contact.id.in_(ids)).values(name="", email=None)
    return len(db.session.execute(bare.returning(Contact.id).execution_options(synchronize_session="fetch")).all())


people.LEAVING.append(forget_mailbox)
