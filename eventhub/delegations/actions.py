"""Opening delegations, focal points, nominating, approving, replacing, and going on without a silent focal point.

Locks are taken in one order: the delegation, then its nominees, then what registration locks (seats before
registrations).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.delegations import access, queries
from eventhub.delegations.models import Delegation, FocalInvitation, Kind, Nominee
from eventhub.delegations.queries import Row, Status
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, Stale, means
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people import actions as people
from eventhub.people.affiliations import meant_by
from eventhub.people.models import Organisation, Person, name_key
from eventhub.programme.models import Event
from eventhub.registration import cancelling, focal
from eventhub.registration.models import Registration
from eventhub.registration.moves import demand_distance

INVITATION = timedelta(days=30)
ROWS = 12
"""So many people are nominated with one form at the most."""


class AlreadyOpened(DomainError):
    """There is one."""

    message = _l("This organization has a delegation at this event already.")
    field = "organisation"


class TooFewPlaces(DomainError):
    """More people are nominated than the new quota would allow."""

    status = 422
    message = _l("More people are nominated already. Choose a larger number, or leave it empty for no limit.")
    field = "quota"


class QuotaReached(DomainError):
    """All places of the delegation are taken."""

    status = 422
    message = _l("All places of the delegation are taken: this person would be one too many.")
    field = "name_0"


class DelegationClosed(DomainError):
    """Closed by the secretariat."""

    message = _l("The secretariat has closed this delegation, so nothing can be changed any more.")


class NobodyNamed(DomainError):
    """An empty form."""

    status = 422
    message = _l("Write at least one name.")
    field = "name_0"


class RowWrong(DomainError):
    """A row that does not hold, found while others wrote at the same moment."""

    status = 422
    message = _l("This person is nominated already.")


class LinkClosed(DomainError):
    """The invitation was answered, taken back, or is too old."""

    status = 410
    message = _l("This invitation is closed. Ask whoever sent it to you for a new one.")


class NominatedAlready(DomainError):
    """Nobody takes part in an event by two nominations."""

    message = _l(
        "This account takes part in the event by another nomination already. Where several people share a mailbox, sign"
        " out and take this invitation with another address, or ask your focal point to fill in the form for you."
    )


class NothingToApprove(DomainError):
    """The registration is not complete, was decided on, or the person has left."""

    message = _l("There is nothing to approve here any more. Look at the list again.")


class NotSilentYet(DomainError):
    """The focal point has some days left."""

    message = _l("The focal point still has time to answer. You can go on without it when these days are over.")
    field = "why"


class Left(DomainError):
    """The person was replaced meanwhile."""

    message = _l("This person does not belong to the delegation any more.")


means("uq_delegation_event_id_organisation_id", AlreadyOpened())
means("ck_delegation_places_within_quota", QuotaReached())
means("ix_nominee_person", NominatedAlready())
means("ix_focal_invitation_open", LinkClosed(_l("Somebody else invited a focal point at this moment.")))


@dataclass(frozen=True)
class Nomination:
    """What a row of the form says: ``row`` is its number, so that a problem is said there."""

    row: int
    name: str
    email: str | None


def open_delegation(
    actor: Person,
    event: Event,
    name: str,
    *,
    country: str | None = None,
    quota: int | None = None,
    category: str | None = None,
    silent_days: int = 5,
) -> Delegation:
    """Open a delegation of the organization of this name, which counts as confirmed from now on. Raises
    AlreadyOpened.
    """
    delegation = Delegation(
        id=uuid.uuid4(),
        event_id=event.id,
        organisation_id=_organisation(name, country).id,
        quota=quota,
        places_taken=0,
        category=category,
        silent_days=silent_days,
    )
    db.session.add(delegation)
    db.session.flush()
    _note("opened", delegation, actor, quota=quota)
    return delegation


def change(
    actor: Person, delegation: Delegation, *, quota: int | None, category: str | None, silent_days: int
) -> Delegation:
    """Change what the secretariat says of a delegation. Raises TooFewPlaces."""
    hold(delegation)
    if quota is not None and delegation.places_taken > quota:
        raise TooFewPlaces
    values: Mapping[str, Any] = {"quota": quota, "category": category, "silent_days": silent_days}
    changed = sorted(name for name, value in values.items() if getattr(delegation, name) != value)
    if silent_days < delegation.silent_days:
        delegation.days_since = now()  # nobody's days are over because they were made fewer
    for name in changed:
        setattr(delegation, name, values[name])
    _note("changed", delegation, actor, changed=changed)
    return delegation


def close(actor: Person, delegation: Delegation) -> Delegation:
    """Nobody is nominated or replaced any more; who is there stays."""
    hold(delegation)
    delegation.closed_at = delegation.closed_at or now()
    _note("closed", delegation, actor)
    return delegation


def reopen(actor: Person, delegation: Delegation) -> Delegation:
    """Take nominations again."""
    hold(delegation)
    delegation.closed_at = None
    _note("reopened", delegation, actor)
    return delegation


def invite_focal_point(actor: Person, delegation: Delegation, email: str, language: str) -> FocalInvitation:
    """Ask somebody at a clean address to be the focal point; an invitation before this one is closed. Whoever is the
    focal point stays until this one accepts, or until ``end_focal_point``.
    """
    hold(delegation)
    cancelling.demand_taking_place(delegation.event_id)
    _close_invitation(delegation)
    moment = now()
    invitation = FocalInvitation(
        id=uuid.uuid4(),
        delegation_id=delegation.id,
        email=email,
        language=language,
        salt=new_salt(),
        invited_by_id=actor.id,
        invited_at=moment,
        until=moment + INVITATION,
    )
    invitation.token_hash = digest(focal_token(invitation))
    db.session.add(invitation)
    db.session.flush()
    _note("focal_point_invited", delegation, actor)
    promise("delegations.focal_point_invited", invitation_id=invitation.id)
    return invitation


def end_focal_point(actor: Person, delegation: Delegation) -> Delegation:
    """The focal point has left: what only a focal point sees is closed to that person at once."""
    hold(delegation)
    _close_invitation(delegation)
    tell_ended(delegation, delegation.focal_id)
    delegation.focal_id = delegation.focal_since = None
    _note("focal_point_ended", delegation, actor)
    return delegation


def accept_focal_point(actor: Person, secret: str) -> Delegation:
    """Become the focal point; whoever was it is told. Once more is the same. Raises LinkClosed, NotAnyMore."""
    found = queries.invitation_by_token(secret)
    if found is None:
        raise LinkClosed
    delegation = hold(found[1])
    again = queries.invitation_by_token(secret, lock=True)
    if again is None:
        raise LinkClosed
    invitation = again[0]
    if invitation.accepted_by_id == actor.id and delegation.focal_id == actor.id:
        return delegation
    if not is_open(invitation, now()):
        raise LinkClosed
    cancelling.demand_taking_place(delegation.event_id)
    if delegation.focal_id != actor.id:
        tell_ended(delegation, delegation.focal_id)
    invitation.closed_at, invitation.accepted_by_id = now(), actor.id
    delegation.focal_id, delegation.focal_since = actor.id, invitation.closed_at
    _note("focal_point_accepted", delegation, actor)
    db.session.flush()
    return delegation


def tell_ended(delegation: Delegation, person_id: uuid.UUID | None) -> None:
    """Owe a mail to whoever is the focal point no more."""
    if person_id is not None:
        promise("delegations.focal_point_ended", delegation_id=delegation.id, person_id=person_id)


def is_open(invitation: FocalInvitation, moment: datetime) -> bool:
    """Whether an invitation may still be accepted."""
    return invitation.closed_at is None and moment < invitation.until


def problems(delegation: Delegation, rows: Sequence[Nomination]) -> dict[str, Any]:
    """What is wrong with which row, by the name of the field: nominated already, twice in the form, one too many."""
    known = select(Nominee.name, Nominee.email).where(Nominee.delegation_id == delegation.id, Nominee.left_at.is_(None))
    there = {(name_key(row.name), row.email) for row in db.session.execute(known)}
    left = None if delegation.quota is None else delegation.quota - delegation.places_taken
    found: dict[str, Any] = {}
    good = 0
    for one in rows:
        who = name_key(one.name), one.email
        if who in there:
            found[f"name_{one.row}"] = RowWrong.message
            continue
        there.add(who)
        good += 1
        if left is not None and good > left:
            found[f"name_{one.row}"] = QuotaReached.message
    return found


def nominate(actor: Person, delegation: Delegation, rows: Sequence[Nomination], language: str) -> list[Nominee]:
    """Nominate these people and mail a link to each who has a mailbox: all of them or, on any error, nobody.

    Raises NotFound for anybody but the focal point, DelegationClosed, NobodyNamed, RowWrong, QuotaReached.
    """
    hold(delegation)
    demand_may(actor, delegation)
    if not rows:
        raise NobodyNamed
    for name, message in problems(delegation, rows).items():
        raise RowWrong(message, field=name)
    made = [_nominee(actor, delegation, one, language) for one in rows[:ROWS]]
    db.session.flush()
    _note("nominated", delegation, actor, number=len(made), nominees=[str(one.id) for one in made])
    return made


def add_beside(
    actor: Person, delegation: Delegation, nominee: Nominee, one: Nomination, language: str, kind: Kind
) -> Nominee:
    """Nominate somebody who works beside a delegate, outside quota. Raises what ``nominate`` raises, and Left."""
    hold(delegation)
    demand_may(actor, delegation)
    nominee = queries.nominee_of(delegation.id, nominee.id, lock=True).nominee
    if nominee.left_at is not None or nominee.kind is not Kind.DELEGATE or kind is Kind.DELEGATE:
        raise Left
    for message in problems_beside(delegation, one).values():
        raise RowWrong(message, field="name_0")
    made = _nominee(actor, delegation, one, language, kind=kind, beside=nominee)
    db.session.flush()
    _note("nominated", delegation, actor, number=1, kind=kind, nominees=[str(made.id)])
    return made


def problems_beside(delegation: Delegation, one: Nomination) -> dict[str, Any]:
    """The same for somebody outside quota."""
    return {name: text for name, text in problems(delegation, [one]).items() if text is RowWrong.message}


def approve(actor: Person, delegation: Delegation, row: Row) -> Nominee:
    """The focal point's word: the registration goes on to the secretariat. Raises NotFound, NothingToApprove."""
    hold(delegation)
    if not access.is_focal_point(actor.id, delegation):
        raise NotFound
    row = queries.nominee_of(delegation.id, row.nominee.id, lock=True)
    if row.status is not Status.COMPLETE:
        raise NothingToApprove
    return _let_on(actor, delegation, row, cause="focal_point")


def override(actor: Person, delegation: Delegation, row: Row, why: str) -> Nominee:
    """The secretariat goes on without a focal point that is silent, or that is not there at all. ``why`` stands in the
    history. Raises NothingToApprove, NotSilentYet, and OwnFile like any decision.
    """
    hold(delegation)
    row = queries.nominee_of(delegation.id, row.nominee.id, lock=True)
    if (due := row.answer_by(delegation)) is None or not row.waits:
        raise NothingToApprove
    demand_distance(actor, [db.session.get_one(Registration, row.registration_id)])
    if now().date() <= due:
        raise NotSilentYet
    row.nominee.overridden = True
    return _let_on(actor, delegation, row, cause="focal_point_silent", text=why)


def replace(
    actor: Person, delegation: Delegation, row: Row, one: Nomination | None, language: str, *, seen: str | None = None
) -> Nominee:
    """The person goes, with whoever stands beside; the place is free, or that of somebody else at once. What was sent
    for the delegation is withdrawn. ``seen``: the mark of what the page showed. Raises NotFound, DelegationClosed,
    Left, Stale, RowWrong.
    """
    hold(delegation)
    demand_may(actor, delegation)
    row = queries.nominee_of(delegation.id, row.nominee.id, lock=True)
    if row.nominee.left_at is not None:
        raise Left
    if seen is not None and seen != row.mark:
        raise Stale
    beside = select(Nominee).where(Nominee.beside_id == row.nominee.id, Nominee.left_at.is_(None)).with_for_update()
    with_them = list(db.session.scalars(beside))
    leave(actor, [row.nominee, *([] if one else with_them)])
    made = row.nominee
    if one is not None:
        for message in problems_beside(delegation, one).values():
            raise RowWrong(message, field="name_0")
        kind = row.nominee.kind
        person = db.session.get(Nominee, row.nominee.beside_id) if row.nominee.beside_id else None
        made = _nominee(actor, delegation, one, language, kind=kind, beside=person)
        db.session.flush()
        row.nominee.replaced_by_id = made.id
        for other in with_them:
            other.beside_id = made.id
    who = [row.nominee, *([made] if one else [])]
    _note("replaced", delegation, actor, by_somebody=one is not None, nominees=[str(each.id) for each in who])
    db.session.flush()
    return made


def leave(actor: Person | None, nominees: Sequence[Nominee]) -> None:
    """These people do not belong to the delegation any more; their places are free."""
    moment = now()
    for nominee in nominees:
        nominee.left_at = moment
    db.session.flush()
    for nominee in nominees:
        if nominee.person_id is not None:
            who = nominee.event_id, nominee.person_id, nominee.delegation_id
            focal.let_go(actor, *who, is_own=nominee.registered_before)
        if nominee.person_id is not None and nominee.claimed_at is None:
            # Somebody without an account, whom nobody will become: nothing is kept of what was typed.
            people.erase(None, db.session.get_one(Person, nominee.person_id))


def nominee_token(nominee: Nominee) -> str:
    """The secret in a nominee's link: good for this one nomination."""
    return token("delegations.nominee", nominee.id, nominee.salt)


def focal_token(invitation: FocalInvitation) -> str:
    """The secret in a focal point's link."""
    return token("delegations.focal_point", invitation.id, invitation.salt)


def hold(delegation: Delegation) -> Delegation:
    """Lock a delegation; it is as it stands now. Raises NotFound where it became part of another one meanwhile."""
    db.session.flush()
    row = select(Delegation).where(Delegation.id == delegation.id).with_for_update()
    found = db.session.scalar(row.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def organisation_named(name: str, country: str | None) -> Organisation:
    """The confirmed organization of this name, however it is spelt; else a new one, confirmed by whoever names it."""
    return _organisation(name, country)


def _let_on(actor: Person, delegation: Delegation, row: Row, *, cause: str, text: str | None = None) -> Nominee:
    cancelling.demand_taking_place(delegation.event_id)
    row.nominee.approved_at = now()
    registration = db.session.get(Registration, row.registration_id) if row.registration_id else None
    if registration is not None and registration.awaits_word:
        focal.pass_on(actor, registration, cause=cause, text=text)
    _note("approved" if cause == "focal_point" else "overridden", delegation, actor, nominees=[str(row.nominee.id)])
    db.session.flush()
    return row.nominee


def _nominee(
    actor: Person,
    delegation: Delegation,
    one: Nomination,
    language: str,
    *,
    kind: Kind = Kind.DELEGATE,
    beside: Nominee | None = None,
) -> Nominee:
    nominee = Nominee(
        id=uuid.uuid4(),
        delegation_id=delegation.id,
        event_id=delegation.event_id,
        kind=kind,
        beside_id=beside.id if beside else None,
        name=one.name,
        email=one.email,
        language=language,
        salt=new_salt(),
        invited_by_id=actor.id,
        invited_at=now(),
        overridden=False,
    )
    nominee.token_hash = digest(nominee_token(nominee))
    db.session.add(nominee)
    if one.email:
        promise("delegations.nominated", nominee_id=nominee.id)
    return nominee


def demand_may(actor: Person, delegation: Delegation) -> None:
    """Raises NotFound for anybody but the focal point, DelegationClosed, and for an event that is cancelled."""
    if not access.is_focal_point(actor.id, delegation):
        raise NotFound
    if delegation.closed_at is not None:
        raise DelegationClosed
    cancelling.demand_taking_place(delegation.event_id)


def _close_invitation(delegation: Delegation) -> None:
    before = queries.open_invitation(delegation.id)
    if before is not None:
        before.closed_at = now()
        db.session.flush()


def _organisation(name: str, country: str | None) -> Organisation:
    same = select(Organisation).where(
        meant_by(name),
        Organisation.country.is_not_distinct_from(func.coalesce(country, Organisation.country)),
    )
    # Its own name before one that another record bore before it was merged.
    first = Organisation.name_key != name_key(name), Organisation.created_at, Organisation.id
    found = db.session.scalars(same.order_by(*first).limit(1)).first()
    if found is None:
        found = Organisation(id=uuid.uuid4(), name=name, kind="other", country=country, confirmed_at=now())
        db.session.add(found)
        db.session.flush()
    return found


def _note(deed: str, delegation: Delegation, actor: Person, **detail: Any) -> None:
    audit.record(f"delegation.{deed}", delegation, actor=actor, scope_id=delegation.event_id, **detail)
