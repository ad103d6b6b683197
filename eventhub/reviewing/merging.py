"""Declared ties follow when two records of one organization become one (people/merging.py)."""

import uuid
from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.merging import Count, Follower, follow, held_all
from eventhub.people.models import Organisation, Person
from eventhub.reviewing.models import Tie


def _hold(ids: Collection[uuid.UUID], kept_id: uuid.UUID) -> bool:
    return held_all(Tie.id, Tie.organisation_id.in_([*ids, kept_id]))


def _count(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> list[Count]:
    theirs = select(func.count()).select_from(Tie).where(Tie.organisation_id.in_(ids))
    return [Count(_l("Ties of readers"), db.session.scalar(theirs) or 0)]


def _move(_actor: Person, before: uuid.UUID, after: Organisation) -> None:
    """Who declared a tie to both has one to the record that stays; the other is withdrawn, and stays on record."""
    same = select(Tie.person_id, Tie.call_id).where(Tie.organisation_id == after.id, Tie.withdrawn_at.is_(None))
    twice = {tuple(row) for row in db.session.execute(same)}
    for tie in db.session.scalars(select(Tie).where(Tie.organisation_id == before)):
        if tie.withdrawn_at is None and (tie.person_id, tie.call_id) in twice:
            tie.withdrawn_at = now()
        tie.organisation_id = after.id
    db.session.flush()


follow(Follower(("fund_tie.organisation_id",), _hold, _count, _move))
