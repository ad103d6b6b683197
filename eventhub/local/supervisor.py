"""One supervisor for all of EventHub's processes on this machine: start, watch, restart, stop, clean up."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Self

import click

from eventhub.local.process import (
    LOOPBACK,
    Identity,
    LocalServerError,
    group_members,
    open_log,
    port_in_use,
    spawn,
    tail,
    wait_until,
)
from eventhub.local.server import LocalServer

_TICK = 0.1
_GRACE = 5.0
"""Seconds a child has to end by itself."""
_STEADY = 10.0
"""Seconds after which a child that lives has earned a restart without delay."""
_FIRST_TRIES = 3
_FIRST_PATIENCE = 90.0
_MARK = "EVENTHUB_SUPERVISED"


@dataclass(frozen=True)
class Child:
    """A program to keep running. `env` is added to our own; `after` names what must be ready before it starts.

    `sign` is a file that the program itself makes once it works, told to it as EVENTHUB_READY_FILE.
    """

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    after: tuple[str, ...] = ()
    sign: Path | None = None


class Supervisor:
    """Owns one home folder: its logs in `log/`, its children's process ids in `run/`.

    As a context it takes the home and ends what a killed supervisor left there; `serve` then starts PostgreSQL and
    Valkey, `run` the rest. Leaving it, or SIGINT or SIGTERM, which arrive as KeyboardInterrupt, stops all.
    """

    def __init__(self, home: Path, *, say: Callable[[str], object] = click.echo, longest_pause: float = 15.0) -> None:
        self.home = home.absolute()
        self.longest_pause = longest_pause
        """Seconds at most before a child that keeps ending is started again."""
        self._out = say
        self._servers: dict[str, LocalServer] = {}
        self._running: list[_Running] = []
        self._lock: IO[str] | None = None
        self._stopping = False
        self._former: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if self._lock is None:
            self._take_home()
            self._stopping = False
            for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(sign) == signal.SIG_IGN and sign == signal.SIGHUP:
                    continue  # under nohup we are meant to outlive the terminal
                self._former[sign] = signal.signal(sign, self._interrupt)
            self._end_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._stop_all()
        for sign, handler in self._former.items():
            signal.signal(sign, handler)  # type: ignore[arg-type]  # what signal() itself gave us
        if self._lock:
            self._lock.close()
            self._lock = None

    def log(self, name: str) -> Path:
        """The log file of a child or server."""
        return self.home / "log" / f"{name}.log"

    def say(self, line: str) -> None:
        """Tell the person at the terminal, if there still is one."""
        with contextlib.suppress(OSError):
            self._out(line)

    def require_port(self, port: int) -> None:
        """LocalServerError when another program holds the port. Ask inside the context: leftovers are gone then."""
        if port_in_use(port):
            raise LocalServerError(f"Port {port} is in use by another program. Choose a free one: PORT=8001 make run")

    def serve(self, name: str, server: LocalServer) -> None:
        """Start a server now and keep it running until the end; LocalServerError when it does not start."""
        begun = time.monotonic()
        server.start()
        self._servers[name] = server
        self.say(f"  {name:<10} ready after {time.monotonic() - begun:.1f} s")

    def run(self, children: list[Child], ready: Callable[[], None]) -> None:
        """Start the children in their order, call `ready` once all serve, and watch until a signal; then stop all.

        LocalServerError when a child cannot be brought up at first; later ones are restarted for ever.
        """
        with self:
            known = {*self._servers, *(child.name for child in children)}
            for child in children:
                if missing := set(child.after) - known:
                    raise LocalServerError(f"{child.name} waits for {', '.join(sorted(missing))}, which nobody starts.")
            self._running = [_Running(child, self) for child in children]
            with contextlib.suppress(KeyboardInterrupt):
                self._watch(ready)

    def _watch(self, ready: Callable[[], None]) -> None:
        told = False
        while True:
            for name, server in self._servers.items():
                if not server.running():
                    self._restart(name, server)
            up = {*self._servers, *(running.child.name for running in self._running if running.ready)}
            for running in self._running:
                running.step(up, first=not told)
            if not told and all(running.ready for running in self._running):
                told = True
                ready()
            time.sleep(_TICK)

    def _restart(self, name: str, server: LocalServer) -> None:
        self.say(f"  {name} ended by itself; starting it again")
        try:
            server.restart()
        except LocalServerError as error:
            self.say(str(error))
            time.sleep(1)

    def _interrupt(self, _sign: int, _frame: FrameType | None) -> None:
        if self._stopping:
            return
        self._stopping = True
        raise KeyboardInterrupt

    def _stop_all(self) -> None:
        living = [running for running in self._running if running.process]
        if living or self._servers:
            self.say("Stopping ...")
        for running in living:
            running.ask_to_end()
        deadline = time.monotonic() + _GRACE
        for running in living:
            running.end(max(0.0, deadline - time.monotonic()))
        for server in reversed(self._servers.values()):
            server.stop()
        if living or self._servers:
            self.say("Stopped.")
        self._running = []
        self._servers = {}

    def _take_home(self) -> None:
        run = self.home / "run"
        try:
            run.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (run / "supervisor.lock").open("a+")
        except OSError as error:
            raise LocalServerError(f"EVENTHUB_HOME={self.home} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            raise LocalServerError(
                f"EventHub already runs on {self.home} (process {owner}). "
                "Stop it first, or choose another EVENTHUB_HOME and PORT."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _end_leftovers(self) -> None:
        """End the children of a supervisor that was killed; the servers' own classes do so for theirs."""
        records = sorted((self.home / "run").glob("*.pid"))
        groups = {record.stem: left for record in records if (left := _left_by(record, self.home))}
        if groups:
            self.say(f"  ending what an earlier run left: {', '.join(groups)}")
            _end_groups(list(groups.values()))
        for record in records:
            record.unlink()


class _Running:
    """One child's life: waiting, started, ready, dead and waiting again."""

    def __init__(self, child: Child, supervisor: Supervisor) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self._supervisor = supervisor
        self._log = supervisor.log(child.name)
        self._record = supervisor.home / "run" / f"{child.name}.pid"
        self._due = 0.0
        self._begun = 0.0
        self._deaths = 0

    def step(self, up: set[str], *, first: bool) -> None:
        """Do what is due; while the whole is coming up for the first time, failing often is an error."""
        if self.process is None:
            if time.monotonic() >= self._due and up.issuperset(self.child.after):
                self._start()
        elif self.process.poll() is not None:
            self._bury(self.process, first=first)
        elif not self.ready:
            self._ask(first=first)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the child itself, which tells its own children."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def end(self, seconds: float) -> None:
        """Wait so long, then kill the whole group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._kill_group(self.process)
        self._record.unlink(missing_ok=True)
        self.process = None

    def _start(self) -> None:
        env = {**os.environ, **self.child.env, _MARK: str(self._supervisor.home)}
        if self.child.sign:
            self.child.sign.unlink(missing_ok=True)
            env["EVENTHUB_READY_FILE"] = str(self.child.sign)
        with open_log(self._log) as output:
            try:
                self.process = spawn(self.child.command, output, env=env)
            except OSError as error:
                raise LocalServerError(f"{self.child.name} cannot start: {error}") from error
        self._begun = time.monotonic()
        identity = Identity.of(self.process.pid)
        draft = self._record.with_suffix(".new")
        draft.write_text(f"{self.process.pid} {identity.started if identity else ''}\n")
        draft.replace(self._record)

    def _ask(self, *, first: bool) -> None:
        if (self.child.ready is None or self.child.ready()) and (self.child.sign is None or self.child.sign.exists()):
            self.ready = True
            self._supervisor.say(f"  {self.child.name:<10} ready after {time.monotonic() - self._begun:.1f} s")
        elif first and time.monotonic() - self._begun > _FIRST_PATIENCE:
            raise LocalServerError(self._complaint("does not become ready"))

    def _bury(self, process: subprocess.Popen[bytes], *, first: bool) -> None:
        lived = time.monotonic() - self._begun
        self._kill_group(process)
        self._record.unlink(missing_ok=True)
        self._deaths = 1 if lived > _STEADY else self._deaths + 1
        if first and self._deaths >= _FIRST_TRIES:
            raise LocalServerError(self._complaint("ends again and again"))
        pause = 0.0 if self._deaths == 1 else min(0.25 * 2**self._deaths, self._supervisor.longest_pause)
        self._supervisor.say(
            f"  {self.child.name} ended by itself ({_how(process.returncode)}); again in {pause:.0f} s"
        )
        self._due = time.monotonic() + pause
        self.process = None
        self.ready = False

    def _kill_group(self, process: subprocess.Popen[bytes]) -> None:
        """End the child and what it started; its number cannot be another's while one of its group lives."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)

    def _complaint(self, what: str) -> str:
        return f"{self.child.name} {what}. The end of its log, {self._log}:\n{tail(self._log)}"


def serves_http(port: int, path: str = "/healthz", *, host: str = "localhost") -> Callable[[], bool]:
    """A readiness question: does the web server on this port answer the path with less than 500?"""

    def ask() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", path, headers={"Host": f"{host}:{port}"})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def accepts(port: int) -> Callable[[], bool]:
    """A readiness question: does anything take connections on this port?"""

    def ask() -> bool:
        try:
            socket.create_connection((LOOPBACK, port), 1).close()
        except OSError:
            return False
        return True

    return ask


def _left_by(record: Path, home: Path) -> list[Identity]:
    """The living processes of the group that a record names, its leader first, as far as they are still ours."""
    try:
        number, _, started = record.read_text().strip().partition(" ")
        pid = int(number)
    except (OSError, ValueError):
        return []
    leader = Identity(pid, started)
    members = group_members(pid)
    if any(member.pid == pid for member in members) and not leader.alive():
        return []  # the number was given to another
    ours = [member for member in members if _marked(member.pid, home)]
    return sorted(ours, key=lambda member: member.pid != pid)


def _marked(pid: int, home: Path) -> bool:
    """True when the process carries our mark in its environment, or the system hides environments."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
    return f"{_MARK}={home}".encode() in environment.split(b"\0")


def _end_groups(groups: list[list[Identity]]) -> None:
    """Ask the first of each group to end, its leader while that lives; kill whoever has not gone in time."""
    everybody = [member for group in groups for member in group]
    for process in [group[0] for group in groups]:
        _send(process, signal.SIGTERM)
    wait_until(lambda: not any(process.alive() for process in everybody), _GRACE)
    for process in everybody:
        _send(process, signal.SIGKILL)
    wait_until(lambda: not any(process.alive() for process in everybody), _GRACE)


def _send(process: Identity, sign: signal.Signals) -> None:
    if process.alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, sign)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
