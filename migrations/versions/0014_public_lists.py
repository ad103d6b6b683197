"""Lists of participants that anybody may read, and the country that somebody speaks for."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REPRESENTS = """
UPDATE registration SET represents = answer.value #>> '{}'
FROM answer_set
JOIN questionnaire_version version ON version.id = answer_set.version_id
CROSS JOIN LATERAL jsonb_path_query(
    version.definition, '$.pages[*].questions[*] ? (@.key == "country_represented")'
) AS asked(item)
JOIN answer ON answer.answer_set_id = answer_set.id AND answer.question = asked.item ->> 'id'
WHERE registration.answer_set_id = answer_set.id AND jsonb_typeof(answer.value) = 'string'
"""
"""From the answers that stand open; a sealed one has no value here."""


def upgrade() -> None:
    # The former code inserts rows without it: the default stays.
    op.add_column("registration_setup", sa.Column("public_list", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("registration", sa.Column("represents", sa.Text(), nullable=True))
    op.execute(REPRESENTS)


def downgrade() -> None:
    op.drop_column("registration", "represents")
    op.drop_column("registration_setup", "public_list")
