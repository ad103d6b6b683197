"""Two records of one organization become one: everything that points to the other record follows, or nothing does.

People knows only its own tables. A feature further up says with ``follow`` what of its own points to an organization; a
test holds that no foreign key is left out, and the database refuses to delete a record that something still points to.

Nothing here waits for a lock: registering holds an organization and then wants a place, amending holds a registration
and then wants an organization, so whoever waited between them would wait in a circle. What somebody works on at this
moment is answered with ``Busy``.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.people import same
from eventhub.people.models import Affiliation, Organisation, OrganisationAlias, OrganisationPair, Person

MOST = 50
"""So many records become one with one button at the most."""
Ids = Collection[uuid.UUID]


class Busy(DomainError):
    """Somebody registers, amends or merges what is concerned."""

    message = _l("Somebody is working on one of these just now. Nothing was changed. Try again in a moment.")


class Gone(DomainError):
    """A colleague was faster."""

    message = _l("One of these was merged by a colleague meanwhile. Look at the list again.")


class NothingChosen(DomainError):
    """No other record was marked."""

    status = 422
    message = _l("Choose at least one other record.")


@dataclass(frozen=True)
class Count:
    """How much moves: what it is called, and how many."""

    label: Any
    number: int


@dataclass(frozen=True)
class Follower:
    """What a feature has that points to organizations. ``columns`` are the foreign keys it answers for, ``hold`` locks
    their rows without waiting and says whether it got them all, ``count`` is for the page before the deed (the records
    that go, the one that stays), ``move`` lets them point to the one that stays.
    """

    columns: tuple[str, ...]
    hold: Callable[[Ids, uuid.UUID], bool]
    count: Callable[[Ids, uuid.UUID], list[Count]]
    move: Callable[[Person, uuid.UUID, Organisation], object]


FOLLOWERS: list[Follower] = []


def follow(follower: Follower) -> None:
    """Say once, where a feature is loaded, what of it follows. Those further up come later and hold theirs first."""
    FOLLOWERS.append(follower)


def counts(others: Ids, kept_id: uuid.UUID) -> list[Count]:
    """What would move, for the page before it."""
    return [one for follower in FOLLOWERS for one in follower.count(others, kept_id) if one.number]


def merge(actor: Person, kept_id: uuid.UUID, others: Sequence[uuid.UUID], text: str) -> Organisation:
    """Let these records become one, which is given back: confirmed, since somebody looked. All of them or none; nothing
    brings them back. Raises NothingChosen, Gone, Busy.
    """
    going = sorted(set(others) - {kept_id})[:MOST]
    if not going:
        raise NothingChosen
    rows = _held([kept_id, *going])
    for follower in reversed(FOLLOWERS):
        if not follower.hold(going, kept_id):
            raise Busy
    kept = rows[kept_id]
    for one in (rows[other] for other in going):
        for follower in FOLLOWERS:
            follower.move(actor, one.id, kept)
        _take_facts(kept, one)
        _keep_name(kept, one)
        audit.record("organisation.merged", kept, actor=actor, text=text, was=one.id, official=bool(one.confirmed_at))
        db.session.flush()
        db.session.delete(one)
        db.session.flush()
    kept.confirmed_at = kept.confirmed_at or now()
    return kept


def hold_apart(actor: Person, organisation_id: uuid.UUID, others: Sequence[uuid.UUID]) -> int:
    """These are other organizations: nobody is asked again; how many. Raises NothingChosen, Gone, Busy."""
    chosen = sorted(set(others) - {organisation_id})[:MOST]
    if not chosen:
        raise NothingChosen
    rows = _held([organisation_id, *chosen])
    moment = now()
    for other in chosen:
        first, second = sorted((organisation_id, other))
        said = {"decided_at": moment, "decided_by_id": actor.id}
        row = insert(OrganisationPair).values(
            id=uuid.uuid4(), first_id=first, second_id=second, score=0, reasons=[], **said
        )
        db.session.execute(row.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=said))
        audit.record("organisation.held_apart", rows[organisation_id], actor=actor, other=other)
    db.session.flush()
    return len(chosen)


def confirm(actor: Person, organisation: Organisation) -> Organisation:
    """Somebody of the secretariat knows it: from now on whoever writes its name means this one."""
    if organisation.confirmed_at is None:
        organisation.confirmed_at = now()
        audit.record("organisation.confirmed", organisation, actor=actor)
    return organisation


def found(organisation_id: uuid.UUID) -> Organisation:
    """One record. Raises NotFound."""
    row = db.session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound
    return row


def _held(ids: Ids) -> dict[uuid.UUID, Organisation]:
    """The records, locked without waiting: nobody comes to point to them from here on."""
    mine = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.id)
    mine = mine.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    rows = {row.id: row for row in db.session.scalars(mine)}
    if len(rows) < len(set(ids)):
        there = select(func.count()).select_from(Organisation).where(Organisation.id.in_(ids))
        raise Gone if db.session.scalar(there) == len(rows) else Busy
    return rows


def _take_facts(kept: Organisation, one: Organisation) -> None:
    """What is known of the other one alone; what is known of the one that stays is not overwritten."""
    for name in ("country", "head", "website"):
        setattr(kept, name, getattr(kept, name) or getattr(one, name))
    for name in ("ecosoc_status", "ganhri_status"):
        if getattr(kept, name) == "none":
            setattr(kept, name, getattr(one, name))
    if kept.kind == "other":
        kept.kind = one.kind


def _keep_name(kept: Organisation, one: Organisation) -> None:
    """The former name, and those it had before, lead here now."""
    mine = select(OrganisationAlias.name, OrganisationAlias.name_key, OrganisationAlias.is_official)
    former = [tuple(row) for row in db.session.execute(mine.where(OrganisationAlias.organisation_id == one.id))]
    for name, key, is_official in [*former, (one.name, one.name_key, one.confirmed_at is not None)]:
        row = insert(OrganisationAlias).values(
            id=uuid.uuid4(), organisation_id=kept.id, name=name, name_key=key, is_official=is_official, merged_at=now()
        )
        stays = {"is_official": OrganisationAlias.is_official | is_official}
        db.session.execute(row.on_conflict_do_update(index_elements=["organisation_id", "name_key"], set_=stays))
    # What somebody held apart from the one that goes is apart from the one that stays, too.
    _pass_on_decisions(kept.id, one.id)


def _pass_on_decisions(kept_id: uuid.UUID, gone_id: uuid.UUID) -> None:
    for pair in list(same.decided_of(gone_id)):
        other = pair.second_id if pair.first_id == gone_id else pair.first_id
        if other == kept_id:
            continue
        first, second = sorted((kept_id, other))
        said = {"decided_at": pair.decided_at, "decided_by_id": pair.decided_by_id}
        row = insert(OrganisationPair).values(
            id=uuid.uuid4(), first_id=first, second_id=second, score=0, reasons=[], **said
        )
        db.session.execute(row.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=said))


def held_all(column: Any, *which: ColumnElement[bool]) -> bool:
    """Lock the rows with these ids that nobody else holds; whether those are all."""
    held = db.session.scalars(select(column).where(*which).order_by(column).with_for_update(skip_locked=True)).all()
    return db.session.scalar(select(func.count(column)).where(*which)) == len(held)


def _hold_ties(ids: Ids, kept_id: uuid.UUID) -> bool:
    return held_all(Affiliation.id, Affiliation.organisation_id.in_([*ids, kept_id]))


def _count_ties(ids: Ids, _kept_id: uuid.UUID) -> list[Count]:
    people = select(func.count(Affiliation.person_id.distinct())).where(Affiliation.organisation_id.in_(ids))
    return [Count(_l("People with a tie to it"), db.session.scalar(people) or 0)]


def _move_ties(_actor: Person, before: uuid.UUID, after: Organisation) -> None:
    """Whoever had a tie to both has one: the longer of the two, so that those who were near stay near, and as long."""
    theirs = select(Affiliation.person_id).where(Affiliation.organisation_id == after.id)
    both = select(Affiliation).where(Affiliation.organisation_id.in_([before, after.id]))
    rows = list(db.session.scalars(both.order_by(Affiliation.person_id)))
    stand = {row.person_id: row for row in rows if row.organisation_id == after.id}
    for row in rows:
        one = stand.get(row.person_id)
        if row.organisation_id == before and one is not None:
            is_main = row.is_main or one.is_main
            _join(one, row)
            db.session.delete(row)
            db.session.flush()
            one.is_main = is_main
    db.session.flush()
    rest = update(Affiliation).where(Affiliation.organisation_id == before, Affiliation.person_id.not_in(theirs))
    db.session.execute(rest.values(organisation_id=after.id).execution_options(synchronize_session="fetch"))


def _join(one: Affiliation, other: Affiliation) -> None:
    one.until = None if one.until is None or other.until is None else max(one.until, other.until)
    began = [since for since in (one.since, other.since) if since is not None]
    one.since = min(began, default=None)
    one.role = one.role or other.role


follow(Follower(("affiliation.organisation_id",), _hold_ties, _count_ties, _move_ties))
