"""The link of a nominee, taken by the person; and filling the form in for somebody without an account."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.delegations import access, actions, queries
from eventhub.delegations.actions import DelegationClosed, LinkClosed
from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.people import actions as people
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.registration import actions as registering
from eventhub.registration import focal
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake


class OwnTyping(DomainError):
    """Who filled something in for somebody does not become that person."""

    message = _l(
        "You filled this registration in for somebody else, so it cannot become yours. Give the link to the person."
    )


class NotFillable(DomainError):
    """The person fills in the form, or the form was sent."""

    message = _l("You cannot fill in this form any more: the person has taken it over, or it was sent.")


def become(actor: Person, secret: str, name: str | None = None) -> Delegation:
    """Become the focal point, with a name for whoever has none yet. Raises LinkClosed."""
    delegation = actions.accept_focal_point(actor, secret)
    actor.name = actor.name or name or ""
    return delegation


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
        known = _known(delegation, nominee)
        mine = focal.begin(actor, actor, event.slug, delegation.id, delegation.category, known=known)
        nominee.registered_before = mine.submitted_at is not None
    db.session.flush()
    if before is not None:
        # Nobody is that person any more; the key that the focal point's typing was sealed with is destroyed. Last of
        # all: what is noted for a restore is not undone with the rest.
        people.erase(None, before)
    return nominee, event


def decline(actor: Person, secret: str) -> Nominee:
    """Not to come, said by whoever holds the link: the place is free, and the focal point gets a mail. Those who would
    have stood beside go too, as when somebody is replaced by nobody. Raises LinkClosed.
    """
    found = queries.by_token(secret)
    if found is None:
        raise LinkClosed
    delegation = actions.hold(found[1])
    again = queries.by_token(secret, lock=True)
    if again is None or again[0].left_at is not None or again[0].claimed_at is not None:
        raise LinkClosed
    nominee = again[0]
    beside = select(Nominee).where(Nominee.beside_id == nominee.id, Nominee.left_at.is_(None)).with_for_update()
    actions.leave(actor, [nominee, *db.session.scalars(beside)])
    _note("declined", delegation, actor, nominees=[str(nominee.id)])
    promise("delegations.declined", nominee_id=nominee.id)
    return nominee


def decline_focal_point(actor: Person, secret: str) -> Delegation:
    """Not to be the focal point: the invitation is closed, and the desk reads it. Raises LinkClosed."""
    found = queries.invitation_by_token(secret)
    if found is None:
        raise LinkClosed
    delegation = actions.hold(found[1])
    again = queries.invitation_by_token(secret, lock=True)
    if again is None or not actions.is_open(again[0], now()):
        raise LinkClosed
    again[0].closed_at = now()
    _note("focal_point_declined", delegation, actor)
    return delegation


def _known(delegation: Delegation, nominee: Nominee) -> dict[str, object]:
    """What the nomination says already, by the keys of the questions that ask for it."""
    named = db.session.get_one(Organisation, delegation.organisation_id).name
    return {"legal_name": nominee.name, "display_name": nominee.name, "organisation": {"name": named}}


def _note(deed: str, delegation: Delegation, actor: Person, **detail: Any) -> None:
    audit.record(f"delegation.{deed}", delegation, actor=actor, scope_id=delegation.event_id, **detail)


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
    focal.begin(actor, person, event.slug, delegation.id, delegation.category, known=_known(delegation, nominee))
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
