"""The audit on a committed database: sealers at the same time, late commits, the command, the app's role."""

import json
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from eventhub.kit import audit
from eventhub.kit.db import db
from tests import servers
from tests.live import House

pytestmark = pytest.mark.lane


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house without processes."""
    with House(tmp_path) as house:
        yield house


class Thing:
    """Something that is done to."""

    __tablename__ = "thing"

    def __init__(self) -> None:
        self.id = uuid.uuid4()


def deeds(house: House, count: int) -> None:
    """So many committed deeds."""
    with house.work():
        for number in range(count):
            audit.record("test.done", Thing(), actor=None, text=f"words {number}")


def faults(house: House, head: tuple[int, str] | None = None) -> list[str]:
    """What verification says."""
    with house.work():
        return [f"entry {fault.entry_id}: {fault.kind}" for fault in audit.verify(head)]


def seal(house: House, limit: int = 1000) -> int:
    """Seal and commit."""
    with house.work():
        return audit.seal(limit)


def verify(house: House, *more: str) -> "subprocess.CompletedProcess[str]":
    """``eventhub audit verify``."""
    return house.command("audit", "verify", *more)


def test_sealed_in_steps_and_by_many_at_once(house: House) -> None:
    deeds(house, 120)
    assert seal(house, 50) == 50
    total: list[int] = []

    def sealer() -> None:
        for _ in range(5):
            total.append(seal(house, 10))

    threads = [threading.Thread(target=sealer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while number := seal(house, 10):
        total.append(number)
    assert sum(total) == 70
    assert house.query("SELECT count(*), max(position) FROM audit_seal") == [(120, 120)]
    assert faults(house) == []


def test_a_transaction_that_commits_late_is_chained_later(house: House) -> None:
    """Numbers are given at the insert, not at the commit: a late commit leaves a gap that is filled afterwards."""
    url = servers.plain(house.settings.database_url)
    insert = (
        "INSERT INTO audit_entry (at, verb, subject_kind, detail) "
        "VALUES (now(), 'test.late', 'thing', '{}') RETURNING id"
    )
    with psycopg.connect(url) as slow:
        [late] = slow.execute(insert).fetchone() or (None,)
        deeds(house, 3)
        assert seal(house) == 3
        slow.commit()
    assert seal(house) == 1
    assert faults(house) == []
    order = [row[0] for row in house.query("SELECT entry_id FROM audit_seal ORDER BY position")]
    assert order[-1] == late < order[0]  # type: ignore[operator]


def test_a_deed_that_was_undone_leaves_nothing(house: House) -> None:
    def fail() -> None:
        with house.work():
            audit.record("test.done", Thing(), actor=None)
            db.session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    deeds(house, 1)
    assert seal(house) == 1
    assert faults(house) == []


def test_the_command_names_what_was_done(house: House) -> None:
    """As the owner, past triggers and foreign keys: each kind of tampering is named by its entry."""
    deeds(house, 8)
    seal(house)
    with house.work():
        head = audit.head()
    heads = house.folder / "audit-heads.jsonl"
    noted = json.dumps({"position": head[0], "chain": head[1]})
    heads.write_text(f'{noted}\n{{"position": 9, "cha', encoding="utf-8")  # the last line cut short by a crash
    assert verify(house).returncode == 0
    ids = [int(str(row[0])) for row in house.query("SELECT id FROM audit_entry ORDER BY id")]
    swapping = (
        "UPDATE audit_entry a SET subject_id = b.subject_id FROM audit_entry b "
        f"WHERE a.id IN ({ids[3]}, {ids[4]}) AND b.id = {ids[3] + ids[4]} - a.id"
    )
    bare = "SET session_replication_role = replica; "
    for tampering, expected in (
        (f"UPDATE audit_entry SET verb = 'x' WHERE id = {ids[1]}", f"entry {ids[1]}: altered or swapped"),
        (f"DELETE FROM audit_entry WHERE id = {ids[2]}", f"entry {ids[2]}: deleted"),
        (
            swapping,
            f"entry {ids[3]}: altered or swapped",
        ),
        (f"UPDATE audit_text SET text = 'x' WHERE entry_id = {ids[5]}", f"entry {ids[5]}: text altered"),
        (
            f"DELETE FROM audit_seal WHERE entry_id >= {ids[6]}; DELETE FROM audit_entry WHERE id >= {ids[6]}",
            "truncated or rewritten",
        ),
    ):
        with psycopg.connect(servers.plain(house.settings.database_owner_url), autocommit=True) as owner:
            owner.execute((bare + tampering).encode())
        assert expected in "\n".join(faults(house, head))
    done = verify(house)
    assert done.returncode == 1
    assert f"entry {ids[1]}: altered or swapped" in done.stdout
    assert "truncated or rewritten" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_apps_role_cannot(house: House) -> None:
    deeds(house, 2)
    seal(house)
    for statement in (
        "UPDATE audit_entry SET verb = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "UPDATE audit_seal SET chain = ''",
        "DELETE FROM audit_seal",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with (
            psycopg.connect(servers.plain(house.settings.database_url)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())
    assert faults(house) == []
