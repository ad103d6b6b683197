"""Many mailboxes that follow something, and one that asks in many windows: one mail each, few statements."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from eventhub.commitments import following as reports
from eventhub.commitments import queries
from eventhub.commitments.models import Says
from eventhub.kit import sealed
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.tracker import subscribing
from eventhub.tracker.models import Follow, Reader
from tests.factories.commitments import new_address, past_event, published
from tests.together import at_once

MANY = 3000


@pytest.mark.lane
def test_one_mailbox_that_asks_in_many_windows_is_one_reader(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment_id, email = published().id, new_address()

    def asks() -> str:
        subscribing.ask(queries.record(commitment_id), email, "en", whole_maker=False)
        return "asked"

    assert at_once(committed, [asks, asks, asks])["asked"] == 3
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Reader)) == 1
        assert db.session.scalar(select(func.count()).select_from(Follow)) == 1
        db.session.remove()


@pytest.mark.lane
def test_of_two_clocks_at_once_one_owes_the_mail(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment, email = published(), new_address()
        subscribing.ask(commitment, email, "en", whole_maker=True)
        subscribing.agree(db.session.scalars(select(Reader)).one(), "en")
        commitment_id = commitment.id
    with committed.test_request_context(), unit_of_work():
        reports.say(queries.record(commitment_id), Says.PLANNING)
    moment = (now() + timedelta(days=1)).replace(hour=9)

    def tells() -> str:
        return str(subscribing.tell_due(moment))

    told = at_once(committed, [tells, tells, tells])
    assert told["1"] == 1
    with committed.app_context():
        owed = select(func.count()).select_from(Promise).where(Promise.task == "tracker.digest")
        assert db.session.scalar(owed) == 1
        db.session.remove()


@pytest.mark.usefixtures("database")
def test_thousands_are_owed_their_mail_by_few_statements(statements: list[str]) -> None:
    shown = [published(past_event(), maker=f"Union {place}") for place in range(3)]
    key = sealed.new_key()
    db.session.flush()
    same = {"language": "en", "seal_key_id": key.id, "sealed": b"-", "salt": b"-"}
    past = now() - timedelta(days=2)
    readers = [
        same
        | {"id": uuid.uuid4(), "mark": uuid.uuid4().bytes, "token_hash": uuid.uuid4().bytes}
        | {"made_at": past, "told_until": past, "told_on": None}
        for _number in range(MANY)
    ]
    db.session.execute(insert(Reader), readers)
    follows = [
        {"id": uuid.uuid4(), "reader_id": one["id"], "asked_at": past, "agreed_at": past}
        | ({"commitment_id": shown[0].id, "maker": None} if place % 2 else {"commitment_id": None, "maker": "Union 1"})
        for place, one in enumerate(readers)
    ]
    db.session.execute(insert(Follow), follows)
    for one in shown[:2]:
        reports.say(one, Says.PLANNING)
    db.session.flush()
    statements.clear()
    moment, number = (now() + timedelta(days=1)).replace(hour=9), 0
    while done := subscribing.tell_due(moment):
        number += done
    assert number == MANY
    assert len(statements) <= 5 * (MANY // subscribing.BATCH + 1)
    assert db.session.scalar(select(func.count()).where(Promise.task == "tracker.digest")) == MANY
