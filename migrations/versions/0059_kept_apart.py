"""What of an envelope pays nobody before the next slate, where envelopes tell of sealed answers."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fund_envelope", sa.Column("kept", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_fund_envelope_kept_not_negative"), "fund_envelope", "kept >= 0")


def downgrade() -> None:
    op.drop_column("fund_envelope", "kept")
