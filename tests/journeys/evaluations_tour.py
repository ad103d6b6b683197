"""Stops of the tour at evaluations: behind a link, the public summary, and staff's pages."""

from collections.abc import Callable

from sqlalchemy import select

from eventhub.evaluations import answering, queries
from eventhub.evaluations.models import Answer
from eventhub.kit.db import db
from tests.factories.evaluations import attended, event_of_yesterday, finished, opened, secrets_of


def evaluation_stops(words: Callable[[str], str], texts: Callable[[str], dict[str, str]]) -> dict[str, dict[str, str]]:
    """Addresses by who looks."""
    over, running, fresh = (event_of_yesterday() for _ in range(3))
    for event in (over, running, fresh):
        event.title = texts("A dialogue on education")
    made = finished(over, words("More time for questions from the floor"))
    attended(fresh, 6)
    asked, done = secrets_of(opened(6, running))[:2]
    assert answering.answer(done, {"overall": 4, "missing": words("A quiet room")}, "en")
    one = db.session.scalars(
        select(Answer.id).where(Answer.evaluation_id == made.id, Answer.text.is_not(None)).limit(1)
    ).one()
    assert queries.of_event(running.id)
    console = "/console/events/{}/evaluation"
    return {
        "public": {
            "evaluations.form": f"/evaluation/{asked}",
            "evaluations.thanks": f"/evaluation/{done}/thanks",
            "evaluations.summary": f"/events/{over.slug}/evaluation",
        },
        "staff": {
            "evaluations_console.index": console.format(over.slug),
            "evaluations_console.index#open": console.format(running.slug),
            "evaluations_console.index#none": console.format(fresh.slug),
            "evaluations_console.set_up": f"{console.format(fresh.slug)}/set-up",
            "evaluations_console.words": f"{console.format(over.slug)}/words/{one}",
        },
    }
