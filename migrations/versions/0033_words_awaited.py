"""Whose accreditation awaits a focal point's word; since when its days count; events that take nobody any more."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0030"
branch_labels = None
depends_on = None

NO = sa.text("false")
# Who waits now: nominated, sent or begun, and neither approved nor let on by the secretariat.
WAITING = """
    UPDATE registration SET awaits_word = true FROM nominee
    WHERE nominee.event_id = registration.event_id AND nominee.person_id = registration.person_id
      AND nominee.delegation_id = registration.delegation_id
      AND nominee.left_at IS NULL AND nominee.approved_at IS NULL
      AND registration.state NOT IN ('accredited', 'badge_issued', 'attended', 'no_show', 'withdrawn')
    """
OWN = """
    UPDATE nominee SET registered_before = true FROM registration
    WHERE nominee.event_id = registration.event_id AND nominee.person_id = registration.person_id
      AND nominee.typed_by_id IS NULL AND registration.submitted_at < nominee.claimed_at
    """
CANCELLED = """
    UPDATE registration_setup SET is_off = true FROM event
    WHERE event.id = registration_setup.event_id AND event.publication = 'cancelled'
    """


def upgrade() -> None:
    op.add_column("registration", sa.Column("awaits_word", sa.Boolean(), server_default=NO, nullable=False))
    op.add_column("registration_setup", sa.Column("is_off", sa.Boolean(), server_default=NO, nullable=False))
    op.add_column("nominee", sa.Column("registered_before", sa.Boolean(), server_default=NO, nullable=False))
    op.add_column("delegation", sa.Column("days_since", sa.DateTime(timezone=True), nullable=True))
    for statement in (WAITING, OWN, CANCELLED):
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("delegation", "days_since")
    op.drop_column("nominee", "registered_before")
    op.drop_column("registration_setup", "is_off")
    op.drop_column("registration", "awaits_word")
