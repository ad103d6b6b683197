"""An organization is called otherwise, or became part of another one: its delegations follow."""

import uuid
from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.orm import contains_eager

from eventhub.delegations.actions import hold, organisation_named, tell_ended
from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.merging import Count, Follower, follow, held_all
from eventhub.people.models import Organisation, Person, name_key
from eventhub.registration import focal, organisations  # noqa: F401 (registrations follow after delegations are held)
from eventhub.registration.models import Registration
from eventhub.registration.moves import demand_distance


def met(delegation: Delegation, name: str) -> Delegation | None:
    """The other delegation that this one would become one with under that name; None where there is none."""
    rows = (
        select(Delegation)
        .join(Delegation.organisation)
        .options(contains_eager(Delegation.organisation))
        .where(
            Delegation.event_id == delegation.event_id,
            Delegation.id != delegation.id,
            Organisation.name_key == name_key(name),
            Organisation.confirmed_at.is_not(None),
        )
        .order_by(Organisation.created_at, Organisation.id)
    )
    return db.session.scalars(rows.limit(1)).first()


def move_to(actor: Person, delegation: Delegation, name: str) -> Delegation:
    """Let a delegation be that of the organization of this name. Where that one has a delegation at the event already
    both become one, which is given back: everybody is in it, and its quota is that of both together. Raises NotFound
    where somebody merged one of them meanwhile, OwnFile to whoever must not decide on one of their people.
    """
    other = organisation_named(name, None)
    if other.id == delegation.organisation_id:
        return delegation
    same = select(Delegation).where(Delegation.event_id == delegation.event_id, Delegation.organisation_id == other.id)
    kept = db.session.scalar(same)
    if kept is None:
        hold(delegation)
        delegation.organisation_id = other.id
        audit.record("delegation.moved", delegation, actor=actor, scope_id=delegation.event_id)
        db.session.flush()
        return delegation
    # Two who merge the same pair from either side wait for each other in one order.
    for one in sorted((delegation, kept), key=lambda one: one.id):
        hold(one)
    theirs = select(Registration).where(Registration.delegation_id.in_([delegation.id, kept.id]))
    demand_distance(actor, db.session.scalars(theirs).all())
    return _become_one(actor, delegation, kept)


def _become_one(actor: Person, delegation: Delegation, kept: Delegation) -> Delegation:
    """Everybody is in the one that is kept. The caller holds both."""
    kept.quota = None if kept.quota is None or delegation.quota is None else kept.quota + delegation.quota
    if delegation.closed_at is None:
        kept.closed_at = None
    if kept.focal_id is None:
        kept.focal_id, kept.focal_since = delegation.focal_id, delegation.focal_since
    elif kept.focal_id != delegation.focal_id:
        tell_ended(kept, delegation.focal_id)
    kept.days_since = max((one for one in (kept.days_since, delegation.days_since) if one), default=None)
    db.session.flush()
    db.session.execute(
        update(Nominee)
        .where(Nominee.delegation_id == delegation.id)
        .values(delegation_id=kept.id)
        .execution_options(synchronize_session=False)
    )
    focal.follow(delegation.id, kept.id)
    audit.record("delegation.merged", kept, actor=actor, scope_id=kept.event_id, was=delegation.id)
    # Who was a focal point of either stays near to the people of both.
    db.session.execute(
        update(FocalInvitation)
        .where(FocalInvitation.delegation_id == delegation.id)
        .values(delegation_id=kept.id, closed_at=func.coalesce(FocalInvitation.closed_at, now()))
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(delegation)
    db.session.delete(delegation)
    db.session.flush()
    db.session.refresh(kept)
    return kept


def _hold_delegations(ids: Collection[uuid.UUID], kept_id: uuid.UUID) -> bool:
    """Theirs, and those of the record that stays, with the registrations of their people."""
    concerned = Delegation.organisation_id.in_([*ids, kept_id])
    people = Registration.delegation_id.in_(select(Delegation.id).where(concerned))
    return held_all(Delegation.id, concerned) and held_all(Registration.id, people)


def _count_delegations(ids: Collection[uuid.UUID], kept_id: uuid.UUID) -> list[Count]:
    theirs = db.session.scalars(select(Delegation.event_id).where(Delegation.organisation_id.in_(ids))).all()
    events = set(db.session.scalars(select(Delegation.event_id).where(Delegation.organisation_id == kept_id)))
    again = sum(theirs.count(event_id) - (event_id not in events) for event_id in set(theirs))
    return [
        Count(_l("Delegations"), len(theirs)),
        Count(_l("Delegations that become one with another at the same event"), again),
    ]


def _move_delegations(actor: Person, before: uuid.UUID, after: Organisation) -> None:
    """Each goes over, or becomes one with the delegation that the other record has at the event."""
    rows = select(Delegation).where(Delegation.organisation_id.in_([before, after.id])).order_by(Delegation.id)
    found = list(db.session.scalars(rows.execution_options(populate_existing=True)))
    kept = {one.event_id: one for one in found if one.organisation_id == after.id}
    for one in found:
        if one.organisation_id == after.id:
            continue
        if one.event_id in kept:
            _become_one(actor, one, kept[one.event_id])
        else:
            one.organisation_id = after.id
            audit.record("delegation.moved", one, actor=actor, scope_id=one.event_id)
            db.session.flush()


follow(Follower(("delegation.organisation_id",), _hold_delegations, _count_delegations, _move_delegations))
