"""When and why a session was called off; who changed their mind about one; when an entry's times or place changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("event", sa.Column("cancelled_at", INSTANT, nullable=True))
    op.add_column("session", sa.Column("cancelled_at", INSTANT, nullable=True))
    reason = sa.Column("cancelled_reason", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb"))
    op.add_column("session", reason)
    op.add_column("calendar_entry", sa.Column("raised_at", INSTANT, nullable=True))
    op.add_column("chosen_session", sa.Column("raised", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chosen_session", sa.Column("changed_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("chosen_session", "changed_at")
    op.drop_column("chosen_session", "raised")
    op.drop_column("calendar_entry", "raised_at")
    op.drop_column("session", "cancelled_reason")
    op.drop_column("session", "cancelled_at")
    op.drop_column("event", "cancelled_at")
