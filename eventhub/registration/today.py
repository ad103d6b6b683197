"""What waits at the desks within somebody's reach, for the page Today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true

from eventhub.kit.db import Texts, db
from eventhub.people.models import RoleGrant
from eventhub.programme.models import Event, Publication
from eventhub.registration import access, ways
from eventhub.registration.desk import CHIPS
from eventhub.registration.models import Registration, RegistrationSetup


@dataclass(frozen=True)
class Waiting:
    """An event whose desk has something to decide."""

    slug: str
    title: Texts
    original_language: str
    number: int
    oldest: datetime


def waiting(grants: Iterable[RoleGrant]) -> list[Waiting]:
    """The desks within reach that have something to decide, the longest wait first. One statement, or none."""
    reach = _reach(grants)
    if reach is None:
        return []
    found: Any = (
        select(Event.slug, Event.title, Event.original_language, func.count(), func.min(Registration.submitted_at))
        .join(Registration, Registration.event_id == Event.id)
        .where(
            Registration.state.in_(CHIPS["decide"]),
            Registration.reference.is_not(None),
            Event.publication != Publication.CANCELLED,
        )
        .group_by(Event.id)
        .order_by(func.min(Registration.submitted_at))
    )
    return [Waiting(*row) for row in db.session.execute(found.where(reach))]


def without_way(grants: Iterable[RoleGrant]) -> list[Any]:
    """The events within reach with people whose way of taking part exists no more: slug, title, language, number. One
    statement, or none.
    """
    reach = _reach(grants)
    if reach is None:
        return []
    found = (
        select(Event.slug, Event.title, Event.original_language, func.count().label("number"))
        .join(Registration, Registration.event_id == Event.id)
        .where(ways.without_way_anywhere(), Event.publication == Publication.PUBLISHED, reach)
        .group_by(Event.id)
        .order_by(Event.first_day, Event.slug)
    )
    return list(db.session.execute(found))


def _reach(grants: Iterable[RoleGrant]) -> ColumnElement[bool] | None:
    """The events whose desks somebody works at; None: none."""
    series, events = access.desks(grants)
    if series is None:
        return true()
    return or_(Event.series_id.in_(series), Event.id.in_(events)) if series or events else None


def counted(grants: Iterable[RoleGrant]) -> list[Event]:
    """The published events whose numbers a host partner may know. One statement, or none."""
    everything, ids = access.counted(grants)
    if not (everything or ids):
        return []
    found = (
        select(Event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .where(Event.publication == Publication.PUBLISHED)
        .order_by(Event.first_day, Event.slug)
    )
    if not everything:
        found = found.where(or_(Event.series_id.in_(ids), Event.id.in_(ids)))
    return list(db.session.scalars(found))
