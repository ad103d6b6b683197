"""Form keys: the same form sent twice is done once (SAFETY.md property 27).

Every form carries a random key. The first request with a key inserts it and works; a second one, also at the same
moment, waits for the first and gets its answer again. The same key with other content is refused with 409.
"""

import hashlib
import uuid
from datetime import datetime, timedelta

from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.errors import DomainError

NOT_CONTENT = {"csrf_token", "form_key"}
KEPT = timedelta(days=2)


class FormKey(Base):
    """A key that was used, what came with it, and where the answer led."""

    __tablename__ = "form_key"
    __table_args__ = (Index("ix_form_key_at", "at"),)

    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(default=now)
    location: Mapped[str | None]


class OtherContent(DomainError):
    """The key was used already, with other answers."""

    message = _l("This form was sent before with other answers. Open the page again to see what we have.")


def claim(owner: str) -> Response | None:
    """Claim the key of this request: None to go on, or the answer that the first request got.

    Raises OtherContent. A request without a key is let through: its form demands one.
    """
    key = key_of_request()
    if key is None:
        return None
    digest = _digest(owner)
    fresh = insert(FormKey).values(key=key, digest=digest, at=now()).on_conflict_do_nothing().returning(FormKey.key)
    if db.session.execute(fresh).first():
        return None
    known = db.session.execute(select(FormKey.digest, FormKey.location).where(FormKey.key == key)).one()
    if known.digest != digest:
        raise OtherContent
    return redirect(known.location or request.path, 303)


def settle(response: Response) -> None:
    """After the view: remember where a redirect led; a form that must be corrected may use its key again."""
    key = key_of_request()
    if key is None:
        return
    if response.status_code in {302, 303}:
        row = db.session.get(FormKey, key)
        if row:
            row.location = response.location
    else:
        db.session.execute(delete(FormKey).where(FormKey.key == key))


def key_of_request() -> uuid.UUID | None:
    """The key the form carries, or None when it has none or a forged one."""
    try:
        return uuid.UUID(request.form.get("form_key", ""))
    except ValueError:
        return None


def forget_old() -> None:
    """Keys older than two days are of no use to anyone."""
    db.session.execute(delete(FormKey).where(FormKey.at < now() - KEPT))


def _digest(owner: str) -> bytes:
    digest = hashlib.sha256(f"{owner}\n{request.path}\n".encode())
    for name, values in sorted(request.form.lists()):
        if name not in NOT_CONTENT:
            digest.update(repr((name, values)).encode(errors="surrogatepass"))
    for name, files in sorted(request.files.lists()):
        for file in files:
            digest.update(repr((name, file.filename)).encode(errors="surrogatepass"))
            digest.update(hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    return digest.digest()
