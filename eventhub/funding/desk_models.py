"""What the fund's desk keeps beside an application: questions and answers, likely duplicates, proposals to debar."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.registration.pair_models import Verdict


class FundMessage(Base):
    """A question of the fund's desk or what the applicant wrote, with at most one file. ``sealed`` holds its words,
    the gaps it names and what its file is called, with the applicant's key whoever wrote it. ``due_at``: by when an
    answer is asked for; ``reminded_at``: a mail said so once more. Internal notes never stand here: they are the
    audit's.
    """

    __tablename__ = "fund_message"
    __table_args__ = (
        Index("ix_fund_message_application", "application_id", "sent_at"),
        Index("ix_fund_message_due", "due_at", postgresql_where="due_at IS NOT NULL AND reminded_at IS NULL"),
        Index("ix_fund_message_kept", "delete_after"),
        CheckConstraint("by_desk OR due_at IS NULL", name="the_desk_sets_days"),
    )

    id: Mapped[Id]
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    by_desk: Mapped[bool]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    sent_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    delete_after: Mapped[datetime]


class ComparedApplication(Base):
    """What an application is compared by beside its names (duplicates.py): keyed digests of a date of birth and of a
    paper, made for this call alone and sealed with the person's key. ``seen_at`` is the application's ``changed_at``
    when they were made; they go with the answers (``delete_after``).
    """

    __tablename__ = "compared_application"

    application_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("fund_application.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]
    birth: Mapped[bytes | None] = mapped_column(LargeBinary)
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    delete_after: Mapped[datetime | None]


class FundPair(Base):
    """Two applications to one call that may be those of one person, the smaller id first, and what the desk found.
    ``dropped_id`` is the one that was withdrawn where they were one person's.
    """

    __tablename__ = "fund_pair"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name="decided_with_verdict"),
        CheckConstraint("(verdict IN ('same', 'taken_back')) = (dropped_id IS NOT NULL)", name="same_drops_one"),
        CheckConstraint("dropped_id IN (first_id, second_id)", name="drops_one_of_them"),
        Index("ix_fund_pair_call", "call_id", "found_at"),
        Index("ix_fund_pair_second", "second_id"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id", ondelete="CASCADE"))
    first_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    second_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    score: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(default=now)
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict, name="verdict"))
    dropped_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class DebarProposal(Base):
    """Somebody proposes that a person or an organization is not considered until a day. It counts for nothing until a
    second person agrees: then it becomes a debt (``debt_id``), which is what everybody else looks at.
    """

    __tablename__ = "fund_debar_proposal"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name="of_one"),
        CheckConstraint("decided_by_id IS DISTINCT FROM proposed_by_id OR debt_id IS NULL", name="two_people"),
        CheckConstraint("debt_id IS NULL OR decided_at IS NOT NULL", name="decided_before_it_counts"),
        Index("ix_fund_debar_proposal_open", "proposed_at", postgresql_where="decided_at IS NULL"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    note: Mapped[str]
    until: Mapped[date | None]
    proposed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    debt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_debt.id", ondelete="SET NULL"))
