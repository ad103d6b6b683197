"""Security's word rests on a name: a keyed digest of it; when genders were last counted."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("approval", sa.Column("name_seen", sa.LargeBinary(), nullable=True))
    op.add_column("frozen_gender", sa.Column("looked_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("frozen_gender", "looked_on")
    op.drop_column("approval", "name_seen")
