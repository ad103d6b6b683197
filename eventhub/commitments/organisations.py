"""Makers follow when two records of one organization become one (people/merging.py). What they were called stays."""

import uuid
from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from eventhub.commitments.models import Maker
from eventhub.kit.db import db
from eventhub.people.affiliations import STILL_NAMED
from eventhub.people.merging import Count, Follower, follow, held_all
from eventhub.people.models import Organisation, Person


def _hold(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> bool:
    return held_all(Maker.id, Maker.organisation_id.in_(ids))


def _count(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> list[Count]:
    theirs = select(func.count(Maker.commitment_id.distinct())).where(Maker.organisation_id.in_(ids))
    return [Count(_l("Commitments"), db.session.scalar(theirs) or 0)]


def _move(_actor: Person, before: uuid.UUID, after: Organisation) -> None:
    moved = update(Maker).where(Maker.organisation_id == before).values(organisation_id=after.id)
    db.session.execute(moved.execution_options(synchronize_session=False))


def _named(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these makers are known by."""
    rows = select(Maker.organisation_id).where(Maker.organisation_id.in_(ids)).distinct()
    return {one for one in db.session.scalars(rows) if one is not None}


follow(Follower(("commitment_maker.organisation_id",), _hold, _count, _move))
STILL_NAMED.append(_named)
