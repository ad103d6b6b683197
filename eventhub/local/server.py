"""The life of one local server: lock its data, clean up, start on a port, watch, stop."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, ClassVar, Self

from eventhub.local.process import (
    Identity,
    LocalServerError,
    end,
    free_port,
    open_log,
    port_in_use,
    runs_in,
    tail,
    wait_until,
)

_PORT_TRIES = 10


class LocalServer(ABC):
    """A server that keeps its files in `data`, its output in `log`, and listens on the loopback address.

    Its data folder belongs to one owner at a time: a second one is refused, while a server whose owner was killed
    is ended and replaced.
    """

    title: ClassVar[str]
    program: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, data: Path, *, port: int | None = None, log: Path | None = None) -> None:
        self.data = data.absolute()
        self.log = log or self.data.with_name(f"{self.data.name}.log")
        self.port = port or 0
        self._chosen_port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it serves; LocalServerError, with the end of its log, when it cannot."""
        if self.running():
            return
        if self._lock is None:
            self._take_lock()
        try:
            self.prepare()
            self._end_former_server()
            self._start_on_a_port()
        except BaseException:
            self._end_own_process()
            self._release_lock()
            raise

    def restart(self) -> None:
        """Start again after a crash, on the port that others know."""
        self._end_own_process()
        self._chosen_port = self.port
        self.start()

    def stop(self) -> None:
        """End the server, within seconds, and give its data free; nothing happens when it does not run."""
        self._end_own_process()
        self._release_lock()

    def remove(self) -> None:
        """Stop, and delete the data and the log: for tests."""
        self.stop()
        shutil.rmtree(self.data.resolve(), ignore_errors=True)
        for left in (self.data, self.log, self._lock_path):
            with contextlib.suppress(OSError):
                left.unlink()

    def running(self) -> bool:
        """True while the server that we started lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None before start and after stop."""
        return self._process.pid if self._process else None

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder ready."""

    @abstractmethod
    def spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the process on `self.port`, its output going to `output`."""

    @abstractmethod
    def ready(self) -> bool:
        """True when the process that we started, and no other, serves."""

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """The file in which the server itself keeps its process id."""

    @property
    def _lock_path(self) -> Path:
        return self.data.with_name(f"{self.data.name}.lock")

    def _start_on_a_port(self) -> None:
        for _ in range(_PORT_TRIES):
            if self._chosen_port and port_in_use(self._chosen_port):
                raise LocalServerError(f"{self.title}: port {self._chosen_port} is in use by another program.")
            self.port = self._chosen_port or free_port()
            if self._start_once():
                return
            # Somebody took the free port between our look and the server's start.
            if self._chosen_port or not port_in_use(self.port):
                break
        raise LocalServerError(f"{self.title} did not start. The end of its log, {self.log}:\n{tail(self.log)}")

    def _start_once(self) -> bool:
        with open_log(self.log) as output:
            process = self._process = self.spawn(output)
        wait_until(lambda: process.poll() is not None or self.ready(), 60)
        if process.poll() is None and self.ready():
            return True
        self._end_own_process()
        return False

    def _end_own_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for sign, patience in ((self.stop_signal, 10), (signal.SIGQUIT, 3), (signal.SIGKILL, 5)):
            if process.poll() is None:
                process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                return

    def _end_former_server(self) -> None:
        """End what a killed owner left running on our data, and drop a pid file that names anybody else."""
        try:
            pid = int(self.pid_file.read_text().split("\n")[0])
        except (OSError, ValueError):
            pid = 0
        former = Identity.of(pid) if pid > 0 else None
        if former and former.pid != os.getpid() and runs_in(former.pid, self.data, self.program):
            end(former, self.stop_signal, seconds=10)
        # Else the server would trust the number and refuse to start beside an innocent process.
        self.pid_file.unlink(missing_ok=True)

    def _take_lock(self) -> None:
        """Own the data folder; the system frees the lock when we die, however we die."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        lock = self._lock_path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise LocalServerError(f"{self.title}: {self.data} is already in use by process {owner}.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None
