"""Who reads for a call, what ties them to files, what they said of each, and what all of it says together."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, enum_column
from eventhub.people.models import Organisation, Person


class Conflict(StrEnum):
    """What ties a reviewer to a file so that somebody else reads it (FUNDING.md, reviewing)."""

    OWN_FILE = "own_file"
    ORGANISATION = "same_organisation"
    NATIONALITY = "nationality"
    VOUCHED = "vouched"
    ACCOUNT = "shared_account"
    FAMILY = "family"
    SUPERVISOR = "supervisor"
    COAUTHOR = "co_author"
    FINANCIAL = "financial"
    OTHER = "other"


DECLARED = (
    *(Conflict.FAMILY, Conflict.ORGANISATION, Conflict.SUPERVISOR),
    *(Conflict.COAUTHOR, Conflict.FINANCIAL, Conflict.OTHER),
)
"""What a reviewer may say of a single file, in the order of the form."""


class Standing(StrEnum):
    """Where one reader's review of one file stands."""

    ASSIGNED = "assigned"
    BEGUN = "begun"
    HANDED_IN = "handed_in"
    ABSTAINED = "abstained"
    RECUSED = "recused"
    VOIDED = "voided"
    TAKEN_BACK = "taken_back"


STEPS: dict[Standing, frozenset[Standing]] = {
    Standing.ASSIGNED: frozenset(
        {Standing.BEGUN, Standing.HANDED_IN, Standing.ABSTAINED, Standing.RECUSED, Standing.TAKEN_BACK}
    ),
    Standing.BEGUN: frozenset({Standing.HANDED_IN, Standing.ABSTAINED, Standing.RECUSED, Standing.TAKEN_BACK}),
    Standing.HANDED_IN: frozenset({Standing.VOIDED}),
    Standing.ABSTAINED: frozenset({Standing.RECUSED}),
    Standing.RECUSED: frozenset(),
    Standing.VOIDED: frozenset(),
    Standing.TAKEN_BACK: frozenset(),
}
"""What was handed in is never changed: others' words were open to its author from then on."""

OPEN = frozenset({Standing.ASSIGNED, Standing.BEGUN})
"""Still to be handed in."""
DONE = frozenset({Standing.HANDED_IN, Standing.ABSTAINED})
STANDS = OPEN | DONE
"""A file in this state is in its reader's list; in any other it does not exist there."""


class PanelMember(Base):
    """Somebody who reads for a call. ``most`` and ``fewest`` are files; ``away_at``: gets nothing new from then on. The
    role FUND_REVIEWER over the call goes with it: without the role this row opens nothing.
    """

    __tablename__ = "fund_panel_member"
    __table_args__ = (
        UniqueConstraint("call_id", "person_id"),
        CheckConstraint("most BETWEEN 0 AND 1000", name="most_in_bounds"),
        CheckConstraint("fewest BETWEEN 0 AND most", name="fewest_below_most"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    languages: Mapped[list[str]] = mapped_column(default=list)
    region: Mapped[str | None]
    country: Mapped[str | None]
    most: Mapped[int] = mapped_column(default=40)
    fewest: Mapped[int] = mapped_column(default=0)
    away_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    joined_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Tie(Base):
    """A conflict, typed and dated: a reviewer declared it, or it was derived from what is known when readers were given
    out. About an organization, a country or one file. It is withdrawn, never deleted. What keeps a reader away is
    always looked up anew (ties.py), so a derived row is the record of it and no more. A declared one is lifted by two
    officers, one who asks and another who agrees (lifting.py), and counts nowhere from then on.
    """

    __tablename__ = "fund_tie"
    __table_args__ = (
        CheckConstraint("num_nonnulls(organisation_id, country, application_id) = 1", name="about_one"),
        CheckConstraint("(lift_asked_by_id IS NULL) = (lift_asked_at IS NULL)", name="lift_asked"),
        CheckConstraint(
            "(lifted_by_id IS NULL) = (lifted_at IS NULL) AND (lifted_by_id IS NULL OR"
            " (withdrawn_at IS NOT NULL AND lift_asked_by_id IS NOT NULL AND lifted_by_id <> lift_asked_by_id))",
            name="lifted_by_two",
        ),
        Index(
            "ix_fund_tie_standing",
            *("call_id", "person_id", "kind", "organisation_id", "country", "application_id"),
            unique=True,
            postgresql_where="withdrawn_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Conflict] = mapped_column(enum_column(Conflict, name="kind"))
    derived: Mapped[bool] = mapped_column(default=False)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    country: Mapped[str | None]
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]
    lift_asked_by_id: Mapped[uuid.UUID | None]
    lift_asked_at: Mapped[datetime | None]
    lifted_by_id: Mapped[uuid.UUID | None]
    lifted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


class Gate(Base):
    """What comes before files open: a reviewer looks at the organizations and countries of those that were given out
    together, and declares ties. Until ``declared_at`` none of them opens.
    """

    __tablename__ = "fund_gate"

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    declared_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship(lazy="raise")


class Review(Base):
    """One reader's review of one file. ``marks`` are points by criterion, each one of its anchors; ``words`` the
    reasons by criterion as JSON, sealed with the applicant's key, since they are about that person. ``points`` is what
    all marks come to, from 0 to 100, once it is handed in; a voided review keeps them, and they count no more.
    ``extra``: the reader was asked because the others disagreed. ``typed_in``: the open page that saved it last.
    """

    __tablename__ = "fund_review"
    __table_args__ = (
        Index(
            "ix_fund_review_standing",
            *("application_id", "person_id"),
            unique=True,
            postgresql_where="state IN ('assigned', 'begun', 'handed_in', 'abstained')",
        ),
        Index("ix_fund_review_person", "person_id", "state"),
        Index("ix_fund_review_call", "call_id", "state"),
        CheckConstraint("(state IN ('handed_in', 'voided')) = (points IS NOT NULL)", name="handed_in_with_points"),
        CheckConstraint("points BETWEEN 0 AND 100", name="points_in_bounds"),
        CheckConstraint("confidence BETWEEN 1 AND 3", name="confidence_in_bounds"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    gate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_gate.id"), index=True)
    state: Mapped[Standing] = mapped_column(enum_column(Standing, name="state"), default=Standing.ASSIGNED)
    marks: Mapped[Json] = mapped_column(default=dict)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    confidence: Mapped[int | None]
    points: Mapped[float | None]
    extra: Mapped[bool] = mapped_column(default=False)
    assigned_at: Mapped[datetime] = mapped_column(default=now)
    saved_at: Mapped[datetime | None]
    typed_in: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    application: Mapped[Application] = relationship(lazy="raise")
    gate: Mapped[Gate] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Draft(Base):
    """Readers for files as a worker worked them out, before an officer gives them out. ``digest`` is the SHA-256 of
    what it was worked out from. ``pairs``: [application, reviewer]; ``figures``: how fair it is; ``refused``: why
    there is none. ``mends``: there were readers already, and only what is missing was given.
    """

    __tablename__ = "fund_readers_draft"
    __table_args__ = (
        Index(
            "ix_fund_readers_draft_open",
            "call_id",
            unique=True,
            postgresql_where="released_at IS NULL AND dropped_at IS NULL",
        ),
        CheckConstraint("released_at IS NULL OR dropped_at IS NULL", name="released_or_dropped"),
        CheckConstraint("released_at IS NULL OR refused IS NULL", name="refused_not_released"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    mends: Mapped[bool] = mapped_column(default=False)
    done_at: Mapped[datetime | None]
    digest: Mapped[str | None]
    pairs: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    removed: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    figures: Mapped[Json] = mapped_column(default=dict)
    refused: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    released_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]


class Scoring(Base):
    """What all reviews of a call say together at one moment: never changed, the newest holds. ``files``: application,
    reviews, raw, calibrated, deviation; ``reviewers``: reviewer, reviews, bias, gain. ``skipped``: why there is no
    calibrated score beside the raw mean (terms.Skipped). ``digest`` is the SHA-256 of the scores it was made from.
    """

    __tablename__ = "fund_scoring"
    __table_args__ = (Index("ix_fund_scoring_newest", "call_id", "at"),)

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    digest: Mapped[str]
    files: Mapped[list[Json]]
    reviewers: Mapped[list[Json]]
    skipped: Mapped[str | None]
    noise: Mapped[float | None]
