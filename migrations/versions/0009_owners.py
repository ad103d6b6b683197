"""What was typed is kept for its owner alone; where a form led is sealed; second factors are cleared by two people."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM kept_post WHERE person_id IS NULL")
    op.alter_column("kept_post", "person_id", existing_type=sa.Uuid(), nullable=False)
    # Of use for two days at most, and some of them name a secret in clear.
    op.execute("DELETE FROM form_key")
    op.drop_column("form_key", "location")
    op.add_column("form_key", sa.Column("location", sa.LargeBinary(), nullable=False))
    op.create_table(
        "second_factor_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_second_factor_reset_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_second_factor_reset_asked_by_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor_reset")),
    )
    op.create_index(
        "ix_second_factor_reset_open",
        "second_factor_reset",
        ["person_id"],
        unique=True,
        postgresql_where="closed_at IS NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_second_factor_reset_open", table_name="second_factor_reset")
    op.drop_table("second_factor_reset")
    op.execute("DELETE FROM form_key")
    op.drop_column("form_key", "location")
    op.add_column("form_key", sa.Column("location", sa.Text(), nullable=False))
    op.alter_column("kept_post", "person_id", existing_type=sa.Uuid(), nullable=True)
