"""Who registers after it closed: those for whom a feature further up answers, as long as the event has not begun."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Uuid, false, literal, or_, select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event, Publication
from eventhub.registration import windows
from eventhub.registration.categories import Rules
from eventhub.registration.models import RegistrationSetup
from eventhub.registration.windows import Window

ADMITTED: list[Callable[[ColumnElement[uuid.UUID], ColumnElement[uuid.UUID]], ColumnElement[bool]]] = []
"""Features further up that know of people who come in any case: each says it of columns of a person and an event."""


class LateSetup:
    """An event's setup as it is for a latecomer: with another end, and in all else itself. Nothing is written to it."""

    def __init__(self, setup: RegistrationSetup, closes_at: datetime) -> None:
        self._setup = setup
        self.closes_at = closes_at
        self.last_closes_at = closes_at if setup.last_closes_at is not None else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._setup, name)


def admitted(person_id: Any, event_id: Any) -> ColumnElement[bool]:
    """Whether somebody may come late, in SQL."""
    return or_(false(), *(knows(person_id, event_id) for knows in ADMITTED))


def last_minute(event: Event) -> datetime:
    """The last minute of the day before an event: nobody registers late after it."""
    return datetime.combine(event.first_day, time(), ZoneInfo(event.time_zone)) - timedelta(minutes=1)


def until(event: Event, setup: Any, person_id: uuid.UUID) -> datetime | None:
    """Until when somebody registers though registration has closed; None for whoever does not, and while it has not.
    One statement at the most.
    """
    moment, last = now(), last_minute(event)
    over = windows.window(setup, moment) in {Window.GRACE, Window.CLOSED}
    if not ADMITTED or not over or moment >= last or event.publication is not Publication.PUBLISHED:
        return None
    mine = admitted(literal(person_id, Uuid()), literal(event.id, Uuid()))
    return last if db.session.scalar(select(mine)) else None


def stretched(setup: RegistrationSetup, rules: Rules, last: datetime) -> tuple[RegistrationSetup, Rules]:
    """Setup and rules of the categories for a latecomer."""
    later = cast(RegistrationSetup, LateSetup(setup, last))
    longer = tuple(
        replace(rule, is_open=rule.is_taken, closes_at=last if rule.closes_at is not None else None) for rule in rules
    )
    return later, windows.standing(longer, later, now())
