"""The link of a person, taken by whoever holds it; and filling the form in for somebody who has no account."""

from collections.abc import Callable
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.helping import access, actions, queries
from eventhub.helping.actions import LinkClosed, TakenOver
from eventhub.helping.models import Charge
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, means
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import actions as registering
from eventhub.registration import behalf, focal
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration, State
from eventhub.registration.queries import Intake

TAKEN: list[Callable[[Person, Person], list[Person]]] = []
"""Features further up that keep something else of a person without an account: asked with who takes the link and who
that person was, before the former key is destroyed. They return whom nobody is any more, to be erased with it.
"""


class Keep(StrEnum):
    """Which of two registrations somebody keeps: one's own, or the one that was filled in."""

    OWN = "own"
    THEIRS = "theirs"


class OwnTyping(DomainError):
    """Who filled something in for somebody does not become that person."""

    message = _l(
        "You filled this registration in for somebody else, so it cannot become yours. Give the link to the person."
    )


class Choose(DomainError):
    """There are two registrations, and a person has one of each event."""

    status = 422
    message = _l("You have registered for this event yourself. Choose which registration you keep.")
    field = "keep"


class ClaimedAlready(DomainError):
    """Nobody takes part in an event by two links: who comes with a second one shares the account with somebody."""

    message = _l(
        "Another link for this event was taken with this address already. If you share the address with somebody, sign"
        " out, open the link again and sign in with an address of your own. Without one, ask whoever gave you the link"
        " to send the form for you and to print a slip."
    )


means("ix_charge_person", ClaimedAlready())


def standing(actor: Person, charge: Charge) -> tuple[Registration | None, Registration | None]:
    """The actor's own registration for the event and the one that was filled in, to be looked at."""
    rows = select(Registration).where(
        Registration.event_id == charge.event_id,
        Registration.person_id.in_([one for one in (actor.id, charge.person_id) if one]),
    )
    found = {one.person_id: one for one in db.session.scalars(rows)}
    return found.get(actor.id), found.get(charge.person_id) if charge.person_id else None


def claim(actor: Person, secret: str, keep: Keep | None = None) -> tuple[Charge, Event]:
    """Take the own file over: the registration is the actor's from now on, with what a helper had filled in. Once more
    is the same. Of two registrations the one stays that ``keep`` says; the other gives its seat back.

    Raises LinkClosed, OwnTyping, ClaimedAlready, Choose, OwnStays.
    """
    found = queries.by_token(secret, lock=True)
    if found is None:
        raise LinkClosed
    charge, event = found
    if charge.claimed_at is not None and charge.person_id == actor.id and charge.left_at is None:
        return charge, event
    if charge.left_at is not None or charge.claimed_at is not None:
        raise LinkClosed
    if actor.id == charge.helper_id:
        raise OwnTyping
    if queries.took_another(event.id, actor.id):
        raise ClaimedAlready
    before = db.session.get(Person, charge.person_id) if charge.person_id else None
    gone = _settle(actor, before, charge, keep)
    charge.claimed_at, charge.email, charge.phone = now(), None, None
    charge.person_id = None if charge.kept_own else actor.id
    db.session.flush()
    if before is not None:
        for take in TAKEN:
            gone += take(actor, before)
    for person in gone:
        # Nobody is that person any more; the key that the typing was sealed with is destroyed. Last of all: what is
        # noted for a restore is not undone with the rest.
        people.erase(None, person)
    return charge, event


def _settle(actor: Person, before: Person | None, charge: Charge, keep: Keep | None) -> list[Person]:
    """Make the two registrations one; who is to be erased after that."""
    if before is None:
        own, _theirs = standing(actor, charge)
        charge.kept_own = own is not None
        return []
    own, theirs = behalf.both(actor, before, charge.event_id)
    if own is None or theirs is None:
        charge.kept_own = own is not None
        if theirs is not None:
            focal.claim(actor, before, charge.event_id)
        return [before]
    if keep is None:
        raise Choose
    if keep is Keep.OWN:
        behalf.keep_own(actor, own, theirs)
        charge.kept_own = True
        return [before]
    if not behalf.may_give_way(own, theirs):
        raise behalf.OwnStays
    nobody = behalf.set_aside(actor, own, theirs)
    focal.claim(actor, before, charge.event_id)
    return [before, nobody]


def take_up(actor: Person, charge: Charge, event: Event) -> Person:
    """Begin to fill the form in for somebody who has no account here. Once more is the same. Raises TakenOver, and what
    begins no registration.
    """
    charge = actions.held(actor, charge)
    if charge.person_id is not None:
        return db.session.get_one(Person, charge.person_id)
    person = focal.person_without_account(actor, charge.name, charge.language, event.time_zone)
    charge.person_id = person.id
    db.session.flush()
    registering.start_draft(actor, person, registrations.intake_alone(event.slug, person))
    return person


def intake_for(actor: Person, charge: Charge, event: Event, *, lock: bool = False, sent_too: bool = False) -> Intake:
    """The form of somebody for whom the actor fills it in, while it is a draft; with ``sent_too`` also what was sent.
    Raises NotFound for any other: once the person has taken the link, nothing of it is here for the helper.
    """
    if lock:
        try:
            charge = actions.held(actor, charge)
        except TakenOver:
            raise NotFound from None
    if not access.may_fill(actor.id, charge) or charge.person_id is None:
        raise NotFound
    found = registrations.intake(event.slug, db.session.get_one(Person, charge.person_id), lock=lock)
    if found.registration is None or not (sent_too or found.registration.state is State.DRAFT):
        raise NotFound
    return found


def send(actor: Person, found: Intake) -> Registration:
    """Send it. Raises what ``registration.actions.submit`` raises."""
    return registering.submit(actor, found)
