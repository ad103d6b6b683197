"""Decisions are prepared before they are released, where it is set so by somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATES = (
    "draft",
    "submitted",
    "awaiting_focal_point",
    "under_review",
    "info_requested",
    "waitlisted",
    "offered",
    "accredited",
    "badge_issued",
    "attended",
    "no_show",
    "declined",
    "withdrawn",
    "revoked",
    "expired",
)
DECISIONS = "outcome IN ('accredited', 'declined', 'waitlisted')"


def upgrade() -> None:
    op.add_column(
        "registration_setup", sa.Column("releases_by_another", sa.Boolean(), nullable=False, server_default="false")
    )
    op.create_table(
        "prepared_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(*STATES, name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("prepared_by_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(DECISIONS, name=op.f("ck_prepared_decision_outcome_of_a_decision")),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"],
            ["person.id"],
            name=op.f("fk_prepared_decision_prepared_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_prepared_decision_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prepared_decision")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_prepared_decision_registration_id")),
    )


def downgrade() -> None:
    op.drop_table("prepared_decision")
    op.drop_column("registration_setup", "releases_by_another")
