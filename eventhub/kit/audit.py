"""Who did what, and who read what is sealed: appended in the same transaction as the deed.

Rows are only ever added; the app's database role may not change or delete them. Words that a person wrote stand
apart in ``audit_text`` so that erasure can remove them while the chain, made over salted digests, stays whole.
"""

import hashlib
import json
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, func, select
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Json, Serial, db

GENESIS = bytes(32)


class AuditEntry(Base):
    """One deed. ``detail`` holds codes, counts and ids only."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),)

    id: Mapped[Serial]
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    scope_id: Mapped[uuid.UUID | None]
    reason: Mapped[str | None]
    detail: Mapped[Json] = mapped_column(default=dict)
    text_digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditText(Base):
    """What somebody wrote with a deed: the only part that can be erased."""

    __tablename__ = "audit_text"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    text: Mapped[str]


class AuditSeal(Base):
    """One link of the chain over committed entries, added by the one sealer."""

    __tablename__ = "audit_seal"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    chain: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold."""

    entry_id: int
    kind: str


def record(
    verb: str,
    subject: object,
    *,
    actor: object | None,
    scope_id: uuid.UUID | None = None,
    reason: str | None = None,
    text: str | None = None,
    **detail: object,
) -> AuditEntry:
    """Append a deed: ``record("registration.accredited", registration, actor=person, reason="complete")``.

    ``subject`` and ``actor`` are models with an ``id``; detail values are codes, counts or ids, never what a person
    wrote (that is ``text``).
    """
    entry = AuditEntry(
        actor_id=getattr(actor, "id", None),
        verb=verb,
        subject_kind=getattr(subject, "__tablename__", str(subject)),
        subject_id=getattr(subject, "id", None) if isinstance(getattr(subject, "id", None), uuid.UUID) else None,
        scope_id=scope_id,
        reason=reason,
        detail={name: str(value) if isinstance(value, uuid.UUID) else value for name, value in detail.items()},
    )
    db.session.add(entry)
    if text:
        salt = secrets.token_bytes(16)
        entry.text_digest = hashlib.sha256(salt + text.encode()).digest()
        db.session.flush()
        db.session.add(AuditText(entry_id=entry.id, salt=salt, text=text))
    return entry


def newest_words(subject: object, verb: str) -> str | None:
    """What staff wrote beside the newest of these deeds on a model with an ``id``; None for nothing. One statement."""
    found: str | None = db.session.scalar(
        select(AuditText.text)
        .select_from(AuditEntry)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(
            AuditEntry.subject_kind == getattr(subject, "__tablename__", ""),
            AuditEntry.subject_id == getattr(subject, "id", None),
            AuditEntry.verb == verb,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return found


def newest_actor(subject: object, verb: str) -> uuid.UUID | None:
    """Who did the newest of these deeds on a model with an ``id``; None for the clock, and where there is none."""
    rows = select(AuditEntry.actor_id).where(
        AuditEntry.subject_kind == getattr(subject, "__tablename__", ""),
        AuditEntry.subject_id == getattr(subject, "id", None),
        AuditEntry.verb == verb,
    )
    found: uuid.UUID | None = db.session.scalar(rows.order_by(AuditEntry.id.desc()).limit(1))
    return found


def say(entries: Sequence[AuditEntry], text: str) -> None:
    """Let one text stand with many fresh entries (a decision on forty people), in two statements."""
    salts = [secrets.token_bytes(16) for _ in entries]
    for entry, salt in zip(entries, salts, strict=True):
        entry.text_digest = hashlib.sha256(salt + text.encode()).digest()
    db.session.flush()
    texts = [AuditText(entry_id=entry.id, salt=salt, text=text) for entry, salt in zip(entries, salts, strict=True)]
    db.session.add_all(texts)


def history(kind: str, subject_id: uuid.UUID, limit: int = 500) -> list[tuple[AuditEntry, str | None]]:
    """The deeds done to one thing with what was written, newest first."""
    rows = (
        select(AuditEntry, AuditText.text)
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [(entry, text) for entry, text in db.session.execute(rows)]


def seal(limit: int = 1000) -> int:
    """Chain entries that are committed and not yet chained; how many. One sealer at a time (advisory lock).

    An entry whose transaction commits after later numbers were chained gets its link the next time.
    """
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(7_301_001))):
        return 0
    last = db.session.scalars(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)).first()
    chain, position = (last.chain, last.position) if last else (GENESIS, 0)
    fresh = (
        select(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.entry_id.is_(None))
        .order_by(AuditEntry.id)
        .limit(limit)
    )
    count = 0
    for entry in db.session.scalars(fresh):
        chain, position, count = _link(chain, entry), position + 1, count + 1
        db.session.add(AuditSeal(entry_id=entry.id, position=position, chain=chain))
    return count


def head() -> tuple[int, str]:
    """Position and chain value of the newest link, to be kept outside the database."""
    last = db.session.scalars(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)).first()
    return (last.position, last.chain.hex()) if last else (0, GENESIS.hex())


def verify(known_head: tuple[int, str] | None = None) -> Iterator[Fault]:
    """Walk the chain and name each entry that was altered, deleted or swapped, and a tail that was cut off."""
    chain, expected = GENESIS, 1
    rows = (
        select(AuditSeal, AuditEntry, AuditText)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .outerjoin(AuditText, AuditText.entry_id == AuditSeal.entry_id)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=500)
    )
    found_head = known_head is None or known_head[0] == 0
    for link, entry, text in db.session.execute(rows):
        if link.position != expected:
            yield Fault(link.entry_id, "missing before")
            expected = link.position
        if entry is None:
            yield Fault(link.entry_id, "deleted")
        else:
            if _link(chain, entry) != link.chain:
                yield Fault(link.entry_id, "altered or swapped")
            if text and hashlib.sha256(text.salt + text.text.encode()).digest() != entry.text_digest:
                yield Fault(link.entry_id, "text altered")
        if known_head and link.position == known_head[0]:
            found_head = link.chain.hex() == known_head[1]
        chain, expected = link.chain, expected + 1
    if not found_head and known_head:
        yield Fault(known_head[0], "truncated or rewritten")


def _link(chain: bytes, entry: AuditEntry) -> bytes:
    facts = [
        entry.id,
        entry.at.isoformat(),
        str(entry.actor_id),
        entry.verb,
        entry.subject_kind,
        str(entry.subject_id),
        str(entry.scope_id),
        entry.reason,
        entry.detail,
        entry.text_digest.hex() if entry.text_digest else None,
    ]
    return hashlib.sha256(chain + json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).digest()
