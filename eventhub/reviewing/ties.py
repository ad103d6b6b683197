"""Which reviewer must not see which file: what was declared, and what follows from what is known of both.

Organizations of one name are one here, however it is spelt: until somebody confirms it, each person who writes a name
has a record of it. The domain of an address says nothing: two people of one large provider are no colleagues. An
affiliation that ended within two years still counts.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import LargeBinary, Uuid, and_, column, literal, or_, select, union, union_all, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from eventhub.funding.models import Application, Call, Endorsement, State
from eventhub.funding.nearness import demand_distance
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.affiliations import names
from eventhub.people.models import Affiliation, EmailChange, Person
from eventhub.people.queries import mailboxes_of
from eventhub.reviewing.models import Conflict, Tie
from eventhub.reviewing.queries import Reading

STILL_COUNTS = timedelta(days=730)
"""So long after it ended an affiliation is still a tie."""

Pair = tuple[uuid.UUID, uuid.UUID]
"""Application and reviewer."""


def conflicts(
    readings: Collection[Reading],
    people: Collection[uuid.UUID],
    files: Collection[uuid.UUID] | None = None,
    *,
    ever: bool = False,
) -> dict[Pair, set[Conflict]]:
    """Every pair of a file of these calls and one of these people that must not be, with its kinds: two statements.

    ``files`` narrows it to some; None means all files of the calls. ``ever``: with what was declared and taken back,
    never with what two officers lifted.
    """
    found: dict[Pair, set[Conflict]] = {}
    if not people:
        return found
    calls = [one.call.id for one in readings]
    near = [one.call.id for one in readings if one.rules.reviewing.nationality_conflicts]
    parts = [*_own(), *_organisations(), *_vouched(people), *_accounts(), *_declared(ever=ever)]
    if near:
        parts.append(_nationality().where(Application.call_id.in_(near)))
    within = [Application.call_id.in_(calls), Person.id.in_(people)]
    if files is not None:
        within.append(Application.id.in_(files))
    for application_id, person_id, kind in db.session.execute(union_all(*(part.where(*within) for part in parts))):
        found.setdefault((application_id, person_id), set()).add(Conflict(kind))
    return found


def demand_far(actor: Person, call_id: uuid.UUID) -> None:
    """Whoever has an own or near file in a call seats nobody there and gives no files out. Raises OwnFile."""
    rows = select(Application).where(
        Application.call_id == call_id,
        Application.state.not_in({State.DRAFT, State.WITHDRAWN}),
        Application.merged_into_id.is_(None),
        Application.erased_at.is_(None),
    )
    demand_distance(actor, db.session.scalars(rows).all())


def record(call: Call, pairs: dict[Pair, set[Conflict]]) -> None:
    """Keep derived conflicts with the moment they were seen first: one statement. Declared ones stand already."""
    rows = [
        {
            "id": uuid.uuid4(),
            "call_id": call.id,
            "person_id": person_id,
            "kind": kind,
            "derived": True,
            "application_id": application_id,
            "made_at": now(),
        }
        for (application_id, person_id), kinds in pairs.items()
        for kind in kinds
    ]
    if rows:
        db.session.flush()
        db.session.execute(insert(Tie).values(rows).on_conflict_do_nothing())


def _pairs(kind: Conflict) -> Any:
    return select(Application.id, Person.id, literal(kind.value))


def _own() -> Iterable[Any]:
    yield _pairs(Conflict.OWN_FILE).join(
        Person, or_(Application.person_id == Person.id, Application.filed_by_id == Person.id)
    )


def _of_files() -> Any:
    """Files with every organization that stands behind them."""
    counts = or_(Affiliation.until.is_(None), Affiliation.until >= (now() - STILL_COUNTS).date())
    return union(
        select(Application.id.label("file"), Application.organisation_id.label("organisation")),
        select(Application.id, Application.nominated_by_id),
        select(Endorsement.application_id, Endorsement.organisation_id).where(Endorsement.withdrawn_at.is_(None)),
        select(Application.id, Affiliation.organisation_id)
        .join(Affiliation, Affiliation.person_id == Application.person_id)
        .where(counts),
    ).subquery()


def _organisations() -> Iterable[Any]:
    theirs, called, namesakes = _of_files(), names().subquery(), names().subquery()
    counts = or_(Affiliation.until.is_(None), Affiliation.until >= (now() - STILL_COUNTS).date())
    yield (
        _pairs(Conflict.ORGANISATION)
        .join(theirs, theirs.c.file == Application.id)
        .join(called, called.c.organisation_id == theirs.c.organisation)
        .join(namesakes, namesakes.c.name_key == called.c.name_key)
        .join(Affiliation, and_(Affiliation.organisation_id == namesakes.c.organisation_id, counts))
        .join(Person, Person.id == Affiliation.person_id)
    )


def _vouched(people: Collection[uuid.UUID]) -> Iterable[Any]:
    """Whoever was asked to vouch for the applicant at a mailbox that the reviewer has or had."""
    rows = [(person, mailbox) for person, theirs in mailboxes_of(people).items() for mailbox in theirs]
    if rows:
        held = values(column("person", Uuid), column("mailbox", LargeBinary), name="held").data(rows)
        yield (
            _pairs(Conflict.VOUCHED)
            .join(Endorsement, Endorsement.application_id == Application.id)
            .join(held, held.c.mailbox == Endorsement.mailbox)
            .join(Person, Person.id == held.c.person)
        )
    # Rows from before the digests have none.
    known = union(
        select(Person.id.label("person"), Person.email.label("email")).where(Person.email.is_not(None)),
        select(EmailChange.person_id, EmailChange.new_email).where(EmailChange.done_at.is_not(None)),
    ).subquery()
    yield (
        _pairs(Conflict.VOUCHED)
        .join(Endorsement, Endorsement.application_id == Application.id)
        .join(known, known.c.email == Endorsement.email)
        .join(Person, Person.id == known.c.person)
    )


def _accounts() -> Iterable[Any]:
    """One of the two looks after the other's account, or the same person after both."""
    applicant = aliased(Person)
    yield (
        _pairs(Conflict.ACCOUNT)
        .join(applicant, applicant.id == Application.person_id)
        .join(
            Person,
            or_(
                Person.managed_by_id == applicant.id,
                Person.id == applicant.managed_by_id,
                Person.managed_by_id == applicant.managed_by_id,
            ),
        )
        .where(Person.id != applicant.id)
    )


def _nationality() -> Any:
    applicant = aliased(Person)
    return (
        _pairs(Conflict.NATIONALITY)
        .join(applicant, applicant.id == Application.person_id)
        .join(Person, or_(Person.nationality == Application.nationality, Person.nationality == applicant.nationality))
    )


def _declared(*, ever: bool) -> Iterable[Any]:
    counts = Tie.lifted_at.is_(None) if ever else Tie.withdrawn_at.is_(None)
    stands = and_(Tie.call_id == Application.call_id, counts, Tie.derived.is_(False))
    theirs, called, namesakes = _of_files(), names().subquery(), names().subquery()
    of_pair = select(Application.id, Person.id, Tie.kind)
    yield of_pair.join(Tie, and_(stands, Tie.application_id == Application.id)).join(Person, Person.id == Tie.person_id)
    yield (
        of_pair.join(theirs, theirs.c.file == Application.id)
        .join(called, called.c.organisation_id == theirs.c.organisation)
        .join(namesakes, namesakes.c.name_key == called.c.name_key)
        .join(Tie, and_(stands, Tie.organisation_id == namesakes.c.organisation_id))
        .join(Person, Person.id == Tie.person_id)
    )
    yield of_pair.join(
        Tie,
        and_(stands, Tie.country.in_([Application.nationality, Application.residence, Application.origin])),
    ).join(Person, Person.id == Tie.person_id)
