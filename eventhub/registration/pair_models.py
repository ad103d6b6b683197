"""Registrations that may be of one person: what was compared of each, and the pairs."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column


class Verdict(StrEnum):
    """What the desk found of a pair. ``taken_back``: it was held for one person, and that was a mistake."""

    DIFFERENT = "different"
    SAME = "same"
    TAKEN_BACK = "taken_back"


class ComparedRegistration(Base):
    """What a registration is compared by beside its names (duplicates.py): keyed digests of a date of birth and of the
    number of a document, made for this event alone and sealed with the person's key. ``seen_at`` is the registration's
    ``changed_at`` when they were made; they go with the answers (``delete_after``).
    """

    __tablename__ = "compared_registration"

    registration_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]
    birth: Mapped[bytes | None] = mapped_column(LargeBinary)
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    delete_after: Mapped[datetime | None]


class RegistrationPair(Base):
    """Two registrations of one event that may be those of one person, the smaller id first, and what the desk found.
    ``dropped_id`` is the one that was withdrawn where they were one person's, ``dropped_from`` where it stood.
    """

    __tablename__ = "registration_pair"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided_with_verdict"),
        CheckConstraint("(verdict IN ('same', 'taken_back')) = (dropped_id IS NOT NULL)", name="same_drops_one"),
        CheckConstraint("dropped_id IN (first_id, second_id)", name="drops_one_of_them"),
        Index("ix_registration_pair_event", "event_id", "found_at"),
        Index("ix_registration_pair_second", "second_id"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration_setup.event_id", ondelete="CASCADE"))
    first_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    second_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    score: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(default=now)
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict, name="verdict"))
    dropped_id: Mapped[uuid.UUID | None]
    dropped_from: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
