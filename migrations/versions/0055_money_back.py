"""Money that came back waits for a second person of finance."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_refund_amount_positive")),
        sa.CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name=op.f("ck_fund_refund_two_people")),
        sa.CheckConstraint(
            "(agreed_by_id IS NULL) = (agreed_at IS NULL)", name=op.f("ck_fund_refund_agreed_by_somebody")
        ),
        sa.CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_refund_agreed_or_dropped")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["fund_payment.id"], name=op.f("fk_fund_refund_payment_id_fund_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_refund")),
    )
    op.create_index(
        "ix_fund_refund_waiting",
        "fund_refund",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("agreed_at IS NULL AND dropped_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("fund_refund")
