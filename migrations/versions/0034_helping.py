"""People who register others: how many each of them has named is counted by a trigger, bounded by a CHECK."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Whoever names, takes back or erases locks the registrar before charges, so nobody waits in a circle here.
FUNCTION = """
    CREATE FUNCTION count_charges() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.left_at IS NULL THEN
            UPDATE registrar SET taken = taken - 1 WHERE event_id = OLD.event_id AND person_id = OLD.helper_id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.left_at IS NULL THEN
            UPDATE registrar SET taken = taken + 1 WHERE event_id = NEW.event_id AND person_id = NEW.helper_id;
        END IF;
        RETURN NULL;
    END $$
    """
TRIGGERS = (
    ("charge_begins", "AFTER INSERT"),
    ("charge_changes", "AFTER UPDATE OF left_at, helper_id"),
    ("charge_ends", "AFTER DELETE"),
)


def upgrade() -> None:
    op.add_column("registration_setup", sa.Column("by_others", sa.Boolean(), nullable=False, server_default="true"))
    op.create_table(
        "registrar",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("taken <= most", name=op.f("ck_registrar_taken_within_most")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_registrar_taken_not_negative")),
        sa.CheckConstraint("most BETWEEN 1 AND 500", name=op.f("ck_registrar_most_in_bounds")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_registrar_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_registrar_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "person_id", name=op.f("pk_registrar")),
    )
    op.create_index("ix_registrar_person", "registrar", ["person_id"])
    op.create_table(
        "charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("helper_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_own", sa.Boolean(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_charge_email_lower")),
        sa.CheckConstraint("NOT kept_own OR claimed_at IS NOT NULL", name=op.f("ck_charge_own_kept_at_claim")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_charge_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["person.id"], name=op.f("fk_charge_helper_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_charge_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_charge_token_hash")),
    )
    op.create_index("ix_charge_helper", "charge", ["event_id", "helper_id", "named_at"])
    op.create_index(
        "ix_charge_person",
        "charge",
        ["event_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_charge_of", "charge", ["person_id"])
    op.create_table(
        "unwanted_help",
        sa.Column("helper_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["person.id"], name=op.f("fk_unwanted_help_helper_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("helper_id", "address_hash", name=op.f("pk_unwanted_help")),
    )
    op.execute(FUNCTION)
    for name, when in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON charge FOR EACH ROW EXECUTE FUNCTION count_charges()")


def downgrade() -> None:
    for name, _when in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON charge")
    op.execute("DROP FUNCTION count_charges()")
    op.drop_table("unwanted_help")
    op.drop_table("charge")
    op.drop_table("registrar")
    op.drop_column("registration_setup", "by_others")
