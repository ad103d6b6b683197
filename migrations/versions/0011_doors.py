"""The doors: phones, scans, entries, and rules of gates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_in_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_check_in_device_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_check_in_device_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_device")),
    )
    op.create_index("ix_check_in_device_event", "check_in_device", ["event_id"], unique=False)
    op.create_table(
        "check_in_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("nonce", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("typed", "camera", "desk", name="source", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("registration_id", sa.Uuid(), nullable=True),
        sa.Column("read_digest", sa.LargeBinary(), nullable=True),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("sent_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_doubtful", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column(
            "shown",
            sa.Enum("accepted", "refused", name="shown", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column(
            "verdict",
            sa.Enum("accepted", "refused", name="verdict", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "unreadable",
                "other_event",
                "unknown",
                "not_accredited",
                "category",
                "mode",
                "full",
                "closed",
                "no_list",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("over_capacity", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(verdict = 'refused') = (reason IS NOT NULL)", name=op.f("ck_check_in_scan_refused_with_reason")
        ),
        sa.CheckConstraint("(day IS NULL) <> (session_id IS NULL)", name=op.f("ck_check_in_scan_one_gate")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_check_in_scan_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["check_in_device.id"],
            name=op.f("fk_check_in_scan_device_id_check_in_device"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_check_in_scan_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_check_in_scan_registration_id_registration"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_check_in_scan_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_scan")),
        sa.UniqueConstraint("device_id", "nonce", name=op.f("uq_check_in_scan_device_id_nonce")),
    )
    op.create_index("ix_check_in_scan_gate", "check_in_scan", ["event_id", "scanned_at"], unique=False)
    op.create_index("ix_check_in_scan_registration", "check_in_scan", ["registration_id"], unique=False)
    op.create_table(
        "gate_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("modes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(day IS NULL) <> (session_id IS NULL)", name=op.f("ck_gate_rule_one_gate")),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name=op.f("ck_gate_rule_capacity_not_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_gate_rule_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_gate_rule_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_rule")),
        sa.UniqueConstraint(
            "event_id",
            "day",
            "session_id",
            name=op.f("uq_gate_rule_event_id_day_session_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "check_in_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(day IS NULL) <> (session_id IS NULL)", name=op.f("ck_check_in_entry_one_gate")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_check_in_entry_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_check_in_entry_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["scan_id"], ["check_in_scan.id"], name=op.f("fk_check_in_entry_scan_id_check_in_scan"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_check_in_entry_session_id_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_entry")),
        sa.UniqueConstraint(
            "registration_id",
            "day",
            "session_id",
            name=op.f("uq_check_in_entry_registration_id_day_session_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_check_in_entry_gate", "check_in_entry", ["event_id", "day", "session_id"], unique=False)
    op.create_index(op.f("ix_check_in_entry_scan_id"), "check_in_entry", ["scan_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_check_in_entry_scan_id"), table_name="check_in_entry")
    op.drop_index("ix_check_in_entry_gate", table_name="check_in_entry")
    op.drop_table("check_in_entry")
    op.drop_table("gate_rule")
    op.drop_index("ix_check_in_scan_registration", table_name="check_in_scan")
    op.drop_index("ix_check_in_scan_gate", table_name="check_in_scan")
    op.drop_table("check_in_scan")
    op.drop_index("ix_check_in_device_event", table_name="check_in_device")
    op.drop_table("check_in_device")
