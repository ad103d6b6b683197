"""An officer lifts what a member of the board declared by mistake."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TABLE = "fund_board_recusal"
LIFTED_BY = "fk_fund_board_recusal_lifted_by_id_person"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(TABLE, sa.Column("lifted_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f(LIFTED_BY), TABLE, "person", ["lifted_by_id"], ["id"])
    op.create_check_constraint(
        op.f(f"ck_{TABLE}_lifted_by_somebody"), TABLE, "(lifted_at IS NULL) = (lifted_by_id IS NULL)"
    )
    op.create_check_constraint(op.f(f"ck_{TABLE}_two_people"), TABLE, "person_id IS DISTINCT FROM lifted_by_id")


def downgrade() -> None:
    op.execute(f"DELETE FROM {TABLE} WHERE lifted_at IS NOT NULL")  # noqa: S608 (our own words)
    op.drop_constraint(op.f(f"ck_{TABLE}_two_people"), TABLE)
    op.drop_constraint(op.f(f"ck_{TABLE}_lifted_by_somebody"), TABLE)
    op.drop_constraint(op.f(LIFTED_BY), TABLE, type_="foreignkey")
    op.drop_column(TABLE, "lifted_by_id")
    op.drop_column(TABLE, "lifted_at")
