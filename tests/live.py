"""A house of its own for tests that need committed data: a fresh database, real processes, a real mail server.

``with House(folder) as house`` gives a migrated database; ``house.web()``, ``worker()`` and ``relay()`` start real
processes; ``house.work()`` is a committed unit of work; ``house.mails()`` what was really sent.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psycopg
import redis
from flask import Flask
from flask.testing import FlaskClient

from eventhub.app import create_app
from eventhub.kit.db import close_pools, db, unit_of_work
from eventhub.local.mailsink import MailSink
from eventhub.local.process import free_port
from eventhub.people.models import Person
from tests import servers
from tests.factories.people import sign_in

ROOT = Path(__file__).parent.parent
CLAIM = "house:"


class House:
    """See the module. Everything it started is stopped, and its database dropped, when it is left."""

    def __init__(self, folder: Path, *, smtp_url: str | None = None, redis_url: str | None = None) -> None:
        self.folder = folder
        self.name = f"live_{uuid.uuid4().hex[:12]}"
        self.port = free_port()
        self.sink = MailSink(folder / "mail")
        self.processes: list[subprocess.Popen[bytes]] = []
        self._smtp_url = smtp_url
        self._redis_url = redis_url
        self.app: Flask

    def __enter__(self) -> Self:
        servers.new_database(self.name)
        self.sink.start()
        self.settings = servers.settings_for(
            self.name,
            eventhub_home=self.folder,
            port=self.port,
            origin=self.origin,
            smtp_url=self._smtp_url or self.sink.url(),
            redis_url=self._redis_url or self._claim_broker(),
        )
        self.app = create_app(self.settings)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:  # all at once: each takes its time
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in reversed(self.processes):
            self.end(process)
        with self.app.app_context():
            close_pools()
        self.sink.stop()
        if not self._redis_url:
            self._taken.delete(f"{CLAIM}{urlsplit(self.settings.redis_url).path[1:]}")
            self._taken.close()
        servers.drop_database(self.name)

    def _claim_broker(self) -> str:
        """A database of the run's Valkey that no other house uses: the first has the list of those that are taken."""
        shared = os.environ[servers.BROKER].rsplit("/", 1)[0]
        self._taken = redis.Redis.from_url(f"{shared}/0")
        for number in range(1, 16):
            if self._taken.set(f"{CLAIM}{number}", self.name, nx=True, ex=3600):
                url = f"{shared}/{number}"
                redis.Redis.from_url(url).flushdb()
                return url
        raise RuntimeError("all databases of the run's Valkey are taken by other houses")

    @property
    def origin(self) -> str:
        """Where the web server answers."""
        return f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        """What the processes are told."""
        told = {
            name.upper(): getattr(self.settings, name)
            for name in (
                "database_url",
                "database_owner_url",
                "redis_url",
                "smtp_url",
                "origin",
                "port",
                "eventhub_home",
                "log_level",
            )
        }
        return os.environ | {name: str(value) for name, value in told.items()} | {"PYTHONTZPATH": ""}

    def start(self, name: str, *command: str, lean: bool = False) -> subprocess.Popen[bytes]:
        """Start a process of the house, without docstrings if ``lean``; its output goes to a log in the folder."""
        flags = ["-OO"] if lean else []
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *flags, "-m", *command],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """``eventhub`` with these arguments, as an operator runs it, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "eventhub.cli", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def broker(self) -> "redis.Redis":
        """A client of the house's Valkey."""
        return redis.Redis.from_url(self.settings.redis_url)

    def web(self, workers: int = 1, *, app: str = "eventhub.wsgi:app", wait: bool = True) -> subprocess.Popen[bytes]:
        """The web server as ``eventhub up`` starts it; returns when it answers, unless told not to wait."""
        process = self.start(
            "web",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--workers",
            str(workers),
            "--blocking-threads",
            "4",
            "--backlog",
            "2048",
            "--no-ws",
            "--log-level",
            "warning",
            "--respawn-failed-workers",
            app,
            lean=True,
        )
        if wait:
            wait_for(self.answers, seconds=90, what="the web server")
        return process

    def worker(self, *, app: str = "workers.schedule:celery") -> subprocess.Popen[bytes]:
        """A Celery worker with threads."""
        return self.start(
            "worker",
            "celery",
            "--app",
            app,
            "--quiet",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            "8",
            "--without-mingle",
            "--without-gossip",
        )

    def beat(self) -> subprocess.Popen[bytes]:
        """The clock."""
        schedule = ["--schedule", str(self.folder / "beat"), "--pidfile", ""]
        return self.start("beat", "celery", "--app", "workers.schedule:celery", "--quiet", "beat", *schedule)

    def relay(self, *, module: str = "workers.relay") -> subprocess.Popen[bytes]:
        """The outbox's relay."""
        return self.start("relay", module)

    def end(self, process: subprocess.Popen[bytes], sign: signal.Signals = signal.SIGTERM) -> None:
        """End a process and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        if process in self.processes:
            self.processes.remove(process)

    def answers(self) -> bool:
        """Whether the web server serves."""
        try:
            with urllib.request.urlopen(f"{self.origin}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """A committed unit of work on the house's database."""
        with self.app.app_context(), unit_of_work():
            yield

    def session_cookie(self, person_id: uuid.UUID, *, second_factor: bool | None = None) -> tuple[str, str]:
        """Name and value of a cookie that is signed in as this person; staff with the second factor unless told so."""
        with self.app.app_context():
            client: FlaskClient = self.app.test_client()
            with unit_of_work():
                sign_in(client, db.session.get_one(Person, person_id), second_factor=second_factor)
            name = self.app.config["SESSION_COOKIE_NAME"]
            cookie = client.get_cookie(name)
            assert cookie is not None
            return name, cookie.value

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database directly."""
        with psycopg.connect(servers.plain(self.settings.database_owner_url), autocommit=True) as connection:
            return connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Change the database directly, with the owner's rights."""
        with psycopg.connect(servers.plain(self.settings.database_owner_url), autocommit=True) as connection:
            connection.execute(statement, values)

    def mails(self) -> list[EmailMessage]:
        """What was sent, oldest first."""
        return list(self.sink.messages())

    def mails_to(self, address: str) -> list[EmailMessage]:
        """What was sent to one address, oldest first."""
        return [mail for mail in self.mails() if address in str(mail["To"])]

    @property
    def host(self) -> str:
        """Host and port of the web server."""
        return urlsplit(self.origin).netloc


def wait_for(holds: Callable[[], object], *, seconds: float, what: str) -> None:
    """Wait until something holds; the test fails when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")
