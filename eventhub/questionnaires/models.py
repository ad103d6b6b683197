"""Questionnaires: drafts that are edited, versions that never change, answers that point to stable ids."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Texts, enum_column


class Purpose(StrEnum):
    """Which feature asks."""

    REGISTRATION = "registration"
    FUNDING = "funding"
    SURVEY = "survey"
    CALL_FOR_INPUT = "call_for_input"


class Questionnaire(Base):
    """A questionnaire. ``draft`` is its working definition (see definition.py); publishing copies it into a version."""

    __tablename__ = "questionnaire"

    id: Mapped[Id]
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose, name="purpose"))
    scope_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    name: Mapped[str]
    original_language: Mapped[str] = mapped_column(default="en")
    draft: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    lock: Mapped[int] = mapped_column(default=1)

    versions: Mapped[list["QuestionnaireVersion"]] = relationship(back_populates="questionnaire", lazy="raise")

    __mapper_args__ = {"version_id_col": lock}


class QuestionnaireVersion(Base):
    """A published definition: structure and words in the original language. The database refuses to change it."""

    __tablename__ = "questionnaire_version"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[Id]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id"))
    number: Mapped[int]
    definition: Mapped[Json]
    published_at: Mapped[datetime] = mapped_column(default=now)
    published_by_id: Mapped[uuid.UUID | None]

    questionnaire: Mapped[Questionnaire] = relationship(back_populates="versions", lazy="raise")


class QuestionnaireText(Base):
    """The translation of one text of a questionnaire: never makes a new version.

    ``item`` is a stable id (of a page, a question, or ``question.option``) and ``part`` which of its texts (title,
    intro, label, help). ``source`` is the original it was made from: a new original starts without translations,
    while older versions, which still show the old one, keep theirs.
    """

    __tablename__ = "questionnaire_text"
    __table_args__ = (UniqueConstraint("questionnaire_id", "item", "part", "source_digest"),)

    id: Mapped[Id]
    questionnaire_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire.id", ondelete="CASCADE"))
    item: Mapped[str]
    part: Mapped[str]
    source: Mapped[str]
    source_digest: Mapped[str]
    texts: Mapped[Texts] = mapped_column(default=dict)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class AnswerSet(Base):
    """One person's answers to one version, as a draft or sent. The feature that asks points to it."""

    __tablename__ = "answer_set"

    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("questionnaire_version.id"), index=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(index=True)
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]

    version: Mapped[QuestionnaireVersion] = relationship(lazy="raise")
    # Told in full: evaluations have a table of that name too, and whichever was loaded first decided.
    answers: Mapped[list["Answer"]] = relationship(__name__ + ".Answer", back_populates="answer_set", lazy="raise")


class Answer(Base):
    """The answer to one question, by its stable id. A sealed question fills ``sealed`` and leaves ``value`` empty.

    ``value`` is JSON: text, number, ISO date, option id, list of option ids, country code, file id… ``typed_in`` is the
    open window it was kept from (windows.py).
    """

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("answer_set_id", "question"),
        CheckConstraint("value IS NULL OR sealed IS NULL", name="open_or_sealed"),
        Index("ix_answer_delete_after", "delete_after", postgresql_where="delete_after IS NOT NULL"),
    )

    id: Mapped[Id]
    answer_set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answer_set.id", ondelete="CASCADE"))
    question: Mapped[str]
    value: Mapped[object | None] = mapped_column(JSONB(none_as_null=True))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    delete_after: Mapped[datetime | None]
    typed_in: Mapped[uuid.UUID | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)

    answer_set: Mapped[AnswerSet] = relationship(back_populates="answers", lazy="raise")
