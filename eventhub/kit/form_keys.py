"""Form keys: the same form sent twice is done once (SAFETY.md property 27).

Every form carries a random key. The key is written together with what the form did, in one transaction: a second
request with the same key, also at the same moment, finds it taken, is undone whole, and gets the first one's answer.
The same key with other content is refused with 409. In the usual case this costs one statement.
"""

import hashlib
import uuid
from datetime import datetime, timedelta

from flask import g, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, LargeBinary, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from eventhub.kit.clock import now
from eventhub.kit.db import Base, db, table_of
from eventhub.kit.errors import DomainError
from eventhub.kit.sealed import Place, open_for_house, place, seal_for_house

NOT_CONTENT = {"csrf_token", "form_key"}
KEPT = timedelta(days=2)


class FormKey(Base):
    """A key that was used, what came with it, and where the answer led: sealed, since an address may be a secret (the
    reply to an invite), of which the database holds nothing but a hash.
    """

    __tablename__ = "form_key"
    __table_args__ = (Index("ix_form_key_at", "at"),)

    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(default=now)
    location: Mapped[bytes] = mapped_column(LargeBinary)


_KEYS = table_of(FormKey)
_REMEMBER = insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.key)


class OtherContent(DomainError):
    """The key was used already, with other answers."""

    message = _l("This form was sent before with other answers. Open the page again to see what we have.")


def remember(owner: str, location: str) -> bool:
    """Write the key of this request with its answer. False when another request with the key was first.

    Waits for a request with the same key that is still under way. True for a request without a key.
    """
    key = key_of_request()
    if key is None:
        return True
    row = {
        "key": key,
        "digest": _digest(owner),
        "at": now(),
        "location": seal_for_house(_where(key), location.encode()),
    }
    return db.session.execute(_REMEMBER, row).first() is not None


def answered(owner: str) -> Response | None:
    """The answer that an earlier request with this key got, or None. Raises OtherContent."""
    key = key_of_request()
    if key is None:
        return None
    known = db.session.execute(select(FormKey.digest, FormKey.location).where(FormKey.key == key)).first()
    if known is None:
        return None
    if known.digest != _digest(owner):
        raise OtherContent
    return redirect(open_for_house(_where(key), known.location).decode(), 303)


def is_repeated() -> bool:
    """Whether a form with the key of this request was done already."""
    key = key_of_request()
    return db.session.scalar(select(FormKey.key).where(FormKey.key == key)) is not None


def leave_no_key() -> None:
    """Nothing is remembered of the form of this request: a key would stand in one transaction with what it did, with a
    digest of its content and address. For what must be tied to nobody, and is done once by other means.
    """
    g.leaves_no_key = True


def key_of_request() -> uuid.UUID | None:
    """The key the form carries, or None when it has none or a forged one."""
    if g.get("leaves_no_key"):
        return None
    try:
        return uuid.UUID(request.form.get("form_key", ""))
    except ValueError:
        return None


def forget_old() -> None:
    """Keys older than two days are of no use to anyone."""
    db.session.execute(delete(FormKey).where(FormKey.at < now() - KEPT))


def _where(key: uuid.UUID) -> Place:
    return place("form_key", "location", key)


def _digest(owner: str) -> bytes:
    digest = hashlib.sha256(f"{owner}\n{request.path}\n".encode())
    for name, values in sorted(request.form.lists()):
        if name not in NOT_CONTENT:
            digest.update(repr((name, values)).encode(errors="surrogatepass"))
    for name, files in sorted(request.files.lists()):
        for file in files:
            digest.update(repr((name, file.filename)).encode(errors="surrogatepass"))
            # Whoever looked at it may have left it at its end.
            file.stream.seek(0)
            digest.update(hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    return digest.digest()
