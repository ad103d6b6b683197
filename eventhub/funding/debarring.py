"""Who is not considered: reports that are owed, and persons or organizations debarred by two people until a day.

A proposal counts for nothing. Once a second person agrees it is a debt like an owed report, and that is what applying
and the desk look at.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from eventhub.funding.debts import holding
from eventhub.funding.desk import PUBLIC_NAME
from eventhub.funding.desk_models import DebarProposal
from eventhub.funding.models import Application, Call, Debt, Owed
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, NotFound
from eventhub.people.affiliations import represents
from eventhub.people.models import Organisation, Person
from eventhub.registration.reference import read_reference

LIMIT = 500


class Party(StrEnum):
    """Whom a proposal made from a file is about."""

    PERSON = "person"
    NOMINATOR = "nominator"
    ORGANISATION = "organisation"


class NoSuchFile(DomainError):
    """The reference leads to no application, or that one names no such organization."""

    status = 422
    message = _l("No application with this reference names such a person or organization.")
    field = "reference"


class TooNear(Forbidden):
    """Nobody decides about themselves or their own organization."""

    message = _l("This is about yourself or about an organization that you represent or represented. Ask a colleague.")


class SamePerson(Forbidden):
    """Whoever proposed does not agree to it."""

    message = _l("You proposed this yourself: somebody else has to agree.")


class DecidedAlready(DomainError):
    """Two at once."""

    message = _l("A colleague has decided on this meanwhile. Look at the list again.")


class PastDay(DomainError):
    """A debarment that ends before it begins."""

    status = 422
    message = _l("Choose a day to come, or none")
    field = "until"


class ProposedAlready(DomainError):
    """Somebody proposed the same, and nobody has decided on it yet."""

    status = 422
    message = _l("This was proposed already, and waits for a second person.")
    field = "reference"


@dataclass(frozen=True)
class Line:
    """A debt or a proposal with the public name or the organization it is about, the call of its journey, and who made
    it: of a debarment also who agreed.
    """

    row: Debt | DebarProposal
    person: str | None
    organisation: str | None
    call: Call | None
    made_by: str | None
    agreed_by: str | None = None


def standing(*, limit: int = LIMIT) -> list[Line]:
    """All debts that hold now, the oldest first. One statement."""
    rows = _lines(Debt, Debt.made_by_id).outerjoin(Application, Application.id == Debt.application_id)
    second = aliased(Person, name="second")
    rows = rows.outerjoin(Call, Call.id == Application.call_id).outerjoin(
        DebarProposal, DebarProposal.debt_id == Debt.id
    )
    rows = rows.outerjoin(second, second.id == DebarProposal.decided_by_id)
    rows = rows.add_columns(Call, func.coalesce(func.nullif(second.alias, ""), second.name))
    rows = rows.where(*holding(now())).order_by(Debt.kind, Debt.since, Debt.id).limit(limit)
    return [
        Line(row, person, organisation, call, who, agreed_by)
        for row, person, organisation, who, call, agreed_by in db.session.execute(rows)
    ]


def line_of(debt_id: uuid.UUID) -> Line:
    """One debt that holds now. Raises NotFound. One statement."""
    found = db.session.execute(_lines(Debt, Debt.made_by_id).where(Debt.id == debt_id, *holding(now()))).first()
    if found is None:
        raise NotFound
    row, person, organisation, who = found
    return Line(row, person, organisation, None, who)


def proposals(*, limit: int = LIMIT) -> list[Line]:
    """All proposals that wait for a second person. One statement."""
    rows = _lines(DebarProposal, DebarProposal.proposed_by_id).where(DebarProposal.decided_at.is_(None))
    found = db.session.execute(rows.order_by(DebarProposal.proposed_at, DebarProposal.id).limit(limit))
    return [Line(row, person, organisation, None, who) for row, person, organisation, who in found]


def number_waiting(person_id: uuid.UUID) -> int:
    """How many proposals wait for this person, who agrees to none of their own. One statement."""
    found = select(func.count()).select_from(DebarProposal).where(DebarProposal.decided_at.is_(None))
    return db.session.scalar(found.where(DebarProposal.proposed_by_id.is_distinct_from(person_id))) or 0


def propose(actor: Person, reference: str, party: Party, note: str, until: date | None) -> DebarProposal:
    """Propose that somebody named in a file is not considered until a day, or until somebody clears it. Raises
    NoSuchFile, PastDay, TooNear, ProposedAlready.
    """
    person_id, organisation_id = _meant(reference, party)
    if until is not None and until <= now().date():
        raise PastDay
    _demand_distance(actor, person_id, organisation_id)
    same = select(DebarProposal.id).where(
        DebarProposal.decided_at.is_(None),
        DebarProposal.person_id == person_id if person_id else DebarProposal.organisation_id == organisation_id,
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise ProposedAlready
    proposal = DebarProposal(
        id=uuid.uuid4(),
        person_id=person_id,
        organisation_id=organisation_id,
        note=note,
        until=until,
        proposed_by_id=actor.id,
        proposed_at=now(),
    )
    db.session.add(proposal)
    db.session.flush()
    audit.record("funding.debar_proposed", proposal, actor=actor, text=note)
    return proposal


def agree(actor: Person, proposal_id: uuid.UUID) -> Debt:
    """A second person agrees: from now on it holds. Raises NotFound, DecidedAlready, SamePerson, TooNear."""
    proposal = _held(proposal_id)
    if proposal.proposed_by_id == actor.id:
        raise SamePerson
    _demand_distance(actor, proposal.person_id, proposal.organisation_id)
    debt = Debt(
        id=uuid.uuid4(),
        kind=Owed.DEBARRED,
        person_id=proposal.person_id,
        organisation_id=proposal.organisation_id,
        note=proposal.note,
        until=proposal.until,
        made_by_id=proposal.proposed_by_id,
        since=now(),
    )
    db.session.add(debt)
    db.session.flush()
    proposal.decided_by_id, proposal.decided_at, proposal.debt_id = actor.id, now(), debt.id
    audit.record("funding.debarred", debt, actor=actor, proposal=proposal.id)
    return debt


def drop(actor: Person, proposal_id: uuid.UUID) -> DebarProposal:
    """Nothing comes of it; whoever proposed it may drop it, too. Raises NotFound, DecidedAlready, TooNear."""
    proposal = _held(proposal_id)
    _demand_distance(actor, proposal.person_id, proposal.organisation_id)
    proposal.decided_by_id, proposal.decided_at = actor.id, now()
    audit.record("funding.debar_dropped", proposal, actor=actor)
    return proposal


def clear(actor: Person, debt_id: uuid.UUID, text: str) -> Debt:
    """A debt holds no longer: the report came another way, or the reason is gone. Raises NotFound, DecidedAlready,
    TooNear.
    """
    row = select(Debt).where(Debt.id == debt_id).with_for_update()
    debt = db.session.scalars(row.execution_options(populate_existing=True)).one_or_none()
    if debt is None:
        raise NotFound
    if debt.cleared_at is not None:
        raise DecidedAlready
    _demand_distance(actor, debt.person_id, debt.organisation_id)
    debt.cleared_at, debt.cleared_by_id = now(), actor.id
    audit.record("funding.debt_cleared", debt, actor=actor, text=text, kind=debt.kind.value)
    return debt


def erase(person_id: uuid.UUID) -> None:
    """A person is erased: what the person owed, and proposals about the person, go. A report that nobody can file any
    more is owed by no organization either.
    """
    mine = select(Application.id).where(Application.person_id == person_id)
    theirs = select(Debt).where(Debt.application_id.in_(mine), Debt.kind == Owed.REPORT, Debt.cleared_at.is_(None))
    for debt in db.session.scalars(theirs.where(Debt.organisation_id.is_not(None)).order_by(Debt.id).with_for_update()):
        debt.cleared_at = now()
        audit.record("funding.debt_cleared", debt, actor=None, kind=debt.kind.value, why="erased")
    for kind in (DebarProposal, Debt):
        for row in db.session.scalars(select(kind).where(kind.person_id == person_id)):
            db.session.delete(row)
    db.session.flush()


def _meant(reference: str, party: Party) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    known = read_reference(reference)
    rows = select(Application.person_id, Application.nominated_by_id, Application.organisation_id)
    row = db.session.execute(
        rows.where(Application.reference == (known or reference.strip()), Application.erased_at.is_(None))
    ).first()
    if row is None:
        raise NoSuchFile
    if party is Party.PERSON:
        return row.person_id, None
    organisation_id = row.nominated_by_id if party is Party.NOMINATOR else row.organisation_id
    if organisation_id is None:
        raise NoSuchFile
    return None, organisation_id


def _demand_distance(actor: Person, person_id: uuid.UUID | None, organisation_id: uuid.UUID | None) -> None:
    if person_id == actor.id or (organisation_id and represents(actor.id, {organisation_id})):
        raise TooNear


def _held(proposal_id: uuid.UUID) -> DebarProposal:
    row = select(DebarProposal).where(DebarProposal.id == proposal_id).with_for_update()
    proposal = db.session.scalars(row.execution_options(populate_existing=True)).one_or_none()
    if proposal is None:
        raise NotFound
    if proposal.decided_at is not None:
        raise DecidedAlready
    return proposal


def _lines(kind: type[Debt] | type[DebarProposal], by: Any) -> Any:
    """Rows with the public name of the person, the organization, and the public name of who made them."""
    maker = aliased(Person, name="maker")
    rows = select(kind, PUBLIC_NAME, Organisation.name, func.coalesce(func.nullif(maker.alias, ""), maker.name))
    return (
        rows.outerjoin(Person, Person.id == kind.person_id)
        .outerjoin(Organisation, Organisation.id == kind.organisation_id)
        .outerjoin(maker, maker.id == by)
    )
