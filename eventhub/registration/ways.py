"""The ways of taking part: which of them an event has by how its people come together."""

import uuid
from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, or_

from eventhub.kit import codes
from eventhub.programme.models import Event, Mode
from eventhub.registration.models import Registration, State

LIST = "attendance_mode"
"""The code list of ways."""
QUESTION = "attendance_mode"
"""The key of the question that asks for one."""

LACKING: Mapping[Mode, frozenset[str]] = {
    Mode.IN_PERSON: frozenset({"remote_speaking", "remote_listening"}),
    Mode.ONLINE: frozenset({"in_person"}),
    Mode.HYBRID: frozenset(),
}
"""Which ways an event of a mode does not have. A statement by video or in writing needs no seat in a room and no line,
so it is possible at each.
"""

CONCERNED = frozenset(
    {
        State.SUBMITTED,
        State.AWAITING_FOCAL_POINT,
        State.UNDER_REVIEW,
        State.INFO_REQUESTED,
        State.WAITLISTED,
        State.OFFERED,
        State.ACCREDITED,
        State.BADGE_ISSUED,
    }
)
"""States of those who will still come, or may."""


def gone(mode: Mode) -> frozenset[str]:
    """The ways that an event of this mode does not have."""
    return LACKING[mode]


def of_event(mode: Mode) -> tuple[str, ...]:
    """The ways that it has, in the order of the code list."""
    return tuple(code for code in codes.codes(LIST) if code not in gone(mode))


def must_choose(registration: Registration, mode: Mode) -> bool:
    """Whether somebody's way of taking part exists no more at an event of this mode."""
    return registration.state in CONCERNED and registration.attendance_mode in gone(mode)


def without_way(event_id: uuid.UUID, mode: Mode) -> tuple[ColumnElement[bool], ...]:
    """The same for statements about the registrations of one event."""
    return (
        Registration.event_id == event_id,
        Registration.state.in_(CONCERNED),
        Registration.erased_at.is_(None),
        Registration.attendance_mode.in_(gone(mode)),
    )


def without_way_anywhere() -> ColumnElement[bool]:
    """The same for statements that join registrations with their events."""
    lost = [and_(Event.mode == mode, Registration.attendance_mode.in_(gone)) for mode, gone in LACKING.items() if gone]
    return and_(Registration.state.in_(CONCERNED), Registration.erased_at.is_(None), or_(*lost))
