"""Which records of organizations may be of one: what speaks for it, and the pairs that wait for somebody to look."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from eventhub.kit.db import db
from eventhub.kit.likeness import is_part, pairs, slips, words
from eventhub.kit.normal import EMPTY_WORDS, plain
from eventhub.people.models import Organisation, OrganisationAlias, OrganisationPair

FORMS = frozenset(["inc", "ltd", "llc", "gmbh", "asbl", "ngo", "ong", "ev"]) | EMPTY_WORDS
"""Words that parts no organization from another one."""
ENOUGH = 3


class Likeness(StrEnum):
    """What speaks for two records being of one organization."""

    NAME = "name"
    SPELLING = "spelling"
    ACRONYM = "acronym"
    NAME_PART = "name_part"
    COUNTRY = "country"
    STATUS = "status"


WEIGHT = {
    Likeness.NAME: 4,
    Likeness.SPELLING: 3,
    Likeness.ACRONYM: 3,
    Likeness.NAME_PART: 2,
    Likeness.COUNTRY: 1,
    Likeness.STATUS: 1,
}


@dataclass(frozen=True)
class Group:
    """A record that would stay, and what may be the same; ``since`` is when the first of them was found."""

    kept: Organisation
    names: list[str]
    reasons: list[str]
    since: datetime


@dataclass(frozen=True)
class Known:
    """One record, as far as it is compared."""

    id: uuid.UUID
    words: tuple[str, ...]
    acronyms: frozenset[str]
    """What it is called in short, as somebody wrote it."""
    initials: str
    country: str | None
    status: str


def known(row: Organisation) -> Known:
    """A record made comparable. ``Minority Rights Group (MRG)`` has three words and an acronym."""
    bare, acronyms = _short_names(row.name)
    meant = tuple(word for word in words(bare) if word not in FORMS) or words(bare)
    first = "".join(word[0] for word in bare.casefold().split() if word not in FORMS and word[0].isalpha())
    return Known(row.id, meant, acronyms, first if len(first) > 2 else "", row.country, row.ecosoc_status)


def likeness(one: Known, other: Known) -> list[Likeness]:
    """What speaks for it; empty where it is not enough, or where the countries part them."""
    if one.country and other.country and one.country != other.country:
        return []
    found = []
    if one.words == other.words:
        found.append(Likeness.NAME)
    elif not slips(one.words).isdisjoint(slips(other.words)):
        found.append(Likeness.SPELLING)
    elif is_part(one.words, other.words):
        found.append(Likeness.NAME_PART)
    short = one.acronyms & other.acronyms or one.initials in other.acronyms or other.initials in one.acronyms
    if short:
        found.append(Likeness.ACRONYM)
    if not found:
        return []
    if one.country and one.country == other.country:
        found.append(Likeness.COUNTRY)
    if one.status == other.status != "none":
        found.append(Likeness.STATUS)
    return found if score(found) >= ENOUGH else []


def score(found: Collection[Likeness]) -> int:
    """How much speaks for it."""
    return sum(WEIGHT[one] for one in found)


def find() -> int:
    """Let the pairs that wait be those that speak for themselves now; how many there are. What was decided stays."""
    rows = db.session.scalars(
        select(Organisation).order_by(Organisation.confirmed_at.is_(None), Organisation.created_at, Organisation.id)
    )
    everybody = {one.id: one for one in (known(row) for row in rows)}
    keys = {one.id: _keys(one) for one in everybody.values()}
    found: dict[tuple[uuid.UUID, uuid.UUID], list[Likeness]] = {}
    for first, second in pairs(keys):
        if reasons := likeness(everybody[first], everybody[second]):
            found[min(first, second), max(first, second)] = reasons
    stand = {(row.first_id, row.second_id): row for row in db.session.scalars(select(OrganisationPair))}
    gone = [row.id for names, row in stand.items() if row.decided_at is None and names not in found]
    db.session.execute(delete(OrganisationPair).where(OrganisationPair.id.in_(gone)))
    fresh = [
        {"id": uuid.uuid4(), "first_id": first, "second_id": second, "score": score(reasons), "reasons": reasons}
        for (first, second), reasons in sorted(found.items())
        if (first, second) not in stand
    ]
    if fresh:
        db.session.execute(insert(OrganisationPair).on_conflict_do_nothing(), fresh)
    return len(found)


def groups(limit: int = 500) -> list[Group]:
    """What waits to be looked at, the likeliest first, each record with all that may be the same. One statement."""
    first, second = aliased(Organisation), aliased(Organisation)
    rows = (
        select(OrganisationPair, first, second)
        .join(first, first.id == OrganisationPair.first_id)
        .join(second, second.id == OrganisationPair.second_id)
        .where(OrganisationPair.decided_at.is_(None))
        .order_by(OrganisationPair.score.desc(), OrganisationPair.found_at, OrganisationPair.id)
        .limit(limit)
    )
    found: dict[uuid.UUID, Group] = {}
    gone = set()
    for pair, one, other in db.session.execute(rows):
        kept, going = sorted((one, other), key=lambda row: (row.confirmed_at is None, row.created_at, row.id))
        gone.add(going.id)
        group = found.setdefault(kept.id, Group(kept, [], [], pair.found_at))
        group.names.append(going.name)
        group.reasons.extend(reason for reason in pair.reasons if reason not in group.reasons)
    # What may itself be part of another one is not asked about before that is decided.
    return [group for kept_id, group in found.items() if kept_id not in gone]


def search(q: str, *, limit: int = 50) -> list[Organisation]:
    """Records whose name, or a former one, has these letters, confirmed ones first. One statement, none for nothing."""
    if not (key := plain(q)):
        return []
    former = select(OrganisationAlias.organisation_id).where(OrganisationAlias.name_key.contains(key, autoescape=True))
    is_called = or_(Organisation.name_key.contains(key, autoescape=True), Organisation.id.in_(former))
    rows = select(Organisation).where(is_called)
    return list(
        db.session.scalars(
            rows.order_by(Organisation.confirmed_at.is_(None), Organisation.name_key, Organisation.id).limit(limit)
        )
    )


def records(ids: Collection[uuid.UUID]) -> list[Organisation]:
    """These records as far as they exist, the first confirmed first."""
    rows = select(Organisation).where(Organisation.id.in_(ids))
    return list(db.session.scalars(rows.order_by(Organisation.confirmed_at.is_(None), Organisation.name_key)))


def former_names(organisation_id: uuid.UUID) -> list[OrganisationAlias]:
    """What it was called before."""
    rows = select(OrganisationAlias).where(OrganisationAlias.organisation_id == organisation_id)
    return list(db.session.scalars(rows.order_by(OrganisationAlias.name_key)))


def decided_of(organisation_id: uuid.UUID) -> list[OrganisationPair]:
    """The pairs of a record that somebody held apart."""
    rows = select(OrganisationPair).where(
        or_(OrganisationPair.first_id == organisation_id, OrganisationPair.second_id == organisation_id),
        OrganisationPair.decided_at.is_not(None),
    )
    return list(db.session.scalars(rows))


def waiting_for(organisation_id: uuid.UUID) -> dict[uuid.UUID, OrganisationPair]:
    """The pairs of a record that nobody has decided on, by the other record; the likeliest first."""
    rows = select(OrganisationPair).where(
        or_(OrganisationPair.first_id == organisation_id, OrganisationPair.second_id == organisation_id),
        OrganisationPair.decided_at.is_(None),
    )
    found = db.session.scalars(rows.order_by(OrganisationPair.score.desc(), OrganisationPair.id))
    return {one.second_id if one.first_id == organisation_id else one.first_id: one for one in found}


def _keys(one: Known) -> set[str]:
    """Under which words a record is looked for: all of its name with a slip, two words of it, what it is in short."""
    short = {f"short {name}" for name in (*one.acronyms, one.initials) if name}
    parts = {f"part {' '.join(two)}" for two in combinations(one.words[:8], 2)} if one.country else set()
    return slips(one.words) | {" ".join(one.words)} | short | parts


def _short_names(name: str) -> tuple[str, frozenset[str]]:
    """The name without what stands in brackets or alone as capitals, and those short names."""
    pieces = name.replace("(", " ( ").replace(")", " ) ").split()
    bare, short, inside = [], set(), False
    for piece in pieces:
        if piece in "()":
            inside = piece == "("
        elif piece.isalpha() and piece.isupper() and 2 <= len(piece) <= 10 and (inside or len(pieces) == 1):
            short.add(piece.casefold())
        else:
            bare.append(piece)
    return " ".join(bare) or name, frozenset(short)
