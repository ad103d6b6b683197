"""Mailings, the line of each person in their log, and who wants no more of those that may be stopped."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Texts, enum_column
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration


class Kind(StrEnum):
    """What a mailing is about, and so whether somebody may stop such mails."""

    SERVICE = "service"
    """About one's own registration: everybody gets it."""

    NEWS = "news"
    """News of the event: whoever stopped such mails gets none."""

    INVITATION = "invitation"
    """To something else than this event: only to those who agreed to be written to about events to come."""


MAY_STOP = frozenset({Kind.NEWS, Kind.INVITATION})
"""Kinds that carry List-Unsubscribe."""


class Stage(StrEnum):
    """Where a mailing stands (the table of moves is ``MOVES``)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    STOPPED = "stopped"
    DONE = "done"


MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.SCHEDULED}),
    Stage.SCHEDULED: frozenset({Stage.DRAFT, Stage.SENDING}),
    Stage.SENDING: frozenset({Stage.STOPPED, Stage.DONE}),
    Stage.STOPPED: frozenset({Stage.SENDING}),
    Stage.DONE: frozenset({Stage.SENDING}),
}
"""Scheduled goes back to draft when somebody calls it back before it begins; done goes back to sending when those who
were not reached are written to again."""


class Outcome(StrEnum):
    """What became of the mail to one person."""

    WAITING = "waiting"
    SENT = "sent"
    PUT_OFF = "put_off"
    """The mail server refused for now; it is tried again by itself for 72 hours."""

    REFUSED = "refused"
    """The mail server refused for good."""

    GIVEN_UP = "given_up"
    """It could not be sent, and no further try is made by itself."""

    BOUNCED = "bounced"
    """It was sent, and came back."""

    SKIPPED = "skipped"


NOT_REACHED = frozenset({Outcome.REFUSED, Outcome.GIVEN_UP, Outcome.BOUNCED})
UNDER_WAY = frozenset({Outcome.WAITING, Outcome.PUT_OFF})


class Why(StrEnum):
    """Why somebody got no mail."""

    NO_ADDRESS = "no_address"
    STOPPED = "stopped"
    """The person stopped such mails."""

    NOT_AGREED = "not_agreed"
    ENDED = "ended"
    """The registration was withdrawn or is not among those meant any more."""

    NOTHING = "nothing"
    """Nothing was left to send when its turn came."""


class Mailing(Base):
    """One text to many people of an event. ``audience`` says to whom (audience.py), until it begins: then those are the
    lines of its log, and nothing of the mailing changes any more.
    """

    __tablename__ = "mailing"
    __table_args__ = (
        Index("ix_mailing_event", "event_id", "created_at"),
        Index("ix_mailing_open", "stage", postgresql_where="stage IN ('scheduled', 'sending')"),
        Index("ix_mailing_delete_after", "delete_after"),
        CheckConstraint("stage <> 'scheduled' OR send_at IS NOT NULL", name="scheduled_for"),
        CheckConstraint("(begun_at IS NULL) = (stage IN ('draft', 'scheduled'))", name="begun_when_sending"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, name="kind"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"), default=Stage.DRAFT)
    original_language: Mapped[str]
    subject: Mapped[Texts] = mapped_column(default=dict)
    text: Mapped[Texts] = mapped_column(default=dict)
    audience: Mapped[Json] = mapped_column(default=dict)
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    send_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    delete_after: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class MailingLine(Base):
    """One person in the log of a mailing: one mail, however often anything is tried again.

    ``promised_at`` is set when its mail was handed to the outbox, under a key made of the line and ``round``; a new
    round begins only where the mail before it did not arrive, or was held back before anything was sent.
    """

    __tablename__ = "mailing_line"
    __table_args__ = (
        UniqueConstraint("mailing_id", "person_id"),
        Index("ix_mailing_line_person", "person_id"),
        Index("ix_mailing_line_registration", "registration_id"),
        Index("ix_mailing_line_state", "mailing_id", "state"),
        CheckConstraint("(state = 'skipped') = (why IS NOT NULL)", name="skipped_why"),
        CheckConstraint("round >= 0", name="round_not_negative"),
    )

    id: Mapped[Id]
    mailing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    state: Mapped[Outcome] = mapped_column(enum_column(Outcome, name="state"), default=Outcome.WAITING)
    why: Mapped[Why | None] = mapped_column(enum_column(Why, name="why"))
    round: Mapped[int] = mapped_column(default=0)
    promised_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    moved_at: Mapped[datetime] = mapped_column(default=now)

    mailing: Mapped[Mailing] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    registration: Mapped[Registration] = relationship(lazy="raise")


class MailPreference(Base):
    """Whether a person wants mails that may be stopped: ``stopped_at`` is set while not. Of the link's token only its
    hash is kept.
    """

    __tablename__ = "mail_preference"
    __table_args__ = (UniqueConstraint("token_hash"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    stopped_at: Mapped[datetime | None]
