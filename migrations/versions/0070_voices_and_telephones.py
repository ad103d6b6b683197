"""Whoever comments may be shown as a person without a name; a mailbox of a maker may have a telephone number, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

NAME = "ck_commitment_comment_shown_as"
# Wherever a mailbox is forgotten, its number goes with it, and its key, so that no copy of the table opens it.
FORGET = """
CREATE FUNCTION forget_contact_phone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.email IS NULL AND NEW.phone IS NOT NULL THEN
        UPDATE seal_key SET wrapped = NULL, destroyed_at = now() WHERE id = NEW.phone_key_id;
        NEW.phone := NULL;
        NEW.phone_key_id := NULL;
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    _renew("protected", "person", "alias")
    op.add_column("commitment_contact", sa.Column("phone", sa.LargeBinary(), nullable=True))
    op.add_column("commitment_contact", sa.Column("phone_key_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_commitment_contact_phone_key_id_seal_key"),
        "commitment_contact",
        "seal_key",
        ["phone_key_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_commitment_contact_phone_with_key"),
        "commitment_contact",
        "(phone IS NULL) = (phone_key_id IS NULL)",
    )
    op.execute(FORGET)
    op.execute(
        "CREATE TRIGGER forget_contact_phone BEFORE UPDATE ON commitment_contact"
        " FOR EACH ROW EXECUTE FUNCTION forget_contact_phone()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_contact_phone ON commitment_contact")
    op.execute("DROP FUNCTION forget_contact_phone()")
    op.drop_column("commitment_contact", "phone_key_id")
    op.drop_column("commitment_contact", "phone")
    op.execute("UPDATE commitment_comment SET shown_as = 'protected' WHERE shown_as = 'person'")
    _renew("protected", "alias")


def _renew(*values: str) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(op.f(NAME), "commitment_comment", type_="check")
    op.create_check_constraint(op.f(NAME), "commitment_comment", f"shown_as IN ({listed})")
