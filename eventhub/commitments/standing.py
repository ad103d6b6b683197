"""What lists say of commitments beside their own rows: milestones done, and checks that are older than the claim."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Date, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from eventhub.commitments.models import Commitment, Milestone, Report, Review, Says, Verdict
from eventhub.kit.db import db


@dataclass(frozen=True)
class Earlier:
    """A check of what was said on its day; ``said`` is None where nothing had been."""

    verdict: Verdict
    on: date
    said: Says | None


@dataclass(frozen=True)
class Standing:
    """By commitment. ``progress``: how many milestones are done, of how many; ``outdated``: its newest check, where the
    maker has said something else since: it is no word about what is claimed now, which is not verified yet.
    """

    progress: dict[uuid.UUID, tuple[int, int]] = field(default_factory=dict)
    outdated: dict[uuid.UUID, Earlier] = field(default_factory=dict)


def standing_of(ids: Collection[uuid.UUID]) -> Standing:
    """All of it. One statement."""
    if not ids:
        return Standing()
    mine = Milestone.commitment_id == Commitment.id
    done = select(func.count(Milestone.done_on)).where(mine).scalar_subquery()
    total = select(func.count()).select_from(Milestone).where(mine).scalar_subquery()
    newest = select(func.max(Review.reviewed_at)).where(Review.commitment_id == Commitment.id)
    checked = newest.correlate(Commitment).scalar_subquery()
    verdict = (
        select(Review.verdict)
        .where(Review.commitment_id == Commitment.id)
        .order_by(Review.reviewed_at.desc(), Review.id.desc())
        .limit(1)
        .correlate(Commitment)
        .scalar_subquery()
    )
    before, after = aliased(Report), aliased(Report)
    then = (
        select(before.says)
        .where(before.commitment_id == Commitment.id, before.said_at <= checked)
        .order_by(before.said_at.desc(), before.id.desc())
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
    rows = select(Commitment.id, done, total, day, changed, verdict, then).where(Commitment.id.in_(ids))
    found = Standing()
    for one, steps, of, at, is_outdated, found_then, said in db.session.execute(rows):
        if of:
            found.progress[one] = (steps, of)
        if at is not None and is_outdated and found_then is not Verdict.UNVERIFIED:
            found.outdated[one] = Earlier(found_then, at, said)
    return found


def outdated_by(reports: Sequence[Report], reviews: Sequence[Review]) -> Earlier | None:
    """The same of one, from its whole history; None where the newest check is about what is said now."""
    newest = max(reviews, key=lambda one: (one.reviewed_at, one.id), default=None)
    if newest is None or newest.verdict is Verdict.UNVERIFIED:
        return None
    checked = newest.reviewed_at
    said = sorted(reports, key=lambda one: (one.said_at, one.id))
    then = next((one.says for one in reversed(said) if one.said_at <= checked), None)
    changed = any(one.said_at > checked and one.says is not then for one in said)
    return Earlier(newest.verdict, checked.date(), then) if changed else None
