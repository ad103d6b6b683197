"""Evaluations of events: whom they ask, answers that wait sealed, and answers that belong to nobody."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

TABLES = ("evaluation_answer", "evaluation_waiting", "evaluation_invitation", "evaluation")


def upgrade() -> None:
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seal_key_id", sa.Uuid(), nullable=False),
        sa.Column("questions", JSONB(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint("answered >= 0 AND asked >= 0", name=op.f("ck_evaluation_counts_not_negative")),
        sa.CheckConstraint("closed_at IS NULL OR opened_at IS NOT NULL", name=op.f("ck_evaluation_closed_was_open")),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_evaluation_closes_after_opening")),
        sa.CheckConstraint("jsonb_array_length(questions) BETWEEN 1 AND 20", name=op.f("ck_evaluation_some_questions")),
        sa.CheckConstraint(
            "published_at IS NULL OR closed_at IS NOT NULL", name=op.f("ck_evaluation_published_was_closed")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_evaluation_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["seal_key_id"], ["seal_key.id"], name=op.f("fk_evaluation_seal_key_id_seal_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("event_id", name=op.f("uq_evaluation_event_id")),
    )
    op.create_index(
        "ix_evaluation_running", "evaluation", ["opens_on"], unique=False, postgresql_where="closed_at IS NULL"
    )
    op.create_table(
        "evaluation_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluation.id"],
            name=op.f("fk_evaluation_invitation_evaluation_id_evaluation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_evaluation_invitation_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_invitation")),
        sa.UniqueConstraint(
            "evaluation_id", "person_id", name=op.f("uq_evaluation_invitation_evaluation_id_person_id")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_evaluation_invitation_token_hash")),
    )
    op.create_index("ix_evaluation_invitation_person", "evaluation_invitation", ["person_id"], unique=False)
    op.create_table(
        "evaluation_waiting",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluation.id"],
            name=op.f("fk_evaluation_waiting_evaluation_id_evaluation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evaluation_waiting")),
    )
    op.create_index("ix_evaluation_waiting_evaluation", "evaluation_waiting", ["evaluation_id"], unique=False)
    op.create_table(
        "evaluation_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.CheckConstraint("(value IS NULL) <> (text IS NULL)", name=op.f("ck_evaluation_answer_step_or_words")),
        sa.CheckConstraint("shown IS NULL OR text IS NOT NULL", name=op.f("ck_evaluation_answer_words_are_shown")),
        sa.CheckConstraint("value BETWEEN 1 AND 5", name=op.f("ck_evaluation_answer_on_the_scale")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluation.id"],
            name=op.f("fk_evaluation_answer_evaluation_id_evaluation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_answer")),
    )
    op.create_index("ix_evaluation_answer_question", "evaluation_answer", ["evaluation_id", "question"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
