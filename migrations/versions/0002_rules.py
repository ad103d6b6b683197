"""Rules that only the database can keep: published questionnaires never change, promises wake the relay."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NOTIFY promise;
        RETURN NULL;
    END $$
    """,
)
TRIGGERS = (
    ("questionnaire_version", "never_changed", "BEFORE UPDATE ON questionnaire_version FOR EACH ROW", "refuse_change"),
    ("audit_entry", "never_changed", "BEFORE UPDATE ON audit_entry FOR EACH ROW", "refuse_change"),
    ("promise", "wake_relay", "AFTER INSERT ON promise FOR EACH STATEMENT", "wake_relay"),
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    for _table, name, when, function in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    for table, name, _when, _function in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION wake_relay()")
    op.execute("DROP FUNCTION refuse_change()")
