"""Two delegations at this year's Forum: one whose focal point is at work, one that nobody answers for yet."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from eventhub.delegations.actions import focal_token, nominee_token
from eventhub.delegations.models import Delegation, FocalInvitation, Kind, Nominee
from eventhub.delegations.queries import NOT_SENT
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State

HERE, THERE = "Federation of Island Communities", "Council of Mountain Peoples"
INVITED = (("Teuila Fonoti", "teuila.fonoti@example.org"), ("Sione Taufa", None))
INTERPRETER = "Marguerite Lefèvre"


def make_delegations(event: Event, focal: Person, staff: Person) -> None:
    """Every registration that waits for a focal point is tied to one of them."""
    waiting = _in_state(event, State.AWAITING_FOCAL_POINT)
    approved = _in_state(event, State.ACCREDITED, limit=3)
    cut = len(waiting) // 2
    here = _opened(event, HERE, 20, staff)
    here.focal_id, here.focal_since = focal.id, now() - timedelta(days=20)
    people = _nominated(here, [*approved, *waiting[:cut]], focal)
    for name, mailbox in INVITED:
        _nominee(here, name, mailbox, focal)
    _nominee(here, INTERPRETER, None, focal, kind=Kind.INTERPRETER, beside=people[0])
    there = _opened(event, THERE, None, staff)
    _nominated(there, waiting[cut:], None)
    invitation = FocalInvitation(
        id=uuid.uuid4(),
        delegation_id=there.id,
        email="council@example.org",
        language="es",
        salt=new_salt(),
        invited_by_id=staff.id,
        until=now() + timedelta(days=30),
    )
    invitation.token_hash = digest(focal_token(invitation))
    db.session.add(invitation)
    audit.record("delegation.focal_point_invited", there, actor=staff, scope_id=event.id)
    db.session.flush()


def _in_state(event: Event, state: State, limit: int | None = None) -> list[Registration]:
    rows = select(Registration).where(Registration.event_id == event.id, Registration.state == state)
    return list(db.session.scalars(rows.order_by(Registration.submitted_at, Registration.reference).limit(limit)))


def _opened(event: Event, name: str, quota: int | None, staff: Person) -> Delegation:
    organisation = Organisation(id=uuid.uuid4(), name=name, kind="other", confirmed_at=now())
    db.session.add(organisation)
    db.session.flush()
    made = Delegation(
        id=uuid.uuid4(), event_id=event.id, organisation_id=organisation.id, quota=quota, places_taken=0, silent_days=5
    )
    db.session.add(made)
    db.session.flush()
    audit.record("delegation.opened", made, actor=staff, scope_id=event.id)
    return made


def _nominated(delegation: Delegation, registrations: Sequence[Registration], focal: Person | None) -> list[Nominee]:
    persons = {
        person.id: person
        for person in db.session.scalars(select(Person).where(Person.id.in_([one.person_id for one in registrations])))
    }
    made = []
    for one in registrations:
        person = persons[one.person_id]
        nominee = _nominee(delegation, one.legal_name or person.name, person.email, focal)
        nominee.person_id = person.id
        nominee.invited_at = nominee.claimed_at = one.created_at
        if one.state not in NOT_SENT | {State.AWAITING_FOCAL_POINT}:
            nominee.approved_at = one.decided_at
        one.delegation_id, one.awaits_word = delegation.id, nominee.approved_at is None
        made.append(nominee)
    db.session.flush()
    return made


def _nominee(
    delegation: Delegation,
    name: str,
    mailbox: str | None,
    focal: Person | None,
    *,
    kind: Kind = Kind.DELEGATE,
    beside: Nominee | None = None,
) -> Nominee:
    nominee = Nominee(
        id=uuid.uuid4(),
        delegation_id=delegation.id,
        event_id=delegation.event_id,
        kind=kind,
        beside_id=beside.id if beside else None,
        name=name,
        email=mailbox,
        language="en",
        salt=new_salt(),
        invited_by_id=focal.id if focal else None,
        invited_at=now() - timedelta(days=3),
        overridden=False,
    )
    nominee.token_hash = digest(nominee_token(nominee))
    db.session.add(nominee)
    return nominee
