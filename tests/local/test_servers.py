"""The embedded servers on real data folders: start, stop, crash, and other people's processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from eventhub.local.postgres import Postgres
from eventhub.local.process import Identity, LocalServerError, free_port, wait_until
from eventhub.local.valkey import Valkey

pytestmark = pytest.mark.lane


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres", durable=False)
    yield server
    server.remove()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey", password='a "quoted" päss\\word')
    yield server
    server.remove()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def _in_another_process(server: str, data: Path) -> subprocess.Popen[str]:
    """An owner of the server that can be killed; it prints the server's pid once that serves."""
    code = f"""
import sys, time, pathlib
from eventhub.local.postgres import Postgres
from eventhub.local.valkey import Valkey
server = {server}
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""
    environment = {**os.environ, "DATA": str(data), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)


def _nobodys(data: Path) -> subprocess.Popen[bytes]:
    """A running postgres whose owner has given up the data folder, as one that was killed does."""
    server = Postgres(data, durable=False)
    server.prepare()
    server.port = free_port()
    with (data.parent / "old.log").open("wb") as log:
        return server.spawn(log)


def _named(pid_file: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the file names the process: it is made first and written then."""
    return pid_file.exists() and pid_file.read_text().split("\n")[0] == str(process.pid)


def test_postgres_serves_and_a_restart_keeps_the_data(postgres: Postgres) -> None:
    postgres.start()
    postgres.execute("CREATE TABLE kept (word text)")
    postgres.execute("INSERT INTO kept VALUES ('سلام')")
    first_pid = postgres.pid
    postgres.stop()
    assert not postgres.running()
    with pytest.raises(psycopg.OperationalError):
        postgres.execute("SELECT 1")

    postgres.start()

    assert postgres.pid != first_pid
    assert postgres.execute("SELECT word FROM kept") == [("سلام",)]


def test_postgres_listens_on_loopback_only_and_takes_two_hundred(postgres: Postgres) -> None:
    postgres.start()
    assert postgres.execute("SHOW listen_addresses") == [("127.0.0.1",)]
    assert postgres.execute("SHOW max_connections") == [("200",)]


def test_postgres_log_holds_no_value_of_a_failed_statement(postgres: Postgres) -> None:
    postgres.start()
    postgres.execute("CREATE TABLE people (email text UNIQUE)")
    postgres.execute("INSERT INTO people VALUES ('marker@example.org')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        postgres.execute("INSERT INTO people VALUES ('marker@example.org')")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        postgres.execute("SELECT 'marker@example.org'::int")
    assert "marker" not in postgres.log.read_text()
    assert "ready to accept connections" in postgres.log.read_text()


def test_postgres_starts_again_after_it_was_killed(postgres: Postgres) -> None:
    postgres.start()
    port = postgres.port
    postgres.execute("CREATE TABLE kept (n int)")
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    assert wait_until(lambda: not postgres.running(), 5)

    postgres.restart()

    assert postgres.port == port
    assert postgres.execute("SELECT count(*) FROM kept") == [(0,)]


def test_postgres_of_a_killed_owner_is_ended_and_its_data_kept(postgres: Postgres) -> None:
    postgres.start()
    postgres.execute("CREATE TABLE kept (n int)")
    postgres.stop()
    former = _nobodys(postgres.data)
    assert wait_until(lambda: _named(postgres.pid_file, former), 10)

    postgres.start()

    assert former.wait(10) == 0
    assert postgres.execute("SELECT count(*) FROM kept") == [(0,)]


def test_a_stale_pid_file_never_ends_a_stranger(postgres: Postgres, stranger: subprocess.Popen[bytes]) -> None:
    postgres.start()
    postgres.stop()
    lines = [str(stranger.pid), str(postgres.data), "1", "5432", "", "127.0.0.1", "0 0", "ready"]
    postgres.pid_file.write_text("\n".join(lines))
    if os.geteuid() == 0:
        os.chown(postgres.pid_file, postgres.data.stat().st_uid, -1)

    postgres.start()

    assert postgres.execute("SELECT 1") == [(1,)]
    assert stranger.poll() is None


def test_a_stale_pid_file_never_ends_another_postgres(postgres: Postgres, tmp_path: Path) -> None:
    other = Postgres(tmp_path / "other", durable=False)
    with other:
        postgres.start()
        postgres.stop()
        postgres.pid_file.write_text(f"{other.pid}\n{postgres.data}\n")
        postgres.start()
        assert other.execute("SELECT 1") == [(1,)]
        assert postgres.execute("SELECT 1") == [(1,)]
    other.remove()


def test_a_second_owner_of_the_same_data_is_refused(postgres: Postgres) -> None:
    postgres.start()
    with pytest.raises(LocalServerError, match=f"already in use by process {os.getpid()}"):
        Postgres(postgres.data, durable=False).start()
    assert postgres.execute("SELECT 1") == [(1,)]


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for server in (Postgres(tmp_path / "p", port=port, durable=False), Valkey(tmp_path / "v", port=port)):
            with pytest.raises(LocalServerError, match=f"port {port} is in use"):
                server.start()
            server.remove()


def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", durable=False, settings={"shared_buffers": "nonsense"})
    with pytest.raises(LocalServerError, match='invalid value for parameter "shared_buffers"'):
        server.start()
    server.remove()


def test_a_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "thesis.txt").write_text("do not lose")
    with pytest.raises(LocalServerError, match="not a database"):
        Postgres(data).start()
    assert (data / "thesis.txt").read_text() == "do not lose"


def test_a_set_up_cut_half_way_is_begun_anew(postgres: Postgres, tmp_path: Path) -> None:
    left = tmp_path / "postgres.new-cut"
    left.mkdir()
    (left / "PG_VERSION").write_text("18")
    postgres.start()
    assert postgres.execute("SELECT 1") == [(1,)]
    if not postgres.data.is_symlink():
        assert not left.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
@pytest.mark.parametrize(
    "server",
    [
        'Postgres(pathlib.Path(__import__("os").environ["DATA"]), durable=False)',
        'Valkey(pathlib.Path(__import__("os").environ["DATA"]))',
    ],
)
def test_a_killed_owner_takes_its_server_along(server: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    owner = _in_another_process(server, data)
    assert owner.stdout
    with owner.stdout:
        served = Identity.of(int(owner.stdout.readline()))
    assert served
    owner.kill()
    owner.wait()
    assert wait_until(lambda: not served.alive(), 10)
    Postgres(data).remove()


def test_valkey_wants_its_password_and_is_ours(valkey: Valkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url()) as client:
        assert client.set("word", "kept")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    with (
        redis.Redis(port=valkey.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.get("word")
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(valkey.pid)], capture_output=True, text=True, check=True)
    assert "quoted" not in shown.stdout


def test_valkey_starts_again_after_it_was_killed(valkey: Valkey) -> None:
    valkey.start()
    port = valkey.port
    assert valkey.pid
    os.kill(valkey.pid, signal.SIGKILL)
    assert wait_until(lambda: not valkey.running(), 5)
    valkey.restart()
    assert valkey.port == port
    with redis.Redis.from_url(valkey.url()) as client:
        assert client.ping()


def test_valkey_of_a_killed_owner_is_ended(valkey: Valkey, tmp_path: Path) -> None:
    valkey.prepare()
    valkey.port = free_port()
    with (tmp_path / "old.log").open("wb") as log:
        former = valkey.spawn(log)
    assert wait_until(lambda: _named(valkey.pid_file, former), 10)
    valkey.start()
    assert former.wait(10) == 0
    assert valkey.running()


def test_a_free_port_taken_meanwhile_costs_a_second_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The free port is taken by another between the look and the start: the server tries the next."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1]]
        monkeypatch.setattr("eventhub.local.server.free_port", lambda: ports.pop() if ports else free_port())
        for server in (Valkey(tmp_path / "v"), Postgres(tmp_path / "p", durable=False)):
            ports[:] = [taken.getsockname()[1]]
            with server:
                assert server.running()
                assert server.port != taken.getsockname()[1]
            server.remove()
