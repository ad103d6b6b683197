"""What whoever calls needs: the makers behind a mailbox, and its telephone number, which is read for a reason."""

import uuid
from collections.abc import Sequence

from sqlalchemy import exists, select

from eventhub.commitments.models import Commitment, Contact, Maker
from eventhub.evidence import reading
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.rounds.models import RoundItem, RoundLink, RoundPart


def phone_of(link: RoundLink) -> tuple[Contact, Commitment] | None:
    """The mailbox of a link with a telephone number, and the commitment for which it was given."""
    rows = (
        select(Contact, Commitment)
        .join(Commitment, Commitment.id == Contact.commitment_id)
        .join(RoundItem, RoundItem.commitment_id == Commitment.id)
        .where(RoundItem.round_id == link.round_id, Contact.email == link.email, Contact.phone.is_not(None))
        .order_by(Commitment.number)
    )
    found = db.session.execute(rows.limit(1)).first() if link.email and link.parent_id is None else None
    return (found[0], found[1]) if found else None


def told_of(link_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[list[str], bool]]:
    """Of each link: who made what waits behind it, and whether a telephone number is kept. One statement."""
    called = exists().where(
        Contact.commitment_id == RoundItem.commitment_id, Contact.email == RoundLink.email, Contact.phone.is_not(None)
    )
    rows = (
        select(RoundLink.id, Maker.name, called)
        .join(RoundPart, RoundPart.link_id == RoundLink.id)
        .join(RoundItem, RoundItem.id == RoundPart.item_id)
        .join(Maker, Maker.commitment_id == RoundItem.commitment_id)
        .where(RoundLink.id.in_(link_ids), RoundPart.ended_at.is_(None), RoundItem.answered_at.is_(None))
        .where(Maker.is_lead)
        .order_by(Maker.name)
    )
    found: dict[uuid.UUID, tuple[list[str], bool]] = {}
    for link_id, name, has_phone in db.session.execute(rows) if link_ids else ():
        names, had = found.get(link_id, ([], False))
        found[link_id] = (names if name in names else [*names, name], had or has_phone)
    return found


def read_phone(actor: Person, found: tuple[Contact, Commitment], reason: str | None) -> Contact:
    """Somebody reads the number of a mailbox in order to call; who and why is kept. Raises ReasonNeeded."""
    contact, commitment = found
    if not reason:
        raise reading.ReasonNeeded
    reading.note(actor, commitment, reading.PHONE, reason=reason, about=contact.id)
    return contact
