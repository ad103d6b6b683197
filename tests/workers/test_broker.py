"""Broker, worker and relay die in every way: nothing that was acknowledged is lost, and nothing is done twice."""

import base64
import contextlib
import json
import random
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventhub.kit.outbox import TRIES, promise
from eventhub.local.mailsink import Answer, accept
from eventhub.local.process import free_port
from eventhub.local.valkey import Valkey
from tests.crowd import gather
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue
from tests.live import House, wait_for

pytestmark = pytest.mark.lane
TASKS = "tests.workers.tasks"
CELERY = f"{TASKS}:celery"
LATER = "UPDATE promise SET {} WHERE kept_at IS NULL AND parked_at IS NULL RETURNING id"


class Plant:
    """A house whose worker and relay are shared by the tests; whoever kills one starts the next one."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.start_worker()
        self.relay = house.relay(module=TASKS)

    def start_worker(self) -> None:
        """A worker, in the place of the last one."""
        self.worker = self.house.worker(app=CELERY)

    def kill_worker(self) -> None:
        """kill -9, and another one as the supervisor starts it."""
        self.house.end(self.worker, signal.SIGKILL)
        self.start_worker()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Worker and relay, warm."""
    with House(tmp_path_factory.mktemp("plant")) as house:
        plant = Plant(house)
        owe(house, "test.count", name="warm")
        wait_for(lambda: all_kept(house), seconds=60, what="worker and relay")
        yield plant


@pytest.fixture
def plant(shared: Plant) -> Plant:
    """The shared plant with nothing owed and nothing sent."""
    empty(shared.house)
    return shared


@pytest.fixture
def house(plant: Plant) -> House:
    """The house of the shared plant."""
    return plant.house


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a relay and nobody who works."""
    with House(tmp_path_factory.mktemp("idle")) as house:
        house.relay(module=TASKS)
        yield house


@pytest.fixture
def idle(resting: House) -> House:
    """The same with nothing owed."""
    empty(resting)
    return resting


def empty(house: House) -> None:
    """Forget what the last test left."""
    house.query("DELETE FROM promise RETURNING id")
    house.query("DELETE FROM revision RETURNING name")
    house.broker().flushdb()
    house.sink.rule = accept
    house.sink.clear()


def owe(house: House, task: str, **payload: object) -> None:
    """A committed promise."""
    with house.work():
        promise(task, **payload)


def open_promises(house: House) -> int:
    """How many are neither kept nor parked."""
    return int(str(house.query("SELECT count(*) FROM promise WHERE kept_at IS NULL AND parked_at IS NULL")[0][0]))


def all_kept(house: House) -> bool:
    """Whether nothing is owed and nothing is parked."""
    return house.query("SELECT count(*) FROM promise WHERE kept_at IS NULL") == [(0,)]


def done(house: House, name: str) -> int:
    """How often a counted task was done."""
    found = house.query("SELECT number FROM revision WHERE name = %s", name)
    return int(str(found[0][0])) if found else 0


def time_passes(house: House) -> None:
    """As if leases and offers had run out, so that a test need not wait for minutes."""
    house.query(LATER.format("offered_until = NULL, not_before = now(), leased_until = now() - interval '1 s'"))


def waiting(house: House) -> int:
    """How many tasks lie in the queue."""
    return int(house.broker().llen("celery"))


def test_carried_worked_and_kept(house: House) -> None:
    for number in range(20):
        owe(house, "test.count", name=f"n{number}")
        owe(house, "test.letter", to="ada@example.org", number=number)
    wait_for(lambda: all_kept(house), seconds=30, what="forty promises to be kept")
    assert [done(house, f"n{number}") for number in range(20)] == [1] * 20
    assert sorted(str(mail["Subject"]) for mail in house.mails()) == sorted(f"Note {number}" for number in range(20))
    assert house.query("SELECT count(*) FROM mail WHERE sealed IS NOT NULL") == [(0,)]


def test_woken_by_notify(house: House) -> None:
    """With everything idle a promise is kept well before the relay would have looked by itself, on average."""
    owe(house, "test.count", name="warm")
    wait_for(lambda: all_kept(house), seconds=30, what="the processes to be ready")
    began = time.monotonic()
    for number in range(6):
        owe(house, "test.count", name=f"n{number}")
        wait_for(lambda: all_kept(house), seconds=10, what="the promise")
    assert time.monotonic() - began < 6 * 1.5  # by polling alone: 6 naps of 2 s


def test_each_task_twice_and_shuffled(plant: Plant) -> None:
    """A queue may deliver anything again and in any order."""
    house = plant.house
    with paused(plant.relay):
        for number in range(15):
            owe(house, "test.count", name=f"n{number}")
            owe(house, "test.letter", to="ada@example.org", number=number)
        kinds = house.query("SELECT id, task FROM promise")
        order = kinds * 3
        random.Random(7).shuffle(order)
        for number, task in order:
            send(house, str(task), [number])
        wait_for(lambda: all_kept(house) and not waiting(house), seconds=30, what="all promises to be kept")
    assert [done(house, f"n{number}") for number in range(15)] == [1] * 15
    assert len(house.mails()) == 15
    assert house.query("SELECT max(tries) FROM promise") == [(1,)]


@contextlib.contextmanager
def paused(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """A process that does nothing for a while."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def send(house: House, task: str, arguments: list[object], **changes: object) -> None:
    """Put a task into the queue as somebody who holds the broker can: the bytes are written by hand."""
    body = json.dumps([arguments, {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    number = str(uuid.uuid4())
    message = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": number, "root_id": number, "argsrepr": "", "kwargsrepr": ""},
        "properties": {
            "correlation_id": number,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "celery"},
            "priority": 0,
            "delivery_tag": str(uuid.uuid4()),
            "body_encoding": "base64",
        },
    }
    house.broker().lpush("celery", json.dumps(message | changes))


def test_a_forged_task_is_at_most_a_repeat(house: House) -> None:
    owe(house, "test.letter", to="ada@example.org", number=1)
    owe(house, "test.count", name="once")
    wait_for(lambda: all_kept(house), seconds=30, what="the promises")
    before = house.query("SELECT id, tries, kept_at FROM promise ORDER BY id")
    for number, _tries, _kept in before:
        send(house, "test.letter", [number])
        send(house, "test.count", [number])
    send(house, "test.letter", [999_999])
    send(house, "test.count", ["1; DROP TABLE promise"])
    send(house, "os.system", ["true"])
    owe(house, "test.count", name="after")
    wait_for(lambda: done(house, "after") == 1, seconds=15, what="an honest promise after the forged ones")
    wait_for(lambda: not waiting(house), seconds=10, what="the queue to be empty")
    assert house.query("SELECT id, tries, kept_at FROM promise ORDER BY id")[:2] == before
    assert done(house, "once") == 1
    assert len(house.mails()) == 1


def test_a_number_under_another_tasks_name_does_nothing(plant: Plant) -> None:
    """Whoever holds the broker may try one promise's number with another task's name."""
    house = plant.house
    with paused(plant.relay):
        owe(house, "test.letter", to="ada@example.org", number=1)
        [(number,)] = house.query("SELECT id FROM promise")
        send(house, "test.count", [number])
        wait_for(lambda: not waiting(house), seconds=10, what="the forged task")
        time.sleep(0.5)
        assert house.query("SELECT tries, lease FROM promise") == [(0, None)]
    wait_for(lambda: all_kept(house), seconds=30, what="the promise to be kept by its own task")
    assert len(house.mails()) == 1


def test_json_only(house: House) -> None:
    """A pickled message is refused without being opened."""
    planted = house.folder / "planted"
    pickled = base64.b64encode(f"cbuiltins\nopen\n(V{planted}\nVw\ntR.".encode()).decode()
    send(house, "test.count", [], **{"body": pickled, "content-type": "application/x-python-serialize"})
    owe(house, "test.count", name="after")
    wait_for(lambda: done(house, "after") == 1, seconds=30, what="an honest promise after the pickle")
    assert not planted.exists()


def test_the_broker_holds_no_person(idle: House) -> None:
    """Everything in Valkey while tasks wait: numbers and names of tasks."""
    with idle.work():
        person = make_person(name="Marker Nameof", email="marker.address@example.org")
        known_as = str(person.id)
        promise("test.letter", to="marker.address@example.org", number=1)
        promise("test.count", name=known_as)
    wait_for(lambda: waiting(idle) == 2, seconds=60, what="two tasks in the queue")
    dump = everything(idle)
    assert "test.letter" in dump
    for marker in ("Marker", "Nameof", "marker.address", "example.org", known_as):
        assert marker not in dump


def everything(house: House) -> str:
    """All that the broker holds, whatever its type, with the bodies of tasks decoded."""
    broker = house.broker()
    readers = {
        b"string": broker.get,
        b"list": lambda key: broker.lrange(key, 0, -1),
        b"set": broker.smembers,
        b"hash": broker.hgetall,
        b"zset": lambda key: broker.zrange(key, 0, -1, withscores=True),
    }
    found = repr({key: readers[broker.type(key)](key) for key in broker.keys("*")})
    bodies = [base64.b64decode(json.loads(task)["body"]) for task in broker.lrange("celery", 0, -1)]
    assert len(bodies) == 2
    return found + repr(bodies)


def test_a_flushed_queue_is_filled_again(idle: House) -> None:
    for number in range(30):
        owe(idle, "test.count", name=f"n{number}")
    wait_for(lambda: waiting(idle) == 30, seconds=60, what="thirty tasks in the queue")
    idle.broker().flushdb()
    idle.query(LATER.format("offered_until = now() - interval '1 second'"))  # as if 30 s had passed
    wait_for(lambda: waiting(idle) == 30, seconds=10, what="all of them to be offered again")
    assert idle.query("SELECT DISTINCT tries, kept_at FROM promise") == [(0, None)]


def test_offers_do_not_fill_the_broker_while_no_worker_runs(idle: House) -> None:
    with idle.work():
        for number in range(1500):
            promise("test.count", name=f"n{number % 10}")
    wait_for(lambda: waiting(idle) >= 1000, seconds=60, what="the queue to be long")
    for _ in range(3):
        idle.query(LATER.format("offered_until = now() - interval '1 second'"))
        time.sleep(1)
    assert waiting(idle) < 1100


def test_poison_is_parked_and_others_flow(plant: Plant) -> None:
    """A task that ends its worker uses up its tries; its neighbours, and those after it, are all done."""
    house = plant.house
    with paused(plant.relay):
        owe(house, "test.poison")
        house.query("UPDATE promise SET tries = %s RETURNING id", TRIES - 2)  # it has been at it for a while
        for number in range(20):
            owe(house, "test.count", name=f"n{number}")
    deaths = 0
    while not parked(house):
        wait_for(lambda: plant.worker.poll() is not None or parked(house), seconds=60, what="the poison to work")
        if plant.worker.poll() is not None:
            deaths += 1
            house.processes.remove(plant.worker)
            plant.start_worker()  # as the supervisor does
            time_passes(house)
    assert deaths == 2
    wait_for(lambda: not open_promises(house), seconds=60, what="the others")
    assert house.query("SELECT task, tries, problem FROM promise WHERE parked_at IS NOT NULL") == [
        ("test.poison", TRIES, "gave up after too many tries")
    ]
    assert [done(house, f"n{number}") for number in range(20)] == [1] * 20


def parked(house: House) -> bool:
    """Whether the poison was parked."""
    return bool(house.query("SELECT 1 FROM promise WHERE task = 'test.poison' AND parked_at IS NOT NULL"))


def test_a_broken_task_is_tried_again_and_leaves_no_words_in_the_log(house: House) -> None:
    owe(house, "test.broken", marker="Markerword")
    for _ in range(TRIES):
        before = house.query("SELECT tries FROM promise")
        time_passes(house)
        wait_for(
            lambda known=before: house.query("SELECT tries FROM promise WHERE lease IS NULL") not in (known, []),  # type: ignore[misc]
            seconds=30,
            what="the next try",
        )
        if house.query("SELECT parked_at IS NOT NULL FROM promise") == [(True,)]:
            break
    assert house.query("SELECT problem, parked_at IS NOT NULL, tries FROM promise") == [("LookupError", True, TRIES)]
    said = (house.folder / "worker.log").read_text(encoding="utf-8")
    assert "LookupError" in said
    assert not re.search("Markerword|grace.marker", said)


def test_killed_while_writing_done_once(plant: Plant) -> None:
    house = plant.house
    owe(house, "test.count_slowly", name="slow", seconds=2)
    wait_for(lambda: house.query("SELECT lease FROM promise") != [(None,)], seconds=30, what="the task to begin")
    plant.kill_worker()
    assert done(house, "slow") == 0
    time_passes(house)
    wait_for(lambda: all_kept(house), seconds=60, what="the promise")
    assert done(house, "slow") == 1


@pytest.mark.parametrize("rule", [Answer(seconds=5), Answer(seconds=1, hang_up=True)], ids=["slow", "hung_up"])
def test_killed_mid_mail_at_most_one_repeat(plant: Plant, rule: Answer) -> None:
    """kill -9 after the mail server has the bytes and before we know it: the repeat is the same mail."""
    house = plant.house
    house.sink.rule = lambda _to, before: rule if before == 0 else Answer()
    owe(house, "test.letter", to="ada@example.org", number=1)
    wait_for(house.mails, seconds=30, what="the mail server to have the mail")
    plant.kill_worker()
    time_passes(house)
    wait_for(lambda: all_kept(house), seconds=60, what="the promise")
    files = [file.read_bytes() for file in (house.sink.maildir / "new").iterdir()]
    assert len(files) == 2
    assert files[0] == files[1]
    assert len({str(mail["Message-ID"]) for mail in house.mails()}) == 1


def test_refusals_now_and_for_ever(house: House) -> None:
    def answer(to: str, before: int) -> Answer:
        if to.startswith("never"):
            return Answer(550, "No such user", at="RCPT")
        return Answer(451, "Greylisted") if before == 0 else Answer()

    house.sink.rule = answer
    owe(house, "test.letter", to="never@example.org", number=1)
    owe(house, "test.letter", to="later@example.org", number=2)
    wait_for(
        lambda: house.query("SELECT problem FROM promise ORDER BY id") == [("SMTP 550",), ("SMTP 451",)],
        seconds=30,
        what="both refusals to be noted",
    )
    assert house.query("SELECT parked_at IS NOT NULL FROM promise ORDER BY id") == [(True,), (False,)]
    time_passes(house)
    wait_for(lambda: not open_promises(house), seconds=30, what="the mail that was put off")
    assert [str(mail["To"]) for mail in house.mails()] == ["later@example.org"]


def test_a_second_relay_does_no_harm_and_a_killed_one_is_not_missed(plant: Plant) -> None:
    house = plant.house
    second = house.relay(module=TASKS)
    for number in range(40):
        owe(house, "test.count", name=f"n{number}")
        if number == 20:
            house.end(plant.relay, signal.SIGKILL)
            plant.relay = second
    wait_for(lambda: all_kept(house), seconds=60, what="all promises")
    assert [done(house, f"n{number}") for number in range(40)] == [1] * 40


def test_the_relay_ends_when_it_is_told(idle: House) -> None:
    relay = idle.relay(module=TASKS)
    listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'eventhub-relay' AND datname = %s"
    wait_for(lambda: idle.query(listening, idle.name) == [(2,)], seconds=60, what="the second relay")
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(10) == 0
    idle.processes.remove(relay)


def test_broker_away_and_back(tmp_path: Path) -> None:
    """A dead port: people register as ever, promises wait, and each mail goes out once when the broker is back."""
    port = free_port()
    with House(tmp_path, redis_url=f"redis://:secret@127.0.0.1:{port}/0") as house:
        house.web()
        house.relay()
        house.worker()
        with house.work():
            slug = make_dialogue(capacity=10).slug
        people = gather(house, 6)

        def register(number: int) -> None:
            answer = people[number].send(f"/en/events/{slug}/register/p1", q_display_name="Marker Nameof")
            assert (answer.status, answer.location) == (303, f"/en/events/{slug}/register/done")

        for number in range(5):
            register(number)
        ready = people[0].browser.get("/readyz")
        assert (ready.status, json.loads(ready.body)["broker"]) == (200, False)
        assert house.mails() == []
        assert house.query("SELECT DISTINCT tries, kept_at FROM promise") == [(0, None)]
        with Valkey(tmp_path / "valkey", port=port, password="secret"):
            wait_for(lambda: all_kept(house), seconds=90, what="the mails")
            assert sorted(str(mail["To"]) for mail in house.mails()) == sorted(person.email for person in people[:5])
            broker = house.broker()
            held = repr([(key, broker.dump(key)) for key in broker.keys("*")])
            assert not re.search("Marker|Nameof|crowd|example.org", held)
        # And gone again, while everything runs.
        register(5)
        time.sleep(1)
        assert len(house.mails()) == 5
        with Valkey(tmp_path / "valkey", port=port, password="secret"):
            house.query(LATER.format("offered_until = NULL"))
            wait_for(lambda: all_kept(house), seconds=90, what="the last mail")
            assert len(house.mails()) == 6
        for person in people:
            person.browser.close()
