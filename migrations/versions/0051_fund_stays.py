"""Stays of people with a grant, of which the allowance is reckoned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("arrives", sa.DateTime(), nullable=False),
        sa.Column("leaves", sa.DateTime(), nullable=False),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("driven", sa.Integer(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("leaves > arrives", name=op.f("ck_fund_stay_leaves_after_arriving")),
        sa.CheckConstraint("driven BETWEEN 0 AND 4", name=op.f("ck_fund_stay_driven_ways")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_stay_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_stay")),
        sa.UniqueConstraint("award_id", name=op.f("uq_fund_stay_award_id")),
    )


def downgrade() -> None:
    op.drop_table("fund_stay")
