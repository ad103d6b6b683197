"""Categories of an event with their quotas: the seats of each are counted by a trigger, so that nobody forgets to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLOURS = (
    *("navy", "blue", "teal", "green", "violet", "plum"),
    *("crimson", "rust", "brown", "olive", "grey", "black"),
)
# Rows of one event always change behind the lock on its row of seats, so that two of them never wait in a circle.
FUNCTION = """
    CREATE FUNCTION count_category_seats() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.has_seat THEN
            UPDATE registration_category SET seats_taken = seats_taken - 1
            WHERE event_id = OLD.event_id AND code = OLD.category;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.has_seat THEN
            UPDATE registration_category SET seats_taken = seats_taken + 1
            WHERE event_id = NEW.event_id AND code = NEW.category;
        END IF;
        RETURN NULL;
    END $$
    """
TRIGGERS = (
    ("seat_begins", "AFTER INSERT", "NEW.has_seat AND NEW.category IS NOT NULL"),
    (
        "seat_changes",
        "AFTER UPDATE OF has_seat, category",
        "OLD.has_seat IS DISTINCT FROM NEW.has_seat OR OLD.category IS DISTINCT FROM NEW.category",
    ),
    ("seat_ends", "AFTER DELETE", "OLD.has_seat AND OLD.category IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "registration_category",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=True),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.Column("asks_letter", sa.Boolean(), nullable=False),
        sa.Column("asks_attestation", sa.Boolean(), nullable=False),
        sa.Column("asks_identity", sa.Boolean(), nullable=False),
        sa.Column("accreditation", sa.Boolean(), nullable=True),
        sa.Column(
            "colour",
            sa.Enum(*COLOURS, name="colour", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("may_speak", sa.Boolean(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "quota IS NULL OR seats_taken <= quota", name=op.f("ck_registration_category_seats_within_quota")
        ),
        sa.CheckConstraint("quota > 0", name=op.f("ck_registration_category_quota_positive")),
        sa.CheckConstraint("seats_taken >= 0", name=op.f("ck_registration_category_seats_not_negative")),
        sa.CheckConstraint("code ~ '^[a-z_]{1,60}$'", name=op.f("ck_registration_category_code_plain")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_registration_category_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("event_id", "code", name=op.f("pk_registration_category")),
    )
    op.execute(FUNCTION)
    for name, when, needed in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} {when} ON registration FOR EACH ROW WHEN ({needed}) "
            "EXECUTE FUNCTION count_category_seats()"
        )


def downgrade() -> None:
    for name, _when, _needed in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON registration")
    op.execute("DROP FUNCTION count_category_seats()")
    op.drop_table("registration_category")
