"""What is said behind a link: one press for “no change”, or what became of it. Looking changes nothing.

Every answer is kept. What the one who leads says is what the maker says; a colleague of theirs speaks for them as long
as they have not; others are noted beside it, and staff see where they differ.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.commitments import following
from eventhub.commitments import queries as commitments
from eventhub.commitments.confirming import Changed
from eventhub.commitments.models import FOLLOWED, Commitment, Says
from eventhub.kit.clock import now
from eventhub.kit.db import Json, db
from eventhub.kit.errors import DomainError, Stale
from eventhub.rounds import copies, opening, queries, schedule
from eventhub.rounds.models import (
    Part,
    RoundAnswer,
    RoundDraft,
    RoundItem,
    RoundLink,
    RoundPart,
    Standing,
)

RANK = {Part.OTHER: 0, Part.DELEGATE: 1, Part.LEAD: 2}


class LinkOver(DomainError):
    """The link was ended, or its round is over."""

    status = 410
    message = _l(
        "This link opens nothing any more: the round is over, or the link was replaced. Write to the secretariat if"
        " your answer is still missing."
    )


class NotToBeAsked(DomainError):
    """For staff: the round is over, or the mailbox is not one to be asked any more."""

    status = 422
    message = _l("No email goes out: the round is over, or nobody is asked at this address any more.")


class JustSent(DomainError):
    """Staff pressed twice."""

    status = 422
    message = _l("An email with the link went out a moment ago. Wait a few minutes before you send another.")


class NotAsked(DomainError):
    """The commitment does not stand behind the link, or is not followed any more."""

    status = 422
    message = _l("You are not asked about this commitment any more. Look at the list again.")


class AnsweredMeanwhile(DomainError):
    """Another answer came since the page was drawn; it is asked whether this one replaces it."""

    status = 409
    message = _l(
        "Another answer was sent after you opened this page. It stands below, and nothing of yours was sent yet."
        " Send yours again if it replaces that one."
    )


class NothingBefore(DomainError):
    """There is no former status that could be the same."""

    status = 422
    message = _l("Nothing was reported before. Choose where it stands.")
    field = "says"


class WhyMissing(DomainError):
    """What changed, or was taken back, needs words."""

    status = 422
    message = _l("Write what changed and why: it stands beside the commitment.")
    field = "text"


@dataclass(frozen=True)
class Said:
    """An answer. ``obstacles``: codes of ``barriers``; ``steps``: milestones done by now; ``hindrance``: words for
    the secretariat alone.
    """

    says: Says
    text: str = ""
    language: str = "en"
    obstacles: Sequence[str] = ()
    hindrance: str = ""
    steps: frozenset[uuid.UUID] = frozenset()
    unchanged: bool = False


@dataclass(frozen=True)
class Seen:
    """What the page showed of a commitment: the version of its words, and what was said last."""

    version: int
    says: Says | None


def answer(secret: str, item_id: uuid.UUID, said: Said, *, seen: int, over: int | None = None) -> RoundAnswer:
    """This is where it stands. ``seen``: the version of the words that the page showed; ``over``: the number of the
    answer that it was drawn over, 0 for none, None where nobody saw any page.

    Raises LinkOver, NotAsked, Changed, AnsweredMeanwhile, WhyMissing.
    """
    link = _open_link(secret)
    if said.says in {Says.CHANGED, Says.WITHDRAWN} and not said.text and not said.unchanged:
        raise WhyMissing
    return _answer(link, item_id, said, seen, over)


def unchanged(secret: str, seen: Mapping[uuid.UUID, Seen]) -> int:
    """No change since the last time: of each commitment what the page showed still holds; how many.

    Raises LinkOver, NotAsked, Changed, NothingBefore, and Stale where something else was said meanwhile.
    """
    link = _open_link(secret)
    for item_id, one in sorted(seen.items()):
        if one.says is None:
            raise NothingBefore
        _answer(link, item_id, Said(one.says, language=link.language, unchanged=True), one.version)
    return len(seen)


def keep_draft(secret: str, item_id: uuid.UUID, given: Json) -> None:
    """Keep what is typed, to go on later. Raises LinkOver, NotAsked."""
    link = _open_link(secret)
    _part(link, item_id)
    row = insert(RoundDraft).values(link_id=link.id, item_id=item_id, given=given, kept_at=now())
    again = {"given": row.excluded.given, "kept_at": row.excluded.kept_at}
    db.session.execute(row.on_conflict_do_update(index_elements=["link_id", "item_id"], set_=again))


def standing_of(part: Part, says: Says, *, is_joint: bool, before: Sequence[RoundAnswer]) -> Standing:
    """Whether an answer is what the maker says. Of a joint commitment the one who leads alone can claim completion."""
    best = max((RANK[one.part] for one in before if one.standing is Standing.SAID), default=0)
    if RANK[part] < best or (part is Part.OTHER and is_joint and says is Says.FULFILLED):
        return Standing.NOTED
    return Standing.SAID


def is_open(link: RoundLink, moment: datetime) -> bool:
    """Whether a link still takes answers."""
    return link.ended is None and link.round.closed_at is None and moment < link.round.closes_at


def _open_link(secret: str) -> RoundLink:
    link = queries.hold(secret)
    if link is None or not is_open(link, now()):
        raise LinkOver
    return link


def _part(link: RoundLink, item_id: uuid.UUID) -> RoundPart:
    rows = select(RoundPart).where(
        RoundPart.link_id == link.id, RoundPart.item_id == item_id, RoundPart.ended_at.is_(None)
    )
    found = db.session.scalar(rows.execution_options(populate_existing=True))
    if found is None:
        raise NotAsked
    return found


def _speaks(link: RoundLink, commitment: Commitment) -> bool:
    """Whether the mailbox, or that of who handed it on, is a contact at this moment. The commitment is held."""
    giver = select(RoundLink.email).where(RoundLink.id == link.parent_id)
    email = link.email if link.parent_id is None else db.session.scalar(giver)
    return email is not None and email in {one.email for one in commitment.contacts}


def _answer(link: RoundLink, item_id: uuid.UUID, said: Said, seen: int, over: int | None = None) -> RoundAnswer:
    part = _part(link, item_id)
    held = select(RoundItem).where(RoundItem.id == item_id).with_for_update()
    item = db.session.scalars(held.execution_options(populate_existing=True)).one()
    if item.silent_on is not None:
        raise LinkOver
    commitment = commitments.record(item.commitment_id, lock=True)
    if commitment.state not in FOLLOWED:
        raise NotAsked
    if not _speaks(link, commitment):
        raise NotAsked
    if commitment.newest != seen:
        raise Changed
    if said.unchanged and commitment.said is not said.says:
        raise Stale
    before = queries.answers_of([item_id]).get(item_id, [])
    if over is not None and over != queries.newest_of(before):
        raise AnsweredMeanwhile
    standing = standing_of(part.part, said.says, is_joint=len(commitment.makers) > 1, before=before)
    report = None
    if standing is Standing.SAID:
        report = following.say(commitment, said.says, text=said.text)
        item.answered_at = item.answered_at or now()
        _reach(commitment, said.steps)
        _expect(commitment)
    row = RoundAnswer(
        item_id=item_id,
        link_id=link.id,
        part=part.part,
        says=said.says,
        unchanged=said.unchanged,
        text=said.text,
        language=said.language,
        obstacles=list(said.obstacles),
        hindrance=said.hindrance,
        standing=standing,
        report_id=report.id if report else None,
        answered_at=now(),
    )
    db.session.add(row)
    copies.outdated(link)
    db.session.execute(delete(RoundDraft).where(RoundDraft.link_id == link.id, RoundDraft.item_id == item_id))
    db.session.flush()
    return row


def _reach(commitment: Commitment, steps: frozenset[uuid.UUID]) -> None:
    for one in commitment.milestones:
        if one.id in steps and one.done_on is None:
            following.reach(commitment, one, now().date())


def _expect(commitment: Commitment) -> None:
    """The next news is expected when the next round asks."""
    event = commitment.event
    rhythm = opening.rhythm_of(queries.plan_of(event.series_id))
    day = schedule.after(rhythm, event.last_day, commitment.heard_on or now().date())
    if day is None:
        return
    mine = update(Commitment).where(Commitment.id == commitment.id).values(expected_on=day)
    db.session.execute(mine.execution_options(synchronize_session=False))
    db.session.refresh(commitment, ["expected_on"])
