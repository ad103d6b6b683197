"""What staff see of rounds: figures, who is silent, whom to call, where answers differ."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from eventhub.commitments.models import FOLLOWED, Commitment
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.programme.models import Event, Series
from eventhub.rounds import access
from eventhub.rounds.models import (
    Ended,
    Part,
    Round,
    RoundAnswer,
    RoundCall,
    RoundItem,
    RoundLink,
    RoundPart,
)

PER_PAGE = 30


class View(StrEnum):
    """Which commitments of a round are shown."""

    SILENT = "silent"
    ANSWERED = "answered"
    DIFFERING = "differing"
    BOUNCED = "bounced"
    ALL = "all"


@dataclass(frozen=True)
class Figures:
    """How a round goes. ``median``: the time until the first answer."""

    asked: int = 0
    answered: int = 0
    bounced: int = 0
    to_call: int = 0
    without_mailbox: int = 0
    differing: int = 0
    median: timedelta | None = None

    @property
    def silent(self) -> int:
        """How many were not answered."""
        return self.asked - self.answered


@dataclass(frozen=True)
class Row:
    """One commitment of a round, with who leads, when it was answered, and whether answers differ."""

    item: RoundItem
    link: RoundLink | None
    answers: Sequence[RoundAnswer]


def rounds(grants: access.Grants, *, event: str | None = None, open_only: bool = False) -> list[Round]:
    """The rounds in reach, those that are open first, then the newest."""
    rows = select(Round).join(Event, Event.id == Round.event_id).where(access.reach(grants))
    if event:
        rows = rows.where(Event.slug == event)
    if open_only:
        rows = rows.where(Round.closed_at.is_(None))
    rows = rows.options(contains_eager(Round.event))
    return list(
        db.session.scalars(rows.order_by(Round.closed_at.desc().nulls_first(), Round.opened_at.desc()).limit(100))
    )


def open_rounds(grants: access.Grants) -> list[tuple[Round, Figures]]:
    """Those that run, with their figures. Two statements."""
    found = rounds(grants, open_only=True)
    numbers = figures([one.id for one in found])
    return [(one, numbers.get(one.id, Figures())) for one in found]


def round_of(round_id: uuid.UUID) -> Round:
    """A round with its event. Raises NotFound."""
    rows = select(Round).where(Round.id == round_id).options(joinedload(Round.event))
    return or_not_found(db.session.scalar(rows))


def link_of(link_id: uuid.UUID, *, lock: bool = False) -> RoundLink:
    """A link with its round and event. Raises NotFound."""
    rows = select(RoundLink).where(RoundLink.id == link_id)
    rows = rows.options(joinedload(RoundLink.round).joinedload(Round.event))
    return or_not_found(db.session.scalar(rows.with_for_update(of=RoundLink) if lock else rows))


def item_of(item_id: uuid.UUID) -> RoundItem:
    """An item with its round and event, locked. Raises NotFound."""
    rows = select(RoundItem).where(RoundItem.id == item_id).with_for_update(of=RoundItem)
    return or_not_found(db.session.scalar(rows.options(joinedload(RoundItem.round).joinedload(Round.event))))


def figures(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Figures]:
    """How rounds go. One statement."""
    if not ids:
        return {}
    answered = RoundItem.answered_at.is_not(None)
    middle = func.percentile_cont(0.5).within_group((RoundItem.answered_at - Round.opened_at).asc())
    rows = (
        select(
            Round.id,
            func.count(RoundItem.id),
            func.count().filter(answered),
            func.count().filter(_bounced()),
            func.count().filter(and_(_is_silent(), _is_to_call(), RoundItem.contact_id.is_not(None))),
            func.count().filter(and_(_is_silent(), RoundItem.contact_id.is_(None))),
            func.count().filter(_differs()),
            middle,
        )
        .join(RoundItem, RoundItem.round_id == Round.id)
        .join(Commitment, Commitment.id == RoundItem.commitment_id)
        .where(Round.id.in_(ids))
        .group_by(Round.id)
    )
    return {row[0]: Figures(*row[1:]) for row in db.session.execute(rows)}


def counts(round_id: uuid.UUID) -> Figures:
    """How one round goes."""
    return figures([round_id]).get(round_id, Figures())


def rows_of(found: Round, view: View, page: int) -> list[Row]:
    """One page of the board: those that wait longest first."""
    rows = _in_view(_items(found.id), view)
    rows = rows.order_by(RoundItem.answered_at.nulls_first(), Commitment.number)
    return with_links(rows.limit(PER_PAGE).offset((page - 1) * PER_PAGE))


def total_of(found: Round, view: View) -> int:
    """How many stand in a view."""
    rows = select(func.count(RoundItem.id)).join(Commitment, Commitment.id == RoundItem.commitment_id)
    return db.session.scalar(_in_view(rows.where(RoundItem.round_id == found.id), view)) or 0


def call_list(found: Round) -> tuple[list[RoundLink], list[Row]]:
    """Whom to call: mailboxes that were silent after the last mail, or whose mails came back; and the commitments that
    have no mailbox to ask.
    """
    silent = exists().where(
        RoundPart.link_id == RoundLink.id,
        RoundPart.ended_at.is_(None),
        RoundPart.part == Part.LEAD,
        RoundItem.id == RoundPart.item_id,
        RoundItem.answered_at.is_(None),
        Commitment.id == RoundItem.commitment_id,
        Commitment.state.in_(FOLLOWED),
    )
    last_call = select(func.max(RoundCall.called_at)).where(RoundCall.link_id == RoundLink.id).scalar_subquery()
    links = (
        select(RoundLink)
        .join(Round, Round.id == RoundLink.round_id)
        .where(RoundLink.round_id == found.id, RoundLink.parent_id.is_(None), silent, _after_the_last_mail())
        .order_by(last_call.nulls_first(), RoundLink.made_at, RoundLink.id)
    )
    orphans = _in_view(_items(found.id), View.SILENT).where(RoundItem.contact_id.is_(None))
    return list(db.session.scalars(links.limit(500))), with_links(orphans.order_by(Commitment.number).limit(500))


def with_links(rows: Select[Any]) -> list[Row]:
    """Items, each with whoever leads and all answers. Three statements."""
    items = db.session.scalars(rows).unique().all()
    ids = [one.id for one in items]
    leads = (
        select(RoundPart.item_id, RoundLink)
        .join(RoundLink, RoundLink.id == RoundPart.link_id)
        .where(RoundPart.item_id.in_(ids), RoundPart.part == Part.LEAD)
        .order_by(RoundPart.ended_at.nulls_first(), RoundLink.ended_at.nulls_first(), RoundLink.made_at.desc())
    )
    links: dict[uuid.UUID, RoundLink] = {}
    for row in db.session.execute(leads) if ids else ():
        links.setdefault(row[0], row[1])
    answers: dict[uuid.UUID, list[RoundAnswer]] = {}
    said = select(RoundAnswer).where(RoundAnswer.item_id.in_(ids)).order_by(RoundAnswer.id)
    for one in db.session.scalars(said) if ids else ():
        answers.setdefault(one.item_id, []).append(one)
    return [Row(one, links.get(one.id), answers.get(one.id, ())) for one in items]


def calls_of(link_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[RoundCall]]:
    """Calls by link, the newest first."""
    found: dict[uuid.UUID, list[RoundCall]] = {}
    rows = select(RoundCall).where(RoundCall.link_id.in_(link_ids)).order_by(RoundCall.id.desc())
    for one in db.session.scalars(rows) if link_ids else ():
        found.setdefault(one.link_id, []).append(one)
    return found


def waiting_of(link_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many unanswered commitments stand behind links."""
    rows = (
        select(RoundPart.link_id, func.count())
        .join(RoundItem, RoundItem.id == RoundPart.item_id)
        .where(RoundPart.link_id.in_(link_ids), RoundPart.ended_at.is_(None), RoundItem.answered_at.is_(None))
        .group_by(RoundPart.link_id)
    )
    return {row[0]: row[1] for row in db.session.execute(rows)} if link_ids else {}


def answered(link_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Behind which of these links all is answered, by whomever it was handed on to as well. One statement."""
    own = exists().where(RoundAnswer.item_id == RoundItem.id, RoundAnswer.link_id == RoundLink.id)
    waits = exists().where(
        RoundPart.link_id == RoundLink.id,
        RoundPart.ended_at.is_(None),
        RoundItem.id == RoundPart.item_id,
        Commitment.id == RoundItem.commitment_id,
        Commitment.state.in_(FOLLOWED),
        RoundItem.answered_at.is_(None),
        ~own.correlate(RoundItem, RoundLink),
    )
    asked = exists().where(RoundPart.link_id == RoundLink.id, RoundPart.ended_at.is_(None))
    rows = select(RoundLink.id).where(RoundLink.id.in_(link_ids), asked, ~waits.correlate(RoundLink))
    return set(db.session.scalars(rows)) if link_ids else set()


def series_of(slug: str) -> Series | None:
    """A series by its address."""
    return db.session.scalar(select(Series).where(Series.slug == slug))


def series_to_plan(grants: access.Grants) -> list[Series]:
    """The series in whose events something was promised, and whose plan somebody may set."""
    followed = exists().where(
        Event.series_id == Series.id, Commitment.event_id == Event.id, Commitment.state.in_(FOLLOWED)
    )
    rows = select(Series).where(access.plannable(grants), followed)
    return list(db.session.scalars(rows.order_by(Series.slug).limit(100)))


def colleagues_of(link: RoundLink) -> list[RoundLink]:
    """To whom parts of a link were handed on."""
    rows = select(RoundLink).where(RoundLink.parent_id == link.id).order_by(RoundLink.made_at, RoundLink.id)
    return list(db.session.scalars(rows))


def _items(round_id: uuid.UUID) -> Select[Any]:
    whole = contains_eager(RoundItem.commitment)
    return (
        select(RoundItem)
        .join(Commitment, Commitment.id == RoundItem.commitment_id)
        .where(RoundItem.round_id == round_id)
        .options(whole.joinedload(Commitment.words), whole.selectinload(Commitment.makers))
    )


def _in_view(rows: Select[Any], view: View) -> Select[Any]:
    conditions: dict[View, ColumnElement[bool]] = {
        View.SILENT: _is_silent(),
        View.ANSWERED: RoundItem.answered_at.is_not(None),
        View.DIFFERING: _differs(),
        View.BOUNCED: _bounced(),
    }
    return rows.where(conditions[view]) if view in conditions else rows


def _is_silent() -> ColumnElement[bool]:
    return and_(RoundItem.answered_at.is_(None), Commitment.state.in_(FOLLOWED))


def _bounced() -> ColumnElement[bool]:
    link = aliased(RoundLink)
    return exists().where(RoundPart.item_id == RoundItem.id, link.id == RoundPart.link_id, link.ended == Ended.BOUNCED)


def _is_to_call() -> ColumnElement[bool]:
    return exists().where(
        RoundPart.item_id == RoundItem.id,
        RoundPart.ended_at.is_(None),
        RoundPart.part == Part.LEAD,
        RoundLink.id == RoundPart.link_id,
        _after_the_last_mail(),
    )


def _after_the_last_mail() -> ColumnElement[bool]:
    """A link that had its last mail, or that ended without an answer. Of a round in the same statement."""
    done = RoundLink.reminded >= func.jsonb_array_length(Round.days)
    return and_(or_(done, RoundLink.ended.is_not(None)), RoundLink.paused_until.is_(None))


def _differs() -> ColumnElement[bool]:
    """Whether those who answered last behind different links said different things."""
    one, later = aliased(RoundAnswer), aliased(RoundAnswer)
    newer = exists().where(later.item_id == one.item_id, later.link_id == one.link_id, later.id > one.id)
    said = select(func.count(one.says.distinct())).where(one.item_id == RoundItem.id, ~newer)
    return said.correlate(RoundItem).scalar_subquery() > 1
