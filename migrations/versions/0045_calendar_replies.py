"""Answers to invites that came by mail, what an organiser judges of them, and when people want to be reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ANSWERS = "'NEEDS-ACTION', 'ACCEPTED', 'DECLINED', 'TENTATIVE'"


def upgrade() -> None:
    op.create_table(
        "arrived_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invite_id", sa.Uuid(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invite_id"], ["invite.id"], name=op.f("fk_arrived_reply_invite_id_invite"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrived_reply")),
    )
    op.create_index(op.f("ix_arrived_reply_invite_id"), "arrived_reply", ["invite_id"])
    op.create_table(
        "invite_word",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invite_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("partstat", sa.String(length=40), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dtstamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('unproven', 'counter')", name=op.f("ck_invite_word_kind")),
        sa.CheckConstraint(f"partstat IN ({ANSWERS})", name=op.f("ck_invite_word_partstat")),
        sa.ForeignKeyConstraint(
            ["invite_id"], ["invite.id"], name=op.f("fk_invite_word_invite_id_invite"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite_word")),
        sa.UniqueConstraint("invite_id", "kind", name=op.f("uq_invite_word_invite_id_kind")),
    )
    op.create_table(
        "reminding",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("in_calendar", sa.Integer(), nullable=True),
        sa.Column("by_mail", sa.Integer(), nullable=True),
        sa.CheckConstraint("in_calendar > 0", name=op.f("ck_reminding_in_calendar_before")),
        sa.CheckConstraint("by_mail > 0", name=op.f("ck_reminding_by_mail_before")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reminding_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminding")),
    )
    op.create_index("ix_reminding_by_mail", "reminding", ["by_mail"])


def downgrade() -> None:
    op.drop_table("reminding")
    op.drop_table("invite_word")
    op.drop_table("arrived_reply")
