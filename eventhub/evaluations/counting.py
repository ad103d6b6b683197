"""Answers leave the waiting ones by the clock, five people at the least at a time.

Each run is two transactions, and each may be repeated: ``mark`` writes on invitations that they were answered;
``take`` then moves the answers of marked invitations. What a crash leaves between them, the next run goes on with.
"""

import secrets
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from eventhub.evaluations import answering, queries
from eventhub.evaluations.models import Answer, Evaluation, Invitation, Waiting
from eventhub.evaluations.preset import PRESET
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey

BATCH = 5
"""So many people's answers are moved together at the least, and so many stay waiting while an evaluation is open: so
the last ones are never fewer."""
CHANCE = secrets.SystemRandom()


def mark_due(moment: datetime) -> int:
    """Mark links that were answered, of all evaluations; how many."""
    return sum(mark(one, moment) for one in queries.running() if one.opened_at)


def take_due(moment: datetime) -> int:
    """Move the answers of marked links, of all evaluations; of how many people."""
    return sum(take(one, moment) for one in queries.running() if one.opened_at)


def mark(evaluation: Evaluation, moment: datetime) -> int:
    """Mark some whose answers wait, chosen by chance, and leave as many as a batch needs; all of them at the end."""
    _hold(evaluation.id)
    waiting = set(db.session.scalars(select(Waiting.key).where(Waiting.evaluation_id == evaluation.id)))
    answered = [one for key, one in _unmarked(evaluation.id).items() if key in waiting]
    if queries.is_over(evaluation, evaluation.event, moment):
        chosen = answered
    elif len(answered) >= 2 * BATCH:
        chosen = CHANCE.sample(answered, len(answered) - BATCH)
    else:
        return 0
    day = queries.local(evaluation.event, moment).date()
    mine = update(Invitation).where(Invitation.id.in_(chosen)).values(answered_on=day)
    db.session.execute(mine.execution_options(synchronize_session=False))
    return len(chosen)


def take(evaluation: Evaluation, moment: datetime) -> int:
    """Move waiting answers whose links are marked, each answer by itself and all of them shuffled; of how many people.
    Those of a person who was erased meanwhile go along. At the end of an evaluation that fewer than five people
    answered, what they said is deleted unread.
    """
    _hold(evaluation.id)
    unmarked = _unmarked(evaluation.id)
    rows = db.session.scalars(select(Waiting).where(Waiting.evaluation_id == evaluation.id)).all()
    ready = [one for one in rows if one.key not in unmarked]
    is_last = queries.is_over(evaluation, evaluation.event, moment) and len(ready) == len(rows)
    if len(ready) < BATCH and not (is_last and ready):
        return 0
    if len(ready) >= BATCH:
        day = queries.local(evaluation.event, moment).date()
        db.session.execute(insert(Answer), _shuffled(evaluation, ready, day))
    mine = delete(Waiting).where(Waiting.key.in_([one.key for one in ready]))
    db.session.execute(mine.execution_options(synchronize_session="fetch"))
    number = update(Evaluation).where(Evaluation.id == evaluation.id)
    db.session.execute(
        number.values(answered=Evaluation.answered + len(ready)).execution_options(synchronize_session=False)
    )
    db.session.expire(evaluation, ["answered"])
    return len(ready)


def _shuffled(evaluation: Evaluation, ready: list[Waiting], day: Any) -> list[dict[str, Any]]:
    seal_key = db.session.get_one(SealKey, evaluation.seal_key_id)
    found = []
    for one in ready:
        language, given = answering.unpacked(seal_key, one)
        for code, value in given.items():
            in_words = PRESET[code].in_words
            found.append(
                {
                    "id": uuid.uuid4(),
                    "evaluation_id": evaluation.id,
                    "question": code,
                    "value": None if in_words else value,
                    "text": value if in_words else None,
                    "language": language if in_words else None,
                    "counted_on": day,
                }
            )
    CHANCE.shuffle(found)
    return found


def _unmarked(evaluation_id: uuid.UUID) -> dict[bytes, uuid.UUID]:
    """Invitations that are not marked, by the key that their answer would wait under."""
    rows = select(Invitation.id, Invitation.salt).where(
        Invitation.evaluation_id == evaluation_id, Invitation.answered_on.is_(None), Invitation.salt.is_not(None)
    )
    return {queries.key_of(queries.secret_of(one, salt)): one for one, salt in db.session.execute(rows).all() if salt}


def _hold(evaluation_id: uuid.UUID) -> None:
    """Until this transaction ends nobody answers, and no other clock marks or moves."""
    db.session.execute(select(func.pg_advisory_xact_lock(answering.lock_of(evaluation_id))))
