"""The supervisor over real children: order, restarts, a quick and whole stop, and what a kill leaves."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from eventhub.local.postgres import Postgres
from eventhub.local.process import Identity, wait_until

pytestmark = pytest.mark.lane

_ROOT = Path(__file__).parents[2]


class Household:
    """One run of household.py, its words in a file."""

    def __init__(self, home: Path, what: str, number: int) -> None:
        self.home = home
        self.said_file = home.with_name(f"said-{number}.txt")
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"}
        with self.said_file.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("household.py")), str(home), what],
                stdout=said,
                stderr=said,
                env=environment,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.said_file.read_text()

    def up(self) -> "Household":
        wait_until(lambda: "UP" in self.said or self.process.poll() is not None, 40)
        assert "UP" in self.said, self.said
        return self

    def child(self, name: str) -> Identity:
        identity = Identity.of(int((self.home / "run" / f"{name}.pid").read_text().split()[0]))
        assert identity
        return identity

    def grandchild(self, name: str) -> Identity:
        identity = Identity.of(int((self.home / "log" / f"{name}.log").read_text().split()[-1]))
        assert identity
        return identity

    def stop(self, sign: signal.Signals = signal.SIGINT) -> float:
        begun = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(30)
        return time.monotonic() - begun


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Household]]:
    started: list[Household] = []

    def begin(what: str) -> Household:
        started.append(Household(tmp_path / "home", what, len(started)))
        return started[-1]

    yield begin
    for household in started:
        if household.process.poll() is None:
            household.stop()
    Postgres(tmp_path / "home" / "postgres").remove()


def test_children_start_in_their_order_and_a_signal_stops_all(start: Callable[[str], Household]) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        house = start("plain").up()
        children = [house.child("idle"), house.child("mail")]
        assert house.said.index("mail ") < house.said.index("idle ") < house.said.index("UP")

        assert house.stop(sign) < 5

        assert house.process.returncode == 0
        assert not any(child.alive() for child in children)
        assert not list((house.home / "run").glob("*.pid"))
        assert "Traceback" not in house.said


def test_a_child_is_ready_when_it_says_so_not_when_it_lives(start: Callable[[str], Household]) -> None:
    house = start("signing").up()
    assert house.said.index("signing ") < house.said.index("idle ") < house.said.index("UP")
    waited = re.search(r"signing +ready after ([\d.]+) s", house.said)
    assert waited
    assert float(waited[1]) >= 1
    # The sign of a former life does not count for the next one.
    os.kill(house.child("signing").pid, signal.SIGKILL)
    assert wait_until(lambda: "signing ended by itself" in house.said, 5)
    assert wait_until(lambda: house.said.count("signing    ready") == 2, 10), house.said
    assert float(re.findall(r"signing +ready after ([\d.]+) s", house.said)[1]) >= 1


def test_logs_and_process_ids_are_for_their_owner_only(start: Callable[[str], Household]) -> None:
    house = start("plain").up()
    assert (house.home / "log").stat().st_mode & 0o077 == 0
    assert (house.home / "run").stat().st_mode & 0o077 == 0
    assert (house.home / "log" / "mail.log").stat().st_mode & 0o077 == 0


def test_a_killed_child_comes_back(start: Callable[[str], Household]) -> None:
    house = start("plain").up()
    first = house.child("mail")
    os.kill(first.pid, signal.SIGKILL)
    assert wait_until(lambda: "mail ended by itself (SIGKILL)" in house.said, 5)
    assert wait_until(lambda: house.said.count("mail       ready") == 2, 10), house.said
    assert house.child("mail") != first
    assert house.said.count("UP") == 1


def test_killed_servers_come_back_on_their_ports_with_their_data(start: Callable[[str], Household]) -> None:
    house = start("served").up()
    port = int(re.findall(r"UP (\d+)", house.said)[0])
    where = f"host=127.0.0.1 port={port} user=postgres dbname=postgres connect_timeout=2"
    with psycopg.connect(where) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    for name in ("postgres/postmaster.pid", "valkey/valkey.pid"):
        os.kill(int((house.home / name).read_text().split()[0]), signal.SIGKILL)

    def answers() -> bool:
        try:
            with psycopg.connect(where) as connection:
                return connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        except psycopg.OperationalError:
            return False

    assert wait_until(answers, 30), house.said
    assert wait_until(lambda: "valkey ended by itself" in house.said, 5)
    assert house.stop() < 8


def test_after_kill_9_the_next_start_ends_the_rest_and_keeps_the_data(start: Callable[[str], Household]) -> None:
    house = start("served").up()
    where = "host=127.0.0.1 user=postgres dbname=postgres port="
    with psycopg.connect(where + house.said.split()[-1]) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    house.stop(signal.SIGKILL)
    again = start("served").up()
    with psycopg.connect(where + again.said.split()[-1]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert again.stop() < 8
    assert again.process.returncode == 0


def test_stubborn_children_and_grandchildren_end_too(start: Callable[[str], Household]) -> None:
    house = start("stubborn").up()
    assert wait_until(lambda: (house.home / "log" / "family.log").read_text().strip() != "", 5)
    people = [house.child("stubborn"), house.child("family"), house.grandchild("family")]
    assert house.stop() < 8
    assert not any(person.alive() for person in people)


def test_what_outlives_a_killed_supervisor_is_ended_by_the_next(start: Callable[[str], Household]) -> None:
    house = start("stubborn").up()
    assert wait_until(lambda: (house.home / "log" / "family.log").read_text().strip() != "", 5)
    left = [house.child("stubborn"), house.grandchild("family")]
    house.stop(signal.SIGKILL)
    assert all(person.alive() for person in left)

    again = start("plain").up()

    assert "ending what an earlier run left: family, stubborn" in again.said
    assert not any(person.alive() for person in left)


def test_a_record_that_names_a_stranger_harms_nobody(start: Callable[[str], Household], tmp_path: Path) -> None:
    run = tmp_path / "home" / "run"
    run.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as stranger:
        identity = Identity.of(stranger.pid)
        assert identity
        (run / "reused.pid").write_text(f"{stranger.pid} another-start\n")
        (run / "exact.pid").write_text(f"{stranger.pid} {identity.started}\n")
        (run / "torn.pid").write_text("12")
        (run / "empty.pid").write_text("")
        start("plain").up()
        assert stranger.poll() is None
        stranger.kill()


def test_a_second_start_on_the_same_home_is_refused(start: Callable[[str], Household]) -> None:
    house = start("plain").up()
    second = start("plain")
    assert second.process.wait(20) == 1
    assert f"EventHub already runs on {house.home} (process {house.process.pid})" in second.said
    assert house.child("mail").alive()


def test_a_child_that_cannot_start_is_an_error_with_its_last_words(start: Callable[[str], Household]) -> None:
    house = start("broken")
    assert house.process.wait(30) == 1
    assert "broken ends again and again" in house.said
    assert "no such setting: ORIGIN" in house.said
    assert "Traceback" not in house.said
    assert not list((house.home / "run").glob("*.pid"))


def test_a_program_that_is_not_there_is_said(start: Callable[[str], Household]) -> None:
    house = start("missing")
    assert house.process.wait(30) == 1
    assert "missing cannot start" in house.said
    assert "Traceback" not in house.said


def test_a_port_in_use_is_said(start: Callable[[str], Household]) -> None:
    house = start("port")
    assert house.process.wait(30) == 1
    assert re.search(r"^Port \d+ is in use by another program\. Choose a free one", house.said)
