"""What somebody was told beside a decision stays while another one is staged."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fund_decision", sa.Column("told_reason", sa.Text(), nullable=True))
    op.add_column("fund_decision", sa.Column("told_words", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("fund_decision", "told_words")
    op.drop_column("fund_decision", "told_reason")
