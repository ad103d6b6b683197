"""Health: what is broken is named; several workers are counted together."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix

from eventhub.kit import health, slots
from eventhub.kit.clock import now
from eventhub.kit.config import SettingsWrong, load_settings
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import new_key

pytestmark = pytest.mark.usefixtures("database")


def test_ready() -> None:
    slots.beat()
    assert health.alive()
    found = health.ready()
    assert found == dict.fromkeys(("database", "migrations", "keys", "clock", "broker", "beat"), True)
    assert health.can_serve(found)


@pytest.mark.parametrize(
    ("minutes", "heard"), [(9, True), (11, False), (61, False), (-61, False)], ids=["9", "11", "ahead", "set back"]
)
def test_a_silent_clock_is_told_and_the_site_serves_on(minutes: int, heard: bool) -> None:
    moment = now()
    with time_machine.travel(moment, tick=False):
        slots.beat()
        slots.beat()
    with time_machine.travel(moment + timedelta(minutes=minutes), tick=False):
        found = health.ready()
        assert found["beat"] is heard
        assert f"eventhub_beat_age_seconds {abs(minutes * 60):.1f}" in health.metrics()[0].decode()
        slots.beat()
        assert health.ready()["beat"] is True
    assert health.can_serve(found | {"clock": True})


def test_a_clock_that_was_never_heard_counts_from_the_start() -> None:
    assert slots.silence() is None
    with time_machine.travel(health.BEGAN + timedelta(minutes=9), tick=False):
        assert health.beat_is_heard()
    with time_machine.travel(health.BEGAN + timedelta(minutes=11), tick=False):
        assert not health.beat_is_heard()
        assert "eventhub_beat_age" not in health.metrics()[0].decode()


def test_the_site_serves_without_its_broker(app: Flask) -> None:
    client = app.extensions["eventhub.redis"]
    app.extensions["eventhub.redis"] = None
    try:
        found = health.ready()
    finally:
        app.extensions["eventhub.redis"] = client
    assert found["broker"] is False
    assert health.can_serve(found)


def test_a_lost_key_is_not_ready(app: Flask) -> None:
    new_key()
    db.session.flush()
    keys = app.extensions["eventhub.master_keys"]
    app.extensions["eventhub.master_keys"] = {}
    try:
        found = health.ready()
    finally:
        app.extensions["eventhub.master_keys"] = keys
    assert found["keys"] is False
    assert not health.can_serve(found)


def test_metrics() -> None:
    promise("x.y")
    db.session.flush()
    health.observe("home", "GET", 200, 0.004)
    health.observe(None, "PROPFIND", 404, 0.001)
    page, kind = health.metrics()
    text = page.decode()
    assert kind.startswith("text/plain")
    assert "eventhub_promises_due 1.0" in text
    assert "eventhub_promises_parked 0.0" in text
    assert 'eventhub_requests_total{endpoint="home",method="GET",status="200"}' in text
    assert 'eventhub_requests_total{endpoint="none",method="other",status="404"}' in text
    assert 'eventhub_request_seconds_bucket{endpoint="home",le="0.005"}' in text


TOKEN = "a-token-for-prometheus"


@pytest.mark.parametrize(
    ("peer", "headers", "served"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("203.0.113.9", {}, False),
        ("10.0.0.4", {}, False),
        ("::ffff:10.0.0.4", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, False),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, False),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("203.0.113.9", {"Authorization": f"Bearer {TOKEN}"}, True),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}, True),
        ("203.0.113.9", {"Authorization": f"Bearer {TOKEN}x"}, False),
        ("203.0.113.9", {"Authorization": "Bearer "}, False),
        ("203.0.113.9", {"Authorization": "Bearer \u00e9"}, False),
    ],
)
@pytest.mark.parametrize("hops", [0, 1])
def test_numbers_are_for_this_machine_and_for_who_knows_the_token(
    app: Flask, monkeypatch: pytest.MonkeyPatch, peer: str, headers: dict[str, str], served: bool, hops: int
) -> None:
    monkeypatch.setattr(app.extensions["eventhub.settings"], "metrics_token", TOKEN)
    if hops:
        monkeypatch.setattr(app, "wsgi_app", ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops))
    client = app.test_client()
    asked = {"environ_overrides": {"REMOTE_ADDR": peer}, "headers": headers}
    answer = client.get("/metrics", **asked)
    assert answer.status_code == (200 if served else 404)
    assert ("eventhub_promises_due" in answer.text) is served
    assert client.get("/healthz", **asked).status_code == 200
    assert client.get("/readyz", **asked).status_code in {200, 503}


def test_without_a_token_nobody_knows_it(client: FlaskClient) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    for said in ("", "Bearer", "Bearer "):
        answer = client.get("/metrics", environ_overrides=elsewhere, headers={"Authorization": said})
        assert answer.status_code == 404


def test_a_short_token_is_refused() -> None:
    with pytest.raises(SettingsWrong, match="METRICS_TOKEN"):
        load_settings(metrics_token="short")


WORKER = """
from eventhub.kit import health
for _ in range(3):
    health.observe("home", "GET", 200, 0.1)
"""
SCRAPE = """
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def test_several_workers_are_counted_together(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True, timeout=60)
    told = subprocess.run([sys.executable, "-c", SCRAPE], env=environment, check=True, timeout=60, capture_output=True)
    assert 'eventhub_requests_total{endpoint="home",method="GET",status="200"} 6.0' in told.stdout.decode()
