"""The relay in this process: what it offers, and what it does when the database or the broker is away."""

import importlib
import uuid
from types import ModuleType

import pytest
from flask import Flask
from kombu.exceptions import OperationalError

from eventhub.kit import limits
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise, promise
from eventhub.local.process import free_port
from tests import servers


@pytest.fixture
def relay(app: Flask, database: None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The relay's module on this test's database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.plain(app.config["SQLALCHEMY_DATABASE_URI"]))
        module = importlib.import_module("workers.relay")
        work = importlib.import_module("workers.app")
    monkeypatch.setattr(module, "flask_app", app)
    monkeypatch.setattr(work, "flask_app", app)
    return module


def owe(count: int) -> None:
    """So many promises of a job that every worker knows."""
    with unit_of_work():
        for number in range(count):
            promise("registration.submitted", registration_id=str(uuid.UUID(int=number)))


def test_more_than_a_batch_is_carried_at_once(relay: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(relay, "deliver", lambda _task, number: sent.append(number))
    monkeypatch.setattr(relay, "BATCH", 10)
    owe(25)
    one = relay.Relay()
    assert [one.carry(), one.carry(), one.carry()] == [True, True, False]
    assert len(set(sent)) == len(sent) == 25
    assert one.carry() is False
    assert len(sent) == 25


def test_what_could_not_be_published_is_offered_again(relay: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker dies in the middle of a batch: those before it are out, the others come again soon."""
    owe(6)
    numbers = [row.id for row in db.session.query(Promise).order_by(Promise.id)]

    def dying(_task: str, number: int) -> None:
        if number >= numbers[3]:
            raise OperationalError

    monkeypatch.setattr(relay, "deliver", dying)
    assert relay.Relay().carry() is False
    db.session.expire_all()
    soon = {row.id for row in db.session.query(Promise) if (row.offered_until - now()).total_seconds() < 5}
    assert soon == set(numbers[3:])
    assert {row.tries for row in db.session.query(Promise)} == {0}


def test_an_unknown_task_stops_nobody(relay: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promise from a newer release, say: it stays in the outbox, and the others are carried."""
    sent: list[str] = []

    def deliver(task: str, _number: int) -> None:
        if task == "unheard.of":
            raise KeyError(task)
        sent.append(task)

    monkeypatch.setattr(relay, "deliver", deliver)
    with unit_of_work():
        promise("unheard.of")
    owe(2)
    assert relay.Relay().carry() is False
    assert sent == ["registration.submitted"] * 2
    assert db.session.query(Promise).filter(Promise.parked_at.is_not(None)).count() == 0


def test_nothing_is_claimed_while_the_broker_is_away(relay: ModuleType, app: Flask) -> None:
    known = app.extensions["eventhub.redis"]
    app.extensions["eventhub.redis"] = limits.connect(f"redis://127.0.0.1:{free_port()}/0")
    try:
        owe(2)
        assert relay.Relay().carry() is False
        db.session.expire_all()
        assert {row.offered_until for row in db.session.query(Promise)} == {None}
    finally:
        app.extensions["eventhub.redis"] = known
