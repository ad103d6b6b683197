"""Delegations with their quota, invitations of focal points, and nominees."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.people.models import Organisation, Person


class Kind(StrEnum):
    """What somebody is in a delegation. All but delegates are tied to their person and stand outside quota."""

    DELEGATE = "delegate"
    ASSISTANT = "assistant"
    INTERPRETER = "interpreter"
    GUARD = "guard"
    PERSONAL_ASSISTANT = "personal_assistant"


class Delegation(Base):
    """An organization at an event. ``quota`` is None where it has none; ``category`` where the person chooses.

    ``places_taken`` counts the delegates who have not left: a trigger keeps it, whoever changes what, and a CHECK
    bounds it. ``silent_days``: after so many working days without a word the secretariat may go on without the focal
    point (DOMAIN.md rule 6). ``days_since``: when these days were made fewer, from when on they count.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        UniqueConstraint("event_id", "organisation_id"),
        CheckConstraint("quota IS NULL OR places_taken <= quota", name="places_within_quota"),
        CheckConstraint("places_taken >= 0", name="places_not_negative"),
        CheckConstraint("quota > 0", name="quota_positive"),
        CheckConstraint("silent_days > 0", name="silence_lasts"),
        Index("ix_delegation_focal", "focal_id"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration_setup.event_id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    quota: Mapped[int | None]
    places_taken: Mapped[int] = mapped_column(default=0)
    category: Mapped[str | None]
    silent_days: Mapped[int] = mapped_column(default=5)
    focal_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    focal_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    days_since: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    focal: Mapped[Person | None] = relationship(lazy="raise")


class FocalInvitation(Base):
    """Somebody is asked to be the focal point. One open at a time; of the token only its hash."""

    __tablename__ = "focal_invitation"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_focal_invitation_open", "delegation_id", unique=True, postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    delegation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"))
    email: Mapped[str]
    language: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    invited_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    accepted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    delegation: Mapped[Delegation] = relationship(lazy="raise")


class Nominee(Base):
    """Somebody whom a focal point nominated: a name and perhaps a mailbox, which others may share.

    ``person_id`` is whose registration it is: the account that took the link, or until then the person without an
    account for whom ``typed_by_id`` fills the form in. ``registered_before``: the person had sent an own registration
    before taking the link. ``left_at``: replaced or gone; the place is free from then on.
    """

    __tablename__ = "nominee"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(kind = 'delegate') = (beside_id IS NULL)", name="beside_somebody"),
        Index("ix_nominee_delegation", "delegation_id", "invited_at"),
        Index("ix_nominee_beside", "beside_id"),
        Index("ix_nominee_person", "event_id", "person_id", unique=True, postgresql_where="left_at IS NULL"),
        Index("ix_nominee_of", "person_id"),
    )

    id: Mapped[Id]
    delegation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration_setup.event_id", ondelete="CASCADE"))
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, name="kind"), default=Kind.DELEGATE)
    beside_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("nominee.id", ondelete="CASCADE"))
    name: Mapped[str]
    email: Mapped[str | None]
    language: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    invited_at: Mapped[datetime] = mapped_column(default=now)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    typed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    claimed_at: Mapped[datetime | None]
    registered_before: Mapped[bool] = mapped_column(default=False)
    approved_at: Mapped[datetime | None]
    overridden: Mapped[bool] = mapped_column(default=False)
    left_at: Mapped[datetime | None]
    replaced_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("nominee.id", ondelete="SET NULL"))

    delegation: Mapped[Delegation] = relationship(lazy="raise")
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id], lazy="raise")
