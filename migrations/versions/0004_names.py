"""Names given with a registration beside the answers; organizations are known by a name made comparable."""

import sqlalchemy as sa
from alembic import op

from eventhub.kit.normal import plain

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("legal_name", sa.Text(), nullable=True))
    op.add_column("registration", sa.Column("display_name", sa.Text(), nullable=True))
    op.add_column("organisation", sa.Column("name_key", sa.Text(), nullable=True))
    organisation = sa.table("organisation", sa.column("id", sa.Uuid()), sa.column("name"), sa.column("name_key"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(organisation.c.id, organisation.c.name)).all():
        connection.execute(
            sa.update(organisation).where(organisation.c.id == row.id).values(name_key=plain(row.name) or row.name)
        )
    op.alter_column("organisation", "name_key", nullable=False)
    op.create_index("ix_organisation_name_key", "organisation", ["name_key"])


def downgrade() -> None:
    op.drop_index("ix_organisation_name_key", "organisation")
    op.drop_column("organisation", "name_key")
    op.drop_column("registration", "display_name")
    op.drop_column("registration", "legal_name")
