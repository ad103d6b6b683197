"""What a paper was made from, and of which edition the sealed photographs stand in the record."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper_order", sa.Column("made_from", sa.LargeBinary(), nullable=True))
    op.add_column("paper_order", sa.Column("noted_edition", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("paper_order", "noted_edition")
    op.drop_column("paper_order", "made_from")
