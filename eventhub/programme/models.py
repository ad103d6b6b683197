"""Series, events, sessions with agenda items and panellists, venues, documents, and the search index."""

import uuid
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Texts, enum_column
from eventhub.kit.files import StoredFile


class EventKind(StrEnum):
    """What sort of event it is."""

    FORUM = "forum"
    REGIONAL_FORUM = "regional_forum"
    DIALOGUE = "dialogue"
    SEMINAR = "seminar"
    TRAINING = "training"
    KNOWLEDGE_EXCHANGE = "knowledge_exchange"


class Mode(StrEnum):
    """How people come together."""

    IN_PERSON = "in_person"
    HYBRID = "hybrid"
    ONLINE = "online"


class Publication(StrEnum):
    """Whether the public sees it. A cancelled thing stays visible, marked."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


PUBLICATION_MOVES: dict[Publication, frozenset[Publication]] = {
    Publication.DRAFT: frozenset({Publication.PUBLISHED}),
    Publication.PUBLISHED: frozenset({Publication.CANCELLED}),
    Publication.CANCELLED: frozenset(),
}


class SessionKind(StrEnum):
    """What happens in a slot of the programme; a break is drawn quietly and has no entry in calendars."""

    PLENARY = "plenary"
    PANEL = "panel"
    SIDE_EVENT = "side_event"
    BRIEFING = "briefing"
    BREAK = "break"


class Series(Base):
    """A row of events: the Forum's yearly sessions, the regional forums, the dialogues."""

    __tablename__ = "series"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[Texts]
    summary: Mapped[Texts] = mapped_column(default=dict)
    original_language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(default=now)

    events: Mapped[list["Event"]] = relationship(back_populates="series", lazy="raise")


class Event(Base):
    """One event, on one or more days, in one time zone. Texts are kept per language."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        Index("ix_event_days", "first_day"),
    )

    id: Mapped[Id]
    series_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("series.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind, name="kind"))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode, name="mode"))
    publication: Mapped[Publication] = mapped_column(
        enum_column(Publication, name="publication"), default=Publication.DRAFT
    )
    original_language: Mapped[str] = mapped_column(default="en")
    title: Mapped[Texts]
    lead: Mapped[Texts] = mapped_column(default=dict)
    description: Mapped[Texts] = mapped_column(default=dict)
    practical: Mapped[Texts] = mapped_column(default=dict)
    access_services: Mapped[Texts] = mapped_column(default=dict)
    city: Mapped[Texts] = mapped_column(default=dict)
    venue: Mapped[Texts] = mapped_column(default=dict)
    country: Mapped[str | None]
    time_zone: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    interpretation: Mapped[list[str]] = mapped_column(default=list)
    copied_from_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("event.id", ondelete="SET NULL"))
    cancelled_reason: Mapped[Texts] = mapped_column(default=dict)
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    series: Mapped[Series] = relationship(back_populates="events", lazy="raise")
    sessions: Mapped[list["Session"]] = relationship(back_populates="event", lazy="raise", order_by="Session.starts_at")
    documents: Mapped[list["Document"]] = relationship(
        back_populates="event", lazy="raise", order_by="Document.position"
    )

    __mapper_args__ = {"version_id_col": version}


PREPARATION = timedelta(days=7)
"""A preparatory day is one of so many before the first day of an event on which it has a session. It belongs to the
event: it stands in the programme, in calendars and at the gates; the event's own days stay what they are called."""


class Room(Base):
    """A room of a venue, or an online room."""

    __tablename__ = "room"

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    name: Mapped[Texts]
    capacity: Mapped[int | None]
    step_free: Mapped[bool] = mapped_column(default=True)


class ClockDoubt(StrEnum):
    """Whether somebody said when a session is whose time the clocks there skip or show twice."""

    OPEN = "open"
    """Nobody has: new rules of the zone, or a move by days, put it there. It stays at the instant it had."""

    SETTLED = "settled"
    """The time comes twice, and an organiser chose one of the two."""


OVERTIME = timedelta(minutes=30)
"""How long after its end an online room still lets people in: sessions run over, and connections break."""


class Session(Base):
    """One sitting of the programme. Local wall time and zone are the truth; ``starts_at`` is derived from them."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("opens_before BETWEEN 0 AND 240", name="opens_before_in_minutes"),
        CheckConstraint("places > 0", name="places_positive"),
        CheckConstraint("places_taken >= 0", name="taken_not_negative"),
        CheckConstraint("places IS NULL OR places_taken <= places", name="taken_within_places"),
        CheckConstraint("places IS NULL OR NOT chosen_beforehand", name="places_are_chosen"),
        Index("ix_session_event_start", "event_id", "starts_at"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    room_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("room.id", ondelete="SET NULL"))
    kind: Mapped[SessionKind] = mapped_column(enum_column(SessionKind, name="kind"))
    publication: Mapped[Publication] = mapped_column(
        enum_column(Publication, name="publication"), default=Publication.DRAFT
    )
    title: Mapped[Texts]
    summary: Mapped[Texts] = mapped_column(default=dict)
    description: Mapped[Texts] = mapped_column(default=dict)
    starts_local: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    ends_local: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    time_zone: Mapped[str]
    starts_fold: Mapped[int] = mapped_column(default=0)
    ends_fold: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    clock_doubt: Mapped[ClockDoubt | None] = mapped_column(enum_column(ClockDoubt, name="clock_doubt"))
    """None where the clock shows both times once, as on nearly every day."""
    join_link: Mapped[str | None]
    dial_in: Mapped[str | None]
    """How to take part by telephone: numbers and the code of the room, as the provider gives them."""
    opens_before: Mapped[int] = mapped_column(default=15)
    """Minutes before the start at which the link is given out."""
    interpretation: Mapped[list[str]] = mapped_column(default=list)
    access_services: Mapped[list[str]] = mapped_column(default=list)
    chosen_beforehand: Mapped[bool] = mapped_column(default=False)
    places: Mapped[int | None]
    """How many may choose it surely; None for no limit."""
    places_taken: Mapped[int] = mapped_column(default=0)
    """How many have, while there is a limit: triggers count, a CHECK bounds."""
    for_categories: Mapped[list[str]] = mapped_column(default=list)
    """The categories of participants it is for, by code; all where it is empty."""
    cancelled_reason: Mapped[Texts] = mapped_column(default=dict)
    cancelled_at: Mapped[datetime | None]
    """The event's own instant where the session was called off with it."""
    changed_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(back_populates="sessions", lazy="raise")
    room: Mapped[Room | None] = relationship(lazy="raise")
    items: Mapped[list["AgendaItem"]] = relationship(
        back_populates="session", lazy="raise", order_by="AgendaItem.position"
    )
    panellists: Mapped[list["Panellist"]] = relationship(
        back_populates="session", lazy="raise", order_by="Panellist.position"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_full(self) -> bool:
        """Whether all its places are taken."""
        return self.places is not None and self.places_taken >= self.places

    @property
    def room_opens_at(self) -> datetime:
        """When the link to join online is given out."""
        return self.starts_at - timedelta(minutes=self.opens_before)

    @property
    def room_closes_at(self) -> datetime:
        """When it is given out no more."""
        return self.ends_at + OVERTIME


class AgendaItem(Base):
    """A point of the agenda taken up in a session."""

    __tablename__ = "agenda_item"

    id: Mapped[Id]
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[Texts]

    session: Mapped[Session] = relationship(back_populates="items", lazy="raise")


class Panellist(Base):
    """Somebody on the panel, by the name to be shown in public."""

    __tablename__ = "panellist"

    id: Mapped[Id]
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    function: Mapped[Texts] = mapped_column(default=dict)

    session: Mapped[Session] = relationship(back_populates="panellists", lazy="raise")


class Document(Base):
    """A document of an event, in one or more languages."""

    __tablename__ = "document"

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    symbol: Mapped[str | None]
    kind: Mapped[str]
    title: Mapped[Texts]
    original_language: Mapped[str] = mapped_column(default="en")
    position: Mapped[int] = mapped_column(default=0)
    publication: Mapped[Publication] = mapped_column(
        enum_column(Publication, name="publication"), default=Publication.DRAFT
    )
    published_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship(back_populates="documents", lazy="raise")
    versions: Mapped[list["DocumentVersion"]] = relationship(back_populates="document", lazy="raise")


class DocumentVersion(Base):
    """One language of a document. A replaced file stays: published text is frozen (DOMAIN.md rule 10)."""

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "language", "number"),)

    id: Mapped[Id]
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"))
    language: Mapped[str]
    number: Mapped[int] = mapped_column(default=1)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.id"))
    added_at: Mapped[datetime] = mapped_column(default=now)

    document: Mapped[Document] = relationship(back_populates="versions", lazy="raise")
    file: Mapped[StoredFile] = relationship(lazy="raise")


class SearchEntry(Base):
    """What the public search knows of one event, session or document in one language."""

    __tablename__ = "search_entry"
    __table_args__ = (
        Index("ix_search_entry_vector", "vector", postgresql_using="gin"),
        Index("ix_search_entry_plain", "plain", postgresql_using="gin", postgresql_ops={"plain": "gin_trgm_ops"}),
        UniqueConstraint("kind", "object_id", "language"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    object_id: Mapped[uuid.UUID] = mapped_column(index=True)
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    plain: Mapped[str]
    vector: Mapped[str] = mapped_column(TSVECTOR)
    day: Mapped[date]
