"""Rates of exchange are those of one call, and a wrong one is followed by another for the same day."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

TABLE = "fund_exchange_rate"
OF_A_DAY = "uq_fund_exchange_rate_base_currency_valid_from"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("call_id", sa.Uuid(), nullable=True))
    op.add_column(TABLE, sa.Column("entry", sa.Integer(), nullable=False, server_default="1"))
    op.create_foreign_key(op.f("fk_fund_exchange_rate_call_id_fund_call"), TABLE, "fund_call", ["call_id"], ["id"])
    op.create_check_constraint(op.f("ck_fund_exchange_rate_entry_positive"), TABLE, "entry > 0")
    op.create_index(
        "ix_fund_exchange_rate_entry",
        TABLE,
        ["call_id", "base", "currency", "valid_from", "entry"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.drop_constraint(op.f(OF_A_DAY), TABLE, type_="unique")


def downgrade() -> None:
    op.create_unique_constraint(op.f(OF_A_DAY), TABLE, ["base", "currency", "valid_from"])
    op.drop_index("ix_fund_exchange_rate_entry", TABLE)
    op.drop_constraint(op.f("ck_fund_exchange_rate_entry_positive"), TABLE, type_="check")
    op.drop_constraint(op.f("fk_fund_exchange_rate_call_id_fund_call"), TABLE, type_="foreignkey")
    op.drop_column(TABLE, "entry")
    op.drop_column(TABLE, "call_id")
