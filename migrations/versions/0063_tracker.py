"""Commitments for everybody: what changed last and who made what are found quickly; tables that are brought in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_commitment_maker_name", "commitment_maker", ["name", "commitment_id"])
    op.create_index("ix_commitment_report_newest", "commitment_report", ["said_at"])
    op.create_index("ix_commitment_review_newest", "commitment_review", ["reviewed_at"])
    op.create_table(
        "tracker_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rows", JSONB(), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written", sa.Integer(), nullable=True),
        sa.CheckConstraint("(done_at IS NULL) = (written IS NULL)", name=op.f("ck_tracker_sheet_done_with_count")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_tracker_sheet_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracker_sheet")),
    )
    op.create_index(op.f("ix_tracker_sheet_event_id"), "tracker_sheet", ["event_id"])
    op.create_index(op.f("ix_tracker_sheet_brought_at"), "tracker_sheet", ["brought_at"])


def downgrade() -> None:
    op.drop_table("tracker_sheet")
    op.drop_index("ix_commitment_review_newest", "commitment_review")
    op.drop_index("ix_commitment_report_newest", "commitment_report")
    op.drop_index("ix_commitment_maker_name", "commitment_maker")
