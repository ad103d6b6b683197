"""Sealed values: AES-256-GCM under a key per person, wrapped by a key outside the database.

SAFETY.md property 16: random nonce, additional data = table, column and row, key id stored; a ciphertext moved to
another row or column does not open. Destroying a person's key makes everything sealed with it unreadable.
"""

import base64
import hmac
import secrets
import uuid
from datetime import datetime
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, db

VERSION = b"\x01"
Place = NewType("Place", str)


class Unreadable(Exception):
    """The value does not open: wrong key, moved ciphertext, or a key that was destroyed."""


class SealKey(Base):
    """The wrapped key of one person (or of one purpose that belongs to nobody)."""

    __tablename__ = "seal_key"

    id: Mapped[Id]
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    master: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    destroyed_at: Mapped[datetime | None]


def place(table: str, column: str, row: uuid.UUID | str) -> Place:
    """Where a sealed value lives; the value opens nowhere else."""
    return Place(f"{table}.{column}:{row}")


def new_key() -> SealKey:
    """A fresh key, wrapped by the newest master key and added to the session."""
    key = SealKey(id=uuid.uuid4(), master=_newest_master())
    key.wrapped = _wrap(key, secrets.token_bytes(32))
    db.session.add(key)
    return key


def seal(key: SealKey, where: Place, value: str | bytes) -> bytes:
    """Seal a value for one place. Raises Unreadable when the key was destroyed."""
    nonce = secrets.token_bytes(12)
    data = value.encode() if isinstance(value, str) else value
    return VERSION + key.id.bytes + nonce + AESGCM(_unwrap(key)).encrypt(nonce, data, where.encode())


def open_sealed(key: SealKey, where: Place, sealed: bytes) -> bytes:
    """Open a sealed value. Raises Unreadable. Reading one for display must be recorded by the caller."""
    if sealed[:1] != VERSION or sealed[1:17] != key.id.bytes:
        raise Unreadable("sealed with another key")
    try:
        return AESGCM(_unwrap(key)).decrypt(sealed[17:29], sealed[29:], where.encode())
    except (InvalidTag, ValueError):  # ValueError: cut off inside the nonce
        raise Unreadable("does not belong here") from None


def seal_for_house(where: Place, value: bytes) -> bytes:
    """Seal with the master key itself: for short-lived bytes that belong to no person (a mail on its way)."""
    name, key = _newest_master(), _masters()[_newest_master()]
    nonce = secrets.token_bytes(12)
    label = name.encode()
    return VERSION + bytes([len(label)]) + label + nonce + AESGCM(key).encrypt(nonce, value, where.encode())


def open_for_house(where: Place, sealed: bytes) -> bytes:
    """Open what ``seal_for_house`` sealed. Raises Unreadable."""
    if sealed[:1] != VERSION or len(sealed) < 2:
        raise Unreadable("not sealed by the house")
    end = 2 + sealed[1]
    key = _masters().get(sealed[2:end].decode(errors="replace"))
    if key is None:
        raise Unreadable("the master key is gone")
    try:
        return AESGCM(key).decrypt(sealed[end : end + 12], sealed[end + 12 :], where.encode())
    except (InvalidTag, ValueError):
        raise Unreadable("does not belong here") from None


def destroy(key: SealKey) -> None:
    """Erasure: nothing sealed with this key can be read again, in any copy of the tables."""
    key.wrapped, key.destroyed_at = None, now()


def rotate(limit: int = 500) -> int:
    """Wrap keys of older master keys with the newest; how many. Values stay as they are; run until 0."""
    newest = _newest_master()
    stale = (
        select(SealKey)
        .where(SealKey.master != newest, SealKey.destroyed_at.is_(None))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    count = 0
    for key in db.session.scalars(stale):
        plain = _unwrap(key)
        key.master = newest
        key.wrapped = _wrap(key, plain)
        count += 1
    return count


def check_keys() -> bool:
    """Whether every master key named in the table is still configured."""
    named = set(db.session.scalars(select(SealKey.master).where(SealKey.destroyed_at.is_(None)).distinct()))
    return named <= set(_masters())


def _wrap(key: SealKey, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_masters()[key.master]).encrypt(nonce, plain, key.id.bytes)


def _unwrap(key: SealKey) -> bytes:
    if key.wrapped is None:
        raise Unreadable("the key was destroyed")
    master = _masters().get(key.master)
    if master is None:
        raise Unreadable("the master key is gone")
    try:
        return AESGCM(master).decrypt(key.wrapped[:12], key.wrapped[12:], key.id.bytes)
    except InvalidTag:
        raise Unreadable("the wrapped key was altered") from None


def _newest_master() -> str:
    return next(iter(_masters()))


def _masters() -> dict[str, bytes]:
    keys: dict[str, bytes] = current_app.extensions["eventhub.master_keys"]
    return keys


def read_masters(line: str) -> dict[str, bytes]:
    """Master keys from the setting ``id:base64,…``, newest first."""
    parts = (part.strip().partition(":") for part in line.split(","))
    return {name: base64.b64decode(key) for name, _, key in parts}


def sign_for_house(where: Place, value: bytes) -> str:
    """The house's signature over a value at one place: the id of the master key, and an HMAC-SHA-256."""
    name = _newest_master()
    return f"{name}:{_signature(_masters()[name], where, value)}"


def signed_by_house(where: Place, value: bytes, signature: str) -> bool:
    """Whether the house signed this value for this place, with a key that it still has."""
    name, _colon, given = signature.rpartition(":")
    key = _masters().get(name)
    return key is not None and hmac.compare_digest(_signature(key, where, value), given)


def _signature(key: bytes, where: Place, value: bytes) -> str:
    # A key of its own: what signs never unwraps.
    signing = hmac.digest(key, b"eventhub signatures", "sha256")
    return hmac.digest(signing, where.encode() + b"\0" + value, "sha256").hex()


def resealed(before: SealKey, after: SealKey, where: Place, sealed: bytes | None) -> bytes | None:
    """The same words, sealed for somebody else; None for none, and for those that the former key does not open."""
    if sealed is None:
        return None
    try:
        return seal(after, where, open_sealed(before, where, sealed))
    except Unreadable:
        return None
