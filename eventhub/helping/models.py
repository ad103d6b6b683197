"""Who registers others for an event, for how many, whom, and which mailboxes want none of it."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id
from eventhub.people.models import Person

MOST = 20
"""So many people somebody registers for one event, unless the desk says another number."""


class Registrar(Base):
    """Somebody who registers others for an event. ``taken`` counts the people who have not left: a trigger keeps it,
    whoever changes what, and a CHECK bounds it by ``most``.
    """

    __tablename__ = "registrar"
    __table_args__ = (
        CheckConstraint("taken <= most", name="taken_within_most"),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
        CheckConstraint("most BETWEEN 1 AND 500", name="most_in_bounds"),
        Index("ix_registrar_person", "person_id"),
    )

    event_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("registration_setup.event_id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    most: Mapped[int] = mapped_column(default=MOST)
    taken: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="raise")


class Charge(Base):
    """Somebody whom another person registers: a name, and perhaps a mailbox or a telephone, which others may share.

    ``person_id`` is whose registration it is: the person without an account for whom ``helper_id`` fills the form in,
    from ``claimed_at`` on the account that took the link. ``kept_own``: whoever took it had registered already, and
    kept that. ``by_mail``: the newest link went to the mailbox, which said at ``refused_at`` that it is none of its
    business. ``left_at``: taken back by the helper,
    or the person has thrown the helper out.
    """

    __tablename__ = "charge"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("NOT kept_own OR claimed_at IS NOT NULL", name="own_kept_at_claim"),
        Index("ix_charge_helper", "event_id", "helper_id", "named_at"),
        Index("ix_charge_person", "event_id", "person_id", unique=True, postgresql_where="left_at IS NULL"),
        Index("ix_charge_of", "person_id"),
    )

    id: Mapped[Id]
    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registration_setup.event_id", ondelete="CASCADE"))
    helper_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    by_mail: Mapped[bool] = mapped_column(default=False)
    named_at: Mapped[datetime] = mapped_column(default=now)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    claimed_at: Mapped[datetime | None]
    kept_own: Mapped[bool] = mapped_column(default=False)
    refused_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class UnwantedHelp(Base):
    """A mailbox that got mails because of one helper, and whether it wants no more (``refused_at``): of the address a
    keyed digest only. ``token_hash`` is of the link that says so, which no deed of the helper closes.
    """

    __tablename__ = "unwanted_help"
    __table_args__ = (UniqueConstraint("token_hash"),)

    helper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    since: Mapped[datetime] = mapped_column(default=now)
    refused_at: Mapped[datetime | None]
