"""Ties between persons and organizations, made from what people answer.

Nobody decides on their own organization (SAFETY.md property 7), so an answer that names one must be known here.

An organization that somebody wrote is found again by its name made comparable (case, accents, forms of letters); names
are not unique, since two States have a Ministry of Justice each. Where the question is who is too near, namesakes count
as one: a colleague decides instead, which costs nobody anything.
"""

import uuid
from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Organisation, name_key


def affiliate(person_id: uuid.UUID, name: str, *, country: str | None = None) -> uuid.UUID:
    """Note that a person represents the organization of this name; its id. It is made where nobody named it before,
    a confirmed one is preferred. Safe to repeat.
    """
    organisation_id = _known(name)
    if organisation_id is None:
        # Two people who name it first at the same moment name the same one.
        lock = func.pg_advisory_xact_lock(func.hashtextextended(f"organisation:{name_key(name)}", 0))
        db.session.execute(select(lock))
        organisation_id = _known(name) or _made(name, country)
    tie = insert(Affiliation).values(id=uuid.uuid4(), person_id=person_id, organisation_id=organisation_id)
    db.session.execute(tie.on_conflict_do_nothing(index_elements=["person_id", "organisation_id"]))
    return organisation_id


def unaffiliate(person_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Take back what ``affiliate`` noted. A tie that says more (a role, since when, the main one) was made elsewhere
    and stays.
    """
    bare = (Affiliation.role.is_(None), Affiliation.since.is_(None), Affiliation.is_main.is_(False))
    mine = (Affiliation.person_id == person_id, Affiliation.organisation_id == organisation_id)
    db.session.execute(delete(Affiliation).where(*mine, *bare))


def forget_unused(organisation_ids: Collection[uuid.UUID]) -> int:
    """Delete those among organizations that nobody confirmed and nobody represents any more; how many. The caller
    names only such as its own tables do not point to.
    """
    if not organisation_ids:
        return 0
    # First locked, then looked at: who names one of them at this moment is waited for, and then seen.
    unsure = (Organisation.id.in_(organisation_ids), Organisation.confirmed_at.is_(None))
    held = db.session.scalars(select(Organisation.id).where(*unsure).order_by(Organisation.id).with_for_update()).all()
    used = select(Affiliation.organisation_id)
    gone = delete(Organisation).where(Organisation.id.in_(held), Organisation.id.not_in(used))
    return len(db.session.execute(gone.returning(Organisation.id)).all())


def represents(person_id: uuid.UUID, organisation_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the organizations a person has a tie to, namesakes included. One statement, or none."""
    if not organisation_ids:
        return set()
    theirs = aliased(Organisation)
    found = (
        select(theirs.id)
        .join(Organisation, Organisation.name_key == theirs.name_key)
        .join(Affiliation, Affiliation.organisation_id == Organisation.id)
        .where(Affiliation.person_id == person_id, theirs.id.in_(organisation_ids))
    )
    return set(db.session.scalars(found))


def _known(name: str) -> uuid.UUID | None:
    """Held, so that it is not forgotten before it is named."""
    found = (
        select(Organisation.id)
        .where(Organisation.name_key == name_key(name))
        .order_by(Organisation.confirmed_at.is_(None), Organisation.created_at, Organisation.id)
        .limit(1)
        .with_for_update(read=True, key_share=True)
    )
    return db.session.scalar(found)


def _made(name: str, country: str | None) -> uuid.UUID:
    organisation = Organisation(id=uuid.uuid4(), name=name, kind="other", country=country)
    db.session.add(organisation)
    db.session.flush()
    return organisation.id
