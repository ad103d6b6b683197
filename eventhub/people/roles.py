"""Roles: offered to an address, accepted or declined there, given at once on the command line, taken away."""

import uuid
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import code, same
from eventhub.people import queries, sign_in, totp
from eventhub.people.access import Scope, may_grant, scope_for, scope_of
from eventhub.people.models import Person, Role, RoleGrant, RoleOffer, ScopeKind, WebSession
from eventhub.people.sessions import STAFF_SESSION, revoke_other_sessions

OFFER = timedelta(days=30)


class OwnAdminRole(DomainError):
    """Nobody locks themselves out by mistake."""

    message = _l("You cannot take away your own administrator role. Ask another administrator.")


class AlreadyHeld(DomainError):
    """The same role over the same scope."""

    message = _l("This person already holds this role there.")
    field = "role"


class AlreadyOffered(DomainError):
    """The same role over the same scope waits for an answer."""

    message = _l("This role has been offered to this address already.")
    field = "role"


class OfferClosed(DomainError):
    """Too old, taken back, answered, or from somebody who could not give the role any more."""

    status = 410
    message = _l("This offer is closed.")


class WrongOfferCode(DomainError):
    """The role is accepted without what its giver has told, or with another offer's."""

    status = 422
    message = _l("This is not the code of the offer. Ask whoever offers you the role, by voice.")
    field = "code"


class LastAdmin(DomainError):
    """Somebody must be able to give roles."""

    message = _l("You are the only administrator. Give the role to somebody else first.")


def offer_role(
    actor: Person,
    email: str,
    language: str,
    *,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: uuid.UUID | None = None,
    series_id: uuid.UUID | None = None,
    scope_label: str = "",
) -> RoleOffer:
    """Offer a role to a clean address. Known or not: same statements, and no name until somebody there accepts.

    ``language`` is that of the mail to an address that is not known. Raises NotFound outside the actor's own scope,
    AlreadyHeld (said of holders whom the actor sees in the list), AlreadyOffered.
    """
    _demand_may_grant(actor, role, scope_for(scope_kind, scope_id, series_id))
    if queries.is_held(email, role, scope_kind, scope_id):
        raise AlreadyHeld
    if queries.is_offered(email, role, scope_kind, scope_id):
        raise AlreadyOffered
    moment = now()
    offer = RoleOffer(
        id=uuid.uuid4(),
        email=email,
        role=role,
        scope_kind=scope_kind,
        scope_id=scope_id,
        series_id=series_id,
        scope_label=scope_label,
        language=language,
        offered_by_id=actor.id,
        offered_at=moment,
        until=moment + OFFER,
    )
    _close_stale_offers(moment)
    db.session.add(offer)
    db.session.flush()
    audit.record("role.offered", offer, actor=actor, scope_id=scope_id, role=role, scope=scope_kind)
    promise("people.role_offered", offer_id=offer.id)
    return offer


def take_back_offer(actor: Person, offer: RoleOffer) -> RoleOffer:
    """An open offer is open no more. Raises NotFound outside the actor's own scope."""
    _demand_may_grant(actor, offer.role, scope_for(offer.scope_kind, offer.scope_id, offer.series_id))
    offer.closed_at = now()
    audit.record("role.offer_taken_back", offer, actor=actor, scope_id=offer.scope_id, role=offer.role)
    return offer


def code_of(offer: RoleOffer) -> str:
    """What the giver hands over beside the mailbox: eight digits, kept nowhere."""
    return _code_of(offer.id)


def accept_role(actor: Person, session: WebSession, offer_id: uuid.UUID, *, typed: str | None) -> RoleGrant:
    """The role is theirs from now on, and with it the second factor. Raises OfferClosed, WrongOfferCode, AlreadyHeld.

    ``typed`` is the code that the giver told, without which a mailbox would set up the phone of somebody newly
    appointed, or had set one up as a participant's; None where ``needs_no_code``. The caller counts the tries.
    Whoever has no phone yet sets it up in this session, which begins it at once; the others are signed out, and asked
    for the code again.
    """
    offer = queries.own_offer(actor, offer_id, lock=True)
    if offer is None:
        raise OfferClosed
    giver = queries.grants_of(offer.offered_by_id)
    if not may_grant(giver, offer.role, scope_for(offer.scope_kind, offer.scope_id, offer.series_id)):
        raise OfferClosed
    if not (typed is None and needs_no_code(actor, session)) and not _is_code(offer.id, typed or ""):
        raise WrongOfferCode
    offer.closed_at = now()
    grant = _hold(
        actor, offer.role, offer.scope_kind, offer.scope_id, given_by=db.session.get_one(Person, offer.offered_by_id)
    )
    if typed is not None and totp.factor_of(actor) is None:
        actor.first_phone_offer_id = offer.id
        revoke_other_sessions(actor, keep=session.id)
        totp.begin(actor, session)
    audit.record("role.accepted", actor, actor=actor, scope_id=offer.scope_id, role=offer.role, scope=offer.scope_kind)
    return grant


def needs_no_code(person: Person, session: WebSession) -> bool:
    """Whether a role is accepted without the giver's code: by staff alone, whose phone a giver's code once let in."""
    return session.second_factor_at is not None and bool(queries.grants_of(person.id))


def asks_for_offer_code(person: Person, session: WebSession) -> bool:
    """Whether this session must give the code by which the role was accepted before it sets up the first phone."""
    waits = person.first_phone_offer_id is not None and totp.factor_of(person) is None
    return waits and totp.pending_of(session) is None


def judge_offer_code(person: Person, typed: str) -> None:
    """Raises WrongOfferCode unless it is the code by which the role was accepted."""
    if person.first_phone_offer_id is None or not _is_code(person.first_phone_offer_id, typed):
        raise WrongOfferCode


def decline_role(actor: Person, offer_id: uuid.UUID) -> RoleOffer:
    """No, thank you. Raises OfferClosed."""
    offer = queries.own_offer(actor, offer_id, lock=True)
    if offer is None:
        raise OfferClosed
    offer.closed_at = now()
    audit.record("role.declined", actor, actor=actor, scope_id=offer.scope_id, role=offer.role, scope=offer.scope_kind)
    return offer


def grant_role(
    actor: Person | None,
    person: Person,
    *,
    role: Role,
    scope_kind: ScopeKind = ScopeKind.ALL,
    scope_id: uuid.UUID | None = None,
    series_id: uuid.UUID | None = None,
) -> RoleGrant:
    """Give a role over a scope to a known person at once; ``actor`` is None on the command line. On pages roles are
    offered (offer_role), since giving one shows who the person is. ``series_id``: the series of an event.

    Raises NotFound outside the actor's own scope, AlreadyHeld.
    """
    _demand_may_grant(actor, role, scope_for(scope_kind, scope_id, series_id))
    grant = _hold(person, role, scope_kind, scope_id, given_by=actor)
    if actor is None:
        # Whoever holds the house vouches for the mailbox.
        person.first_phone_offer_id = None
    audit.record("role.granted", person, actor=actor, scope_id=scope_id, role=role, scope=scope_kind)
    promise("people.role_given", grant_id=grant.id)
    return grant


def _hold(
    person: Person, role: Role, scope_kind: ScopeKind, scope_id: uuid.UUID | None, *, given_by: Person | None
) -> RoleGrant:
    held = queries.grants_of(person.id)
    if any((one.role, one.scope_kind, one.scope_id) == (role, scope_kind, scope_id) for one in held):
        raise AlreadyHeld
    grant = RoleGrant(
        id=uuid.uuid4(),
        person_id=person.id,
        role=role,
        scope_kind=scope_kind,
        scope_id=scope_id,
        granted_by_id=given_by.id if given_by else None,
    )
    db.session.add(grant)
    db.session.flush()
    _tighten(person)
    if role is Role.ADMIN and scope_kind is ScopeKind.ALL:
        # Whoever gave it too: it may have been done in that person's name.
        for admin in sorted(queries.admins_of_all() - {person.id}):
            promise("people.administrator_added", person_id=admin)
    return grant


def revoke_role(actor: Person | None, grant: RoleGrant, *, series_id: uuid.UUID | None = None) -> RoleGrant:
    """Take a role away, at once, and tell the person. Raises NotFound outside the actor's own scope or when it is gone,
    OwnAdminRole, LastAdmin. Two administrators who take each other's role at once leave one. For an administrator's
    role the page has judged a fresh code; of one over everything all administrators are told, the former one too.
    """
    admins = queries.admins_of_all(lock=True) if grant.role is Role.ADMIN else set()
    db.session.refresh(grant, ["revoked_at"], with_for_update=True)
    if grant.revoked_at is not None:
        raise NotFound
    _demand_may_grant(actor, grant.role, scope_of(grant, series_id))
    if actor is not None and grant.role is Role.ADMIN and grant.person_id == actor.id:
        raise OwnAdminRole
    if grant.role is Role.ADMIN and grant.scope_kind is ScopeKind.ALL and admins == {grant.person_id}:
        raise LastAdmin
    grant.revoked_at = now()
    db.session.flush()
    person = db.session.get_one(Person, grant.person_id)
    if not queries.grants_of(person.id) and not person.asks_second_step:
        # Nobody asks a participant for a second factor who does not want it.
        db.session.execute(update(WebSession).where(WebSession.person_id == person.id).values(is_half=False))
    audit.record("role.revoked", person, actor=actor, scope_id=grant.scope_id, role=grant.role, scope=grant.scope_kind)
    if grant.role is Role.ADMIN and grant.scope_kind is ScopeKind.ALL:
        # Whoever took it too: it may have been done in that person's name.
        for admin in sorted(admins | {person.id}):
            promise("people.administrator_removed", person_id=admin)
    else:
        promise("people.role_taken", person_id=person.id)
    return grant


def _demand_may_grant(actor: Person | None, role: Role, scope: Scope | None) -> None:
    if actor is not None and not may_grant(queries.grants_of(actor.id), role, scope):
        raise NotFound


def _code_of(offer_id: uuid.UUID) -> str:
    return code("role_offer", offer_id, b"")


def _is_code(offer_id: uuid.UUID, typed: str) -> bool:
    return same(_code_of(offer_id).encode(), sign_in.plain_digits(typed).encode())


def _close_stale_offers(moment: datetime) -> None:
    """What nobody answered in time stands in the way of no new offer."""
    stale = update(RoleOffer).where(RoleOffer.closed_at.is_(None), RoleOffer.until <= moment)
    db.session.execute(stale.values(closed_at=moment))


def _tighten(person: Person) -> None:
    """The sessions and links of somebody who becomes staff are staff's from now on."""
    sign_in.shorten_for_staff(person)
    live = update(WebSession).where(WebSession.person_id == person.id, WebSession.revoked_at.is_(None))
    db.session.execute(live.values(until=func.least(WebSession.until, now() + STAFF_SESSION)))
    db.session.execute(live.where(WebSession.second_factor_at.is_(None)).values(is_half=True))
