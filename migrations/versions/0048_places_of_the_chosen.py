"""A place that somebody chosen left before there was a grant is proposed to the reserves as well."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fund_proposal", sa.Column("freed_application_id", sa.Uuid(), nullable=True))
    op.add_column("fund_proposal", sa.Column("cell", sa.Text(), nullable=True))
    op.alter_column("fund_proposal", "freed_award_id", nullable=True)
    op.create_foreign_key(
        op.f("fk_fund_proposal_freed_application_id_fund_application"),
        *("fund_proposal", "fund_application", ["freed_application_id"], ["id"]),
    )
    op.create_index("ix_fund_proposal_freed_application_id", "fund_proposal", ["freed_application_id"])
    op.create_check_constraint(
        op.f("ck_fund_proposal_one_place"), "fund_proposal", "num_nonnulls(freed_award_id, freed_application_id) = 1"
    )


def downgrade() -> None:
    op.execute("DELETE FROM fund_proposal WHERE freed_award_id IS NULL")
    op.drop_constraint(op.f("ck_fund_proposal_one_place"), "fund_proposal", type_="check")
    op.drop_index("ix_fund_proposal_freed_application_id", "fund_proposal")
    op.drop_column("fund_proposal", "cell")
    op.drop_column("fund_proposal", "freed_application_id")
    op.alter_column("fund_proposal", "freed_award_id", nullable=False)
