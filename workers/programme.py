"""What follows when the programme changes: entries in calendars, letters, and how long things are kept."""

import uuid

from eventhub.arrangements import keeping
from eventhub.calendars import actions as calendars
from eventhub.calendars import news
from eventhub.delegations import calling_off
from eventhub.kit.db import db
from eventhub.mailings import keeping as mailings
from eventhub.papers import actions as papers
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration import cancelling, offers, personal_data
from workers.app import writes


@writes("programme.session_changed")
def session_changed(session_id: str, *, beforehand: bool = False) -> None:
    """One session was published, edited, moved or cancelled; ``beforehand``: or put into everybody's calendar."""
    session = db.session.get(Session, uuid.UUID(session_id))
    if session:
        calendars.follow_session(session, beforehand=beforehand)


@writes("programme.event_changed")
def event_changed(event_id: str) -> None:
    """An event's title, place, series or state changed, or a room's name: all its entries are looked at."""
    event = db.session.get(Event, uuid.UUID(event_id))
    if event:
        calendars.follow_event(event)


@writes("programme.session_cancelled")
def session_cancelled(session_id: str) -> None:
    """A session is called off: the invited learn of it by their invitation, others who chose it by a letter. The event
    may be called off meanwhile, which says more.
    """
    session = db.session.get(Session, uuid.UUID(session_id))
    event = db.session.get(Event, session.event_id) if session else None
    if session and event and event.publication is Publication.PUBLISHED:
        calendars.follow_session(session)
        news.owe_cancelled(session)


@writes("programme.event_cancelled")
def event_cancelled(event_id: str) -> None:
    """An event is called off: its entries are cancelled, with them the invitations; everybody else who is registered,
    waits or has begun is owed a letter, focal points and nominees too; and what was to be printed for it is not.
    """
    event = db.session.get(Event, uuid.UUID(event_id))
    if event and event.publication is Publication.CANCELLED:
        calendars.follow_event(event)
        cancelling.owe_letters(event, but=news.told_by_invite(event))
        calling_off.owe_letters(event)
        papers.drop_all_of(event.id)


@writes("programme.event_moved")
def event_moved(event_id: str, move: str, first_day: str, was: list[str]) -> None:
    """A whole event is on other days: its entries follow, the invited learn of it by their invitations, everybody else
    who is registered, waits or has begun by one letter. Of two moves the last one is told.
    """
    event = db.session.get(Event, uuid.UUID(event_id))
    if event and event.publication is Publication.PUBLISHED:
        calendars.follow_move(event)
        if event.first_day.isoformat() == first_day:
            news.owe_event_moved(event, move, was, cancelling.people_told(event.id))


@writes("programme.days_moved")
def days_moved(event_id: str) -> None:
    """An event ends on another day: what is kept so long after its end is kept as long after the new one."""
    event = db.session.get(Event, uuid.UUID(event_id))
    if event:
        personal_data.follow_days(event.id)
        keeping.follow_days(event.id)
        offers.follow_days(event.id)
        mailings.follow_days(event.id)
