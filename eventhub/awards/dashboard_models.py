"""The frozen balance of a call, and the reports for donors that somebody asked for."""

import uuid
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.funding.models import Call
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column
from eventhub.kit.files import StoredFile
from eventhub.people.models import Person

LIFE = timedelta(hours=24)
"""How long a report can be fetched (SAFETY.md property 6)."""
SLOW = timedelta(minutes=10)
"""How long it may be in the making before something is wrong."""


class ReportKind(StrEnum):
    """As which kind of file."""

    PDF = "pdf"
    XLSX = "xlsx"


class FrozenBalance(Base):
    """How those of a call stood in the cells of balance when they were counted last: true numbers, which no page shows
    and which are sealed (``kept``), and what of them was published, on this day and before (dashboard_counts.py).
    """

    __tablename__ = "fund_frozen_balance"

    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id", ondelete="CASCADE"), primary_key=True)
    looked_on: Mapped[date]
    counted_on: Mapped[date]
    numbers: Mapped[Json] = mapped_column(default=dict)


class DonorReport(Base):
    """A report for donors that somebody asked for. Only the owner can fetch it, for ``LIFE``."""

    __tablename__ = "fund_donor_report"
    __table_args__ = (
        Index("ix_fund_donor_report_owner", "owner_id", "call_id", "asked_at"),
        Index("ix_fund_donor_report_call", "call_id"),
        CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name="made_has_file"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id", ondelete="CASCADE"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[ReportKind] = mapped_column(enum_column(ReportKind, name="kind"))
    language: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))

    call: Mapped[Call] = relationship(lazy="raise")
    owner: Mapped[Person] = relationship(lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")
