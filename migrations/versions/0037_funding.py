"""The voluntary fund: calls with frozen rules, applications, who vouches for them, what is owed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# What was agreed to is what everybody applied under.
FROZEN = """
    CREATE FUNCTION refuse_agreed_rules() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.agreed_at IS NOT NULL THEN
            RAISE EXCEPTION 'agreed rules of a call never change' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """
TABLES = ("fund_debt", "fund_endorsement", "fund_application", "fund_call_deadline", "fund_call_rules", "fund_call")


def upgrade() -> None:
    op.create_table(
        "fund_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "travel",
                "fellowship",
                "project",
                "remote",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "stand",
            sa.Enum(
                "draft",
                "open",
                "cancelled",
                "settled",
                name="stand",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("copied_from_id", sa.Uuid(), nullable=True),
        sa.Column("original_language", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lead", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_hours", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("questionnaire_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lottery_seal", sa.LargeBinary(), nullable=True),
        sa.Column("lottery_commitment", sa.Text(), nullable=True),
        sa.Column("numbers_given", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z0-9-]{2,20}$'", name=op.f("ck_fund_call_code_plain")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_fund_call_currency_iso")),
        sa.CheckConstraint(
            "stand = 'draft' OR lottery_commitment IS NOT NULL", name=op.f("ck_fund_call_lottery_committed")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_fund_call_closes_after_opening")),
        sa.CheckConstraint("grace_hours BETWEEN 0 AND 168", name=op.f("ck_fund_call_grace_in_hours")),
        sa.CheckConstraint("numbers_given >= 0", name=op.f("ck_fund_call_numbers_not_negative")),
        sa.ForeignKeyConstraint(
            ["copied_from_id"],
            ["fund_call.id"],
            name=op.f("fk_fund_call_copied_from_id_fund_call"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_fund_call_event_id_event")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["person.id"], name=op.f("fk_fund_call_made_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire_id"], ["questionnaire.id"], name=op.f("fk_fund_call_questionnaire_id_questionnaire")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["questionnaire_version.id"], name=op.f("fk_fund_call_version_id_questionnaire_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_call")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_call_code")),
        sa.UniqueConstraint("slug", name=op.f("uq_fund_call_slug")),
    )
    op.create_index(op.f("ix_fund_call_event_id"), "fund_call", ["event_id"], unique=False)
    op.create_table(
        "fund_call_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("texts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "agreed_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_call_rules_agreed_or_dropped")
        ),
        sa.CheckConstraint(
            "number = 1 OR agreed_by_id IS DISTINCT FROM proposed_by_id", name=op.f("ck_fund_call_rules_two_people")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_fund_call_rules_number_positive")),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk_fund_call_rules_call_id_fund_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["questionnaire_version.id"],
            name=op.f("fk_fund_call_rules_version_id_questionnaire_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_call_rules")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_fund_call_rules_call_id_number")),
    )
    op.create_index(
        "ix_fund_call_rules_proposed",
        "fund_call_rules",
        ["call_id"],
        unique=True,
        postgresql_where="agreed_at IS NULL AND dropped_at IS NULL",
    )
    op.create_table(
        "fund_call_deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["fund_call.id"], name=op.f("fk_fund_call_deadline_call_id_fund_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_call_deadline")),
    )
    op.create_index(op.f("ix_fund_call_deadline_call_id"), "fund_call_deadline", ["call_id"], unique=False)
    op.create_table(
        "fund_application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by_id", sa.Uuid(), nullable=True),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("answer_set_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("nominated_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "info_requested",
                "eligible",
                "ineligible",
                "under_review",
                "recommended",
                "reserve",
                "not_recommended",
                "approved",
                "offered",
                "accepted",
                "visa_pending",
                "visa_refused",
                "ticketed",
                "travelled",
                "report_due",
                "report_overdue",
                "closed",
                "declined_by_applicant",
                "lapsed",
                "cancelled",
                "withdrawn",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome_seen",
            sa.Enum(
                "draft",
                "submitted",
                "info_requested",
                "eligible",
                "ineligible",
                "under_review",
                "recommended",
                "reserve",
                "not_recommended",
                "approved",
                "offered",
                "accepted",
                "visa_pending",
                "visa_refused",
                "ticketed",
                "travelled",
                "report_due",
                "report_overdue",
                "closed",
                "declined_by_applicant",
                "lapsed",
                "cancelled",
                "withdrawn",
                "expired",
                name="outcome_seen",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("residence", sa.Text(), nullable=True),
        sa.Column("nationality", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("first_time", sa.Boolean(), nullable=True),
        sa.Column("traits", sa.LargeBinary(), nullable=True),
        sa.Column(
            "support",
            sa.Enum(
                "full", "partial", "would_come", name="support", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("accepts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_amount", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Integer(), nullable=True),
        sa.Column("cost_lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn', 'expired') OR number IS NOT NULL",
            name=op.f("ck_fund_application_sent_has_number"),
        ),
        sa.CheckConstraint("asked_amount >= 0", name=op.f("ck_fund_application_asked_not_negative")),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_fund_application_cost_not_negative")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_fund_application_merged_into_another")),
        sa.ForeignKeyConstraint(
            ["answer_set_id"], ["answer_set.id"], name=op.f("fk_fund_application_answer_set_id_answer_set")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_application_call_id_fund_call")),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["person.id"], name=op.f("fk_fund_application_filed_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_application_merged_into_id_fund_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["nominated_by_id"], ["organisation.id"], name=op.f("fk_fund_application_nominated_by_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_fund_application_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fund_application_person_id_person")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_fund_application_registration_id_registration"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_application")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_fund_application_call_id_number")),
        sa.UniqueConstraint("call_id", "person_id", name=op.f("uq_fund_application_call_id_person_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_fund_application_reference")),
    )
    op.create_index("ix_fund_application_desk", "fund_application", ["call_id", "state", "submitted_at"], unique=False)
    op.create_index(op.f("ix_fund_application_nominated_by_id"), "fund_application", ["nominated_by_id"], unique=False)
    op.create_index(op.f("ix_fund_application_organisation_id"), "fund_application", ["organisation_id"], unique=False)
    op.create_index("ix_fund_application_person", "fund_application", ["person_id"], unique=False)
    op.create_table(
        "fund_endorsement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("nominator", "referee", name="role", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "confirmed", "declined", "not_me", name="outcome", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("after_scoring", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (outcome IS NULL)", name=op.f("ck_fund_endorsement_answered_with_outcome")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_fund_endorsement_email_lower")),
        sa.CheckConstraint("place BETWEEN 0 AND 2", name=op.f("ck_fund_endorsement_place_in_bounds")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_endorsement_application_id_fund_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_fund_endorsement_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_fund_endorsement_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_endorsement")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_fund_endorsement_token_hash")),
    )
    op.create_index("ix_fund_endorsement_organisation", "fund_endorsement", ["organisation_id"], unique=False)
    op.create_index(
        "ix_fund_endorsement_standing",
        "fund_endorsement",
        ["application_id", "role", "place"],
        unique=True,
        postgresql_where="withdrawn_at IS NULL",
    )
    op.create_table(
        "fund_debt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("report", "debarred", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind <> 'debarred' OR note IS NOT NULL", name=op.f("ck_fund_debt_debarred_with_reason")),
        sa.CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name=op.f("ck_fund_debt_of_one")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_debt_application_id_fund_application"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["cleared_by_id"], ["person.id"], name=op.f("fk_fund_debt_cleared_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["person.id"], name=op.f("fk_fund_debt_made_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_fund_debt_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_fund_debt_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_debt")),
    )
    op.create_index(
        "ix_fund_debt_organisation",
        "fund_debt",
        ["organisation_id"],
        unique=False,
        postgresql_where="cleared_at IS NULL",
    )
    op.create_index(
        "ix_fund_debt_person", "fund_debt", ["person_id"], unique=False, postgresql_where="cleared_at IS NULL"
    )
    op.execute(FROZEN)
    op.execute(
        "CREATE TRIGGER fund_call_rules_frozen BEFORE UPDATE ON fund_call_rules"
        " FOR EACH ROW EXECUTE FUNCTION refuse_agreed_rules()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER fund_call_rules_frozen ON fund_call_rules")
    op.execute("DROP FUNCTION refuse_agreed_rules()")
    for name in TABLES:
        op.drop_table(name)
