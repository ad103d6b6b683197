"""A batch of badges keeps the rule it was asked for under, and whose names it holds, so that it can be made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PROBLEMS = ("nobody", "too_many", "unprintable", "gone")


def upgrade() -> None:
    # What was printed without a frozen rule lives for a day: whoever needs it asks again.
    _give_up_batches("kind IN ('badges', 'participants') AND NOT is_sample")
    _renew_problems(*PROBLEMS, "not_yours")
    rule = sa.Enum("public", "legal", name="badge_name", native_enum=False, create_constraint=True, length=40)
    sight = sa.Enum(
        "badges", "public_names", "counts", name="sight", native_enum=False, create_constraint=True, length=40
    )
    op.add_column("paper_order", sa.Column("badge_name", rule, nullable=True))
    op.add_column("paper_order", sa.Column("photos", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("paper_order", sa.Column("sight", sight, nullable=True))
    op.add_column("paper_order", sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("paper_order", sa.Column("stale_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("paper_order", "photos", server_default=None)
    op.alter_column("paper_order", "edition", server_default=None)
    op.create_check_constraint(
        op.f("ck_paper_order_badges_are_frozen"),
        "paper_order",
        "kind <> 'badges' OR is_sample OR (badge_name IS NOT NULL AND sight IS NOT NULL)",
    )
    op.create_table(
        "paper_bearer",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["paper_order.id"], name=op.f("fk_paper_bearer_order_id_paper_order"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_paper_bearer_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "registration_id", name=op.f("pk_paper_bearer")),
    )
    op.create_index("ix_paper_bearer_registration", "paper_bearer", ["registration_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_paper_bearer_registration", table_name="paper_bearer")
    op.drop_table("paper_bearer")
    op.drop_constraint(op.f("ck_paper_order_badges_are_frozen"), "paper_order")
    op.drop_column("paper_order", "stale_at")
    op.drop_column("paper_order", "edition")
    op.drop_column("paper_order", "sight")
    op.drop_column("paper_order", "photos")
    op.drop_column("paper_order", "badge_name")
    _give_up_batches("problem = 'not_yours'")
    _renew_problems(*PROBLEMS)


def _give_up_batches(which: str) -> None:
    files = f"SELECT file_id FROM paper_order WHERE {which}"  # noqa: S608 (our own words)
    op.execute(f"UPDATE stored_file SET deleted_at = now() WHERE deleted_at IS NULL AND id IN ({files})")  # noqa: S608
    op.execute(f"DELETE FROM paper_order WHERE {which}")  # noqa: S608


def _renew_problems(*codes: str) -> None:
    name = op.f("ck_paper_order_problem")
    op.drop_constraint(name, "paper_order")
    listed = ", ".join(f"'{code}'" for code in codes)
    op.create_check_constraint(name, "paper_order", f"problem IN ({listed})")
