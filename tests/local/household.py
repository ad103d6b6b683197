"""A small household for the supervisor's tests: run as a program with a home folder and a word for what to start."""

import signal
import sys
from pathlib import Path

import click

from eventhub.local.mailsink import MailSink
from eventhub.local.postgres import Postgres
from eventhub.local.process import LocalServerError, free_port
from eventhub.local.supervisor import Child, Supervisor, accepts
from eventhub.local.valkey import Valkey

_SLEEP = "import time\nwhile True: time.sleep(60)"
_STUBBORN = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{_SLEEP}"
_SIGN = "import os, pathlib, time\ntime.sleep(1)\npathlib.Path(os.environ['EVENTHUB_READY_FILE']).touch()\n"
_PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]])\n"
    "print(child.pid, flush=True)\n"
    "child.wait()"
)


def _python(name: str, *arguments: str, after: tuple[str, ...] = ()) -> Child:
    return Child(name, [sys.executable, "-c", *arguments], after=after)


def main(home: Path, what: str) -> None:
    """Start what is asked and watch it until a signal."""
    if what == "served":
        with Supervisor(home) as supervisor:
            supervisor.serve("valkey", Valkey(home / "valkey"))
            database = Postgres(home / "postgres", durable=False)
            supervisor.serve("postgres", database)
            supervisor.run([_python("idle", _SLEEP, after=("postgres",))], lambda: click.echo(f"UP {database.port}"))
        return
    port = free_port()
    sink = [sys.executable, "-m", "eventhub.local.mailsink", "--port", str(port), "--maildir", str(home / "mail")]
    households = {
        "plain": [
            _python("idle", _SLEEP, after=("mail",)),
            Child("mail", sink, {"GREETING": "hello"}, accepts(port)),
        ],
        "stubborn": [_python("stubborn", _STUBBORN), _python("family", _PARENT, _STUBBORN)],
        "broken": [_python("idle", _SLEEP), _python("broken", "raise SystemExit('no such setting: ORIGIN')")],
        "signing": [
            Child("signing", [sys.executable, "-c", _SIGN + _SLEEP], sign=home / "run" / "signing.ready"),
            _python("idle", _SLEEP, after=("signing",)),
        ],
        "missing": [Child("missing", ["/no/such/program"])],
    }
    Supervisor(home).run(households[what], lambda: click.echo("UP"))


def hold_port(maildir: Path) -> None:
    """Say clearly that a port is taken."""
    with MailSink(maildir) as sink, Supervisor(maildir.parent) as supervisor:
        supervisor.require_port(sink.port)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if sys.argv[2] == "port":
            hold_port(Path(sys.argv[1]) / "mail")
        main(Path(sys.argv[1]), sys.argv[2])
    except LocalServerError as error:
        sys.exit(str(error))
