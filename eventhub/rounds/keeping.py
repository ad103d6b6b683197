"""How long mailboxes of rounds are kept, and what becomes of a person's at an erasure."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from eventhub.commitments.models import Commitment
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.rounds.models import Ended, Round, RoundAnswer, RoundCall, RoundItem, RoundLink

KEPT = timedelta(days=90)
"""How long after a round has closed its mailboxes are kept: the next one has links of its own."""


def forget(moment: datetime, limit: int = 500) -> int:
    """Forget the mailboxes of rounds that closed so long ago; how many. Safe to repeat."""
    due = (
        select(RoundLink.id)
        .join(Round, Round.id == RoundLink.round_id)
        .where(Round.closed_at <= moment - KEPT, or_(RoundLink.email.is_not(None), RoundLink.name != ""))
        .limit(limit)
    )
    bare = update(RoundLink).where(RoundLink.id.in_(list(db.session.scalars(due)))).values(name="", email=None)
    return len(db.session.execute(bare.returning(RoundLink.id).execution_options(synchronize_session="fetch")).all())


def forget_mailbox(_person: Person, addresses: Collection[str]) -> None:
    """A person is erased whose mailbox is asked in rounds: its links end with those made from them, and staff see
    that nobody is left to ask.
    """
    if not addresses:
        return
    mine = RoundLink.email.in_(addresses)
    over = update(RoundLink).where(mine, RoundLink.ended.is_(None)).values(ended=Ended.FORGOTTEN, ended_at=now())
    ended = over.returning(RoundLink.id).execution_options(synchronize_session="fetch")
    made = RoundLink.parent_id.in_(list(db.session.scalars(ended)))
    lent = update(RoundLink).where(made, RoundLink.ended.is_(None)).values(ended=Ended.REVOKED, ended_at=now())
    db.session.execute(lent.execution_options(synchronize_session="fetch"))
    bare = update(RoundLink).where(mine).values(name="", email=None, paused_until=None)
    db.session.execute(bare.execution_options(synchronize_session="fetch"))


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: who called is not known any more. Safe to repeat."""
    mine = update(RoundCall).where(RoundCall.author_id == person_id).values(author_id=None)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))


def own_data(person: Person) -> list[dict[str, Any]]:
    """The rounds in which a person's mailbox was asked, and what was said behind its links."""
    if person.email is None:
        return []
    rows = (
        select(RoundLink.made_at, RoundLink.name, Commitment.number, RoundAnswer)
        .outerjoin(RoundAnswer, RoundAnswer.link_id == RoundLink.id)
        .outerjoin(RoundItem, RoundItem.id == RoundAnswer.item_id)
        .outerjoin(Commitment, Commitment.id == RoundItem.commitment_id)
        .where(RoundLink.email == person.email)
        .order_by(RoundLink.made_at, RoundAnswer.id)
    )
    return [
        {
            "asked": made_at,
            "name": name,
            "reference": f"C-{number:04d}" if number else None,
            "says": one.says.value if one else None,
            "text": one.text if one else None,
            "obstacles": one.obstacles if one else None,
            "more_about_obstacles": one.hindrance if one else None,
            "answered": one.answered_at if one else None,
        }
        for made_at, name, number, one in db.session.execute(rows)
    ]


people.LEAVING.append(forget_mailbox)
