"""What people and sessions need: wishes with their status, services of sessions, visas."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STATUSES = ("asked", "noted", "ordered", "confirmed", "delivered", "not_possible", "taken_back")
VISAS = ("not_needed", "asked", "letter_sent", "applied", "granted", "refused")


def status(*values: str) -> sa.Column[str]:
    kind = sa.Enum(*values, name="status", native_enum=False, create_constraint=True, length=40)
    return sa.Column("status", kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "access_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        status(*STATUSES),
        sa.Column("on_form", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_access_need_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_access_need_session_id_session"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_need")),
    )
    op.create_index("ix_access_need_registration", "access_need", ["registration_id"], unique=False)
    op.create_index("ix_access_need_delete_after", "access_need", ["delete_after"], unique=False)
    op.create_table(
        "session_service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        status(*STATUSES),
        sa.Column("languages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z_]{1,60}$'", name=op.f("ck_session_service_code_plain")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_service_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_service")),
        sa.UniqueConstraint("session_id", "code", name=op.f("uq_session_service_session_id_code")),
    )
    op.create_table(
        "arrangement_setup",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 60", name=op.f("ck_arrangement_setup_lead_days_bounded")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_arrangement_setup_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_arrangement_setup")),
    )
    op.create_table(
        "visa",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        status(*VISAS),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("letter_on", sa.Date(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_visa_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_visa")),
    )
    op.create_index("ix_visa_delete_after", "visa", ["delete_after"], unique=False)


def downgrade() -> None:
    op.drop_table("visa")
    op.drop_table("arrangement_setup")
    op.drop_table("session_service")
    op.drop_table("access_need")
