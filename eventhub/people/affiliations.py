"""Ties between persons and organizations, made from what people answer.

Nobody decides on their own organization (SAFETY.md property 7), so an answer that names one must be known here.

What somebody wrote is theirs alone until somebody confirms it: two people who write the same name have a row each, so
that nobody learns from their own pages whether others have named it, or reads how others spell it. Names made
comparable (case, accents, forms of letters) meet in one place only, the question who is too near; there namesakes count
as one, two States have a Ministry of Justice each: a colleague decides instead, which costs nobody anything.

A tie that ends is dated, not deleted: whoever represented an organization until yesterday is still near to it.
"""

import uuid
from collections.abc import Callable, Collection
from datetime import date, timedelta

from sqlalchemy import ColumnElement, CompoundSelect, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Organisation, OrganisationAlias, name_key

Ids = Collection[uuid.UUID]

STILL_NEAR = timedelta(days=730)
"""How long somebody whose tie has ended is kept from deciding on the organization: two years. The UN's rules on
conflicts of interest name no term; this is our default, the time from one Forum to the next but one.
"""


STILL_NAMED: list[Callable[[Ids], set[uuid.UUID]]] = []
"""Features further up that point to organizations, beside registrations: which of these they still name."""


def affiliate(person_id: uuid.UUID, name: str, *, country: str | None = None) -> uuid.UUID:
    """Note that a person represents the organization of this name; its id. A confirmed one of this name, however it is
    spelt, else one in the person's own words. Safe to repeat; a tie that had ended stands again.
    """
    organisation_id = _known(person_id, name)
    if organisation_id is None:
        # The same person in two windows names one organization, not two.
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"affiliation:{person_id}", 0))))
        organisation_id = _known(person_id, name) or _made(name, country)
    tie = insert(Affiliation).values(id=uuid.uuid4(), person_id=person_id, organisation_id=organisation_id)
    again = tie.on_conflict_do_update(
        index_elements=["person_id", "organisation_id"],
        set_={"until": None},
        where=Affiliation.until <= now().date(),
    )
    db.session.execute(again)
    return organisation_id


def unaffiliate(person_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """End what ``affiliate`` noted, today. A tie that says more (a role, since when, the main one) was made elsewhere
    and stays.
    """
    bare = (Affiliation.role.is_(None), Affiliation.since.is_(None), Affiliation.is_main.is_(False))
    mine = (Affiliation.person_id == person_id, Affiliation.organisation_id == organisation_id)
    ended = update(Affiliation).where(*mine, *bare, Affiliation.until.is_(None)).values(until=now().date())
    db.session.execute(ended)


def forget_ended() -> set[uuid.UUID]:
    """Delete the ties that ended so long ago that they no longer count; the organizations they were to."""
    gone = delete(Affiliation).where(Affiliation.until < _counts_from()).returning(Affiliation.organisation_id)
    return set(db.session.scalars(gone))


def forget_former_names() -> int:
    """Delete what people wrote in their own words and what was merged so long ago that no tie of then counts any more;
    how many. Official former names stay.
    """
    old = OrganisationAlias.is_official.is_(False), OrganisationAlias.merged_at < now() - STILL_NEAR
    return len(db.session.execute(delete(OrganisationAlias).where(*old).returning(OrganisationAlias.id)).all())


def forget_unused(organisation_ids: Collection[uuid.UUID]) -> int:
    """Delete those among organizations that nobody confirmed and nobody represents any more; how many. The caller
    names only such as its own tables do not point to.
    """
    if not organisation_ids:
        return 0
    for named in STILL_NAMED:
        organisation_ids = set(organisation_ids) - named(organisation_ids)
    # First locked, then looked at: who names one of them at this moment is waited for, and then seen.
    unsure = (Organisation.id.in_(organisation_ids), Organisation.confirmed_at.is_(None))
    held = db.session.scalars(select(Organisation.id).where(*unsure).order_by(Organisation.id).with_for_update()).all()
    used = select(Affiliation.organisation_id)
    gone = delete(Organisation).where(Organisation.id.in_(held), Organisation.id.not_in(used))
    return len(db.session.execute(gone.returning(Organisation.id)).all())


def represents(person_id: uuid.UUID, organisation_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of the organizations a person has a tie to, or had one within the last two years, namesakes included. One
    statement, or none.
    """
    if not organisation_ids:
        return set()
    theirs, mine = names().subquery(), names().subquery()
    found = (
        select(theirs.c.organisation_id)
        .join(mine, mine.c.name_key == theirs.c.name_key)
        .join(Affiliation, Affiliation.organisation_id == mine.c.organisation_id)
        .where(
            Affiliation.person_id == person_id,
            or_(Affiliation.until.is_(None), Affiliation.until >= _counts_from()),
            theirs.c.organisation_id.in_(organisation_ids),
        )
    )
    return set(db.session.scalars(found))


def organisations_of(person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """The organizations people belong to, also those they left, with their namesakes: by person."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {one: set() for one in person_ids}
    called, namesakes = names().subquery(), names().subquery()
    rows = (
        select(Affiliation.person_id, namesakes.c.organisation_id)
        .join(called, called.c.organisation_id == Affiliation.organisation_id)
        .join(namesakes, namesakes.c.name_key == called.c.name_key)
        .where(Affiliation.person_id.in_(found))
    )
    for person_id, organisation_id in db.session.execute(rows):
        found[person_id].add(organisation_id)
    return found


def names() -> CompoundSelect[uuid.UUID, str]:
    """The names of each organization, made comparable: its own, and those of records that were merged into it. Whoever
    was near to one of those, or to a namesake of it, is as near as before.
    """
    own = select(Organisation.id.label("organisation_id"), Organisation.name_key)
    return own.union_all(select(OrganisationAlias.organisation_id, OrganisationAlias.name_key))


def as_one(organisation_ids: Ids) -> dict[uuid.UUID, uuid.UUID]:
    """By organization the one of these that stands for it where they are counted: records that bear one name, their own
    or that of a record merged into them, count as one. One statement.
    """
    stands = {one: one for one in organisation_ids}

    def first(one: uuid.UUID) -> uuid.UUID:
        while stands[one] != one:
            one = stands[one]
        return one

    called = names().subquery()
    bearers: dict[str, uuid.UUID] = {}
    rows = select(called.c.organisation_id, called.c.name_key).where(called.c.organisation_id.in_(stands))
    for organisation_id, key in db.session.execute(rows):
        low, high = sorted((first(organisation_id), first(bearers.setdefault(key, organisation_id))))
        stands[high] = low
    return {one: first(one) for one in stands}


def meant_by(name: str) -> ColumnElement[bool]:
    """Which confirmed organization somebody means who writes this: by its name or by an official one it had before."""
    key = name_key(name)
    former = select(OrganisationAlias.organisation_id).where(
        OrganisationAlias.name_key == key, OrganisationAlias.is_official
    )
    is_called = or_(Organisation.name_key == key, Organisation.id.in_(former))
    return and_(Organisation.confirmed_at.is_not(None), is_called)


def _counts_from() -> date:
    return (now() - STILL_NEAR).date()


def _known(person_id: uuid.UUID, name: str) -> uuid.UUID | None:
    """A confirmed one, else what the person wrote before in these words; held, so that it is not forgotten before it is
    named.
    """
    mine = select(Affiliation.organisation_id).where(Affiliation.person_id == person_id)
    # What somebody wrote oneself, though it was merged since, means the same; written by others it does not.
    former = select(OrganisationAlias.organisation_id).where(OrganisationAlias.name == name)
    own: ColumnElement[bool] = and_(
        or_(Organisation.name == name, Organisation.id.in_(former)), Organisation.id.in_(mine)
    )
    found = (
        select(Organisation.id)
        .where(or_(meant_by(name), own))
        .order_by(
            Organisation.confirmed_at.is_(None),
            Organisation.name_key != name_key(name),
            Organisation.created_at,
            Organisation.id,
        )
        .limit(1)
        .with_for_update(read=True, key_share=True)
    )
    return db.session.scalar(found)


def _made(name: str, country: str | None) -> uuid.UUID:
    organisation = Organisation(id=uuid.uuid4(), name=name, kind="other", country=country)
    db.session.add(organisation)
    db.session.flush()
    return organisation.id
