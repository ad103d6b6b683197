"""The demo's evaluations: one that is over and published, and one that is open."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.demo.evaluations import ANSWERED_LAST_YEAR, ANSWERED_SO_FAR, make_evaluations
from eventhub.evaluations import queries, results
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from tests.factories.evaluations import attended
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")


def test_one_is_over_with_what_came_of_it_and_one_is_open(client: FlaskClient) -> None:
    today = now().date()
    forum = make_event(first_day=today - timedelta(days=360), last_day=today - timedelta(days=359))
    dialogue = make_event(first_day=today - timedelta(days=42), last_day=today - timedelta(days=42))
    attended(forum, 90)
    participant = attended(dialogue, 40)[0]
    make_evaluations(forum, dialogue, today, participant)
    db.session.expire_all()
    over, running = queries.of_event(forum.id), queries.of_event(dialogue.id)
    assert over is not None
    assert running is not None
    assert (over.asked, over.answered) == (90, ANSWERED_LAST_YEAR)
    assert all(one.bands for one in results.of(over))
    assert len(results.readable(over)["missing"]) == 6
    assert queries.is_open(running, dialogue, now())
    assert running.answered + queries.waiting_number(running.id) == ANSWERED_SO_FAR
    assert len(db.session.scalars(select(Promise)).all()) == 1
    page = client.get(f"/ru/events/{forum.slug}/evaluation")
    assert page.status_code == 200
