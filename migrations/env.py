"""Alembic: runs as the owner of the tables and gives the app's role just what it needs."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from eventhub.kit.config import Settings
from eventhub.kit.db import Base

WITHHELD = {
    "audit_entry": "UPDATE, DELETE",
    "audit_seal": "UPDATE, DELETE",
    "audit_text": "UPDATE",
    "fund_movement": "UPDATE, DELETE",
    "fund_exchange_rate": "UPDATE, DELETE",
    "alembic_version": "INSERT, UPDATE, DELETE",
}
"""What the app's role may not do with a table."""


def run() -> None:
    """Migrate in one transaction per revision; nobody is kept waiting for a lock longer than 3 s."""
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given, None)
        return
    settings: Settings = current_app.extensions["eventhub.settings"]
    engine = create_engine(settings.database_owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '3s'"))
        connection.commit()
        migrate(connection, make_url(settings.database_url).username)
    engine.dispose()


def migrate(connection: Connection, app_role: str | None) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if app_role and app_role != connection.engine.url.username:
        grant(connection, app_role)


def grant(connection: Connection, role: str) -> None:
    """The app may read and write rows, not tables; of the audit it may only add and read."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    # Where no step was due, Alembic leaves the transaction open in which it looked.
    connection.rollback()
    with connection.begin():
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {quoted}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
            *(f"REVOKE {WITHHELD[table]} ON {table} FROM {quoted}" for table in existing(connection)),
        ):
            connection.execute(text(statement))


def existing(connection: Connection) -> list[str]:
    return [table for table in WITHHELD if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table})]


run()
