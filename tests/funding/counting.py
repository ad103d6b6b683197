"""Counting the SQL of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from eventhub.kit.db import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that run meanwhile, without savepoints."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")):
            seen.append(statement)

    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
