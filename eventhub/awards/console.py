"""What the staff's pages of awards share: the blueprint, who comes in, and whose awards do not exist for them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import Blueprint, g, request

from eventhub.awards import access, queries
from eventhub.awards.ledger import EnvelopeBroken
from eventhub.awards.models import Award
from eventhub.funding.nearness import Aside, aside_of, too_near
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.people.models import Person
from eventhub.reviewing.queries import Reading, call_of

bp = Blueprint("awards_console", __name__)
BULK = 200
Result = TypeVar("Result")


@dataclass(frozen=True)
class Place:
    """The call, who looks, what that person may do here, and whose files do not exist for this person. Whoever waits
    for word of a near file reads of grants that were offered alone.
    """

    reading: Reading
    person: Person
    aside: Aside
    offers: bool
    pays: bool

    @property
    def slug(self) -> str:
        """The call in addresses."""
        return self.reading.call.slug

    @property
    def call_id(self) -> uuid.UUID:
        """The call."""
        return self.reading.call.id


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"


def at_awards(slug: str) -> Place:
    """The awards of a call, for its officers, approvers and finance. Raises NotFound for everybody else."""
    reading = call_of(slug)
    access.demand_any(actor().grants, reading.scope)
    return _place(reading)


def at_desk(slug: str) -> Place:
    """The same for officers alone. Raises NotFound."""
    reading = call_of(slug)
    access.demand_officer(actor().grants, reading.scope)
    return _place(reading)


def at_prices(slug: str) -> tuple[Place, bool]:
    """The same for officers and approvers, who change amounts before the offer; whether one may raise them. Raises
    NotFound.
    """
    reading = call_of(slug)
    raises = access.may_approve(actor().grants, reading.scope)
    if not raises:
        access.demand_officer(actor().grants, reading.scope)
    return _place(reading), raises


def at_till(slug: str) -> Place:
    """The same for finance alone. Raises NotFound."""
    reading = call_of(slug)
    access.demand_finance(actor().grants, reading.scope)
    return _place(reading)


def at_costs(slug: str) -> Place:
    """The same for officers and finance, who note what a journey cost. Raises NotFound."""
    reading = call_of(slug)
    access.demand_costs(actor().grants, reading.scope)
    return _place(reading)


def found_award(place: Place, award_id: uuid.UUID, *, lock: bool = False) -> Award:
    """An award of this call. Raises NotFound, also for one that the visitor is too near to, or may not know of yet."""
    award = queries.award(award_id, lock=lock)
    application = award.application
    if application.call_id != place.call_id:
        raise NotFound
    if too_near(place.person, [application]) or (place.aside.waits and award.offered_at is None):
        raise NotFound
    return award


def without_sums(is_near: bool, deed: Callable[[], Result]) -> Result:
    """Do it; whoever ``is_near`` to a file that waits for word is not told by how much an envelope would break."""
    try:
        return deed()
    except EnvelopeBroken:
        if is_near:
            raise EnvelopeBroken from None
        raise


def marked_ids() -> list[uuid.UUID]:
    """The rows that are marked in the list, each once. Raises NotFound for nonsense."""
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in request.form.getlist("id")[:BULK]))
    except ValueError:
        raise NotFound from None


def _place(reading: Reading) -> Place:
    person: Person = actor().person
    grants, aside = actor().grants, aside_of(person)
    return Place(
        reading,
        person,
        replace(aside, waits=bool(aside.waiting([reading.call.id]))),
        access.may_offer(grants, reading.scope),
        access.may_pay(grants, reading.scope),
    )
