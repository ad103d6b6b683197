"""EventHub with the guard on seats taken out: seats are read, then written, as a careless programmer would.

Only for the control run, which must oversell: so the rush is known to see what it is there to see.
"""

import uuid
from typing import Any

from sqlalchemy import select, update

from eventhub.app import create_app
from eventhub.kit.db import db
from eventhub.registration import actions, at_once
from eventhub.registration.models import RegistrationSetup


def careless_take(event_id: uuid.UUID, _category: str | None = None) -> bool:
    """Look whether a seat is free, and take it."""
    columns = (RegistrationSetup.capacity, RegistrationSetup.seats_taken)
    mine = RegistrationSetup.event_id == event_id
    row = db.session.execute(select(*columns).where(mine)).one()
    if row.capacity is not None and row.seats_taken >= row.capacity:
        return False
    taken = update(RegistrationSetup).where(mine).values(seats_taken=row.seats_taken + 1)
    db.session.execute(taken.execution_options(synchronize_session=False))
    return True


def __getattr__(name: str) -> Any:  # what the web server asks for
    if name == "app":
        # Nor by the one statement that takes the seat and writes the rest.
        at_once.states_of = lambda _registration, _intake: []
        actions.take_seat = careless_take
        return create_app()
    raise AttributeError(name)
