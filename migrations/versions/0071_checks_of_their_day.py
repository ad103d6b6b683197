"""A check is of what was said until its day: what is said otherwise since is not verified yet."""

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

# The newest check holds while the maker says what was said on its day; the same again takes nothing from it.
HOLDS = """
    CREATE FUNCTION commitment_checked(wanted uuid) RETURNS varchar LANGUAGE sql STABLE AS $$
        SELECT COALESCE((
            SELECT CASE WHEN EXISTS (
                SELECT FROM commitment_report AS later
                WHERE later.commitment_id = wanted AND later.said_at > newest.reviewed_at AND later.says
                IS DISTINCT FROM (
                    SELECT says FROM commitment_report AS before
                    WHERE before.commitment_id = wanted AND before.said_at <= newest.reviewed_at
                    ORDER BY said_at DESC, id DESC LIMIT 1
                )
            ) THEN 'unverified' ELSE newest.verdict END
            FROM commitment_review AS newest WHERE newest.commitment_id = wanted
            ORDER BY newest.reviewed_at DESC, newest.id DESC LIMIT 1
        ), 'unverified')
    $$
    """
SAID = """
    CREATE OR REPLACE FUNCTION follow_commitment_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE commitment AS held SET
            said = (
                SELECT says FROM commitment_report WHERE commitment_id = NEW.commitment_id
                ORDER BY said_at DESC, id DESC LIMIT 1
            ),
            checked = {checked},
            heard_on = GREATEST(held.heard_on, (NEW.said_at AT TIME ZONE 'UTC')::date),
            expected_on = commitment_expected(
                (held.published_at AT TIME ZONE 'UTC')::date,
                GREATEST(held.heard_on, (NEW.said_at AT TIME ZONE 'UTC')::date)
            )
        WHERE held.id = NEW.commitment_id AND held.published_at IS NOT NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'nothing is reported before publication' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END $$
    """
CHECKED = """
    CREATE OR REPLACE FUNCTION follow_commitment_review() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE commitment SET checked = {checked} WHERE id = NEW.commitment_id;
        RETURN NULL;
    END $$
    """
NEWEST = """(
            SELECT verdict FROM commitment_review WHERE commitment_id = {one}
            ORDER BY reviewed_at DESC, id DESC LIMIT 1
        )"""


def upgrade() -> None:
    op.execute(HOLDS)
    op.execute(SAID.format(checked="commitment_checked(NEW.commitment_id)"))
    op.execute(CHECKED.format(checked="commitment_checked(NEW.commitment_id)"))
    _follow("commitment_checked(id)")


def downgrade() -> None:
    op.execute(SAID.format(checked="held.checked"))
    op.execute(CHECKED.format(checked=NEWEST.format(one="NEW.commitment_id")))
    _follow(f"COALESCE({NEWEST.format(one='commitment.id')}, 'unverified')")
    op.execute("DROP FUNCTION commitment_checked(uuid)")


def _follow(checked: str) -> None:
    """Only triggers may write this column: theirs stands aside for the one statement."""
    op.execute("ALTER TABLE commitment DISABLE TRIGGER axes_followed")
    op.execute(f"UPDATE commitment SET checked = {checked} WHERE checked <> {checked}")  # noqa: S608
    op.execute("ALTER TABLE commitment ENABLE TRIGGER axes_followed")
