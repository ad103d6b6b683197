"""Commitments with their versions, makers and contacts, what is asked and said, and the moves of a record."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Serial, enum_column
from eventhub.programme.models import Event, Session


class State(StrEnum):
    """Where a record stands: whether its wording is confirmed and shown, and nothing else."""

    DRAFT = "draft"
    AWAITING_MAKER = "awaiting_maker"
    CLARIFICATION = "clarification"
    VERIFIED = "verified"
    PUBLISHED = "published"
    HELD = "held"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.AWAITING_MAKER, State.WITHDRAWN}),
    State.AWAITING_MAKER: frozenset({State.CLARIFICATION, State.VERIFIED, State.WITHDRAWN, State.LAPSED}),
    State.CLARIFICATION: frozenset({State.AWAITING_MAKER, State.VERIFIED, State.WITHDRAWN}),
    State.VERIFIED: frozenset({State.PUBLISHED, State.CLARIFICATION, State.WITHDRAWN}),
    State.PUBLISHED: frozenset({State.CLOSED, State.WITHDRAWN, State.SUPERSEDED, State.HELD}),
    State.HELD: frozenset({State.PUBLISHED, State.WITHDRAWN}),
    State.CLOSED: frozenset({State.PUBLISHED}),
    State.WITHDRAWN: frozenset(),
    State.SUPERSEDED: frozenset(),
    State.LAPSED: frozenset({State.AWAITING_MAKER}),
}
"""The database refuses every other move too (a trigger of the migration)."""
SHOWN = frozenset({State.PUBLISHED, State.CLOSED, State.SUPERSEDED, State.WITHDRAWN})
"""What the public may see, once it was published and unless it was withdrawn for safety."""
FOLLOWED = frozenset({State.PUBLISHED})
"""Whose makers are asked what became of it."""
UNSETTLED = frozenset({State.DRAFT, State.AWAITING_MAKER, State.CLARIFICATION, State.LAPSED, State.VERIFIED})
"""Before publication: the words may be put right."""


class Says(StrEnum):
    """What the maker says (the code list ``self_report``)."""

    NOT_STARTED = "not_started"
    PLANNING = "planning"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


OVER = frozenset({Says.FULFILLED, Says.WITHDRAWN})
"""After which no last day is missed any more."""


class Verdict(StrEnum):
    """What was checked (the code list ``review``)."""

    UNVERIFIED = "unverified"
    EVIDENCE_SEEN = "evidence_seen"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    NO_EVIDENCE = "no_evidence"


class Why(StrEnum):
    """Why a commitment was withdrawn. ``safety`` is told to nobody: the commitment is not there any more."""

    MAKER = "maker"
    MISTAKE = "mistake"
    DUPLICATE = "duplicate"
    SAFETY = "safety"


class Kin(StrEnum):
    """How one commitment follows another."""

    REPLACED = "replaced"
    MERGED = "merged"
    SPLIT = "split"


class Answer(StrEnum):
    """What came of a link."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    NOT_ME = "not_me"
    EXPIRED = "expired"
    REPLACED = "replaced"


class Commitment(Base):
    """One commitment. Its words stand in versions: ``newest`` is the number of the one that holds, ``confirmed`` of the
    one that the maker confirmed last.

    Three facts with histories of their own: ``said`` is the newest of its reports, ``checked`` of its reviews, and how
    fresh it is follows from ``heard_on`` and ``expected_on`` (axes.py). ``plain``: what searches look through.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("newest >= 1", name="newest_positive"),
        CheckConstraint("confirmed BETWEEN 1 AND newest", name="confirmed_exists"),
        CheckConstraint("(confirmed IS NULL) = (confirmed_at IS NULL)", name="confirmed_with_time"),
        CheckConstraint(
            "state NOT IN ('published', 'held', 'closed', 'superseded') OR published_at IS NOT NULL",
            name="shown_was_published",
        ),
        CheckConstraint(
            "(published_at IS NULL) = (heard_on IS NULL) AND (published_at IS NULL) = (expected_on IS NULL)",
            name="followed_from_publication",
        ),
        CheckConstraint("expected_on > heard_on", name="expected_after_heard"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_why IS NOT NULL)", name="withdrawn_with_reason"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_with_time"),
        CheckConstraint("sealed_reason IS NULL OR withdrawn_why = 'safety'", name="sealed_for_safety"),
        CheckConstraint("withdrawn_why <> 'safety' OR withdrawn_reason = ''", name="safety_says_nothing"),
        Index("ix_commitment_event", "event_id", "captured_at"),
        Index("ix_commitment_state", "state"),
        Index("ix_commitment_published", "published_at", "id"),
        Index("ix_commitment_plain", "plain", postgresql_using="gin", postgresql_ops={"plain": "gin_trgm_ops"}),
        Index("ix_commitment_themes", "themes", postgresql_using="gin", postgresql_ops={"themes": "jsonb_path_ops"}),
        Index("ix_commitment_groups", "groups", postgresql_using="gin", postgresql_ops={"groups": "jsonb_path_ops"}),
        Index(
            "ix_commitment_countries",
            "countries",
            postgresql_using="gin",
            postgresql_ops={"countries": "jsonb_path_ops"},
        ),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigInteger, Identity())
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id"))
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"), index=True)
    state: Mapped[State] = mapped_column(enum_column(State, name="state"), default=State.DRAFT)
    language: Mapped[str]
    """In which it was said; its wording is kept in it for ever."""
    said_at: Mapped[datetime]
    speaker: Mapped[str] = mapped_column(default="")
    kind: Mapped[str | None]
    """A code of ``commitment_type``."""
    captured_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    captured_at: Mapped[datetime] = mapped_column(default=now)
    newest: Mapped[int] = mapped_column(default=1)
    confirmed: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    themes: Mapped[list[str]] = mapped_column(default=list)
    groups: Mapped[list[str]] = mapped_column(default=list)
    sdgs: Mapped[list[str]] = mapped_column(default=list)
    countries: Mapped[list[str]] = mapped_column(default=list)
    said: Mapped[Says | None] = mapped_column(enum_column(Says, name="said"))
    checked: Mapped[Verdict] = mapped_column(enum_column(Verdict, name="checked"), default=Verdict.UNVERIFIED)
    heard_on: Mapped[date | None]
    expected_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str] = mapped_column(default="")
    """Why it has ended: the public reads it."""
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[Why | None] = mapped_column(enum_column(Why, name="withdrawn_why"))
    withdrawn_reason: Mapped[str] = mapped_column(default="")
    """What the public reads; never for safety."""
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    seal_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("seal_key.id"))
    plain: Mapped[str] = mapped_column(default="")
    lock: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(lazy="raise")
    session: Mapped[Session | None] = relationship(lazy="raise")
    versions: Mapped[list["Version"]] = relationship(lazy="raise", order_by="Version.number")
    makers: Mapped[list["Maker"]] = relationship(lazy="raise", order_by="Maker.position")
    contacts: Mapped[list["Contact"]] = relationship(lazy="raise", order_by="Contact.position")
    milestones: Mapped[list["Milestone"]] = relationship(lazy="raise", order_by="Milestone.position")
    indicators: Mapped[list["Indicator"]] = relationship(lazy="raise", order_by="Indicator.position")
    recommendations: Mapped[list["Recommendation"]] = relationship(lazy="raise", order_by="Recommendation.position")
    words: Mapped["Version"] = relationship(
        primaryjoin=(
            "and_(Commitment.id == foreign(Version.commitment_id), Commitment.newest == foreign(Version.number))"
        ),
        viewonly=True,
        uselist=False,
        lazy="raise",
    )
    """The version that holds."""

    __mapper_args__ = {"version_id_col": lock}

    @property
    def reference(self) -> str:
        """How people name it."""
        return f"C-{self.number:04d}"

    def is_overdue(self, today: date) -> bool:
        """Whether its last day is past and the maker does not say that it is fulfilled; the words must be there."""
        due = self.words.due_on
        return self.state in FOLLOWED and due is not None and due < today and self.said not in OVER

    @property
    def is_shown(self) -> bool:
        """Whether the public may know of it."""
        return self.published_at is not None and self.state in SHOWN and self.withdrawn_why is not Why.SAFETY


class Version(Base):
    """The exact words at one time, in the language of the commitment. A row is only ever added: a trigger refuses
    changes. ``reason`` says why it followed the one before, outside a draft; ``by_maker``: the maker put it right
    behind the link.
    """

    __tablename__ = "commitment_version"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("wording <> ''", name="wording_filled"),
        CheckConstraint("due_on >= start_on", name="days_in_order"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="amount_in_currency"),
    )

    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wording: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    start_on: Mapped[date | None]
    due_on: Mapped[date | None]
    amount: Mapped[Decimal | None] = mapped_column(Numeric(20, 3))
    currency: Mapped[str | None]
    beneficiaries: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    by_maker: Mapped[bool] = mapped_column(default=False)
    written_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    written_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_told(self) -> bool:
        """Whether everybody reads how it differs from the one before, once the commitment is public: whoever wrote it
        gave the reason for that. What is put right in a draft has none, and is staff's own.
        """
        return self.reason != ""


class Translation(Base):
    """A version in another language, shown as what it is: a translation."""

    __tablename__ = "commitment_translation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["commitment_id", "number"],
            ["commitment_version.commitment_id", "commitment_version.number"],
            ondelete="CASCADE",
            name="fk_commitment_translation_version",
        ),
        CheckConstraint("wording <> ''", name="wording_filled"),
    )

    commitment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(primary_key=True)
    wording: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    translated_at: Mapped[datetime] = mapped_column(default=now)


class Maker(Base):
    """Who made it, as they are called in public. Of joint makers one leads and reports."""

    __tablename__ = "commitment_maker"
    __table_args__ = (
        UniqueConstraint("commitment_id", "position"),
        CheckConstraint("name <> ''", name="name_filled"),
        Index("ix_commitment_maker_lead", "commitment_id", unique=True, postgresql_where="is_lead"),
        Index("ix_commitment_maker_kind", "kind", "commitment_id"),
        Index("ix_commitment_maker_name", "name", "commitment_id"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    """A code of ``commitment_maker_type``."""
    country: Mapped[str | None]
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    is_lead: Mapped[bool] = mapped_column(default=False)


class Contact(Base):
    """A mailbox that speaks for the maker, in the order in which they are asked. Never public."""

    __tablename__ = "commitment_contact"
    __table_args__ = (
        UniqueConstraint("commitment_id", "position"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("refused_at IS NULL OR email IS NULL", name="refused_is_forgotten"),
        CheckConstraint("(phone IS NULL) = (phone_key_id IS NULL)", name="phone_with_key"),
        Index("ix_commitment_contact_email", "email"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    refused_at: Mapped[datetime | None]
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; goes with the mailbox (a trigger)."""
    phone_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("seal_key.id"))


class Asking(Base):
    """A link by which one contact confirms one version. At most one is open for each commitment."""

    __tablename__ = "commitment_asking"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("(answer IS NULL) = (closed_at IS NULL)", name="closed_with_answer"),
        CheckConstraint("until > asked_at", name="until_after_asked"),
        Index("ix_commitment_asking_open", "commitment_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_commitment_asking_due", "until", postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment_contact.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    """The version that is asked about."""
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    answer: Mapped[Answer | None] = mapped_column(enum_column(Answer, name="answer"))
    closed_at: Mapped[datetime | None]


class HalfTyped(Base):
    """What somebody typed in the room of an event and did not write down yet (half_typed.py)."""

    __tablename__ = "commitment_half_typed"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    given: Mapped[Json]
    kept_at: Mapped[datetime]


class Note(Base):
    """A message of the verification thread: ``to_maker`` is read behind the link; else staff's or the maker's."""

    __tablename__ = "commitment_note"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text_filled"),
        CheckConstraint("NOT (by_maker AND to_maker)", name="one_side"),
        Index("ix_commitment_note_thread", "commitment_id", "id"),
    )

    id: Mapped[Serial]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    by_maker: Mapped[bool] = mapped_column(default=False)
    to_maker: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(default=now)


class Recommendation(Base):
    """A recommendation that the commitment answers: symbol of the document, and its paragraph."""

    __tablename__ = "commitment_recommendation"
    __table_args__ = (Index("ix_commitment_recommendation_symbol", "symbol"),)

    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    symbol: Mapped[str]
    paragraph: Mapped[str] = mapped_column(default="")


class Indicator(Base):
    """How one will see it: from where to where."""

    __tablename__ = "commitment_indicator"

    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    baseline: Mapped[Decimal | None] = mapped_column(Numeric(20, 3))
    target: Mapped[Decimal | None] = mapped_column(Numeric(20, 3))


class Milestone(Base):
    """A step on the way. Progress is how many of them are done, and nothing that somebody typed."""

    __tablename__ = "commitment_milestone"
    __table_args__ = (UniqueConstraint("commitment_id", "position"),)

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str]
    due_on: Mapped[date | None]
    done_on: Mapped[date | None]


class Report(Base):
    """What the maker said at one time: the first axis. Only ever added."""

    __tablename__ = "commitment_report"
    __table_args__ = (
        Index("ix_commitment_report_history", "commitment_id", "said_at"),
        Index("ix_commitment_report_newest", "said_at"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    says: Mapped[Says] = mapped_column(enum_column(Says, name="says"))
    text: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime] = mapped_column(default=now)


class Review(Base):
    """What was checked at one time, by somebody who is not of the maker: the second axis. Only ever added."""

    __tablename__ = "commitment_review"
    __table_args__ = (
        Index("ix_commitment_review_history", "commitment_id", "reviewed_at"),
        Index("ix_commitment_review_newest", "reviewed_at"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict, name="verdict"))
    text: Mapped[str] = mapped_column(default="")
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    reviewed_at: Mapped[datetime] = mapped_column(default=now)


class Succession(Base):
    """One commitment stands in the place of another. Both keep their addresses and point to one another."""

    __tablename__ = "commitment_succession"
    __table_args__ = (
        CheckConstraint("before_id <> after_id", name="not_itself"),
        CheckConstraint("reason <> ''", name="reason_filled"),
    )

    before_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    after_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kin: Mapped[Kin] = mapped_column(enum_column(Kin, name="kin"))
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class FormerMaker(Base):
    """Somebody who made it and stands for it no more: a joint maker who left, or one whom another succeeded."""

    __tablename__ = "commitment_former_maker"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_filled"),
        CheckConstraint("reason <> ''", name="reason_filled"),
        Index("ix_commitment_former_maker_commitment", "commitment_id", "until"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    name: Mapped[str]
    kind: Mapped[str]
    country: Mapped[str | None]
    until: Mapped[date]
    succeeded_by: Mapped[str] = mapped_column(default="")
    """Who stands in the place; empty for a joint maker who left."""
    reason: Mapped[str]
