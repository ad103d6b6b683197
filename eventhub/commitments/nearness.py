"""Who is near to the maker of a commitment, and so decides nothing about it; and who speaks for it now."""

from collections.abc import Callable

from sqlalchemy import or_, select

from eventhub.commitments.models import Commitment, FormerMaker
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.affiliations import STILL_NEAR, names
from eventhub.people.models import Affiliation, Person, name_key

SPOKE: list[Callable[[Person, Commitment], bool]] = []
"""Features further up in which somebody answers for makers: whether a person did so about a commitment."""


def is_of_maker(person: Person, commitment: Commitment) -> bool:
    """Whether somebody represents one of the makers, did so within two years, is one of the contacts, or answered for
    the maker: who decides nothing about it (SAFETY.md property 7).
    """
    if person.email is not None and person.email in {one.email for one in commitment.contacts}:
        return True
    return represents(person, commitment)


def represents(person: Person, commitment: Commitment) -> bool:
    """The same, whoever the contacts are. As many statements for everybody."""
    has_spoken = [spoke(person, commitment) for spoke in SPOKE]
    called = names().subquery()
    recent = (now() - STILL_NEAR).date()
    before = select(FormerMaker.name).where(FormerMaker.commitment_id == commitment.id, FormerMaker.until >= recent)
    made_by = [maker.name for maker in commitment.makers] + list(db.session.scalars(before))
    mine = (
        select(Affiliation.id)
        .join(called, called.c.organisation_id == Affiliation.organisation_id)
        .where(
            Affiliation.person_id == person.id,
            or_(Affiliation.until.is_(None), Affiliation.until >= recent),
            called.c.name_key.in_([name_key(name) for name in made_by]),
        )
    )
    return any([db.session.scalar(select(mine.exists())), *has_spoken])


def speaks_for(person: Person, commitment: Commitment) -> bool:
    """Whether somebody is of an organization that makes it at this moment."""
    called = names().subquery()
    mine = (
        select(Affiliation.id)
        .join(called, called.c.organisation_id == Affiliation.organisation_id)
        .where(
            Affiliation.person_id == person.id,
            or_(Affiliation.until.is_(None), Affiliation.until >= now().date()),
            called.c.name_key.in_([name_key(maker.name) for maker in commitment.makers]),
        )
    )
    return db.session.scalar(select(mine.exists())) or False
