"""The statement of an allowance as a file."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

TABLE = "fund_statement_paper"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name=op.f(f"ck_{TABLE}_made_has_file")),
        sa.ForeignKeyConstraint(
            ["stay_id"], ["fund_stay.id"], name=op.f(f"fk_{TABLE}_stay_id_fund_stay"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f(f"fk_{TABLE}_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("stay_id", "language", name=op.f(f"uq_{TABLE}_stay_id_language")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
