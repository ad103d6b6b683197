"""Whose answer came by mail in place of an invited person's, and answers that found no place."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

KIND = "ck_invite_word_kind"


def upgrade() -> None:
    op.add_column("invite_word", sa.Column("sender", sa.Text(), nullable=True))
    op.drop_constraint(op.f(KIND), "invite_word", type_="check")
    op.create_check_constraint(op.f(KIND), "invite_word", "kind IN ('unproven', 'counter', 'full')")


def downgrade() -> None:
    op.execute("DELETE FROM invite_word WHERE kind = 'full'")
    op.drop_constraint(op.f(KIND), "invite_word", type_="check")
    op.create_check_constraint(op.f(KIND), "invite_word", "kind IN ('unproven', 'counter')")
    op.drop_column("invite_word", "sender")
