"""Mails about delegations, and the end of what nobody answered."""

import uuid
from datetime import timedelta

from eventhub.delegations import keeping, letters, queries
from eventhub.delegations.actions import is_open
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from workers.app import mails
from workers.upkeep import by_the_clock


@mails("delegations.focal_point_invited")
def focal_point_invited(invitation_id: str) -> Letter | None:
    """Will you be the focal point? Nothing when it was answered or taken back meanwhile."""
    found = queries.invitation_told(uuid.UUID(invitation_id))
    if found is None or not is_open(found[0], now()):
        return None
    return letters.focal_point_invited(*found)


@mails("delegations.nominated")
def nominated(nominee_id: str) -> Letter | None:
    """You are nominated. Nothing when the link was taken or the person replaced meanwhile."""
    found = queries.told(uuid.UUID(nominee_id))
    return letters.nominated(*found) if found else None


@mails("delegations.declined")
def declined(nominee_id: str) -> Letter | None:
    """To the focal point: somebody does not come."""
    found = queries.declined_told(uuid.UUID(nominee_id))
    return letters.declined(*found) if found else None


@mails("registration.awaits_focal_point")
def awaits_focal_point(registration_id: str) -> Letter | None:
    """To the focal point: somebody's registration is complete."""
    found = queries.focal_of(uuid.UUID(registration_id))
    return letters.awaited(*found) if found else None


@mails("delegations.focal_point_ended")
def focal_point_ended(delegation_id: str, person_id: str) -> Letter | None:
    """To whoever is the focal point no more. Nothing where the person is it again."""
    found = queries.to_tell(uuid.UUID(delegation_id), uuid.UUID(person_id))
    return letters.ended(*found) if found else None


@mails("delegations.called_off")
def called_off(delegation_id: str, person_id: str) -> Letter | None:
    """To a focal point: the event is cancelled."""
    found = queries.to_tell(uuid.UUID(delegation_id), uuid.UUID(person_id))
    return letters.called_off(*found) if found else None


@mails("delegations.nomination_called_off")
def nomination_called_off(nominee_id: str) -> Letter | None:
    """To a nominee who has not taken the link: the event is cancelled."""
    found = queries.told(uuid.UUID(nominee_id), cancelled=True)
    return letters.nomination_called_off(*found) if found else None


@by_the_clock("delegations.forget_unanswered", timedelta(hours=1))
def forget_unanswered() -> None:
    """Delete nominations that nobody answered, thirty days after the event."""
    while keeping.forget_unanswered(now()):
        db.session.flush()
