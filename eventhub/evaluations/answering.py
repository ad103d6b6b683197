"""What somebody answers behind a link: one row, sealed, and nothing else in its transaction.

No mark on the invitation, no lock on its row (PostgreSQL would write the transaction's number into it), no form key, no
audit, no promise. Once is kept by the row's own key (models.Waiting), so a form that is sent twice, at once or after a
crash, is answered alike and kept once.
"""

import json
import uuid
from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from eventhub.evaluations import queries
from eventhub.evaluations.models import Evaluation, Invitation, Waiting
from eventhub.evaluations.queries import key_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.sealed import Place, SealKey, open_sealed, place, seal
from eventhub.kit.tokens import digest

LENGTH = 8192
"""Bytes of every sealed answer: a long text must not be known again by its length."""
Given = Mapping[str, int | str]
"""Answers by the question's code: a step, or words."""


class LinkOver(DomainError):
    """The link opens nothing (any more)."""

    status = 404
    message = _l("This link does not work any more. The evaluation is over, or the address was cut.")


def answer(secret: str, given: Given, language: str) -> bool:
    """Keep what somebody answers; False when the link was answered before: the first answer stands. Raises LinkOver."""
    found = queries.behind(secret)
    if found is None:
        raise LinkOver
    # Against marking and closing, in the server's memory alone.
    db.session.execute(select(func.pg_advisory_xact_lock_shared(lock_of(found.evaluation.id))))
    # Asked anew behind the lock.
    rows = select(Invitation.answered_on, Evaluation.closed_at).join(Evaluation)
    now_so = db.session.execute(rows.where(Invitation.token_hash == digest(secret))).first()
    if now_so is None or now_so.closed_at or not queries.is_open(found.evaluation, found.event, now()):
        raise LinkOver
    if now_so.answered_on is not None:
        return False
    key = key_of(secret)
    seal_key = db.session.get_one(SealKey, found.evaluation.seal_key_id)
    row = {
        "key": key,
        "evaluation_id": found.evaluation.id,
        "sealed": seal(seal_key, _where(key), packed(given, language)),
    }
    kept = insert(Waiting).values(row).on_conflict_do_nothing().returning(Waiting.key)
    return db.session.execute(kept).first() is not None


def packed(given: Given, language: str) -> bytes:
    """Answers as bytes, of one length for all."""
    plain = json.dumps({"language": language, "given": dict(given)}, ensure_ascii=False).encode()
    if len(plain) > LENGTH:
        raise ValueError("longer than the form allows")
    return plain.ljust(LENGTH)


def unpacked(seal_key: SealKey, waiting: Waiting) -> tuple[str, dict[str, int | str]]:
    """The language of the page it was written on, and the answers. Raises Unreadable."""
    found = json.loads(open_sealed(seal_key, _where(waiting.key), waiting.sealed))
    return found["language"], found["given"]


def lock_of(evaluation_id: uuid.UUID) -> int:
    """The number of the advisory lock of an evaluation."""
    return int.from_bytes(evaluation_id.bytes[:8], signed=True)


def _where(key: bytes) -> Place:
    return place("evaluation_waiting", "sealed", key.hex())
