"""A link answered in many windows at once, the clock run twice at once: real threads, committed data."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.commitments import confirming, queries
from eventhub.commitments.capturing import Words
from eventhub.commitments.models import Asking, Commitment, State, Version
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from tests.factories.commitments import asked, make_commitment, new_address
from tests.together import at_once

pytestmark = pytest.mark.lane


def test_a_link_answered_in_many_windows_counts_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment, asking = asked(make_commitment(email=new_address()))
        secret, commitment_id = confirming.link_token(asking), commitment.id

    def confirms() -> str:
        confirming.confirm(secret, seen=1)
        return "answered"

    def corrects() -> str:
        confirming.correct(secret, Words("Other words"), seen=1, reason="Misheard")
        return "answered"

    told = at_once(committed, [confirms, corrects, confirms, corrects])
    assert told["answered"] == 1
    assert told["LinkClosed"] + told["Changed"] == 3
    with committed.app_context():
        found = queries.record(commitment_id)
        assert found.confirmed == found.newest
        assert db.session.scalar(select(func.count()).select_from(Version)) == found.newest
        db.session.remove()


def test_a_clock_that_runs_twice_at_once_asks_the_next_mailbox_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        commitment, asking = asked(make_commitment(email=new_address()))
        asking.asked_at, asking.until = now() - confirming.TO_CONFIRM, now()
        commitment_id = commitment.id

    def runs() -> str:
        confirming.follow_links(now())
        return "ran"

    assert at_once(committed, [runs, runs, runs])["ran"] == 3
    with committed.app_context():
        assert db.session.get_one(Commitment, commitment_id).state is State.LAPSED
        open_ones = select(func.count()).select_from(Asking).where(Asking.closed_at.is_(None))
        assert db.session.scalar(open_ones) == 0
        mails = select(func.count()).select_from(Promise).where(Promise.task == "commitments.asked")
        assert db.session.scalar(mails) == 1
        db.session.remove()
