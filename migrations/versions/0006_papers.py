"""Papers that people ask for, and how those of an event look."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_setup",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "badge_name",
            sa.Enum("public", "legal", name="badge_name", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "layout",
            sa.Enum(
                "a6", "card", "sheet_4", "sheet_8", name="layout", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("photos", sa.Boolean(), nullable=False),
        sa.Column("host", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=True),
        sa.Column("signatory_title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_paper_setup_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_paper_setup")),
    )
    op.create_table(
        "paper_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "badges",
                "confirmation",
                "visa_letter",
                "certificate",
                "participants",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "layout",
            sa.Enum(
                "a6", "card", "sheet_4", "sheet_8", name="layout", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("with_document", sa.Boolean(), nullable=False),
        sa.Column("public_name", sa.Boolean(), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "problem",
            sa.Enum(
                "nobody",
                "too_many",
                "unprintable",
                "gone",
                name="problem",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("left_out", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name=op.f("ck_paper_order_made_has_file")),
        sa.CheckConstraint("made_at IS NULL OR problem IS NULL", name=op.f("ck_paper_order_made_or_problem")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_paper_order_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_paper_order_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_paper_order_owner_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_paper_order_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_order")),
    )
    op.create_index("ix_paper_order_event", "paper_order", ["event_id"], unique=False)
    op.create_index("ix_paper_order_owner", "paper_order", ["owner_id", "event_id", "asked_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_paper_order_owner", table_name="paper_order")
    op.drop_index("ix_paper_order_event", table_name="paper_order")
    op.drop_table("paper_order")
    op.drop_table("paper_setup")
