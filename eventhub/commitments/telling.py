"""Whoever speaks for the maker is told what the secretariat did to a commitment that stands in the maker's name."""

from enum import StrEnum

from sqlalchemy import select

from eventhub.commitments.models import Commitment, FormerMaker, State, Succession, Why
from eventhub.kit.db import db
from eventhub.kit.outbox import promise


class News(StrEnum):
    """What was done."""

    AMENDED = "amended"
    SUCCEEDED = "succeeded"
    REPLACED = "replaced"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


def tell(commitment: Commitment, news: News) -> None:
    """Owe a mail to the first mailbox. Nothing of what nobody can see: a draft, what is hidden or was withdrawn for
    safety.
    """
    contact = next((one for one in commitment.contacts if one.email), None)
    if contact is not None and is_seen(commitment):
        promise(
            "commitments.told",
            commitment_id=commitment.id,
            contact_id=contact.id,
            news=news.value,
            number=commitment.newest,
        )


def is_seen(commitment: Commitment) -> bool:
    """Whether the page that a mail leads to is there."""
    hidden = commitment.state is State.HELD or commitment.withdrawn_why is Why.SAFETY
    return commitment.published_at is not None and not hidden


def reason_of(commitment: Commitment, news: News) -> str:
    """Why, as everybody reads it."""
    if news is News.AMENDED:
        return commitment.words.reason
    if news is News.CLOSED:
        return commitment.closed_reason
    if news is News.WITHDRAWN:
        return commitment.withdrawn_reason
    if news is News.REPLACED:
        rows = select(Succession.reason).where(Succession.before_id == commitment.id).order_by(Succession.at.desc())
    else:
        newest = FormerMaker.until.desc(), FormerMaker.id
        rows = select(FormerMaker.reason).where(FormerMaker.commitment_id == commitment.id).order_by(*newest)
    return db.session.scalar(rows.limit(1)) or ""
