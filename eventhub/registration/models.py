"""How an event takes registrations, and the registrations with their states."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.kit.files import StoredFile
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires.models import AnswerSet


class SeatAt(StrEnum):
    """When a seat is taken (DOMAIN.md, states): forums at accreditation, dialogues at submission."""

    SUBMISSION = "submission"
    ACCREDITATION = "accreditation"


class Outcome(StrEnum):
    """How the offer of a place ended."""

    ACCEPTED = "accepted"
    GIVEN_BACK = "given_back"
    LAPSED = "lapsed"
    TAKEN_BACK = "taken_back"


class Stage(StrEnum):
    """Who has a word before an accreditation beside the desk (stages.py)."""

    SECURITY = "security"


class Word(StrEnum):
    """What was said at a stage. An objection blocks nothing by itself: the desk decides."""

    NO_OBJECTION = "no_objection"
    OBJECTION = "objection"


class State(StrEnum):
    """Where a registration stands (the table of moves is ``MOVES``)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AWAITING_FOCAL_POINT = "awaiting_focal_point"
    UNDER_REVIEW = "under_review"
    INFO_REQUESTED = "info_requested"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    ACCREDITED = "accredited"
    BADGE_ISSUED = "badge_issued"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN, State.EXPIRED}),
    State.SUBMITTED: frozenset(
        {State.AWAITING_FOCAL_POINT, State.UNDER_REVIEW, State.ACCREDITED, State.WAITLISTED, State.WITHDRAWN}
    ),
    State.AWAITING_FOCAL_POINT: frozenset({State.UNDER_REVIEW, State.DECLINED, State.WITHDRAWN}),
    State.UNDER_REVIEW: frozenset(
        {State.INFO_REQUESTED, State.ACCREDITED, State.WAITLISTED, State.DECLINED, State.WITHDRAWN}
    ),
    State.INFO_REQUESTED: frozenset({State.UNDER_REVIEW, State.WITHDRAWN, State.DECLINED}),
    State.WAITLISTED: frozenset({State.OFFERED, State.ACCREDITED, State.DECLINED, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.ACCREDITED, State.UNDER_REVIEW, State.WAITLISTED, State.WITHDRAWN}),
    State.ACCREDITED: frozenset({State.BADGE_ISSUED, State.ATTENDED, State.NO_SHOW, State.WITHDRAWN, State.REVOKED}),
    State.BADGE_ISSUED: frozenset({State.ATTENDED, State.NO_SHOW, State.WITHDRAWN, State.REVOKED}),
    State.ATTENDED: frozenset(),
    State.NO_SHOW: frozenset(),
    State.DECLINED: frozenset({State.UNDER_REVIEW}),
    State.WITHDRAWN: frozenset(),
    State.REVOKED: frozenset({State.UNDER_REVIEW}),
    State.EXPIRED: frozenset({State.DRAFT}),
}
"""Submitted goes straight to accredited only where the event needs no accreditation. Offered goes under review only
where a place is taken before anybody has looked: whoever accepts is then where those are who found a place at once."""

CORRECTIONS: dict[State, frozenset[State]] = {
    State.ATTENDED: frozenset({State.ACCREDITED, State.BADGE_ISSUED}),
    State.ACCREDITED: frozenset({State.UNDER_REVIEW}),
    State.BADGE_ISSUED: frozenset({State.UNDER_REVIEW}),
    State.WITHDRAWN: frozenset({State.UNDER_REVIEW, State.AWAITING_FOCAL_POINT}),
}
"""The only ways back, and none that a decision takes: somebody at a door was mistaken, the desk undid the entry with a
reason, and the registration is where it was (doors.take_back). Somebody took over by link what was accredited while
nobody had an account: the desk looks again, the place is kept (focal.claim). The desk had withdrawn a registration,
since it held two people for one, and looks at it again (duplicates.take_back). What a person withdrew stays withdrawn.
"""

SEATED = frozenset({State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED, State.NO_SHOW, State.OFFERED})
"""States that hold a seat."""

CONFIRMED = SEATED - {State.OFFERED}
"""States of those who will come: an offer holds its seat, but nobody has accepted it."""


TAKES_PART = frozenset({State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED})
"""Who gets a badge, and may stand on the list of participants."""


class RegistrationSetup(Base):
    """How one event takes registrations. ``seats_taken`` is guarded by a CHECK: it can never pass the capacity.

    ``public_list``: whether anybody may read the list of participants (participants.py says who stands on it).
    ``releases_by_another``: whether a prepared decision is released by somebody else than who prepared it.
    ``first_opens_at`` and ``last_closes_at`` are the ends of all windows together where a category has one of its own
    (opening.note_span writes them down), else None: then ``opens_at`` and ``closes_at`` are (windows.py). ``is_off``:
    the event was cancelled and everybody who is in was counted for the letters: no seat is taken any more.
    ``needs_security``: whether security is asked before anybody is accredited, where a category says nothing else;
    after ``security_within_days`` working days of silence the desk may go on. ``by_others``: whether people may
    register others who share a telephone or a mailbox.
    """

    __tablename__ = "registration_setup"
    __table_args__ = (
        CheckConstraint("capacity IS NULL OR seats_taken <= capacity", name="seats_within_capacity"),
        CheckConstraint("seats_taken >= 0", name="seats_not_negative"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("offer_hours > 0", name="offers_last"),
        CheckConstraint("(first_opens_at IS NULL) = (last_closes_at IS NULL)", name="span_whole"),
        CheckConstraint("security_within_days BETWEEN 1 AND 60", name="security_has_days"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    questionnaire_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire.id"))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_hours: Mapped[int] = mapped_column(default=24)
    needs_accreditation: Mapped[bool] = mapped_column(default=True)
    seat_at: Mapped[SeatAt] = mapped_column(enum_column(SeatAt, name="seat_at"))
    capacity: Mapped[int | None]
    seats_taken: Mapped[int] = mapped_column(default=0)
    waiting_list: Mapped[bool] = mapped_column(default=True)
    offers_by_hand: Mapped[bool] = mapped_column(default=False)
    offer_hours: Mapped[int] = mapped_column(default=48)
    leaves_on_lapse: Mapped[bool] = mapped_column(default=False)
    shows_place: Mapped[bool] = mapped_column(default=False)
    public_list: Mapped[bool] = mapped_column(default=False)
    answer_within_days: Mapped[int] = mapped_column(default=5)
    releases_by_another: Mapped[bool] = mapped_column(default=False)
    first_opens_at: Mapped[datetime | None]
    last_closes_at: Mapped[datetime | None]
    is_off: Mapped[bool] = mapped_column(default=False)
    needs_security: Mapped[bool] = mapped_column(default=False)
    security_within_days: Mapped[int] = mapped_column(default=5)
    by_others: Mapped[bool] = mapped_column(default=True)

    event: Mapped[Event] = relationship(lazy="raise")

    @property
    def seats_at_once(self) -> bool:
        """Whether a seat is taken when somebody registers, and not when somebody is accredited."""
        return not (self.needs_accreditation and self.seat_at is SeatAt.ACCREDITATION)


class Deadline(Base):
    """A deadline as it was announced, of the event or of one ``category``. Extending appends; the old one stays visible
    (DOMAIN.md rule 1).
    """

    __tablename__ = "deadline"

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    category: Mapped[str | None]
    closes_at: Mapped[datetime]
    announced_at: Mapped[datetime] = mapped_column(default=now)


class FrozenCounts(Base):
    """How many accredited people of each category an event had at a midnight, by code: what host partners read until
    the next one, whatever happens in between (SAFETY.md property 4). ``numbers`` are the true ones; counts.py says what
    of them may leave.
    """

    __tablename__ = "frozen_counts"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    midnight: Mapped[datetime] = mapped_column(primary_key=True)
    numbers: Mapped[dict[str, int]] = mapped_column(JSONB)


class FrozenGender(Base):
    """How those who take part in an event answered when their gender was counted last (genders.py): the true numbers,
    which no page shows. ``looked_on``: when they were counted last, whether or not enough had moved to keep that.
    """

    __tablename__ = "frozen_gender"

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    counted_on: Mapped[date]
    looked_on: Mapped[date | None]
    numbers: Mapped[dict[str, int]] = mapped_column(JSONB)


class BadgeColour(StrEnum):
    """The colours of badges; white stands on each with a contrast of at least 4.5 (papers/badges.py has the values)."""

    NAVY = "navy"
    BLUE = "blue"
    TEAL = "teal"
    GREEN = "green"
    VIOLET = "violet"
    PLUM = "plum"
    CRIMSON = "crimson"
    RUST = "rust"
    BROWN = "brown"
    OLIVE = "olive"
    GREY = "grey"
    BLACK = "black"


class RegistrationCategory(Base):
    """A category of participants that an event takes, and its rules. An event without any takes what its questionnaire
    offers, without quotas. ``code`` is one of participant_category.

    ``seats_taken`` counts the registrations of this category that hold a seat: a trigger keeps it, whoever changes
    what, and a CHECK bounds it. ``accreditation`` and ``security`` are None where the event's own rule holds,
    ``colour`` where the usual one does. ``is_listed``: whether those who agreed stand on the list of participants;
    nobody does without agreeing. ``opens_at`` and ``closes_at`` are None where the event's own instants hold
    (windows.py).
    """

    __tablename__ = "registration_category"
    __table_args__ = (
        CheckConstraint("quota IS NULL OR seats_taken <= quota", name="seats_within_quota"),
        CheckConstraint("quota > 0", name="quota_positive"),
        CheckConstraint("seats_taken >= 0", name="seats_not_negative"),
        CheckConstraint("code ~ '^[a-z_]{1,60}$'", name="code_plain"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration_setup.event_id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=True)
    quota: Mapped[int | None]
    seats_taken: Mapped[int] = mapped_column(default=0)
    asks_letter: Mapped[bool] = mapped_column(default=False)
    asks_attestation: Mapped[bool] = mapped_column(default=False)
    asks_identity: Mapped[bool] = mapped_column(default=False)
    accreditation: Mapped[bool | None]
    security: Mapped[bool | None]
    colour: Mapped[BadgeColour | None] = mapped_column(enum_column(BadgeColour, name="colour"))
    may_speak: Mapped[bool] = mapped_column(default=True)
    is_listed: Mapped[bool] = mapped_column(default=False)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]


class ModePlaces(Base):
    """How many places an event has for one way of taking part. ``code`` is one of attendance_mode; a way without a row
    has no limit of its own. ``seats_taken`` is kept by a trigger and bounded by a CHECK, as that of a category is.
    """

    __tablename__ = "registration_mode"
    __table_args__ = (
        CheckConstraint("seats_taken <= quota", name="seats_within_quota"),
        CheckConstraint("quota > 0", name="quota_positive"),
        CheckConstraint("seats_taken >= 0", name="seats_not_negative"),
        CheckConstraint("code ~ '^[a-z_]{1,60}$'", name="code_plain"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration_setup.event_id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    quota: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)


class Registration(Base):
    """One person's registration for one event. ``legal_name`` is for those who make badges, ``display_name`` the one
    that the person wishes to be shown by there (see copies.py). ``country`` says where somebody belongs, in whatever
    way; ``represents`` is the country that somebody speaks for, and nothing else. ``waits_from`` is set for whoever
    waits anew, behind everybody who waited then. ``answered_at`` is set while an answer to a question waits to be read
    at the desk. ``delegation_id`` is set where a focal point nominated the person (focal.py); what that delegation is,
    a feature above knows. ``awaits_word``: nobody accredits the person before the focal point has agreed, or the
    secretariat has gone on without it (moves.demand_word). With ``erased_at`` it is a count without a name, on no list
    of the desk, and nothing is done to it.
    """

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        UniqueConstraint("reference"),
        Index("ix_registration_desk", "event_id", "state", "submitted_at"),
        Index("ix_registration_person", "person_id"),
        Index("ix_registration_delegation", "delegation_id", postgresql_where="delegation_id IS NOT NULL"),
        CheckConstraint("state <> 'offered' OR has_seat", name="offer_holds_seat"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    filed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    answer_set_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("answer_set.id"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    delegation_id: Mapped[uuid.UUID | None]
    awaits_word: Mapped[bool] = mapped_column(default=False)
    state: Mapped[State] = mapped_column(enum_column(State, name="state"), default=State.DRAFT)
    has_seat: Mapped[bool] = mapped_column(default=False)
    reference: Mapped[str | None]
    category: Mapped[str | None]
    attendance_mode: Mapped[str | None]
    country: Mapped[str | None]
    represents: Mapped[str | None]
    legal_name: Mapped[str | None]
    display_name: Mapped[str | None]
    reason: Mapped[str | None]
    late: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    waits_from: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise")
    answer_set: Mapped[AnswerSet | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class ModeChoice(Base):
    """Somebody is asked to choose again how to take part, since the event has no such way any more (switching.py). One
    for each registration; asking again about another change replaces it. ``closed_at``: answered, or not needed now.
    """

    __tablename__ = "mode_choice"
    __table_args__ = (CheckConstraint("due_at > asked_at", name="ends_after_start"),)

    registration_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class PreparedDecision(Base):
    """A decision that somebody made up and nobody has released (preparing.py): nothing happened to the registration,
    and nobody outside the desk knows of it. One for each registration; whoever prepares another one makes a new row.

    ``version`` is that of the registration on which the decision was made up: of any other it does not hold.
    """

    __tablename__ = "prepared_decision"
    __table_args__ = (
        UniqueConstraint("registration_id"),
        CheckConstraint("outcome IN ('accredited', 'declined', 'waitlisted')", name="outcome_of_a_decision"),
    )

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    outcome: Mapped[State] = mapped_column(enum_column(State, name="outcome"))
    reason: Mapped[str]
    text: Mapped[str | None]
    version: Mapped[int]
    prepared_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    prepared_at: Mapped[datetime]

    registration: Mapped[Registration] = relationship(lazy="raise")
    prepared_by: Mapped[Person | None] = relationship(lazy="raise")


class Approval(Base):
    """What somebody beside the desk says about a registration before it is accredited (stages.py): asked, perhaps
    answered, perhaps passed over by the desk with a reason. One that stands for each registration and stage; those with
    ``lapsed_at`` are of a person as she was before. ``name_seen`` is a keyed digest of the name that security saw when
    it spoke. The words are for colleagues alone.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered_with_outcome"),
        Index("ix_approval_standing", "registration_id", "stage", unique=True, postgresql_where="lapsed_at IS NULL"),
    )

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage, name="stage"))
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    outcome: Mapped[Word | None] = mapped_column(enum_column(Word, name="outcome"))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    note: Mapped[str | None]
    passed_at: Mapped[datetime | None]
    passed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    why_passed: Mapped[str | None]
    lapsed_at: Mapped[datetime | None]
    name_seen: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)

    registration: Mapped[Registration] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Message(Base):
    """A question of the desk or what the registrant wrote (thread.py). The words, and the name of the file, are sealed
    with the registrant's key, whoever wrote them; so is the file.
    """

    __tablename__ = "registration_message"
    __table_args__ = (
        Index("ix_registration_message_thread", "registration_id", "sent_at"),
        Index("ix_registration_message_delete_after", "delete_after"),
    )

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    by_desk: Mapped[bool]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    sent_at: Mapped[datetime] = mapped_column(default=now)
    delete_after: Mapped[datetime]

    registration: Mapped[Registration] = relationship(lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")


class SeatOffer(Base):
    """A seat held for somebody from the waiting list until an instant. One at a time; of the token only its hash."""

    __tablename__ = "seat_offer"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("until > offered_at", name="ends_after_start"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_outcome"),
        Index("ix_seat_offer_open", "registration_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_seat_offer_due", "until", postgresql_where="closed_at IS NULL"),
        Index("ix_seat_offer_registration", "registration_id", "offered_at"),
    )

    id: Mapped[Id]
    registration_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(enum_column(Outcome, name="outcome"))

    registration: Mapped[Registration] = relationship(lazy="raise")
