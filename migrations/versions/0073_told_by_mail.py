"""A mail about a session remembers when and where it said that it is, so that the next one can name what changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invite_mail", sa.Column("told", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("invite_mail", "told")
