"""The board room: meetings, who stands aside, pins, slates that never change once recommended, runs of the solver."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# What was recommended is what an approver sees, and what an appeal is measured by.
FROZEN = """
    CREATE FUNCTION refuse_changed_slate() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        after CONSTANT text[] := ARRAY[
            'state', 'approved_by_id', 'approved_at', 'sent_back_by_id', 'sent_back_at', 'sent_back_reason', 'version'
        ];
    BEGIN
        IF OLD.state = 'draft' THEN
            RETURN COALESCE(NEW, OLD);
        END IF;
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a recommended slate never goes' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = 'draft' OR to_jsonb(OLD) - after <> to_jsonb(NEW) - after THEN
            RAISE EXCEPTION 'a recommended slate never changes' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """
TABLES = ("fund_run", "fund_slate", "fund_pin", "fund_board_recusal", "fund_board_presence", "fund_board")


def upgrade() -> None:
    op.create_table(
        "fund_board",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("chair_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("quorum > 0", name=op.f("ck_fund_board_quorum_positive")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_board_call_id_fund_call")),
        sa.ForeignKeyConstraint(["chair_id"], ["person.id"], name=op.f("fk_fund_board_chair_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_board")),
    )
    op.create_index(op.f("ix_fund_board_call_id"), "fund_board", ["call_id"], unique=False)
    op.create_index("ix_fund_board_open", "fund_board", ["call_id"], unique=True, postgresql_where="closed_at IS NULL")
    op.create_table(
        "fund_board_presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["board_id"], ["fund_board.id"], name=op.f("fk_fund_board_presence_board_id_fund_board")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fund_board_presence_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_board_presence")),
        sa.UniqueConstraint("board_id", "person_id", name=op.f("uq_fund_board_presence_board_id_person_id")),
    )
    op.create_index(op.f("ix_fund_board_presence_person_id"), "fund_board_presence", ["person_id"], unique=False)
    op.create_table(
        "fund_board_recusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_board_recusal_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_board_recusal_call_id_fund_call")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fund_board_recusal_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_board_recusal")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_fund_board_recusal_application_id_person_id")),
    )
    op.create_index(op.f("ix_fund_board_recusal_call_id"), "fund_board_recusal", ["call_id"], unique=False)
    op.create_index(op.f("ix_fund_board_recusal_person_id"), "fund_board_recusal", ["person_id"], unique=False)
    op.create_table(
        "fund_pin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("must", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_pin_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_fund_pin_by_id_person")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_pin_call_id_fund_call")),
        sa.ForeignKeyConstraint(["dropped_by_id"], ["person.id"], name=op.f("fk_fund_pin_dropped_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_pin")),
    )
    op.create_index(op.f("ix_fund_pin_call_id"), "fund_pin", ["call_id"], unique=False)
    op.create_index(
        "ix_fund_pin_standing", "fund_pin", ["application_id"], unique=True, postgresql_where="dropped_at IS NULL"
    )
    op.create_table(
        "fund_slate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "recommended",
                "approved",
                "sent_back",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("rules_digest", sa.Text(), nullable=False),
        sa.Column("rules_number", sa.Integer(), nullable=False),
        sa.Column("scoring_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("pins", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("solver", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("balance", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reserves", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("change", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("gap", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recommended_by_id", sa.Uuid(), nullable=True),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_back_by_id", sa.Uuid(), nullable=True),
        sa.Column("sent_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_back_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state = 'draft' OR signature IS NOT NULL", name=op.f("ck_fund_slate_signed")),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_id IS NULL)", name=op.f("ck_fund_slate_approved_by_somebody")
        ),
        sa.CheckConstraint("approved_by_id <> recommended_by_id", name=op.f("ck_fund_slate_two_people")),
        sa.CheckConstraint("number > 0", name=op.f("ck_fund_slate_number_positive")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_fund_slate_approved_by_id_person")),
        sa.ForeignKeyConstraint(["board_id"], ["fund_board.id"], name=op.f("fk_fund_slate_board_id_fund_board")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_slate_call_id_fund_call")),
        sa.ForeignKeyConstraint(["key_id"], ["seal_key.id"], name=op.f("fk_fund_slate_key_id_seal_key")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_fund_slate_made_by_id_person")),
        sa.ForeignKeyConstraint(
            ["recommended_by_id"], ["person.id"], name=op.f("fk_fund_slate_recommended_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["scoring_id"], ["fund_scoring.id"], name=op.f("fk_fund_slate_scoring_id_fund_scoring")
        ),
        sa.ForeignKeyConstraint(["sent_back_by_id"], ["person.id"], name=op.f("fk_fund_slate_sent_back_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_slate")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_fund_slate_call_id_number")),
    )
    op.create_index(op.f("ix_fund_slate_board_id"), "fund_slate", ["board_id"], unique=False)
    op.create_index(
        "ix_fund_slate_standing",
        "fund_slate",
        ["call_id"],
        unique=True,
        postgresql_where="state IN ('recommended', 'approved')",
    )
    op.create_table(
        "fund_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("board_id", sa.Uuid(), nullable=False),
        sa.Column("slate_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "solve",
                "why",
                "curve",
                "prices",
                "resolve",
                "recompute",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                "stopped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ask", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of_all", sa.Integer(), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "failed",
            sa.Enum(
                "died",
                "too_long",
                "refused",
                "no_scores",
                "no_files",
                "lottery",
                name="failed",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done >= 0 AND of_all >= 0", name=op.f("ck_fund_run_progress_not_negative")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_fund_run_asked_by_id_person")),
        sa.ForeignKeyConstraint(["board_id"], ["fund_board.id"], name=op.f("fk_fund_run_board_id_fund_board")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_run_call_id_fund_call")),
        sa.ForeignKeyConstraint(["slate_id"], ["fund_slate.id"], name=op.f("fk_fund_run_slate_id_fund_slate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_run")),
    )
    op.create_index(op.f("ix_fund_run_board_id"), "fund_run", ["board_id"], unique=False)
    op.create_index("ix_fund_run_call", "fund_run", ["call_id", "asked_at"], unique=False)
    op.create_index(op.f("ix_fund_run_slate_id"), "fund_run", ["slate_id"], unique=False)

    op.execute(FROZEN)
    op.execute(
        "CREATE TRIGGER fund_slate_frozen BEFORE UPDATE OR DELETE ON fund_slate"
        " FOR EACH ROW EXECUTE FUNCTION refuse_changed_slate()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER fund_slate_frozen ON fund_slate")
    op.execute("DROP FUNCTION refuse_changed_slate()")
    for name in TABLES:
        op.drop_table(name)
