"""Evidence and comments: who speaks, what was given, what is said, and the maker's replies.

The database holds what must never give way: a confirmation rests on evidence that was checked, and what was given leaves
a trace with its hash.
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

TABLES = ("commitment_reply", "commitment_comment", "commitment_evidence", "evidence_voice")

BACKED = """
    CREATE FUNCTION demand_commitment_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM commitment_evidence
            WHERE commitment_id = NEW.commitment_id AND standing IN ('public', 'sealed')
        ) THEN
            RAISE EXCEPTION 'nothing is confirmed without evidence' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """

KEPT = "digest, giver, given_at, commitment_id"
GONE = "OLD.standing = 'retracted' AND NEW.standing <> 'retracted'"
TRIGGERS = (
    (
        "commitment_review",
        "confirmed_with_evidence",
        "BEFORE INSERT ON commitment_review FOR EACH ROW WHEN (NEW.verdict = 'confirmed')",
        "demand_commitment_evidence",
    ),
    (
        "commitment_evidence",
        "trace_kept",
        f"BEFORE DELETE OR UPDATE OF {KEPT} ON commitment_evidence FOR EACH ROW",
        "keep_commitment_words",
    ),
    (
        "commitment_evidence",
        "retracted_for_ever",
        f"BEFORE UPDATE OF standing ON commitment_evidence FOR EACH ROW WHEN ({GONE})",
        "keep_commitment_words",
    ),
)


def upgrade() -> None:
    op.create_table(
        "evidence_voice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("seal_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(sealed IS NULL) = (mark IS NULL)", name=op.f("ck_evidence_voice_known_or_forgotten")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_evidence_voice_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["seal_key_id"], ["seal_key.id"], name=op.f("fk_evidence_voice_seal_key_id_seal_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_voice")),
        sa.UniqueConstraint("commitment_id", "mark", name=op.f("uq_evidence_voice_commitment_id_mark")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_evidence_voice_token_hash")),
    )
    op.create_index("ix_evidence_voice_mark", "evidence_voice", ["mark"], unique=False)
    op.create_index("ix_evidence_voice_until", "evidence_voice", ["until"], unique=False)
    op.create_table(
        "commitment_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "giver",
            sa.Enum(
                "maker", "civil_society", "staff", name="giver", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("voice_id", sa.Uuid(), nullable=True),
        sa.Column("given_by_id", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("is_page", sa.Boolean(), nullable=False),
        sa.Column("shown_on", sa.Date(), nullable=True),
        sa.Column("wants_seal", sa.Boolean(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("seal_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum(
                "waiting",
                "public",
                "sealed",
                "retracted",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(standing = 'retracted') = (reason <> '')", name=op.f("ck_commitment_evidence_retracted_with_reason")
        ),
        sa.CheckConstraint(
            "(standing = 'retracted') = (retracted_at IS NOT NULL)",
            name=op.f("ck_commitment_evidence_retracted_with_time"),
        ),
        sa.CheckConstraint(
            "(standing IN ('waiting', 'sealed')) = (sealed IS NOT NULL)",
            name=op.f("ck_commitment_evidence_sealed_until_public"),
        ),
        sa.CheckConstraint(
            "standing <> 'public' OR title <> ''", name=op.f("ck_commitment_evidence_public_has_a_title")
        ),
        sa.CheckConstraint(
            "standing = 'public' OR (address = '' AND file_name = '')",
            name=op.f("ck_commitment_evidence_address_only_in_public"),
        ),
        sa.CheckConstraint(
            "standing NOT IN ('public', 'sealed') OR checked_at IS NOT NULL",
            name=op.f("ck_commitment_evidence_counts_once_checked"),
        ),
        sa.CheckConstraint(
            "standing NOT IN ('waiting', 'sealed') OR title = ''", name=op.f("ck_commitment_evidence_words_stay_sealed")
        ),
        sa.CheckConstraint("is_page = (shown_on IS NOT NULL)", name=op.f("ck_commitment_evidence_page_with_its_day")),
        sa.ForeignKeyConstraint(
            ["checked_by_id"],
            ["person.id"],
            name=op.f("fk_commitment_evidence_checked_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_evidence_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_commitment_evidence_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["person.id"], name=op.f("fk_commitment_evidence_given_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["seal_key_id"], ["seal_key.id"], name=op.f("fk_commitment_evidence_seal_key_id_seal_key")
        ),
        sa.ForeignKeyConstraint(
            ["voice_id"],
            ["evidence_voice.id"],
            name=op.f("fk_commitment_evidence_voice_id_evidence_voice"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_evidence")),
    )
    op.create_index(
        op.f("ix_commitment_evidence_checked_by_id"), "commitment_evidence", ["checked_by_id"], unique=False
    )
    op.create_index(
        "ix_commitment_evidence_commitment", "commitment_evidence", ["commitment_id", "given_at"], unique=False
    )
    op.create_index(op.f("ix_commitment_evidence_given_by_id"), "commitment_evidence", ["given_by_id"], unique=False)
    op.create_index(op.f("ix_commitment_evidence_voice_id"), "commitment_evidence", ["voice_id"], unique=False)
    op.create_index(
        "ix_commitment_evidence_waiting",
        "commitment_evidence",
        ["given_at"],
        unique=False,
        postgresql_where="standing = 'waiting'",
    )
    op.create_table(
        "commitment_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("voice_id", sa.Uuid(), nullable=True),
        sa.Column("disputes", sa.Boolean(), nullable=False),
        sa.Column(
            "shown_as",
            sa.Enum("protected", "alias", name="shown_as", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cuts", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "standing",
            sa.Enum(
                "waiting",
                "shown",
                "refused",
                "taken_back",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(standing = 'refused') = (reason <> '')", name=op.f("ck_commitment_comment_refused_with_reason")
        ),
        sa.CheckConstraint("(standing = 'shown') = (text <> '')", name=op.f("ck_commitment_comment_words_when_shown")),
        sa.CheckConstraint(
            "(standing = 'waiting') = (decided_at IS NULL)", name=op.f("ck_commitment_comment_decided_with_time")
        ),
        sa.CheckConstraint(
            "standing <> 'waiting' OR sealed IS NOT NULL", name=op.f("ck_commitment_comment_waits_with_words")
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_comment_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
            name=op.f("fk_commitment_comment_decided_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["voice_id"],
            ["evidence_voice.id"],
            name=op.f("fk_commitment_comment_voice_id_evidence_voice"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_comment")),
    )
    op.create_index(
        "ix_commitment_comment_commitment", "commitment_comment", ["commitment_id", "given_at"], unique=False
    )
    op.create_index(op.f("ix_commitment_comment_decided_by_id"), "commitment_comment", ["decided_by_id"], unique=False)
    op.create_index(op.f("ix_commitment_comment_voice_id"), "commitment_comment", ["voice_id"], unique=False)
    op.create_index(
        "ix_commitment_comment_waiting",
        "commitment_comment",
        ["given_at"],
        unique=False,
        postgresql_where="standing = 'waiting'",
    )
    op.create_table(
        "commitment_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "standing",
            sa.Enum(
                "waiting",
                "shown",
                "refused",
                "taken_back",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "standing NOT IN ('waiting', 'shown') OR text <> ''", name=op.f("ck_commitment_reply_words_that_stand")
        ),
        sa.CheckConstraint(
            "(standing IS NULL) = (answered_at IS NULL)", name=op.f("ck_commitment_reply_stands_once_answered")
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["commitment_comment.id"],
            name=op.f("fk_commitment_reply_comment_id_commitment_comment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_reply_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["commitment_contact.id"],
            name=op.f("fk_commitment_reply_contact_id_commitment_contact"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_commitment_reply_decided_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_reply")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_commitment_reply_comment_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_commitment_reply_token_hash")),
    )
    op.create_index("ix_commitment_reply_commitment", "commitment_reply", ["commitment_id"], unique=False)
    op.create_index(op.f("ix_commitment_reply_contact_id"), "commitment_reply", ["contact_id"], unique=False)
    op.create_index(op.f("ix_commitment_reply_decided_by_id"), "commitment_reply", ["decided_by_id"], unique=False)
    op.create_index(
        "ix_commitment_reply_waiting",
        "commitment_reply",
        ["answered_at"],
        unique=False,
        postgresql_where="standing = 'waiting'",
    )
    op.execute(BACKED)
    for _table, name, when, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table, name, _when, _function in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION demand_commitment_evidence()")
    for name in TABLES:
        op.drop_table(name)
