"""The desk of the voluntary fund: questions and answers, likely duplicates, proposals to debar."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

TABLES = ("fund_debar_proposal", "fund_pair", "compared_application", "fund_message")


def upgrade() -> None:
    op.create_table(
        "fund_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("by_desk", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by_desk OR due_at IS NULL", name=op.f("ck_fund_message_the_desk_sets_days")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_message_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_fund_message_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_fund_message_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_message")),
    )
    op.create_index("ix_fund_message_application", "fund_message", ["application_id", "sent_at"], unique=False)
    op.create_index(
        "ix_fund_message_due",
        "fund_message",
        ["due_at"],
        unique=False,
        postgresql_where="due_at IS NOT NULL AND reminded_at IS NULL",
    )
    op.create_index("ix_fund_message_kept", "fund_message", ["delete_after"], unique=False)
    op.create_table(
        "compared_application",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("birth", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_compared_application_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_compared_application")),
    )
    op.create_table(
        "fund_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "different", "same", "taken_back", name="verdict", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("dropped_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(verdict IN ('same', 'taken_back')) = (dropped_id IS NOT NULL)", name=op.f("ck_fund_pair_same_drops_one")
        ),
        sa.CheckConstraint("(verdict IS NULL) = (decided_at IS NULL)", name=op.f("ck_fund_pair_decided_with_verdict")),
        sa.CheckConstraint("dropped_id IN (first_id, second_id)", name=op.f("ck_fund_pair_drops_one_of_them")),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_fund_pair_in_order")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk_fund_pair_call_id_fund_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_fund_pair_decided_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["first_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_pair_first_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_pair_second_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_pair")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_fund_pair_first_id_second_id")),
    )
    op.create_index("ix_fund_pair_call", "fund_pair", ["call_id", "found_at"], unique=False)
    op.create_index("ix_fund_pair_second", "fund_pair", ["second_id"], unique=False)
    op.create_table(
        "fund_debar_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("debt_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "debt_id IS NULL OR decided_at IS NOT NULL", name=op.f("ck_fund_debar_proposal_decided_before_it_counts")
        ),
        sa.CheckConstraint(
            "decided_by_id IS DISTINCT FROM proposed_by_id OR debt_id IS NULL",
            name=op.f("ck_fund_debar_proposal_two_people"),
        ),
        sa.CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name=op.f("ck_fund_debar_proposal_of_one")),
        sa.ForeignKeyConstraint(
            ["debt_id"], ["fund_debt.id"], name=op.f("fk_fund_debar_proposal_debt_id_fund_debt"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
            name=op.f("fk_fund_debar_proposal_decided_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_fund_debar_proposal_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fund_debar_proposal_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"],
            ["person.id"],
            name=op.f("fk_fund_debar_proposal_proposed_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_debar_proposal")),
    )
    op.create_index(
        "ix_fund_debar_proposal_open",
        "fund_debar_proposal",
        ["proposed_at"],
        unique=False,
        postgresql_where="decided_at IS NULL",
    )
    op.create_index(
        op.f("ix_fund_debar_proposal_organisation_id"), "fund_debar_proposal", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_fund_debar_proposal_person_id"), "fund_debar_proposal", ["person_id"], unique=False)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
