"""A table of commitments that somebody brought, who gets mails about what changes, and reports as files."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id
from eventhub.kit.files import StoredFile


class Sheet(Base):
    """The cells of a file as they were read, for an event. ``rows`` holds its head first; it is emptied when the drafts
    are written or a day has passed, for mailboxes may stand in it.
    """

    __tablename__ = "tracker_sheet"
    __table_args__ = (CheckConstraint("(done_at IS NULL) = (written IS NULL)", name="done_with_count"),)

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    rows: Mapped[list[Any]] = mapped_column(JSONB)
    brought_at: Mapped[datetime] = mapped_column(default=now, index=True)
    done_at: Mapped[datetime | None]
    written: Mapped[int | None]
    """How many drafts came of it."""


class Reader(Base):
    """A mailbox that gets mails about what changes. Its address is sealed with a key of its own; ``mark`` tells blindly
    whether it is the same one. Whoever leaves is not kept: the row goes, and its key is destroyed.
    """

    __tablename__ = "tracker_reader"
    __table_args__ = (
        UniqueConstraint("mark"),
        UniqueConstraint("token_hash"),
        Index("ix_tracker_reader_told", "told_on"),
    )

    id: Mapped[Id]
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str]
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=now)
    told_until: Mapped[datetime] = mapped_column(default=now)
    """What changed until then was mailed."""
    told_on: Mapped[date | None]
    """The day of the newest mail about changes."""


class Follow(Base):
    """What a mailbox is told about: one commitment, or all that a maker leads or joins in. Nothing is mailed about it
    before whoever has the mailbox agreed.
    """

    __tablename__ = "tracker_follow"
    __table_args__ = (
        CheckConstraint("(commitment_id IS NULL) <> (maker IS NULL)", name="one_or_the_other"),
        Index(
            "ix_tracker_follow_commitment",
            "commitment_id",
            "reader_id",
            unique=True,
            postgresql_where="commitment_id IS NOT NULL",
        ),
        Index("ix_tracker_follow_maker", "maker", "reader_id", unique=True, postgresql_where="maker IS NOT NULL"),
        Index("ix_tracker_follow_reader", "reader_id"),
        Index("ix_tracker_follow_waiting", "asked_at", postgresql_where="agreed_at IS NULL"),
    )

    id: Mapped[Id]
    reader_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tracker_reader.id", ondelete="CASCADE"))
    commitment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    maker: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    agreed_at: Mapped[datetime | None]


class SessionReport(Base):
    """What was promised at an event, or in a series, and what became of it, as a file in one language: asked for, made
    by a worker, gone after a day. ``numbers``: of the commitments that it names; it is given to nobody when one of them
    is not public any more.
    """

    __tablename__ = "tracker_report"
    __table_args__ = (
        CheckConstraint("(event_id IS NULL) <> (series_id IS NULL)", name="one_or_the_other"),
        CheckConstraint(
            "(made_at IS NULL) = (file_id IS NULL) AND (made_at IS NULL) = (numbers IS NULL)", name="made_has_file"
        ),
        Index("ix_tracker_report_event", "event_id", "language", unique=True, postgresql_where="event_id IS NOT NULL"),
        Index(
            "ix_tracker_report_series", "series_id", "language", unique=True, postgresql_where="series_id IS NOT NULL"
        ),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    language: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    numbers: Mapped[list[int] | None] = mapped_column(JSONB(none_as_null=True))

    file: Mapped[StoredFile | None] = relationship(lazy="raise")
