"""All that the public page of one commitment shows beside its own row, by one statement however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, false, select
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.commitments import queries
from eventhub.commitments.models import (
    Commitment,
    FormerMaker,
    Indicator,
    Milestone,
    Recommendation,
    Report,
    Review,
    Succession,
    Translation,
    Version,
)
from eventhub.commitments.queries import Related
from eventhub.kit.db import db


@dataclass(frozen=True)
class Whole:
    """What became of a commitment: reports and reviews the newest first, what is tied to it by number, its former
    makers the last one first, and the words that hold in other languages.
    """

    reports: list[Report]
    reviews: list[Review]
    kin: list[Related]
    former: list[FormerMaker]
    translations: list[Translation]


def whole(commitment: Commitment) -> Whole:
    """All of it, for everybody; versions, milestones, indicators and recommendations are set on the commitment. One
    statement.
    """
    found = _lists(
        (select(Version).where(Version.commitment_id == commitment.id), (Version,)),
        (select(Milestone).where(Milestone.commitment_id == commitment.id), (Milestone,)),
        (select(Indicator).where(Indicator.commitment_id == commitment.id), (Indicator,)),
        (select(Recommendation).where(Recommendation.commitment_id == commitment.id), (Recommendation,)),
        (select(Report).where(Report.commitment_id == commitment.id), (Report,)),
        (select(Review).where(Review.commitment_id == commitment.id), (Review,)),
        (select(FormerMaker).where(FormerMaker.commitment_id == commitment.id), (FormerMaker,)),
        (_translations(commitment), (Translation,)),
        (_kin(commitment), (Commitment, Succession, Version)),
    )
    versions, milestones, indicators, recommendations, reports, reviews, former, translations = (
        [row[0] for row in rows] for rows in found[:-1]
    )
    set_committed_value(commitment, "versions", sorted(versions, key=lambda one: one.number))
    for name, rows in (
        ("milestones", milestones),
        ("indicators", indicators),
        ("recommendations", recommendations),
    ):
        set_committed_value(commitment, name, sorted(rows, key=lambda one: one.position))
    for other, _succession, words in found[-1]:
        set_committed_value(other, "words", words)
    return Whole(
        sorted(reports, key=lambda one: (one.said_at, one.id), reverse=True),
        sorted(reviews, key=lambda one: (one.reviewed_at, one.id), reverse=True),
        [
            queries.related(other, succession, commitment.id)
            for other, succession, _words in sorted(found[-1], key=lambda row: row[0].number)
        ],
        sorted(former, key=lambda one: (one.until, one.id), reverse=True),
        sorted(translations, key=lambda one: one.language),
    )


def _translations(commitment: Commitment) -> Select[Any]:
    return select(Translation).where(
        Translation.commitment_id == commitment.id, Translation.number == commitment.newest
    )


def _kin(commitment: Commitment) -> Any:
    holds = and_(Version.commitment_id == Commitment.id, Version.number == Commitment.newest)
    rows = select(Commitment, Succession, Version).join(Succession, queries.is_kin(commitment.id))
    return rows.join(Version, holds).where(queries.is_public(), queries.in_public_event())


def _lists(*asked: tuple[Select[Any], Sequence[type[Any]]]) -> list[list[Any]]:
    """Several lists of rows by one statement: no row of one list joins any of another, so they stand below each other,
    and none is repeated for the others' sake. In no order.
    """
    sides = [tuple(aliased(one, rows) for one in kinds) for rows, kinds in ((a.subquery(), k) for a, k in asked)]
    joined: Any = select(*(one for side in sides for one in side)).select_from(sides[0][0])
    for side in sides[1:]:
        joined = joined.join(side[0], false(), full=True)
    found: list[list[Any]] = [[] for _side in sides]
    for row in db.session.execute(joined):
        first = 0
        for place, side in enumerate(sides):
            if row[first] is not None:
                found[place].append(tuple(row[first : first + len(side)]))
            first += len(side)
    return found
