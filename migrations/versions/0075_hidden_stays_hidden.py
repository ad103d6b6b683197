"""What is hidden for safety is withdrawn for safety alone: for another reason its words would be public again."""

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

STAYS = """
    CREATE FUNCTION commitment_stays_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what is hidden for safety is withdrawn for safety' USING ERRCODE = 'restrict_violation';
    END $$
    """
TRIGGER = """
    CREATE TRIGGER hidden_stays_hidden BEFORE UPDATE OF state ON commitment FOR EACH ROW
    WHEN (OLD.state = 'held' AND NEW.state = 'withdrawn' AND NEW.withdrawn_why IS DISTINCT FROM 'safety')
    EXECUTE FUNCTION commitment_stays_hidden()
    """


def upgrade() -> None:
    op.execute(STAYS)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER hidden_stays_hidden ON commitment")
    op.execute("DROP FUNCTION commitment_stays_hidden()")
