"""What was done to files at the fund's desk, by whom, and with which words."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from eventhub.funding.desk import PUBLIC_NAME, Desk
from eventhub.funding.models import Application, State
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.people.models import Person


@dataclass(frozen=True)
class Deed:
    """A line of a file's history; everybody by the public name."""

    entry: AuditEntry
    text: str | None
    who: str | None


def deeds(application_id: uuid.UUID, limit: int = 200) -> list[Deed]:
    """What was done to a file, the newest first. One statement."""
    found = (
        select(AuditEntry, AuditText.text, PUBLIC_NAME)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == Application.__tablename__, AuditEntry.subject_id == application_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [Deed(*row) for row in db.session.execute(found)]


def deeds_told(desk: Desk, application: Application) -> list[Deed]:
    """The same without what tells of a decision that the visitor must not know before the release. One statement."""
    found = deeds(application.id)
    if application.id not in desk.near:
        return found
    return [one for one in found if one.entry.verb not in CHOICES]


CHOICES = frozenset(
    f"funding.{one.value}" for one in (State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED, State.APPROVED)
)
"""Moves that a release tells of."""
READINGS = tuple(f"funding.{deed}" for deed in ("revealed", "file_read", "note", "held_apart"))
"""Deeds that leave a file as it was."""


def last_hands(application_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Who last changed each file, by the public name. One statement, none for nothing."""
    if not application_ids:
        return {}
    newest = (
        select(AuditEntry.subject_id, PUBLIC_NAME.label("who"))
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(
            AuditEntry.subject_kind == Application.__tablename__,
            AuditEntry.subject_id.in_(application_ids),
            AuditEntry.verb.not_in(READINGS),
        )
        .ext(distinct_on(AuditEntry.subject_id))
        .order_by(AuditEntry.subject_id, AuditEntry.id.desc())
    )
    return {row.subject_id: row.who for row in db.session.execute(newest) if row.who}


def decision_words(application: Application) -> str | None:
    """What staff added to the newest decision, for the person it is about. One statement."""
    return audit.newest_words(application, f"funding.{application.state.value}")
