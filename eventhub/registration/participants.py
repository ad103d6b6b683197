"""The list of participants: who stands on it, which is said here alone, and the public one.

On it are people who take part, agreed to this channel (DOMAIN.md rule 8), have not gone discreet and have a public
name. Those who work there are no participants. Whatever takes somebody off the list calls ``bump(REVISION)``, or bumps
``people``; those who come are on it when the page is made anew, after ``FRESH`` at the latest.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import load_only

from eventhub.kit.codes import collation_key
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.people.models import Channel, Consent, Organisation, Person
from eventhub.people.queries import agrees
from eventhub.programme.models import Event, Publication
from eventhub.registration.categories import unlisted
from eventhub.registration.models import TAKES_PART, Registration, RegistrationSetup
from eventhub.registration.queries import EVENT_COLUMNS, PUBLIC_NAME

AT_WORK = frozenset({"secretariat", "security_staff", "interpreter_or_assistant"})
REVISION = "participants"
"""Rises when somebody leaves a list by what happens to a registration. Where a transaction bumps several revisions,
this one comes before ``programme`` and ``people``, so that nobody waits in a circle.
"""
FRESH = timedelta(minutes=5)


class AgreedToLess(DomainError):
    """Who agreed did so to a list that not everybody reads."""

    status = 422
    message = _l(
        "People have already agreed to a list that not everybody reads. This can be chosen only before the first of "
        "them registers."
    )
    field = "public_list"


@dataclass(frozen=True)
class Listed:
    """Somebody on a public list, and all that it says: nothing here may be more than what they agreed to show."""

    name: str
    organisation: str | None
    represents: str | None
    category: str | None


@dataclass(frozen=True)
class Page:
    """One page of a list, its number, what the filters offer, and how many there are."""

    people: list[Listed]
    number: int
    total: int
    everybody: int
    categories: list[str]
    countries: list[str]


def takes_part(event_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """Who takes part in an event, for statements that join Registration and Person."""
    return (
        Registration.event_id == event_id,
        Registration.state.in_(TAKES_PART),
        Person.erased_at.is_(None),
    )


def on_the_list(event_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """Who stands on the list of participants of an event: the public one, and the paper that the desk prints."""
    return (
        *takes_part(event_id),
        or_(Registration.category.is_(None), Registration.category.not_in(AT_WORK)),
        ~unlisted(event_id),
        Person.discreet.is_(False),
        PUBLIC_NAME != "",
        agrees(Channel.LIST_OF_PARTICIPANTS, event_id),
    )


def is_listed(registration: Registration) -> bool:
    """Whether somebody stands on the list of participants as things are now. One statement, or none."""
    if registration.state not in TAKES_PART:
        return False
    found = select(Registration.id).join(Person, Person.id == Registration.person_id)
    found = found.where(Registration.id == registration.id, *on_the_list(registration.event_id))
    return db.session.scalar(found) is not None


def demand_nobody_agreed(event_id: uuid.UUID) -> None:
    """A list becomes public only while nobody has agreed to another one: consent is to what was said when it was asked
    for (DOMAIN.md rule 8). Raises AgreedToLess.
    """
    mine = select(Consent.person_id).where(
        Consent.event_id == event_id, Consent.channel == Channel.LIST_OF_PARTICIPANTS, Consent.given
    )
    if db.session.scalar(mine.limit(1)) is not None:
        raise AgreedToLess


def event_with_list(slug: str) -> Event:
    """A published event whose list anybody may read. Raises NotFound."""
    rows = (
        select(Event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Event.slug == slug, Event.publication == Publication.PUBLISHED, RegistrationSetup.public_list)
    )
    event: Event | None = db.session.scalar(rows)
    if event is None:
        raise NotFound
    return event


def is_anybody_on(event_id: uuid.UUID) -> bool:
    """Whether an event's list names anybody. One statement."""
    found = _with_person(select(Registration.id)).where(*on_the_list(event_id)).limit(1)
    return db.session.scalar(found) is not None


def listed(event_id: uuid.UUID) -> list[Listed]:
    """Everybody on an event's list. One statement."""
    columns = (PUBLIC_NAME, Organisation.name, Registration.represents, Registration.category)
    rows = _with_person(select(*columns)).outerjoin(Organisation, Organisation.id == Registration.organisation_id)
    return [Listed(*row) for row in db.session.execute(rows.where(*on_the_list(event_id)))]


def page_of(event_id: uuid.UUID, lang: str, *, category: str, country: str, page: int, size: int) -> Page:
    """One page of an event's list, in the order of names as the language sorts them. An empty filter leaves all, and
    after the last page comes the last one.
    """
    people = listed(event_id)
    chosen = [one for one in people if category in {"", one.category} and country in {"", one.represents}]
    chosen.sort(key=lambda one: (collation_key(one.name, lang), one.name, one.organisation or ""))
    number = min(page, max(1, -(-len(chosen) // size)))
    return Page(
        chosen[(number - 1) * size : number * size],
        number,
        len(chosen),
        len(people),
        _codes(one.category for one in people),
        _codes(one.represents for one in people),
    )


def _codes(found: Any) -> list[str]:
    given: Collection[str] = {code for code in found if code}
    return sorted(given)


def _with_person(columns: Any) -> Any:
    return columns.select_from(Registration).join(Person, Person.id == Registration.person_id)
