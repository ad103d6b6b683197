"""Jobs by the clock: each slot once, heads kept outside the database, and what has served its time is forgotten."""

import importlib
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
import time_machine
from flask import Flask

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.file_types import PDF
from eventhub.kit.files import StoredFile
from eventhub.kit.form_keys import FormKey
from eventhub.kit.outbox import Promise
from eventhub.kit.slots import JobSlot, take_slot
from eventhub.kit.task_names import TASK_NAMES
from eventhub.people import actions as people
from eventhub.questionnaires.uploads import Upload
from tests import servers
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import ANSWERS, WITH_PAPERS, make_forum, register
from tests.live import House

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def upkeep(app: Flask, database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The tasks, working on this test's database and a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.plain(app.config["SQLALCHEMY_DATABASE_URI"]))
        module = importlib.import_module("workers.upkeep")
    monkeypatch.setattr(module, "flask_app", app)
    settings = app.extensions["eventhub.settings"]
    app.extensions["eventhub.settings"] = settings.model_copy(
        update={"eventhub_home": tmp_path / "home", "files_url": f"file://{tmp_path}/files"}
    )
    yield module
    app.extensions["eventhub.settings"] = settings


def test_each_slot_once(database: None) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        taken = []
        for _ in range(8):
            with unit_of_work():
                taken.append(take_slot("job", timedelta(minutes=10)))
            clock.shift(timedelta(minutes=5))
        assert taken == [True, False] * 4
        with unit_of_work():
            assert take_slot("another", timedelta(minutes=10))


def test_a_job_that_failed_has_not_had_its_slot(database: None) -> None:
    def fail() -> None:
        with unit_of_work():
            assert take_slot("job", timedelta(hours=1))
            raise LookupError

    with time_machine.travel(NOON, tick=False):
        with pytest.raises(LookupError):
            fail()
        with unit_of_work():
            assert take_slot("job", timedelta(hours=1))


def test_slots_are_counted_in_utc_whatever_the_summer(database: None) -> None:
    """The night the clocks go back has 25 hours: a daily job runs once in each 24."""
    with time_machine.travel(datetime(2026, 10, 24, 12, tzinfo=UTC), tick=False) as clock:
        ran = 0
        for _ in range(72):
            with unit_of_work():
                ran += take_slot("daily", timedelta(days=1))
            clock.shift(timedelta(hours=1))
    assert ran == 4  # noon to noon, three days: the slots of four dates


@pytest.mark.lane
def test_two_clocks_at_once(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        start, won = threading.Barrier(8), []

        def clock() -> None:
            start.wait()
            with house.work():
                if take_slot("job", timedelta(days=1)):
                    won.append(1)

        threads = [threading.Thread(target=clock) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [1]
        assert house.query("SELECT count(*) FROM job_slot") == [(1,)]


class Thing:
    """Something that is done to."""

    __tablename__ = "thing"

    def __init__(self) -> None:
        self.id = uuid.uuid4()


def heads(home: Path) -> list[tuple[int, str]]:
    """What was kept outside the database."""
    file = home / "audit-heads.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [(known["position"], known["chain"]) for known in map(json.loads, lines)]


def test_the_audit_is_chained_and_its_committed_head_kept(upkeep: ModuleType, tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(3):
            with unit_of_work():
                audit.record("test.done", Thing(), actor=None, text=str(number))
            upkeep.seal_audit()
            upkeep.seal_audit()  # the clock rang twice
            clock.shift(timedelta(minutes=5))
    known = heads(tmp_path / "home")
    assert [position for position, _ in known] == [1, 2]
    for head in known:
        assert list(audit.verify(head)) == []
    assert audit.head()[0] == 3


def test_the_sweep_forgets_what_has_served_its_time_and_nothing_else(upkeep: ModuleType) -> None:
    moment = now()
    with unit_of_work():
        for days in (1, 100):
            at = moment - timedelta(days=days)
            db.session.add(FormKey(key=uuid.uuid4(), digest=b"", location=b"/", at=at))
            db.session.add(JobSlot(job="job", slot=at))
            db.session.add(Promise(task="kept", payload={}, created_at=at, not_before=at, kept_at=at))
            db.session.add(Promise(task="parked", payload={}, created_at=at, not_before=at, parked_at=at))
            db.session.add(Promise(task="owed", payload={}, created_at=at, not_before=at))
    upkeep.sweep()
    assert db.session.query(FormKey).count() == 1
    assert db.session.query(JobSlot).filter_by(job="job").count() == 1
    left = sorted(row.task for row in db.session.query(Promise))
    assert left == ["kept", "owed", "owed", "parked", "parked"]


def test_the_clock_sweeps_files_that_were_given_up_and_those_of_nobody(upkeep: ModuleType, tmp_path: Path) -> None:
    """Erased by the house's own tasks, swept by the house's own job: no bytes, no name, no owner."""
    event, person, other = make_forum(data=WITH_PAPERS), make_person(), make_person()
    papers = {"letter": Upload("Letter of Marker.pdf", PDF_BYTES), "scan": Upload("Passport of Marker.pdf", PDF_BYTES)}
    for who in (person, other):
        register(event, who, **(ANSWERS | papers))
    db.session.flush()
    mine = [file.storage_key for file in db.session.query(StoredFile).filter_by(owner_id=person.id)]
    begun = files.store(PDF_BYTES, name="begun.pdf", allowed=frozenset({PDF}), purpose="x").storage_key
    undone = files.store(PDF_BYTES, name="undone.pdf", allowed=frozenset({PDF}), purpose="x").storage_key
    db.session.query(StoredFile).filter(StoredFile.storage_key.in_([begun, undone])).delete()
    where = {path.name: path for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert len(where) == 6
    long_ago = time.time() - 2 * 86_400
    os.utime(where[undone], (long_ago, long_ago))
    people.erase(None, person)
    for erase in importlib.import_module("workers.people").ERASERS:
        erase(person.id)
    upkeep.sweep_files()
    gone = {name for name, path in where.items() if not path.exists()}
    assert gone == {*mine, undone}, "what may just be written stays, and what belongs to others"
    rows = db.session.query(StoredFile).filter(StoredFile.storage_key.in_(mine)).all()
    assert {(row.name, row.owner_id, row.swept_at is None) for row in rows} == {("", None, False)}
    assert not db.session.query(StoredFile).filter_by(owner_id=person.id).count()


def test_what_the_clock_starts_is_known_to_the_worker(upkeep: ModuleType) -> None:
    schedule = importlib.import_module("workers.schedule")
    schedule.celery.loader.import_default_modules()
    wanted = {entry["task"] for entry in schedule.celery.conf.beat_schedule.values()}
    assert wanted
    assert wanted <= set(schedule.celery.tasks)
    assert schedule.celery.conf.timezone == "UTC"
    by_the_clock = {name for name, task in schedule.celery.tasks.items() if "take_slot" in code_names(task)}
    # A sign of life may be given twice; every other job takes its slot.
    assert by_the_clock == wanted - {"upkeep.heartbeat"}, "a job that nothing starts, or one that could run twice"


def test_every_promised_task_has_a_name_for_people(upkeep: ModuleType) -> None:
    celery = importlib.import_module("workers.schedule").celery
    celery.loader.import_default_modules()
    by_the_clock = {entry["task"] for entry in celery.conf.beat_schedule.values()}
    ours = {name for name in celery.tasks if not name.startswith("celery.")}
    assert ours - by_the_clock == set(TASK_NAMES)


def code_names(task: object) -> tuple[str, ...]:
    """The global names a task's function uses."""
    run = getattr(task, "run", None)
    return getattr(getattr(run, "__code__", None), "co_names", ())
