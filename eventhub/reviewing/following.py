"""What follows here from what becomes of a file elsewhere: a letter that comes late, an applicant who leaves."""

import uuid

from sqlalchemy import select

from eventhub.funding import behalf, moves, vouching
from eventhub.funding.models import Application, State
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, place, resealed
from eventhub.reviewing.models import OPEN, Review, Standing


def has_score(application_id: uuid.UUID) -> bool:
    """Whether somebody has handed in a review of a file that still counts."""
    rows = select(Review.id).where(Review.application_id == application_id, Review.state == Standing.HANDED_IN)
    return db.session.scalar(rows.limit(1)) is not None


def let_go(application: Application, before: State) -> None:
    """An applicant leaves while files are read: what was begun is wiped and its reader has room again, scores are void
    and stay on record, and all others are reckoned without them. After the board nothing changes: its slates stay what
    they were made from. The application is held.
    """
    if before is not State.UNDER_REVIEW:
        return
    rows = (
        select(Review)
        .where(Review.application_id == application.id, Review.state.in_([*OPEN, Standing.HANDED_IN]))
        .order_by(Review.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = list(db.session.scalars(rows))
    scored = [one for one in found if one.state is Standing.HANDED_IN]
    for one in found:
        give_back(one)
    if found:
        audit.record(
            "reviewing.file_left",
            application,
            actor=None,
            scope_id=application.call_id,
            voided=len(scored),
            freed=len(found) - len(scored),
        )
    if scored:
        promise("reviewing.calibrate", call_id=application.call_id)
    db.session.flush()


def hand_on(application: Application, before: SealKey, after: SealKey) -> None:
    """A file is somebody else's: what readers wrote of it is sealed for that person."""
    rows = select(Review).where(Review.application_id == application.id, Review.words.is_not(None)).order_by(Review.id)
    for one in db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all():
        one.words = resealed(before, after, place("fund_review", "words", one.id), one.words)


def give_back(review: Review) -> None:
    """A review that goes on no more: void where it was handed in, else wiped and taken back."""
    if review.state in OPEN:
        review.marks, review.words, review.confidence = {}, None, None
    review.state = Standing.TAKEN_BACK if review.state in OPEN else Standing.VOIDED
    review.ended_at = now()


vouching.SCORED.append(has_score)
moves.LEFT.append(let_go)
behalf.HANDED_ON.append(hand_on)
