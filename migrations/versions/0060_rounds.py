"""Follow-up rounds: plans, rounds made once for each event and step, links, answers that are only added, calls, copies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

TABLES = (
    "round_copy",
    "round_call",
    "round_draft",
    "round_answer",
    "round_part",
    "round_item",
    "round_link",
    "round",
    "round_plan",
)


def upgrade() -> None:
    op.create_table(
        "round_plan",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("months", JSONB(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("days", JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("every BETWEEN 0 AND 60", name=op.f("ck_round_plan_every_in_reach")),
        sa.CheckConstraint("jsonb_array_length(days) BETWEEN 1 AND 8", name=op.f("ck_round_plan_some_days")),
        sa.CheckConstraint("jsonb_array_length(months) BETWEEN 1 AND 12", name=op.f("ck_round_plan_some_months")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_round_plan_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", name=op.f("pk_round_plan")),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("days", JSONB(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("closed_at >= closes_at", name=op.f("ck_round_closed_in_time")),
        sa.CheckConstraint("closes_at > opened_at", name=op.f("ck_round_closes_after_opening")),
        sa.CheckConstraint("step > 0", name=op.f("ck_round_step_positive")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_round_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("event_id", "step", name=op.f("uq_round_event_id_step")),
    )
    op.create_index("ix_round_open", "round", ["closes_at"], unique=False, postgresql_where="closed_at IS NULL")
    op.create_table(
        "round_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("mailed", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended",
            sa.Enum(
                "not_me",
                "bounced",
                "revoked",
                "forgotten",
                name="ended",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(ended IS NULL) = (ended_at IS NULL)", name=op.f("ck_round_link_ended_with_time")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_round_link_email_lower")),
        sa.CheckConstraint("reminded >= 0", name=op.f("ck_round_link_reminded_not_negative")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["round_link.id"], name=op.f("fk_round_link_parent_id_round_link"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_round_link_round_id_round"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_round_link_token_hash")),
    )
    op.create_index(
        "ix_round_link_colleague",
        "round_link",
        ["parent_id", "email"],
        unique=True,
        postgresql_where="parent_id IS NOT NULL",
    )
    op.create_index("ix_round_link_email", "round_link", ["email"], unique=False)
    op.create_index(
        "ix_round_link_mailbox", "round_link", ["round_id", "email"], unique=True, postgresql_where="parent_id IS NULL"
    )
    op.create_table(
        "round_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_on", sa.Date(), nullable=True),
        sa.CheckConstraint("silent_on IS NULL OR answered_at IS NULL", name=op.f("ck_round_item_answered_or_silent")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_round_item_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["commitment_contact.id"],
            name=op.f("fk_round_item_contact_id_commitment_contact"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_round_item_round_id_round"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_item")),
        sa.UniqueConstraint("round_id", "commitment_id", name=op.f("uq_round_item_round_id_commitment_id")),
    )
    op.create_index("ix_round_item_commitment", "round_item", ["commitment_id"], unique=False)
    op.create_index(op.f("ix_round_item_contact_id"), "round_item", ["contact_id"], unique=False)
    op.create_index(
        "ix_round_item_silent", "round_item", ["round_id"], unique=False, postgresql_where="answered_at IS NULL"
    )
    op.create_table(
        "round_part",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("lead", "other", "delegate", name="part", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["round_item.id"], name=op.f("fk_round_part_item_id_round_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["round_link.id"], name=op.f("fk_round_part_link_id_round_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", "item_id", name=op.f("pk_round_part")),
    )
    op.create_index("ix_round_part_item", "round_part", ["item_id"], unique=False)
    op.create_table(
        "round_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("lead", "other", "delegate", name="part", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "says",
            sa.Enum(
                "not_started",
                "planning",
                "in_progress",
                "fulfilled",
                "changed",
                "withdrawn",
                name="says",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unchanged", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("obstacles", JSONB(), nullable=False),
        sa.Column("hindrance", sa.Text(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum("said", "noted", name="standing", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(standing = 'said') = (report_id IS NOT NULL)", name=op.f("ck_round_answer_said_is_reported")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["round_item.id"], name=op.f("fk_round_answer_item_id_round_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["round_link.id"], name=op.f("fk_round_answer_link_id_round_link"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["commitment_report.id"],
            name=op.f("fk_round_answer_report_id_commitment_report"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_answer")),
        sa.UniqueConstraint("report_id", name=op.f("uq_round_answer_report_id")),
    )
    op.create_index("ix_round_answer_item", "round_answer", ["item_id", "id"], unique=False)
    op.create_index("ix_round_answer_link", "round_answer", ["link_id"], unique=False)
    op.create_table(
        "round_draft",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("given", JSONB(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["round_item.id"], name=op.f("fk_round_draft_item_id_round_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["round_link.id"], name=op.f("fk_round_draft_link_id_round_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", "item_id", name=op.f("pk_round_draft")),
    )
    op.create_table(
        "round_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column(
            "reached",
            sa.Enum("spoke", "nobody", "wrong", name="reached", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_round_call_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["round_link.id"], name=op.f("fk_round_call_link_id_round_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_call")),
    )
    op.create_index(op.f("ix_round_call_author_id"), "round_call", ["author_id"], unique=False)
    op.create_index("ix_round_call_link", "round_call", ["link_id", "id"], unique=False)
    op.create_table(
        "round_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(made_at IS NULL) = (file_id IS NULL)", name=op.f("ck_round_copy_made_has_file")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_round_copy_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["link_id"], ["round_link.id"], name=op.f("fk_round_copy_link_id_round_link"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_copy")),
        sa.UniqueConstraint("link_id", "language", name=op.f("uq_round_copy_link_id_language")),
    )
    # What was said stays as it was said; a whole round may go with its event.
    op.execute("""
        CREATE FUNCTION keep_round_answer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'answers are only ever added' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER answer_kept BEFORE UPDATE OF says, text, language, part, standing, answered_at, item_id, link_id
        ON round_answer FOR EACH ROW EXECUTE FUNCTION keep_round_answer()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER answer_kept ON round_answer")
    op.execute("DROP FUNCTION keep_round_answer()")
    for name in TABLES:
        op.drop_table(name)
