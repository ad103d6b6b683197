"""Mailboxes that follow commitments, made by the actions themselves."""

from sqlalchemy import select

from eventhub.commitments.models import Commitment
from eventhub.kit.db import db
from eventhub.kit.tokens import blind
from eventhub.tracker import subscribing
from eventhub.tracker.models import Follow, Reader
from tests.factories.commitments import new_address


def reader_of(email: str) -> Reader:
    """What is known of a mailbox."""
    db.session.flush()
    mark = blind(subscribing.PURPOSE, subscribing.EVERYWHERE, email)
    rows = select(Reader).where(Reader.mark == mark)
    return db.session.scalars(rows.execution_options(populate_existing=True)).one()


def following(
    *commitments: Commitment, email: str | None = None, agreed: bool = True, whole_maker: bool = False
) -> tuple[Reader, list[Follow]]:
    """A mailbox that follows these; one of them twice means its maker too."""
    email = email or new_address()
    for place, one in enumerate(commitments):
        subscribing.ask(one, email, "en", whole_maker=whole_maker or one in commitments[:place])
    reader = reader_of(email)
    if agreed:
        subscribing.agree(reader, "en")
    rows = select(Follow).where(Follow.reader_id == reader.id).order_by(Follow.asked_at, Follow.id)
    return reader, list(db.session.scalars(rows))
