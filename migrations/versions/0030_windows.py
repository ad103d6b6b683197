"""Windows of categories, places for each way of taking part, and people who are asked to choose theirs again."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# As the seats of categories: rows of one event always change behind the lock on its row of seats.
FUNCTION = """
    CREATE FUNCTION count_mode_seats() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.has_seat THEN
            UPDATE registration_mode SET seats_taken = seats_taken - 1
            WHERE event_id = OLD.event_id AND code = OLD.attendance_mode;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.has_seat THEN
            UPDATE registration_mode SET seats_taken = seats_taken + 1
            WHERE event_id = NEW.event_id AND code = NEW.attendance_mode;
        END IF;
        RETURN NULL;
    END $$
    """
TRIGGERS = (
    ("mode_seat_begins", "AFTER INSERT", "NEW.has_seat AND NEW.attendance_mode IS NOT NULL"),
    (
        "mode_seat_changes",
        "AFTER UPDATE OF has_seat, attendance_mode",
        "OLD.has_seat IS DISTINCT FROM NEW.has_seat OR OLD.attendance_mode IS DISTINCT FROM NEW.attendance_mode",
    ),
    ("mode_seat_ends", "AFTER DELETE", "OLD.has_seat AND OLD.attendance_mode IS NOT NULL"),
)
WINDOW, SPAN = "ck_registration_category_closes_after_opening", "ck_registration_setup_span_whole"


def upgrade() -> None:
    op.add_column("deadline", sa.Column("category", sa.Text(), nullable=True))
    op.add_column("registration_setup", sa.Column("first_opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("registration_setup", sa.Column("last_closes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f(SPAN), "registration_setup", "(first_opens_at IS NULL) = (last_closes_at IS NULL)")
    op.add_column("registration_category", sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("registration_category", sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f(WINDOW), "registration_category", "closes_at > opens_at")
    op.create_table(
        "registration_mode",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats_taken <= quota", name=op.f("ck_registration_mode_seats_within_quota")),
        sa.CheckConstraint("quota > 0", name=op.f("ck_registration_mode_quota_positive")),
        sa.CheckConstraint("seats_taken >= 0", name=op.f("ck_registration_mode_seats_not_negative")),
        sa.CheckConstraint("code ~ '^[a-z_]{1,60}$'", name=op.f("ck_registration_mode_code_plain")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_registration_mode_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", "code", name=op.f("pk_registration_mode")),
    )
    op.create_table(
        "mode_choice",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due_at > asked_at", name=op.f("ck_mode_choice_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_mode_choice_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_mode_choice")),
    )
    op.execute(FUNCTION)
    for name, when, needed in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} {when} ON registration FOR EACH ROW WHEN ({needed}) "
            "EXECUTE FUNCTION count_mode_seats()"
        )


def downgrade() -> None:
    for name, _when, _needed in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON registration")
    op.execute("DROP FUNCTION count_mode_seats()")
    op.drop_table("mode_choice")
    op.drop_table("registration_mode")
    op.drop_constraint(op.f(WINDOW), "registration_category")
    op.drop_column("registration_category", "closes_at")
    op.drop_column("registration_category", "opens_at")
    op.drop_constraint(op.f(SPAN), "registration_setup")
    op.drop_column("registration_setup", "last_closes_at")
    op.drop_column("registration_setup", "first_opens_at")
    op.drop_column("deadline", "category")
