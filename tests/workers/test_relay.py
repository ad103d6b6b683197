"""The relay in this process: what it offers, and what it does when the database or the broker is away."""

import importlib
import uuid
from datetime import timedelta
from types import ModuleType

import pytest
import time_machine
from celery.schedules import crontab
from flask import Flask
from kombu.exceptions import OperationalError
from structlog.testing import capture_logs

from eventhub.kit import limits, slots
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


def test_a_silent_beat_is_an_error_in_the_log_again_and_again(relay: ModuleType) -> None:
    moment = now()
    with time_machine.travel(moment, tick=False) as clock, capture_logs() as logs:
        with unit_of_work():
            slots.beat()
        one = relay.Relay()
        heard = []
        for _ in range(25):
            heard.append(one.listen_for_beat())
            clock.shift(timedelta(minutes=1))
        with unit_of_work():
            slots.beat()
        assert one.listen_for_beat()
    assert heard == [True] * 11 + [False] * 14
    told = [(line["event"], line["log_level"], line["seconds"]) for line in logs]
    assert told == [("beat.silent", "error", 660), ("beat.silent", "error", 1260)]


def test_the_relay_looks_after_beat_while_it_runs(relay: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    one, told = relay.Relay(), []
    monkeypatch.setattr(one, "_listen", lambda: None)
    monkeypatch.setattr(one, "_wait", lambda: one.stop(0, None) if len(told) else None)
    monkeypatch.setattr(one, "listen_for_beat", lambda: told.append(1))
    monkeypatch.setattr(relay, "LISTEN_EVERY", -1.0)
    one.run()
    assert told == [1]


def test_beat_gives_a_sign_of_life_each_minute(relay: ModuleType) -> None:
    celery = importlib.import_module("workers.schedule").celery
    (entry,) = [one for one in celery.conf.beat_schedule.values() if one["task"] == "upkeep.heartbeat"]
    assert entry["schedule"] == crontab()
    upkeep = importlib.import_module("workers.upkeep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "flask_app", relay.flask_app)
        upkeep.heartbeat()
    quiet = slots.silence()
    assert quiet is not None
    assert quiet < timedelta(seconds=30)
