"""Limits: per account and token before address, in Valkey, and in this process while Valkey is away."""

import time
import uuid
from collections.abc import Iterator

import pytest
import redis
import time_machine
from flask import Flask, request

from eventhub.app import create_app
from eventhub.kit import limits
from eventhub.kit.errors import TooMany
from eventhub.kit.limits import count
from eventhub.local.process import free_port


@pytest.fixture
def name(app: Flask) -> Iterator[str]:
    """A limit of its own, inside the app's context."""
    with app.app_context():
        yield f"test-{uuid.uuid4().hex}"


@pytest.fixture
def alone(app: Flask, name: str) -> Iterator[str]:
    """The same while Valkey is away: a dead port."""
    known = app.extensions["eventhub.redis"]
    app.extensions["eventhub.redis"] = limits.connect(f"redis://127.0.0.1:{free_port()}/0")
    yield name
    app.extensions["eventhub.redis"] = known


def tries_until_refused(name: str, subject: str, limit: int = 3, seconds: int = 600) -> int:
    """How many tries pass."""
    for number in range(limit * 3):
        try:
            count(name, subject, limit=limit, seconds=seconds)
        except TooMany:
            return number
    return limit * 3


def test_so_many_and_no_more(name: str) -> None:
    assert tries_until_refused(name, "ada") == 3
    assert tries_until_refused(name, "grace") == 3
    assert tries_until_refused(name + "-other", "ada") == 3


def test_while_valkey_is_away(alone: str) -> None:
    assert tries_until_refused(alone, "ada") == 3
    assert tries_until_refused(alone, "grace") == 3


def test_a_missing_valkey_costs_no_time(alone: str) -> None:
    began = time.monotonic()
    for _ in range(50):
        count(alone, "ada", limit=1000, seconds=60)
    assert time.monotonic() - began < 5


def test_without_any_valkey(app: Flask, name: str) -> None:
    known, app.extensions["eventhub.redis"] = app.extensions["eventhub.redis"], limits.connect("")
    try:
        assert tries_until_refused(name, "ada") == 3
    finally:
        app.extensions["eventhub.redis"] = known


@pytest.mark.parametrize("place", ["name", "alone"])
def test_a_new_window_begins_anew(place: str, request: pytest.FixtureRequest) -> None:
    name = request.getfixturevalue(place)
    # The middle of a window, so that the first tries do not straddle two.
    with time_machine.travel((time.time() // 60 + 1) * 60 + 20, tick=True) as clock:
        assert tries_until_refused(name, "ada", seconds=60) == 3
        clock.shift(60)
        assert tries_until_refused(name, "ada", seconds=60) == 3


def test_the_store_holds_no_address_and_no_email(app: Flask, name: str) -> None:
    count(name, "grace.marker@example.org", limit=5, seconds=60)
    store: redis.Redis = app.extensions["eventhub.redis"]
    keys = [key.decode() for key in store.scan_iter("limit:*")]
    assert [key for key in keys if name in key]
    assert not [key for key in keys if "marker" in key or "example.org" in key]
    assert all(store.ttl(key) > 0 for key in keys)


def test_what_is_counted_can_be_any_text(name: str) -> None:
    for subject in ("\ud800", "\x00", "x" * 100_000, ""):
        assert tries_until_refused(name, subject) == 3


def test_memory_is_bounded(alone: str, app: Flask) -> None:
    app.extensions["eventhub.redis"] = None
    for number in range(50_100):
        count(alone, str(number), limit=5, seconds=60)
    assert len(limits._local) <= 50_000


def test_a_forged_forwarded_for_changes_nothing(app: Flask) -> None:
    """Behind no proxy the header is ignored; behind one, only what that proxy itself wrote counts."""
    settings = app.extensions["eventhub.settings"]
    for proxies, expected in ((0, "127.0.0.1"), (1, "203.0.113.9")):
        made = create_app(settings.model_copy(update={"trusted_proxies": proxies}))
        addresses: list[str | None] = []
        made.before_request(lambda seen=addresses: seen.append(request.remote_addr))
        for forged in ("198.51.100.7", "198.51.100.8"):
            made.test_client().get("/healthz", headers={"X-Forwarded-For": f"{forged}, 203.0.113.9"})
        assert addresses == [expected] * 2
