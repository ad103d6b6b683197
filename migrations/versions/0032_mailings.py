"""Mailings with their logs, who stopped such mails, and mails that came back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)


def chosen(name: str, *values: str, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        chosen("kind", "service", "news", "invitation"),
        chosen("stage", "draft", "scheduled", "sending", "stopped", "done"),
        sa.Column("original_language", sa.Text(), nullable=False),
        sa.Column("subject", JSON, nullable=False),
        sa.Column("text", JSON, nullable=False),
        sa.Column("audience", JSON, nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("send_at", MOMENT, nullable=True),
        sa.Column("begun_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("delete_after", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("stage <> 'scheduled' OR send_at IS NOT NULL", name=op.f("ck_mailing_scheduled_for")),
        sa.CheckConstraint(
            "(begun_at IS NULL) = (stage IN ('draft', 'scheduled'))", name=op.f("ck_mailing_begun_when_sending")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_mailing_event_id_event"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_mailing_created_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
    )
    op.create_index("ix_mailing_event", "mailing", ["event_id", "created_at"], unique=False)
    op.create_index("ix_mailing_delete_after", "mailing", ["delete_after"], unique=False)
    op.create_index(
        "ix_mailing_open",
        "mailing",
        ["stage"],
        unique=False,
        postgresql_where=sa.text("stage IN ('scheduled', 'sending')"),
    )
    op.create_table(
        "mailing_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mailing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        chosen("state", "waiting", "sent", "put_off", "refused", "given_up", "bounced", "skipped"),
        chosen("why", "no_address", "stopped", "not_agreed", "ended", "nothing", nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("promised_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.CheckConstraint("(state = 'skipped') = (why IS NOT NULL)", name=op.f("ck_mailing_line_skipped_why")),
        sa.CheckConstraint("round >= 0", name=op.f("ck_mailing_line_round_not_negative")),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailing.id"], name=op.f("fk_mailing_line_mailing_id_mailing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mailing_line_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_mailing_line_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_line")),
        sa.UniqueConstraint("mailing_id", "person_id", name=op.f("uq_mailing_line_mailing_id_person_id")),
    )
    op.create_index("ix_mailing_line_person", "mailing_line", ["person_id"], unique=False)
    op.create_index("ix_mailing_line_registration", "mailing_line", ["registration_id"], unique=False)
    op.create_index("ix_mailing_line_state", "mailing_line", ["mailing_id", "state"], unique=False)
    op.create_table(
        "mail_preference",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mail_preference_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_preference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_preference_token_hash")),
    )
    op.add_column("mail", sa.Column("bounced_at", MOMENT, nullable=True))
    op.add_column("mail", sa.Column("bounce", sa.Text(), nullable=True))
    op.create_index(
        "ix_mail_bounced", "mail", ["bounced_at"], unique=False, postgresql_where=sa.text("bounced_at IS NOT NULL")
    )
    op.create_index(
        "ix_promise_payload",
        "promise",
        ["payload"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"payload": "jsonb_path_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_promise_payload", table_name="promise")
    op.drop_index("ix_mail_bounced", table_name="mail")
    op.drop_column("mail", "bounce")
    op.drop_column("mail", "bounced_at")
    op.drop_table("mail_preference")
    op.drop_table("mailing_line")
    op.drop_table("mailing")
