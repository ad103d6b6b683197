"""An answer remembers from which open window it was kept: two windows on one draft do not take back each other's."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE answer ADD COLUMN IF NOT EXISTS typed_in uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE answer DROP COLUMN IF EXISTS typed_in")
