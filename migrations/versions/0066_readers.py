"""Who gets mails about what changes of commitments."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracker_reader",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("seal_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["seal_key_id"], ["seal_key.id"], name=op.f("fk_tracker_reader_seal_key_id_seal_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracker_reader")),
        sa.UniqueConstraint("mark", name=op.f("uq_tracker_reader_mark")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tracker_reader_token_hash")),
    )
    op.create_index("ix_tracker_reader_told", "tracker_reader", ["told_on"])
    op.create_table(
        "tracker_follow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(commitment_id IS NULL) <> (maker IS NULL)", name=op.f("ck_tracker_follow_one_or_the_other")
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"],
            ["tracker_reader.id"],
            name=op.f("fk_tracker_follow_reader_id_tracker_reader"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_tracker_follow_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracker_follow")),
    )
    op.create_index(
        "ix_tracker_follow_commitment",
        "tracker_follow",
        ["commitment_id", "reader_id"],
        unique=True,
        postgresql_where=sa.text("commitment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tracker_follow_maker",
        "tracker_follow",
        ["maker", "reader_id"],
        unique=True,
        postgresql_where=sa.text("maker IS NOT NULL"),
    )
    op.create_index("ix_tracker_follow_reader", "tracker_follow", ["reader_id"])
    op.create_index(
        "ix_tracker_follow_waiting",
        "tracker_follow",
        ["asked_at"],
        postgresql_where=sa.text("agreed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("tracker_follow")
    op.drop_table("tracker_reader")
