"""Evaluations in the small world: one that is over, and links of one that is open."""

from sqlalchemy import select

from eventhub.evaluations import answering
from eventhub.evaluations.models import Answer
from eventhub.kit.db import db
from eventhub.programme.models import Event
from tests.factories.evaluations import finished, opened, secrets_of


def evaluation_parts(event: Event) -> dict[str, str]:
    """The parts of addresses and forms, by name."""
    made = finished(event)
    words = select(Answer.id).where(Answer.evaluation_id == made.id, Answer.text.is_not(None)).limit(1)
    asked, done = secrets_of(opened(6))[:2]
    assert answering.answer(done, {"overall": 4}, "en")
    return {
        "evaluation_words": str(db.session.scalars(words).one()),
        "evaluation_link": asked,
        "evaluation_done": done,
    }
