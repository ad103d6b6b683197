"""The database of the money: envelopes, the ledger they are the sums of, rates of exchange.

Amounts are integers in minor units of the envelope's currency (cents; ISO 4217). The ledger is only ever added to; a
trigger (0038) keeps the sums of envelope and award with it, and nobody else may write them. So what the CHECKs refuse
cannot be, whoever writes at the same moment.
"""

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.funding.models import Call
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Serial, enum_column

NOTHING_BELOW_ZERO = "budget >= 0 AND reserved >= 0 AND committed >= 0 AND paid >= 0 AND returned >= 0"


class MovementKind(StrEnum):
    """What a movement does. ``release`` takes from what is reserved, ``uncommit`` from what is committed."""

    RAISE = "raise"
    CUT = "cut"
    RESERVE = "reserve"
    RELEASE = "release"
    COMMIT = "commit"
    UNCOMMIT = "uncommit"
    PAY = "pay"
    RETURN = "return"


BUDGET_KINDS = frozenset({MovementKind.RAISE, MovementKind.CUT})
"""Movements of an envelope that belong to no award."""


class FundEnvelope(Base):
    """A part of the money of a call (``key``: its id in the rules). ``over_commit``: per cent of the budget that may be
    promised. The sums are the ledger's: ``paid`` is all that ever left, ``returned`` what of it came back. ``kept``:
    where an envelope of the call tells of sealed answers, what of this one pays nobody before the next slate (pool.py).
    """

    __tablename__ = "fund_envelope"
    __table_args__ = (
        UniqueConstraint("call_id", "key"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("over_commit BETWEEN 100 AND 200", name="over_commit_per_cent"),
        CheckConstraint(NOTHING_BELOW_ZERO, name="not_negative"),
        CheckConstraint("returned <= paid", name="returned_was_paid"),
        CheckConstraint("paid - returned <= budget", name="spent_within_budget"),
        CheckConstraint("kept >= 0", name="kept_not_negative"),
        CheckConstraint(
            "(reserved + committed + paid - returned) * 100 <= budget * over_commit", name="promised_within_ceiling"
        ),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    key: Mapped[str]
    currency: Mapped[str]
    over_commit: Mapped[int] = mapped_column(default=100)
    budget: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    committed: Mapped[int] = mapped_column(BigInteger, default=0)
    paid: Mapped[int] = mapped_column(BigInteger, default=0)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    kept: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)

    call: Mapped[Call] = relationship(lazy="raise")


class Movement(Base):
    """One line of the ledger, for ever. ``reason`` is a code; ``by_id`` keys no table: the line outlives its maker."""

    __tablename__ = "fund_movement"
    __table_args__ = (
        Index("ix_fund_movement_envelope", "envelope_id", "id"),
        Index("ix_fund_movement_award", "award_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(kind IN ('raise', 'cut')) = (award_id IS NULL)", name="of_an_award"),
        CheckConstraint("(kind IN ('pay', 'return')) = (payment_id IS NOT NULL)", name="of_a_payment"),
    )

    id: Mapped[Serial]
    envelope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_envelope.id"))
    award_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_award.id"))
    payment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_payment.id"))
    kind: Mapped[MovementKind] = mapped_column(enum_column(MovementKind, name="kind"))
    amount: Mapped[int] = mapped_column(BigInteger)
    by_id: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class BudgetChange(Base):
    """A budget that somebody of finance wants to raise, or cut (a negative ``difference``): another one agrees, and the
    ledger follows. ``why`` stands in the ledger, where the movement's reason names this row.
    """

    __tablename__ = "fund_budget_change"
    __table_args__ = (
        Index("ix_fund_budget_change_envelope", "envelope_id"),
        CheckConstraint("difference <> 0", name="changes_something"),
        CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name="two_people"),
        CheckConstraint("(agreed_by_id IS NULL) = (agreed_at IS NULL)", name="agreed_by_somebody"),
        CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name="agreed_or_dropped"),
    )

    id: Mapped[Id]
    envelope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_envelope.id"))
    difference: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str]
    asked_by_id: Mapped[uuid.UUID]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    agreed_by_id: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    envelope: Mapped[FundEnvelope] = relationship(lazy="raise")


class ExchangeRate(Base):
    """``units`` of ``currency`` for one unit of ``base``, from a day on, by ``source``; of one call (of all
    calls where none is named). A rate never changes: the next one replaces it, of a later day, or of the same day with
    a higher ``entry`` where the first was wrong.
    """

    __tablename__ = "fund_exchange_rate"
    __table_args__ = (
        Index(
            "ix_fund_exchange_rate_entry",
            *("call_id", "base", "currency", "valid_from", "entry"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("entry > 0", name="entry_positive"),
        CheckConstraint("units > 0", name="units_positive"),
        CheckConstraint("base <> currency", name="two_currencies"),
        CheckConstraint("base ~ '^[A-Z]{3}$' AND currency ~ '^[A-Z]{3}$'", name="currencies_iso"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_call.id"))
    entry: Mapped[int] = mapped_column(default=1)
    base: Mapped[str]
    currency: Mapped[str]
    valid_from: Mapped[date]
    units: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    source: Mapped[str]
    entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    entered_at: Mapped[datetime] = mapped_column(default=now)
