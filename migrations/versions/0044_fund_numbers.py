"""The frozen balance of a call, and reports for donors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fund_frozen_balance",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk_fund_frozen_balance_call_id_fund_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_fund_frozen_balance")),
    )
    op.create_table(
        "fund_donor_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("pdf", "xlsx", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name=op.f("ck_fund_donor_report_made_has_file")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk_fund_donor_report_call_id_fund_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_fund_donor_report_owner_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_fund_donor_report_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_donor_report")),
    )
    op.create_index("ix_fund_donor_report_owner", "fund_donor_report", ["owner_id", "call_id", "asked_at"])
    op.create_index("ix_fund_donor_report_call", "fund_donor_report", ["call_id"])


def downgrade() -> None:
    op.drop_table("fund_donor_report")
    op.drop_table("fund_frozen_balance")
