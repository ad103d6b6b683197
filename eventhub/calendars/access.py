"""Who stands in calendars: what a registration must be for its sessions to be chosen, fed and joined."""

from collections.abc import Iterable

from eventhub.people.models import RoleGrant
from eventhub.programme import access as programme_access
from eventhub.programme.models import Event, EventKind
from eventhub.registration.models import CONFIRMED, SEATED, State

ATTENDING = SEATED | {
    State.SUBMITTED,
    State.AWAITING_FOCAL_POINT,
    State.UNDER_REVIEW,
    State.INFO_REQUESTED,
    State.WAITLISTED,
}
"""States in which a person means to come and may plan: not a draft, and not ended by either side."""

INVITING = frozenset({EventKind.DIALOGUE})
"""Kinds of event with one session, whose confirmation mail is the invite (CALENDAR.md, who gets one)."""


def may_join(state: State, *, has_seat: bool) -> bool:
    """Whether a registration opens the links to join online."""
    return has_seat and state in CONFIRMED


def may_count(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Whether somebody may see how many answered an event's invites, exactly, and push an update to everybody.

    Organisers and administrators alone: watched live, exact counts tell who answered (SAFETY.md property 4), and the
    others who see an event's console have no list of its people either.
    """
    return programme_access.may_edit(grants, event)
