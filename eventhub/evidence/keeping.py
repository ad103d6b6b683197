"""How long is known who spoke, a person's own copy of it, and what an erasure forgets."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from eventhub.commitments.keeping import KEPT, OVER
from eventhub.commitments.models import Commitment
from eventhub.evidence import commenting, voices
from eventhub.evidence.models import Comment, Evidence, Voice, Word
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person

BATCH = 500


def forget(moment: datetime, limit: int = BATCH) -> int:
    """Forget who asked for a link and sent nothing by it, once it has ended; and who spoke about what was withdrawn or
    replaced long ago. How many. Safe to repeat.
    """
    spoke = select(Evidence.id).where(Evidence.voice_id == Voice.id).exists()
    said = select(Comment.id).where(Comment.voice_id == Voice.id).exists()
    is_over = Commitment.state.in_(OVER) & (Voice.until <= moment - KEPT)
    due = (
        select(Voice, ~spoke & ~said)
        .join(Commitment, Commitment.id == Voice.commitment_id)
        .where(Voice.until <= moment, Voice.sealed.is_not(None), (~spoke & ~said) | is_over)
        .limit(limit)
    )
    found = db.session.execute(due).all()
    for voice, was_silent in found:
        _forget(voice)
        if was_silent:
            db.session.delete(voice)
    db.session.flush()
    return len(found)


def erase(person: Person, addresses: Collection[str]) -> None:
    """A person is erased: nobody can tell any more who spoke. What waits goes; what everybody reads stays without an
    alias. Safe to repeat.
    """
    for voice in _of(person, set(addresses)):
        _forget(voice)
    db.session.flush()


def own_data(person: Person) -> list[dict[str, Any]]:
    """What a person sent about commitments, signed in or by a link to the mailbox."""
    found: list[dict[str, Any]] = []
    for voice in _of(person, {person.email} if person.email else set()):
        reference = db.session.get_one(Commitment, voice.commitment_id).reference
        known = voices.identity(voice)
        found.append({"reference": reference, "asked": voice.made_at, **known, "sent": [*_files(voice), *_said(voice)]})
    return found


def _forget(voice: Voice) -> None:
    voices.forget(voice)
    for comment in db.session.scalars(select(Comment).where(Comment.voice_id == voice.id)):
        comment.alias = ""
        if comment.standing is Word.WAITING:
            comment.sealed, comment.standing, comment.decided_at = None, Word.TAKEN_BACK, now()


def _files(voice: Voice) -> list[dict[str, Any]]:
    rows = select(Evidence).where(Evidence.voice_id == voice.id).order_by(Evidence.given_at, Evidence.id)
    return [
        {"kind": "evidence", "sent": one.given_at, "standing": one.standing.value, "sha256": one.digest.hex()}
        for one in db.session.scalars(rows)
    ]


def _said(voice: Voice) -> list[dict[str, Any]]:
    rows = select(Comment).where(Comment.voice_id == voice.id).order_by(Comment.given_at, Comment.id)
    return [
        {
            "kind": "comment",
            "sent": one.given_at,
            "standing": one.standing.value,
            "text": commenting.own_text(one),
            "alias": one.alias,
        }
        for one in db.session.scalars(rows)
    ]


def _of(person: Person, addresses: set[str]) -> list[Voice]:
    rows = select(Voice).where(Voice.mark.in_(voices.marks(person, addresses)))
    return list(db.session.scalars(rows.order_by(Voice.made_at, Voice.id)))


people.LEAVING.append(erase)
