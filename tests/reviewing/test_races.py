"""Two deeds on one review at the same moment: one order or the other, never half of each."""

import uuid

import pytest
from flask import Flask

from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from eventhub.reviewing import queries, reading
from eventhub.reviewing.models import Conflict, Review, Standing
from tests.factories import reviewing as f
from tests.together import at_once

ROUNDS = 5


def scene(app: Flask) -> tuple[uuid.UUID, uuid.UUID]:
    with app.app_context(), unit_of_work():
        call = f.make_call()
        reader = f.make_reader(call)
        review = f.give(f.make_file(call), reader)
        return reader.id, review.id


def hands_in(reader_id: uuid.UUID, review_id: uuid.UUID) -> str:
    reader = db.session.get_one(Person, reader_id)
    reading.hand_in(reader, review_id, f.said(), seen=1, window=uuid.uuid4())
    return "handed in"


def steps_back(reader_id: uuid.UUID, review_id: uuid.UUID) -> str:
    reading.recuse(db.session.get_one(Person, reader_id), review_id, Conflict.FAMILY)
    return "stepped back"


def state_of(app: Flask, review_id: uuid.UUID) -> tuple[Standing, bool]:
    with app.app_context(), unit_of_work(read_only=True):
        row = db.session.get_one(Review, review_id)
        return row.state, bool(queries.scores(row.call_id))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_stepping_back_while_handing_in(committed: Flask, number: int) -> None:
    """The file is gone in either order, and no score counts."""
    ids = scene(committed)
    ended = at_once(committed, [lambda: hands_in(*ids), lambda: steps_back(*ids)])
    state, counts = state_of(committed, ids[1])
    assert ended["stepped back"] == 1, number
    assert state is (Standing.VOIDED if ended["handed in"] else Standing.RECUSED)
    assert not counts


def test_two_windows_hand_in_at_once(committed: Flask) -> None:
    """One is in; the other one is told."""
    ids = scene(committed)
    ended = at_once(committed, [lambda: hands_in(*ids)] * 4)
    assert ended["handed in"] == 1
    assert sum(ended.values()) == 4
    assert state_of(committed, ids[1]) == (Standing.HANDED_IN, True)
