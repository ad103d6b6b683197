"""Roles are offered to an address until somebody accepts; the clock leaves a mark of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = (
    "admin",
    "organiser",
    "accreditation_officer",
    "check_in",
    "rapporteur",
    "fund_officer",
    "fund_reviewer",
    "board_member",
    "approver",
    "finance",
    "commitment_reviewer",
    "host_partner",
)
SCOPES = ("all", "series", "event", "call")


def upgrade() -> None:
    op.create_table(
        "role_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column(
            "scope_kind",
            sa.Enum(*SCOPES, name="scope_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("scope_label", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("offered_by_id", sa.Uuid(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(scope_kind = 'all') = (scope_id IS NULL)", name=op.f("ck_role_offer_scope_has_id")),
        sa.ForeignKeyConstraint(
            ["offered_by_id"], ["person.id"], name=op.f("fk_role_offer_offered_by_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_offer")),
    )
    op.create_index(
        "ix_role_offer_open",
        "role_offer",
        ["email", "role", "scope_kind", "scope_id"],
        unique=True,
        postgresql_where="closed_at IS NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )


def downgrade() -> None:
    op.drop_table("heartbeat")
    op.drop_index(
        "ix_role_offer_open",
        table_name="role_offer",
        postgresql_where="closed_at IS NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("role_offer")
