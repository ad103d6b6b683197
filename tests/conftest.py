"""What every test stands on: a migrated PostgreSQL, an app, a rolled-back transaction, and a strict client."""

import gc
import os
import re
import uuid
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event
from werkzeug.test import TestResponse

from eventhub.app import create_app
from eventhub.kit.db import close_pools, db
from eventhub.kit.pages import PageStore
from tests import savepoints, servers

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the servers; xdist's workers find them in the environment."""
    if config.option.collectonly:
        return
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.stash[SERVERS] = running = servers.Servers()
        running.start()
    # Each app of each process would translate all templates anew.
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[servers.FOLDER], "%s.template")}


def pytest_collection_finish() -> None:
    """Look for garbage rarely: all that was loaded stays, and going through it took a fifth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running."""
    running = config.stash.get(SERVERS, None)
    if running:
        running.stop()


PLAIN_VALUES, PLAIN_WORDS = re.compile(r'="[^"&<>]*"'), re.compile(r">[^<>&]+")
VALID: set[str] = set()
"""What a process of this run has found to be valid."""
SERVERS = pytest.StashKey[servers.Servers]()


class HtmlClient(FlaskClient):
    """A client that refuses invalid HTML: every page of every test is parsed strictly."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:  # type: ignore[override]
        # A context of its own, as in life: nothing of one request (who is signed in, the database session) may reach
        # the next one. What the test wrote is seen through the shared connection, what the request wrote is read anew.
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        if response.mimetype == "text/html" and response.data and response.status_code not in {301, 302, 303, 308}:
            assert_valid(response.get_data(as_text=True), str(args))
        return response


def assert_valid(page: str, where: str) -> None:
    """The page is valid HTML. One of the same tags and attributes is not read again: it takes longer than to make it.
    Words and values that hold a sign of markup count as tags do, or what is not escaped would be passed over.
    """
    known = blake2b(PLAIN_WORDS.sub(">", PLAIN_VALUES.sub('=""', page)).encode(), digest_size=12).hexdigest()
    shared = Path(os.environ[servers.FOLDER]) / "valid"
    if known not in VALID and shared.exists():
        VALID.update(shared.read_text().split())
    if known in VALID:
        return
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page)
    problems = [(place, code) for place, code, _ in parser.errors]
    assert not problems, f"invalid HTML at {where}: {problems[:3]}"
    with shared.open("a") as file:
        file.write(f"{known}\n")


@pytest.fixture(scope="session")
def app(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app of this worker, on a database of its own."""
    name = f"eventhub_{worker_id}"
    servers.new_database(name)
    home: Path = tmp_path_factory.mktemp("home")
    app = create_app(servers.settings_for(name, eventhub_home=home), PROPAGATE_BUGS=True, PAGE_MEMO=0, TESTING=True)
    app.test_client_class = HtmlClient
    with app.app_context():
        savepoints.make_late(db.engine)
    yield app
    with app.app_context():
        close_pools()
    servers.drop_database(name)


@pytest.fixture
def database(app: Flask) -> Iterator[None]:
    """Everything a test writes is undone; the test and the app's requests share one connection."""
    # Pages kept from another test's world would answer for this one.
    app.extensions["eventhub.pages"] = PageStore()
    with app.app_context():
        engine = db.engine
        with engine.connect() as connection:
            outer = connection.begin()
            db.engines[None] = connection  # type: ignore[index]
            try:
                yield
            finally:
                db.session.remove()
                outer.rollback()
                db.engines[None] = engine  # type: ignore[index]


@pytest.fixture
def committed(tmp_path: Path) -> Iterator[Flask]:
    """An app on a fresh database of its own, where what is written stays: for real threads (``tests.together``)."""
    name = f"eventhub_own_{uuid.uuid4().hex[:8]}"
    servers.new_database(name)
    app = create_app(servers.settings_for(name, eventhub_home=tmp_path), PROPAGATE_BUGS=True, TESTING=True)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            close_pools()
        servers.drop_database(name)


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """One Chromium for the run: Playwright allows itself once per process."""
    from tests.journeys.browser import browser  # noqa: PLC0415 (loads Playwright, which only the lane needs)

    with browser() as running:
        yield running


@pytest.fixture
def client(app: Flask, database: None) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """``gw0`` and so on under xdist, ``master`` without it."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture
def statements(app: Flask, database: None) -> Iterator[list[str]]:
    """Every SQL statement from now on; ``statements.clear()`` before the request that counts."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "SAVEPOINT" not in statement:  # the outer transaction's, not the app's
            seen.append(statement)

    engine = db.engine.engine if hasattr(db.engine, "engine") else db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
