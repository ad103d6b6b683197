"""Whom a release at an instant left out, and a release that had nobody else to tell."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

TABLES = ("fund_release", "fund_staging")
TOLD = "ck_fund_release_told_not_negative"


def upgrade() -> None:
    op.add_column("fund_release", sa.Column("held", sa.Integer(), nullable=False, server_default="0"))
    op.drop_constraint(op.f(TOLD), "fund_release", type_="check")
    op.create_check_constraint(op.f(TOLD), "fund_release", "told >= 0 AND held >= 0")
    _may_fail("'money', 'near', 'moved', 'barred'")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"UPDATE {table} SET failed = 'moved' WHERE failed = 'barred'")  # noqa: S608 (our own words)
    _may_fail("'money', 'near', 'moved'")
    op.drop_constraint(op.f(TOLD), "fund_release", type_="check")
    op.create_check_constraint(op.f(TOLD), "fund_release", "told >= 0")
    op.drop_column("fund_release", "held")


def _may_fail(codes: str) -> None:
    for table in TABLES:
        name = op.f(f"ck_{table}_failed")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"failed IN ({codes})")
