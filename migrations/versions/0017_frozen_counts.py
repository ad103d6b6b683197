"""The numbers of host partners are kept as they were at midnight: nothing that happens by day moves them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "frozen_counts",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("midnight", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "midnight"),
    )


def downgrade() -> None:
    op.drop_table("frozen_counts")
