"""What was done to one registration, and by whom; places that were given past the line among it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.registration import stages
from eventhub.registration.models import Registration, State
from eventhub.registration.offers import PASSED_OVER, Line

AT_DESK = "registration.at_desk"
"""The deed that registers somebody who walked in (doors.py)."""

WAITING = frozenset({State.WAITLISTED, State.OFFERED})


@dataclass(frozen=True)
class Deed:
    """A line of a record's history."""

    entry: AuditEntry
    text: str | None
    who: str | None
    came_first: bool = False
    """Of a place that was given past the line: it was this one's."""


def deeds(registration: Registration, limit: int = 200) -> list[Deed]:
    """What was done to a registration, by whom, newest first; everybody by the public name, the registrant by the one
    that the list shows (shown.name_of). One statement, two for whoever waited in line or came past it.
    """
    registration_id = registration.id
    who = aliased(Person)
    given = case((Registration.person_id == who.id, Registration.display_name))
    found = (
        select(AuditEntry, AuditText.text, func.coalesce(func.nullif(who.alias, ""), given, who.name))
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .outerjoin(who, who.id == AuditEntry.actor_id)
        .outerjoin(Registration, Registration.id == AuditEntry.subject_id)
        .where(AuditEntry.subject_kind == Registration.__tablename__, AuditEntry.subject_id == registration_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    if stages.is_forgotten(registration.event_id):
        found = found.where(AuditEntry.verb.not_in(stages.DEEDS))
    own = [Deed(*row) for row in db.session.execute(found)]
    return sorted(own + _past_the_line(registration, own), key=lambda one: one.entry.id, reverse=True)


def _past_the_line(registration: Registration, own: Sequence[Deed]) -> list[Deed]:
    """What a history holds of places that were given past the line. Whoever got one reads why (``came_first``); whoever
    was passed over reads that it happened, and no words about somebody else.
    """
    moves = {f"registration.{state.value}": state for state in State}
    known = {one.entry.verb for one in own}
    ways = {f"registration.{state.value}" for state in WAITING} | {AT_DESK}
    if not known & ways and registration.state not in WAITING:
        return []
    rows = (
        select(AuditEntry, AuditText.text, func.coalesce(func.nullif(Person.alias, ""), Person.name))
        .outerjoin(AuditText, AuditText.entry_id == AuditEntry.id)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(
            AuditEntry.subject_kind == Line.__tablename__,
            AuditEntry.subject_id == registration.event_id,
            AuditEntry.verb == PASSED_OVER,
            AuditEntry.id > min((one.entry.id for one in own), default=0),
        )
    )
    steps = sorted((one.entry.id, moves[one.entry.verb]) for one in own if one.entry.verb in moves)
    found = []
    for entry, text, who in db.session.execute(rows):
        if str(registration.id) in entry.detail["first"]:
            found.append(Deed(entry, text, who, came_first=True))
        elif _waited_then(registration, steps, entry):
            found.append(Deed(entry, None, who))
    return found


def _waited_then(registration: Registration, steps: Sequence[tuple[int, State]], entry: AuditEntry) -> bool:
    """Whether somebody stood in line at that deed, before those who got a place."""
    stood = [state for at, state in steps if at < entry.id] or [registration.state]
    if stood[-1] is not State.WAITLISTED:
        return False
    anew = registration.waits_from
    since = anew if anew and anew <= entry.at else registration.submitted_at
    behind = entry.detail["behind"].get(registration.category or "")
    return behind is not None and since is not None and since <= datetime.fromisoformat(behind)
