"""Calls with their frozen rules, applications with their states, who vouches for them, and what is owed to the fund."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.funding.rules import Support
from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, Json, Texts, enum_column
from eventhub.kit.files import StoredFile
from eventhub.kit.mailboxes import mailbox_digest
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires.models import AnswerSet


class FundKind(StrEnum):
    """What the money is for."""

    TRAVEL = "travel"
    FELLOWSHIP = "fellowship"
    PROJECT = "project"
    REMOTE = "remote"


class Stand(StrEnum):
    """Where a call stands. ``open``: its rules are frozen and it is public; whether it takes applications is said by
    its instants. ``settled``: every grant is closed.
    """

    DRAFT = "draft"
    OPEN = "open"
    CANCELLED = "cancelled"
    SETTLED = "settled"


STANDS: dict[Stand, frozenset[Stand]] = {
    Stand.DRAFT: frozenset({Stand.OPEN}),
    Stand.OPEN: frozenset({Stand.CANCELLED, Stand.SETTLED}),
    Stand.CANCELLED: frozenset(),
    Stand.SETTLED: frozenset(),
}


class State(StrEnum):
    """Where an application stands (the table of moves is ``MOVES``)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    INFO_REQUESTED = "info_requested"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDER_REVIEW = "under_review"
    RECOMMENDED = "recommended"
    RESERVE = "reserve"
    NOT_RECOMMENDED = "not_recommended"
    APPROVED = "approved"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    VISA_PENDING = "visa_pending"
    VISA_REFUSED = "visa_refused"
    TICKETED = "ticketed"
    TRAVELLED = "travelled"
    REPORT_DUE = "report_due"
    REPORT_OVERDUE = "report_overdue"
    CLOSED = "closed"
    DECLINED_BY_APPLICANT = "declined_by_applicant"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN, State.EXPIRED}),
    State.SUBMITTED: frozenset({State.INFO_REQUESTED, State.ELIGIBLE, State.INELIGIBLE, State.WITHDRAWN}),
    State.INFO_REQUESTED: frozenset({State.SUBMITTED, State.INELIGIBLE, State.WITHDRAWN}),
    State.ELIGIBLE: frozenset({State.UNDER_REVIEW, State.WITHDRAWN}),
    State.INELIGIBLE: frozenset({State.SUBMITTED}),
    State.UNDER_REVIEW: frozenset({State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED, State.WITHDRAWN}),
    State.RECOMMENDED: frozenset({State.APPROVED, State.NOT_RECOMMENDED, State.RESERVE, State.WITHDRAWN}),
    State.RESERVE: frozenset({State.RECOMMENDED, State.NOT_RECOMMENDED, State.WITHDRAWN}),
    State.NOT_RECOMMENDED: frozenset({State.RECOMMENDED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.OFFERED, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.ACCEPTED, State.DECLINED_BY_APPLICANT, State.LAPSED}),
    State.ACCEPTED: frozenset({State.VISA_PENDING, State.TICKETED, State.CANCELLED, State.WITHDRAWN}),
    State.VISA_PENDING: frozenset({State.ACCEPTED, State.VISA_REFUSED, State.TICKETED, State.WITHDRAWN}),
    State.VISA_REFUSED: frozenset({State.CANCELLED, State.VISA_PENDING}),
    State.TICKETED: frozenset({State.TRAVELLED, State.CANCELLED, State.WITHDRAWN}),
    State.TRAVELLED: frozenset({State.REPORT_DUE}),
    State.REPORT_DUE: frozenset({State.CLOSED, State.REPORT_OVERDUE}),
    State.REPORT_OVERDUE: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
    State.DECLINED_BY_APPLICANT: frozenset(),
    State.LAPSED: frozenset({State.OFFERED}),
    State.CANCELLED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset({State.DRAFT}),
}
"""Not recommended becomes recommended only through a new signed slate, and withdrawn while nobody was told: whoever may
withdraw must not learn from it. Ineligible is looked at again when the file was cured, or after an appeal."""

BEFORE_REVIEW = frozenset({State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE})
"""States in which the fund's desk looks at a file."""


class Voucher(StrEnum):
    """Who vouches for an applicant."""

    NOMINATOR = "nominator"
    REFEREE = "referee"


class Vouch(StrEnum):
    """What was said behind the signed link."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    NOT_ME = "not_me"


class Owed(StrEnum):
    """Why somebody is not considered until something is done."""

    REPORT = "report"
    DEBARRED = "debarred"


class Call(Base):
    """A call for applications. ``rules`` are those being written, until it opens: then the newest of ``CallRules``
    hold. ``event_id`` is the event that people travel to, where there is one. ``lottery_seal`` is the seed that decides
    ties, sealed by the house; its SHA-256 in ``lottery_commitment`` stands on the public page from the opening on.
    """

    __tablename__ = "fund_call"
    __table_args__ = (
        UniqueConstraint("slug"),
        UniqueConstraint("code"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("grace_hours BETWEEN 0 AND 168", name="grace_in_hours"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso"),
        CheckConstraint("code ~ '^[A-Z0-9-]{2,20}$'", name="code_plain"),
        CheckConstraint("stand = 'draft' OR lottery_commitment IS NOT NULL", name="lottery_committed"),
        CheckConstraint("numbers_given >= 0", name="numbers_not_negative"),
    )

    id: Mapped[Id]
    slug: Mapped[str]
    code: Mapped[str]
    kind: Mapped[FundKind] = mapped_column(enum_column(FundKind, name="kind"))
    stand: Mapped[Stand] = mapped_column(enum_column(Stand, name="stand"), default=Stand.DRAFT)
    event_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("event.id"), index=True)
    copied_from_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_call.id", ondelete="SET NULL"))
    original_language: Mapped[str] = mapped_column(default="en")
    title: Mapped[Texts]
    lead: Mapped[Texts] = mapped_column(default=dict)
    description: Mapped[Texts] = mapped_column(default=dict)
    time_zone: Mapped[str]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_hours: Mapped[int] = mapped_column(default=24)
    currency: Mapped[str] = mapped_column(default="USD")
    questionnaire_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire.id"))
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire_version.id"))
    rules: Mapped[Json] = mapped_column(default=dict)
    lottery_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    lottery_commitment: Mapped[str | None]
    numbers_given: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    cancelled_reason: Mapped[Texts] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class CallRules(Base):
    """The rules of an open call, and each change of them: proposed with a reason by one person, agreed to by another.
    The newest with ``agreed_at`` hold. The database refuses to change what was agreed to. ``texts`` and ``version_id``
    are the words of the call and the questionnaire that go with them; ``digest`` is the SHA-256 of all of it.
    """

    __tablename__ = "fund_call_rules"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        Index(
            "ix_fund_call_rules_proposed",
            "call_id",
            unique=True,
            postgresql_where="agreed_at IS NULL AND dropped_at IS NULL",
        ),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name="agreed_or_dropped"),
        CheckConstraint("number = 1 OR agreed_by_id IS DISTINCT FROM proposed_by_id", name="two_people"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id", ondelete="CASCADE"))
    number: Mapped[int]
    rules: Mapped[Json]
    texts: Mapped[Json] = mapped_column(default=dict)
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("questionnaire_version.id"))
    digest: Mapped[str]
    reason: Mapped[str | None]
    proposed_by_id: Mapped[uuid.UUID | None]
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    agreed_by_id: Mapped[uuid.UUID | None]
    agreed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]


class CallDeadline(Base):
    """A deadline as it was announced. Extending appends; the old one stays visible (DOMAIN.md rule 1)."""

    __tablename__ = "fund_call_deadline"

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id", ondelete="CASCADE"), index=True)
    closes_at: Mapped[datetime]
    reason: Mapped[str | None]
    announced_at: Mapped[datetime] = mapped_column(default=now)


class Application(Base):
    """One person's application to one call. ``number`` is what reviewers call it while names are masked.

    ``origin`` is the country a journey begins in, ``region`` the forum's region of where the person lives; both are
    seen by reviewers and the board. ``traits`` are the cells of balance that nobody sees of one person (gender, age,
    minority, disability), sealed with the person's key; they are written at submission from the answers, and only ever
    counted (rules.py). ``cost`` is what the journey is reckoned at, in minor units of the call's currency, and
    ``cost_lines`` of what it is made up. ``due_at``: by when a file with gaps is completed, counted from
    ``asked_at``. ``answered_at`` is set while what was completed waits to be read. ``outcome_seen`` is the state that
    the applicant knows of while another is staged: None where there is nothing to hide.
    ``merged_into_id``: the application of the same human that stands in place of this one. With ``erased_at`` it is a
    count without a name.
    """

    __tablename__ = "fund_application"
    __table_args__ = (
        UniqueConstraint("call_id", "person_id"),
        UniqueConstraint("call_id", "number"),
        UniqueConstraint("reference"),
        Index("ix_fund_application_desk", "call_id", "state", "submitted_at"),
        Index("ix_fund_application_person", "person_id"),
        CheckConstraint("state IN ('draft', 'withdrawn', 'expired') OR number IS NOT NULL", name="sent_has_number"),
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        CheckConstraint("asked_amount >= 0", name="asked_not_negative"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_call.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    filed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    registration_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))
    answer_set_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("answer_set.id"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    nominated_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[State] = mapped_column(enum_column(State, name="state"), default=State.DRAFT)
    outcome_seen: Mapped[State | None] = mapped_column(enum_column(State, name="outcome_seen"))
    number: Mapped[int | None]
    reference: Mapped[str | None]
    origin: Mapped[str | None]
    residence: Mapped[str | None]
    nationality: Mapped[str | None]
    region: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    first_time: Mapped[bool | None]
    traits: Mapped[bytes | None] = mapped_column(LargeBinary)
    support: Mapped[Support | None] = mapped_column(enum_column(Support, name="support"))
    accepts: Mapped[list[str]] = mapped_column(default=list)
    asked_amount: Mapped[int | None]
    cost: Mapped[int | None]
    cost_lines: Mapped[list[Json]] = mapped_column(default=list)
    reason: Mapped[str | None]
    late: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_application.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    submitted_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    call: Mapped[Call] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
    organisation: Mapped[Organisation | None] = relationship(foreign_keys=[organisation_id], lazy="raise")
    nominated_by: Mapped[Organisation | None] = relationship(foreign_keys=[nominated_by_id], lazy="raise")
    answer_set: Mapped[AnswerSet | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @property
    def listed_name(self) -> str:
        """What lists, exports and choices call the applicant: the public name, for a discreet person without an alias
        the reference alone. The person is loaded.
        """
        if self.person.discreet and not self.person.alias:
            return self.reference or ""
        return self.person.public_name or self.reference or ""


def _mailbox(context: Any) -> bytes:
    return mailbox_digest(context.get_current_parameters()["email"])


class Endorsement(Base):
    """Somebody who vouches for an applicant behind a signed link, without an account. One nominator, and referees, by
    ``place`` (0, 1, 2). The words and the name of the file are sealed with the applicant's key. ``letter_due`` is by
    when the letter comes in time; ``late``: it came in the days of grace, ``after_scoring``: when somebody had handed
    in a review already, so that reviewers are told and no score changes by itself. ``mailbox`` is a digest that stays
    when the address is forgotten: whoever was asked is near to the file for good. ``disowned_at``: it was confirmed,
    and then whoever reads the mailbox said that it was not them.
    """

    __tablename__ = "fund_endorsement"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "ix_fund_endorsement_standing",
            "application_id",
            "role",
            "place",
            unique=True,
            postgresql_where="withdrawn_at IS NULL",
        ),
        Index("ix_fund_endorsement_organisation", "organisation_id"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered_with_outcome"),
        CheckConstraint("place BETWEEN 0 AND 2", name="place_in_bounds"),
        CheckConstraint("disowned_at IS NULL OR outcome = 'not_me'", name="disowned_is_not_me"),
    )

    id: Mapped[Id]
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("fund_application.id", ondelete="CASCADE"))
    role: Mapped[Voucher] = mapped_column(enum_column(Voucher, name="role"))
    place: Mapped[int] = mapped_column(default=0)
    name: Mapped[str]
    email: Mapped[str]
    mailbox: Mapped[bytes | None] = mapped_column(LargeBinary, default=_mailbox)
    language: Mapped[str]
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    letter_due: Mapped[datetime]
    outcome: Mapped[Vouch | None] = mapped_column(enum_column(Vouch, name="outcome"))
    answered_at: Mapped[datetime | None]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.id"))
    late: Mapped[bool] = mapped_column(default=False)
    after_scoring: Mapped[bool] = mapped_column(default=False)
    withdrawn_at: Mapped[datetime | None]
    disowned_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    application: Mapped[Application] = relationship(lazy="raise")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise")
    file: Mapped[StoredFile | None] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Debt(Base):
    """Why a person or an organization is not considered: a report on a journey that is owed (written by the feature of
    awards, cleared when the report comes), or a decision to debar. Of an organization its new nominees are told why,
    and never whose report it is.
    """

    __tablename__ = "fund_debt"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name="of_one"),
        Index("ix_fund_debt_person", "person_id", postgresql_where="cleared_at IS NULL"),
        Index("ix_fund_debt_organisation", "organisation_id", postgresql_where="cleared_at IS NULL"),
        CheckConstraint("kind <> 'debarred' OR note IS NOT NULL", name="debarred_with_reason"),
    )

    id: Mapped[Id]
    kind: Mapped[Owed] = mapped_column(enum_column(Owed, name="kind"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund_application.id", ondelete="SET NULL"))
    note: Mapped[str | None]
    since: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[date | None]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    cleared_at: Mapped[datetime | None]
    cleared_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
