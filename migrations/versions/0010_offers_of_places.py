"""Places are offered to the waiting list until an instant, by the clock or by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SETTINGS = (("offers_by_hand", "false"), ("leaves_on_lapse", "false"), ("shows_place", "false"))


def upgrade() -> None:
    for name, default in SETTINGS:
        op.add_column("registration_setup", sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
        op.alter_column("registration_setup", name, server_default=None)
    op.add_column("registration_setup", sa.Column("offer_hours", sa.Integer(), nullable=False, server_default="48"))
    op.alter_column("registration_setup", "offer_hours", server_default=None)
    op.create_check_constraint(op.f("ck_registration_setup_offers_last"), "registration_setup", "offer_hours > 0")
    op.add_column("registration", sa.Column("waits_from", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_registration_offer_holds_seat"), "registration", "state <> 'offered' OR has_seat"
    )
    op.create_table(
        "seat_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_by_id", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "given_back",
                "lapsed",
                "taken_back",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("until > offered_at", name=op.f("ck_seat_offer_ends_after_start")),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_seat_offer_closed_with_outcome")),
        sa.ForeignKeyConstraint(
            ["offered_by_id"], ["person.id"], name=op.f("fk_seat_offer_offered_by_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_seat_offer_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_offer")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_seat_offer_token_hash")),
    )
    op.create_index(
        "ix_seat_offer_open", "seat_offer", ["registration_id"], unique=True, postgresql_where="closed_at IS NULL"
    )
    op.create_index("ix_seat_offer_due", "seat_offer", ["until"], unique=False, postgresql_where="closed_at IS NULL")
    op.create_index("ix_seat_offer_registration", "seat_offer", ["registration_id", "offered_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_seat_offer_registration", table_name="seat_offer")
    op.drop_index("ix_seat_offer_due", table_name="seat_offer", postgresql_where="closed_at IS NULL")
    op.drop_index("ix_seat_offer_open", table_name="seat_offer", postgresql_where="closed_at IS NULL")
    op.drop_table("seat_offer")
    op.drop_constraint(op.f("ck_registration_offer_holds_seat"), "registration", type_="check")
    op.drop_column("registration", "waits_from")
    op.drop_constraint(op.f("ck_registration_setup_offers_last"), "registration_setup", type_="check")
    for name in ("offer_hours", *(name for name, _default in reversed(SETTINGS))):
        op.drop_column("registration_setup", name)
