"""Delegations with a focal point and people in several states, made by the actions themselves."""

from datetime import timedelta

from eventhub.delegations import actions, filling, queries
from eventhub.delegations.actions import Nomination
from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import actions as registering
from eventhub.registration.models import Registration
from tests.factories.people import NUMBERS, make_person
from tests.factories.registration import ANSWERS, intake


def make_delegation(event: Event, focal: Person | None = None, **given: object) -> Delegation:
    """An open delegation; its focal point has accepted."""
    name = str(given.pop("name", f"Delegation {next(NUMBERS)}"))
    delegation = actions.open_delegation(make_person(), event, name, **given)  # type: ignore[arg-type]
    if focal is not None:
        become_focal_point(delegation, focal)
    return delegation


def become_focal_point(delegation: Delegation, focal: Person) -> None:
    """Invite somebody, and let that person accept."""
    invitation = actions.invite_focal_point(make_person(), delegation, focal.email or "", "en")
    actions.accept_focal_point(focal, actions.focal_token(invitation))


def nominate(delegation: Delegation, *names: str, email: str | None = None) -> list[Nominee]:
    """Nominate people of these names; without ``email`` each has a mailbox of the own."""
    focal = db.session.get_one(Person, delegation.focal_id)
    rows = [
        Nomination(place, name, email or f"{name.split()[0].lower()}{next(NUMBERS)}@example.org")
        for place, name in enumerate(names)
    ]
    return actions.nominate(focal, delegation, rows, "en")


def claim(nominee: Nominee, person: Person | None = None) -> Person:
    """Somebody signs in and takes the link."""
    person = person or make_person()
    filling.claim(person, actions.nominee_token(nominee))
    return person


def complete(event: Event, person: Person) -> Registration:
    """Answer everything and send."""
    found = intake(event, person)
    registering.save_page(person, found, ANSWERS)
    return registering.submit(person, found)


def arrived(delegation: Delegation, event: Event, name: str, *, days_ago: int = 0) -> tuple[Nominee, Registration]:
    """A nominee whose registration was sent so long ago and awaits the focal point's word."""
    (nominee,) = nominate(delegation, name)
    registration = complete(event, claim(nominee))
    registration.submitted_at = now() - timedelta(days=days_ago)
    db.session.flush()
    return nominee, registration


def status(delegation: Delegation, nominee: Nominee) -> str:
    """Where a nominee stands, as the focal point reads it."""
    return queries.nominee_of(delegation.id, nominee.id).status.value
