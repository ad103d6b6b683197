"""Questions of the desk and what people answer; which answers wait to be read."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "registration_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("by_desk", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_registration_message_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_registration_message_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_registration_message_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_message")),
    )
    op.create_index(
        "ix_registration_message_thread", "registration_message", ["registration_id", "sent_at"], unique=False
    )
    op.create_index("ix_registration_message_delete_after", "registration_message", ["delete_after"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_registration_message_delete_after", table_name="registration_message")
    op.drop_index("ix_registration_message_thread", table_name="registration_message")
    op.drop_table("registration_message")
    op.drop_column("registration", "answered_at")
