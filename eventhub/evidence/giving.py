"""Evidence: given by anybody, checked by somebody who is not of the maker, and retracted with a trace.

The server fetches no address: whoever names one sends a copy of what it showed (SAFETY.md property 24).
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.commitments import nearness
from eventhub.commitments.models import Commitment
from eventhub.commitments.moves import NotPossible, deed
from eventhub.commitments.verifying import OwnMaker
from eventhub.evidence import queries, reading, voices
from eventhub.evidence.models import MOVES, Evidence, Giver, Standing, Voice
from eventhub.kit import files, sealed
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, or_not_found
from eventhub.kit.file_types import EVERYTHING, is_picture
from eventhub.kit.nameless import nameless
from eventhub.kit.sealed import SealKey, Unreadable, place
from eventhub.kit.text import safe_file_name
from eventhub.people.models import Person

ALLOWED = EVERYTHING
PURPOSE = "evidence.file"
CHECKED = frozenset({Standing.PUBLIC, Standing.SEALED})
WAITING_AT_ONCE = 10
"""So much of one voice may wait to be checked."""


@dataclass(frozen=True)
class Described:
    """What somebody says of evidence. ``address`` and ``shown_on``: for a copy of what an address showed that day."""

    title: str
    language: str
    address: str = ""
    shown_on: date | None = None
    wants_seal: bool = False


@dataclass(frozen=True)
class Words:
    """How evidence is called, where it was seen, and what its file is called."""

    title: str = ""
    address: str = ""
    file_name: str = ""


class SameFile(DomainError):
    """The same file is there already."""

    message = _l("This very file is there already. Choose another one.")
    field = "file"


class TooMuchWaits(DomainError):
    """One voice sends more than somebody can look at."""

    status = 422
    message = _l("Several things of yours still wait to be looked at. Send more when they have been.")
    field = "file"


class FutureDay(DomainError):
    """A day that has not come."""

    status = 422
    message = _l("This day has not come yet")
    field = "shown_on"


class ReasonNeeded(DomainError):
    """What is retracted says why."""

    status = 422
    message = _l("Say why")
    field = "reason"


class OwnEvidence(DomainError):
    """Two look at what staff found: who gave it, and who checks it."""

    message = _l("You gave this evidence. A colleague checks it.")


def give(
    commitment: Commitment,
    described: Described,
    data: bytes,
    name: str,
    *,
    voice: Voice | None = None,
    actor: Person | None = None,
) -> Evidence:
    """Keep a file that is to show what became of a commitment, sealed until somebody has checked it: of a ``voice``
    behind a link, or of an ``actor`` of staff. The caller holds the commitment. Raises NotPossible, TooMuchWaits,
    TooMuchUnread, FutureDay, SameFile, and what ``files.store`` raises, at the field ``file``.
    """
    if not queries.takes_words(commitment):
        raise NotPossible
    if described.shown_on is not None and described.shown_on > now().date():
        raise FutureDay
    if voice is not None:
        if _waiting_of(voice) >= WAITING_AT_ONCE:
            raise TooMuchWaits
        voices.demand_room(voice, commitment, "file")
    key = sealed.new_key()
    db.session.flush()
    evidence_id = uuid.uuid4()
    try:
        if not is_picture(data):
            data = nameless(*files.within(data, ALLOWED, files.LIMIT))
        kept = files.store(data, name="evidence", allowed=ALLOWED, purpose=PURPOSE, key=key)
        content = files.read(kept)
    except DomainError as error:
        error.field = "file"
        raise
    digest = hashlib.sha256(content).digest()
    if _is_there(commitment, digest):
        raise SameFile
    words = Words(described.title, described.address, files.named(kept.media_type, safe_file_name(name)))
    evidence = Evidence(
        id=evidence_id,
        commitment_id=commitment.id,
        giver=_giver(commitment, voice, actor),
        voice_id=voice.id if voice else None,
        given_by_id=actor.id if actor else None,
        given_at=now(),
        language=described.language,
        is_page=bool(described.address),
        shown_on=described.shown_on if described.address else None,
        wants_seal=described.wants_seal,
        file_id=kept.id,
        digest=digest,
        seal_key_id=key.id,
        sealed=sealed.seal(key, _place(evidence_id), json.dumps(vars(words), ensure_ascii=False)),
    )
    db.session.add(evidence)
    deed(commitment, "evidence_given", actor=actor, hidden=True, evidence=evidence_id, giver=evidence.giver.value)
    return evidence


def words_of(evidence: Evidence) -> Words:
    """What stands sealed, or in clear once it is public; nothing of what is gone."""
    if evidence.sealed is None:
        return Words(evidence.title, evidence.address, evidence.file_name)
    key = db.session.get_one(SealKey, evidence.seal_key_id)
    try:
        return Words(**json.loads(sealed.open_sealed(key, _place(evidence.id), evidence.sealed)))
    except Unreadable:
        return Words()


def check(actor: Person, commitment: Commitment, evidence: Evidence, standing: Standing) -> Evidence:
    """It was looked at, and everybody may see it, or reviewers alone. The caller holds the commitment. Raises OwnMaker,
    OwnEvidence, NotPossible, FileGone where the file is not in the store any more, FileDamaged, StoreAway.
    """
    _demand_distance(actor, commitment)
    if evidence.given_by_id == actor.id:
        raise OwnEvidence
    if standing not in CHECKED or standing not in MOVES[evidence.standing]:
        raise NotPossible
    files.read(or_not_found(db.session.get(files.StoredFile, evidence.file_id)))
    if standing is Standing.PUBLIC:
        words = words_of(evidence)
        evidence.title, evidence.address, evidence.file_name = words.title, words.address, _public_name(evidence)
        evidence.sealed = None
    evidence.standing = standing
    evidence.checked_by_id, evidence.checked_at, evidence.hidden_at = actor.id, now(), None
    deed(commitment, f"evidence_{standing.value}", actor=actor, evidence=evidence.id)
    return evidence


def retract(
    actor: Person | None, commitment: Commitment, evidence: Evidence, reason: str, *, hide: bool = False
) -> Evidence:
    """It does not count any more: the file is gone at once and for ever, the row with its hash, the day and the reason
    stays. ``hide``: not even that it was there is shown to the public. Without an actor whoever gave it takes it back.
    Whoever is near to the maker destroys nothing: with ``hide`` it is out of sight at once, and a colleague decides.
    The caller holds the commitment. Raises ReasonNeeded, NotPossible, OwnMaker.
    """
    near = actor is not None and nearness.is_of_maker(actor, commitment)
    if near and not (hide and evidence.standing is Standing.PUBLIC):
        raise OwnMaker
    if Standing.RETRACTED not in MOVES[evidence.standing]:
        raise NotPossible
    if not reason:
        raise ReasonNeeded
    if actor is not None and near:
        return _put_away(actor, commitment, evidence, reason)
    was, words = evidence.standing, words_of(evidence)
    sealed.destroy(db.session.get_one(SealKey, evidence.seal_key_id))
    files.remove(db.session.get_one(files.StoredFile, evidence.file_id))
    if hide:
        evidence.title = ""
    elif evidence.hidden_at is not None:
        evidence.title = words.title
    evidence.hidden_at = None
    evidence.address = evidence.file_name = ""
    evidence.sealed, evidence.standing = None, Standing.RETRACTED
    evidence.reason, evidence.retracted_at = reason, now()
    deed(commitment, "evidence_retracted", actor=actor, text=reason, evidence=evidence.id, was=was.value)
    return evidence


def take_back(voice: Voice, commitment: Commitment, evidence: Evidence, reason: str) -> Evidence:
    """Whoever gave it retracts it. Raises NotFound for what others gave, ReasonNeeded, NotPossible."""
    or_not_found(evidence if evidence.voice_id == voice.id else None)
    return retract(None, commitment, evidence, reason)


def note_read(actor: Person, commitment: Commitment, evidence: Evidence, reason: str) -> Evidence:
    """Somebody of staff saves a file that is not public. What waits to be checked is read without a reason by those who
    check it; what stays sealed with one. Raises OwnMaker, ReasonNeeded, NotFound.
    """
    _demand_distance(actor, commitment)
    or_not_found(evidence if evidence.standing is not Standing.RETRACTED else None)
    if evidence.standing is Standing.PUBLIC:
        return evidence
    if evidence.standing is Standing.SEALED and not reason:
        raise reading.ReasonNeeded
    reading.note(actor, commitment, reading.FILE, reason=reason or None, about=evidence.id)
    return evidence


def _put_away(actor: Person, commitment: Commitment, evidence: Evidence, reason: str) -> Evidence:
    """Out of sight and sealed again, with its file: it waits for somebody who is not of the maker, and everybody reads
    that something was hidden.
    """
    key = db.session.get_one(SealKey, evidence.seal_key_id)
    words = json.dumps(vars(words_of(evidence)), ensure_ascii=False)
    evidence.sealed = sealed.seal(key, _place(evidence.id), words)
    evidence.title = evidence.address = evidence.file_name = ""
    evidence.standing, evidence.hidden_at = Standing.WAITING, now()
    evidence.checked_by_id = evidence.checked_at = None
    deed(commitment, "evidence_hidden", actor=actor, text=reason, evidence=evidence.id)
    return evidence


def _giver(commitment: Commitment, voice: Voice | None, actor: Person | None) -> Giver:
    if voice is not None:
        return Giver.MAKER if voice.is_maker else Giver.CIVIL_SOCIETY
    near = actor is not None and nearness.is_of_maker(actor, commitment)
    return Giver.MAKER if near else Giver.STAFF


def _public_name(evidence: Evidence) -> str:
    """How everybody saves it: never by the name that somebody gave the file, which may be their own."""
    commitment = db.session.get_one(Commitment, evidence.commitment_id)
    kept = db.session.get_one(files.StoredFile, evidence.file_id)
    earlier = select(func.count()).where(
        Evidence.commitment_id == evidence.commitment_id, Evidence.standing != Standing.WAITING
    )
    number = (db.session.scalar(earlier) or 0) + (evidence.standing is Standing.WAITING)
    return files.named(kept.media_type, f"{commitment.reference}-{number}")


def _waiting_of(voice: Voice) -> int:
    rows = select(func.count()).where(Evidence.voice_id == voice.id, Evidence.standing == Standing.WAITING)
    return db.session.scalar(rows) or 0


def _is_there(commitment: Commitment, digest: bytes) -> bool:
    rows = select(Evidence.id).where(
        Evidence.commitment_id == commitment.id, Evidence.digest == digest, Evidence.standing != Standing.RETRACTED
    )
    return db.session.scalar(select(rows.exists())) or False


def _demand_distance(actor: Person, commitment: Commitment) -> None:
    if nearness.is_of_maker(actor, commitment):
        raise OwnMaker


def _place(evidence_id: uuid.UUID) -> sealed.Place:
    return place("commitment_evidence", "sealed", evidence_id)
