"""Reports on what was promised, as files of a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracker_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("numbers", JSONB(), nullable=True),
        sa.CheckConstraint(
            "(event_id IS NULL) <> (series_id IS NULL)", name=op.f("ck_tracker_report_one_or_the_other")
        ),
        sa.CheckConstraint(
            "(made_at IS NULL) = (file_id IS NULL) AND (made_at IS NULL) = (numbers IS NULL)",
            name=op.f("ck_tracker_report_made_has_file"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_tracker_report_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_tracker_report_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_tracker_report_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracker_report")),
    )
    op.create_index(
        "ix_tracker_report_event",
        "tracker_report",
        ["event_id", "language"],
        unique=True,
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tracker_report_series",
        "tracker_report",
        ["series_id", "language"],
        unique=True,
        postgresql_where=sa.text("series_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("tracker_report")
