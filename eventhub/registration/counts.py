"""Counts for host partners: one fixed table, frozen at midnight, from which nobody can be subtracted.

SAFETY.md property 4, DOMAIN.md rule 12. There is one table and no total: a cell under five is hidden, and since no
sum is shown, no other cell can give it away. Numbers are rounded down to fives, so that two days of the table do not
tell who came in between. They hold as of a midnight UTC and are written down once after it: whatever happens by day, an
erasure or another category too, moves nothing, so that watching the page tells nothing.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select

from eventhub.kit import codes
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.small_numbers import shown
from eventhub.programme.models import Event, Publication
from eventhub.registration.desk import CHIPS
from eventhub.registration.models import FrozenCounts, Registration, RegistrationSetup, State

KEPT = timedelta(days=7)
"""Former nights are of no use; some stay for whoever looks for a mistake."""
SHOWN_AFTER = timedelta(days=30)
"""So long after the event its numbers are still made anew."""


@dataclass(frozen=True)
class Cell:
    """A category and at least how many; None where fewer than five, none included."""

    category: str
    at_least: int | None


def table(event_id: uuid.UUID) -> tuple[datetime, list[Cell]]:
    """The midnight it holds for, and a cell for every category there is, present or not. Before the first numbers are
    written down every cell is hidden. One statement.
    """
    rows = select(FrozenCounts).where(FrozenCounts.event_id == event_id).order_by(FrozenCounts.midnight.desc())
    newest = db.session.scalars(rows.limit(1)).first()
    numbers = newest.numbers if newest else {}
    cells = [Cell(code, shown(numbers.get(code, 0))) for code in codes.codes("participant_category")]
    return (newest.midnight if newest else last_midnight(now())), cells


def freeze(moment: datetime) -> int:
    """Write down the numbers of the last midnight for every published event that has none yet; for how many. Safe to
    repeat: the first numbers of a night stay.
    """
    midnight = last_midnight(moment)
    db.session.execute(delete(FrozenCounts).where(FrozenCounts.midnight < midnight - KEPT))
    done = select(FrozenCounts.event_id).where(FrozenCounts.midnight == midnight)
    due = (
        select(Event.id)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .where(
            Event.publication == Publication.PUBLISHED,
            Event.last_day >= (moment - SHOWN_AFTER).date(),
            Event.id.not_in(done),
        )
    )
    events = list(db.session.scalars(due.order_by(Event.id)))
    for event_id in events:
        numbers = {category: number for category, number in category_counts(event_id, midnight).items() if category}
        db.session.add(FrozenCounts(event_id=event_id, midnight=midnight, numbers=numbers))
    db.session.flush()
    return len(events)


def last_midnight(moment: datetime) -> datetime:
    """The midnight UTC that began the day."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def category_counts(event_id: uuid.UUID, midnight: datetime) -> Counter[str]:
    """How many accredited people of each category there were at a midnight. One statement."""
    stood = and_(Registration.state.in_(CHIPS["accredited"]), Registration.decided_at < midnight)
    left_since = and_(
        Registration.state == State.WITHDRAWN,
        Registration.changed_at >= midnight,
        Registration.decided_at < midnight,
        Registration.reason == "complete",
    )
    # Taken back since, or taken back and accredited anew: the state of that midnight is in the record alone.
    changed_since = and_(
        Registration.changed_at >= midnight, or_(Registration.decided_at.is_(None), Registration.decided_at >= midnight)
    )
    accredited = [f"registration.{state.value}" for state in CHIPS["accredited"]]
    found = (
        select(Registration.category, func.count())
        .where(
            Registration.event_id == event_id,
            or_(stood, left_since, and_(changed_since, _verb_before(midnight).in_(accredited))),
        )
        .group_by(Registration.category)
    )
    return Counter({row[0] or "": row[1] for row in db.session.execute(found)})


def _verb_before(moment: datetime) -> Any:
    """The last move of a registration before an instant, in SQL."""
    moves = [f"registration.{state.value}" for state in State]
    rows = select(AuditEntry.verb).where(
        AuditEntry.subject_kind == Registration.__tablename__,
        AuditEntry.subject_id == Registration.id,
        AuditEntry.at < moment,
        AuditEntry.verb.in_(moves),
    )
    return rows.order_by(AuditEntry.id.desc()).limit(1).correlate(Registration).scalar_subquery()
