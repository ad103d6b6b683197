"""Questions about evidence and comments: what everybody reads, what waits, and what stands behind a link."""

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from eventhub.commitments import queries as commitments
from eventhub.commitments.models import Commitment, Report, Review, Says, State, Verdict
from eventhub.evidence.access import REVIEWERS, Grants
from eventhub.evidence.models import COUNTS, Comment, Evidence, Giver, Reply, Standing, Voice, Word
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.sealed import SealKey
from eventhub.kit.tokens import digest
from eventhub.programme.access import visible_events
from eventhub.programme.models import Event

PER_PAGE = 20


@dataclass(frozen=True)
class Waiting:
    """A commitment of the queue: since when the oldest waits, and how much of each kind."""

    commitment: Commitment
    since: datetime
    kinds: dict[str, int]


@dataclass(frozen=True)
class Spoken:
    """A comment that is shown, with the maker's reply."""

    comment: Comment
    reply: Reply | None


def shown_evidence(commitment_id: uuid.UUID) -> list[Evidence]:
    """What everybody reads of the evidence, newest first; what was retracted says so."""
    return [one for one, _own in shown_with_own(commitment_id)]


def shown_with_own(commitment_id: uuid.UUID) -> list[tuple[Evidence, bool]]:
    """The same, each with whether whoever gave it took it back, as the audit says: why they did nobody has read who
    moderates. One statement.
    """
    own = exists().where(
        AuditEntry.subject_kind == "commitment",
        AuditEntry.subject_id == Evidence.commitment_id,
        AuditEntry.verb == "commitments.evidence_retracted",
        AuditEntry.actor_id.is_(None),
        AuditEntry.detail["evidence"].astext == cast(Evidence.id, Text),
    )
    taken_back = and_(Evidence.standing == Standing.RETRACTED, own)
    rows = select(Evidence, taken_back).where(
        Evidence.commitment_id == commitment_id, or_(Evidence.title != "", Evidence.hidden_at.is_not(None))
    )
    rows = rows.options(joinedload(Evidence.file)).order_by(Evidence.given_at.desc(), Evidence.id)
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def shown_comments(commitment_id: uuid.UUID) -> list[Spoken]:
    """The comments that everybody reads, newest first."""
    rows = (
        select(Comment, Reply)
        .outerjoin(Reply, (Reply.comment_id == Comment.id) & (Reply.standing == Word.SHOWN))
        .where(Comment.commitment_id == commitment_id, Comment.standing == Word.SHOWN)
        .order_by(Comment.given_at.desc(), Comment.id)
    )
    return [Spoken(row[0], row[1]) for row in db.session.execute(rows)]


def public_file(number: int, evidence_id: uuid.UUID) -> Evidence:
    """Public evidence of a public commitment. Raises NotFound."""
    rows = (
        select(Evidence)
        .join(Commitment, Commitment.id == Evidence.commitment_id)
        .options(joinedload(Evidence.file))
        .where(
            Commitment.number == number,
            commitments.is_public(),
            commitments.in_public_event(),
            Evidence.id == evidence_id,
            Evidence.standing == Standing.PUBLIC,
        )
    )
    return or_not_found(db.session.scalar(rows))


def speakable(number: int) -> Commitment:
    """A commitment about which something may be said: public, and not replaced or withdrawn. Raises NotFound."""
    found = commitments.public_commitment(number)
    if not takes_words(found):
        raise NotFound
    return found


def takes_words(commitment: Commitment) -> bool:
    """Whether evidence and comments are taken: what was withdrawn or hidden takes none."""
    return commitment.is_shown and commitment.state in {State.PUBLISHED, State.CLOSED}


def voice_behind(secret: str, *, lock: bool = False) -> Voice | None:
    """Who speaks behind a link. ``lock`` holds the voice."""
    rows = select(Voice).where(Voice.token_hash == digest(secret))
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(rows)


def reply_behind(secret: str, *, lock: bool = False) -> Reply | None:
    """The reply behind a link. ``lock`` holds it."""
    rows = select(Reply).where(Reply.token_hash == digest(secret))
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(rows)


def given_by(voice: Voice) -> tuple[list[Evidence], list[Comment]]:
    """What somebody sent, newest first."""
    sent = select(Evidence).where(Evidence.voice_id == voice.id).options(joinedload(Evidence.file))
    said = select(Comment).where(Comment.voice_id == voice.id)
    return (
        list(db.session.scalars(sent.order_by(Evidence.given_at.desc(), Evidence.id))),
        list(db.session.scalars(said.order_by(Comment.given_at.desc(), Comment.id))),
    )


def all_evidence(commitment_id: uuid.UUID) -> list[Evidence]:
    """For reviewers: all of it, what waits first."""
    rows = select(Evidence).where(Evidence.commitment_id == commitment_id).options(joinedload(Evidence.file))
    order = ((Evidence.standing != Standing.WAITING), Evidence.given_at.desc(), Evidence.id)
    return list(db.session.scalars(rows.order_by(*order)))


def all_comments(commitment_id: uuid.UUID) -> list[tuple[Comment, Reply | None, bool]]:
    """For reviewers: every comment with its reply, and whether it is known who wrote it; what waits first."""
    rows = (
        select(Comment, Reply, Voice.sealed.is_not(None))
        .outerjoin(Reply, Reply.comment_id == Comment.id)
        .outerjoin(Voice, Voice.id == Comment.voice_id)
        .where(Comment.commitment_id == commitment_id)
        .order_by(Comment.standing != Word.WAITING, Comment.given_at.desc(), Comment.id)
    )
    return [(row[0], row[1], bool(row[2])) for row in db.session.execute(rows)]


def opened_with(evidence: Collection[Evidence], comments: Collection[Comment]) -> list[object]:
    """What these are opened with, all at once: whoever opens several keeps it meanwhile. Two statements, none where
    nothing is sealed.
    """
    spoken = {one.voice_id for one in comments if one.sealed is not None}
    voices = db.session.scalars(select(Voice).where(Voice.id.in_(spoken))).all() if spoken else ()
    keys = {one.seal_key_id for one in voices if one.sealed is not None}
    keys |= {one.seal_key_id for one in evidence if one.sealed is not None}
    return [*voices, *(db.session.scalars(select(SealKey).where(SealKey.id.in_(keys))) if keys else ())]


def one_evidence(commitment: Commitment, evidence_id: uuid.UUID) -> Evidence:
    """Evidence of this commitment as it stands now. Raises NotFound."""
    rows = select(Evidence).where(Evidence.id == evidence_id, Evidence.commitment_id == commitment.id)
    found = rows.options(joinedload(Evidence.file)).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(found))


def one_comment(commitment: Commitment, comment_id: uuid.UUID) -> Comment:
    """A comment on this commitment as it stands now. Raises NotFound."""
    rows = select(Comment).where(Comment.id == comment_id, Comment.commitment_id == commitment.id)
    return or_not_found(db.session.scalar(rows.execution_options(populate_existing=True)))


def one_reply(commitment: Commitment, reply_id: uuid.UUID) -> Reply:
    """A reply about this commitment as it stands now. Raises NotFound."""
    rows = select(Reply).where(Reply.id == reply_id, Reply.commitment_id == commitment.id)
    return or_not_found(db.session.scalar(rows.execution_options(populate_existing=True)))


def unread(commitment_id: uuid.UUID, *, of_maker: bool) -> int:
    """How much that its maker, or somebody else, sent about a commitment waits to be checked or read."""
    giver = Giver.MAKER if of_maker else Giver.CIVIL_SOCIETY
    files = select(func.count()).where(
        Evidence.commitment_id == commitment_id, Evidence.standing == Standing.WAITING, Evidence.giver == giver
    )
    comments = select(func.count()).where(Comment.commitment_id == commitment_id, Comment.standing == Word.WAITING)
    waiting = db.session.scalar(files) or 0
    return waiting if of_maker else waiting + (db.session.scalar(comments) or 0)


def has_evidence(commitment_id: uuid.UUID) -> bool:
    """Whether there is evidence that somebody has checked."""
    rows = select(Evidence.id).where(Evidence.commitment_id == commitment_id, Evidence.standing.in_(COUNTS))
    return db.session.scalar(select(rows.exists())) or False


def seen_of(commitment: Commitment) -> str:
    """What a reviewer's page rests on, as a short sign: it changes with each report, review, piece of evidence, comment
    and reply, and with the words.
    """
    parts = [str(commitment.newest), commitment.state.value]
    for rows in (
        select(Report.id).where(Report.commitment_id == commitment.id),
        select(Review.id).where(Review.commitment_id == commitment.id),
        select(Evidence.id, Evidence.standing).where(Evidence.commitment_id == commitment.id),
        select(Comment.id, Comment.standing, Comment.cuts).where(Comment.commitment_id == commitment.id),
        select(Reply.id, Reply.standing).where(Reply.commitment_id == commitment.id),
    ):
        parts += sorted(" ".join(map(str, row)) for row in db.session.execute(rows))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def queue(grants: Grants, *, kind: str = "", page: int = 1) -> tuple[Sequence[Waiting], int]:
    """A page of what waits for a reviewer, the oldest first, and how many commitments do. Four statements."""
    waits = _waits(grants, kind).subquery()
    total = db.session.scalar(select(func.count(waits.c.commitment_id.distinct()))) or 0
    oldest = func.min(waits.c.since).label("oldest")
    rows = select(waits.c.commitment_id, oldest).group_by(waits.c.commitment_id)
    rows = rows.order_by(oldest, waits.c.commitment_id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    since: dict[uuid.UUID, datetime] = {row[0]: row[1] for row in db.session.execute(rows)}
    if not since:
        return (), total
    kinds: dict[uuid.UUID, dict[str, int]] = {one: {} for one in since}
    counted = select(waits.c.commitment_id, waits.c.kind, func.count()).where(waits.c.commitment_id.in_(since))
    for row in db.session.execute(counted.group_by(waits.c.commitment_id, waits.c.kind)):
        kinds[row[0]][row[1]] = row[2]
    loaded = {one.id: one for one in db.session.scalars(_listed(since))}
    return [Waiting(loaded[one], moment, kinds[one]) for one, moment in since.items()], total


def waiting_by_kind(grants: Grants) -> dict[str, int]:
    """How many commitments have something of each kind that waits. One statement."""
    waits = _waits(grants, "").subquery()
    rows = select(waits.c.kind, func.count(waits.c.commitment_id.distinct())).group_by(waits.c.kind)
    return {row[0]: row[1] for row in db.session.execute(rows)}


KINDS = ("claim", "evidence", "comment", "reply", "dispute", "unbacked")
"""What waits: a claim of completion without a newer review (once it is confirmed the same claim does not), evidence, a
comment and a reply that nobody has looked at, a dispute without a newer review, and a confirmation whose evidence was
retracted."""


def _waits(grants: Grants, kind: str) -> Select[Any]:
    newer = exists().where(Review.commitment_id == Commitment.id, Review.reviewed_at > Report.said_at)
    judged = exists().where(Review.commitment_id == Commitment.id, Review.reviewed_at > Comment.decided_at)
    backed = exists().where(Evidence.commitment_id == Commitment.id, Evidence.standing.in_(COUNTS))
    found = {
        "claim": _waiting("claim", Report.said_at)
        .join(Report, Report.commitment_id == Commitment.id)
        .where(
            Report.says == Says.FULFILLED,
            Commitment.said == Says.FULFILLED,
            Commitment.checked != Verdict.CONFIRMED,
            ~newer,
        ),
        "evidence": _waiting("evidence", Evidence.given_at)
        .join(Evidence, Evidence.commitment_id == Commitment.id)
        .where(Evidence.standing == Standing.WAITING),
        "comment": _waiting("comment", Comment.given_at)
        .join(Comment, Comment.commitment_id == Commitment.id)
        .where(Comment.standing == Word.WAITING),
        "reply": _waiting("reply", Reply.answered_at)
        .join(Reply, Reply.commitment_id == Commitment.id)
        .where(Reply.standing == Word.WAITING),
        "dispute": _waiting("dispute", Comment.decided_at)
        .join(Comment, Comment.commitment_id == Commitment.id)
        .where(Comment.standing == Word.SHOWN, Comment.disputes, ~judged),
        "unbacked": _waiting("unbacked", func.max(Evidence.retracted_at))
        .join(Evidence, Evidence.commitment_id == Commitment.id)
        .where(Commitment.checked == Verdict.CONFIRMED, ~backed.correlate(Commitment))
        .group_by(Commitment.id),
    }
    reach = select(Event.id).where(visible_events(grants, *REVIEWERS))
    here = (
        commitments.is_public(),
        Commitment.state.in_((State.PUBLISHED, State.CLOSED)),
        Commitment.event_id.in_(reach),
    )
    chosen = [one.where(*here) for name, one in found.items() if not kind or name == kind]
    merged = union_all(*chosen).subquery() if len(chosen) > 1 else chosen[0].subquery()
    return select(merged.c.commitment_id, merged.c.kind, merged.c.since)


def _waiting(kind: str, since: Any) -> Select[Any]:
    columns = (Commitment.id.label("commitment_id"), literal(kind).label("kind"), since.label("since"))
    return select(*columns).select_from(Commitment)


def _listed(ids: Collection[uuid.UUID]) -> Select[Commitment]:
    return (
        select(Commitment)
        .where(Commitment.id.in_(ids))
        .options(joinedload(Commitment.event), joinedload(Commitment.words), selectinload(Commitment.makers))
    )
