"""The database handle, the model base and the unit of work."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Annotated, Any, TypeVar

import psycopg
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import BigInteger, Connection, DateTime, Engine, Enum, Identity, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, make_transient_to_detached, mapped_column, registry
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlalchemy.pool import ConnectionPoolEntry

Id = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=uuid.uuid4)]
"""A random primary key: it tells nobody how many rows there are or what comes next."""

Serial = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""A rising primary key, for logs and queues that are read in order."""

Json = dict[str, Any]
Texts = dict[str, str]
"""One text in several languages: code of the language to the text."""

READING = "reading"
"""The name of the engine for read-only work."""

ASK_AFTER = 1.0
"""Seconds that a connection may lie idle before it is asked whether it still stands."""


class Base(DeclarativeBase):
    """The base of every model; names of constraints are fixed so that errors can be told apart."""

    # Flask-SQLAlchemy copies this class: only a registry of its own survives that, not a type_annotation_map.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            str: Text(),
            Json: JSONB(),
            Texts: JSONB(),
            list[str]: JSONB(),
            list[Json]: JSONB(),
            uuid.UUID: Uuid(),
        },
    )


Model = TypeVar("Model", bound=Base)


def enum_column(values: type[StrEnum], *, name: str) -> Enum:
    """A column type that stores the values of an enum as text behind a CHECK constraint.

    ``name`` becomes part of the constraint's name; a new member needs a migration that renews the constraint.
    """
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda kind: [member.value for member in kind],
    )


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements of the hot path that need no objects."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(model)
    return table


def known_of(model: type[Model], key: uuid.UUID) -> Model | None:
    """The row with this key where the session has it already; asks nobody."""
    found: Model | None = db.session().identity_map.get(identity_key(model, key))
    return found


def as_loaded(model: type[Model], values: Mapping[str, Any]) -> Model:
    """A row that was read in this transaction as a plain one, as if the session had loaded it: all its columns by name.

    What the session knows of the row already stands, as it does when it is loaded again.
    """
    known = known_of(model, values["id"])
    if known is not None:
        return known
    made = model()
    for name, value in values.items():
        set_committed_value(made, name, value)
    make_transient_to_detached(made)
    db.session.add(made)
    return made


class CommitRefused(RuntimeError):
    """Somebody other than the unit of work tried to commit."""


class GuardedSession(Session):
    """A session that only the unit of work may commit. Read-only work goes over connections that cannot write."""

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **others: Any) -> Engine | Connection:
        if self.info.get("reading"):
            engines = db.engines
            # A test binds everything to one connection, so that what it wrote is seen.
            if READING in engines and isinstance(engines[None], Engine):
                return engines[READING]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **others)

    def commit(self) -> None:
        if not self.info.pop("unit_of_work", False):
            raise CommitRefused("only unit_of_work() commits")
        super().commit()


db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": GuardedSession, "join_transaction_mode": "create_savepoint"},
)


@contextmanager
def unit_of_work(*, read_only: bool = False) -> Iterator[None]:
    """Commit on success, roll back on any exception; read-only work never commits: PostgreSQL refuses its writes."""
    try:
        if read_only:
            db.session.info["reading"] = True
        yield
        if read_only:
            db.session.rollback()
        else:
            db.session.info["unit_of_work"] = True
            db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.info.pop("unit_of_work", None)
        db.session.info.pop("reading", None)


def engine_options(application_name: str) -> dict[str, object]:
    """How every process talks to PostgreSQL.

    Nothing waits for ever: connecting 5 s, a lock 5 s, a statement 15 s, an idle transaction 60 s, a silent
    network 10 s. A process that must wait longer (a migration, an export) asks for it on its own connection.
    """
    limits = {
        "lock_timeout": "5s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        # Compiling a query takes longer than any query of this house: PostgreSQL guesses wrongly here.
        "jit": "off",
        "application_name": application_name,
    }
    return {
        "pool_events": [(note_end_of_use, "checkin"), (ask_after_a_pause, "checkout")],
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 22,
        "pool_timeout": 8,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "prepare_threshold": 3,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    }


def reading_options(application_name: str) -> dict[str, object]:
    """Connections for read-only work: each statement by itself (no round trips to begin and to end a transaction), and
    the server refuses to write.
    """
    options = engine_options(application_name)
    connect = dict(options["connect_args"])  # type: ignore[call-overload]
    connect["options"] += " -c default_transaction_read_only=on"
    return options | {"isolation_level": "AUTOCOMMIT", "connect_args": connect}


def close_pools() -> None:
    """Close what connections of this app lie idle, for writing and for reading."""
    for engine in db.engines.values():
        engine.dispose()


def note_end_of_use(_raw: psycopg.Connection | None, record: ConnectionPoolEntry) -> None:
    """Remember since when a connection has lain in the pool."""
    record.info["idle_since"] = monotonic()


def ask_after_a_pause(raw: psycopg.Connection, record: ConnectionPoolEntry, _taken: object) -> None:
    """Ask whether a connection that lay idle still stands: the server may have been restarted meanwhile.

    One that was in use a moment ago is not asked: that would be a round trip more in every request. With a broken one
    all that are as old are given up.
    """
    idle_since = record.info.get("idle_since")
    if idle_since is None or monotonic() - idle_since < ASK_AFTER:
        return
    usual = raw.autocommit
    try:
        raw.autocommit = True
        raw.execute("SELECT 1")
        raw.autocommit = usual
    except psycopg.OperationalError as error:
        raise InvalidatePoolError from error
