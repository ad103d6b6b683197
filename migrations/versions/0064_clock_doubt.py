"""Sessions at a time that the clocks there skip or repeat, until an organiser says which is meant."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("clock_doubt", sa.String(40), nullable=True))
    op.create_check_constraint(op.f("ck_session_clock_doubt"), "session", "clock_doubt IN ('open', 'settled')")


def downgrade() -> None:
    op.drop_column("session", "clock_doubt")
