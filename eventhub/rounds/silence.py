"""Who is silent over all events in reach: since when, how often asked, what came back, who was called."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from eventhub.commitments.models import FOLLOWED, Commitment
from eventhub.kit.db import db
from eventhub.programme.models import Event, Series
from eventhub.rounds import access, board
from eventhub.rounds.board import Row
from eventhub.rounds.models import Ended, Reached, Round, RoundCall, RoundItem, RoundLink, RoundPart

PER_PAGE = 30


class Quiet(StrEnum):
    """Which of the silent are shown."""

    ALL = "all"
    UNCALLED = "uncalled"
    BOUNCED = "bounced"
    NOBODY = "nobody"
    SPOKEN = "spoken"


@dataclass(frozen=True)
class Asked:
    """What the board is filtered to; None where it does not matter."""

    view: Quiet = Quiet.ALL
    series: str | None = None
    event: str | None = None


@dataclass(frozen=True)
class Silent:
    """One commitment of which nobody has reported in the newest round of its event. ``mails``: in that round, to
    whomever; ``rounds``: that closed without a word, of all.
    """

    row: Row
    heard_on: date | None
    mails: int
    rounds: int
    came_back: bool
    calls: Sequence[RoundCall]


def counts(grants: access.Grants, asked: Asked) -> dict[Quiet, int]:
    """How many stand in each view. One statement."""
    views = [one for one in Quiet if one is not Quiet.ALL]
    numbers: list[Any] = [func.count(), *(func.count().filter(_is(one)) for one in views)]
    found = db.session.execute(_silent(select(*numbers).select_from(RoundItem), grants, asked)).one()
    return dict(zip((Quiet.ALL, *views), found, strict=True))


def page_of(grants: access.Grants, asked: Asked, page: int) -> list[Silent]:
    """One page: of whom nothing was heard for longest first. Seven statements at the most."""
    whole = contains_eager(RoundItem.commitment)
    rows = _silent(select(RoundItem), grants, asked).options(
        whole.joinedload(Commitment.words),
        whole.joinedload(Commitment.event),
        whole.selectinload(Commitment.makers),
        joinedload(RoundItem.round),
    )
    if asked.view is not Quiet.ALL:
        rows = rows.where(_is(asked.view))
    rows = rows.order_by(Commitment.heard_on, Commitment.number).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    found = board.with_links(rows)
    ids = [one.item.id for one in found]
    mails, closed, calls = _mails(ids), _closed([one.item.commitment_id for one in found]), _calls(ids)
    return [
        Silent(
            one,
            one.item.commitment.heard_on,
            *mails.get(one.item.id, (0, False))[:1],
            closed.get(one.item.commitment_id, 0),
            mails.get(one.item.id, (0, False))[1],
            calls.get(one.item.id, ()),
        )
        for one in found
    ]


def places(grants: access.Grants) -> list[tuple[Series, Event]]:
    """The events in reach in which rounds were held, each with its series: for the filters. One statement."""
    held = exists().where(Round.event_id == Event.id)
    rows = select(Series, Event).join(Event, Event.series_id == Series.id).where(access.reach(grants), held)
    return [(row[0], row[1]) for row in db.session.execute(rows.order_by(Event.first_day.desc(), Event.id).limit(200))]


def _silent(rows: Select[Any], grants: access.Grants, asked: Asked) -> Select[Any]:
    later = aliased(Round)
    newest = ~exists().where(later.event_id == Round.event_id, later.opened_at > Round.opened_at)
    rows = (
        rows.join(Round, Round.id == RoundItem.round_id)
        .join(Commitment, Commitment.id == RoundItem.commitment_id)
        .join(Event, Event.id == Round.event_id)
        .where(newest, RoundItem.answered_at.is_(None), Commitment.state.in_(FOLLOWED), access.reach(grants))
    )
    if asked.event:
        rows = rows.where(Event.slug == asked.event)
    if asked.series:
        rows = rows.join(Series, Series.id == Event.series_id).where(Series.slug == asked.series)
    return rows


def _is(view: Quiet) -> ColumnElement[bool]:
    mine = and_(RoundPart.item_id == RoundItem.id, RoundPart.link_id == RoundLink.id)
    called = exists().where(mine, RoundCall.link_id == RoundLink.id)
    spoken = exists().where(mine, RoundCall.link_id == RoundLink.id, RoundCall.reached == Reached.SPOKE)
    return {
        Quiet.UNCALLED: and_(~called, RoundItem.contact_id.is_not(None)),
        Quiet.BOUNCED: exists().where(mine, RoundLink.ended == Ended.BOUNCED),
        Quiet.NOBODY: RoundItem.contact_id.is_(None),
        Quiet.SPOKEN: spoken,
    }[view]


def _mails(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, bool]]:
    """How many mails went out about each, and whether one came back."""
    rows = (
        select(RoundPart.item_id, func.sum(RoundLink.mailed), func.bool_or(RoundLink.ended == Ended.BOUNCED))
        .join(RoundLink, RoundLink.id == RoundPart.link_id)
        .where(RoundPart.item_id.in_(ids))
        .group_by(RoundPart.item_id)
    )
    return {row[0]: (int(row[1]), bool(row[2])) for row in db.session.execute(rows)} if ids else {}


def _closed(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = (
        select(RoundItem.commitment_id, func.count())
        .where(RoundItem.commitment_id.in_(ids), RoundItem.silent_on.is_not(None))
        .group_by(RoundItem.commitment_id)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)} if ids else {}


def _calls(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[RoundCall]]:
    """Calls about each, the newest first."""
    found: dict[uuid.UUID, list[RoundCall]] = {}
    rows = (
        select(RoundPart.item_id, RoundCall)
        .join(RoundCall, RoundCall.link_id == RoundPart.link_id)
        .where(RoundPart.item_id.in_(ids))
        .order_by(RoundCall.id.desc())
    )
    for row in db.session.execute(rows) if ids else ():
        found.setdefault(row[0], []).append(row[1])
    return found
