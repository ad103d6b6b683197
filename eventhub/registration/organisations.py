"""Registrations follow when two records of one organization become one (people/merging.py)."""

import uuid
from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.merging import Count, Follower, follow, held_all
from eventhub.people.models import Organisation, Person
from eventhub.registration.models import TAKES_PART, Registration
from eventhub.registration.participants import REVISION


def _hold(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> bool:
    return held_all(Registration.id, Registration.organisation_id.in_(ids))


def _count(ids: Collection[uuid.UUID], _kept_id: uuid.UUID) -> list[Count]:
    theirs = select(func.count()).select_from(Registration).where(Registration.organisation_id.in_(ids))
    return [Count(_l("Registrations"), db.session.scalar(theirs) or 0)]


def _move(_actor: Person, before: uuid.UUID, after: Organisation) -> None:
    """Papers and lists say the name that stays. What somebody typed into the form stays as it was typed."""
    moved = (
        update(Registration)
        .where(Registration.organisation_id == before)
        .values(organisation_id=after.id)
        .returning(Registration.id, Registration.state)
        .execution_options(synchronize_session=False)
    )
    rows = db.session.execute(moved).all()
    there = [row.id for row in rows if row.state in TAKES_PART]
    for registration_id in there:
        promise("registration.reprinted", registration_id=registration_id)
    if there:
        bump(REVISION)


follow(Follower(("registration.organisation_id",), _hold, _count, _move))
