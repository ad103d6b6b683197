"""A commitment that is closed says when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("commitment", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("commitment", sa.Column("closed_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("commitment", "closed_reason")
    op.drop_column("commitment", "closed_at")
