"""Who speaks about a commitment, the evidence and the comments that were sent, and the maker's replies."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.commitments.models import Commitment
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.kit.files import StoredFile


class Giver(StrEnum):
    """On whose side somebody stands who gives evidence."""

    MAKER = "maker"
    CIVIL_SOCIETY = "civil_society"
    STAFF = "staff"


class Standing(StrEnum):
    """Where evidence stands. ``sealed``: it was checked and counts, and only reviewers see it."""

    WAITING = "waiting"
    PUBLIC = "public"
    SEALED = "sealed"
    RETRACTED = "retracted"


MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.WAITING: frozenset({Standing.PUBLIC, Standing.SEALED, Standing.RETRACTED}),
    Standing.PUBLIC: frozenset({Standing.RETRACTED, Standing.WAITING}),
    Standing.SEALED: frozenset({Standing.PUBLIC, Standing.RETRACTED}),
    Standing.RETRACTED: frozenset(),
}
COUNTS = frozenset({Standing.PUBLIC, Standing.SEALED})
"""What a confirmation may rest on: somebody has checked it."""


class Word(StrEnum):
    """Where a comment or a reply stands: nobody reads it before a moderator has."""

    WAITING = "waiting"
    SHOWN = "shown"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


SPOKEN: dict[Word, frozenset[Word]] = {
    Word.WAITING: frozenset({Word.SHOWN, Word.REFUSED, Word.TAKEN_BACK}),
    Word.SHOWN: frozenset({Word.REFUSED, Word.TAKEN_BACK}),
    Word.REFUSED: frozenset(),
    Word.TAKEN_BACK: frozenset(),
}


class ShownAs(StrEnum):
    """How the public reads who wrote a comment."""

    PROTECTED = "protected"
    ALIAS = "alias"


class Voice(Base):
    """Somebody who speaks about one commitment, behind a link of their own. Who that is stands sealed with a key of its
    own; ``mark`` tells blindly whether it is the same person or mailbox, for own data and erasure.
    """

    __tablename__ = "evidence_voice"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        UniqueConstraint("commitment_id", "mark"),
        CheckConstraint("(sealed IS NULL) = (mark IS NULL)", name="known_or_forgotten"),
        Index("ix_evidence_voice_mark", "mark"),
        Index("ix_evidence_voice_until", "until"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_maker: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str]
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]


class Evidence(Base):
    """A file, or an address with a copy of what it showed. What lies in the store is always sealed with a key of its
    own, and so are its words until somebody has checked it; ``digest`` is the SHA-256 of the file as it is handed out.

    Retracted, the key is destroyed: the file is gone, and the row says that it was there, when, and why not any more.
    """

    __tablename__ = "commitment_evidence"
    __table_args__ = (
        CheckConstraint("(standing = 'retracted') = (retracted_at IS NOT NULL)", name="retracted_with_time"),
        CheckConstraint("(standing = 'retracted') = (reason <> '')", name="retracted_with_reason"),
        CheckConstraint("standing NOT IN ('public', 'sealed') OR checked_at IS NOT NULL", name="counts_once_checked"),
        CheckConstraint("standing NOT IN ('waiting', 'sealed') OR title = ''", name="words_stay_sealed"),
        CheckConstraint("standing = 'public' OR (address = '' AND file_name = '')", name="address_only_in_public"),
        CheckConstraint("standing <> 'public' OR title <> ''", name="public_has_a_title"),
        CheckConstraint("(standing IN ('waiting', 'sealed')) = (sealed IS NOT NULL)", name="sealed_until_public"),
        CheckConstraint("is_page = (shown_on IS NOT NULL)", name="page_with_its_day"),
        CheckConstraint("hidden_at IS NULL OR standing = 'waiting'", name="hidden_waits"),
        Index("ix_commitment_evidence_commitment", "commitment_id", "given_at"),
        Index("ix_commitment_evidence_waiting", "given_at", postgresql_where="standing = 'waiting'"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    giver: Mapped[Giver] = mapped_column(enum_column(Giver, name="giver"))
    voice_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence_voice.id", ondelete="SET NULL"), index=True)
    given_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    given_at: Mapped[datetime] = mapped_column(default=now)
    language: Mapped[str]
    is_page: Mapped[bool] = mapped_column(default=False)
    shown_on: Mapped[date | None]
    """The day on which the address showed it."""
    wants_seal: Mapped[bool] = mapped_column(default=False)
    """Whoever gave it says that publishing it could harm somebody."""
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    title: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str] = mapped_column(default="")
    standing: Mapped[Standing] = mapped_column(enum_column(Standing, name="standing"), default=Standing.WAITING)
    checked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    checked_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]
    """Since when what was public is out of sight: somebody of the maker’s side hid it, and it waits for a colleague."""
    retracted_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    lock: Mapped[int] = mapped_column(default=1)

    file: Mapped[StoredFile] = relationship(lazy="raise")
    commitment: Mapped[Commitment] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": lock}

    @property
    def is_shown(self) -> bool:
        """Whether the public reads of it: while it is public, and that it was."""
        return self.title != ""


class Comment(Base):
    """What somebody who is not of the maker says about a commitment. The words are sealed with the key of the voice
    until a moderator has read them. ``cuts``: how often a moderator took words out.
    """

    __tablename__ = "commitment_comment"
    __table_args__ = (
        CheckConstraint("(standing = 'shown') = (text <> '')", name="words_when_shown"),
        CheckConstraint("standing <> 'waiting' OR sealed IS NOT NULL", name="waits_with_words"),
        CheckConstraint("(standing = 'refused') = (reason <> '')", name="refused_with_reason"),
        CheckConstraint("(standing = 'waiting') = (decided_at IS NULL)", name="decided_with_time"),
        Index("ix_commitment_comment_commitment", "commitment_id", "given_at"),
        Index("ix_commitment_comment_waiting", "given_at", postgresql_where="standing = 'waiting'"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    voice_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence_voice.id", ondelete="SET NULL"), index=True)
    disputes: Mapped[bool] = mapped_column(default=False)
    shown_as: Mapped[ShownAs] = mapped_column(enum_column(ShownAs, name="shown_as"), default=ShownAs.PROTECTED)
    alias: Mapped[str] = mapped_column(default="")
    country: Mapped[str | None]
    language: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    text: Mapped[str] = mapped_column(default="")
    cuts: Mapped[int] = mapped_column(default=0)
    given_at: Mapped[datetime] = mapped_column(default=now)
    standing: Mapped[Word] = mapped_column(enum_column(Word, name="standing"), default=Word.WAITING)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    """Why it is not shown: whoever wrote it reads this."""
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}


class Reply(Base):
    """The maker's reply to a comment: one link for each comment, to the mailbox that speaks for the maker."""

    __tablename__ = "commitment_reply"
    __table_args__ = (
        UniqueConstraint("comment_id"),
        UniqueConstraint("token_hash"),
        CheckConstraint("(standing IS NULL) = (answered_at IS NULL)", name="stands_once_answered"),
        CheckConstraint("standing NOT IN ('waiting', 'shown') OR text <> ''", name="words_that_stand"),
        Index("ix_commitment_reply_commitment", "commitment_id"),
        Index("ix_commitment_reply_waiting", "answered_at", postgresql_where="standing = 'waiting'"),
    )

    id: Mapped[Id]
    commitment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    comment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commitment_comment.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("commitment_contact.id", ondelete="SET NULL"), index=True
    )
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    text: Mapped[str] = mapped_column(default="")
    language: Mapped[str]
    answered_at: Mapped[datetime | None]
    standing: Mapped[Word | None] = mapped_column(enum_column(Word, name="standing"))
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    decided_at: Mapped[datetime | None]
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}
