"""What becomes of a commitment: what its maker says, and what was checked. Two histories that never write one another.

The database follows each new row: ``said``, ``heard_on`` and ``expected_on`` with reports, ``checked`` with reviews.
"""

import uuid
from datetime import date, datetime

from flask_babel import lazy_gettext as _l

from eventhub.commitments import nearness
from eventhub.commitments.models import FOLLOWED, Commitment, Milestone, Report, Review, Says, State, Verdict
from eventhub.commitments.moves import NotPossible, deed
from eventhub.commitments.verifying import OwnMaker
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.people.models import Person


class NotYet(DomainError):
    """A day that has not come."""

    status = 422
    message = _l("This day has not come yet")
    field = "done_on"


def say(commitment: Commitment, says: Says, *, text: str = "", at: datetime | None = None) -> Report:
    """What the maker says about it, at a moment. Raises NotPossible where nobody is asked."""
    if commitment.state not in FOLLOWED:
        raise NotPossible
    report = Report(id=uuid.uuid4(), commitment_id=commitment.id, says=says, text=text, said_at=at or now())
    db.session.add(report)
    deed(commitment, "reported", actor=None, says=says.value)
    db.session.refresh(commitment, ["said", "checked", "heard_on", "expected_on"])
    return report


def check(actor: Person, commitment: Commitment, verdict: Verdict, *, text: str = "") -> Review:
    """What somebody who is not of the maker found. Raises OwnMaker, NotPossible."""
    if commitment.state not in {State.PUBLISHED, State.CLOSED}:
        raise NotPossible
    if nearness.is_of_maker(actor, commitment):
        raise OwnMaker
    review = Review(
        id=uuid.uuid4(),
        commitment_id=commitment.id,
        verdict=verdict,
        text=text,
        reviewer_id=actor.id,
        reviewed_at=now(),
    )
    db.session.add(review)
    deed(commitment, "reviewed", actor=actor, verdict=verdict.value)
    db.session.refresh(commitment, ["checked"])
    return review


def reach(commitment: Commitment, milestone: Milestone, done_on: date | None) -> Milestone:
    """A milestone is done, or was not after all. Raises NotYet."""
    if done_on is not None and done_on > now().date():
        raise NotYet
    milestone.done_on = done_on
    deed(commitment, "milestone_done" if done_on else "milestone_undone", actor=None, milestone=milestone.id)
    return milestone
