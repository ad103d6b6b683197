"""What waits for the secretariat before publication, as the database says it."""

from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, exists, or_

from eventhub.commitments.models import Asking, Commitment, State, Version


class Waits(StrEnum):
    """For which step of the secretariat a record waits."""

    CONFIRMED = "confirmed"
    """The maker said yes: to be verified."""
    CORRECTED = "corrected"
    """The maker put the words right: to be looked at and verified."""
    NOBODY = "nobody"
    """No link is open and nobody has confirmed: another mailbox is needed, or another mail."""
    VERIFIED = "verified"
    """To be published."""


ASKED = frozenset({State.AWAITING_MAKER, State.CLARIFICATION})


def waits() -> ColumnElement[str | None]:
    """Of a Commitment: one of Waits, or null where nothing waits, or the maker has the word."""
    one = Commitment
    is_open = exists().where(Asking.commitment_id == one.id, Asking.closed_at.is_(None))
    by_maker = exists().where(Version.commitment_id == one.id, Version.number == one.newest, Version.by_maker)
    answered = and_(one.state.in_(ASKED), ~is_open)
    is_confirmed = one.confirmed == one.newest
    return case(
        (one.state == State.VERIFIED, Waits.VERIFIED.value),
        (and_(answered, is_confirmed, by_maker), Waits.CORRECTED.value),
        (and_(answered, is_confirmed), Waits.CONFIRMED.value),
        (or_(answered, one.state == State.LAPSED), Waits.NOBODY.value),
        else_=None,
    )
