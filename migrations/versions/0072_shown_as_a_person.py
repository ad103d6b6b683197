"""Whoever comments may be shown as a person without a name."""

from alembic import op

revision = "0072"
down_revision = "0067"
branch_labels = None
depends_on = None

NAME = "ck_commitment_comment_shown_as"


def upgrade() -> None:
    _renew("protected", "person", "alias")


def downgrade() -> None:
    op.execute("UPDATE commitment_comment SET shown_as = 'protected' WHERE shown_as = 'person'")
    _renew("protected", "alias")


def _renew(*values: str) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(NAME), "commitment_comment", type_="check")
    op.create_check_constraint(op.f(NAME), "commitment_comment", f"shown_as IN ({listed})")
