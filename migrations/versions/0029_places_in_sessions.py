"""Places in sessions, counted by the database; whom a session is for; the line of those who wait for a place; and rules
of gates that move with their event.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CHECKS = {
    "places_positive": "places > 0",
    "taken_not_negative": "places_taken >= 0",
    "taken_within_places": "places IS NULL OR places_taken <= places",
    "places_are_chosen": "places IS NULL OR NOT chosen_beforehand",
}
COUNT = """
    CREATE FUNCTION count_session_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.choice = 'going' THEN
            UPDATE session SET places_taken = places_taken - 1 WHERE id = OLD.session_id AND places IS NOT NULL;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.choice = 'going' THEN
            UPDATE session SET places_taken = places_taken + 1 WHERE id = NEW.session_id AND places IS NOT NULL;
        END IF;
        RETURN NULL;
    END $$
    """
BEGIN_COUNTING = """
    CREATE FUNCTION begin_counting_session_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.places_taken := CASE WHEN NEW.places IS NULL THEN 0 ELSE
            (SELECT count(*) FROM chosen_session WHERE session_id = NEW.id AND choice = 'going') END;
        RETURN NEW;
    END $$
    """
MOVE_GATES = """
    CREATE FUNCTION move_gate_rules() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        far constant integer := 1000000;
    BEGIN
        -- By way of days that no event has: else two rules would stand on one day in between.
        UPDATE gate_rule SET day = day + far WHERE event_id = NEW.id AND day IS NOT NULL;
        UPDATE gate_rule SET day = day - far + (NEW.first_day - OLD.first_day)
        WHERE event_id = NEW.id AND day IS NOT NULL;
        RETURN NULL;
    END $$
    """
TRIGGERS = (
    ("place_taken", "AFTER INSERT", "NEW.choice = 'going'"),
    ("place_changes", "AFTER UPDATE OF choice", "OLD.choice IS DISTINCT FROM NEW.choice"),
    ("place_left", "AFTER DELETE", "OLD.choice = 'going'"),
)


def upgrade() -> None:
    op.add_column("session", sa.Column("places", sa.Integer(), nullable=True))
    op.add_column("session", sa.Column("places_taken", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(
        "session",
        sa.Column(
            "for_categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'[]'")
        ),
    )
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_session_{name}"), "session", rule)
    op.create_table(
        "session_wait",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_session_wait_session_id_session"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_session_wait_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "person_id", name=op.f("pk_session_wait")),
    )
    op.create_index("ix_session_wait_person", "session_wait", ["person_id"], unique=False)
    op.execute(COUNT)
    for name, when, needed in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} {when} ON chosen_session FOR EACH ROW WHEN ({needed}) "
            "EXECUTE FUNCTION count_session_places()"
        )
    op.execute(BEGIN_COUNTING)
    op.execute(
        "CREATE TRIGGER places_begin BEFORE UPDATE OF places ON session FOR EACH ROW "
        "WHEN ((OLD.places IS NULL) <> (NEW.places IS NULL)) EXECUTE FUNCTION begin_counting_session_places()"
    )
    op.execute(MOVE_GATES)
    op.execute(
        "CREATE TRIGGER event_moves AFTER UPDATE OF first_day, last_day ON event FOR EACH ROW "
        "WHEN (OLD.first_day <> NEW.first_day AND NEW.first_day - OLD.first_day = NEW.last_day - OLD.last_day) "
        "EXECUTE FUNCTION move_gate_rules()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER event_moves ON event")
    op.execute("DROP FUNCTION move_gate_rules()")
    op.execute("DROP TRIGGER places_begin ON session")
    op.execute("DROP FUNCTION begin_counting_session_places()")
    for name, _when, _needed in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON chosen_session")
    op.execute("DROP FUNCTION count_session_places()")
    op.drop_table("session_wait")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_session_{name}"), "session")
    for column in ("for_categories", "places_taken", "places"):
        op.drop_column("session", column)
