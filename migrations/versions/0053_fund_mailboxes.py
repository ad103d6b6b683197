"""By what the mailbox of somebody who vouched is known again, that a vouch was disowned, and a person's former mailbox."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fund_endorsement", sa.Column("mailbox", sa.LargeBinary(), nullable=True))
    op.add_column("fund_endorsement", sa.Column("disowned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_fund_endorsement_disowned_is_not_me"), "fund_endorsement", "disowned_at IS NULL OR outcome = 'not_me'"
    )
    op.add_column("email_change", sa.Column("old_mailbox", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("email_change", "old_mailbox")
    op.drop_constraint(op.f("ck_fund_endorsement_disowned_is_not_me"), "fund_endorsement")
    op.drop_column("fund_endorsement", "disowned_at")
    op.drop_column("fund_endorsement", "mailbox")
