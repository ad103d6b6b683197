"""The pool: a connection that broke while it lay idle is noticed, one in use a moment ago is not asked each time."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import InternalError

from eventhub.kit.db import READING, db, engine_options, reading_options, unit_of_work
from tests import servers


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    """An engine of its own with the app's options, but one connection."""
    options = engine_options("test") | {"pool_size": 1, "max_overflow": 0}
    made = create_engine(app.extensions["eventhub.settings"].database_url, **options)
    yield made
    made.dispose()


def backend(engine: Engine) -> int:
    """Which of the server's processes answers."""
    with engine.connect() as connection:
        return connection.scalar(text("SELECT pg_backend_pid()")) or 0


def server(statement: str, *values: object) -> object:
    """Ask the server on a connection outside the pool."""
    with psycopg.connect(servers.plain(servers.database_url("postgres")), autocommit=True) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
        return row[0] if row else None


def heard_on_the_way_out(engine: Engine) -> object:
    """What the server hears last when a connection used before is taken out of the pool again."""
    used = backend(engine)
    with engine.connect():
        return server("SELECT query FROM pg_stat_activity WHERE pid = %s", used)


def test_a_connection_that_broke_while_idle_is_replaced(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backend(engine)
    assert backend(engine) == first
    server("SELECT pg_terminate_backend(%s, 5000)", first)
    monkeypatch.setattr("eventhub.kit.db.ASK_AFTER", 0.0)
    assert backend(engine) not in {0, first}


def test_a_connection_just_used_is_not_asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventhub.kit.db.ASK_AFTER", 60.0)
    assert heard_on_the_way_out(engine) == "ROLLBACK"
    monkeypatch.setattr("eventhub.kit.db.ASK_AFTER", 0.0)
    assert heard_on_the_way_out(engine) == "SELECT 1"


def test_reading_is_refused_every_write_by_the_server(app: Flask) -> None:
    options = reading_options("test")
    engine = create_engine(app.extensions["eventhub.settings"].database_url, **options)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM person")) == 0
        with pytest.raises(InternalError, match="read-only transaction"):
            connection.execute(text("UPDATE promise SET tries = 0"))
    engine.dispose()


def test_reading_costs_no_round_trip_to_begin_or_end(app: Flask) -> None:
    """What the server heard last after a page was read is the page's own statement, not a ROLLBACK."""
    with app.app_context():
        with unit_of_work(read_only=True):
            process = db.session.scalar(text("SELECT pg_backend_pid()"))
        assert server("SELECT query FROM pg_stat_activity WHERE pid = %s", process) == "SELECT pg_backend_pid()"
        with unit_of_work():
            assert db.session.scalar(text("SELECT pg_backend_pid()")) != process
            db.session.execute(text("UPDATE promise SET tries = tries"))
        db.session.remove()
        db.engine.dispose()
        db.engines[READING].dispose()
