"""Security answers before an accreditation takes effect; gender is counted without anybody; a role for both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FORMER_ROLES = (
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
ROLES = (*FORMER_ROLES, "security_officer")
WITH_ROLES = ("role_grant", "role_offer")


def upgrade() -> None:
    for table in WITH_ROLES:
        _renew_roles(table, ROLES)
    op.add_column(
        "registration_setup", sa.Column("needs_security", sa.Boolean(), nullable=False, server_default="false")
    )
    op.add_column(
        "registration_setup", sa.Column("security_within_days", sa.Integer(), nullable=False, server_default="5")
    )
    op.create_check_constraint(
        op.f("ck_registration_setup_security_has_days"), "registration_setup", "security_within_days BETWEEN 1 AND 60"
    )
    op.add_column("registration_category", sa.Column("security", sa.Boolean(), nullable=True))
    op.create_table(
        "approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum("security", name="stage", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("no_objection", "objection", name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_by_id", sa.Uuid(), nullable=True),
        sa.Column("why_passed", sa.Text(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name=op.f("ck_approval_answered_with_outcome")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_approval_registration_id_registration"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{hand}_by_id"], ["person.id"], name=op.f(f"fk_approval_{hand}_by_id_person"), ondelete="SET NULL"
            )
            for hand in ("asked", "answered", "passed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(
        "ix_approval_standing",
        "approval",
        ["registration_id", "stage"],
        unique=True,
        postgresql_where="lapsed_at IS NULL",
    )
    op.create_table(
        "frozen_gender",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_frozen_gender_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_frozen_gender")),
    )


def downgrade() -> None:
    op.drop_table("frozen_gender")
    op.drop_table("approval")
    op.drop_column("registration_category", "security")
    op.drop_constraint(op.f("ck_registration_setup_security_has_days"), "registration_setup", type_="check")
    op.drop_column("registration_setup", "security_within_days")
    op.drop_column("registration_setup", "needs_security")
    for table in WITH_ROLES:
        rows = sa.table(table, sa.column("role"))
        op.execute(rows.delete().where(rows.c.role == "security_officer"))
        _renew_roles(table, FORMER_ROLES)


def _renew_roles(table: str, roles: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_role")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.column("role").in_(roles))
