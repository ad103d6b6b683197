"""The first phone of somebody who accepted a role asks for the offer's code in every other session."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("first_phone_offer_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "first_phone_offer_id")
