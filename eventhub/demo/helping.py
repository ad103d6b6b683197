"""Somebody who registers neighbours for this year's Forum: two share a mailbox, two have none, one has taken over."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from eventhub.helping.actions import charge_token
from eventhub.helping.models import Charge, Registrar
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State

NEIGHBOURS = (
    ("Halima Abdi", "village@example.org", None),
    ("Yusuf Abdi", "village@example.org", None),
    ("Fadumo Nur", None, "+252 61 555 0101"),
    ("Mahad Nur", None, None),
)


def make_helping(event: Event, helper: Person) -> None:
    """The people on somebody's list; nobody has begun their forms, and one registration was taken over."""
    db.session.add(Registrar(event_id=event.id, person_id=helper.id, taken=0))
    db.session.flush()
    for name, mailbox, phone in NEIGHBOURS:
        _named(event, helper, name, mailbox, phone)
    rows = (
        select(Registration, Person)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.event_id == event.id,
            Registration.state == State.UNDER_REVIEW,
            Registration.delegation_id.is_(None),
            Registration.person_id != helper.id,
        )
        .order_by(Registration.submitted_at, Registration.reference)
        .limit(1)
    )
    for registration, person in db.session.execute(rows):
        charge = _named(event, helper, registration.legal_name or person.name, None, None)
        charge.person_id, charge.claimed_at = person.id, registration.submitted_at
        registration.filed_by_id = helper.id
    db.session.flush()


def _named(event: Event, helper: Person, name: str, mailbox: str | None, phone: str | None) -> Charge:
    charge = Charge(
        id=uuid.uuid4(),
        event_id=event.id,
        helper_id=helper.id,
        name=name,
        email=mailbox,
        phone=phone,
        language="en",
        salt=new_salt(),
        named_at=now() - timedelta(days=2),
        kept_own=False,
    )
    charge.token_hash = digest(charge_token(charge))
    db.session.add(charge)
    audit.record("helping.named", charge, actor=helper, scope_id=event.id)
    return charge
