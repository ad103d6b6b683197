"""Gates and their rules, phones at the doors, scans as rows, entries derived from them; and who joined online."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.programme.models import Session
from eventhub.registration.models import Registration, State

MAY_ENTER = frozenset({State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED})
"""Whoever was in once comes again: on the second day, to a session."""


class Verdict(StrEnum):
    """What a scan led to. Whether it was the first one or somebody already in is derived from the entry."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why somebody was not let in."""

    UNREADABLE = "unreadable"
    OTHER_EVENT = "other_event"
    UNKNOWN = "unknown"
    NOT_ACCREDITED = "not_accredited"
    """Whatever the state: the door learns no more than that."""
    CATEGORY = "category"
    MODE = "mode"
    FULL = "full"
    CLOSED = "closed"
    """The gate is closed, or it is not its day."""
    NO_LIST = "no_list"
    """The phone had neither a connection nor a list that still held."""


class Source(StrEnum):
    """How the reference came in."""

    TYPED = "typed"
    CAMERA = "camera"
    DESK = "desk"
    """A walk-in, registered at the door."""


@dataclass(frozen=True, order=True)
class GateKey:
    """A gate: one day of an event, or one session. Several doors of the same day are one gate."""

    day: date | None = None
    session_id: uuid.UUID | None = None

    def __str__(self) -> str:
        return self.day.isoformat() if self.day else str(self.session_id)

    @classmethod
    def read(cls, text: str) -> "GateKey | None":
        """A gate from an address: ``2026-11-26`` or the id of a session. None when it is neither."""
        try:
            return cls(day=date.fromisoformat(text)) if len(text) == 10 else cls(session_id=uuid.UUID(text))
        except ValueError:
            return None


ONE_GATE = "(day IS NULL) <> (session_id IS NULL)"


class GateRule(Base):
    """Who may pass a gate. A gate without a row is open to everybody who attends in person.

    Empty ``categories`` or ``modes`` mean all. The row is locked while places at the gate are counted.
    """

    __tablename__ = "gate_rule"
    __table_args__ = (
        CheckConstraint(ONE_GATE, name="one_gate"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity_not_negative"),
        UniqueConstraint("event_id", "day", "session_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    day: Mapped[date | None]
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    categories: Mapped[list[str]] = mapped_column(default=list)
    modes: Mapped[list[str]] = mapped_column(default=list)
    capacity: Mapped[int | None]
    closed: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def key(self) -> GateKey:
        """Which gate it is for."""
        return GateKey(self.day, self.session_id)


class Device(Base):
    """A browser at a door, with the list it was given last. The list itself is kept nowhere: it is signed.

    ``fresh_until``: whoever's list is older shows nothing any more.
    """

    __tablename__ = "check_in_device"
    __table_args__ = (Index("ix_check_in_device_event", "event_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    first_seen_at: Mapped[datetime] = mapped_column(default=now)
    listed_at: Mapped[datetime | None]
    fresh_until: Mapped[datetime | None]
    offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    """The server's clock less the phone's, when it last spoke to us."""


class Scan(Base):
    """One reading of one badge, whatever came of it. Rows are only added; a nonce sent twice is one row.

    ``device_at`` is the phone's own clock; ``scanned_at`` is that clock put right (clocks.py), ``shown`` what the phone
    said at the door when it could not ask. ``read_digest`` tells repeats of an unknown reference apart, no more.
    ``waived`` is the rule of the gate that somebody was let in against by a phone: for somebody to look at.
    """

    __tablename__ = "check_in_scan"
    __table_args__ = (
        UniqueConstraint("device_id", "nonce"),
        CheckConstraint(ONE_GATE, name="one_gate"),
        CheckConstraint("(verdict = 'refused') = (reason IS NOT NULL)", name="refused_with_reason"),
        Index("ix_check_in_scan_gate", "event_id", "scanned_at"),
        Index("ix_check_in_scan_registration", "registration_id"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    day: Mapped[date | None]
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    device_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_device.id", ondelete="CASCADE"))
    nonce: Mapped[uuid.UUID]
    source: Mapped[Source] = mapped_column(enum_column(Source, name="source"))
    registration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))
    read_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    device_at: Mapped[datetime]
    listed_offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    sent_offset_ms: Mapped[int] = mapped_column(BigInteger)
    scanned_at: Mapped[datetime]
    clock_doubtful: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(default=now)
    offline: Mapped[bool] = mapped_column(default=False)
    shown: Mapped[Verdict | None] = mapped_column(enum_column(Verdict, name="shown"))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict, name="verdict"))
    reason: Mapped[Refusal | None] = mapped_column(enum_column(Refusal, name="reason"))
    over_capacity: Mapped[bool] = mapped_column(default=False)
    waived: Mapped[Refusal | None] = mapped_column(enum_column(Refusal, name="waived"))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))

    registration: Mapped[Registration | None] = relationship(lazy="raise")
    session: Mapped[Session | None] = relationship(lazy="raise")

    @property
    def key(self) -> GateKey:
        """Which gate it was at."""
        return GateKey(self.day, self.session_id)


class Entry(Base):
    """That somebody was there: one row per registration and gate, by the first accepted scan."""

    __tablename__ = "check_in_entry"
    __table_args__ = (
        CheckConstraint(ONE_GATE, name="one_gate"),
        UniqueConstraint("registration_id", "day", "session_id", postgresql_nulls_not_distinct=True),
        Index("ix_check_in_entry_gate", "event_id", "day", "session_id"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    day: Mapped[date | None]
    session_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    scan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("check_in_scan.id", ondelete="CASCADE"), index=True)
    entered_at: Mapped[datetime]


class Joined(Base):
    """That somebody took part online: one row per registration and session, by the first press on its page."""

    __tablename__ = "online_attendance"
    __table_args__ = (UniqueConstraint("registration_id", "session_id"), Index("ix_online_attendance", "session_id"))

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    joined_at: Mapped[datetime]
