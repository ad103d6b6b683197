"""What a phone let in against a rule of its gate is written down, so that somebody looks at it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waived = sa.Enum(
        "unreadable",
        "other_event",
        "unknown",
        "not_accredited",
        "category",
        "mode",
        "full",
        "closed",
        "no_list",
        name="waived",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.add_column("check_in_scan", sa.Column("waived", waived, nullable=True))
    op.execute("UPDATE check_in_scan SET waived = 'full' WHERE over_capacity")


def downgrade() -> None:
    op.drop_column("check_in_scan", "waived")
