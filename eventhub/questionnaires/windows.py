"""The same page open in two windows: what each knew when it was drawn, so that none takes back what the other kept.

A page carries, hidden, its own id and a mark of every answer it was drawn with. What was kept meanwhile from another
window is told by mark and id; what came from the page itself (autosave, a reply that was lost, the way back) never
stands in its own way.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.questionnaires import kinds
from eventhub.questionnaires.answers import Sealed
from eventhub.questionnaires.definition import Question
from eventhub.questionnaires.models import Answer, AnswerSet

LIMIT = 10_000


@dataclass(frozen=True)
class Drawn:
    """What a page knew: its own id, and the mark of each answer by question key; what had no answer is not named."""

    window: uuid.UUID
    marks: Mapping[str, str]

    def __str__(self) -> str:
        return ".".join([self.window.hex, *(f"{key}:{mark}" for key, mark in self.marks.items() if mark)])


def read(text: str | None) -> Drawn | None:
    """What the hidden field says; None for a form that says nothing or was tampered with."""
    window, *parts = (text or "")[:LIMIT].split(".")
    try:
        return Drawn(uuid.UUID(hex=window), dict(part.split(":", 1) for part in parts))
    except ValueError:
        return None


def mark(question: Question, value: object) -> str:
    """A few characters that change with the answer, empty for none. A sealed one is told by its ciphertext alone."""
    if isinstance(value, Sealed):
        return value.mark
    if question.kind != "file":
        value = kinds.fill(question, value, "en")
    if value is None or value is False or value in ("", []):
        return ""
    return digest(json.dumps(value, sort_keys=True, default=str).encode())


def digest(data: bytes) -> str:
    """Eight characters for some bytes."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()[:6]).decode()


def windows_of(answer_set: AnswerSet) -> dict[str, uuid.UUID | None]:
    """From which window each answer was kept last, by question id. One statement."""
    rows = select(Answer.question, Answer.typed_in).where(Answer.answer_set_id == answer_set.id)
    return {row.question: row.typed_in for row in db.session.execute(rows)}
