"""Rounds, the links that are mailed in them, what is asked behind a link, and every answer."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.commitments.models import Commitment, Says
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Serial, enum_column
from eventhub.kit.files import StoredFile
from eventhub.programme.models import Event


class Part(StrEnum):
    """As what somebody behind a link speaks of one commitment."""

    LEAD = "lead"
    OTHER = "other"
    DELEGATE = "delegate"


class Ended(StrEnum):
    """Why a link opens nothing any more before its round is over."""

    NOT_ME = "not_me"
    BOUNCED = "bounced"
    REVOKED = "revoked"
    FORGOTTEN = "forgotten"


class Standing(StrEnum):
    """What became of an answer: it is what the maker says, or it is kept beside that."""

    SAID = "said"
    NOTED = "noted"


class Reached(StrEnum):
    """What came of a call."""

    SPOKE = "spoke"
    NOBODY = "nobody"
    WRONG = "wrong"


class Plan(Base):
    """When makers of a series are asked, where that is not the default: after so many months, then every so many, and
    on which days of a round somebody who is silent gets a mail. ``every``: 0 for never again.
    """

    __tablename__ = "round_plan"
    __table_args__ = (
        CheckConstraint("every BETWEEN 0 AND 60", name="every_in_reach"),
        CheckConstraint("jsonb_array_length(months) BETWEEN 1 AND 12", name="some_months"),
        CheckConstraint("jsonb_array_length(days) BETWEEN 1 AND 8", name="some_days"),
    )

    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    months: Mapped[list[int]] = mapped_column(JSONB)
    every: Mapped[int]
    days: Mapped[list[int]] = mapped_column(JSONB)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class Round(Base):
    """Everybody who promised something at one event is asked once what became of it: ``step`` months after its end.

    One row for each event and step is what makes a schedule that ran twice ask once.
    """

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("event_id", "step"),
        CheckConstraint("step > 0", name="step_positive"),
        CheckConstraint("closes_at > opened_at", name="closes_after_opening"),
        CheckConstraint("closed_at >= closes_at", name="closed_in_time"),
        Index("ix_round_open", "closes_at", postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id"))
    step: Mapped[int]
    planned_on: Mapped[date]
    days: Mapped[list[int]] = mapped_column(JSONB)
    """On which days of the round a mail goes to whoever is silent, as the plan was when it opened."""
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship(lazy="raise")


class RoundLink(Base):
    """One mailbox in one round, with all that it is asked about. ``parent_id``: somebody who has the link of the parent
    gave a part of it to this colleague. The secret stands nowhere. ``reminded``: how many days of the plan are done,
    the first mail among them.
    """

    __tablename__ = "round_link"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(ended IS NULL) = (ended_at IS NULL)", name="ended_with_time"),
        CheckConstraint("reminded >= 0", name="reminded_not_negative"),
        Index("ix_round_link_mailbox", "round_id", "email", unique=True, postgresql_where="parent_id IS NULL"),
        Index("ix_round_link_colleague", "parent_id", "email", unique=True, postgresql_where="parent_id IS NOT NULL"),
        Index("ix_round_link_email", "email"),
    )

    id: Mapped[Id]
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"))
    email: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=now)
    reminded: Mapped[int] = mapped_column(default=1)
    mailed: Mapped[int] = mapped_column(default=1)
    """How many mails were promised, nudges too: the number of the newest."""
    paused_until: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended: Mapped[Ended | None] = mapped_column(enum_column(Ended, name="ended"))

    round: Mapped[Round] = relationship(lazy="raise")


class RoundItem(Base):
    """One commitment in one round: which version went out, whose mailbox leads, and when it was first answered."""

    __tablename__ = "round_item"
    __table_args__ = (
        UniqueConstraint("round_id", "commitment_id"),
        CheckConstraint("silent_on IS NULL OR answered_at IS NULL", name="answered_or_silent"),
        Index("ix_round_item_commitment", "commitment_id"),
        Index("ix_round_item_silent", "round_id", postgresql_where="answered_at IS NULL"),
    )

    id: Mapped[Id]
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round.id", ondelete="CASCADE"))
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    version: Mapped[int]
    contact_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("commitment_contact.id", ondelete="SET NULL"), index=True
    )
    """Who is asked as the lead; None: nobody is left."""
    answered_at: Mapped[datetime | None]
    silent_on: Mapped[date | None]
    """The day on which the round closed without a report: public."""

    commitment: Mapped[Commitment] = relationship(lazy="raise")
    round: Mapped[Round] = relationship(lazy="raise")


class RoundPart(Base):
    """A commitment that stands behind a link. ``ended_at``: not there any more (given back, taken back, moved on)."""

    __tablename__ = "round_part"
    __table_args__ = (
        Index("ix_round_part_item", "item_id"),
        Index("ix_round_part_refused", "refused", postgresql_where="refused IS NOT NULL"),
    )

    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_item.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[Part] = mapped_column(enum_column(Part, name="part"))
    ended_at: Mapped[datetime | None]
    refused: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Where a colleague said “not me”: told blindly, who had handed it to which mailbox. It is not done again."""

    link: Mapped[RoundLink] = relationship(lazy="raise")
    item: Mapped[RoundItem] = relationship(lazy="raise")


class RoundAnswer(Base):
    """What somebody said of one commitment. Every answer stays; ``said`` ones became a report of the maker."""

    __tablename__ = "round_answer"
    __table_args__ = (
        CheckConstraint("(standing = 'said') = (report_id IS NOT NULL)", name="said_is_reported"),
        Index("ix_round_answer_item", "item_id", "id"),
        Index("ix_round_answer_link", "link_id"),
        UniqueConstraint("report_id"),
    )

    id: Mapped[Serial]
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_item.id", ondelete="CASCADE"))
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"))
    part: Mapped[Part] = mapped_column(enum_column(Part, name="part"))
    says: Mapped[Says] = mapped_column(enum_column(Says, name="says"))
    unchanged: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    obstacles: Mapped[list[str]] = mapped_column(default=list)
    """Codes of ``barriers``."""
    hindrance: Mapped[str] = mapped_column(default="")
    """What stood in the way, in words: for the secretariat alone."""
    standing: Mapped[Standing] = mapped_column(enum_column(Standing, name="standing"))
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("commitment_report.id", ondelete="CASCADE"))
    answered_at: Mapped[datetime] = mapped_column(default=now)


class RoundDraft(Base):
    """What was typed behind a link and not sent yet."""

    __tablename__ = "round_draft"

    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_item.id", ondelete="CASCADE"), primary_key=True)
    given: Mapped[Json]
    kept_at: Mapped[datetime] = mapped_column(default=now)


class RoundCall(Base):
    """Staff called, or tried to."""

    __tablename__ = "round_call"
    __table_args__ = (Index("ix_round_call_link", "link_id", "id"),)

    id: Mapped[Serial]
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    reached: Mapped[Reached] = mapped_column(enum_column(Reached, name="reached"))
    text: Mapped[str] = mapped_column(default="")
    called_at: Mapped[datetime] = mapped_column(default=now)


class RoundCopy(Base):
    """What was said behind a link as a file in one language: asked for, made by a worker, gone after a day."""

    __tablename__ = "round_copy"
    __table_args__ = (
        UniqueConstraint("link_id", "language"),
        CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name="made_has_file"),
    )

    id: Mapped[Id]
    link_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("round_link.id", ondelete="CASCADE"))
    language: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))

    link: Mapped[RoundLink] = relationship(lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")
