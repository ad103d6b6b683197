"""Whether this process is alive and ready, and its numbers for Prometheus.

Several web workers answer the same address, so each scrape would see one of them. With ``PROMETHEUS_MULTIPROC_DIR``
(an empty folder, made by whoever starts the workers and named before Python starts) they count in shared files and
every scrape sees all; without it a process counts for itself. What the database knows is asked at each scrape.
No label ever holds a name, an id or an address.
"""

import os
from collections.abc import Callable, Iterator

import redis
from flask import current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import extract, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.migrations import heads
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import check_keys
from eventhub.kit.slots import is_silent, silence

CLOCK_LIMIT = 5.0
BEGAN = now()
"""When this process was started: until the first sign of life of beat its silence counts from here."""

NEEDED = frozenset({"database", "migrations", "keys", "clock"})
"""Checks without which the site cannot serve; without its broker it can, promises wait."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_own = CollectorRegistry()
_requests = Counter("eventhub_requests", "Requests answered", ["endpoint", "method", "status"], registry=_own)
_duration = Histogram(
    "eventhub_request_seconds", "Time to answer a request", ["endpoint"], registry=_own, buckets=BUCKETS
)


def alive() -> bool:
    """This process answers; it asks nobody else, so that a sick database never gets healthy workers killed."""
    return True


def ready() -> dict[str, bool]:
    """What the site stands on, by name: ``database``, ``migrations``, ``keys``, ``clock``, ``broker``, ``beat``."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": _migrations_are_done,
        "keys": check_keys,
        "clock": _clocks_agree,
        "broker": _broker_answers,
        "beat": beat_is_heard,
    }
    return {name: _holds(check) for name, check in checks.items()}


def can_serve(found: dict[str, bool]) -> bool:
    """Whether the answer of ``ready`` is good enough for a load balancer."""
    return all(found[name] for name in NEEDED)


def beat_is_heard() -> bool:
    """Whether jobs by the clock were heard of in the last ten minutes (SAFETY.md, faults)."""
    return not is_silent(began=BEGAN)


def observe(endpoint: str | None, method: str, status: int, seconds: float) -> None:
    """Count one answered request. The endpoint is the route's name, never the path."""
    known = endpoint or "none"
    _requests.labels(known, method if method in {"GET", "HEAD", "POST"} else "other", str(status)).inc()
    _duration.labels(known).observe(seconds)


def metrics() -> tuple[bytes, str]:
    """The page that Prometheus reads, and its content type."""
    registry = CollectorRegistry()
    registry.register(PromiseNumbers())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST
    return generate_latest(registry) + generate_latest(_own), CONTENT_TYPE_LATEST


class PromiseNumbers(Collector):
    """How much work is owed, asked from the database at each scrape; nothing when it does not answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Due and parked promises, and the age of the oldest one due."""
        waiting = (Promise.kept_at.is_(None), Promise.parked_at.is_(None), Promise.not_before <= now())
        due = select(func.count(), func.min(Promise.not_before)).where(*waiting)
        parked = select(func.count()).select_from(Promise).where(Promise.parked_at.is_not(None))
        try:
            count, oldest = db.session.execute(due).one()
            halted = db.session.scalar(parked) or 0
            quiet = silence()
        except SQLAlchemyError:
            db.session.rollback()
            return
        age = (now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("eventhub_promises_due", "Promises that should be kept by now", value=count)
        yield GaugeMetricFamily("eventhub_promises_parked", "Promises that wait for a person", value=halted)
        if quiet is not None:
            seconds = quiet.total_seconds()
            yield GaugeMetricFamily("eventhub_beat_age_seconds", "Time since beat was last heard of", value=seconds)
        yield GaugeMetricFamily("eventhub_promises_oldest_due_seconds", "Age of the oldest promise due", value=age)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (SQLAlchemyError, redis.RedisError, OSError):
        db.session.rollback()
        return False


def _database_answers() -> bool:
    return bool(db.session.scalar(text("SELECT 1")) == 1)


def _migrations_are_done() -> bool:
    found = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
    return found == heads()


def _clocks_agree() -> bool:
    there = db.session.scalar(select(extract("epoch", func.clock_timestamp())))
    return there is not None and abs(float(there) - now().timestamp()) < CLOCK_LIMIT


def _broker_answers() -> bool:
    client: redis.Redis | None = current_app.extensions.get("eventhub.redis")
    return client is not None and bool(client.ping())
