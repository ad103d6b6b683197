"""What may be there twice: pairs of registrations and of organizations, former names of organizations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

VERDICTS = ("different", "same", "taken_back")


def pair(table: str, of: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f(f"ck_{table}_in_order")),
        sa.ForeignKeyConstraint(["first_id"], [f"{of}.id"], name=op.f(f"fk_{table}_first_id_{of}"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["second_id"], [f"{of}.id"], name=op.f(f"fk_{table}_second_id_{of}"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f(f"fk_{table}_decided_by_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f(f"uq_{table}_first_id_second_id")),
        *more,
    )
    op.create_index(f"ix_{table}_second", table, ["second_id"], unique=False)


def upgrade() -> None:
    op.create_table(
        "organisation_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("is_official", sa.Boolean(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_alias_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_alias")),
        sa.UniqueConstraint("organisation_id", "name_key", name=op.f("uq_organisation_alias_organisation_id_name_key")),
    )
    op.create_index("ix_organisation_alias_name_key", "organisation_alias", ["name_key"], unique=False)
    pair("organisation_pair", "organisation")
    op.create_table(
        "compared_registration",
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("birth", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_compared_registration_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_compared_registration")),
    )
    verdict = sa.Enum(*VERDICTS, name="verdict", native_enum=False, create_constraint=True, length=40)
    pair(
        "registration_pair",
        "registration",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", verdict, nullable=True),
        sa.Column("dropped_id", sa.Uuid(), nullable=True),
        sa.Column("dropped_from", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(verdict IS NULL) = (decided_at IS NULL)", name=op.f("ck_registration_pair_decided_with_verdict")
        ),
        sa.CheckConstraint(
            "(verdict IN ('same', 'taken_back')) = (dropped_id IS NOT NULL)",
            name=op.f("ck_registration_pair_same_drops_one"),
        ),
        sa.CheckConstraint("dropped_id IN (first_id, second_id)", name=op.f("ck_registration_pair_drops_one_of_them")),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["registration_setup.event_id"],
            name=op.f("fk_registration_pair_event_id_registration_setup"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_registration_pair_event", "registration_pair", ["event_id", "found_at"], unique=False)


def downgrade() -> None:
    op.drop_table("registration_pair")
    op.drop_table("compared_registration")
    op.drop_table("organisation_pair")
    op.drop_table("organisation_alias")
