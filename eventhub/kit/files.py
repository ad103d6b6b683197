"""Stored files: judged by their content, kept under random names, handed out for saving only.

SAFETY.md property 22. The bytes are written before the row, so a committed row always has its bytes; bytes whose
transaction was undone belong to no row and are swept away later.
"""

import hashlib
import os
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from flask import Response, current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Id, db
from eventhub.kit.errors import DomainError
from eventhub.kit.file_types import (
    ENDINGS,
    EVERYTHING,
    IMAGES,
    FileDamaged,
    FileTypeRefused,
    checked,
    is_picture,
    names_of,
)
from eventhub.kit.headers import attachment_headers
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, seal
from eventhub.kit.text import safe_file_name

__all__ = ["FileDamaged", "FileTypeRefused"]  # callers catch them beside store()

LIMIT = 10_000_000
PHOTO_LIMIT = 15_000_000
"""A photograph may arrive so large where pictures are taken at all: what is kept of it is smaller, and that counts."""
GRACE = timedelta(days=1)
"""Bytes younger than this may belong to a row that is about to be committed."""
BATCH = 500


class StoredFile(Base):
    """One stored file. ``size`` is that of the content in bytes; ``digest`` is the SHA-256 of what lies in the store,
    which of a sealed file is the sealed form: so the row betrays nothing about the content. Nor may its
    ``name``: whoever stores a person's sealed file keeps what she called it with what is sealed. ``swept_at`` is when
    the bytes of a file that was given up were deleted.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        Index(
            "ix_stored_file_given_up",
            "deleted_at",
            postgresql_where="deleted_at IS NOT NULL AND swept_at IS NULL",
        ),
    )

    id: Mapped[Id]
    storage_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    seal_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("seal_key.id"))
    purpose: Mapped[str]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]


class FileTooLarge(DomainError):
    """More bytes than allowed."""

    status = 413
    message = _l("This file is too large.")


class FileEmpty(DomainError):
    """No bytes at all."""

    status = 422
    message = _l("This file is empty.")


class FileSuspicious(DomainError):
    """The scanner found something."""

    status = 422
    message = _l("The virus check refused this file.")


class FileGone(DomainError):
    """The file was deleted, or the key of its owner was destroyed."""

    status = 410
    message = _l("This file is no longer here.")


class StoreAway(DomainError):
    """The file store does not answer or is full."""

    status = 503
    message = _l("Files cannot be saved or opened at the moment. Try again in a few minutes.")


def store(
    data: bytes,
    *,
    name: str,
    allowed: frozenset[str],
    purpose: str,
    owner_id: uuid.UUID | None = None,
    key: SealKey | None = None,
    limit: int = LIMIT,
) -> StoredFile:
    """Judge, clean and keep a file; ``allowed`` holds media types of ``kit.file_types``, ``limit`` is in bytes.

    With ``key`` the bytes are sealed for that person. Raises FileTooLarge, FileEmpty, FileTypeRefused, FileDamaged,
    FileSuspicious, StoreAway, and sealed.Unreadable for a destroyed key.
    """
    media_type, data = within(data, allowed, limit)
    _scan(data)
    file = StoredFile(
        id=uuid.uuid4(),
        storage_key=secrets.token_hex(20),
        name=named(media_type, name),
        media_type=media_type,
        size=len(data),
        purpose=purpose,
        owner_id=owner_id,
        seal_key_id=key.id if key else None,
    )
    body = seal(key, _place(file), data) if key else data
    file.digest = hashlib.sha256(body).digest()
    _write(file.storage_key, body)
    db.session.flush()  # a key made in this transaction must be there before the file that names it
    db.session.add(file)
    db.session.flush()
    return file


def within(data: bytes, allowed: frozenset[str], limit: int) -> tuple[str, bytes]:
    """The media type of a file that somebody sent, and what is kept of it, at most ``limit`` bytes. A photograph may
    arrive with PHOTO_LIMIT. Raises FileTooLarge, FileEmpty, FileTypeRefused, FileDamaged.
    """
    if not data:
        raise FileEmpty
    is_photograph = not allowed.isdisjoint(IMAGES) and is_picture(data)
    most = max(limit, PHOTO_LIMIT) if is_photograph else limit
    if len(data) > most:
        raise _too_large(most)
    media_type, kept = checked(data, allowed)
    if len(kept) > limit:
        raise _too_large(limit)
    return media_type, kept


def _too_large(limit: int) -> FileTooLarge:
    megabytes = max(1, limit // 1_000_000)
    return FileTooLarge(_l("This file is too large. Send one of at most %(size)s MB.", size=megabytes))


def arriving(allowed: frozenset[str], limit: int) -> int:
    """How many bytes may arrive at the most where so many are kept."""
    return limit if allowed.isdisjoint(IMAGES) else max(limit, PHOTO_LIMIT)


def read(file: StoredFile) -> bytes:
    """The content. Raises FileGone, FileDamaged (the store holds other bytes than were put there), StoreAway.

    Reading a sealed file for display must be recorded by the caller.
    """
    return reader(file)()


def reader(file: StoredFile) -> Callable[[], bytes]:
    """How to read a file later, with no database and no transaction open. Raises FileGone, as the function may, which
    raises what ``read`` raises.
    """
    if file.deleted_at is not None:
        raise FileGone
    key = db.session.get_one(SealKey, file.seal_key_id) if file.seal_key_id else None
    # Copies of their own: what the session holds is asked for again after its transaction.
    kept = SealKey(id=key.id, master=key.master, wrapped=key.wrapped) if key else None
    return partial(_opened_as, file.storage_key, file.digest, kept, _place(file))


def _opened_as(storage_key: str, digest: bytes, key: SealKey | None, where: Place) -> bytes:
    try:
        body: bytes = _disk().cat_file(_path(storage_key))
    except FileNotFoundError:
        raise FileGone from None
    except OSError:
        raise StoreAway from None
    if hashlib.sha256(body).digest() != digest:
        raise FileDamaged
    if key is None:
        return body
    try:
        return open_sealed(key, where, body)
    except Unreadable:
        raise FileGone from None


def handed_over(file_id: uuid.UUID | None, owner_id: uuid.UUID, key: SealKey) -> uuid.UUID | None:
    """The same file, sealed for its new owner; the old one is given up. None where there is none, or it is gone. Raises
    what ``read`` and ``store`` raise.
    """
    old = db.session.get(StoredFile, file_id) if file_id else None
    if old is None or old.deleted_at is not None:
        return None
    made = store(
        read(old), name=old.name, allowed=EVERYTHING, purpose=old.purpose, owner_id=owner_id, key=key, limit=PHOTO_LIMIT
    )
    remove(old)
    return made.id


def remove(file: StoredFile) -> None:
    """Give a file up: unreadable and nameless at once, its bytes deleted by the next sweep after the commit.

    Not here: an undone transaction would leave a living row without its bytes.
    """
    file.deleted_at, file.name = now(), ""


def attachment(file: StoredFile, name: str = "") -> Response:
    """The file as a download that no browser shows, guesses at or keeps; ``name`` is what it is called where that is
    not kept with it. Raises what ``read`` raises.
    """
    response = Response(read(file), content_type=file.media_type)
    response.headers.update(attachment_headers(named(file.media_type, name) if name else file.name))
    return response


def sweep_given_up(limit: int = BATCH) -> int:
    """Delete the bytes of files that were given up, and whose they were; how many. Run until 0; safe at any time, and
    when two run at once. What the store does not delete now is looked at again by the next sweep.
    """
    due = (
        select(StoredFile)
        .where(StoredFile.deleted_at.is_not(None), StoredFile.swept_at.is_(None))
        .order_by(StoredFile.deleted_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    swept = 0
    for file in db.session.scalars(due).all():
        path = _path(file.storage_key)
        if _delete(path) or not _lies_there(path):
            file.swept_at, file.name, file.owner_id = now(), "", None
            swept += 1
    db.session.flush()
    return swept


def sweep_orphans() -> int:
    """Delete bytes that no row names a day after they were written, and those of files that were given up (a restored
    backup brings them back); how many. Inside a unit of work; safe at any time, and when two run at once.
    """
    disk, root = _store()
    try:
        paths = disk.find(root)
    except FileNotFoundError:
        return 0
    swept = 0
    for start in range(0, len(paths), BATCH):
        batch = {path.rpartition("/")[2]: path for path in paths[start : start + BATCH]}
        rows = select(StoredFile.storage_key, StoredFile.deleted_at).where(StoredFile.storage_key.in_(batch))
        known: dict[str, datetime | None] = {row.storage_key: row.deleted_at for row in db.session.execute(rows)}
        for key, path in batch.items():
            given_up = known[key] is not None if key in known else _is_old(disk, path)
            swept += given_up and _delete(path)
    return swept


def _scan(data: bytes) -> None:
    """The one place where content meets a virus scanner: ``app.extensions["eventhub.scanner"]``, when there is one,
    takes the bytes and answers whether they are clean. It fails closed: what it raises is not caught here.
    """
    scanner: Callable[[bytes], bool] | None = current_app.extensions.get("eventhub.scanner")
    if scanner is not None and not scanner(data):
        raise FileSuspicious


def named(media_type: str, name: str) -> str:
    """The person's name for the file, with the ending of what it really is."""
    clean = safe_file_name(name)
    endings = ENDINGS[media_type]
    if clean.lower().endswith(endings):
        return clean
    return safe_file_name(clean + endings[0])


def _place(file: StoredFile) -> Any:
    return place("stored_file", "body", file.id)


def _write(key: str, body: bytes) -> None:
    disk, path = _disk(), _path(key)
    try:
        ours = "file" in disk.protocol
        if ours:
            disk.makedirs(path.rpartition("/")[0], exist_ok=True)
        with disk.open(path, "wb") as target:
            target.write(body)
            if ours:
                # The row will be durable once committed: on a disk of our own the bytes must be so before.
                target.flush()
                os.fsync(target.fileno())
    except OSError:
        _delete(path)
        raise StoreAway from None


def _delete(path: str) -> bool:
    try:
        _disk().rm_file(path)
    except OSError:  # gone already, or the store is away: the next sweep looks again
        return False
    return True


def _lies_there(path: str) -> bool:
    """Whether bytes are there still; a store that does not answer says nothing about that."""
    try:
        return bool(_disk().exists(path))
    except OSError:
        return True


def _is_old(disk: Any, path: str) -> bool:
    try:
        written: datetime = disk.modified(path)
    except FileNotFoundError:
        return False
    return written < now() - GRACE


def _path(key: str) -> str:
    return f"{_store()[1]}/{key[:2]}/{key}"


def _disk() -> Any:
    return _store()[0]


def _store() -> tuple[Any, str]:
    return _opened(str(current_app.extensions["eventhub.settings"].files_url))


@lru_cache(maxsize=8)
def _opened(url: str) -> tuple[Any, str]:
    import fsspec  # noqa: PLC0415 (takes memory, and a web process may never open a file)

    disk, root = fsspec.core.url_to_fs(url)
    return disk, root.rstrip("/")


def accepted(allowed: frozenset[str]) -> str:
    """The names of file types for a hint: PDF, JPEG, Word (.docx)."""
    return names_of(allowed)


def accept_attribute(allowed: frozenset[str]) -> str:
    """The value of ``accept`` on a file input."""
    return ",".join(ending for kind in sorted(allowed) for ending in ENDINGS[kind])
