"""How an event's papers look, and the papers that people ask for."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Texts, enum_column
from eventhub.kit.files import StoredFile
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.models import TAKES_PART, Registration, State

LIFE = timedelta(hours=24)
"""How long a paper can be fetched (SAFETY.md property 6)."""

LAST_HOUR = timedelta(hours=1)
"""Whoever asks for a paper again while it has less left gets another one."""
SLOW = timedelta(minutes=10)
"""How long a paper may be in the making before something is wrong."""


class Kind(StrEnum):
    """What is printed."""

    BADGES = "badges"
    CONFIRMATION = "confirmation"
    VISA_LETTER = "visa_letter"
    CERTIFICATE = "certificate"
    PARTICIPANTS = "participants"


class Layout(StrEnum):
    """The paper that badges come on. A card is 85.6 × 53.98 mm (ISO/IEC 7810 ID-1)."""

    A6 = "a6"
    CARD = "card"
    SHEET_4 = "sheet_4"
    SHEET_8 = "sheet_8"


class BadgeName(StrEnum):
    """Which name stands on a badge (DOMAIN.md rule 9)."""

    PUBLIC = "public"
    LEGAL = "legal"


class Problem(StrEnum):
    """Why a paper was not made."""

    NOBODY = "nobody"
    TOO_MANY = "too_many"
    UNPRINTABLE = "unprintable"
    GONE = "gone"
    NOT_YOURS = "not_yours"


GIVEN_IN: dict[Kind, frozenset[State]] = {
    Kind.CONFIRMATION: frozenset(
        {
            State.SUBMITTED,
            State.AWAITING_FOCAL_POINT,
            State.UNDER_REVIEW,
            State.INFO_REQUESTED,
            State.WAITLISTED,
            State.OFFERED,
        }
    )
    | TAKES_PART,
    Kind.VISA_LETTER: frozenset({State.ACCREDITED, State.BADGE_ISSUED}),
    Kind.CERTIFICATE: frozenset({State.ATTENDED}),
}
"""In which states of a registration its owner gets a paper."""


class PaperSetup(Base):
    """How the papers of one event look, and who signs them. An event without a row has the values of ``default``."""

    __tablename__ = "paper_setup"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    badge_name: Mapped[BadgeName] = mapped_column(enum_column(BadgeName, name="badge_name"), default=BadgeName.PUBLIC)
    layout: Mapped[Layout] = mapped_column(enum_column(Layout, name="layout"), default=Layout.SHEET_4)
    photos: Mapped[bool] = mapped_column(default=False)
    host: Mapped[Texts] = mapped_column(default=dict)
    signatory: Mapped[str | None]
    signatory_title: Mapped[Texts] = mapped_column(default=dict)
    contact: Mapped[str | None]


class PaperOrder(Base):
    """One paper, or one batch of badges, that somebody asked for. Only the owner can fetch it, for ``LIFE``.

    ``registration_id`` is whose paper it is, where it is one person's. ``filters`` are codes of the desk's list;
    ``left_out`` names references and the signs that no font has, never a name.

    A batch of badges is frozen when it is asked for: ``badge_name`` and ``photos`` are the event's rule of that moment,
    ``sight`` is what its owner saw. ``edition`` rises when somebody named in the file hides, changes the public name or
    withdraws: the file is then made anew, with ``stale_at`` set until it is, and nothing of the order changes:
    ``number`` and ``left_out`` stay those of the first file. ``noted_edition`` is the last edition whose sealed
    photographs stand in the record. ``made_from`` is a digest of what one's own paper says, as it was read for it.
    """

    __tablename__ = "paper_order"
    __table_args__ = (
        Index("ix_paper_order_owner", "owner_id", "event_id", "asked_at"),
        Index("ix_paper_order_event", "event_id"),
        CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name="made_has_file"),
        CheckConstraint("made_at IS NULL OR problem IS NULL", name="made_or_problem"),
        CheckConstraint(
            "kind <> 'badges' OR is_sample OR (badge_name IS NOT NULL AND sight IS NOT NULL)", name="badges_are_frozen"
        ),
    )

    id: Mapped[Id]
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, name="kind"))
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    registration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    language: Mapped[str]
    layout: Mapped[Layout | None] = mapped_column(enum_column(Layout, name="layout"))
    is_sample: Mapped[bool] = mapped_column(default=False)
    with_document: Mapped[bool] = mapped_column(default=False)
    public_name: Mapped[bool] = mapped_column(default=True)
    filters: Mapped[Json] = mapped_column(default=dict)
    badge_name: Mapped[BadgeName | None] = mapped_column(enum_column(BadgeName, name="badge_name"))
    photos: Mapped[bool] = mapped_column(default=False)
    sight: Mapped[Sight | None] = mapped_column(enum_column(Sight, name="sight"))
    edition: Mapped[int] = mapped_column(default=1)
    stale_at: Mapped[datetime | None]
    made_from: Mapped[bytes | None] = mapped_column(LargeBinary)
    noted_edition: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    made_at: Mapped[datetime | None]
    problem: Mapped[Problem | None] = mapped_column(enum_column(Problem, name="problem"))
    number: Mapped[int | None]
    left_out: Mapped[list[Json]] = mapped_column(default=list)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))

    event: Mapped[Event] = relationship(lazy="raise")
    registration: Mapped[Registration | None] = relationship(lazy="raise")
    owner: Mapped[Person] = relationship(foreign_keys=[owner_id], lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        """Whether it is still being made for the first time."""
        return self.made_at is None and self.problem is None


class PaperBearer(Base):
    """Whose name one batch or list holds. It is never widened: a file that is made anew names nobody else."""

    __tablename__ = "paper_bearer"
    __table_args__ = (Index("ix_paper_bearer_registration", "registration_id"),)

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper_order.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )


def default(event_id: uuid.UUID) -> PaperSetup:
    """The look of an event whose papers nobody has set up."""
    return PaperSetup(
        event_id=event_id,
        badge_name=BadgeName.PUBLIC,
        layout=Layout.SHEET_4,
        photos=False,
        host={},
        signatory=None,
        signatory_title={},
        contact=None,
    )
