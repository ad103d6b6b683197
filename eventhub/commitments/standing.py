"""What lists say of commitments beside their own rows: milestones done, and checks that are older than the claim."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Date, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from eventhub.commitments.models import Commitment, Milestone, Report, Review
from eventhub.kit.db import db


@dataclass(frozen=True)
class Standing:
    """By commitment. ``progress``: how many milestones are done, of how many; ``outdated``: the day of its newest
    check, where the maker has said something else since: it is no word about what is claimed now.
    """

    progress: dict[uuid.UUID, tuple[int, int]] = field(default_factory=dict)
    outdated: dict[uuid.UUID, date] = field(default_factory=dict)


def standing_of(ids: Collection[uuid.UUID]) -> Standing:
    """All of it. One statement."""
    if not ids:
        return Standing()
    mine = Milestone.commitment_id == Commitment.id
    done = select(func.count(Milestone.done_on)).where(mine).scalar_subquery()
    total = select(func.count()).select_from(Milestone).where(mine).scalar_subquery()
    newest = select(func.max(Review.reviewed_at)).where(Review.commitment_id == Commitment.id)
    checked = newest.correlate(Commitment).scalar_subquery()
    before, after = aliased(Report), aliased(Report)
    then = (
        select(before.says)
        .where(before.commitment_id == Commitment.id, before.said_at <= checked)
        .order_by(before.said_at.desc())
        .limit(1)
        .correlate(Commitment)
        .scalar_subquery()
    )
    changed = (
        exists()
        .where(and_(after.commitment_id == Commitment.id, after.said_at > checked, after.says.is_distinct_from(then)))
        .correlate(Commitment)
    )
    day = cast(func.timezone("UTC", checked), Date)
    rows = select(Commitment.id, done, total, day, changed).where(Commitment.id.in_(ids))
    found = Standing()
    for one, steps, of, at, is_outdated in db.session.execute(rows):
        if of:
            found.progress[one] = (steps, of)
        if at is not None and is_outdated:
            found.outdated[one] = at
    return found


def outdated_by(reports: Sequence[Report], reviews: Sequence[Review]) -> date | None:
    """The same of one, from its whole history; None where the newest check is about what is said now."""
    checked = max((one.reviewed_at for one in reviews), default=None)
    if checked is None:
        return None
    said = sorted(reports, key=lambda one: one.said_at)
    then = next((one.says for one in reversed(said) if one.said_at <= checked), None)
    changed = any(one.said_at > checked and one.says is not then for one in said)
    return checked.date() if changed else None
