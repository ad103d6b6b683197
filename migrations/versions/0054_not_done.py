"""A release that the worker tried in vain, and deeds in the name of somebody who may not do them any more."""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

TABLES = ("fund_release", "fund_staging")


def upgrade() -> None:
    _may_fail("'money', 'near', 'moved', 'barred', 'role', 'stuck'")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"UPDATE {table} SET failed = 'moved' WHERE failed IN ('role', 'stuck')")  # noqa: S608 (our own words)
    _may_fail("'money', 'near', 'moved', 'barred'")


def _may_fail(codes: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_failed")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"failed IN ({codes})")
