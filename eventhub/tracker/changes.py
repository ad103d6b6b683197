"""What changed of what is public, newest first: for feeds, and for mails to those who asked for them."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Uuid, and_, cast, false, literal, select, true, union_all
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments import queries
from eventhub.commitments.models import Commitment, Report, Review, Version
from eventhub.commitments.queries import Wanted
from eventhub.kit.db import db
from eventhub.rounds.models import Round, RoundItem

NEWEST = 50
"""So many changes a feed tells."""


class Kind(StrEnum):
    """What happened."""

    PUBLISHED = "published"
    CHANGED = "changed"
    SAID = "said"
    CHECKED = "checked"
    SILENT = "silent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Change:
    """One change of one commitment. ``id`` is its own for ever; ``code``: status or result; ``text``: in words;
    ``by_maker``: the maker speaks, else the secretariat.
    """

    id: uuid.UUID
    kind: Kind
    at: datetime
    commitment: Commitment
    code: str
    text: str
    by_maker: bool


Narrowing = Callable[[Any], ColumnElement[bool]]
"""A condition on Commitment, made of the moment of a change."""


def newest(
    wanted: Wanted,
    today: date,
    *,
    since: datetime | None = None,
    number: int | None = None,
    narrowing: Narrowing | None = None,
) -> list[Change]:
    """The last changes of what is public and asked for; ``number``: of one commitment. Three statements."""
    sources = (_narrowed(one, wanted, today, since, number, narrowing) for one in _sources())
    rows = union_all(*(rows.order_by(at.desc()).limit(NEWEST) for rows, at in sources)).subquery()
    latest = select(rows).order_by(rows.c.at.desc(), rows.c.id).limit(NEWEST)
    told = db.session.execute(latest).all()
    found = _commitments({row.commitment_id for row in told})
    return [
        Change(
            _id_of(row), Kind(row.kind), row.at, found[row.commitment_id], row.code or "", row.text or "", row.by_maker
        )
        for row in told
        if row.commitment_id in found
    ]


def moments(since: datetime, today: date) -> Select[Any]:
    """When something public changed after a moment: ``commitment_id`` and ``at`` of each change."""
    found = (_narrowed(one, Wanted(), today, since, None, None)[0] for one in _sources())
    rows = union_all(*found).subquery()
    return select(rows.c.commitment_id, rows.c.at)


def _commitments(ids: set[uuid.UUID]) -> dict[uuid.UUID, Commitment]:
    if not ids:
        return {}
    rows = select(Commitment).where(Commitment.id.in_(ids))
    rows = rows.options(joinedload(Commitment.event), joinedload(Commitment.words), selectinload(Commitment.makers))
    return {one.id: one for one in db.session.scalars(rows)}


def _sources() -> Sequence[tuple[Select[Any], Any]]:
    """Rows of change with the moment of each. Silence is news when its round closes."""
    none, one, silent_on = literal(""), Commitment, Round.closed_at
    return (
        (_source(one.id, Kind.PUBLISHED, one.published_at, none, none, true()), one.published_at),
        (
            _source(
                *(Version.commitment_id, Kind.CHANGED, Version.written_at),
                *(cast(Version.number, String), Version.reason, Version.by_maker),
            )
            .join(Version, Version.commitment_id == one.id)
            .where(Version.written_at > one.published_at, Version.reason != ""),
            Version.written_at,
        ),
        (
            _source(Report.id, Kind.SAID, Report.said_at, cast(Report.says, String), Report.text, true()).join(
                Report, Report.commitment_id == one.id
            ),
            Report.said_at,
        ),
        (
            _source(
                Review.id, Kind.CHECKED, Review.reviewed_at, cast(Review.verdict, String), Review.text, false()
            ).join(Review, Review.commitment_id == one.id),
            Review.reviewed_at,
        ),
        (
            _source(RoundItem.id, Kind.SILENT, silent_on, none, none, false())
            .join(RoundItem, and_(RoundItem.commitment_id == one.id, RoundItem.silent_on.is_not(None)))
            .join(Round, and_(Round.id == RoundItem.round_id, silent_on.is_not(None))),
            silent_on,
        ),
        (
            _source(one.id, Kind.WITHDRAWN, one.withdrawn_at, none, one.withdrawn_reason, false()).where(
                one.withdrawn_at.is_not(None)
            ),
            one.withdrawn_at,
        ),
    )


def _source(own_id: Any, kind: Kind, at: Any, code: Any, text: Any, by_maker: Any) -> Select[Any]:
    return select(
        cast(own_id, Uuid).label("id"),
        literal(kind.value).label("kind"),
        at.label("at"),
        Commitment.id.label("commitment_id"),
        code.label("code"),
        text.label("text"),
        by_maker.label("by_maker"),
    ).select_from(Commitment)


def _narrowed(
    source: tuple[Select[Any], Any],
    wanted: Wanted,
    today: date,
    since: datetime | None,
    number: int | None,
    narrowing: Narrowing | None,
) -> tuple[Select[Any], Any]:
    rows, at = source
    rows = queries.matching(rows, wanted, today)
    if since is not None:
        rows = rows.where(at > since)
    if number is not None:
        rows = rows.where(Commitment.number == number)
    return (rows if narrowing is None else rows.where(narrowing(at))), at


def _id_of(row: Any) -> uuid.UUID:
    """A commitment’s own id stands for its publication; what has none of its own is named after it."""
    if row.kind == Kind.CHANGED:
        return uuid.uuid5(row.commitment_id, f"version/{row.code}")
    return uuid.uuid5(row.commitment_id, "withdrawn") if row.kind == Kind.WITHDRAWN else uuid.UUID(str(row.id))
