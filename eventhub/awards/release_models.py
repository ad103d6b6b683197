"""What was decided and not told yet: staging of an approved slate, reasons with words, releases.

Which decisions are staged is said by the applications themselves: a state beside another one that the applicant knows
of (``outcome_seen``).
"""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column


class Failed(StrEnum):
    """Why an approved slate could not be staged, or a release not done; then nothing of it was done. ``role``: it would
    be in the name of somebody who may not do it any more; ``stuck``: the worker tried as often as it does, in vain.
    """

    MONEY = "money"
    NEAR = "near"
    MOVED = "moved"
    BARRED = "barred"
    ROLE = "role"
    STUCK = "stuck"


class Staging(Base):
    """What became of an approved slate: all of its decisions were staged, or none, and why. ``missing``: so many minor
    units of the call's currency.
    """

    __tablename__ = "fund_staging"
    __table_args__ = (
        UniqueConstraint("slate_id"),
        Index("ix_fund_staging_call", "call_id"),
        CheckConstraint("done_at IS NULL OR failed IS NULL", name="done_or_failed"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    slate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_slate.id"))
    tried_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]
    failed: Mapped[Failed | None] = mapped_column(enum_column(Failed, name="failed"))
    missing: Mapped[int | None] = mapped_column(BigInteger)


class Decision(Base):
    """What an applicant reads beside the outcome: ``reason`` is a code of decision_reason.funding, ``words`` are plain
    ones beside it, sealed with the applicant's key. ``told_at``: since when the applicant may see it.

    Once another decision is staged, ``told_reason`` and ``told_words`` are what was told, until that one is told too;
    sealed words keep the place of ``words``.
    """

    __tablename__ = "fund_decision"
    __table_args__ = (UniqueConstraint("application_id"), Index("ix_fund_decision_call", "call_id"))

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    reason: Mapped[str]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    changed_by_id: Mapped[uuid.UUID | None]
    told_at: Mapped[datetime | None]
    told_reason: Mapped[str | None]
    told_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def reason_told(self) -> str | None:
        """The code of the reason that the applicant knows; None before anything was told."""
        return (self.told_reason or self.reason) if self.told_at else None

    @property
    def words_told(self) -> bytes | None:
        """The sealed words that the applicant knows."""
        if self.told_at is None:
            return None
        return self.told_words if self.told_reason else self.words

    def keep_told(self) -> bool:
        """Put what was told aside, since another reason takes its place here; whether there was anything."""
        if self.told_at is None or self.told_reason is not None:
            return False
        self.told_reason, self.told_words = self.reason, self.words
        return True


class Release(Base):
    """All staged decisions of a call become visible at one instant, ``at``; until then it can be stopped. One at a
    time stands. ``marks``: of each application a mark of the decision that the page showed when the release was set;
    None for one that was set before there were marks. ``told``: how many people; ``held``: how many were left out at
    the instant, since something is owed or somebody is debarred.
    """

    __tablename__ = "fund_release"
    __table_args__ = (
        Index(
            "ix_fund_release_standing",
            "call_id",
            unique=True,
            postgresql_where="done_at IS NULL AND stopped_at IS NULL AND failed IS NULL",
        ),
        Index("ix_fund_release_call", "call_id", "made_at"),
        CheckConstraint("num_nonnulls(done_at, stopped_at, failed) <= 1", name="one_end"),
        CheckConstraint("(stopped_at IS NULL) = (stopped_by_id IS NULL)", name="stopped_by_somebody"),
        CheckConstraint("told >= 0 AND held >= 0", name="told_not_negative"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID]
    made_at: Mapped[datetime] = mapped_column(default=now)
    marks: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[uuid.UUID | None]
    done_at: Mapped[datetime | None]
    failed: Mapped[Failed | None] = mapped_column(enum_column(Failed, name="failed"))
    told: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
