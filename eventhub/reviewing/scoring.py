"""What all reviews say together: reckoned by a program of its own, kept for good, never instead of the raw mean."""

import hashlib
import json
import uuid

from sqlalchemy import select

from eventhub.funding.models import Call
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.reviewing import queries
from eventhub.reviewing.models import Scoring
from eventhub.reviewing.terms import Calibration, Score


def ask(person: Person, call: Call) -> Call:
    """Let a worker reckon anew."""
    audit.record("reviewing.scoring_asked", call, actor=person, scope_id=call.id)
    promise("reviewing.calibrate", call_id=call.id)
    return call


def due(call_id: uuid.UUID) -> tuple[list[Score], str] | None:
    """The scores of a call and their digest; None where the newest scoring was made from the very same ones."""
    scores = queries.scores(call_id)
    mark = digest(scores)
    newest = queries.newest_scoring(call_id)
    return None if newest is not None and newest.digest == mark else (scores, mark)


def keep(call_id: uuid.UUID, mark: str, made: Calibration) -> Scoring | None:
    """Keep a scoring, unless the scores have changed while it was reckoned: then the next one is made from those."""
    # One at a time for each call, so that two workers do not keep the same one twice.
    db.session.execute(select(Call.id).where(Call.id == call_id).with_for_update())
    again = due(call_id)
    if again is None or again[1] != mark:
        return None
    row = Scoring(
        id=uuid.uuid4(),
        call_id=call_id,
        digest=mark,
        files=[
            {
                "application": one.file,
                "reviews": one.reviews,
                "raw": one.raw,
                "calibrated": one.calibrated,
                "deviation": one.deviation,
            }
            for one in made.files
        ],
        reviewers=[
            {"reviewer": one.reviewer, "reviews": one.reviews, "bias": one.bias, "gain": one.gain}
            for one in made.reviewers
        ],
        skipped=made.skipped.value if made.skipped else None,
        noise=made.noise,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("reviewing.scored", row, actor=None, scope_id=call_id, files=len(row.files), skipped=row.skipped)
    return row


def digest(scores: list[Score]) -> str:
    """The SHA-256 of scores in their order: hexadecimal."""
    plain = json.dumps([[one.file, one.reviewer, one.points] for one in scores], separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()
