"""Whom a colleague turned away; evidence that was hidden waits for a second look, and nobody checks what they gave."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0067"
branch_labels = None
depends_on = None

ANOTHER = """
    CREATE FUNCTION demand_another_checker() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'evidence is checked by somebody else' USING ERRCODE = 'restrict_violation';
    END $$
    """


def upgrade() -> None:
    op.add_column("round_part", sa.Column("refused", sa.LargeBinary(), nullable=True))
    op.create_index("ix_round_part_refused", "round_part", ["refused"], postgresql_where=sa.text("refused IS NOT NULL"))
    op.add_column("commitment_evidence", sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_commitment_evidence_hidden_waits"), "commitment_evidence", "hidden_at IS NULL OR standing = 'waiting'"
    )
    op.execute(ANOTHER)
    op.execute(
        "CREATE TRIGGER checked_by_another BEFORE INSERT OR UPDATE OF checked_by_id ON commitment_evidence"
        " FOR EACH ROW WHEN (NEW.checked_by_id = NEW.given_by_id) EXECUTE FUNCTION demand_another_checker()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER checked_by_another ON commitment_evidence")
    op.execute("DROP FUNCTION demand_another_checker()")
    op.drop_constraint(op.f("ck_commitment_evidence_hidden_waits"), "commitment_evidence")
    op.drop_column("commitment_evidence", "hidden_at")
    op.drop_index("ix_round_part_refused", "round_part")
    op.drop_column("round_part", "refused")
