"""What follows a commitment: another one in its place, other makers, other people who speak for them. History stays.

Records that were merged, split or replaced keep their addresses and point to one another; nobody is asked about the one
before any more. After a change of government the commitment stands, with a maker and a mailbox that follow.
"""

import re
import uuid
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from eventhub.commitments import nearness, queries
from eventhub.commitments.access import Grants, may_keep
from eventhub.commitments.capturing import MadeBy, add_contact
from eventhub.commitments.models import Commitment, Contact, FormerMaker, Kin, Maker, State, Succession
from eventhub.commitments.moves import NotPossible, deed, move
from eventhub.commitments.telling import News, tell
from eventhub.commitments.verifying import OwnMaker
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale, or_not_found
from eventhub.people.models import Person

REFERENCES = re.compile(r"[\s,;،、]+")
REFERENCE = re.compile(r"[Cc]-([0-9]{4,12})")
MOST = 6
"""Into so many commitments one is split at the most."""


class NoSuchCommitment(DomainError):
    """A reference that is none, of itself, or of a commitment that is not published."""

    status = 422
    field = "references"
    message = _l("Write references of other published commitments of your events, such as C-0012")


class WrongNumber(DomainError):
    """As many successors as the way asks for."""

    status = 422
    field = "references"
    message = _l("One reference is needed here; for a commitment that is split, two to six.")


class LastMaker(DomainError):
    """A commitment without a maker is none."""

    status = 422
    message = _l("Nobody else made it. Let another maker succeed, or withdraw the commitment.")


def references(text: str) -> list[int]:
    """The numbers of what somebody typed, each once. Raises NoSuchCommitment."""
    found = [REFERENCE.fullmatch(part) for part in REFERENCES.split(text.strip()) if part]
    if not found or None in found:
        raise NoSuchCommitment
    return list(dict.fromkeys(int(one[1]) for one in found if one))


def replace(
    actor: Person, grants: Grants, commitment: Commitment, numbers: Sequence[int], kin: Kin, reason: str
) -> Commitment:
    """Others stand in its place. The caller holds it. Raises NoSuchCommitment (what is out of reach is not there),
    WrongNumber, OwnMaker, NotPossible, Stale.
    """
    _demand_distance(actor, commitment)
    if (kin is Kin.SPLIT) != (2 <= len(numbers) <= MOST) or (kin is not Kin.SPLIT and len(numbers) != 1):
        raise WrongNumber
    moment = now()
    for number in sorted(numbers):
        after = queries.by_number(number)
        if after is None or after.id == commitment.id or not may_keep(grants, after.event):
            raise NoSuchCommitment
        # Not waited for: somebody may replace that one by this one at the same moment.
        free = select(Commitment.id).where(Commitment.id == after.id).with_for_update(skip_locked=True)
        if db.session.scalar(free) is None:
            raise Stale
        after = queries.record(after.id)
        if after.state is not State.PUBLISHED:
            raise NoSuchCommitment
        row = Succession(before_id=commitment.id, after_id=after.id, kin=kin, reason=reason, at=moment)
        db.session.add(row)
        deed(after, "succeeds", actor=actor, before=commitment.id, kin=kin.value)
    move(commitment, State.SUPERSEDED, actor=actor, reason=kin.value, text=reason)
    tell(commitment, News.REPLACED)
    return commitment


def leave(actor: Person, commitment: Commitment, maker_id: uuid.UUID, reason: str) -> Commitment:
    """A joint maker stands for it no more; where it led, the next one leads. The caller holds it. Raises NotFound,
    LastMaker, OwnMaker, NotPossible.
    """
    maker = _held(actor, commitment, maker_id)
    others = [one for one in commitment.makers if one.id != maker.id]
    if not others:
        raise LastMaker
    was_lead = maker.is_lead
    former = _part(commitment, maker, reason)
    if was_lead:
        others[0].is_lead = True
    db.session.flush()
    _told(actor, commitment, "maker_left", reason)
    tell(commitment, News.MAKERS, former)
    return commitment


def hand_over(
    actor: Person,
    commitment: Commitment,
    maker_id: uuid.UUID,
    to: MadeBy,
    reason: str,
    *,
    email: str | None = None,
    name: str = "",
    language: str = "en",
) -> Commitment:
    """Another maker stands in the place of one: after a change of government, or when an office was renamed. With an
    ``email`` that mailbox alone speaks from now on; those before it are forgotten. The caller holds it. Raises
    NotFound, OwnMaker, NotPossible.
    """
    maker = _held(actor, commitment, maker_id)
    place, leads = maker.position, maker.is_lead
    former = _part(commitment, maker, reason, succeeded_by=to.name)
    row = Maker(id=uuid.uuid4(), commitment_id=commitment.id, position=place, is_lead=leads, **vars(to))
    db.session.add(row)
    db.session.flush()
    if email:
        mine = update(Contact).where(Contact.commitment_id == commitment.id, Contact.email != email)
        forgotten = mine.values(email=None, name="").execution_options(synchronize_session="fetch")
        db.session.execute(forgotten)
        db.session.refresh(commitment, ["contacts"])
        if email not in {one.email for one in commitment.contacts}:
            add_contact(actor, commitment, email, name=name, language=language)
    _told(actor, commitment, "maker_succeeded", reason)
    tell(commitment, News.SUCCEEDED, former)
    return commitment


def _held(actor: Person, commitment: Commitment, maker_id: uuid.UUID) -> Maker:
    _demand_distance(actor, commitment)
    if commitment.state not in {State.PUBLISHED, State.CLOSED}:
        raise NotPossible
    return or_not_found(next((one for one in commitment.makers if one.id == maker_id), None))


def _part(commitment: Commitment, maker: Maker, reason: str, *, succeeded_by: str = "") -> FormerMaker:
    former = FormerMaker(
        id=uuid.uuid4(),
        commitment_id=commitment.id,
        name=maker.name,
        kind=maker.kind,
        country=maker.country,
        until=now().date(),
        succeeded_by=succeeded_by,
        reason=reason,
    )
    db.session.add(former)
    db.session.delete(maker)
    db.session.flush()
    return former


def _told(actor: Person, commitment: Commitment, verb: str, reason: str) -> Commitment:
    db.session.refresh(commitment, ["makers"])
    commitment.plain = queries.searched(commitment.words, commitment.makers)
    deed(commitment, verb, actor=actor, text=reason)
    return commitment


def _demand_distance(actor: Person, commitment: Commitment) -> None:
    if nearness.is_of_maker(actor, commitment):
        raise OwnMaker
