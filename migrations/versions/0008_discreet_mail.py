"""A mail that waits knows whether it was written discreetly."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of a mail that waits now nobody knows: it is taken for one that names things, and if need be written anew.
    op.add_column("mail", sa.Column("discreet", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("mail", "discreet", server_default=None)


def downgrade() -> None:
    op.drop_column("mail", "discreet")
