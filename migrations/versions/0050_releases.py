"""Staged decisions of the fund and their release; reserves for each cell; grants without money."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLES = ("fund_release", "fund_decision", "fund_staging")


def upgrade() -> None:
    op.create_table(
        "fund_staging",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("slate_id", sa.Uuid(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "failed",
            sa.Enum("money", "near", "moved", name="failed", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("missing", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("done_at IS NULL OR failed IS NULL", name=op.f("ck_fund_staging_done_or_failed")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_staging_call_id_fund_call")),
        sa.ForeignKeyConstraint(["slate_id"], ["fund_slate.id"], name=op.f("fk_fund_staging_slate_id_fund_slate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_staging")),
        sa.UniqueConstraint("slate_id", name=op.f("uq_fund_staging_slate_id")),
    )
    op.create_index("ix_fund_staging_call", "fund_staging", ["call_id"], unique=False)
    op.create_table(
        "fund_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_decision_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_decision_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_decision")),
        sa.UniqueConstraint("application_id", name=op.f("uq_fund_decision_application_id")),
    )
    op.create_index("ix_fund_decision_call", "fund_decision", ["call_id"], unique=False)
    op.create_table(
        "fund_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "failed",
            sa.Enum("money", "near", "moved", name="failed", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stopped_by_id IS NULL)", name=op.f("ck_fund_release_stopped_by_somebody")
        ),
        sa.CheckConstraint("num_nonnulls(done_at, stopped_at, failed) <= 1", name=op.f("ck_fund_release_one_end")),
        sa.CheckConstraint("told >= 0", name=op.f("ck_fund_release_told_not_negative")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_release_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_release")),
    )
    op.create_index("ix_fund_release_call", "fund_release", ["call_id", "made_at"], unique=False)
    op.create_index(
        "ix_fund_release_standing",
        "fund_release",
        ["call_id"],
        unique=True,
        postgresql_where="done_at IS NULL AND stopped_at IS NULL AND failed IS NULL",
    )

    # Whoever would come anyway and needs nothing else has a grant of nothing.
    op.drop_constraint(op.f("ck_fund_award_amount_positive"), "fund_award", type_="check")
    op.create_check_constraint(op.f("ck_fund_award_amount_not_negative"), "fund_award", "amount >= 0")
    # One person can stand on several lists of reserves: in general, and for each cell.
    op.drop_constraint(op.f("uq_fund_reserve_place_application_id"), "fund_reserve_place", type_="unique")
    op.create_unique_constraint(
        op.f("uq_fund_reserve_place_application_id_cell"),
        "fund_reserve_place",
        ["application_id", "cell"],
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_fund_reserve_place_application_id_cell"), "fund_reserve_place", type_="unique")
    op.create_unique_constraint(op.f("uq_fund_reserve_place_application_id"), "fund_reserve_place", ["application_id"])
    op.drop_constraint(op.f("ck_fund_award_amount_not_negative"), "fund_award", type_="check")
    op.create_check_constraint(op.f("ck_fund_award_amount_positive"), "fund_award", "amount > 0")
    for table in TABLES:
        op.drop_table(table)
