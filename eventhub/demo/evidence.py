"""Evidence and comments of the demo: what reviews rest on, what disputes say, and what still waits to be checked."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from eventhub.commitments.models import Verdict
from eventhub.demo.docx import document as docx
from eventhub.evidence.commenting import TO_REPLY
from eventhub.evidence.models import Comment, Evidence, Giver, Reply, Standing, Word
from eventhub.kit import files, sealed
from eventhub.kit.db import db
from eventhub.kit.file_types import DOCX
from eventhub.kit.sealed import place
from eventhub.kit.tokens import digest, new_salt

WAITING, RETRACTED = 2, 2
"""So much still waits to be checked, and so much was retracted."""


@dataclass(frozen=True)
class Reviewed:
    """A commitment that was checked: in which language its maker speaks, and when the reviewer found what."""

    commitment_id: uuid.UUID
    place: int
    language: str
    country: str | None
    wording: str
    verdict: Verdict
    on: date


def make_evidence(told: Mapping[str, Any], reviewed: Sequence[Reviewed]) -> int:
    """What each result rests on, before the results are written; how many files. The commitments are there."""
    shown = [one for one in reviewed if one.verdict in {Verdict.CONFIRMED, Verdict.EVIDENCE_SEEN}]
    for one in shown:
        _file(told, one, Standing.PUBLIC, "list")
    for one in shown[:RETRACTED]:
        _file(told, one, Standing.RETRACTED, "report")
    for one in shown[-WAITING:]:
        _file(told, one, Standing.WAITING, "report")
    for one in reviewed:
        if one.verdict is Verdict.DISPUTED:
            _comment(told, one)
    db.session.flush()
    return len(shown) + RETRACTED + WAITING


def _file(told: Mapping[str, Any], one: Reviewed, standing: Standing, what: str) -> None:
    title = told["evidence"][what][one.language]
    key = sealed.new_key()
    db.session.flush()
    body = docx(f"{title}\n{one.wording}\n{one.place + 1}", one.language)
    file = files.store(body, name="evidence", allowed=frozenset({DOCX}), purpose="evidence.file", key=key)
    kept = hashlib.sha256(files.read(file)).digest()
    given, evidence_id, name = _at(one.on, 9) - timedelta(days=2), uuid.uuid4(), f"{title}.docx"
    row = Evidence(
        id=evidence_id,
        commitment_id=one.commitment_id,
        giver=Giver.MAKER,
        given_at=given,
        language=one.language,
        file_id=file.id,
        digest=kept,
        seal_key_id=key.id,
        standing=standing,
    )
    if standing is Standing.WAITING:
        words = json.dumps({"title": title, "address": "", "file_name": name}, ensure_ascii=False)
        row.sealed = sealed.seal(key, place("commitment_evidence", "sealed", evidence_id), words)
    else:
        row.title, row.checked_at = title, _at(one.on, 14)
        row.file_name = name if standing is Standing.PUBLIC else ""
    if standing is Standing.RETRACTED:
        row.reason, row.retracted_at = told["evidence"]["retracted"][one.language], _at(one.on, 16)
        sealed.destroy(key)
        files.remove(file)
    db.session.add(row)


def _comment(told: Mapping[str, Any], one: Reviewed) -> None:
    given = _at(one.on, 10) - timedelta(days=4)
    said = Comment(
        id=uuid.uuid4(),
        commitment_id=one.commitment_id,
        disputes=True,
        country=one.country if one.place % 2 else None,
        language=one.language,
        text=told["comments"][one.place % len(told["comments"])][one.language],
        given_at=given,
        standing=Word.SHOWN,
        decided_at=given + timedelta(hours=5),
    )
    db.session.add(said)
    db.session.flush()
    if one.place % 3 == 0:
        return
    db.session.add(
        Reply(
            commitment_id=one.commitment_id,
            comment_id=said.id,
            salt=new_salt(),
            token_hash=digest(str(said.id)),
            asked_at=given + timedelta(hours=5),
            until=given + TO_REPLY,
            text=told["replies"][one.language],
            language=one.language,
            answered_at=given + timedelta(days=2),
            standing=Word.SHOWN,
            decided_at=given + timedelta(days=3),
        )
    )


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
