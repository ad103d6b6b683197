"""The second axis: what somebody who is not of the maker found, with the reason in words that everybody reads."""

from flask_babel import lazy_gettext as _l

from eventhub.commitments import following
from eventhub.commitments.models import Commitment, Review, Verdict
from eventhub.evidence import queries, voices
from eventhub.kit.errors import DomainError, Stale
from eventhub.kit.outbox import promise
from eventhub.people.models import Person

RESTS_ON_EVIDENCE = frozenset({Verdict.EVIDENCE_SEEN, Verdict.CONFIRMED})
"""What nobody can find without evidence that was checked. The database holds it for a confirmation."""


class NothingShown(DomainError):
    """Nothing was shown that this could rest on."""

    status = 422
    message = _l("There is no evidence that was checked. Check evidence first, or choose another result.")
    field = "verdict"


class ReasonNeeded(DomainError):
    """A result says why."""

    status = 422
    message = _l("Say why")
    field = "text"


def demand_seen(commitment: Commitment, seen: str) -> None:
    """Whether the page that somebody decided on still holds. The caller holds the commitment. Raises Stale."""
    if seen != queries.seen_of(commitment):
        raise Stale


def assess(actor: Person, commitment: Commitment, verdict: Verdict, *, text: str, seen: str) -> Review:
    """Say what was found. ``seen``: the sign of the page that the reviewer read. The caller holds the commitment.

    Raises Stale, ReasonNeeded, NothingShown, OwnMaker, NotPossible.
    """
    demand_seen(commitment, seen)
    if not text:
        raise ReasonNeeded
    if verdict in RESTS_ON_EVIDENCE and not queries.has_evidence(commitment.id):
        raise NothingShown
    review = following.check(actor, commitment, verdict, text=text)
    _tell(commitment, review)
    return review


def _tell(commitment: Commitment, review: Review) -> None:
    """The first mailbox that speaks for the maker reads what is said in public, with a link to send evidence by."""
    contact = next((one for one in commitment.contacts if one.email), None)
    if contact is not None and contact.email and queries.takes_words(commitment):
        voice = voices.of_mailbox(commitment, contact.email, contact.language)
        promise("evidence.assessed", review_id=review.id, voice_id=voice.id)
