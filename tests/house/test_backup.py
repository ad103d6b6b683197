"""Backup and restore: what was there is there again, who was erased stays erased, and no mail goes out unseen."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise, promise
from eventhub.kit.sealed import SealKey, Unreadable, open_sealed, place, seal
from eventhub.local.postgres import client_program
from eventhub.people import actions
from eventhub.people.models import Person
from tests.factories.people import make_person
from tests.factories.registration import make_dialogue, register
from tests.live import House

pytestmark = pytest.mark.lane
SECRET = "RT-marker-1234567"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with people in it."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def eventhub(house: House, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """The command, as an operator runs it."""
    done = house.command(*arguments)
    assert "Traceback" not in done.stderr
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def enter(house: House, name: str) -> tuple[uuid.UUID, bytes]:
    """Somebody registered, with a sealed value; who, and what is sealed."""
    with house.work():
        person = make_person(name=name, email=f"{name.lower()}@example.org")
        register(make_dialogue(), person, display_name=name, needs=SECRET)
        key = db.session.get_one(SealKey, person.seal_key_id)
        return person.id, seal(key, place("test", "value", str(person.id)), SECRET)


def read(house: House, person_id: uuid.UUID, value: bytes) -> str:
    """Open what is sealed for a person. Raises Unreadable."""
    with house.work():
        key = db.session.get_one(SealKey, db.session.get_one(Person, person_id).seal_key_id)
        return open_sealed(key, place("test", "value", str(person_id)), value).decode()


def everything(house: House) -> dict[str, int]:
    """How many rows each table holds."""
    tables = [str(row[0]) for row in house.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {table: int(str(house.query(f'SELECT count(*) FROM "{table}"')[0][0])) for table in sorted(tables)}


def test_erased_since_the_backup_stays_erased(house: House, tmp_path: Path) -> None:
    stays, staying = enter(house, "Stays")
    leaves, leaving = enter(house, "Leaves")
    files = house.folder / "files"
    files.mkdir(exist_ok=True)
    (files / "document.pdf").write_bytes(b"%PDF-1.7 a document")
    with house.work():
        audit.seal()
    before = everything(house)
    said = eventhub(house, "backup", str(tmp_path / "yesterday")).stdout
    assert "keys.dump" in said
    assert sorted(path.name for path in (tmp_path / "yesterday").iterdir()) == ["data.dump", "files", "keys.dump"]

    with house.work():
        actions.erase(None, db.session.get_one(Person, leaves))
    with pytest.raises(Unreadable):
        read(house, leaves, leaving)
    later, _ = enter(house, "Later")
    shutil.rmtree(files)

    said = eventhub(house, "restore", str(tmp_path / "yesterday"), "--yes").stdout
    assert "1 erasures replayed" in said
    assert read(house, stays, staying) == SECRET
    with pytest.raises(Unreadable):
        read(house, leaves, leaving)
    with house.work():
        gone = db.session.get_one(Person, leaves)
        assert gone.erased_at is not None
        assert gone.email is None
        assert "Leaves" not in gone.name
        assert db.session.get(Person, later) is None
    assert (files / "document.pdf").read_bytes() == b"%PDF-1.7 a document"

    # Nothing else was lost or doubled; only what erasing itself writes was added.
    after = everything(house)
    grown = {name: after[name] - count for name, count in before.items() if after[name] != count}
    assert set(grown) <= {"erasure", "audit_entry", "promise", "consent", "audit_text", "revision"}
    assert eventhub(house, "audit", "verify").stdout.startswith("The audit holds")

    # Mail that the backup thought unsent may be out already: it waits for a person; erasing goes on.
    with house.work():
        rows = db.session.query(Promise).filter(Promise.kept_at.is_(None)).all()
        held = {row.task for row in rows if row.parked_at is not None}
        free = {row.task for row in rows if row.parked_at is None}
    assert "registration.accredited" in held
    assert free == {"people.erased"}

    # The site works on: the app's role may do what it must, and still no more.
    enter(house, "Afterwards")
    assert eventhub(house, "check", check=False).stdout.count("NOT OK") <= 1  # without a worker, at most the mail


def test_the_dump_of_data_holds_no_keys(house: House, tmp_path: Path) -> None:
    """Data and wrapped keys are kept apart, so that old backups die with the keys."""
    person_id, _ = enter(house, "Apart")
    eventhub(house, "backup", str(tmp_path / "apart"))
    with house.work():
        key = db.session.get_one(SealKey, db.session.get_one(Person, person_id).seal_key_id)
        wrapped = key.wrapped or b""
    plain = listing(house, tmp_path / "apart" / "data.dump")
    assert wrapped.hex() not in plain
    assert SECRET not in plain
    assert wrapped.hex() in listing(house, tmp_path / "apart" / "keys.dump")


def listing(house: House, dump: Path) -> str:
    """A dump as SQL."""

    program = client_program("pg_restore")
    assert program is not None
    done = subprocess.run([program, "--file", "-", str(dump)], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_restoring_asks_first(house: House, tmp_path: Path) -> None:
    eventhub(house, "backup", str(tmp_path / "asked"))
    with house.work():
        promise("test.thing")
    before = everything(house)
    done = eventhub(house, "restore", str(tmp_path / "asked"), check=False)
    assert done.returncode == 1
    assert everything(house) == before


def test_a_restore_of_nothing_says_so(house: House, tmp_path: Path) -> None:
    before = everything(house)
    done = eventhub(house, "restore", str(tmp_path), "--yes", check=False)
    assert done.returncode == 1
    assert everything(house) == before
