"""Secrets that wait for their first code, one of each web session; whose a role is that was offered to an address."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending_factor",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_pending_factor_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["web_session.id"],
            name=op.f("fk_pending_factor_session_id_web_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_pending_factor")),
    )
    op.create_index(op.f("ix_pending_factor_person_id"), "pending_factor", ["person_id"], unique=False)
    op.add_column("role_offer", sa.Column("belongs_to_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_role_offer_belongs_to_id_person"),
        "role_offer",
        "person",
        ["belongs_to_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_role_offer_belongs_to_id"), "role_offer", ["belongs_to_id"], unique=False)
    # Several sessions may have seen these: whoever began one begins anew.
    op.execute("DELETE FROM second_factor WHERE confirmed_at IS NULL")


def downgrade() -> None:
    op.drop_index(op.f("ix_role_offer_belongs_to_id"), table_name="role_offer")
    op.drop_constraint(op.f("fk_role_offer_belongs_to_id_person"), "role_offer", type_="foreignkey")
    op.drop_column("role_offer", "belongs_to_id")
    op.drop_index(op.f("ix_pending_factor_person_id"), table_name="pending_factor")
    op.drop_table("pending_factor")
