"""Delegations with focal points and nominees: the places of each quota are counted by a trigger, bounded by a CHECK."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KINDS = ("delegate", "assistant", "interpreter", "guard", "personal_assistant")
# Whoever nominates, replaces or erases locks the delegation before its nominees, so nobody waits in a circle here.
FUNCTION = """
    CREATE FUNCTION count_delegation_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.kind = 'delegate' AND OLD.left_at IS NULL THEN
            UPDATE delegation SET places_taken = places_taken - 1 WHERE id = OLD.delegation_id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.kind = 'delegate' AND NEW.left_at IS NULL THEN
            UPDATE delegation SET places_taken = places_taken + 1 WHERE id = NEW.delegation_id;
        END IF;
        RETURN NULL;
    END $$
    """
TRIGGERS = (
    ("place_begins", "AFTER INSERT"),
    ("place_changes", "AFTER UPDATE OF kind, left_at, delegation_id"),
    ("place_ends", "AFTER DELETE"),
)


def upgrade() -> None:
    op.add_column("registration", sa.Column("delegation_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_registration_delegation",
        "registration",
        ["delegation_id"],
        postgresql_where=sa.text("delegation_id IS NOT NULL"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=True),
        sa.Column("places_taken", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("silent_days", sa.Integer(), nullable=False),
        sa.Column("focal_id", sa.Uuid(), nullable=True),
        sa.Column("focal_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quota IS NULL OR places_taken <= quota", name=op.f("ck_delegation_places_within_quota")),
        sa.CheckConstraint("places_taken >= 0", name=op.f("ck_delegation_places_not_negative")),
        sa.CheckConstraint("quota > 0", name=op.f("ck_delegation_quota_positive")),
        sa.CheckConstraint("silent_days > 0", name=op.f("ck_delegation_silence_lasts")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_delegation_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["focal_id"], ["person.id"], name=op.f("fk_delegation_focal_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("event_id", "organisation_id", name=op.f("uq_delegation_event_id_organisation_id")),
    )
    op.create_index("ix_delegation_focal", "delegation", ["focal_id"])
    op.create_table(
        "focal_invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_focal_invitation_email_lower")),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["delegation.id"],
            name=op.f("fk_focal_invitation_delegation_id_delegation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"],
            ["person.id"],
            name=op.f("fk_focal_invitation_invited_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"],
            ["person.id"],
            name=op.f("fk_focal_invitation_accepted_by_id_person"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_focal_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_focal_invitation_token_hash")),
    )
    op.create_index(
        "ix_focal_invitation_open",
        "focal_invitation",
        ["delegation_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "nominee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegation_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("beside_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("typed_by_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_nominee_email_lower")),
        sa.CheckConstraint("(kind = 'delegate') = (beside_id IS NULL)", name=op.f("ck_nominee_beside_somebody")),
        sa.ForeignKeyConstraint(
            ["delegation_id"],
            ["delegation.id"],
            name=op.f("fk_nominee_delegation_id_delegation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_nominee_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["beside_id"], ["nominee.id"], name=op.f("fk_nominee_beside_id_nominee"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["person.id"], name=op.f("fk_nominee_invited_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_nominee_person_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["typed_by_id"], ["person.id"], name=op.f("fk_nominee_typed_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["nominee.id"], name=op.f("fk_nominee_replaced_by_id_nominee"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nominee")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_nominee_token_hash")),
    )
    op.create_index("ix_nominee_delegation", "nominee", ["delegation_id", "invited_at"])
    op.create_index("ix_nominee_beside", "nominee", ["beside_id"])
    op.create_index(
        "ix_nominee_person",
        "nominee",
        ["event_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_nominee_of", "nominee", ["person_id"])
    op.execute(FUNCTION)
    for name, when in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON nominee FOR EACH ROW EXECUTE FUNCTION count_delegation_places()")


def downgrade() -> None:
    for name, _when in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON nominee")
    op.execute("DROP FUNCTION count_delegation_places()")
    op.drop_table("nominee")
    op.drop_table("focal_invitation")
    op.drop_table("delegation")
    op.drop_index("ix_registration_delegation", table_name="registration")
    op.drop_column("registration", "delegation_id")
