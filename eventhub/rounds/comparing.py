"""The rounds of a series beside each other: what was said in each, of each commitment."""

import uuid
from collections.abc import Sequence

from sqlalchemy import case, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments.models import Commitment
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.programme.models import Event, Series
from eventhub.rounds import access
from eventhub.rounds.models import Round, RoundAnswer, RoundItem, Standing
from eventhub.rounds.moving import SILENT, Answer

NAMED = 100
"""So many commitments are named for one move."""


def events_of(grants: access.Grants, slug: str) -> tuple[Series, list[Event]]:
    """A series with its events in reach in which rounds were held. One statement. Raises NotFound."""
    held = select(Round.id).where(Round.event_id == Event.id).exists()
    rows = select(Series, Event).join(Event, Event.series_id == Series.id).where(Series.slug == slug)
    rows = rows.where(access.reach(grants), held).order_by(Event.first_day.desc(), Event.id)
    found = db.session.execute(rows).all()
    return or_not_found(found[0][0] if found else None), [row[1] for row in found]


def answers_of(event_ids: Sequence[uuid.UUID], *, public: bool = False) -> list[Answer]:
    """What was said in all rounds of these events; ``public``: in those that closed, what became a report. Whether
    everybody may know of a commitment is asked elsewhere. One statement.
    """
    is_said = case((RoundAnswer.standing == Standing.SAID, 1), else_=0)
    last = (
        select(RoundAnswer.item_id, RoundAnswer.says)
        .join(RoundItem, RoundItem.id == RoundAnswer.item_id)
        .join(Round, Round.id == RoundItem.round_id)
        .where(Round.event_id.in_(event_ids))
        .ext(postgresql.distinct_on(RoundAnswer.item_id))
        .order_by(RoundAnswer.item_id, is_said.desc(), RoundAnswer.id.desc())
    )
    if public:
        last = last.where(RoundAnswer.standing == Standing.SAID)
    newest = last.subquery()
    rows = (
        select(
            RoundItem.commitment_id,
            Round.step,
            newest.c.says,
            RoundItem.answered_at - Round.opened_at,
            Round.closed_at,
            RoundItem.answered_at,
        )
        .join(Round, Round.id == RoundItem.round_id)
        .outerjoin(newest, newest.c.item_id == RoundItem.id)
        .where(Round.event_id.in_(event_ids))
    )
    if public:
        rows = rows.where(Round.closed_at.is_not(None))
    return [
        Answer(row[0], row[1], row[2].value if row[2] and row[5] else SILENT, row[3], row[4] is None)
        for row in db.session.execute(rows)
    ]


def named(ids: Sequence[uuid.UUID]) -> list[Commitment]:
    """These commitments by their references, with words and makers. Two statements."""
    rows = select(Commitment).where(Commitment.id.in_(ids)).order_by(Commitment.number).limit(NAMED)
    rows = rows.options(joinedload(Commitment.words), selectinload(Commitment.makers))
    return list(db.session.scalars(rows)) if ids else []
