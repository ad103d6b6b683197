"""An organization is called otherwise, or became part of another one: its delegations follow."""

from sqlalchemy import select, update

from eventhub.delegations.actions import hold, organisation_named, tell_ended
from eventhub.delegations.models import Delegation, FocalInvitation, Nominee
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration import focal


def move_to(actor: Person, delegation: Delegation, name: str) -> Delegation:
    """Let a delegation be that of the organization of this name. Where that one has a delegation at the event already
    both become one, which is given back: everybody is in it, and its quota is that of both together. Raises NotFound
    where somebody merged one of them meanwhile.
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
    kept.quota = None if kept.quota is None or delegation.quota is None else kept.quota + delegation.quota
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
    db.session.execute(
        update(FocalInvitation)
        .where(FocalInvitation.delegation_id == delegation.id, FocalInvitation.closed_at.is_(None))
        .values(closed_at=now())
    )
    db.session.refresh(delegation)
    db.session.delete(delegation)
    db.session.flush()
    db.session.refresh(kept)
    return kept
