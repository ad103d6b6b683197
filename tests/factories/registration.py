"""How events take registrations, and registrations."""

import itertools
from datetime import timedelta

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, RegistrationSetup, SeatAt, State
from tests.factories.people import make_person

NUMBERS = itertools.count(1)


def open_registration(event: Event, **given: object) -> RegistrationSetup:
    """Registration that opened a week ago and closes in a week, without a questionnaire."""
    values: dict[str, object] = {
        "opens_at": now() - timedelta(days=7),
        "closes_at": now() + timedelta(days=7),
        "seat_at": SeatAt.ACCREDITATION,
        "needs_accreditation": True,
        "capacity": None,
    }
    setup = RegistrationSetup(event_id=event.id, **(values | given))
    db.session.add(setup)
    db.session.flush()
    return setup


def make_registration(event: Event, person: Person | None = None, **given: object) -> Registration:
    """A registration that was sent and waits for a decision."""
    number = next(NUMBERS)
    values: dict[str, object] = {
        "state": State.UNDER_REVIEW,
        "reference": f"EH-TEST-{number:05d}",
        "submitted_at": now(),
        "category": "ngo_no_ecosoc",
        "country": "KE",
        "attendance_mode": "in_person",
    }
    registration = Registration(event_id=event.id, person_id=(person or make_person()).id, **(values | given))
    db.session.add(registration)
    db.session.flush()
    return registration
