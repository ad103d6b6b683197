"""Persons, organizations, affiliations, roles, sign-in, sessions and consents."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, enum_column
from eventhub.kit.normal import plain
from eventhub.kit.sealed import SealKey


class Role(StrEnum):
    """What somebody may do within a scope (DOMAIN.md, roles)."""

    ADMIN = "admin"
    ORGANISER = "organiser"
    ACCREDITATION_OFFICER = "accreditation_officer"
    CHECK_IN = "check_in"
    RAPPORTEUR = "rapporteur"
    FUND_OFFICER = "fund_officer"
    FUND_REVIEWER = "fund_reviewer"
    BOARD_MEMBER = "board_member"
    APPROVER = "approver"
    FINANCE = "finance"
    COMMITMENT_REVIEWER = "commitment_reviewer"
    HOST_PARTNER = "host_partner"
    SECURITY_OFFICER = "security_officer"


class ScopeKind(StrEnum):
    """How far a role reaches."""

    ALL = "all"
    SERIES = "series"
    EVENT = "event"
    CALL = "call"


class Channel(StrEnum):
    """What a consent is about (the code list consent_scope). The default is always no."""

    LIST_OF_PARTICIPANTS = "list_of_participants"
    LIST_OF_SPEAKERS = "list_of_speakers"
    WEBCAST_IMAGE = "webcast_image"
    PHOTO = "photo"
    STATEMENT_PUBLICATION = "statement_publication"
    SHARE_WITH_HOST_PARTNER = "share_with_host_partner"
    SHARE_WITH_OTHER_PARTICIPANTS = "share_with_other_participants"
    STATISTICS = "statistics"
    FUTURE_CONTACT = "future_contact"


class Person(Base):
    """A human being. ``name`` is one field, as the person writes it, and may be the whole name.

    ``first_phone_offer_id`` is the offer whose code made this person staff, until a phone is set up: every session but
    the one that typed it is asked for that code again (totp.py). ``asks_second_step``: somebody without a role wants to
    be asked for a second step at each sign-in too (second_step.py).
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_person_name", "name"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(default="")
    name_latin: Mapped[str | None]
    alias: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    nationality: Mapped[str | None]
    residence: Mapped[str | None]
    discreet: Mapped[bool] = mapped_column(default=False)
    managed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    seal_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("seal_key.id"))
    first_phone_offer_id: Mapped[uuid.UUID | None]
    asks_second_step: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    erased_at: Mapped[datetime | None]

    seal_key: Mapped[SealKey] = relationship(lazy="raise")
    affiliations: Mapped[list["Affiliation"]] = relationship(back_populates="person", lazy="raise")

    @property
    def public_name(self) -> str:
        """The alias where one is set: for every list, calendar, mail and page that others may see."""
        return self.alias or self.name


def name_key(name: str) -> str:
    """The name of an organization made comparable: Défense and DEFENSE are one."""
    return plain(name) or name


class Organisation(Base):
    """An organization that persons represent. Until somebody confirms it, it is what people wrote.

    ``name_key`` follows the name; it is not unique, since two States have a Ministry of Justice each.
    """

    __tablename__ = "organisation"
    __table_args__ = (Index("ix_organisation_name", "name"), Index("ix_organisation_name_key", "name_key"))

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str]
    kind: Mapped[str]
    ecosoc_status: Mapped[str] = mapped_column(default="none")
    ganhri_status: Mapped[str] = mapped_column(default="none")
    country: Mapped[str | None]
    head: Mapped[str | None]
    website: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]

    @validates("name")
    def _named(self, _column: str, name: str) -> str:
        self.name_key = name_key(name)
        return name


class OrganisationAlias(Base):
    """What an organization was called before another record of it was merged into it: found by searches, and near to
    whoever was near to it then. ``is_official``: the name was confirmed, so whoever writes it means this organization.
    """

    __tablename__ = "organisation_alias"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name_key"),
        Index("ix_organisation_alias_name_key", "name_key"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    name: Mapped[str]
    name_key: Mapped[str]
    is_official: Mapped[bool]
    merged_at: Mapped[datetime] = mapped_column(default=now)


class OrganisationPair(Base):
    """Two records that may be one organization, the smaller id first. With ``decided_at`` somebody said that they are
    two, and nobody is asked again; where they became one, the pair goes with the record that went.
    """

    __tablename__ = "organisation_pair"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        Index("ix_organisation_pair_second", "second_id"),
    )

    id: Mapped[Id]
    first_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    second_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    score: Mapped[int]
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class Affiliation(Base):
    """A person's tie to an organization; one may be the main one."""

    __tablename__ = "affiliation"
    __table_args__ = (
        UniqueConstraint("person_id", "organisation_id"),
        Index("ix_affiliation_main", "person_id", unique=True, postgresql_where="is_main"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str | None]
    is_main: Mapped[bool] = mapped_column(default=False)
    since: Mapped[date | None]
    until: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="affiliations", lazy="raise")
    organisation: Mapped[Organisation] = relationship(lazy="raise")


class RoleGrant(Base):
    """A role given to a person for a scope. Taking it away dates it; nothing is deleted."""

    __tablename__ = "role_grant"
    __table_args__ = (
        Index(
            "ix_role_grant_open",
            "person_id",
            "role",
            "scope_kind",
            "scope_id",
            unique=True,
            postgresql_where="revoked_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(scope_kind = 'all') = (scope_id IS NULL)", name="scope_has_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(enum_column(Role, name="role"))
    scope_kind: Mapped[ScopeKind] = mapped_column(enum_column(ScopeKind, name="scope_kind"))
    scope_id: Mapped[uuid.UUID | None]
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")


class RoleOffer(Base):
    """A role offered to an address. It becomes a grant when whoever signs in with the address accepts it.

    Nothing here says whether the address is known: whoever offers must not learn that. ``series_id`` is the series of
    an event, ``scope_label`` what the scope was called in the language of the offer. ``belongs_to_id`` is whose the
    address was when that person took another one: from then on the offer is that person's alone, whoever has the
    address now. The address stays, so that whoever offered learns nothing of the change.
    """

    __tablename__ = "role_offer"
    __table_args__ = (
        Index(
            "ix_role_offer_open",
            "email",
            "role",
            "scope_kind",
            "scope_id",
            unique=True,
            postgresql_where="closed_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(scope_kind = 'all') = (scope_id IS NULL)", name="scope_has_id"),
    )

    id: Mapped[Id]
    email: Mapped[str]
    role: Mapped[Role] = mapped_column(enum_column(Role, name="role"))
    scope_kind: Mapped[ScopeKind] = mapped_column(enum_column(ScopeKind, name="scope_kind"))
    scope_id: Mapped[uuid.UUID | None]
    series_id: Mapped[uuid.UUID | None]
    scope_label: Mapped[str]
    language: Mapped[str]
    offered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    offered_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    belongs_to_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class SignInRequest(Base):
    """One request to sign in: a link and a code were (or were not) mailed. Both are stored hashed.

    ``person_id`` is empty for an address nobody has signed in with yet: using the link then makes the person.
    """

    __tablename__ = "sign_in_request"
    __table_args__ = (
        Index("ix_sign_in_request_link", "link_hash", unique=True),
        Index("ix_sign_in_request_email", "email", "created_at"),
        Index("ix_sign_in_request_browser", "browser_hash", "created_at"),
        CheckConstraint("code_tries BETWEEN 0 AND 5", name="five_tries"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    email: Mapped[str]
    language: Mapped[str]
    link_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    next_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    link_until: Mapped[datetime]
    code_until: Mapped[datetime]
    code_tries: Mapped[int] = mapped_column(default=0)
    spent_at: Mapped[datetime | None]


class WebSession(Base):
    """A signed-in browser. The cookie holds a secret, this row its hash; revoking is immediate.

    ``is_half``: staff between the mailed link and the second factor; such a session opens no page but that one.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        Index("ix_web_session_token", "token_hash", unique=True),
        Index("ix_web_session_person", "person_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    browser: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    is_half: Mapped[bool] = mapped_column(default=False)
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class SecondFactor(Base):
    """A person's TOTP secret (RFC 6238), sealed; ``last_step`` stops a code from being used twice.

    A row without ``confirmed_at`` counts for nothing: a secret that waits for its first code is a PendingFactor. Until
    ``codes_kept_at`` the recovery codes can be shown, to the session that set the factor up.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    tries_since: Mapped[datetime | None]
    codes_kept_at: Mapped[datetime | None]


class Passkey(Base):
    """A key pair of a device (Web Authentication); here is its public half. ``is_second_factor``: a session that had
    given its second factor made it. ``label`` is what the person calls the device.
    """

    __tablename__ = "passkey"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        CheckConstraint("sign_count >= 0", name="sign_count_not_negative"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    is_second_factor: Mapped[bool]
    label: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a browser's device is about to sign, once: the newest of each browser, hashed by what only it knows."""

    __tablename__ = "passkey_challenge"

    holder_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    is_for_making: Mapped[bool]
    until: Mapped[datetime]


class PendingFactor(Base):
    """A TOTP secret that no code has confirmed yet, sealed. It belongs to the web session that began it: no other one
    sees it or confirms it. The first one confirmed becomes the person's second factor, and the others are gone.
    """

    __tablename__ = "pending_factor"

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("web_session.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(default=0)
    tries_since: Mapped[datetime | None]


class RecoveryCode(Base):
    """A one-time way in when the phone is lost; stored hashed."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    spent_at: Mapped[datetime | None]


class SecondFactorReset(Base):
    """A request that somebody's second factor be cleared, since phone and paper are lost: two administrators agree."""

    __tablename__ = "second_factor_reset"
    __table_args__ = (
        Index("ix_second_factor_reset_open", "person_id", unique=True, postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class EmailChange(Base):
    """A new address for a person: both the old and the new one must agree (SAFETY.md property 10). Once done,
    the former mailbox is kept as a digest: whoever vouched from there stays near to that file.
    """

    __tablename__ = "email_change"

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    new_email: Mapped[str]
    old_mailbox: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    old_hash: Mapped[bytes] = mapped_column(LargeBinary)
    new_hash: Mapped[bytes] = mapped_column(LargeBinary)
    old_agreed_at: Mapped[datetime | None]
    new_agreed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Consent(Base):
    """One yes or no to one channel, dated; the newest one counts. ``event_id`` is empty for all events."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_newest", "person_id", "channel", "event_id", "at"),)

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, name="channel"))
    event_id: Mapped[uuid.UUID | None]
    given: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=now)


class KeptPost(Base):
    """What a person had typed when the session ended: sealed, given back after sign-in, gone after a day.

    ``person_id`` is whose session it was: nobody else reads it.
    """

    __tablename__ = "kept_post"

    id: Mapped[Id]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    path: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now)
