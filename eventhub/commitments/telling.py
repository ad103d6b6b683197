"""Whoever speaks for the maker is told what the secretariat did to a commitment that stands in the maker's name."""

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from eventhub.commitments import queries
from eventhub.commitments.models import Commitment, Contact, FormerMaker, State, Succession, Why
from eventhub.kit.db import db
from eventhub.kit.outbox import promise


class News(StrEnum):
    """What was done."""

    AMENDED = "amended"
    MAKERS = "makers"
    SUCCEEDED = "succeeded"
    REPLACED = "replaced"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


def tell(commitment: Commitment, news: News, former: FormerMaker | None = None) -> None:
    """Owe a mail to whoever speaks for it. Nothing of what nobody can see: a draft, what is hidden or was withdrawn for
    safety. ``former``: who was succeeded, or has left.
    """
    contact = speaker_of(commitment)
    if contact is not None and is_seen(commitment):
        whom: dict[str, Any] = {"commitment_id": commitment.id, "contact_id": contact.id}
        if former:
            whom["former_id"] = former.id
        promise("commitments.told", news=news.value, number=commitment.newest, **whom)


def speaker_of(commitment: Commitment) -> Contact | None:
    """Who was asked last and has not refused, else the first mailbox."""
    by_id = {one.id: one for one in commitment.contacts if one.email}
    asked = (by_id[one.contact_id] for one in queries.askings_of(commitment) if one.contact_id in by_id)
    return next(asked, next(iter(by_id.values()), None))


def is_seen(commitment: Commitment) -> bool:
    """Whether the page that a mail leads to is there."""
    hidden = commitment.state is State.HELD or commitment.withdrawn_why is Why.SAFETY
    return commitment.published_at is not None and not hidden


def reason_of(commitment: Commitment, news: News, former_id: uuid.UUID | None = None) -> str:
    """Why, as everybody reads it; ``former_id``: who was succeeded."""
    if news is News.AMENDED:
        return commitment.words.reason
    if news is News.CLOSED:
        return commitment.closed_reason
    if news is News.WITHDRAWN:
        return commitment.withdrawn_reason
    if news is News.REOPENED:
        return ""
    if news is News.REPLACED:
        rows = select(Succession.reason).where(Succession.before_id == commitment.id).order_by(Succession.at.desc())
    else:
        rows = select(FormerMaker.reason).where(FormerMaker.id == former_id)
    return db.session.scalar(rows.limit(1)) or ""
