"""What is asked about helpers: whom somebody registers, who stands behind a link, and the desk's list."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import load_only

from eventhub.helping.models import MOST, Charge, Registrar, UnwantedHelp
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.text import told_to_strangers
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.queries import EVENT_COLUMNS

NOT_SENT = frozenset({State.DRAFT, State.EXPIRED})
PUBLIC_NAME = func.coalesce(func.nullif(Person.alias, ""), Person.name)


class Status(StrEnum):
    """All that a helper learns of a person's registration."""

    NAMED = "named"
    BEGUN = "begun"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    TAKEN = "taken"
    KEPT_OWN = "kept_own"


@dataclass(frozen=True)
class Row:
    """Somebody's person with where the registration stands; ``state`` is None from the takeover on."""

    charge: Charge
    registration_id: uuid.UUID | None
    state: State | None

    @property
    def status(self) -> Status:
        """Where it stands, in the words of the helper: nothing after the person has taken it over."""
        if self.charge.claimed_at is not None:
            return Status.KEPT_OWN if self.charge.kept_own else Status.TAKEN
        if self.state is None:
            return Status.NAMED
        if self.state in NOT_SENT:
            return Status.BEGUN
        return Status.WITHDRAWN if self.state is State.WITHDRAWN else Status.SENT


@dataclass(frozen=True)
class Line:
    """A helper on the desk's list."""

    registrar: Registrar
    name: str
    claimed: int
    """How many of the people took their own file over."""


def event_of(slug: str) -> tuple[Event, RegistrationSetup]:
    """An event that takes registrations, and how. Raises NotFound, also for drafts."""
    rows = (
        select(Event, RegistrationSetup)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Event.slug == slug)
    )
    found = db.session.execute(rows).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def open_event(slug: str) -> tuple[Event, RegistrationSetup]:
    """The same for anybody who is signed in: no drafts. Raises NotFound."""
    event, setup = event_of(slug)
    if event.publication is Publication.DRAFT:
        raise NotFound
    return event, setup


def registrar(event_id: uuid.UUID, person_id: uuid.UUID) -> Registrar | None:
    """Somebody as a helper at an event; None before the first name."""
    return db.session.get(Registrar, (event_id, person_id))


def places(found: Registrar | None) -> tuple[int, int]:
    """How many people somebody has named, of how many."""
    return (found.taken, found.most) if found else (0, MOST)


def people(event_id: uuid.UUID, helper_id: uuid.UUID) -> list[Row]:
    """Whom somebody registers for an event, in the order of naming. One statement."""
    return _rows(and_(Charge.event_id == event_id, Charge.helper_id == helper_id, Charge.left_at.is_(None)))


def one_of(event_id: uuid.UUID, helper_id: uuid.UUID, charge_id: uuid.UUID) -> Row:
    """One of them. Raises NotFound."""
    mine = and_(Charge.id == charge_id, Charge.event_id == event_id, Charge.helper_id == helper_id)
    found = _rows(and_(mine, Charge.left_at.is_(None)))
    if not found:
        raise NotFound
    return found[0]


def own(slug: str, helper_id: uuid.UUID, charge_id: uuid.UUID) -> tuple[Event, Row]:
    """One of somebody's people with the event, for pages. Raises NotFound. One statement, whatever is missing."""
    rows = (
        _with_registration(select(Charge, Registration.id, Registration.state, Event))
        .join(Event, Event.id == Charge.event_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(
            Event.slug == slug,
            Event.publication != Publication.DRAFT,
            Charge.id == charge_id,
            Charge.helper_id == helper_id,
            Charge.left_at.is_(None),
        )
    )
    found = db.session.execute(rows.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound
    return found[3], Row(found[0], found[1], found[2])


def helped_at(slug: str, person_id: uuid.UUID) -> Event:
    """The event for which somebody else had registered this person. Raises NotFound. One statement."""
    rows = (
        select(Event)
        .join(Charge, Charge.event_id == Event.id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Event.slug == slug, Charge.person_id == person_id, Charge.left_at.is_(None))
    )
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound
    return found


def mine(person_id: uuid.UUID) -> list[tuple[Event, int]]:
    """The events for which somebody registers others, the newest first, with how many people. One statement."""
    rows = (
        select(Event, Registrar.taken)
        .join(Registrar, Registrar.event_id == Event.id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Registrar.person_id == person_id, Registrar.taken > 0)
        .order_by(Event.first_day.desc(), Event.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def by_token(secret: str, *, lock: bool = False) -> tuple[Charge, Event] | None:
    """Whose link this is, whether it is still open or not; None for nobody's."""
    rows = (
        select(Charge, Event)
        .join(Event, Event.id == Charge.event_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Charge.token_hash == digest(secret), Event.publication != Publication.DRAFT)
    )
    if lock:
        rows = rows.with_for_update(of=Charge).execution_options(populate_existing=True)
    found = db.session.execute(rows).first()
    return (found[0], found[1]) if found else None


def told(charge_id: uuid.UUID) -> tuple[Charge, Person] | None:
    """A person and who names her, for the mail; None where there is nothing to say any more."""
    rows = (
        select(Charge, Person)
        .join(Person, Person.id == Charge.helper_id)
        .where(
            Charge.id == charge_id,
            Charge.left_at.is_(None),
            Charge.claimed_at.is_(None),
            Charge.email.is_not(None),
            Person.erased_at.is_(None),
        )
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1]) if found else None


def is_unwanted(helper_id: uuid.UUID, email: str) -> bool:
    """Whether a mailbox wants no mails because of this helper."""
    mine = UnwantedHelp.helper_id == helper_id, UnwantedHelp.address_hash == address_hash(email)
    return db.session.scalar(select(UnwantedHelp.refused_at).where(*mine)) is not None


def refusable(secret: str) -> tuple[uuid.UUID, bytes] | None:
    """Which helper and which mailbox a "Not me" is about, where it was not said yet: by the link of a mail, which stays
    the same whatever the helper does, or by the link of a person, from its page.
    """
    mailed = select(UnwantedHelp).where(UnwantedHelp.token_hash == digest(secret), UnwantedHelp.refused_at.is_(None))
    row = db.session.scalar(mailed)
    if row is not None:
        return row.helper_id, row.address_hash
    found = by_token(secret)
    if found is None or found[0].email is None or found[0].helper_id is None or found[0].claimed_at is not None:
        return None
    return found[0].helper_id, address_hash(found[0].email)


def address_hash(email: str) -> bytes:
    """What is kept of a mailbox that wants no mails."""
    return digest(f"helping.unwanted\0{email}")


def of_person(event_id: uuid.UUID, person_id: uuid.UUID) -> Charge | None:
    """By whom somebody was registered, if by anybody who was not thrown out since. One statement."""
    rows = select(Charge).where(
        Charge.event_id == event_id, Charge.person_id == person_id, Charge.left_at.is_(None), Charge.kept_own.is_(False)
    )
    return db.session.scalar(rows)


def took_another(event_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether an account took somebody's link for an event, as neighbours with one mailbox do for one of them. One
    statement.
    """
    theirs = Charge.event_id == event_id, Charge.person_id == person_id, Charge.claimed_at.is_not(None)
    return bool(db.session.scalar(select(exists().where(*theirs))))


def lines(event_id: uuid.UUID) -> list[Line]:
    """The helpers of an event for its desk, those with most people first. One statement."""
    claimed = (
        select(func.count(Charge.id))
        .where(
            Charge.event_id == Registrar.event_id,
            Charge.helper_id == Registrar.person_id,
            Charge.left_at.is_(None),
            Charge.claimed_at.is_not(None),
        )
        .correlate(Registrar)
        .scalar_subquery()
    )
    rows = (
        select(Registrar, PUBLIC_NAME, claimed)
        .join(Registrar.person)
        .where(Registrar.event_id == event_id)
        .order_by(Registrar.taken.desc(), Registrar.since, Registrar.person_id)
    )
    return [Line(*row) for row in db.session.execute(rows)]


def public_names(person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What others see of these persons. One statement, none for nobody."""
    if not person_ids:
        return {}
    rows = select(Person.id, PUBLIC_NAME).where(Person.id.in_(person_ids))
    return {row[0]: row[1] for row in db.session.execute(rows)}


def told_names(person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What strangers read of helpers; empty where they read no name. One statement, none for nobody."""
    if not person_ids:
        return {}
    rows = select(Person.id, Person.alias, Person.name, Person.discreet).where(Person.id.in_(person_ids))
    return {one: told_name(alias, name, discreet=discreet) for one, alias, name, discreet in db.session.execute(rows)}


def told_name(alias: str | None, name: str, *, discreet: bool) -> str:
    """The name of a helper for strangers: none of a discreet person without a public one, and no advertisement."""
    # A discreet helper without a public name is nobody's business either.
    return told_to_strangers(alias or ("" if discreet else name))


def references(event_id: uuid.UUID, person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The references of what was sent for these persons. One statement, none for nobody."""
    if not person_ids:
        return {}
    rows = select(Registration.person_id, Registration.reference).where(
        Registration.event_id == event_id,
        Registration.person_id.in_(person_ids),
        Registration.reference.is_not(None),
        Registration.state != State.WITHDRAWN,
    )
    return {row.person_id: row.reference for row in db.session.execute(rows)}


def _rows(which: Any) -> list[Row]:
    rows = (
        _with_registration(select(Charge, Registration.id, Registration.state))
        .where(which)
        .order_by(Charge.named_at, Charge.name, Charge.id)
    )
    return [Row(*row) for row in db.session.execute(rows.execution_options(populate_existing=True))]


def _with_registration(rows: Any) -> Any:
    """From the takeover on nothing of the registration is the helper's to know."""
    theirs = and_(
        Registration.event_id == Charge.event_id,
        Registration.person_id == Charge.person_id,
        Charge.claimed_at.is_(None),
    )
    return rows.outerjoin(Registration, theirs)
