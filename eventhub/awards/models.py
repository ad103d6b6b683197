"""Awards with their lines and payments, visas, tickets, reports on journeys, and who is next in line.

Amounts are integers in minor units of the envelope's currency (cents; ISO 4217).
"""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Computed, DateTime, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.awards.money_models import ExchangeRate, FundEnvelope
from eventhub.funding.allowance import CostKind, Payee
from eventhub.funding.estimates import Variant
from eventhub.funding.models import Application
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column
from eventhub.kit.files import StoredFile


class Outcome(StrEnum):
    """How an award ended, or that it was accepted."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class VisaState(StrEnum):
    """Where a visa stands."""

    NEEDED = "needed"
    ASKED = "asked"
    REFUSED = "refused"
    GRANTED = "granted"


AUTHORISED = "CASE WHEN approved IS NULL OR actual IS NULL THEN NULL ELSE LEAST(approved, actual) END"


class Award(Base):
    """What one application was given. ``amount`` is what is approved in all, 0 for whoever comes without money;
    ``reserved`` to ``returned`` are the ledger's sums of it. ``cell``: the cell of balance that the person fills, by
    which the next reserve is looked for. Board, approver and finance are three people: 0038 has a trigger for the
    third.
    """

    __tablename__ = "fund_award"
    __table_args__ = (
        UniqueConstraint("application_id"),
        UniqueConstraint("token_hash"),
        Index("ix_fund_award_envelope", "envelope_id"),
        Index("ix_fund_award_unanswered", "accept_by", postgresql_where="outcome IS NULL"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("recommended_by_id IS DISTINCT FROM approved_by_id", name="two_people"),
        CheckConstraint("(offered_at IS NULL) = (accept_by IS NULL)", name="offered_until"),
        CheckConstraint("reserved >= 0 AND committed >= 0 AND paid >= 0 AND returned >= 0", name="not_negative"),
        CheckConstraint("returned <= paid", name="returned_was_paid"),
        CheckConstraint("reserved + committed + paid - returned <= amount", name="within_amount"),
    )

    id: Mapped[Id]
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id"))
    envelope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_envelope.id"))
    variant: Mapped[Variant] = mapped_column(enum_column(Variant, name="variant"), default=Variant.FULL)
    cell: Mapped[str | None]
    amount: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger, default=0)
    committed: Mapped[int] = mapped_column(BigInteger, default=0)
    paid: Mapped[int] = mapped_column(BigInteger, default=0)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    recommended_by_id: Mapped[uuid.UUID]
    approved_by_id: Mapped[uuid.UUID]
    approved_at: Mapped[datetime] = mapped_column(default=now)
    offered_by_id: Mapped[uuid.UUID | None]
    offered_at: Mapped[datetime | None]
    accept_by: Mapped[datetime | None]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome, name="outcome"))
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(lazy="raise")
    envelope: Mapped[FundEnvelope] = relationship(lazy="raise")

    @property
    def spent(self) -> int:
        """What left and did not come back, in minor units."""
        return self.paid - self.returned


class AwardLine(Base):
    """One cost line. ``authorised`` is the lesser of approved and actual. An actual amount in another currency stands
    in ``given`` (minor units of ``given_currency``) and names its rate.
    """

    __tablename__ = "fund_award_line"
    __table_args__ = (
        UniqueConstraint("award_id", "kind"),
        CheckConstraint("estimated >= 0 AND approved >= 0", name="not_negative"),
        CheckConstraint("actual >= 0 AND given >= 0", name="actual_not_negative"),
        CheckConstraint("(given IS NULL) = (given_currency IS NULL)", name="given_in_a_currency"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    kind: Mapped[CostKind] = mapped_column(enum_column(CostKind, name="kind"))
    payee: Mapped[Payee] = mapped_column(enum_column(Payee, name="payee"), default=Payee.TRAVELLER)
    estimated: Mapped[int] = mapped_column(BigInteger)
    approved: Mapped[int | None] = mapped_column(BigInteger)
    actual: Mapped[int | None] = mapped_column(BigInteger)
    authorised: Mapped[int | None] = mapped_column(BigInteger, Computed(AUTHORISED, persisted=True))
    given: Mapped[int | None] = mapped_column(BigInteger)
    given_currency: Mapped[str | None]
    rate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_exchange_rate.id"))
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))

    receipt: Mapped[StoredFile | None] = relationship(lazy="raise")
    rate: Mapped[ExchangeRate | None] = relationship(lazy="raise")


class Payment(Base):
    """Money for one line: asked by one person of finance, agreed to by another, who has it paid. ``payee``: who is paid
    in the traveller's place (nobody needs a bank account), sealed with the traveller's key.
    """

    __tablename__ = "fund_payment"
    __table_args__ = (
        Index("ix_fund_payment_line", "line_id"),
        Index("ix_fund_payment_award", "award_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("returned >= 0 AND returned <= amount", name="returned_was_paid"),
        CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name="two_people"),
        CheckConstraint("(agreed_by_id IS NULL) = (paid_at IS NULL)", name="paid_when_agreed"),
        CheckConstraint("paid_at IS NULL OR dropped_at IS NULL", name="paid_or_dropped"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id"))
    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award_line.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    returned: Mapped[int] = mapped_column(BigInteger, default=0)
    payee: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_by_id: Mapped[uuid.UUID]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    agreed_by_id: Mapped[uuid.UUID | None]
    paid_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    award: Mapped[Award] = relationship(lazy="raise")
    line: Mapped[AwardLine] = relationship(lazy="raise")


class Refund(Base):
    """Money of a payment that somebody of finance says came back; another one agrees, and the ledger follows.
    ``again``: a bank sent it back, and it stands committed for the same person.
    """

    __tablename__ = "fund_refund"
    __table_args__ = (
        Index(
            "ix_fund_refund_waiting",
            "payment_id",
            unique=True,
            postgresql_where="agreed_at IS NULL AND dropped_at IS NULL",
        ),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name="two_people"),
        CheckConstraint("(agreed_by_id IS NULL) = (agreed_at IS NULL)", name="agreed_by_somebody"),
        CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name="agreed_or_dropped"),
    )

    id: Mapped[Id]
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_payment.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    again: Mapped[bool] = mapped_column(default=False)
    asked_by_id: Mapped[uuid.UUID]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    agreed_by_id: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(lazy="raise")


class Visa(Base):
    """The visa of one award; ``refusals`` counts how often it was refused."""

    __tablename__ = "fund_visa"
    __table_args__ = (UniqueConstraint("award_id"), CheckConstraint("refusals >= 0", name="refusals_not_negative"))

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    state: Mapped[VisaState] = mapped_column(enum_column(VisaState, name="state"), default=VisaState.NEEDED)
    asked_on: Mapped[date | None]
    appointment_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    refusals: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class Ticket(Base):
    """The ticket of one award: on which days the journey begins and ends."""

    __tablename__ = "fund_ticket"
    __table_args__ = (
        UniqueConstraint("award_id"),
        CheckConstraint("returns_on >= travels_on", name="returns_after_travel"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    travels_on: Mapped[date]
    returns_on: Mapped[date]
    bought_by_id: Mapped[uuid.UUID | None]
    bought_at: Mapped[datetime] = mapped_column(default=now)


class AwardStay(Base):
    """A stay by the clock of its place, entered by an officer, of which the allowance is reckoned. ``given``: what the
    host gives, by day (ISO): lodging, breakfast, lunch, dinner. ``driven``: ways to terminals on which the host drives.
    """

    __tablename__ = "fund_stay"
    __table_args__ = (
        UniqueConstraint("award_id"),
        CheckConstraint("leaves > arrives", name="leaves_after_arriving"),
        CheckConstraint("driven BETWEEN 0 AND 4", name="driven_ways"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    arrives: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    leaves: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    given: Mapped[Json] = mapped_column(default=dict)
    driven: Mapped[int] = mapped_column(default=0)
    entered_by_id: Mapped[uuid.UUID | None]
    entered_at: Mapped[datetime] = mapped_column(default=now)


class StatementPaper(Base):
    """The statement of an allowance as a file in one language: asked for by the traveller, made by a worker, gone after
    a day or when the stay is entered anew.
    """

    __tablename__ = "fund_statement_paper"
    __table_args__ = (
        UniqueConstraint("stay_id", "language"),
        CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name="made_has_file"),
    )

    id: Mapped[Id]
    stay_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_stay.id", ondelete="CASCADE"))
    language: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))

    stay: Mapped[AwardStay] = relationship(lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")


class TravelReport(Base):
    """What is owed after a journey: ten answers, sealed with the traveller's key. ``due`` is the last day in time;
    ``reminded``: days after the journey on which a reminder was promised, the last one.
    """

    __tablename__ = "fund_travel_report"
    __table_args__ = (
        UniqueConstraint("award_id"),
        Index("ix_fund_travel_report_owed", "ended_on", postgresql_where="filed_at IS NULL"),
        CheckConstraint("due >= ended_on", name="due_after_journey"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    ended_on: Mapped[date]
    due: Mapped[date]
    answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    reminded: Mapped[int] = mapped_column(default=0)
    filed_at: Mapped[datetime | None]
    overdue_at: Mapped[datetime | None]

    award: Mapped[Award] = relationship(lazy="raise")


class ReservePlace(Base):
    """Where an application stands in the order of reserves, as the signed slate says: in general (no ``cell``), and
    among those who can come for somebody of a cell. No ``amount``: whoever comes without money.
    """

    __tablename__ = "fund_reserve_place"
    __table_args__ = (
        UniqueConstraint("application_id", "cell", postgresql_nulls_not_distinct=True),
        Index("ix_fund_reserve_place_order", "call_id", "cell", "place"),
        CheckConstraint("place > 0", name="place_positive"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id"))
    recommended_by_id: Mapped[uuid.UUID]
    cell: Mapped[str | None]
    place: Mapped[int]
    amount: Mapped[int | None] = mapped_column(BigInteger)


class Proposal(Base):
    """The next reserve, for the place that one award left. A person confirms it or drops it.

    Whoever was chosen and left before there was an award is ``freed_application_id``, with the ``cell`` of balance that
    this person filled.
    """

    __tablename__ = "fund_proposal"
    __table_args__ = (
        Index(
            "ix_fund_proposal_open",
            "application_id",
            unique=True,
            postgresql_where="confirmed_at IS NULL AND dropped_at IS NULL",
        ),
        Index("ix_fund_proposal_call", "call_id"),
        Index("ix_fund_proposal_freed_application_id", "freed_application_id"),
        CheckConstraint("confirmed_at IS NULL OR dropped_at IS NULL", name="confirmed_or_dropped"),
        CheckConstraint("num_nonnulls(freed_award_id, freed_application_id) = 1", name="one_place"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    freed_award_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_award.id"))
    freed_application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_application.id"))
    cell: Mapped[str | None]
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    decided_by_id: Mapped[uuid.UUID | None]
    confirmed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(lazy="raise", foreign_keys=[application_id])


class Replacement(Base):
    """A nominator was asked, by a signed link, who comes in somebody's place; ``new_application_id`` is the answer."""

    __tablename__ = "fund_replacement"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_fund_replacement_standing", "award_id", unique=True, postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_award.id", ondelete="CASCADE"))
    email: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    new_application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_application.id"))
    closed_at: Mapped[datetime | None]

    award: Mapped[Award] = relationship(lazy="raise")
