"""The audit chain: each kind of tampering is named."""

import hashlib
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry, AuditSeal, AuditText, record
from eventhub.kit.db import db


@pytest.fixture
def tamperer(app: Flask) -> Iterator[None]:
    """Somebody with the owner's rights, who can do what the app's own role cannot; all of it undone afterwards."""
    owner = create_engine(app.extensions["eventhub.settings"].database_owner_url)
    with app.app_context(), owner.connect() as connection:
        engine = db.engines[None]
        outer = connection.begin()
        db.engines[None] = connection  # type: ignore[index]
        # Past the triggers and foreign keys that stop even the owner in everyday work.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        try:
            yield
        finally:
            db.session.remove()
            outer.rollback()
            db.engines[None] = engine  # type: ignore[index]
    owner.dispose()


class Someone:
    """An actor or a subject, as the kit sees one."""

    __tablename__ = "person"

    def __init__(self) -> None:
        self.id = uuid.uuid4()


def chain_of(count: int) -> list[AuditEntry]:
    """Some deeds, sealed."""
    actor = Someone()
    entries = [record("person.changed", Someone(), actor=actor, text=f"note {number}") for number in range(count)]
    db.session.flush()
    link_all(entries)
    return entries


def link_all(entries: list[AuditEntry]) -> None:
    """Seal at once what ``seal`` would leave alone for a moment."""
    link, position = audit.GENESIS, 0
    last = db.session.query(AuditSeal).order_by(AuditSeal.position.desc()).first()
    if last:
        link, position = last.chain, last.position
    for entry in entries:
        link, position = audit._link(link, entry), position + 1
        db.session.add(AuditSeal(entry_id=entry.id, position=position, chain=link))
    db.session.flush()


def kinds() -> list[str]:
    """What verification finds."""
    db.session.flush()
    db.session.expire_all()
    return [fault.kind for fault in audit.verify()]


@pytest.mark.usefixtures("database")
def test_a_whole_chain() -> None:
    chain_of(4)
    assert kinds() == []
    assert list(audit.verify(audit.head())) == []


@pytest.mark.usefixtures("database")
def test_what_is_recorded() -> None:
    actor, subject = Someone(), Someone()
    scope = uuid.uuid4()
    entry = record("x.done", subject, actor=actor, scope_id=scope, reason="complete", text="words", count=3, of=scope)
    db.session.flush()
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (actor.id, "person", subject.id)
    assert entry.detail == {"count": 3, "of": str(scope)}
    assert [(found.id, words) for found, words in audit.history("person", subject.id)] == [(entry.id, "words")]
    assert entry.text_digest is not None
    assert entry.text_digest != hashlib.sha256(b"words").digest()  # salted: it cannot be guessed at


@pytest.mark.usefixtures("tamperer")
def test_an_altered_entry_is_named() -> None:
    entries = chain_of(3)
    entries[1].verb = "person.read"
    db.session.flush()
    assert [(fault.entry_id, fault.kind) for fault in audit.verify()] == [(entries[1].id, "altered or swapped")]


@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize("column", ["actor_id", "subject_id", "scope_id"])
def test_every_fact_is_in_the_chain(column: str) -> None:
    entries = chain_of(2)
    setattr(entries[0], column, uuid.uuid4())
    assert kinds() == ["altered or swapped"]


@pytest.mark.usefixtures("tamperer")
@pytest.mark.parametrize(("column", "value"), [("reason", "other"), ("detail", {"a": 1}), ("subject_kind", "x")])
def test_every_word_is_in_the_chain(column: str, value: object) -> None:
    entries = chain_of(2)
    setattr(entries[1], column, value)
    assert kinds() == ["altered or swapped"]


@pytest.mark.usefixtures("tamperer")
def test_altered_words_are_named() -> None:
    entries = chain_of(2)
    db.session.get_one(AuditText, entries[0].id).text = "other words"
    assert kinds() == ["text altered"]


@pytest.mark.usefixtures("database")
def test_erased_words_leave_the_chain_whole() -> None:
    entries = chain_of(2)
    db.session.delete(db.session.get_one(AuditText, entries[0].id))
    assert kinds() == []


@pytest.mark.usefixtures("tamperer")
def test_a_link_taken_out_is_named() -> None:
    entries = chain_of(4)
    db.session.execute(text("DELETE FROM audit_seal WHERE position = 2"))
    found = list(audit.verify())
    assert found[0] == audit.Fault(entries[2].id, "missing before")


@pytest.mark.usefixtures("tamperer")
def test_a_cut_tail_is_named_by_the_head_kept_outside() -> None:
    entries = chain_of(4)
    known = audit.head()
    db.session.execute(text("DELETE FROM audit_seal WHERE entry_id = :id"), {"id": entries[3].id})
    assert kinds() == []  # the chain alone cannot tell
    assert [fault.kind for fault in audit.verify(known)] == ["truncated or rewritten"]


@pytest.mark.usefixtures("tamperer")
def test_a_rewritten_chain_is_named_by_the_head_kept_outside() -> None:
    entries = chain_of(3)
    known = audit.head()
    entries[1].reason = "other"
    db.session.execute(text("DELETE FROM audit_seal"))
    link_all(entries)
    assert kinds() == []
    assert [fault.kind for fault in audit.verify(known)] == ["truncated or rewritten"]


@pytest.mark.usefixtures("database")
def test_sealing_chains_each_entry_once() -> None:
    chain_of(2)
    entry = record("x.done", Someone(), actor=None)
    db.session.flush()
    assert entry.actor_id is None
    first = audit.seal()
    db.session.flush()
    assert audit.seal() == 0 or first == 0
    assert kinds() == []


@pytest.mark.usefixtures("tamperer")
def test_a_deleted_entry_is_named() -> None:
    entries = chain_of(3)
    db.session.execute(text("DELETE FROM audit_text"))
    db.session.execute(text("DELETE FROM audit_entry WHERE id = :id"), {"id": entries[1].id})
    assert [(fault.entry_id, fault.kind) for fault in audit.verify()] == [(entries[1].id, "deleted")]


@pytest.mark.usefixtures("tamperer")
def test_swapped_entries_are_named() -> None:
    one, two = chain_of(2)
    one.subject_id, two.subject_id = two.subject_id, one.subject_id
    assert kinds() == ["altered or swapped"] * 2


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET verb = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "UPDATE audit_seal SET position = 0",
        "DELETE FROM audit_seal",
    ],
)
def test_the_apps_role_may_only_append(statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text(statement))
