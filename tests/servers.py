"""The PostgreSQL and Valkey of a test run: one of each for all xdist workers, and databases made from a template."""

import os
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from eventhub.app import create_app
from eventhub.kit.config import Settings, load_settings
from eventhub.kit.migrations import upgrade_database
from eventhub.local.postgres import Postgres
from eventhub.local.valkey import Valkey

TEMPLATE = "eventhub_template"
APP_ROLE = "eventhub_app"
SERVER = "EVENTHUB_TEST_SERVER"
BROKER = "EVENTHUB_TEST_BROKER"
FOLDER = "EVENTHUB_TEST_FOLDER"


class Servers:
    """Starts what the environment does not name; stops only what it started."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._started: list[Postgres | Valkey] = []

    def start(self) -> None:
        """Servers, role and template database; their addresses go to the workers through the environment."""
        self._folder = tempfile.TemporaryDirectory(prefix="eventhub-test-", ignore_cleanup_errors=True)
        home = Path(self._folder.name)
        shared = home / "shared"
        shared.mkdir()
        os.environ[FOLDER] = str(shared)
        home.chmod(0o755)
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(home / "postgres", durable=False)
            postgres.start()
            self._started.append(postgres)
            os.environ[SERVER] = postgres.url()
        else:
            os.environ[SERVER] = os.environ["DATABASE_URL"]
        if not os.environ.get("REDIS_URL"):
            valkey = Valkey(home / "valkey", password=uuid.uuid4().hex)
            valkey.start()
            self._started.append(valkey)
            os.environ[BROKER] = valkey.url()
        else:
            os.environ[BROKER] = os.environ["REDIS_URL"]
        make_template()

    def stop(self) -> None:
        """Stop what was started here."""
        for server in reversed(self._started):
            server.stop()
        if self._folder:
            self._folder.cleanup()


def plain(url: str) -> str:
    """The address as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def database_url(name: str, user: str | None = None) -> str:
    """The address of a database on the test server; with ``user`` for that role."""
    parts = urlsplit(os.environ[SERVER])
    host = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if user is None else f"{user}@{host}"
    return urlunsplit((parts.scheme, netloc, f"/{name}", parts.query, ""))


def run_sql(statement: sql.Composed | sql.SQL, database: str = "postgres") -> None:
    """One statement outside any transaction."""
    with psycopg.connect(plain(database_url(database)), autocommit=True) as connection:
        connection.execute(statement)


def make_template() -> None:
    """The migrated, empty database that every test database is copied from."""
    with psycopg.connect(plain(os.environ[SERVER]), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP_ROLE)))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    app = create_app(settings_for(TEMPLATE))
    with app.app_context():
        upgrade_database()


def new_database(name: str) -> None:
    """A fresh copy of the template."""
    drop_database(name)
    parts = {"name": sql.Identifier(name), "template": sql.Identifier(TEMPLATE)}
    # Its files copied as they are: where nothing waits for the disk, that is faster than by way of the log.
    run_sql(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY").format(**parts))


def drop_database(name: str) -> None:
    """Gone, also when somebody is still connected."""
    run_sql(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def settings_for(database: str, **more: object) -> Settings:
    """Settings of a test app: the restricted role, the run's broker, a home of its own."""
    given: dict[str, object] = {
        "database_url": database_url(database, APP_ROLE),
        "database_owner_url": database_url(database),
        "redis_url": os.environ.get(BROKER, ""),
        "origin": "http://localhost",
        "log_level": "ERROR",
        "smtp_url": "smtp://127.0.0.1:1",
    }
    return load_settings(**(given | more))
