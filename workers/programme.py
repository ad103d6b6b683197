"""What follows when the programme changes: entries in calendars, and how long things are kept."""

import uuid

from eventhub.calendars import actions as calendars
from eventhub.kit.db import db
from eventhub.programme.models import Event, Session
from eventhub.registration import personal_data
from workers.app import writes


@writes("programme.session_changed")
def session_changed(session_id: str) -> None:
    """One session was published, edited, moved or cancelled."""
    session = db.session.get(Session, uuid.UUID(session_id))
    if session:
        calendars.follow_session(session)


@writes("programme.event_changed")
def event_changed(event_id: str) -> None:
    """An event's title, place, series or state changed, or a room's name: all its entries are looked at."""
    event = db.session.get(Event, uuid.UUID(event_id))
    if event:
        calendars.follow_event(event)


@writes("programme.days_moved")
def days_moved(event_id: str) -> None:
    """An event ends on another day: what is kept so long after its end is kept as long after the new one."""
    event = db.session.get(Event, uuid.UUID(event_id))
    if event:
        personal_data.follow_days(event.id)
