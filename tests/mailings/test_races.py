"""Two at once, and a step that dies in the middle: nobody is lost, nobody is written to twice."""

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.mailings import actions, queries, sending
from eventhub.mailings.models import Mailing, MailingLine, Stage
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.factories.people import make_person
from tests.mailings.scene import make_event_with, make_mailing, send
from tests.together import at_once

pytestmark = pytest.mark.lane

PEOPLE = 25


def prepared(app: Flask, *, sent: bool) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID, int]:
    """A mailing to some people, written down for good: event, mailing, somebody of the desk, and its version."""
    with app.app_context(), unit_of_work():
        event, _rows = make_event_with(*(make_person() for _ in range(PEOPLE)))
        mailing = make_mailing(event)
        if sent:
            send(mailing, event)
        return event.id, mailing.id, make_person().id, mailing.version


def step() -> str:
    """A minute's work."""
    sending.step(now() + timedelta(seconds=1), 10)
    return "done"


def handed(app: Flask) -> Counter[str]:
    """How often each line was handed to the outbox."""
    with app.app_context(), unit_of_work(read_only=True):
        payloads = db.session.scalars(select(Promise.payload).where(Promise.task == sending.LETTER))
        return Counter(payload["line_id"] for payload in payloads)


def lines(app: Flask) -> int:
    """How many stand in logs."""
    with app.app_context(), unit_of_work(read_only=True):
        return db.session.scalar(select(func.count()).select_from(MailingLine)) or 0


def kept(app: Flask) -> None:
    """The workers send all that was handed over."""
    with app.app_context(), unit_of_work():
        db.session.execute(text("UPDATE promise SET kept_at = now() WHERE task = 'mailings.letter'"))


def killed_step() -> str:
    """A step whose process dies before it ends: the database takes the connection's work back."""
    sending.step(now() + timedelta(seconds=1), 10)
    db.session.flush()
    db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    return "lived"


def test_steps_that_die_and_steps_at_once(committed: Flask) -> None:
    prepared(committed, sent=True)
    for round_ in range(6):
        with committed.app_context():
            with pytest.raises(DBAPIError), unit_of_work():
                killed_step()
            db.session.remove()
        assert len(handed(committed)) == min(10 * round_, PEOPLE)
        assert at_once(committed, [step, step, step])["done"] == 3
        kept(committed)
    assert lines(committed) == PEOPLE
    found = handed(committed)
    assert len(found) == PEOPLE
    assert set(found.values()) == {1}


def test_two_press_send_at_once(committed: Flask) -> None:
    event_id, mailing_id, person_id, version = prepared(committed, sent=False)

    def press() -> str:
        event = db.session.get_one(Event, event_id)
        mailing = queries.one(event_id, mailing_id, lock=True)
        actions.schedule(db.session.get_one(Person, person_id), mailing, event, at=None, version=version)
        return "sent"

    found = at_once(committed, [press] * 4)
    assert found["sent"] == 1
    assert found["NoDraft"] == 3
    with committed.app_context(), unit_of_work(read_only=True):
        assert db.session.get_one(Mailing, mailing_id).stage is Stage.SCHEDULED
