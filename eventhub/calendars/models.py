"""Calendar entries with their stored blobs, feed addresses, the sessions people chose, and invites."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column
from eventhub.people.models import Person
from eventhub.programme.models import Session


class EntryStatus(StrEnum):
    """STATUS of RFC 5545."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class Method(StrEnum):
    """iTIP methods we send (RFC 5546)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Partstat(StrEnum):
    """What an attendee answered."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


class Audience(StrEnum):
    """For whom a blob was made: everybody, or a discreet person (neutral words)."""

    PUBLIC = "public"
    NEUTRAL = "neutral"


class Choice(StrEnum):
    """How a person means to attend a session."""

    GOING = "going"
    MAYBE = "maybe"


class Word(StrEnum):
    """What came by mail and is the organisers' to judge."""

    UNPROVEN = "unproven"
    COUNTER = "counter"
    FULL = "full"
    """A yes that found no place."""


class CalendarEntry(Base):
    """One session's entry in calendars: an immutable UID, and the revision it stands at.

    ``related_uid`` is the first entry of its series or event. ``location_digest`` is made of the place and the join
    link, ``text_digest`` of all words in six languages: what they were when the blobs were written. ``raised_at``:
    when times, place or join link changed last, to the microsecond.
    """

    __tablename__ = "calendar_entry"
    __table_args__ = (
        UniqueConstraint("uid"),
        CheckConstraint("sequence >= 0", name="sequence_not_negative"),
        Index("ix_calendar_entry_session", "session_id"),
        Index("ix_calendar_entry_live", "session_id", unique=True, postgresql_where="status <> 'CANCELLED'"),
    )

    id: Mapped[Id]
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    uid: Mapped[str]
    related_uid: Mapped[str | None]
    sequence: Mapped[int] = mapped_column(default=0)
    dtstamp: Mapped[datetime]
    created: Mapped[datetime]
    last_modified: Mapped[datetime]
    status: Mapped[EntryStatus] = mapped_column(enum_column(EntryStatus, name="status"))
    starts_local: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    ends_local: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    time_zone: Mapped[str]
    starts_fold: Mapped[int] = mapped_column(default=0)
    ends_fold: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    raised_at: Mapped[datetime | None]
    location_digest: Mapped[bytes] = mapped_column(LargeBinary)
    text_digest: Mapped[bytes] = mapped_column(LargeBinary)

    session: Mapped[Session] = relationship(lazy="raise")


class EntryBlob(Base):
    """The serialised VEVENT of an entry for one language and audience; feeds join these.

    ``digest`` stands for the bytes where an ETag is asked for; ``zone`` is the VTIMEZONE they need, if any. The blob
    for discreet persons holds a placeholder where each person's own UID goes.
    """

    __tablename__ = "entry_blob"

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calendar_entry.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[Audience] = mapped_column(enum_column(Audience, name="audience"), primary_key=True)
    zone: Mapped[str | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Feed(Base):
    """A person's private feed address. Only the token's hash is stored; a new token revokes the old one."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_feed_live", "person_id", unique=True, postgresql_where="revoked_at IS NULL"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class ChosenSession(Base):
    """A session that a person put into "My sessions".

    ``raised`` counts changes of mind. A maybe is TENTATIVE in this person's feed, with stamps of ``changed_at``; its
    SEQUENCE does not rise with one's own word, since a later mail of the same UID would then seem older.
    """

    __tablename__ = "chosen_session"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    choice: Mapped[Choice] = mapped_column(enum_column(Choice, name="choice"), default=Choice.GOING)
    at: Mapped[datetime] = mapped_column(default=now)
    raised: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None]


class SessionWait(Base):
    """Somebody who waits for a place in a full session, by the time of asking."""

    __tablename__ = "session_wait"
    __table_args__ = (Index("ix_session_wait_person", "person_id"),)

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)


class Invite(Base):
    """A person's invitation by mail to one entry, and what the person answered last.

    ``raised`` is added to the entry's SEQUENCE in this person's mails and feed: taking one person off, and back on,
    must rise for that person alone (RFC 5546 section 3.2.5).
    """

    __tablename__ = "invite"
    __table_args__ = (UniqueConstraint("entry_id", "person_id"), UniqueConstraint("token_hash"))

    id: Mapped[Id]
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calendar_entry.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    raised: Mapped[int] = mapped_column(default=0)
    partstat: Mapped[Partstat] = mapped_column(enum_column(Partstat, name="partstat"), default=Partstat.NEEDS_ACTION)
    answered_at: Mapped[datetime | None]
    answer_dtstamp: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    entry: Mapped[CalendarEntry] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class TakenOff(StrEnum):
    """Why an entry leaves the calendar of one person."""

    WITHDRAWN = "withdrawn"
    LEFT_OUT = "left_out"
    FOR_OTHERS = "for_others"


class InviteMail(Base):
    """One iMIP mail owed: the key keeps the same one from being queued twice."""

    __tablename__ = "invite_mail"
    __table_args__ = (UniqueConstraint("invite_id", "sequence", "dtstamp", "method"),)

    id: Mapped[Id]
    invite_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("invite.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    dtstamp: Mapped[datetime]
    method: Mapped[Method] = mapped_column(enum_column(Method, name="method"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    why: Mapped[TakenOff | None] = mapped_column(enum_column(TakenOff, name="why"))
    """Of a CANCEL to one person: as it was when the person was taken off, whatever changes before the mail goes out."""
    told: Mapped[Json | None]
    """When and where the mail said that it is, for the next one to name what it was; None for one never written."""

    invite: Mapped[Invite] = relationship(lazy="raise")


class ArrivedReply(Base):
    """A mail to an invite's address that nobody has read yet; its task reads it and deletes the row.

    ``invite_id`` is what the secret in the address found; None for the address without one.
    """

    __tablename__ = "arrived_reply"

    id: Mapped[Id]
    invite_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invite.id", ondelete="CASCADE"), index=True)
    arrived_at: Mapped[datetime] = mapped_column(default=now)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class InviteWord(Base):
    """What an invited person, or somebody in their name, said by mail and an organiser decides: another time, an answer
    whose sender is not proven, or a yes that found no place. The newest of each kind; it is deleted once decided.
    ``sender``: the mailbox that answered, where it is not the invited one.
    """

    __tablename__ = "invite_word"
    __table_args__ = (UniqueConstraint("invite_id", "kind"),)

    id: Mapped[Id]
    invite_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("invite.id", ondelete="CASCADE"))
    kind: Mapped[Word] = mapped_column(enum_column(Word, name="kind"))
    partstat: Mapped[Partstat | None] = mapped_column(enum_column(Partstat, name="partstat"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    sender: Mapped[str | None]
    dtstamp: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)

    invite: Mapped[Invite] = relationship(lazy="raise")


class Reminding(Base):
    """When a person wants to be reminded of sessions: minutes before each begins; None for not at all."""

    __tablename__ = "reminding"
    __table_args__ = (
        CheckConstraint("in_calendar > 0", name="in_calendar_before"),
        CheckConstraint("by_mail > 0", name="by_mail_before"),
        Index("ix_reminding_by_mail", "by_mail"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    in_calendar: Mapped[int | None]
    by_mail: Mapped[int | None]
