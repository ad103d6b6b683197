"""What was asked for, what conference services provide, and where each visa stands."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.programme.models import Session
from eventhub.registration.models import Registration

LEAD_DAYS = 3
"""Working days before the first day on which a service is needed, where an event says nothing else."""


class Kind(StrEnum):
    """What somebody may need to take part."""

    SIGN_LANGUAGE = "sign_language"
    CAPTIONING = "captioning"
    INTERPRETATION = "interpretation"
    WHEELCHAIR = "wheelchair"
    ASSISTANT = "assistant"
    LARGE_PRINT = "large_print"
    QUIET_ROOM = "quiet_room"
    TELEPHONE = "telephone"
    DIET = "diet"
    OTHER = "other"


class Status(StrEnum):
    """Where a wish or a service stands (the table of moves is ``MOVES``)."""

    ASKED = "asked"
    NOTED = "noted"
    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    NOT_POSSIBLE = "not_possible"
    TAKEN_BACK = "taken_back"


MOVES: dict[Status, frozenset[Status]] = {
    Status.ASKED: frozenset(
        {Status.NOTED, Status.ORDERED, Status.CONFIRMED, Status.NOT_POSSIBLE, Status.TAKEN_BACK},
    ),
    Status.NOTED: frozenset({Status.ORDERED, Status.CONFIRMED, Status.NOT_POSSIBLE, Status.TAKEN_BACK}),
    Status.ORDERED: frozenset({Status.CONFIRMED, Status.NOT_POSSIBLE, Status.TAKEN_BACK}),
    Status.CONFIRMED: frozenset({Status.DELIVERED, Status.NOT_POSSIBLE, Status.TAKEN_BACK}),
    Status.DELIVERED: frozenset(),
    Status.NOT_POSSIBLE: frozenset({Status.NOTED, Status.ORDERED, Status.CONFIRMED, Status.TAKEN_BACK}),
    Status.TAKEN_BACK: frozenset(),
}
"""Whoever asks again for what was taken back makes a new wish: the order of the old one may have to be cancelled."""

BY_DESK = (Status.NOTED, Status.ORDERED, Status.CONFIRMED, Status.DELIVERED, Status.NOT_POSSIBLE)
"""What the desk may say, in the order of its buttons."""

TO_ORDER = frozenset({Status.ASKED, Status.NOTED})
"""Nobody has ordered it yet."""

OPEN = frozenset({Status.ASKED, Status.NOTED, Status.ORDERED, Status.CONFIRMED, Status.NOT_POSSIBLE})
"""The person may still change it or take it back, until it is due."""


class Need(Base):
    """One thing that one person needs for an event, or for one session of it.

    What it is stands in ``sealed`` alone, with the person's key: it says something about health (wishes.py reads it).
    ``answer`` is what the person is told where it is not possible, sealed likewise. ``on_form``: whether the answers of
    the registration asked for it when they were last read. ``ordered_at`` stays when an ordered wish is taken back,
    until the desk has cancelled the order.
    """

    __tablename__ = "access_need"
    __table_args__ = (
        Index("ix_access_need_registration", "registration_id"),
        Index("ix_access_need_delete_after", "delete_after"),
    )

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[Status] = mapped_column(enum_column(Status, name="status"), default=Status.ASKED)
    on_form: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    moved_at: Mapped[datetime] = mapped_column(default=now)
    ordered_at: Mapped[datetime | None]
    delete_after: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    registration: Mapped[Registration] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class SessionService(Base):
    """How far the desk has come with a service that the programme announces for a session. Without a row nobody has
    begun. ``code`` is a code of extra_interpretation, or ``interpretation`` for the languages of the session.
    """

    __tablename__ = "session_service"
    __table_args__ = (
        UniqueConstraint("session_id", "code"),
        CheckConstraint("code ~ '^[a-z_]{1,60}$'", name="code_plain"),
    )

    id: Mapped[Id]
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    code: Mapped[str]
    status: Mapped[Status] = mapped_column(enum_column(Status, name="status"), default=Status.ASKED)
    languages: Mapped[list[str]] = mapped_column(default=list)
    moved_at: Mapped[datetime] = mapped_column(default=now)
    ordered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    session: Mapped[Session] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class ArrangementSetup(Base):
    """How long before it is needed a service must be ordered. An event without a row has ``LEAD_DAYS``."""

    __tablename__ = "arrangement_setup"
    __table_args__ = (CheckConstraint("lead_days BETWEEN 0 AND 60", name="lead_days_bounded"),)

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    lead_days: Mapped[int]


class VisaStatus(StrEnum):
    """Where somebody's visa stands (the table of moves is ``VISA_MOVES``)."""

    NOT_NEEDED = "not_needed"
    ASKED = "asked"
    LETTER_SENT = "letter_sent"
    APPLIED = "applied"
    GRANTED = "granted"
    REFUSED = "refused"


VISA_MOVES: dict[VisaStatus | None, frozenset[VisaStatus]] = {
    None: frozenset(VisaStatus),
    VisaStatus.NOT_NEEDED: frozenset(VisaStatus) - {VisaStatus.NOT_NEEDED},
    VisaStatus.ASKED: frozenset(
        {VisaStatus.NOT_NEEDED, VisaStatus.LETTER_SENT, VisaStatus.APPLIED, VisaStatus.GRANTED, VisaStatus.REFUSED}
    ),
    VisaStatus.LETTER_SENT: frozenset(
        {VisaStatus.NOT_NEEDED, VisaStatus.APPLIED, VisaStatus.GRANTED, VisaStatus.REFUSED}
    ),
    VisaStatus.APPLIED: frozenset({VisaStatus.NOT_NEEDED, VisaStatus.GRANTED, VisaStatus.REFUSED}),
    VisaStatus.GRANTED: frozenset({VisaStatus.REFUSED}),
    VisaStatus.REFUSED: frozenset({VisaStatus.APPLIED, VisaStatus.GRANTED}),
}
"""Whoever was refused may apply again; a visa that was granted can be taken away."""

TOLD = (VisaStatus.NOT_NEEDED, VisaStatus.ASKED, VisaStatus.APPLIED, VisaStatus.GRANTED, VisaStatus.REFUSED)
"""What a person says; the letter is ours to say."""


class Visa(Base):
    """Where one person's visa stands for an event, with the days of it. Nothing of a passport stands here."""

    __tablename__ = "visa"
    __table_args__ = (Index("ix_visa_delete_after", "delete_after"),)

    registration_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    status: Mapped[VisaStatus] = mapped_column(enum_column(VisaStatus, name="status"))
    asked_on: Mapped[date | None]
    letter_on: Mapped[date | None]
    applied_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)
    delete_after: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    registration: Mapped[Registration] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}
