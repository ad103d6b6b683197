"""Checks that were made before the maker said something else: of what was said on their day, and of nothing later."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from eventhub.commitments.models import Commitment, Report, Review, Says, Verdict
from eventhub.kit.db import db


@dataclass(frozen=True)
class Earlier:
    """What was found on a day, and what the maker said by then; None where nothing had been said."""

    verdict: Verdict
    on: date
    said: Says | None


def earlier_checks(commitments: Collection[Commitment]) -> dict[uuid.UUID, Earlier]:
    """By commitment the newest check where what is said since is not verified yet. One statement, none where no claim
    waits.
    """
    ids = [one.id for one in commitments if one.said is not None and one.checked is Verdict.UNVERIFIED]
    if not ids:
        return {}
    said = (
        select(Report.says)
        .where(Report.commitment_id == Review.commitment_id, Report.said_at <= Review.reviewed_at)
        .order_by(Report.said_at.desc(), Report.id.desc())
        .limit(1)
        .correlate(Review)
        .scalar_subquery()
    )
    rows = (
        select(Review.commitment_id, Review.verdict, Review.reviewed_at, said)
        .where(Review.commitment_id.in_(ids))
        .ext(distinct_on(Review.commitment_id))
        .order_by(Review.commitment_id, Review.reviewed_at.desc(), Review.id.desc())
    )
    return {
        row[0]: Earlier(row[1], row[2].date(), row[3])
        for row in db.session.execute(rows)
        if row[1] is not Verdict.UNVERIFIED
    }
