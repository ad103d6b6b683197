"""The board of a call: who is there, what is pinned, the slates that were made, and what the solver was asked."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person


class SlateState(StrEnum):
    """Where a slate stands. ``sent_back``: the approver asks the board to look again."""

    DRAFT = "draft"
    RECOMMENDED = "recommended"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    SUPERSEDED = "superseded"


class Kind(StrEnum):
    """What the solver is asked. ``resolve``: as little as possible changes; ``recompute``: a stored slate again."""

    SOLVE = "solve"
    WHY = "why"
    CURVE = "curve"
    PRICES = "prices"
    RESOLVE = "resolve"
    RECOMPUTE = "recompute"


class RunState(StrEnum):
    """Where a question to the solver stands. ``stopped``: the board took it back."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


UNDER_WAY = frozenset({RunState.WAITING, RunState.RUNNING})


class Failed(StrEnum):
    """Why a question has no answer."""

    DIED = "died"
    TOO_LONG = "too_long"
    REFUSED = "refused"
    NO_SCORES = "no_scores"
    NO_FILES = "no_files"
    LOTTERY = "lottery"


class Board(Base):
    """A meeting of the board of a call. One is open at a time; pins and slates are made while it is."""

    __tablename__ = "fund_board"
    __table_args__ = (
        Index("ix_fund_board_open", "call_id", unique=True, postgresql_where="closed_at IS NULL"),
        CheckConstraint("quorum > 0", name="quorum_positive"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"), index=True)
    quorum: Mapped[int]
    chair_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    call: Mapped[Call] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Presence(Base):
    """A member who takes part in a meeting, by a press of their own."""

    __tablename__ = "fund_board_presence"
    __table_args__ = (UniqueConstraint("board_id", "person_id"),)

    id: Mapped[Id]
    board_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_board.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    came_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class Recusal(Base):
    """A member stands aside for one file, for all meetings of the call. Nobody takes it back alone: an officer may lift
    what was a mistake, and the row stays.
    """

    __tablename__ = "fund_board_recusal"
    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted_by_somebody"),
        CheckConstraint("person_id IS DISTINCT FROM lifted_by_id", name="two_people"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"), index=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))


class Pin(Base):
    """Somebody must, or must not, be chosen. ``reason`` is sealed with the applicant's key; a pin is dropped, never
    deleted.
    """

    __tablename__ = "fund_pin"
    __table_args__ = (
        Index("ix_fund_pin_standing", "application_id", unique=True, postgresql_where="dropped_at IS NULL"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"), index=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    must: Mapped[bool]
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    dropped_at: Mapped[datetime | None]
    dropped_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise")


class Slate(Base):
    """A selection with all that it was made from; from its recommendation on the database refuses to change that.

    ``snapshot`` is the canonical text of the problem (snapshot.py), sealed with a key of its own because it holds the
    cells of people that nobody may see of one person; ``digest`` is its SHA-256. ``result`` is the answer of the
    solver. ``people``: application, points, deviation, rank, cost and way of everybody, and nothing of who they are.
    ``balance``: how many of the chosen and of all stand in each cell, small numbers left out. ``reserves``: the lists
    of reserves.py. ``minutes``: who was present and who stood aside, at the recommendation. ``signature`` is the
    house's over all of it and over the signature before.
    """

    __tablename__ = "fund_slate"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        Index(
            "ix_fund_slate_standing",
            "call_id",
            unique=True,
            postgresql_where="state IN ('recommended', 'approved')",
        ),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("state = 'draft' OR signature IS NOT NULL", name="signed"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved_by_somebody"),
        CheckConstraint("approved_by_id <> recommended_by_id", name="two_people"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    board_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_board.id"), index=True)
    number: Mapped[int]
    state: Mapped[SlateState] = mapped_column(enum_column(SlateState, name="state"), default=SlateState.DRAFT)
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    snapshot: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str]
    rules_digest: Mapped[str]
    rules_number: Mapped[int]
    scoring_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_scoring.id"))
    commitment: Mapped[str]
    pins: Mapped[list[str]] = mapped_column(default=list)
    solver: Mapped[str]
    result: Mapped[Json]
    people: Mapped[list[Json]]
    balance: Mapped[list[Json]]
    reserves: Mapped[Json]
    change: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    proven: Mapped[bool]
    gap: Mapped[int]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    minutes: Mapped[Json] = mapped_column(default=dict)
    recommended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    recommended_at: Mapped[datetime | None]
    signature: Mapped[str | None]
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    sent_back_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    sent_back_at: Mapped[datetime | None]
    sent_back_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    key: Mapped[SealKey] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Run(Base):
    """A question to the solver and its answer. ``ask`` holds numbers and ids; ``slate_id`` is the slate that it is
    about, or that came of it.
    """

    __tablename__ = "fund_run"
    __table_args__ = (
        Index("ix_fund_run_call", "call_id", "asked_at"),
        CheckConstraint("done >= 0 AND of_all >= 0", name="progress_not_negative"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    board_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_board.id"), index=True)
    slate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_slate.id"), index=True)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, name="kind"))
    state: Mapped[RunState] = mapped_column(enum_column(RunState, name="state"), default=RunState.WAITING)
    ask: Mapped[Json] = mapped_column(default=dict)
    done: Mapped[int] = mapped_column(default=0)
    of_all: Mapped[int] = mapped_column(default=0)
    answer: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    failed: Mapped[Failed | None] = mapped_column(enum_column(Failed, name="failed"))
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
