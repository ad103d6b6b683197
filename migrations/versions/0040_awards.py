"""Money and awards of the fund: envelopes with their ledger, rates, awards, payments, visas, tickets, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

TABLES = (
    "fund_replacement",
    "fund_proposal",
    "fund_reserve_place",
    "fund_travel_report",
    "fund_ticket",
    "fund_visa",
    "fund_movement",
    "fund_payment",
    "fund_award_line",
    "fund_award",
    "fund_exchange_rate",
    "fund_envelope",
)

# The sums are the ledger's. Envelopes are held in one order, so that two decisions about several never wait for each
# other; one that waited counts from what the other left, and the CHECKs of the tables then say whether it still may.
SUMS = """
    CREATE FUNCTION keep_fund_sums() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM fund_envelope WHERE id IN (SELECT envelope_id FROM added) ORDER BY id FOR NO KEY UPDATE;
        UPDATE fund_envelope AS held
        SET budget = held.budget + moved.budget, reserved = held.reserved + moved.reserved,
            committed = held.committed + moved.committed, paid = held.paid + moved.paid,
            returned = held.returned + moved.returned
        FROM (
            SELECT envelope_id,
                sum(CASE kind WHEN 'raise' THEN amount WHEN 'cut' THEN -amount ELSE 0 END) AS budget,
                sum(CASE kind WHEN 'reserve' THEN amount WHEN 'release' THEN -amount WHEN 'commit' THEN -amount
                    ELSE 0 END) AS reserved,
                sum(CASE kind WHEN 'commit' THEN amount WHEN 'uncommit' THEN -amount WHEN 'pay' THEN -amount
                    ELSE 0 END) AS committed,
                sum(CASE kind WHEN 'pay' THEN amount ELSE 0 END) AS paid,
                sum(CASE kind WHEN 'return' THEN amount ELSE 0 END) AS returned
            FROM added GROUP BY envelope_id
        ) AS moved
        WHERE held.id = moved.envelope_id;
        UPDATE fund_award AS held
        SET reserved = held.reserved + moved.reserved, committed = held.committed + moved.committed,
            paid = held.paid + moved.paid, returned = held.returned + moved.returned
        FROM (
            SELECT award_id,
                sum(CASE kind WHEN 'reserve' THEN amount WHEN 'release' THEN -amount WHEN 'commit' THEN -amount
                    ELSE 0 END) AS reserved,
                sum(CASE kind WHEN 'commit' THEN amount WHEN 'uncommit' THEN -amount WHEN 'pay' THEN -amount
                    ELSE 0 END) AS committed,
                sum(CASE kind WHEN 'pay' THEN amount ELSE 0 END) AS paid,
                sum(CASE kind WHEN 'return' THEN amount ELSE 0 END) AS returned
            FROM added WHERE award_id IS NOT NULL GROUP BY award_id
        ) AS moved
        WHERE held.id = moved.award_id;
        RETURN NULL;
    END $$
    """

# Only what a trigger writes inside a trigger may touch a sum; a row begins with none.
OWN_SUMS = """
    CREATE FUNCTION refuse_foreign_fund_sums() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'sums of % are the ledger''s', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

# An envelope and its awards are of one call; a movement is of the award's envelope.
ONE_ENVELOPE = """
    CREATE FUNCTION demand_fund_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.award_id IS NOT NULL
            AND NEW.envelope_id IS DISTINCT FROM (SELECT envelope_id FROM fund_award WHERE id = NEW.award_id)
        THEN
            RAISE EXCEPTION 'a movement of another envelope' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

THREE_PEOPLE = """
    CREATE FUNCTION demand_three_people() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM fund_award WHERE id = NEW.award_id AND (
                recommended_by_id IN (NEW.asked_by_id, NEW.agreed_by_id)
                OR approved_by_id IN (NEW.asked_by_id, NEW.agreed_by_id)
            )
        ) THEN
            RAISE EXCEPTION 'who recommends, approves and pays are three people'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_fund_payment_three_people';
        END IF;
        RETURN NEW;
    END $$
    """
SUM_COLUMNS = "reserved, committed, paid, returned"
NOTHING_YET = "NEW.reserved <> 0 OR NEW.committed <> 0 OR NEW.paid <> 0 OR NEW.returned <> 0"
TRIGGERS = (
    (
        "fund_movement",
        "keep_sums",
        "AFTER INSERT ON fund_movement REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        "keep_fund_sums",
    ),
    ("fund_movement", "one_envelope", "BEFORE INSERT ON fund_movement FOR EACH ROW", "demand_fund_envelope"),
    ("fund_movement", "never_changed", "BEFORE UPDATE OR DELETE ON fund_movement FOR EACH ROW", "refuse_change"),
    ("fund_exchange_rate", "never_changed", "BEFORE DELETE ON fund_exchange_rate FOR EACH ROW", "refuse_change"),
    (
        "fund_envelope",
        "sums_kept",
        f"BEFORE UPDATE OF budget, {SUM_COLUMNS} ON fund_envelope FOR EACH ROW",
        "refuse_foreign_fund_sums",
    ),
    (
        "fund_envelope",
        "sums_begin",
        f"BEFORE INSERT ON fund_envelope FOR EACH ROW WHEN (NEW.budget <> 0 OR {NOTHING_YET})",
        "refuse_foreign_fund_sums",
    ),
    (
        "fund_award",
        "sums_kept",
        f"BEFORE UPDATE OF {SUM_COLUMNS} ON fund_award FOR EACH ROW",
        "refuse_foreign_fund_sums",
    ),
    (
        "fund_award",
        "sums_begin",
        f"BEFORE INSERT ON fund_award FOR EACH ROW WHEN ({NOTHING_YET})",
        "refuse_foreign_fund_sums",
    ),
    ("fund_payment", "three_people", "BEFORE INSERT OR UPDATE ON fund_payment FOR EACH ROW", "demand_three_people"),
)
FUNCTIONS = (SUMS, OWN_SUMS, ONE_ENVELOPE, THREE_PEOPLE)
NAMES = ("keep_fund_sums", "refuse_foreign_fund_sums", "demand_fund_envelope", "demand_three_people")


def upgrade() -> None:
    op.create_table(
        "fund_envelope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("over_commit", sa.Integer(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_fund_envelope_currency_iso")),
        sa.CheckConstraint(
            "(reserved + committed + paid - returned) * 100 <= budget * over_commit",
            name=op.f("ck_fund_envelope_promised_within_ceiling"),
        ),
        sa.CheckConstraint(
            "budget >= 0 AND reserved >= 0 AND committed >= 0 AND paid >= 0 AND returned >= 0",
            name=op.f("ck_fund_envelope_not_negative"),
        ),
        sa.CheckConstraint("over_commit BETWEEN 100 AND 200", name=op.f("ck_fund_envelope_over_commit_per_cent")),
        sa.CheckConstraint("paid - returned <= budget", name=op.f("ck_fund_envelope_spent_within_budget")),
        sa.CheckConstraint("returned <= paid", name=op.f("ck_fund_envelope_returned_was_paid")),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_envelope_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_envelope")),
        sa.UniqueConstraint("call_id", "key", name=op.f("uq_fund_envelope_call_id_key")),
    )
    op.create_table(
        "fund_exchange_rate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("units", sa.Numeric(precision=24, scale=10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "base ~ '^[A-Z]{3}$' AND currency ~ '^[A-Z]{3}$'", name=op.f("ck_fund_exchange_rate_currencies_iso")
        ),
        sa.CheckConstraint("base <> currency", name=op.f("ck_fund_exchange_rate_two_currencies")),
        sa.CheckConstraint("units > 0", name=op.f("ck_fund_exchange_rate_units_positive")),
        sa.ForeignKeyConstraint(
            ["entered_by_id"],
            ["person.id"],
            name=op.f("fk_fund_exchange_rate_entered_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_exchange_rate")),
        sa.UniqueConstraint(
            "base", "currency", "valid_from", name=op.f("uq_fund_exchange_rate_base_currency_valid_from")
        ),
    )
    op.create_table(
        "fund_award",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column(
            "variant",
            sa.Enum(
                "full",
                "own_ticket",
                "own_stay",
                "would_come",
                name="variant",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("recommended_by_id", sa.Uuid(), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by_id", sa.Uuid(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accept_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "declined",
                "lapsed",
                "withdrawn",
                "cancelled",
                "replaced",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(offered_at IS NULL) = (accept_by IS NULL)", name=op.f("ck_fund_award_offered_until")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_award_amount_positive")),
        sa.CheckConstraint("recommended_by_id IS DISTINCT FROM approved_by_id", name=op.f("ck_fund_award_two_people")),
        sa.CheckConstraint(
            "reserved + committed + paid - returned <= amount", name=op.f("ck_fund_award_within_amount")
        ),
        sa.CheckConstraint(
            "reserved >= 0 AND committed >= 0 AND paid >= 0 AND returned >= 0", name=op.f("ck_fund_award_not_negative")
        ),
        sa.CheckConstraint("returned <= paid", name=op.f("ck_fund_award_returned_was_paid")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["fund_application.id"], name=op.f("fk_fund_award_application_id_fund_application")
        ),
        sa.ForeignKeyConstraint(
            ["envelope_id"], ["fund_envelope.id"], name=op.f("fk_fund_award_envelope_id_fund_envelope")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_award")),
        sa.UniqueConstraint("application_id", name=op.f("uq_fund_award_application_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_fund_award_token_hash")),
    )
    op.create_index("ix_fund_award_envelope", "fund_award", ["envelope_id"], unique=False)
    op.create_index(
        "ix_fund_award_unanswered", "fund_award", ["accept_by"], unique=False, postgresql_where="outcome IS NULL"
    )
    op.create_table(
        "fund_award_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "economy_return_ticket",
                "dsa",
                "terminal_expenses",
                "visa_fee",
                "travel_insurance",
                "accessibility_support",
                "childcare_or_companion",
                "data_or_connectivity_grant",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "payee",
            sa.Enum("traveller", "supplier", name="payee", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.Column("approved", sa.BigInteger(), nullable=True),
        sa.Column("actual", sa.BigInteger(), nullable=True),
        sa.Column(
            "authorised",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN approved IS NULL OR actual IS NULL THEN NULL ELSE LEAST(approved, actual) END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("given", sa.BigInteger(), nullable=True),
        sa.Column("given_currency", sa.Text(), nullable=True),
        sa.Column("rate_id", sa.Uuid(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(given IS NULL) = (given_currency IS NULL)", name=op.f("ck_fund_award_line_given_in_a_currency")
        ),
        sa.CheckConstraint("actual >= 0 AND given >= 0", name=op.f("ck_fund_award_line_actual_not_negative")),
        sa.CheckConstraint("estimated >= 0 AND approved >= 0", name=op.f("ck_fund_award_line_not_negative")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_award_line_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rate_id"], ["fund_exchange_rate.id"], name=op.f("fk_fund_award_line_rate_id_fund_exchange_rate")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["stored_file.id"], name=op.f("fk_fund_award_line_receipt_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_award_line")),
        sa.UniqueConstraint("award_id", "kind", name=op.f("uq_fund_award_line_award_id_kind")),
    )
    op.create_table(
        "fund_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("payee", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(agreed_by_id IS NULL) = (paid_at IS NULL)", name=op.f("ck_fund_payment_paid_when_agreed")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_payment_amount_positive")),
        sa.CheckConstraint("asked_by_id IS DISTINCT FROM agreed_by_id", name=op.f("ck_fund_payment_two_people")),
        sa.CheckConstraint("paid_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_payment_paid_or_dropped")),
        sa.CheckConstraint("returned >= 0 AND returned <= amount", name=op.f("ck_fund_payment_returned_was_paid")),
        sa.ForeignKeyConstraint(["award_id"], ["fund_award.id"], name=op.f("fk_fund_payment_award_id_fund_award")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["fund_award_line.id"], name=op.f("fk_fund_payment_line_id_fund_award_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_payment")),
    )
    op.create_index("ix_fund_payment_award", "fund_payment", ["award_id"], unique=False)
    op.create_index("ix_fund_payment_line", "fund_payment", ["line_id"], unique=False)
    op.create_table(
        "fund_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "raise",
                "cut",
                "reserve",
                "release",
                "commit",
                "uncommit",
                "pay",
                "return",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('pay', 'return')) = (payment_id IS NOT NULL)", name=op.f("ck_fund_movement_of_a_payment")
        ),
        sa.CheckConstraint(
            "(kind IN ('raise', 'cut')) = (award_id IS NULL)", name=op.f("ck_fund_movement_of_an_award")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_movement_amount_positive")),
        sa.ForeignKeyConstraint(["award_id"], ["fund_award.id"], name=op.f("fk_fund_movement_award_id_fund_award")),
        sa.ForeignKeyConstraint(
            ["envelope_id"], ["fund_envelope.id"], name=op.f("fk_fund_movement_envelope_id_fund_envelope")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["fund_payment.id"], name=op.f("fk_fund_movement_payment_id_fund_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_movement")),
    )
    op.create_index("ix_fund_movement_award", "fund_movement", ["award_id"], unique=False)
    op.create_index("ix_fund_movement_envelope", "fund_movement", ["envelope_id", "id"], unique=False)
    op.create_table(
        "fund_visa",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "needed",
                "asked",
                "refused",
                "granted",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("appointment_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("refusals >= 0", name=op.f("ck_fund_visa_refusals_not_negative")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_visa_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_visa")),
        sa.UniqueConstraint("award_id", name=op.f("uq_fund_visa_award_id")),
    )
    op.create_table(
        "fund_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("travels_on", sa.Date(), nullable=False),
        sa.Column("returns_on", sa.Date(), nullable=False),
        sa.Column("bought_by_id", sa.Uuid(), nullable=True),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("returns_on >= travels_on", name=op.f("ck_fund_ticket_returns_after_travel")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_ticket_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_ticket")),
        sa.UniqueConstraint("award_id", name=op.f("uq_fund_ticket_award_id")),
    )
    op.create_table(
        "fund_travel_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due >= ended_on", name=op.f("ck_fund_travel_report_due_after_journey")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_travel_report_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_travel_report")),
        sa.UniqueConstraint("award_id", name=op.f("uq_fund_travel_report_award_id")),
    )
    op.create_index(
        "ix_fund_travel_report_owed",
        "fund_travel_report",
        ["ended_on"],
        unique=False,
        postgresql_where="filed_at IS NULL",
    )
    op.create_table(
        "fund_reserve_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("recommended_by_id", sa.Uuid(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_fund_reserve_place_amount_positive")),
        sa.CheckConstraint("place > 0", name=op.f("ck_fund_reserve_place_place_positive")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_reserve_place_application_id_fund_application"),
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_reserve_place_call_id_fund_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_reserve_place")),
        sa.UniqueConstraint("application_id", name=op.f("uq_fund_reserve_place_application_id")),
    )
    op.create_index("ix_fund_reserve_place_order", "fund_reserve_place", ["call_id", "cell", "place"], unique=False)
    op.create_table(
        "fund_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("freed_award_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR dropped_at IS NULL", name=op.f("ck_fund_proposal_confirmed_or_dropped")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["fund_application.id"], name=op.f("fk_fund_proposal_application_id_fund_application")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["fund_call.id"], name=op.f("fk_fund_proposal_call_id_fund_call")),
        sa.ForeignKeyConstraint(
            ["freed_award_id"], ["fund_award.id"], name=op.f("fk_fund_proposal_freed_award_id_fund_award")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_proposal")),
    )
    op.create_index("ix_fund_proposal_call", "fund_proposal", ["call_id"], unique=False)
    op.create_index(
        "ix_fund_proposal_open",
        "fund_proposal",
        ["application_id"],
        unique=True,
        postgresql_where="confirmed_at IS NULL AND dropped_at IS NULL",
    )
    op.create_table(
        "fund_replacement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_application_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["award_id"], ["fund_award.id"], name=op.f("fk_fund_replacement_award_id_fund_award"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["new_application_id"],
            ["fund_application.id"],
            name=op.f("fk_fund_replacement_new_application_id_fund_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_replacement")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_fund_replacement_token_hash")),
    )
    op.create_index(
        "ix_fund_replacement_standing",
        "fund_replacement",
        ["award_id"],
        unique=True,
        postgresql_where="closed_at IS NULL",
    )
    for function in FUNCTIONS:
        op.execute(function)
    for _table, name, when, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table, name, _when, _function in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}()")
    for name in TABLES:
        op.drop_table(name)
