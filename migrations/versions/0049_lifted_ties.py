"""A tie that a reader declared is lifted by two officers: one asks and says why, another agrees."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

ASKED = "(lift_asked_by_id IS NULL) = (lift_asked_at IS NULL)"
LIFTED = (
    "(lifted_by_id IS NULL) = (lifted_at IS NULL) AND (lifted_by_id IS NULL OR"
    " (withdrawn_at IS NOT NULL AND lift_asked_by_id IS NOT NULL AND lifted_by_id <> lift_asked_by_id))"
)


def upgrade() -> None:
    for name in ("lift_asked", "lifted"):
        op.add_column("fund_tie", sa.Column(f"{name}_by_id", sa.Uuid(), nullable=True))
        op.add_column("fund_tie", sa.Column(f"{name}_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_fund_tie_lift_asked"), "fund_tie", ASKED)
    op.create_check_constraint(op.f("ck_fund_tie_lifted_by_two"), "fund_tie", LIFTED)


def downgrade() -> None:
    for name in ("lifted_by_two", "lift_asked"):
        op.drop_constraint(op.f(f"ck_fund_tie_{name}"), "fund_tie", type_="check")
    for name in ("lifted", "lift_asked"):
        op.drop_column("fund_tie", f"{name}_at")
        op.drop_column("fund_tie", f"{name}_by_id")
