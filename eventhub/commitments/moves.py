"""The one way in which a record moves: by the table of moves, with an audit row and the public pages told."""

from flask_babel import lazy_gettext as _l

from eventhub.commitments import nearness
from eventhub.commitments.models import MOVES, Commitment, State
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.revisions import bump
from eventhub.people.models import Person

REVISION = "commitments"
"""The revision of all public pages about commitments."""


class NotPossible(DomainError):
    """The table of moves has no way from here to there."""

    message = _l("This commitment has moved on, so this step is not possible any more. Look at it again.")


class OwnMaker(DomainError):
    """Nobody decides on their own organization."""

    message = _l("You represent the maker, or did within the last two years. A colleague decides.")


def demand_distance(actor: Person, commitment: Commitment) -> None:
    """Raises OwnMaker for whoever is near to a maker."""
    if nearness.is_of_maker(actor, commitment):
        raise OwnMaker


def move(
    commitment: Commitment, target: State, *, actor: object | None, reason: str | None = None, text: str | None = None
) -> None:
    """Move a record; ``reason`` is a code, ``text`` what somebody wrote. Raises NotPossible."""
    if target not in MOVES[commitment.state]:
        raise NotPossible
    before = commitment.state
    commitment.state = target
    deed(commitment, target.value, actor=actor, reason=reason, text=text, was=before.value)


def deed(
    commitment: Commitment,
    verb: str,
    *,
    actor: object | None,
    reason: str | None = None,
    text: str | None = None,
    hidden: bool = False,
    **detail: object,
) -> None:
    """Record a deed; what the public sees of the commitment is made anew. ``hidden``: nobody outside sees anything of
    it, so kept pages and their ETags stand: a new one would tell that something happened.
    """
    audit.record(
        f"commitments.{verb}", commitment, actor=actor, scope_id=commitment.event_id, reason=reason, text=text, **detail
    )
    if commitment.published_at is not None and not hidden:
        bump(REVISION)
    db.session.flush()
