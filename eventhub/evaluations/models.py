"""Evaluations, whom they ask, answers that wait, and answers that belong to nobody.

What ties a person to an evaluation (``evaluation_invitation``) and what somebody answered (``evaluation_waiting``,
``evaluation_answer``) have no column in common, and are never written in one transaction (docs/evaluations.md).
"""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event


class Evaluation(Base):
    """The evaluation of one event, open from ``opens_on`` through ``closes_on`` in the event's time zone.

    ``seal_key`` seals answers while they wait, and is destroyed when the evaluation closes. ``answered`` counts answers
    that were taken out of the waiting ones; it is exact once ``closed_at`` is set. ``published_at``: anybody may read
    the summary.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("event_id"),
        CheckConstraint("closes_on >= opens_on", name="closes_after_opening"),
        CheckConstraint("closed_at IS NULL OR opened_at IS NOT NULL", name="closed_was_open"),
        CheckConstraint("published_at IS NULL OR closed_at IS NOT NULL", name="published_was_closed"),
        CheckConstraint("jsonb_array_length(questions) BETWEEN 1 AND 20", name="some_questions"),
        CheckConstraint("answered >= 0 AND asked >= 0", name="counts_not_negative"),
        Index("ix_evaluation_running", "opens_on", postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    questions: Mapped[list[str]]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    lock: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(lazy="raise")
    seal_key: Mapped[SealKey] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": lock}


class Invitation(Base):
    """One person is asked once. ``answered_on`` is the mark of a spent link: a day alone, written by the clock for many
    at once. The secret of the link stands nowhere; its salt goes when the evaluation closes.
    """

    __tablename__ = "evaluation_invitation"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "person_id"),
        UniqueConstraint("token_hash"),
        Index("ix_evaluation_invitation_person", "person_id"),
    )

    id: Mapped[Id]
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_on: Mapped[date]
    answered_on: Mapped[date | None]

    evaluation: Mapped[Evaluation] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Waiting(Base):
    """What somebody sent, sealed, of one length for all, until enough others sent theirs. ``key`` is a keyed digest of
    the link's secret, which no table holds: it makes a second answer of the same link fail, and says nothing else.
    """

    __tablename__ = "evaluation_waiting"
    __table_args__ = (Index("ix_evaluation_waiting_evaluation", "evaluation_id"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation.id", ondelete="CASCADE"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Answer(Base):
    """The answer to one question. No row holds two answers of one person, and nothing ties those rows together.

    ``text`` is for staff; ``shown`` is what of it others may read: None until somebody looked for names in it, and
    empty where it stays with the staff.
    """

    __tablename__ = "evaluation_answer"
    __table_args__ = (
        CheckConstraint("(value IS NULL) <> (text IS NULL)", name="step_or_words"),
        CheckConstraint("value BETWEEN 1 AND 5", name="on_the_scale"),
        CheckConstraint("shown IS NULL OR text IS NOT NULL", name="words_are_shown"),
        Index("ix_evaluation_answer_question", "evaluation_id", "question"),
    )

    id: Mapped[Id]
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluation.id", ondelete="CASCADE"))
    question: Mapped[str]
    value: Mapped[int | None]
    text: Mapped[str | None]
    language: Mapped[str | None]
    shown: Mapped[str | None]
    counted_on: Mapped[date]
