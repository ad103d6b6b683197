"""A mail that takes an entry out of one person's calendar remembers why."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

WHYS = ("withdrawn", "left_out", "for_others")


def upgrade() -> None:
    op.add_column(
        "invite_mail",
        sa.Column("why", sa.Enum(*WHYS, name="why", native_enum=False, create_constraint=True, length=40)),
    )


def downgrade() -> None:
    op.drop_column("invite_mail", "why")
