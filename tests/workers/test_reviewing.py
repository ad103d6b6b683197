"""Readers and scores are worked out by workers, from the promise to what is kept."""

from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select

from eventhub.kit import outbox
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.reviewing import assigning, queries, scoring
from tests import servers
from tests.factories import reviewing as f

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
def worker() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        return import_module("workers.reviewing")


def taken(task: str) -> outbox.Taken:
    db.session.flush()
    row = db.session.scalars(select(Promise).where(Promise.task == task, Promise.kept_at.is_(None))).one()
    found = outbox.take(row.id, task)
    assert found is not None
    return found


def test_readers_are_worked_out(worker: Any) -> None:
    call = f.make_call()
    officer = f.make_officer(call)
    for _ in range(3):
        f.make_reader(call)
        f.make_file(call)
    draft = assigning.ask(officer, f.the(call))
    worker._assign(taken(worker.ASSIGN))
    found = queries.draft_of(call.id, draft.id)
    assert found.done_at is not None
    assert len(found.pairs) == 6
    assigning.release(officer, f.the(call), draft.id)
    first = queries.standing(call.id)[0]
    queries.own_gate(first.person_id, first.gate_id).declared_at = found.done_at
    db.session.flush()
    again = queries.draft_of(call.id, draft.id)
    assert again.released_at is not None


def test_scores_are_kept_once(worker: Any) -> None:
    call = f.make_call()
    officer, reader = f.make_officer(call), f.make_reader(call)
    f.hand_in(f.give(f.make_file(call), reader), reader)
    assert queries.calls_to_score() == [call.id]
    for _ in range(2):
        scoring.ask(officer, call)
        worker._calibrate(taken(worker.CALIBRATE))
    newest = queries.newest_scoring(call.id)
    assert newest is not None
    assert newest.skipped
    assert queries.calls_to_score() == []
