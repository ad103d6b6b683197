"""Commitments: records with versions, makers, contacts, links, reports and reviews.

The database holds what must never give way: the moves of a record, words that stay as they were said, and three axes
that nobody types.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

TABLES = (
    "commitment_translation",
    "commitment_asking",
    "commitment_version",
    "commitment_review",
    "commitment_report",
    "commitment_recommendation",
    "commitment_note",
    "commitment_milestone",
    "commitment_maker",
    "commitment_indicator",
    "commitment_contact",
    "commitment",
)

MOVES = """
    CREATE FUNCTION judge_commitment_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.state, NEW.state) NOT IN (
            ('draft', 'awaiting_maker'), ('draft', 'withdrawn'),
            ('awaiting_maker', 'clarification'), ('awaiting_maker', 'verified'), ('awaiting_maker', 'withdrawn'),
            ('awaiting_maker', 'lapsed'),
            ('clarification', 'awaiting_maker'), ('clarification', 'verified'), ('clarification', 'withdrawn'),
            ('verified', 'published'), ('verified', 'clarification'), ('verified', 'withdrawn'),
            ('published', 'closed'), ('published', 'withdrawn'), ('published', 'superseded'), ('published', 'held'),
            ('held', 'published'), ('held', 'withdrawn'),
            ('closed', 'published'),
            ('lapsed', 'awaiting_maker')
        ) THEN
            RAISE EXCEPTION 'a commitment does not go from % to %', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

# The language is part of the exact words; a rapporteur may still correct it in a draft.
LANGUAGE = """
    CREATE FUNCTION keep_commitment_language() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'the language of a commitment stays' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

# A whole commitment may go (a draft that is undone); then its versions, reports and reviews go with it.
WORDS = """
    CREATE FUNCTION keep_commitment_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' OR EXISTS (SELECT FROM commitment WHERE id = OLD.commitment_id) THEN
            RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """

# After 3, 6 and 12 months, then each year: the same days as eventhub/commitments/axes.py.
EXPECTED = """
    CREATE FUNCTION commitment_expected(published date, heard date) RETURNS date LANGUAGE sql IMMUTABLE AS $$
        SELECT min(day) FROM (
            SELECT (published + make_interval(months => months))::date AS day
            FROM (SELECT 3 UNION ALL SELECT 6 UNION ALL SELECT generate_series(12, 2400, 12)) AS steps(months)
        ) AS days WHERE day > heard
    $$
    """

# Two axes are what their newest rows say, whatever order they come in.
SAID = """
    CREATE FUNCTION follow_commitment_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE commitment AS held SET
            said = (
                SELECT says FROM commitment_report WHERE commitment_id = NEW.commitment_id
                ORDER BY said_at DESC, id DESC LIMIT 1
            ),
            heard_on = GREATEST(held.heard_on, (NEW.said_at AT TIME ZONE 'UTC')::date),
            expected_on = commitment_expected(
                (held.published_at AT TIME ZONE 'UTC')::date,
                GREATEST(held.heard_on, (NEW.said_at AT TIME ZONE 'UTC')::date)
            )
        WHERE held.id = NEW.commitment_id AND held.published_at IS NOT NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'nothing is reported before publication' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END $$
    """

CHECKED = """
    CREATE FUNCTION follow_commitment_review() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE commitment SET checked = (
            SELECT verdict FROM commitment_review WHERE commitment_id = NEW.commitment_id
            ORDER BY reviewed_at DESC, id DESC LIMIT 1
        ) WHERE id = NEW.commitment_id;
        RETURN NULL;
    END $$
    """

# Only a trigger that follows a report or a review may write these two.
AXES = """
    CREATE FUNCTION refuse_typed_axes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'said and checked follow reports and reviews' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

FUNCTIONS = (MOVES, LANGUAGE, WORDS, EXPECTED, SAID, CHECKED, AXES)
NAMES = (
    "judge_commitment_move()",
    "keep_commitment_language()",
    "keep_commitment_words()",
    "commitment_expected(date, date)",
    "follow_commitment_report()",
    "follow_commitment_review()",
    "refuse_typed_axes()",
)
OTHER = "OLD.said IS DISTINCT FROM NEW.said OR OLD.checked <> NEW.checked"
VERSION = "wording, title, start_on, due_on, amount, currency, beneficiaries, reason, by_maker, written_at, number"
TRIGGERS = (
    (
        "commitment",
        "move_judged",
        "BEFORE UPDATE OF state ON commitment FOR EACH ROW WHEN (OLD.state <> NEW.state)",
        "judge_commitment_move",
    ),
    (
        "commitment",
        "language_kept",
        "BEFORE UPDATE OF language ON commitment FOR EACH ROW WHEN (OLD.language <> NEW.language)",
        "keep_commitment_language",
    ),
    (
        "commitment",
        "axes_followed",
        f"BEFORE UPDATE OF said, checked ON commitment FOR EACH ROW WHEN ({OTHER})",
        "refuse_typed_axes",
    ),
    (
        "commitment_version",
        "words_kept",
        f"BEFORE UPDATE OF {VERSION} ON commitment_version FOR EACH ROW",
        "keep_commitment_words",
    ),
    ("commitment_version", "never_lost", "BEFORE DELETE ON commitment_version FOR EACH ROW", "keep_commitment_words"),
    (
        "commitment_report",
        "report_kept",
        "BEFORE UPDATE OF says, text, said_at OR DELETE ON commitment_report FOR EACH ROW",
        "keep_commitment_words",
    ),
    (
        "commitment_review",
        "review_kept",
        "BEFORE UPDATE OF verdict, text, reviewed_at OR DELETE ON commitment_review FOR EACH ROW",
        "keep_commitment_words",
    ),
    (
        "commitment_report",
        "report_followed",
        "AFTER INSERT ON commitment_report FOR EACH ROW",
        "follow_commitment_report",
    ),
    (
        "commitment_review",
        "review_followed",
        "AFTER INSERT ON commitment_review FOR EACH ROW",
        "follow_commitment_review",
    ),
)


def upgrade() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "awaiting_maker",
                "clarification",
                "verified",
                "published",
                "held",
                "closed",
                "withdrawn",
                "superseded",
                "lapsed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("captured_by_id", sa.Uuid(), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("themes", JSONB(), nullable=False),
        sa.Column("groups", JSONB(), nullable=False),
        sa.Column("sdgs", JSONB(), nullable=False),
        sa.Column("countries", JSONB(), nullable=False),
        sa.Column(
            "said",
            sa.Enum(
                "not_started",
                "planning",
                "in_progress",
                "fulfilled",
                "changed",
                "withdrawn",
                name="said",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "checked",
            sa.Enum(
                "unverified",
                "evidence_seen",
                "confirmed",
                "disputed",
                "no_evidence",
                name="checked",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "withdrawn_why",
            sa.Enum(
                "maker",
                "mistake",
                "duplicate",
                "safety",
                name="withdrawn_why",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("seal_key_id", sa.Uuid(), nullable=True),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_commitment_withdrawn_with_time")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_why IS NOT NULL)", name=op.f("ck_commitment_withdrawn_with_reason")
        ),
        sa.CheckConstraint(
            "sealed_reason IS NULL OR withdrawn_why = 'safety'", name=op.f("ck_commitment_sealed_for_safety")
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'held', 'closed', 'superseded') OR published_at IS NOT NULL",
            name=op.f("ck_commitment_shown_was_published"),
        ),
        sa.CheckConstraint(
            "withdrawn_why <> 'safety' OR withdrawn_reason = ''", name=op.f("ck_commitment_safety_says_nothing")
        ),
        sa.CheckConstraint(
            "(confirmed IS NULL) = (confirmed_at IS NULL)", name=op.f("ck_commitment_confirmed_with_time")
        ),
        sa.CheckConstraint(
            "(published_at IS NULL) = (heard_on IS NULL) AND (published_at IS NULL) = (expected_on IS NULL)",
            name=op.f("ck_commitment_followed_from_publication"),
        ),
        sa.CheckConstraint("confirmed BETWEEN 1 AND newest", name=op.f("ck_commitment_confirmed_exists")),
        sa.CheckConstraint("expected_on > heard_on", name=op.f("ck_commitment_expected_after_heard")),
        sa.CheckConstraint("newest >= 1", name=op.f("ck_commitment_newest_positive")),
        sa.ForeignKeyConstraint(
            ["captured_by_id"], ["person.id"], name=op.f("fk_commitment_captured_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_commitment_event_id_event")),
        sa.ForeignKeyConstraint(["seal_key_id"], ["seal_key.id"], name=op.f("fk_commitment_seal_key_id_seal_key")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_commitment_session_id_session"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("number", name=op.f("uq_commitment_number")),
    )
    op.create_index(op.f("ix_commitment_captured_by_id"), "commitment", ["captured_by_id"], unique=False)
    op.create_index(
        "ix_commitment_countries",
        "commitment",
        ["countries"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"countries": "jsonb_path_ops"},
    )
    op.create_index("ix_commitment_event", "commitment", ["event_id", "captured_at"], unique=False)
    op.create_index(
        "ix_commitment_groups",
        "commitment",
        ["groups"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"groups": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_commitment_plain",
        "commitment",
        ["plain"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"plain": "gin_trgm_ops"},
    )
    op.create_index("ix_commitment_published", "commitment", ["published_at", "id"], unique=False)
    op.create_index(op.f("ix_commitment_session_id"), "commitment", ["session_id"], unique=False)
    op.create_index("ix_commitment_state", "commitment", ["state"], unique=False)
    op.create_index(
        "ix_commitment_themes",
        "commitment",
        ["themes"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"themes": "jsonb_path_ops"},
    )
    op.create_table(
        "commitment_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_commitment_contact_email_lower")),
        sa.CheckConstraint(
            "refused_at IS NULL OR email IS NULL", name=op.f("ck_commitment_contact_refused_is_forgotten")
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_contact_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_contact")),
        sa.UniqueConstraint("commitment_id", "position", name=op.f("uq_commitment_contact_commitment_id_position")),
    )
    op.create_index("ix_commitment_contact_email", "commitment_contact", ["email"], unique=False)
    op.create_table(
        "commitment_indicator",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Numeric(precision=20, scale=3), nullable=True),
        sa.Column("target", sa.Numeric(precision=20, scale=3), nullable=True),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_indicator_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "position", name=op.f("pk_commitment_indicator")),
    )
    op.create_table(
        "commitment_maker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_commitment_maker_name_filled")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_maker_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_commitment_maker_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_maker")),
        sa.UniqueConstraint("commitment_id", "position", name=op.f("uq_commitment_maker_commitment_id_position")),
    )
    op.create_index("ix_commitment_maker_kind", "commitment_maker", ["kind", "commitment_id"], unique=False)
    op.create_index(
        "ix_commitment_maker_lead", "commitment_maker", ["commitment_id"], unique=True, postgresql_where="is_lead"
    )
    op.create_index(op.f("ix_commitment_maker_organisation_id"), "commitment_maker", ["organisation_id"], unique=False)
    op.create_table(
        "commitment_milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_milestone_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_milestone")),
        sa.UniqueConstraint("commitment_id", "position", name=op.f("uq_commitment_milestone_commitment_id_position")),
    )
    op.create_table(
        "commitment_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("by_maker", sa.Boolean(), nullable=False),
        sa.Column("to_maker", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_commitment_note_text_filled")),
        sa.CheckConstraint("NOT (by_maker AND to_maker)", name=op.f("ck_commitment_note_one_side")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_commitment_note_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_note_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_note")),
    )
    op.create_index(op.f("ix_commitment_note_author_id"), "commitment_note", ["author_id"], unique=False)
    op.create_index("ix_commitment_note_thread", "commitment_note", ["commitment_id", "id"], unique=False)
    op.create_table(
        "commitment_recommendation",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("paragraph", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_recommendation_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "position", name=op.f("pk_commitment_recommendation")),
    )
    op.create_index("ix_commitment_recommendation_symbol", "commitment_recommendation", ["symbol"], unique=False)
    op.create_table(
        "commitment_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
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
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_report_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_report")),
    )
    op.create_index("ix_commitment_report_history", "commitment_report", ["commitment_id", "said_at"], unique=False)
    op.create_table(
        "commitment_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "unverified",
                "evidence_seen",
                "confirmed",
                "disputed",
                "no_evidence",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_review_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_commitment_review_reviewer_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_review")),
    )
    op.create_index("ix_commitment_review_history", "commitment_review", ["commitment_id", "reviewed_at"], unique=False)
    op.create_index(op.f("ix_commitment_review_reviewer_id"), "commitment_review", ["reviewer_id"], unique=False)
    op.create_table(
        "commitment_version",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=20, scale=3), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("beneficiaries", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_maker", sa.Boolean(), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("wording <> ''", name=op.f("ck_commitment_version_wording_filled")),
        sa.CheckConstraint(
            "(amount IS NULL) = (currency IS NULL)", name=op.f("ck_commitment_version_amount_in_currency")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_commitment_version_amount_positive")),
        sa.CheckConstraint("due_on >= start_on", name=op.f("ck_commitment_version_days_in_order")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_commitment_version_number_positive")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_version_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["person.id"],
            name=op.f("fk_commitment_version_written_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "number", name=op.f("pk_commitment_version")),
    )
    op.create_index(op.f("ix_commitment_version_written_by_id"), "commitment_version", ["written_by_id"], unique=False)
    op.create_table(
        "commitment_asking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "confirmed",
                "corrected",
                "not_me",
                "expired",
                "replaced",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (closed_at IS NULL)", name=op.f("ck_commitment_asking_closed_with_answer")
        ),
        sa.CheckConstraint("until > asked_at", name=op.f("ck_commitment_asking_until_after_asked")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_asking_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["commitment_contact.id"],
            name=op.f("fk_commitment_asking_contact_id_commitment_contact"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_asking")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_commitment_asking_token_hash")),
    )
    op.create_index(op.f("ix_commitment_asking_commitment_id"), "commitment_asking", ["commitment_id"], unique=False)
    op.create_index(op.f("ix_commitment_asking_contact_id"), "commitment_asking", ["contact_id"], unique=False)
    op.create_index(
        "ix_commitment_asking_due", "commitment_asking", ["until"], unique=False, postgresql_where="closed_at IS NULL"
    )
    op.create_index(
        "ix_commitment_asking_open",
        "commitment_asking",
        ["commitment_id"],
        unique=True,
        postgresql_where="closed_at IS NULL",
    )
    op.create_table(
        "commitment_translation",
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("translated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("wording <> ''", name=op.f("ck_commitment_translation_wording_filled")),
        sa.ForeignKeyConstraint(
            ["commitment_id", "number"],
            ["commitment_version.commitment_id", "commitment_version.number"],
            name="fk_commitment_translation_version",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "number", "language", name=op.f("pk_commitment_translation")),
    )
    for function in FUNCTIONS:
        op.execute(function)
    for _table, name, when, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table, name, _when, _function in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in NAMES:
        op.execute(f"DROP FUNCTION {name}")
    for name in TABLES:
        op.drop_table(name)
