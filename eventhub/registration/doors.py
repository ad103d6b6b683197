"""What happens to a registration at the door: somebody came, or somebody is registered there."""

import uuid

from flask_babel import lazy_gettext as _l

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.sealed import new_key
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration.models import Registration, RegistrationSetup, SeatAt, State
from eventhub.registration.moves import can_move, move
from eventhub.registration.reference import new_reference
from eventhub.registration.seats import take_seat


class NoPlaceLeft(DomainError):
    """Walk-ins take seats like everybody else."""

    message = _l("All places are taken, so nobody more can be registered at the door.")


class NotTaken(DomainError):
    """The event was cancelled, or takes no registrations at all."""

    message = _l("This event takes no registrations.")


def attend(actor: Person | None, registration: Registration) -> Registration:
    """Somebody came. The caller holds the row; who came already, or has no way there any more, stays as it is."""
    if can_move(registration.state, State.ATTENDED):
        move(registration, State.ATTENDED, actor=actor)
    return registration


def register_at_desk(
    actor: Person,
    event: Event,
    setup: RegistrationSetup | None,
    *,
    name: str,
    category: str,
    contact: str | None,
    accredit: bool,
) -> Registration:
    """Register somebody who stands at the desk, whatever the deadline. Raises NoPlaceLeft, NotTaken.

    With ``accredit`` the person is accredited at once, else waits for the accreditation desk. The contact opens no
    account and finds none: nobody at a door learns whether an address is known.
    """
    if setup is None or event.publication is Publication.CANCELLED:
        raise NotTaken
    moment = now()
    person = Person(id=uuid.uuid4(), seal_key_id=new_key().id, name=name, phone=contact, time_zone=event.time_zone)
    db.session.add(person)
    db.session.flush()
    registration = Registration(
        id=uuid.uuid4(),
        event_id=event.id,
        person_id=person.id,
        filed_by_id=actor.id,
        state=State.DRAFT,
        reference=new_reference(event.code),
        category=category,
        attendance_mode="in_person",
        legal_name=name,
        submitted_at=moment,
    )
    db.session.add(registration)
    audit.record("registration.at_desk", registration, actor=actor, scope_id=event.id, category=category)
    move(registration, State.SUBMITTED, State.UNDER_REVIEW, actor=actor)
    if accredit:
        move(registration, State.ACCREDITED, actor=actor, reason="complete")
    # Last of all: from here on the event's seats are locked.
    if accredit or setup.seat_at is SeatAt.SUBMISSION:
        if not take_seat(event.id):
            raise NoPlaceLeft
        registration.has_seat = True
    db.session.flush()
    return registration
