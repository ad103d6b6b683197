"""The secretariat's part: a thread of notes, whether the wording is right, when it is published, held and withdrawn."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.commitments import axes, queries, reading
from eventhub.commitments.models import Answer, Asking, Commitment, Note, State, Why
from eventhub.commitments.moves import OwnMaker as OwnMaker
from eventhub.commitments.moves import deed, demand_distance, move
from eventhub.commitments.telling import News, tell
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.sealed import SealKey, new_key, open_sealed, place, seal
from eventhub.people.models import Person

SEALED = ("commitment", "sealed_reason")


class NotConfirmed(DomainError):
    """The maker has not confirmed the words that hold."""

    status = 422
    message = _l("The maker has not confirmed these words. Say how you know that they are right.")
    field = "text"


class SessionRuns(DomainError):
    """What was said is published when the session is over."""

    message = _l("The session is not over yet. Publish it when it is.")


class ReasonNeeded(DomainError):
    """A withdrawal says why."""

    status = 422
    message = _l("Say why")
    field = "reason"


class StillHidden(DomainError):
    """Withdrawn for another reason than safety, what is hidden would be public again with its words."""

    status = 422
    message = _l(
        "This commitment is hidden for safety. Withdrawn for this reason, it would be public again. Choose that"
        " somebody could be harmed, or publish it first."
    )
    field = "why"


def write(actor: Person, commitment: Commitment, text: str) -> Note:
    """A note for colleagues: the maker never reads it."""
    note = Note(commitment_id=commitment.id, author_id=actor.id, text=text)
    db.session.add(note)
    deed(commitment, "noted", actor=actor, hidden=True)
    return note


def verify(actor: Person, commitment: Commitment, text: str = "") -> Commitment:
    """The wording is right. Without the maker's own word about it ``text`` says how one knows, which stands in the
    thread. The caller holds it. Raises OwnMaker, NotConfirmed, NotPossible.
    """
    demand_distance(actor, commitment)
    if commitment.confirmed != commitment.newest and not text:
        raise NotConfirmed
    if text:
        db.session.add(Note(commitment_id=commitment.id, author_id=actor.id, text=text))
    _close_link(commitment)
    move(commitment, State.VERIFIED, actor=actor)
    return commitment


def publish(actor: Person, commitment: Commitment) -> Commitment:
    """Show it to everybody, once the session is over; from now on its maker is asked what became of it. Brings back one
    that was held or closed. The caller holds it. Raises OwnMaker, SessionRuns, NotPossible.
    """
    demand_distance(actor, commitment)
    session, moment = commitment.session, now()
    if session is not None and moment < session.ends_at:
        raise SessionRuns
    if commitment.published_at is None:
        today = moment.date()
        commitment.published_at, commitment.heard_on = moment, today
        commitment.expected_on = axes.expected(today, today)
    before = commitment.state
    move(commitment, State.PUBLISHED, actor=actor)
    commitment.closed_at, commitment.closed_reason = None, ""
    db.session.flush()
    if before is State.CLOSED:
        tell(commitment, News.REOPENED)
    if before is State.HELD and _was_amended(commitment):
        tell(commitment, News.AMENDED)
    return commitment


def hold(actor: Person, commitment: Commitment) -> Commitment:
    """Hide it from everybody for safety, until it is published again. The caller holds it. Raises NotPossible."""
    move(commitment, State.HELD, actor=actor)
    return commitment


def close(actor: Person, commitment: Commitment, *, reason: str) -> Commitment:
    """It has ended: nobody is asked any more, and everybody reads why. The caller holds it. Raises OwnMaker,
    ReasonNeeded, NotPossible.
    """
    demand_distance(actor, commitment)
    if not reason:
        raise ReasonNeeded
    move(commitment, State.CLOSED, actor=actor, text=reason)
    commitment.closed_at, commitment.closed_reason = now(), reason
    db.session.flush()
    tell(commitment, News.CLOSED)
    return commitment


def withdraw(actor: Person, commitment: Commitment, why: Why, *, reason: str) -> Commitment:
    """It does not stand any more. The public reads why, except for safety: then there is no such commitment, and the
    reason is sealed. The caller holds it. Raises ReasonNeeded, OwnMaker (whoever is near may hide, not judge),
    StillHidden (a trigger refuses it too), NotPossible.
    """
    is_safety = why is Why.SAFETY
    if not is_safety:
        demand_distance(actor, commitment)
        if commitment.state is State.HELD:
            raise StillHidden
    if not reason:
        raise ReasonNeeded
    _close_link(commitment)
    if is_safety:
        key = new_key()
        db.session.flush()
        commitment.seal_key_id = key.id
        commitment.sealed_reason = seal(key, place(*SEALED, commitment.id), reason)
    commitment.withdrawn_why, commitment.withdrawn_at = why, now()
    commitment.withdrawn_reason = "" if is_safety else reason
    move(commitment, State.WITHDRAWN, actor=actor, reason=why.value)
    tell(commitment, News.WITHDRAWN)
    return commitment


def read_reason(actor: Person, commitment: Commitment, text: str) -> str:
    """The sealed reason of a withdrawal, for ``text``, which the audit keeps with who read it. Raises NotFound where
    there is none.
    """
    if commitment.sealed_reason is None or commitment.seal_key_id is None:
        raise NotFound
    key = db.session.get_one(SealKey, commitment.seal_key_id)
    reading.note(actor, commitment, reading.REASON, reason=text)
    return open_sealed(key, place(*SEALED, commitment.id), commitment.sealed_reason).decode()


def _was_amended(commitment: Commitment) -> bool:
    """Whether staff changed the words while they were hidden, of which nobody was told then."""
    held = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_id == commitment.id, AuditEntry.verb == f"commitments.{State.HELD.value}"
    )
    since = db.session.scalar(held)
    return since is not None and not commitment.words.by_maker and commitment.words.written_at > since


def _close_link(commitment: Commitment) -> None:
    asking: Asking | None = queries.open_asking(commitment)
    if asking is not None:
        asking.answer, asking.closed_at = Answer.REPLACED, now()
        db.session.flush()
