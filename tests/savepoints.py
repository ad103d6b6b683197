"""Savepoints that are made when something is written, not before.

A test and the requests it makes share one connection, where each transaction of the app is a savepoint. Most only read:
to make and undo one for each cost more than what stood between, and PostgreSQL kept them all, one inside the other.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

PENDING = "savepoints not made yet"
WRITES = ("FOR UPDATE", "FOR NO KEY UPDATE", "FOR SHARE", "FOR KEY SHARE", "nextval(", "set_config(", "pg_")


def _only_reads(statement: str) -> bool:
    return statement.startswith("SELECT") and not any(sign in statement for sign in WRITES)


def make_late(engine: Engine) -> None:
    """Whatever is done on connections of ``engine`` is what it was; what was only announced is never sent.

    A statement that fails spoils what lies outside a savepoint that was not made. Those that only read do not fail; one
    that does would say so in every statement after it.
    """
    dialect: Any = engine.dialect
    make, undo, release = dialect.do_savepoint, dialect.do_rollback_to_savepoint, dialect.do_release_savepoint

    def waiting(connection: Connection) -> list[str]:
        names: list[str] = connection.info.setdefault(PENDING, [])
        return names

    def drop(connection: Connection, name: str) -> bool:
        names = waiting(connection)
        announced = name in names
        # Those that wait are the innermost: undone with any that was made.
        del names[names.index(name) if announced else 0 :]
        return announced

    def do_rollback_to_savepoint(connection: Connection, name: str) -> None:
        if not drop(connection, name):
            undo(connection, name)
            release(connection, name)  # SQLAlchemy does not: they would lie one inside the other until the end

    def do_release_savepoint(connection: Connection, name: str) -> None:
        if not drop(connection, name):
            release(connection, name)

    def make_what_waits(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        names = waiting(connection)
        if names and not _only_reads(statement):
            made, names[:] = list(names), []
            for name in made:
                make(connection, name)

    def forget(connection: Connection) -> None:
        waiting(connection).clear()

    dialect.do_savepoint = lambda connection, name: waiting(connection).append(name)
    dialect.do_rollback_to_savepoint = do_rollback_to_savepoint
    dialect.do_release_savepoint = do_release_savepoint
    event.listen(engine, "before_cursor_execute", make_what_waits)
    event.listen(engine, "begin", forget)
