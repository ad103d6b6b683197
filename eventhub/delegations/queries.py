"""What is asked about delegations: the console's list, the focal point's people, and who stands behind a link."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, load_only

from eventhub.delegations.models import Delegation, FocalInvitation, Kind, Nominee
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.tokens import digest
from eventhub.kit.working_days import working_days_after
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event, Publication
from eventhub.registration.models import Registration, RegistrationSetup, State
from eventhub.registration.queries import EVENT_COLUMNS, NEAR_BY, PUBLIC_NAME

NOT_SENT = frozenset({State.DRAFT, State.EXPIRED})
REFUSED = frozenset({State.DECLINED, State.REVOKED})
ELSEWHERE = NOT_SENT | REFUSED | {State.WITHDRAWN}
"""States in which nobody waits for a focal point's word."""
_WITH_FOCAL = (
    select(Person, Delegation, Event)
    .join(Delegation, Delegation.focal_id == Person.id)
    .join(Event, Event.id == Delegation.event_id)
    .join(Delegation.organisation)
    .options(contains_eager(Delegation.organisation))
)
Linked = TypeVar("Linked", Nominee, FocalInvitation)
"""What a mailed link opens."""


class Status(StrEnum):
    """All that a focal point learns of a nominee's registration."""

    INVITED = "invited"
    BEGUN = "begun"
    COMPLETE = "complete"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    LEFT = "left"


@dataclass(frozen=True)
class Row:
    """A nominee with where the registration stands."""

    nominee: Nominee
    registration_id: uuid.UUID | None
    state: State | None
    submitted_at: datetime | None
    public_name: str | None
    """What others see of whoever took the link."""
    awaits: bool | None
    """Whether nobody accredits the person before the focal point's word; the desk's to know."""

    @property
    def status(self) -> Status:
        """Where the nominee stands, in the words of the focal point."""
        if self.nominee.left_at is not None:
            return Status.LEFT
        if self.state is None:
            return Status.INVITED if self.nominee.person_id is None else Status.BEGUN
        if self.state in NOT_SENT:
            return Status.BEGUN
        if self.state is State.WITHDRAWN:
            return Status.WITHDRAWN
        return Status.APPROVED if self.nominee.approved_at else Status.COMPLETE

    @property
    def waits(self) -> bool:
        """Whether the focal point's word is awaited, as the desk knows it: for whom nothing is refused."""
        return bool(self.awaits) and self.status is Status.COMPLETE and self.state not in REFUSED

    @property
    def mark(self) -> str:
        """What somebody saw of it on a page; another one says that it has changed since."""
        return f"{self.status.value}-{'own' if self.nominee.claimed_at else 'open'}"

    def answer_by(self, delegation: Delegation) -> date | None:
        """The last working day for the focal point's word on a complete registration; None where it has been given.
        What the secretariat decided meanwhile moves nothing here.
        """
        if self.status is not Status.COMPLETE or self.submitted_at is None:
            return None
        begins = [self.submitted_at, delegation.days_since]
        begins += [self.nominee.claimed_at] if self.nominee.registered_before else []
        return working_days_after(max(one for one in begins if one).date(), delegation.silent_days)


@dataclass(frozen=True)
class Line:
    """A delegation on the console's list."""

    delegation: Delegation
    focal: str | None
    is_invited: bool
    """Whether an invitation of a focal point waits for an answer."""
    waiting: int
    """Nominees who wait for the focal point's word."""
    oldest: datetime | None
    """Since when the first of them waits."""
    beside: int
    """Assistants, interpreters and guards, who stand outside quota."""

    def is_silent(self, today: date) -> bool:
        """Whether the focal point has let its days pass."""
        return self.oldest is not None and working_days_after(self.oldest.date(), self.delegation.silent_days) < today


@dataclass(frozen=True)
class People:
    """The nominees of a delegation: those who count, each with whoever stands beside them, and those who left."""

    delegates: list[Row] = field(default_factory=list)
    beside: dict[uuid.UUID, list[Row]] = field(default_factory=dict)
    left: list[Row] = field(default_factory=list)

    def everybody(self) -> Iterable[Row]:
        """All who have not left."""
        for row in self.delegates:
            yield row
            yield from self.beside.get(row.nominee.id, [])


def event_of(slug: str) -> Event:
    """An event that takes registrations, for the console. Raises NotFound."""
    rows = select(Event).join(RegistrationSetup, RegistrationSetup.event_id == Event.id).where(Event.slug == slug)
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound
    return found


def of_event(event_id: uuid.UUID) -> list[Line]:
    """The delegations of an event by the names of their organizations, the open ones first. One statement."""
    focal = func.coalesce(func.nullif(Person.alias, ""), Person.name)
    invited = (
        select(FocalInvitation.id)
        .where(FocalInvitation.delegation_id == Delegation.id, FocalInvitation.closed_at.is_(None))
        .correlate(Delegation)
        .exists()
    )
    # NULLs are not the greatest of anything.
    own = case((Nominee.registered_before, Nominee.claimed_at))
    since = func.greatest(Registration.submitted_at, Delegation.days_since, own)
    waits = (
        select(
            Nominee.delegation_id.label("delegation_id"),
            func.count(Registration.id).label("waiting"),
            func.min(case((Registration.id.is_not(None), since))).label("oldest"),
            func.count(Nominee.id).filter(Nominee.kind != Kind.DELEGATE).label("beside"),
        )
        .join(Delegation, Delegation.id == Nominee.delegation_id)
        .outerjoin(Registration, and_(_theirs(), Registration.awaits_word, Registration.state.not_in(ELSEWHERE)))
        .where(Nominee.event_id == event_id, Nominee.left_at.is_(None))
        .group_by(Nominee.delegation_id)
        .subquery()
    )
    rows = (
        select(Delegation, focal, invited, func.coalesce(waits.c.waiting, 0), waits.c.oldest, waits.c.beside)
        .join(Delegation.organisation)
        .outerjoin(Person, Person.id == Delegation.focal_id)
        .outerjoin(waits, waits.c.delegation_id == Delegation.id)
        .options(contains_eager(Delegation.organisation))
        .where(Delegation.event_id == event_id)
        .order_by(Delegation.closed_at.is_not(None), Organisation.name, Delegation.id)
    )
    return [
        Line(one, who, is_invited, waiting, oldest, beside or 0)
        for one, who, is_invited, waiting, oldest, beside in db.session.execute(rows)
    ]


def delegation_of(event_id: uuid.UUID, delegation_id: uuid.UUID) -> Delegation:
    """One delegation of an event with its organization and focal point. Raises NotFound."""
    rows = select(Delegation).options(joinedload(Delegation.organisation), joinedload(Delegation.focal))
    found = db.session.scalar(rows.where(Delegation.id == delegation_id, Delegation.event_id == event_id))
    if found is None:
        raise NotFound
    return found


def as_it_stands(delegation: Delegation) -> Delegation:
    """A delegation with its organization and focal point, read anew after a deed that was undone. Raises NotFound where
    it became part of another one.
    """
    rows = select(Delegation).options(joinedload(Delegation.organisation), joinedload(Delegation.focal))
    rows = rows.where(Delegation.id == delegation.id)
    found = db.session.scalar(rows.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def open_invitation(delegation_id: uuid.UUID) -> FocalInvitation | None:
    """The invitation that waits for an answer."""
    found = select(FocalInvitation).where(
        FocalInvitation.delegation_id == delegation_id, FocalInvitation.closed_at.is_(None)
    )
    return db.session.scalar(found)


def own(person_id: uuid.UUID, delegation_id: uuid.UUID) -> tuple[Delegation, Event, RegistrationSetup]:
    """A delegation for its focal point. Raises NotFound for everybody else."""
    found = db.session.execute(
        _with_event().where(Delegation.id == delegation_id, Delegation.focal_id == person_id)
    ).first()
    if found is None:
        raise NotFound
    return found[0], found[1], found[2]


def mine(person_id: uuid.UUID) -> list[tuple[Delegation, Event]]:
    """The delegations whose focal point somebody is, newest event first. One statement."""
    rows = (
        select(Delegation, Event)
        .join(Event, Event.id == Delegation.event_id)
        .join(Delegation.organisation)
        .options(contains_eager(Delegation.organisation), load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Delegation.focal_id == person_id)
        .order_by(Event.first_day.desc(), Delegation.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def people(delegation_id: uuid.UUID) -> People:
    """Everybody whom a focal point nominated, in the order of nomination. One statement."""
    found, beside = People(), defaultdict(list)
    for row in _rows(Nominee.delegation_id == delegation_id):
        if row.nominee.left_at is not None:
            found.left.append(row)
        elif row.nominee.beside_id is not None:
            beside[row.nominee.beside_id].append(row)
        else:
            found.delegates.append(row)
    found.beside.update(beside)
    return found


def nominee_of(delegation_id: uuid.UUID, nominee_id: uuid.UUID, *, lock: bool = False) -> Row:
    """One nominee of a delegation; with ``lock`` nobody takes the link meanwhile. Raises NotFound."""
    if lock:
        db.session.execute(select(Nominee.id).where(Nominee.id == nominee_id).with_for_update())
    found = _rows(and_(Nominee.id == nominee_id, Nominee.delegation_id == delegation_id))
    if not found:
        raise NotFound
    return found[0]


def by_token(secret: str, *, lock: bool = False) -> tuple[Nominee, Delegation, Event] | None:
    """Whose link this is, whether it is still open or not; None for nobody's."""
    return _behind(Nominee, secret, lock=lock)


def invitation_by_token(secret: str, *, lock: bool = False) -> tuple[FocalInvitation, Delegation, Event] | None:
    """The invitation of a focal point behind a link; None for nobody's."""
    return _behind(FocalInvitation, secret, lock=lock)


def _behind(model: type[Linked], secret: str, *, lock: bool) -> tuple[Linked, Delegation, Event] | None:
    rows = (
        select(model, Delegation, Event)
        .join(Delegation, Delegation.id == model.delegation_id)
        .join(Delegation.organisation)
        .join(Event, Event.id == Delegation.event_id)
        .options(contains_eager(Delegation.organisation), load_only(*EVENT_COLUMNS, raiseload=True))
        .where(model.token_hash == digest(secret), Event.publication != Publication.DRAFT)
    )
    if lock:
        # First the row alone: it may become another delegation's while it is waited for, and is then joined to that.
        db.session.execute(select(model.id).where(model.token_hash == digest(secret)).with_for_update())
        rows = rows.execution_options(populate_existing=True)
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None


def names_of(event_id: uuid.UUID) -> dict[str, str]:
    """What the delegations of an event are called, by id. One statement."""
    rows = select(Delegation.id, Organisation.name).join(Delegation.organisation)
    return {str(row[0]): row[1] for row in db.session.execute(rows.where(Delegation.event_id == event_id))}


def told(nominee_id: uuid.UUID, *, cancelled: bool = False) -> tuple[Nominee, Delegation, Event] | None:
    """The same by its id, for the mail; None where the link is not open any more. Of an event that takes place, or of
    one that is ``cancelled``.
    """
    rows = (
        select(Nominee, Delegation, Event)
        .join(Delegation, Delegation.id == Nominee.delegation_id)
        .join(Delegation.organisation)
        .join(Event, Event.id == Delegation.event_id)
        .options(contains_eager(Delegation.organisation))
        .where(Nominee.id == nominee_id, Nominee.left_at.is_(None), Nominee.claimed_at.is_(None))
        .where(
            (Event.publication == Publication.CANCELLED) if cancelled else Event.publication != Publication.CANCELLED
        )
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None


def invitation_told(invitation_id: uuid.UUID) -> tuple[FocalInvitation, Delegation, Event] | None:
    """An open invitation by its id, for the mail."""
    rows = (
        select(FocalInvitation, Delegation, Event)
        .join(Delegation, Delegation.id == FocalInvitation.delegation_id)
        .join(Delegation.organisation)
        .join(Event, Event.id == Delegation.event_id)
        .options(contains_eager(Delegation.organisation))
        .where(FocalInvitation.id == invitation_id, FocalInvitation.closed_at.is_(None))
        .where(Event.publication != Publication.CANCELLED)
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None


def focal_of(registration_id: uuid.UUID) -> tuple[Person, Delegation, Event] | None:
    """The focal point whose word a registration awaits; None where none is awaited, or nobody is there to give it."""
    return _told(
        _WITH_FOCAL.join(Registration, Registration.delegation_id == Delegation.id).where(
            Registration.id == registration_id, Registration.awaits_word, Registration.state.not_in(ELSEWHERE)
        )
    )


def declined_told(nominee_id: uuid.UUID) -> tuple[Person, Delegation, Event] | None:
    """The focal point who is told that somebody does not come; None for nobody, or at a cancelled event."""
    return _told(
        _WITH_FOCAL.join(Nominee, Nominee.delegation_id == Delegation.id).where(
            Nominee.id == nominee_id, Event.publication != Publication.CANCELLED
        )
    )


def deeds(delegation_id: uuid.UUID, limit: int = 100) -> list[tuple[AuditEntry, str | None]]:
    """What was done to a delegation and by whom, newest first. One statement."""
    rows = (
        select(AuditEntry, func.coalesce(func.nullif(Person.alias, ""), Person.name))
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == Delegation.__tablename__, AuditEntry.subject_id == delegation_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return [(entry, who) for entry, who in db.session.execute(rows)]


def public_names(person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What others see of these persons. One statement, none for nobody."""
    if not person_ids:
        return {}
    rows = select(Person.id, func.coalesce(func.nullif(Person.alias, ""), Person.name)).where(Person.id.in_(person_ids))
    return {row[0]: row[1] for row in db.session.execute(rows)}


def nomination(event_id: uuid.UUID, person_id: uuid.UUID) -> tuple[Nominee, Delegation] | None:
    """By which nomination somebody takes part in an event. One statement."""
    rows = (
        select(Nominee, Delegation)
        .join(Delegation, Delegation.id == Nominee.delegation_id)
        .join(Delegation.organisation)
        .options(contains_eager(Delegation.organisation))
        .where(Nominee.event_id == event_id, Nominee.person_id == person_id, Nominee.left_at.is_(None))
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1]) if found else None


def near(person_id: uuid.UUID, registrations: Sequence[Registration]) -> set[uuid.UUID]:
    """Those of these registrations that somebody is near to: as focal point now or before, or having nominated the
    person or filled in the form. One statement.
    """
    was = (
        select(FocalInvitation.id)
        .where(FocalInvitation.delegation_id == Delegation.id, FocalInvitation.accepted_by_id == person_id)
        .exists()
    )
    by = or_(Nominee.invited_by_id == person_id, Nominee.typed_by_id == person_id)
    rows = (
        select(Registration.id)
        .join(Delegation, Delegation.id == Registration.delegation_id)
        .outerjoin(Nominee, and_(_theirs(), by))
        .where(Registration.id.in_([one.id for one in registrations]))
        .where(or_(Delegation.focal_id == person_id, was, Nominee.id.is_not(None)))
    )
    return set(db.session.scalars(rows))


NEAR_BY.append(near)


def to_tell(delegation_id: uuid.UUID, person_id: uuid.UUID) -> tuple[Person, Delegation, Event] | None:
    """Somebody with a delegation and its event, for a mail to who is or was its focal point."""
    rows = (
        select(Person, Delegation, Event)
        .select_from(Delegation)
        .join(Person, Person.id == person_id)
        .join(Event, Event.id == Delegation.event_id)
        .join(Delegation.organisation)
        .options(contains_eager(Delegation.organisation))
        .where(Delegation.id == delegation_id, Person.erased_at.is_(None))
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None


def _theirs() -> Any:
    """A nominee's registration, as far as it is for the delegation."""
    return and_(
        Registration.event_id == Nominee.event_id,
        Registration.person_id == Nominee.person_id,
        Registration.delegation_id == Nominee.delegation_id,
    )


def _rows(which: Any) -> list[Row]:
    rows = (
        select(
            Nominee,
            Registration.id,
            Registration.state,
            Registration.submitted_at,
            PUBLIC_NAME,
            Registration.awaits_word,
        )
        .outerjoin(Person, Person.id == Nominee.person_id)
        .outerjoin(Registration, _theirs())
        .where(which)
        .order_by(Nominee.invited_at, Nominee.name, Nominee.id)
    )
    return [Row(*row) for row in db.session.execute(rows.execution_options(populate_existing=True))]


def _with_event() -> Any:
    return (
        select(Delegation, Event, RegistrationSetup)
        .join(Event, Event.id == Delegation.event_id)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .join(Delegation.organisation)
        .options(contains_eager(Delegation.organisation), load_only(*EVENT_COLUMNS, raiseload=True))
    )


def _told(rows: Select[Person, Delegation, Event]) -> tuple[Person, Delegation, Event] | None:
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None
