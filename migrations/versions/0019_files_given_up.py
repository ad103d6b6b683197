"""Files that were given up lose name, owner and bytes; names of sealed files stand nowhere open; who was erased is off
the desk; reasons why others were passed over stand once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAMES = (
    "UPDATE stored_file SET name = '' WHERE deleted_at IS NOT NULL",
    # What the person called it is sealed with the answer.
    """UPDATE stored_file SET name = 'file' || coalesce(substring(name FROM '\\.[A-Za-z0-9]{1,5}$'), '')
    WHERE deleted_at IS NULL AND purpose = 'answer' AND seal_key_id IS NOT NULL""",
)

ERASED = """
UPDATE registration SET erased_at = person.erased_at, answered_at = NULL, version = registration.version + 1
FROM person WHERE person.id = registration.person_id AND person.erased_at IS NOT NULL
"""

# Copies of words about somebody else, that nobody's erasure reached. Where a place was offered past the line they stand
# with the offer too.
REASONS = """
DELETE FROM audit_text USING audit_entry
WHERE audit_entry.id = audit_text.entry_id AND audit_entry.verb = 'registration.passed_over'
AND audit_entry.subject_kind = 'registration'
"""


def upgrade() -> None:
    op.add_column("stored_file", sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_stored_file_given_up",
        "stored_file",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL AND swept_at IS NULL"),
    )
    op.add_column("registration", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    for statement in (*NAMES, ERASED, REASONS):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("registration", "erased_at")
    op.drop_index("ix_stored_file_given_up", table_name="stored_file")
    op.drop_column("stored_file", "swept_at")
