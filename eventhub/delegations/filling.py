"""The link of a nominee, taken by the person; and filling the form in for somebody without an account."""

from sqlalchemy import select

from eventhub.delegations import access, actions, queries
from eventhub.delegations.actions import DelegationClosed, LinkClosed, NotFillable, OwnTyping
from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import actions as registering
from eventhub.registration import focal
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake


def claim(actor: Person, secret: str) -> tuple[Nominee, Event]:
    """Take a nomination: the registration is the actor's own from now on, with what a focal point had filled in. Once
    more is the same. Raises LinkClosed, OwnTyping, NominatedAlready, RegisteredAlready, and what begins no registration
    (NotOpenYet, Closed …).
    """
    found = queries.by_token(secret, lock=True)
    if found is None:
        raise LinkClosed
    nominee, delegation, event = found
    if nominee.claimed_at is not None and nominee.person_id == actor.id and nominee.left_at is None:
        return nominee, event
    if nominee.left_at is not None or nominee.claimed_at is not None:
        raise LinkClosed
    if actor.id == nominee.typed_by_id:
        raise OwnTyping
    before = db.session.get(Person, nominee.person_id) if nominee.person_id else None
    taken = focal.claim(actor, before, event.id) if before is not None else None
    nominee.person_id, nominee.claimed_at = actor.id, now()
    db.session.flush()
    if taken is None:
        mine = focal.begin(actor, actor, event.slug, delegation.id, delegation.category)
        nominee.registered_before = mine.submitted_at is not None
    db.session.flush()
    if before is not None:
        # Nobody is that person any more; the key that the focal point's typing was sealed with is destroyed. Last of
        # all: what is noted for a restore is not undone with the rest.
        people.erase(None, before)
    return nominee, event


def fillable(actor: Person, delegation: Delegation, nominee: Nominee) -> bool:
    """Whether the focal point may fill the form in: until the person has taken the link."""
    return (
        access.may_nominate(actor.id, delegation)
        and nominee.left_at is None
        and nominee.claimed_at is None
        # Who typed and was erased since leaves a person behind, and answers that nobody else here typed.
        and (nominee.person_id is None or nominee.typed_by_id == actor.id)
    )


def take_up(actor: Person, delegation: Delegation, event: Event, nominee: Nominee) -> Person:
    """Begin to fill the form in for somebody who has no account here. Once more is the same. Raises NotFound,
    DelegationClosed, NotFillable, and what begins no registration.
    """
    actions.hold(delegation)
    row = select(Nominee).where(Nominee.id == nominee.id).with_for_update()
    nominee = db.session.scalars(row.execution_options(populate_existing=True)).one()
    if not access.is_focal_point(actor.id, delegation):
        raise NotFound
    if delegation.closed_at is not None:
        raise DelegationClosed
    if not fillable(actor, delegation, nominee):
        raise NotFillable
    if nominee.person_id is not None:
        return db.session.get_one(Person, nominee.person_id)
    person = focal.person_without_account(actor, nominee.name, nominee.language, event.time_zone)
    nominee.person_id, nominee.typed_by_id = person.id, actor.id
    db.session.flush()
    focal.begin(actor, person, event.slug, delegation.id, delegation.category)
    return person


def intake_for(
    actor: Person,
    delegation: Delegation,
    event: Event,
    nominee: Nominee,
    *,
    lock: bool = False,
    sent_too: bool = False,
) -> Intake:
    """The form of somebody for whom the actor fills it in, while it is a draft; with ``sent_too`` also what was sent.
    Raises NotFound for any other: once the person has taken the link, nothing of it is here for the focal point.
    """
    if lock:
        row = select(Nominee).where(Nominee.id == nominee.id).with_for_update()
        nominee = db.session.scalars(row.execution_options(populate_existing=True)).one()
    if not fillable(actor, delegation, nominee) or nominee.person_id is None:
        raise NotFound
    found = registrations.intake(event.slug, db.session.get_one(Person, nominee.person_id), lock=lock)
    if found.registration is None or not (sent_too or found.registration.state is State.DRAFT):
        raise NotFound
    return found


def send(actor: Person, found: Intake) -> Registration:
    """Send it. Raises what ``registration.actions.submit`` raises."""
    return registering.submit(actor, found)
