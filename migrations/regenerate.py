"""Write 0001 anew from the models. Only until the first release: later changes are migrations of their own.

Run it with ``.venv/bin/python -m migrations.regenerate`` after changing a model.
"""

import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from eventhub.app import create_app
from eventhub.kit.config import load_settings
from eventhub.kit.db import Base
from eventhub.local.postgres import Postgres

HEAD = '''"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
'''


def main() -> None:
    """Compare the models with an empty database and write what is missing: everything."""
    with tempfile.TemporaryDirectory(prefix="eventhub-regenerate-") as folder:
        Path(folder).chmod(0o755)
        with Postgres(Path(folder) / "postgres", durable=False) as server:
            create_app(load_settings(database_url=server.url()))
            with create_engine(server.url()).connect() as connection:
                context = MigrationContext.configure(connection)
                script = produce_migrations(context, Base.metadata)
                up = render_python_code(script.upgrade_ops, migration_context=context)
                down = render_python_code(script.downgrade_ops, migration_context=context)
                connection.rollback()
                connection.engine.dispose()
    body = HEAD + indent(up) + "\n\n\ndef downgrade() -> None:\n" + indent(down) + "\n"
    (Path(__file__).parent / "versions" / "0001_tables.py").write_text(body, encoding="utf-8")


def indent(code: str) -> str:
    """The rendered code without alembic's own remarks."""
    return "\n".join(line for line in code.splitlines() if "auto generated" not in line and "end Alembic" not in line)


if __name__ == "__main__":
    main()
