"""Everything EventHub needs on one machine: the servers that the environment does not name, and the processes."""

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from eventhub.local.postgres import Postgres
from eventhub.local.process import free_port
from eventhub.local.supervisor import Child, Supervisor, accepts, serves_http
from eventhub.local.valkey import Valkey

APP_ROLE = "eventhub_app"
DATABASE = "eventhub"


class Household:
    """As a context: PostgreSQL and Valkey run. ``environment`` then names them; ``run`` starts the processes.

    ``external`` holds what the environment gave (DATABASE_URL, REDIS_URL, SMTP_URL): that is used instead. With
    REPLIES_LISTEN in it, answers to invites are taken there.
    """

    def __init__(
        self, home: Path, port: int, *, external: Mapping[str, str], say: Callable[[str], object], web_workers: int = 2
    ) -> None:
        self.home = home
        self.port = port
        self.web_workers = web_workers
        self._given = dict(external)
        self._supervisor = Supervisor(home, say=say)
        self._mail_port = 0

    def __enter__(self) -> Self:
        supervisor = self._supervisor.__enter__()
        try:
            supervisor.require_port(self.port)
            self._serve_database(supervisor)
            self._serve_broker(supervisor)
            if "SMTP_URL" not in self._given:
                self._mail_port = free_port()
                self._given["SMTP_URL"] = f"smtp://127.0.0.1:{self._mail_port}"
            self._write_environment()
        except BaseException:
            supervisor.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        (self.home / "run" / "environment.json").unlink(missing_ok=True)
        self._supervisor.__exit__(None, None, None)

    def environment(self) -> dict[str, str]:
        """Addresses of what runs here."""
        return dict(self._given)

    def run(self, ready: Callable[[], None]) -> None:
        """Start web, workers, relay, clock and mail sink; watch them until a signal."""
        self._supervisor.run(self._children(), ready)

    def _children(self) -> list[Child]:
        python, home = sys.executable, self.home
        metrics = home / "run" / "metrics"
        metrics.mkdir(parents=True, exist_ok=True)
        for old in metrics.glob("*.db"):
            old.unlink()
        shared = self._given | {"PYTHONTZPATH": "", "EVENTHUB_HOME": str(home), "PORT": str(self.port)}
        # -OO: a web worker keeps no docstrings in memory, of which the libraries have some 9 MB.
        web = [python, "-OO", "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        web += ["--workers", str(self.web_workers), "--blocking-threads", "4", "--backlog", "2048"]
        web += ["--no-ws", "--respawn-failed-workers", "--log-level", "warning", "eventhub.wsgi:app"]
        celery = [python, "-m", "celery", "--app", "workers.schedule:celery", "--quiet"]
        clock = ["--schedule", str(home / "run" / "beat"), "--pidfile", ""]
        # The web server first: nobody waits for the others to read the first page.
        worker = [*celery, "worker", "--pool", "threads", "--concurrency", "16", "--without-mingle"]
        behind = {
            "worker": worker,
            "relay": [python, "-m", "workers.relay"],
            "beat": [*celery, "beat", *clock],
        }
        if "REPLIES_LISTEN" in self._given:
            behind["receiver"] = [python, "-m", "workers.receiver"]
        children = [
            Child("web", web, shared | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}, serves_http(self.port)),
            *(
                Child(name, command, shared, after=("web",), sign=home / "run" / f"{name}.ready")
                for name, command in behind.items()
            ),
        ]
        if self._mail_port:
            sink = [python, "-m", "eventhub.local.mailsink", "--port", str(self._mail_port)]
            children.insert(0, Child("mail", [*sink, "--maildir", str(home / "mail")], {}, accepts(self._mail_port)))
        return children

    def _serve_database(self, supervisor: Supervisor) -> None:
        if "DATABASE_URL" in self._given:
            return
        server = Postgres(self.home / "postgres", log=supervisor.log("postgres"))
        supervisor.serve("postgres", server)
        owner = server.url()
        with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP_ROLE)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        self._given["DATABASE_URL"] = server.url(DATABASE, APP_ROLE)
        self._given["DATABASE_OWNER_URL"] = server.url(DATABASE)

    def _serve_broker(self, supervisor: Supervisor) -> None:
        if "REDIS_URL" in self._given:
            return
        secret = self.home / "run" / "valkey-password"
        if not secret.exists():
            secret.parent.mkdir(parents=True, exist_ok=True)
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        server = Valkey(self.home / "valkey", password=secret.read_text(encoding="utf-8"), log=supervisor.log("valkey"))
        supervisor.serve("valkey", server)
        self._given["REDIS_URL"] = server.url()

    def _write_environment(self) -> None:
        """So that the other commands of ``eventhub`` find what runs here."""
        target = self.home / "run" / "environment.json"
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self._given | {"PORT": str(self.port)}, file)
