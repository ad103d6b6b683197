"""Changes of a budget wait for a second person of finance."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_budget_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("difference <> 0", name=op.f("ck_fund_budget_change_changes_something")),
        sa.CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name=op.f("ck_fund_budget_change_two_people")),
        sa.CheckConstraint(
            "(agreed_by_id IS NULL) = (agreed_at IS NULL)", name=op.f("ck_fund_budget_change_agreed_by_somebody")
        ),
        sa.CheckConstraint(
            "agreed_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_budget_change_agreed_or_dropped")
        ),
        sa.ForeignKeyConstraint(
            ["envelope_id"], ["fund_envelope.id"], name=op.f("fk_fund_budget_change_envelope_id_fund_envelope")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_budget_change")),
    )
    op.create_index("ix_fund_budget_change_envelope", "fund_budget_change", ["envelope_id"])


def downgrade() -> None:
    op.drop_table("fund_budget_change")
