"""Online rooms: when they open, how to take part by telephone, and who joined."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MINUTES = "opens_before BETWEEN 0 AND 240"


def upgrade() -> None:
    op.add_column("session", sa.Column("dial_in", sa.Text(), nullable=True))
    op.add_column("session", sa.Column("opens_before", sa.Integer(), nullable=False, server_default="15"))
    op.alter_column("session", "opens_before", server_default=None)
    op.create_check_constraint(op.f("ck_session_opens_before_in_minutes"), "session", MINUTES)
    op.create_table(
        "online_attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_online_attendance_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name=op.f("fk_online_attendance_session_id_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_attendance")),
        sa.UniqueConstraint(
            "registration_id", "session_id", name=op.f("uq_online_attendance_registration_id_session_id")
        ),
    )
    op.create_index("ix_online_attendance", "online_attendance", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("online_attendance")
    op.drop_constraint(op.f("ck_session_opens_before_in_minutes"), "session")
    op.drop_column("session", "opens_before")
    op.drop_column("session", "dial_in")
