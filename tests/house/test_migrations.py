"""Migrations: up, down, up again; nothing left to generate; cut at any point they can be run again."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask_migrate import Migrate, check, downgrade, upgrade
from psycopg import sql
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from eventhub.app import create_app
from eventhub.kit.db import close_pools, db
from eventhub.kit.migrations import FOLDER
from tests import servers

pytestmark = pytest.mark.lane
ROOT = Path(__file__).parent.parent.parent
CUTS = 6


@pytest.fixture
def name(app: Flask) -> Iterator[str]:
    """An empty database."""
    made = f"migrated_{uuid.uuid4().hex[:10]}"
    servers.run_sql(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made)))
    yield made
    servers.drop_database(made)


@pytest.fixture
def empty(name: str, tmp_path: Path) -> Iterator[Flask]:
    """An app on an empty database."""
    app = migrating(name, tmp_path)
    with app.app_context():
        yield app
        close_pools()


def migrating(name: str, home: Path) -> Flask:
    """An app with Alembic's commands."""
    app = create_app(servers.settings_for(name, eventhub_home=home))
    Migrate(app, db, directory=str(FOLDER), compare_type=True)
    return app


def ask(name: str, statement: str) -> list[str]:
    """The first column of what the owner reads."""
    with psycopg.connect(servers.plain(servers.database_url(name))) as connection:
        return [str(row[0]) for row in connection.execute(statement).fetchall()]  # type: ignore[arg-type]


def tables(name: str) -> set[str]:
    """The tables there are."""
    return set(ask(name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))


def test_up_down_and_up_again(empty: Flask, name: str) -> None:
    upgrade()
    built = tables(name)
    assert {"person", "event", "registration", "promise", "audit_entry"} <= built
    downgrade(revision="base")
    assert tables(name) == {"alembic_version"}
    left = ask(name, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname !~ '^g'")
    assert not {"refuse_change", "wake_relay"} & set(left)
    upgrade()
    assert tables(name) == built


def test_the_models_and_the_migrations_agree(empty: Flask) -> None:
    upgrade()
    check()  # raises when autogenerate finds a difference


def test_running_it_twice_changes_nothing(empty: Flask, name: str) -> None:
    upgrade()
    version = ask(name, "SELECT version_num FROM alembic_version")
    upgrade()
    assert ask(name, "SELECT version_num FROM alembic_version") == version


def test_the_app_may_use_rows_and_not_change_tables(empty: Flask, name: str) -> None:
    upgrade()
    url = servers.plain(servers.database_url(name, servers.APP_ROLE))
    for statement in (
        "CREATE TABLE mine (id int)",
        "DROP TABLE person",
        "ALTER TABLE person ADD COLUMN x int",
        "ALTER TABLE registration_setup DROP CONSTRAINT ck_registration_setup_seats_within_capacity",
        "UPDATE audit_entry SET verb = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_seal",
        "DROP TRIGGER wake_relay ON promise",
        "DELETE FROM alembic_version",
    ):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    with psycopg.connect(url) as connection:
        connection.execute("SELECT count(*) FROM person")


class Cutter:
    """Ends the migration's session in PostgreSQL just before its n-th statement."""

    def __init__(self, at: int | None) -> None:
        self.at, self.count = at, 0

    def __enter__(self) -> "Cutter":
        event.listen(Engine, "before_cursor_execute", self.look)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self.look)

    def look(self, connection: object, *_: object) -> None:
        self.count += 1
        if self.count == self.at:
            driver = connection.connection.dbapi_connection  # type: ignore[attr-defined]
            servers.run_sql(sql.SQL("SELECT pg_terminate_backend({}, 5000)").format(driver.info.backend_pid))


def test_cut_at_any_statement_it_can_be_run_again(name: str, tmp_path: Path) -> None:
    """As when the power fails: whatever statement it happens at, the next run finishes the work."""
    whole = Cutter(None)
    app = migrating(name, tmp_path)
    with app.app_context():
        with whole:
            upgrade()
        built = tables(name)
        downgrade(revision="base")
    assert whole.count > 100
    last = range(whole.count - 12, whole.count + 1, 5)  # the second migration and the grants
    for at in [*range(2, whole.count - 12, whole.count // CUTS), *last]:
        with app.app_context():
            with Cutter(at), pytest.raises(OperationalError):
                upgrade()
            # Nothing of a step that was cut is left: a step is there whole or not at all.
            version = ask(name, "SELECT version_num FROM alembic_version") if "alembic_version" in tables(name) else []
            assert ("person" in tables(name)) == bool(version), f"cut at statement {at}"
            upgrade()
            assert tables(name) == built
            if at < last[-1]:
                downgrade(revision="base")
    with app.app_context():
        check()


def migrate_by_command(name: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """``eventhub migrate``, as an operator runs it."""
    told = {
        "DATABASE_URL": servers.database_url(name, servers.APP_ROLE),
        "DATABASE_OWNER_URL": servers.database_url(name),
        "EVENTHUB_HOME": str(home),
    }
    command = [sys.executable, "-m", "eventhub.cli", "migrate"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | told, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_command_says_plainly_what_went_wrong(name: str, tmp_path: Path) -> None:
    with psycopg.connect(servers.plain(servers.database_url(name)), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text)")
    done = migrate_by_command(name, tmp_path)
    assert done.returncode == 1
    assert "The migration stopped" in done.stderr
    assert "already exists" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert tables(name) <= {"person", "alembic_version"}
    with psycopg.connect(servers.plain(servers.database_url(name)), autocommit=True) as connection:
        connection.execute("DROP TABLE person")
    assert migrate_by_command(name, tmp_path).returncode == 0
    assert "registration" in tables(name)


def test_nobody_waits_long_for_a_migration(name: str, tmp_path: Path) -> None:
    """A table that somebody holds is not waited for: other requests would queue behind the migration."""
    app = migrating(name, tmp_path)
    with app.app_context():
        upgrade()
        downgrade(revision="0001")
        close_pools()
    with psycopg.connect(servers.plain(servers.database_url(name))) as holder:
        holder.execute("LOCK TABLE promise IN ROW EXCLUSIVE MODE")
        done = migrate_by_command(name, tmp_path)
        assert done.returncode == 1
        assert "The migration stopped" in done.stderr
        assert "lock timeout" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        holder.rollback()
    assert migrate_by_command(name, tmp_path).returncode == 0


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    done = migrate_by_command("there_is_no_such_database", tmp_path)
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
