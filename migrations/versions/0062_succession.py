"""What follows a commitment: others in its place, and makers who stand for it no more.

A record is replaced by something: the database refuses the state without a row that says by what.
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

SUCCEEDED = """
    CREATE FUNCTION demand_commitment_successor() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM commitment_succession WHERE before_id = NEW.id) THEN
            RAISE EXCEPTION 'nothing stands in the place of this commitment' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """
WHEN = "OLD.state <> NEW.state AND NEW.state = 'superseded'"


def upgrade() -> None:
    op.create_table(
        "commitment_succession",
        sa.Column("before_id", sa.Uuid(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kin",
            sa.Enum("replaced", "merged", "split", name="kin", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_commitment_succession_reason_filled")),
        sa.CheckConstraint("before_id <> after_id", name=op.f("ck_commitment_succession_not_itself")),
        sa.ForeignKeyConstraint(
            ["after_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_succession_after_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["before_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_succession_before_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("before_id", "after_id", name=op.f("pk_commitment_succession")),
    )
    op.create_index(op.f("ix_commitment_succession_after_id"), "commitment_succession", ["after_id"], unique=False)
    op.create_table(
        "commitment_former_maker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("commitment_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("succeeded_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_commitment_former_maker_name_filled")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_commitment_former_maker_reason_filled")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_former_maker_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_former_maker")),
    )
    op.create_index(
        "ix_commitment_former_maker_commitment", "commitment_former_maker", ["commitment_id", "until"], unique=False
    )
    op.execute(SUCCEEDED)
    op.execute(
        "CREATE TRIGGER succeeded BEFORE UPDATE OF state ON commitment FOR EACH ROW"
        f" WHEN ({WHEN}) EXECUTE FUNCTION demand_commitment_successor()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER succeeded ON commitment")
    op.execute("DROP FUNCTION demand_commitment_successor()")
    op.drop_table("commitment_former_maker")
    op.drop_table("commitment_succession")
