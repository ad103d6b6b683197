"""Reviewing: panels, ties, gates, reviews, drafts of who reads what, scorings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

# What a board looked at must be there when somebody appeals.
FROZEN = """
    CREATE FUNCTION refuse_changed_scoring() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a scoring never changes' USING ERRCODE = 'restrict_violation';
    END $$
    """
TABLES = ("fund_scoring", "fund_readers_draft", "fund_review", "fund_gate", "fund_tie", "fund_panel_member")


def upgrade() -> None:
    op.create_table(
        "fund_panel_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("languages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("fewest", sa.Integer(), nullable=False),
        sa.Column("away_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("fewest BETWEEN 0 AND most", name=op.f("ck_fund_panel_member_fewest_below_most")),
        sa.CheckConstraint("most BETWEEN 0 AND 1000", name=op.f("ck_fund_panel_member_most_in_bounds")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_panel_member_call_id_fund_call")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fund_panel_member_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_panel_member")),
        sa.UniqueConstraint("call_id", "person_id", name=op.f("uq_fund_panel_member_call_id_person_id")),
    )
    op.create_index(op.f("ix_fund_panel_member_person_id"), "fund_panel_member", ["person_id"], unique=False)
    op.create_table(
        "fund_tie",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "own_file",
                "same_organisation",
                "nationality",
                "vouched",
                "shared_account",
                "family",
                "supervisor",
                "co_author",
                "financial",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(organisation_id, country, application_id) = 1", name=op.f("ck_fund_tie_about_one")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_tie_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_tie_call_id_fund_call")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_fund_tie_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fund_tie_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_tie")),
    )
    op.create_index(op.f("ix_fund_tie_organisation_id"), "fund_tie", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_fund_tie_person_id"), "fund_tie", ["person_id"], unique=False)
    op.create_index(
        "ix_fund_tie_standing",
        "fund_tie",
        ["call_id", "person_id", "kind", "organisation_id", "country", "application_id"],
        unique=True,
        postgresql_where="withdrawn_at IS NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "fund_gate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_gate_call_id_fund_call")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fund_gate_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_gate")),
    )
    op.create_index(op.f("ix_fund_gate_call_id"), "fund_gate", ["call_id"], unique=False)
    op.create_index(op.f("ix_fund_gate_person_id"), "fund_gate", ["person_id"], unique=False)
    op.create_table(
        "fund_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("gate_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "assigned",
                "begun",
                "handed_in",
                "abstained",
                "recused",
                "voided",
                "taken_back",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("marks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("extra", sa.Boolean(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("typed_in", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('handed_in', 'voided')) = (points IS NOT NULL)",
            name=op.f("ck_fund_review_handed_in_with_points"),
        ),
        sa.CheckConstraint("confidence BETWEEN 1 AND 3", name=op.f("ck_fund_review_confidence_in_bounds")),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_fund_review_points_in_bounds")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_review_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_review_call_id_fund_call")),
        sa.ForeignKeyConstraint(["gate_id"], ["fund_gate.id"], name=op.f("fk_fund_review_gate_id_fund_gate")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fund_review_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_review")),
    )
    op.create_index("ix_fund_review_call", "fund_review", ["call_id", "state"], unique=False)
    op.create_index(op.f("ix_fund_review_gate_id"), "fund_review", ["gate_id"], unique=False)
    op.create_index("ix_fund_review_person", "fund_review", ["person_id", "state"], unique=False)
    op.create_index(
        "ix_fund_review_standing",
        "fund_review",
        ["application_id", "person_id"],
        unique=True,
        postgresql_where="state IN ('assigned', 'begun', 'handed_in', 'abstained')",
    )
    op.create_table(
        "fund_readers_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mends", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("pairs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("removed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "released_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_readers_draft_released_or_dropped")
        ),
        sa.CheckConstraint(
            "released_at IS NULL OR refused IS NULL", name=op.f("ck_fund_readers_draft_refused_not_released")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_fund_readers_draft_asked_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_readers_draft_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_readers_draft")),
    )
    op.create_index(
        "ix_fund_readers_draft_open",
        "fund_readers_draft",
        ["call_id"],
        unique=True,
        postgresql_where="released_at IS NULL AND dropped_at IS NULL",
    )
    op.create_table(
        "fund_scoring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reviewers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=True),
        sa.Column("noise", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_scoring_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_scoring")),
    )
    op.create_index("ix_fund_scoring_newest", "fund_scoring", ["call_id", "at"], unique=False)

    op.execute(FROZEN)
    op.execute(
        "CREATE TRIGGER fund_scoring_frozen BEFORE UPDATE ON fund_scoring"
        " FOR EACH ROW EXECUTE FUNCTION refuse_changed_scoring()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER fund_scoring_frozen ON fund_scoring")
    op.execute("DROP FUNCTION refuse_changed_scoring()")
    for name in TABLES:
        op.drop_table(name)
