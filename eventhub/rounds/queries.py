"""Questions about rounds: what stands behind a link, and what was said of a commitment."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, exists, or_, select
from sqlalchemy.orm import aliased, joinedload

from eventhub.commitments import nearness
from eventhub.commitments.models import FOLLOWED, Commitment, Contact, Says, Version
from eventhub.kit.db import db
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.rounds.models import (
    Plan,
    Round,
    RoundAnswer,
    RoundDraft,
    RoundItem,
    RoundLink,
    RoundPart,
    Standing,
)


@dataclass(frozen=True)
class Asked:
    """One commitment behind a link: all answers to it in this round (the oldest first), what was typed there and not
    sent yet, and which colleague it was given to.
    """

    part: RoundPart
    item: RoundItem
    commitment: Commitment
    answers: Sequence[RoundAnswer] = ()
    draft: RoundDraft | None = None
    colleague: RoundLink | None = None

    @property
    def is_followed(self) -> bool:
        """Whether anything can be said of it still."""
        return self.commitment.state in FOLLOWED

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for an answer behind this very link."""
        answered = self.own is not None or self.item.answered_at is not None
        return self.is_followed and not answered and self.colleague is None

    @property
    def own(self) -> RoundAnswer | None:
        """What was said last behind this very link."""
        return next((one for one in reversed(self.answers) if one.link_id == self.part.link_id), None)

    @property
    def newest(self) -> int:
        """The number of the newest answer, whoever gave it; 0 for none."""
        return newest_of(self.answers)

    @property
    def lent(self) -> RoundAnswer | None:
        """What the colleague who has it said last."""
        lent = self.colleague
        return next((one for one in reversed(self.answers) if lent is not None and one.link_id == lent.id), None)

    @property
    def others(self) -> list[RoundAnswer]:
        """What others said last, each behind a link of its own."""
        newest = {one.link_id: one for one in self.answers if one.link_id != self.part.link_id}
        return list(newest.values())

    @property
    def elsewhere(self) -> RoundAnswer | None:
        """What somebody else said that holds for the maker, where nobody answered behind this very link, nor the
        colleague who has it.
        """
        if self.own is not None or self.lent is not None or self.item.answered_at is None:
            return None
        return stands(self.answers)

    @property
    def before(self) -> Says | None:
        """What the maker said last, whenever that was."""
        return self.commitment.said

    @property
    def sent(self) -> Version:
        """The version that held when the link was mailed."""
        by_number = {one.number: one for one in self.commitment.versions}
        return by_number[self.item.version]


@dataclass(frozen=True)
class Behind:
    """A link with its round and event, and what stands behind it, in the order of the references. What was hidden for
    safety is not there.
    """

    link: RoundLink
    round: Round
    asked: Sequence[Asked] = field(default_factory=tuple)

    def is_open(self, moment: datetime) -> bool:
        """Whether an answer is still taken."""
        return self.link.ended is None and self.round.closed_at is None and moment < self.round.closes_at

    def waiting(self) -> list[Asked]:
        """What nobody answered yet, and what nobody else has in hand."""
        return [one for one in self.asked if one.is_waiting]

    def named(self, reference: str) -> Asked | None:
        """The commitment of this reference, if it stands behind the link."""
        return next((one for one in self.asked if one.commitment.reference == reference), None)


def behind(secret: str) -> Behind | None:
    """What a link is about, whether it is open or not; None for nobody's. Six statements, however many commitments."""
    return _behind(select(RoundLink).where(RoundLink.token_hash == digest(secret)))


def behind_link(link_id: uuid.UUID) -> Behind | None:
    """The same for mails and for staff."""
    return _behind(select(RoundLink).where(RoundLink.id == link_id))


def hold(secret: str) -> RoundLink | None:
    """The link, locked. None for nobody's."""
    rows = (
        select(RoundLink)
        .where(RoundLink.token_hash == digest(secret))
        .options(joinedload(RoundLink.round).joinedload(Round.event))
    )
    return db.session.scalar(rows.with_for_update(of=RoundLink).execution_options(populate_existing=True))


def still_speaks() -> ColumnElement[bool]:
    """A condition on RoundLink and RoundItem: the mailbox is a contact of the commitment, or that of who handed it on
    is. It may not be any more when another maker or another mailbox took over.
    """
    giver = aliased(RoundLink)
    handed_on_by = select(giver.email).where(giver.id == RoundLink.parent_id).correlate(RoundLink).scalar_subquery()
    mailbox = case((RoundLink.parent_id.is_(None), RoundLink.email), else_=handed_on_by)
    speaks = exists().where(Contact.commitment_id == RoundItem.commitment_id, Contact.email == mailbox)
    return speaks.correlate(RoundLink, RoundItem)


def spoke(person: Person, commitment: Commitment) -> bool:
    """Whether somebody answered about a commitment behind a link of their mailbox, a colleague's too."""
    said = (
        exists()
        .where(RoundAnswer.item_id == RoundItem.id, RoundItem.commitment_id == commitment.id)
        .where(RoundLink.id == RoundAnswer.link_id, RoundLink.email == person.email)
    )
    return db.session.scalar(select(said)) or False


def plan_of(series_id: uuid.UUID) -> Plan | None:
    """When makers of a series are asked; None for the default."""
    return db.session.get(Plan, series_id)


def live_parts(link_id: uuid.UUID) -> list[RoundPart]:
    """What stands behind a link, each with its item."""
    rows = select(RoundPart).where(RoundPart.link_id == link_id, RoundPart.ended_at.is_(None))
    return list(db.session.scalars(rows.options(joinedload(RoundPart.item)).order_by(RoundPart.item_id)))


def answers_of(item_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[RoundAnswer]]:
    """All answers by item, the oldest first. One statement."""
    found: dict[uuid.UUID, list[RoundAnswer]] = {}
    rows = select(RoundAnswer).where(RoundAnswer.item_id.in_(item_ids)).order_by(RoundAnswer.id)
    for one in db.session.scalars(rows) if item_ids else ():
        found.setdefault(one.item_id, []).append(one)
    return found


def silences(commitment: Commitment) -> list[RoundItem]:
    """The rounds that closed without a word of its maker."""
    rows = select(RoundItem).where(RoundItem.commitment_id == commitment.id, RoundItem.silent_on.is_not(None))
    return list(db.session.scalars(rows.order_by(RoundItem.silent_on)))


def newest_of(answers: Sequence[RoundAnswer]) -> int:
    """The number of the newest answer; 0 for none."""
    return answers[-1].id if answers else 0


def differs(answers: Sequence[RoundAnswer]) -> bool:
    """Whether those who answered last behind different links said different things."""
    newest = {one.link_id: one.says for one in answers}
    return len(set(newest.values())) > 1


def stands(answers: Sequence[RoundAnswer]) -> RoundAnswer | None:
    """The answer that is what the maker says."""
    return next((one for one in reversed(answers) if one.standing is Standing.SAID), None)


def _behind(rows: Select[RoundLink]) -> Behind | None:
    link = db.session.scalar(rows.options(joinedload(RoundLink.round).joinedload(Round.event)))
    if link is None:
        return None
    found = (
        select(RoundPart)
        .join(RoundLink, RoundLink.id == RoundPart.link_id)
        .join(RoundItem, RoundItem.id == RoundPart.item_id)
        .join(Round, Round.id == RoundLink.round_id)
        .where(RoundPart.link_id == link.id, RoundPart.ended_at.is_(None))
        .where(or_(Round.closed_at.is_not(None), still_speaks()))
    )
    whole = joinedload(RoundPart.item).joinedload(RoundItem.commitment)
    parts = db.session.scalars(
        found.options(
            whole.joinedload(Commitment.event),
            whole.joinedload(Commitment.words),
            whole.selectinload(Commitment.versions),
            whole.selectinload(Commitment.makers),
            whole.selectinload(Commitment.milestones),
        ).execution_options(populate_existing=True)
    ).all()
    ids = [one.item_id for one in parts]
    answers, drafts, lent = answers_of(ids), _drafts(link.id), _colleagues(link.id)
    asked = [
        Asked(
            one,
            one.item,
            one.item.commitment,
            answers.get(one.item_id, ()),
            drafts.get(one.item_id),
            lent.get(one.item_id),
        )
        for one in parts
        if one.item.commitment.is_shown
    ]
    return Behind(link, link.round, sorted(asked, key=lambda one: one.commitment.number))


def _drafts(link_id: uuid.UUID) -> dict[uuid.UUID, RoundDraft]:
    rows = select(RoundDraft).where(RoundDraft.link_id == link_id)
    return {one.item_id: one for one in db.session.scalars(rows)}


def _colleagues(link_id: uuid.UUID) -> dict[uuid.UUID, RoundLink]:
    """Who has what of this link."""
    rows = (
        select(RoundPart.item_id, RoundLink)
        .join(RoundLink, RoundLink.id == RoundPart.link_id)
        .where(RoundLink.parent_id == link_id, RoundLink.ended.is_(None), RoundPart.ended_at.is_(None))
    )
    return {row[0]: row[1] for row in db.session.execute(rows)}


nearness.SPOKE.append(spoke)
