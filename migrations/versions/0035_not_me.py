"""A "Not me" link of its own for each helper and mailbox, which nothing that the helper does closes."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("charge", sa.Column("by_mail", sa.Boolean(), nullable=False, server_default="true"))
    op.alter_column("charge", "by_mail", server_default=None)
    op.add_column("unwanted_help", sa.Column("token_hash", sa.LargeBinary(), nullable=True))
    op.add_column("unwanted_help", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_unwanted_help_token_hash"), "unwanted_help", ["token_hash"])
    # Until now a row was there for those alone who had refused.
    op.execute("UPDATE unwanted_help SET refused_at = since")


def downgrade() -> None:
    op.execute("DELETE FROM unwanted_help WHERE refused_at IS NULL")
    op.drop_constraint(op.f("uq_unwanted_help_token_hash"), "unwanted_help")
    op.drop_column("unwanted_help", "refused_at")
    op.drop_column("unwanted_help", "token_hash")
    op.drop_column("charge", "by_mail")
