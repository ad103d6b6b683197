"""Seats: counted in one row per event, taken by one statement, bounded by a CHECK behind it.

The row is locked from the moment a seat is taken until the transaction ends. There is one order, so that nobody waits
in a circle: this row first, then registrations that have a seat, an offer or a place in line. Only a draft, which
nobody else waits for, is locked before: registering takes its seat as late as it can.
"""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import bindparam, exists, literal, or_, select, union_all, update

from eventhub.kit.db import db, table_of
from eventhub.kit.revisions import bump
from eventhub.programme.models import Event, Publication
from eventhub.registration.models import ModePlaces, RegistrationCategory, RegistrationSetup

CATEGORY, WAY = "category:", "way:"
_SETUP, _EVENT = table_of(RegistrationSetup), table_of(Event)
TAKE_ONE = (
    update(_SETUP)
    .where(
        _SETUP.c.event_id == bindparam("this_event"),
        or_(_SETUP.c.capacity.is_(None), _SETUP.c.seats_taken < _SETUP.c.capacity),
        exists().where(_EVENT.c.id == bindparam("this_event"), _EVENT.c.publication != Publication.CANCELLED),
        # Who waited for the row while the event was cancelled reads this of the row as it is then (cancelling.close).
        ~_SETUP.c.is_off,
    )
    .values(seats_taken=_SETUP.c.seats_taken + 1)
    .returning(_SETUP.c.capacity, _SETUP.c.seats_taken)
)
"""Takes a seat where one is left and the event takes place; gives the capacity and the seats taken."""


def hold_seats(event_id: uuid.UUID) -> RegistrationSetup:
    """Lock an event's row of seats, and with it the order of its waiting list. The row as it is now."""
    db.session.flush()
    row = select(RegistrationSetup).where(RegistrationSetup.event_id == event_id).with_for_update()
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def left_by_count(event_id: uuid.UUID) -> dict[str, int]:
    """How many seats are left of each category that has a quota, and of each way of taking part that has a limit, by
    ``category_key`` and ``way_key``; others are not named. One statement.

    It holds for whoever holds the event's row (hold_seats): nobody else takes or frees a seat then.
    """
    by_category = select(
        literal(CATEGORY) + RegistrationCategory.code, RegistrationCategory.quota - RegistrationCategory.seats_taken
    ).where(RegistrationCategory.event_id == event_id, RegistrationCategory.quota.is_not(None))
    by_way = select(literal(WAY) + ModePlaces.code, ModePlaces.quota - ModePlaces.seats_taken).where(
        ModePlaces.event_id == event_id
    )
    rows: Any = db.session.execute(union_all(by_category, by_way))
    return {key: left for key, left in rows if left is not None}


def category_key(code: str | None) -> str:
    """What the seats of a category are counted under."""
    return CATEGORY + (code or "")


def way_key(code: str | None) -> str:
    """What the seats of a way of taking part are counted under."""
    return WAY + (code or "")


def keys(category: str | None, way: str | None) -> tuple[str, str]:
    """All that a seat of somebody is counted under."""
    return category_key(category), way_key(way)


def have_room(left: Mapping[str, int], *counted: str) -> bool:
    """Whether one more seat fits under everything that it counts under."""
    return all(left.get(key, 1) > 0 for key in counted)


def added(before: int | None, after: int | None) -> int | None:
    """How many seats there are more where a limit was moved; None: any number."""
    if after is None:
        return 0 if before is None else None
    return 0 if before is None else max(0, after - before)


def take_seat(event_id: uuid.UUID, counted: Collection[str] = ()) -> bool:
    """Take one seat. False when none is left; then the event's row is locked all the same, so that a seat that becomes
    free at this moment is not missed by both sides. ``counted``: keys with a limit, which must have room as well.

    Their own counts follow with the registration's has_seat.
    """
    if counted:
        hold_seats(event_id)
        if not have_room(left_by_count(event_id), *counted):
            return False
    if _take_one(event_id):
        return True
    lock = select(RegistrationSetup.event_id).where(RegistrationSetup.event_id == event_id).with_for_update()
    db.session.execute(lock)
    return _take_one(event_id)


def take_seats(event_id: uuid.UUID, wanted: int) -> int:
    """Take as many of the wanted seats as are left; how many."""
    if wanted < 1:
        return 0
    columns = select(RegistrationSetup.capacity, RegistrationSetup.seats_taken)
    row = db.session.execute(columns.where(RegistrationSetup.event_id == event_id).with_for_update()).one()
    got = wanted if row.capacity is None else max(0, min(wanted, row.capacity - row.seats_taken))
    if got:
        db.session.execute(
            update(RegistrationSetup)
            .where(RegistrationSetup.event_id == event_id)
            .values(seats_taken=RegistrationSetup.seats_taken + got)
            .execution_options(synchronize_session=False)
        )
        if row.seats_taken + got == row.capacity:
            bump("programme")
    return got


def free_seats(event_id: uuid.UUID, number: int = 1) -> None:
    """Give seats back."""
    if number < 1:
        return
    statement = (
        update(RegistrationSetup)
        .where(RegistrationSetup.event_id == event_id)
        .values(seats_taken=RegistrationSetup.seats_taken - number)
        .returning(RegistrationSetup.capacity, RegistrationSetup.seats_taken)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(statement).one()
    if row.capacity is not None and row.seats_taken < row.capacity <= row.seats_taken + number:
        bump("programme")


def note_taken(row: Any) -> None:
    """A seat was taken; ``row``: how many there are, and how many are taken now."""
    if row.seats_taken == row.capacity:
        # Public pages say whether there is room: they are made anew only when that changes.
        bump("programme")


def _take_one(event_id: uuid.UUID) -> bool:
    # What is not written yet is written before the row is locked, not after it.
    db.session.flush()
    row = db.session.execute(TAKE_ONE, {"this_event": event_id}).first()
    if row is None:
        return False
    note_taken(row)
    return True
