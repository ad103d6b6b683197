"""What the local servers and the supervisor share about processes: who they are, and how they end."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")


class LocalServerError(RuntimeError):
    """A local server or child cannot start; the message is meant for the person at the terminal."""


@dataclass(frozen=True)
class Identity:
    """A process and the moment it started, since a bare pid is soon given to somebody else."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The identity of a living process, or None."""
        started = _started(pid)
        return cls(pid, started) if started else None

    def alive(self) -> bool:
        """True while this very process runs (a zombie does not)."""
        return _started(self.pid) == self.started


def group_members(group: int) -> list[Identity]:
    """The living processes of a process group, its leader dead or not."""
    if _PROC.joinpath("self/stat").exists():
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
        pids = [pid for pid in pids if (fields := _stat(pid)) and int(fields[2]) == group]
    else:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid="], capture_output=True, text=True, check=False)
        rows = [line.split() for line in listed.stdout.splitlines()]
        pids = [int(row[0]) for row in rows if int(row[1]) == group]
    return [identity for pid in pids if (identity := Identity.of(pid))]


def runs_in(pid: int, folder: Path, program: str) -> bool:
    """True when the process is `program` and, where the system can tell, works in `folder`."""
    if _PROC.joinpath("self/stat").exists():
        try:
            here = (_PROC / str(pid) / "cwd").readlink() == folder.resolve()
            command = (_PROC / str(pid) / "comm").read_text().strip()
        except OSError:
            return False
        return here and command == program
    listed = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return Path(listed.stdout.strip()).name == program


def end(process: Identity, first: signal.Signals = signal.SIGTERM, *, seconds: float = 5) -> None:
    """Ask a process to end, and kill it when it has not after `seconds`."""
    for sign, patience in ((first, seconds), (signal.SIGKILL, 5.0)):
        if not process.alive():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, sign)
        wait_until(lambda: not process.alive(), patience)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask every few milliseconds until `condition` holds; False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return True


def free_port() -> int:
    """A TCP port that was free on the loopback address a moment ago; another may still take it first."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_in_use(port: int) -> bool:
    """True when a server of this port could not start on the loopback address."""
    with socket.socket() as probe:
        # As servers do, so that connections of a server just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, or a note that it is empty."""
    try:
        text = log.read_bytes()[-20_000:].decode(errors="replace")
    except OSError:
        text = ""
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def spawn(
    command: Sequence[str],
    output: IO[bytes],
    *,
    dying: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, away from the terminal's Ctrl-C; on Linux it gets `dying` when we die.

    `user` is the uid and gid it runs as.
    """
    # Linux ties the death signal to the thread that starts the child, so elsewhere than here it would come too early.
    guard = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
    with warnings.catch_warnings():
        # From 3.12 on Python warns of a fork beside threads; between fork and exec ours makes one system call.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_dies_with_parent(dying) if guard else None,
            user=user[0] if user else None,
            group=user[1] if user else None,
            extra_groups=[] if user else None,
        )


def open_log(log: Path) -> IO[bytes]:
    """A log file opened to append, readable by its owner only; one former file is kept from 10 MB on."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_name(f"{log.name}.1"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def _dies_with_parent(sign: signal.Signals) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(sign), 0, 0, 0)


def _started(pid: int) -> str:
    """When a living process started, in a form only good for comparing; empty when it is not there."""
    if _PROC.joinpath("self/stat").exists():
        fields = _stat(pid)
        if not fields or fields[0] in "ZX":
            return ""
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{fields[19]}"
    listed = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = listed.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command name: 0 state, 2 process group, 19 start; empty when gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
